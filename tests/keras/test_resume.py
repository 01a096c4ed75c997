"""What a program makes of the folder of a run: it continues, leaves alone, or says what is damaged."""

import contextlib
import csv
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import types
import zipfile

import keras
import pytest

import netform
from support.programs import module_of, run

TEXT = "input 8x8x1 data set=digits train batch=256 epochs=2 jit=off {} fc10"
PLAIN = TEXT.format("lr=0.01")
MODELS = ("last.keras", "best.keras")


def module(text=PLAIN):
    return module_of(netform.parse(text).emit())


@pytest.fixture(scope="module")
def program():
    return module()


@pytest.fixture(scope="module")
def finished(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    run(program, folder)
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    """The folder of a finished run of two epochs."""
    return shutil.copytree(finished, tmp_path / "run")


def content(folder):
    """The files of a run; those for locks hold nothing."""
    return {f.name: f.read_bytes() for f in folder.iterdir() if not f.name.startswith(".lock")}


def told(summary):
    """A summary without the times."""
    return {name: v for name, v in json.loads(summary).items() if "second" not in name}


def state(path):
    with zipfile.ZipFile(path) as file:
        return json.loads(file.read("run.json"))


def refusal(program, folder, *words):
    with pytest.raises(SystemExit) as caught:
        run(program, folder, *words)
    return str(caught.value)


# ---- a finished run is left as it is


def test_a_repeated_run_leaves_a_finished_run_as_it_was(program, folder, capsys):
    before = content(folder)
    times = {file.name: file.stat().st_mtime_ns for file in map(folder.joinpath, before)}
    summary = run(program, folder, "--epochs", 1)
    assert summary["epochs"] == 2, "fewer epochs than it has"
    assert capsys.readouterr().out.endswith("is finished: --epochs continues it\n")
    run(program, folder)
    assert content(folder) == before
    kept = {"summary.json", *MODELS} - {"best.keras"}  # the best one may be copied again
    assert all(times[name] == (folder / name).stat().st_mtime_ns for name in kept)


@pytest.mark.parametrize("words", [("--seed", 1), ("--batch", 128)])
def test_a_refused_run_leaves_a_finished_run_as_it_was(words, program, folder):
    before = content(folder)
    assert refusal(program, folder, "--epochs", 3, *words).endswith("give another --out")
    assert content(folder) == before


@pytest.mark.parametrize("part", ["data", "loss"])
def test_a_failed_run_leaves_a_finished_run_as_it_was(part, folder):
    before, broken = content(folder), module()
    load_data = broken.load_data

    def load_broken(args):
        if part == "data":
            raise SystemExit("no data")
        return tuple((images * float("nan"), labels) for images, labels in load_data(args))

    broken.load_data = load_broken
    assert refusal(broken, folder, "--epochs", 3)
    assert content(folder) == before


def test_another_program_is_refused(folder):
    """Of another text, another width or other values of its lets, and by hand."""
    before = content(folder)
    others = [
        netform.parse(TEXT.format("lr=0.02")).emit(),
        netform.parse(TEXT.format("lr=0.01 conv4k3")).emit(w=2),
    ]
    for source in others:
        assert "was started with" in refusal(module_of(source), folder, "--epochs", 3)
    assert content(folder) == before


def test_the_digest_of_a_program_is_that_of_all_that_makes_the_network():
    text = "input 8x8x1 let n = 4 conv(8*n)k3 fc10"
    specs = [
        module_of(source).SPEC
        for source in (
            netform.parse(text).emit(),
            netform.parse(text).emit(w="1/2"),
            netform.parse(text).emit(w="1/2", rounding="floor"),
            netform.parse(text, values={"n": 2}).emit(),
            netform.parse(text.replace("4", "2")).emit(),
        )
    ]
    assert len(set(specs)) == len(specs)
    assert specs[0] == module_of(netform.parse(text).emit(w=1)).SPEC


def test_two_programs_do_not_train_in_one_folder_at_a_time(program, folder):
    before = content(folder)
    with contextlib.closing(sqlite3.connect(folder / ".lock.db", timeout=0)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        assert refusal(program, folder, "--epochs", 3) == f"another program trains in {folder}"
    assert content(folder) == before


def test_a_program_of_no_data_and_no_settings_continues_too(tmp_path):
    """On random images: shorter, without what guards a run that is worth something."""
    bare = module("input 8x8x1 conv4k3 fc10")
    assert not hasattr(bare, "is_whole")
    once, twice = tmp_path / "once", tmp_path / "twice"
    whole = run(bare, once, "--epochs", 2)
    first = run(bare, twice, "--epochs", 1)
    second = run(bare, twice, "--epochs", 2)
    assert (once / "log.csv").read_bytes() == (twice / "log.csv").read_bytes()
    assert second["epochs"] == 2
    assert (
        second["best_epoch"]
        == whole["best_epoch"]
        == state(twice / "best.keras")["epochs"][-1]["epoch"] + 1
    )
    assert second["seconds"] > first["seconds"]
    assert "was started with" in refusal(bare, twice, "--seed", 1)


# ---- damage


DAMAGE = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "text": lambda path: path.write_text("no model", encoding="utf-16"),
    "flipped": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "no state": lambda path: keras.Sequential([keras.Input((1,))]).save(path),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "no object": lambda path: save_state(path, "[]"),
    "no JSON": lambda path: save_state(path, "x"),
    "no epochs": lambda path: save_state(path, json.dumps(state(path) | {"epochs": []})),
}


def flipped(data):
    """With one byte of the weights changed."""
    at = data.index(b"model.weights.h5") + 3000
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


def make_first_epoch_best(folder):
    """So that the best model is not the last one."""
    for name in MODELS:
        saved = state(folder / name)
        saved["epochs"] = saved["epochs"][: 1 if name == "best.keras" else None]
        saved["epochs"][0]["val_accuracy"] = 1.0
        save_state(folder / name, json.dumps(saved))


def save_state(path, text):
    """Put a text in the place of what a saved model tells of its run."""
    keras.saving.load_model(path).save(path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("run.json", text)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_last_model_is_told_and_the_best_one_stays(damage, program, folder):
    DAMAGE[damage](folder / "last.keras")
    best = (folder / "best.keras").read_bytes()
    said = refusal(program, folder, "--epochs", 3)
    assert said == (
        f"{folder}/last.keras is damaged or missing, best.keras is whole: give another --out"
    )
    assert (folder / "best.keras").read_bytes() == best


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_best_model_is_told_and_the_last_one_stays(damage, program, folder):
    make_first_epoch_best(folder)
    DAMAGE[damage](folder / "best.keras")
    last = (folder / "last.keras").read_bytes()
    said = refusal(program, folder, "--epochs", 3)
    assert said == (
        f"{folder}/best.keras is damaged or missing, last.keras is whole: give another --out"
    )
    assert (folder / "last.keras").read_bytes() == last


def test_a_best_model_of_another_run_or_epoch_is_told(program, folder, tmp_path):
    """Copied from elsewhere, or saved after the last model, which then comes from a copy."""
    make_first_epoch_best(folder)
    saved = state(folder / "best.keras")
    for found in (
        saved | {"epochs": 2 * saved["epochs"]},
        saved | {"settings": saved["settings"] | {"seed": 1}},
    ):
        save_state(folder / "best.keras", json.dumps(found))
        before = content(folder)
        assert refusal(program, folder) == (
            f"{folder}/best.keras is of another run or epoch, last.keras is whole: give another --out"
        )
        assert content(folder) == before


def make_a_folder(path):
    path.unlink(missing_ok=True)
    path.mkdir()


def fill_the_disk(path):
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/full")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("next.txt", fill_the_disk),
        ("next.keras", fill_the_disk),
        ("next.txt", make_a_folder),
        ("settings.json", make_a_folder),
        ("log.csv", make_a_folder),
    ],
)
def test_a_file_that_cannot_be_written_ends_a_run_in_a_line(name, fault, program, folder):
    """And leaves all others as they were."""
    before = content(folder)
    fault(folder / name)
    assert refusal(program, folder, "--epochs", 3).startswith("the program has ended: [Errno ")
    kept = set(before) - {name}
    assert {file: (folder / file).read_bytes() for file in kept} == {
        file: before[file] for file in kept
    }


def test_a_lock_or_a_folder_that_cannot_be_used_is_told(program, folder, tmp_path):
    before = content(folder)
    lock = folder / ".lock.db"
    for damage, words in (
        (lambda: lock.write_bytes(b"garbage" * 300), "file is not a database"),
        (lambda: make_a_folder(lock), "unable to open database file"),
    ):
        damage()
        assert refusal(program, folder, "--epochs", 3) == f"{lock} cannot be locked: {words}"
    assert content(folder) == before
    (tmp_path / "file").touch()
    assert "File exists" in refusal(program, tmp_path / "file")


def test_a_finished_run_that_has_lost_its_models_is_not_begun_anew(program, folder):
    for name in MODELS:
        (folder / name).unlink()
    assert "so is best.keras: give another --out" in refusal(program, folder)


@pytest.mark.parametrize("name", ["log.csv", "settings.json", "summary.json"])
@pytest.mark.parametrize("damage", ["cut short", "missing", "text", "list", "null"])
def test_what_the_last_model_can_tell_is_written_again(name, damage, program, folder):
    before = content(folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:40])
    if damage in {"list", "null"}:
        (folder / name).write_text({"list": "[]", "null": "null"}[damage])
    elif damage != "cut short":
        DAMAGE[damage](folder / name)
    run(program, folder)
    after = content(folder)
    if name == "summary.json":  # the test was made again
        before, after = told(before.pop(name)), told(after.pop(name))
    assert after == before


def test_a_first_run_that_has_failed_does_not_block_its_folder(tmp_path):
    broken = module(TEXT.format("lr=0.01 opt=sgd"))
    broken.load_data = lambda args: sys.exit("no data")
    assert refusal(broken, tmp_path) == "no data"
    other = module()
    assert run(other, tmp_path, "--seed", 1, "--epochs", 1)["seed"] == 1


# ---- the best epoch


def checkpoint(text, folder, epochs=None):
    """The callback of a program, whose model saves nothing of worth."""
    program = module(text)
    model = program.build_model()
    args = types.SimpleNamespace(out=folder, seed=0, epochs=50)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.optimizer.learning_rate = 0.1
    found = program.Checkpoint(args, model, {}, types.SimpleNamespace(waited=0.0))
    found.set_model(model)
    return found


def follow(text, folder, parts):
    """After every epoch with some accuracies: whether training stops, and the learning rate.

    Every part of them is a program of its own, which resumes.
    """
    stops, rates, epoch = [], [], 0
    for accuracies in parts:
        callback = checkpoint(text, folder)
        if rates:
            callback.model.optimizer.learning_rate = rates[-1]
        for accuracy in accuracies:
            callback.model.stop_training = False
            callback.on_epoch_end(
                epoch, {"loss": 1.0, "val_accuracy": accuracy, "val_loss": 1.0 / (epoch + 1)}
            )
            stops.append(callback.model.stop_training)
            rates.append(float(callback.model.optimizer.learning_rate))
            epoch += 1
    return stops, rates


@pytest.mark.parametrize("parts", [[9], [4, 5], [1, 2, 3, 3]], ids=str)
def test_early_counts_from_the_last_better_epoch_and_ties_are_not_better(parts, tmp_path):
    accuracies = iter([0.5, 0.5, 0.6, 0.6, 0.6, 0.7, 0.7, 0.6, 0.7])
    parts = [[next(accuracies) for _ in range(part)] for part in parts]
    stops, _ = follow(TEXT.format("early=3"), tmp_path, parts)
    assert stops == [False] * 8 + [True]


@pytest.mark.parametrize("parts", [[24], [12, 12], [2, 9, 13]], ids=str)
def test_a_plateau_counts_from_the_last_better_epoch_and_ties_are_not_better(parts, tmp_path):
    accuracies = iter([0.5, 0.6] + 22 * [0.6])
    parts = [[next(accuracies) for _ in range(part)] for part in parts]
    _, rates = follow(TEXT.format("schedule=plateau"), tmp_path, parts)
    assert rates == pytest.approx([0.1] * 11 + [0.01] * 10 + [0.001] * 3, rel=1e-5)


def test_of_equal_accuracies_the_lowest_loss_is_the_best(tmp_path):
    callback = checkpoint(TEXT.format("lr=0.1"), tmp_path)
    best = []
    for epoch, loss in enumerate([0.5, 0.4, 0.3, 0.4]):
        callback.on_epoch_end(epoch, {"loss": 1.0, "val_accuracy": 0.9, "val_loss": loss})
        best.append(callback.best()["epoch"])
    assert best == [0, 1, 2, 2]


@pytest.mark.parametrize("settings", ["lr=0.01", "lr=0.01 ema=0.9"])
def test_the_best_epoch_is_that_of_the_best_file(settings, tmp_path):
    """Killed after the last model was saved and before the best one was."""
    killed = module(TEXT.format(settings))
    killed.Checkpoint.save_best = lambda self: sys.exit("killed")
    assert refusal(killed, tmp_path) == "killed"
    summary = run(module(TEXT.format(settings)), tmp_path)
    best = keras.saving.load_model(tmp_path / "best.keras")
    program = module(TEXT.format(settings))
    _, held, _ = program.load_data(None)
    scores = best.evaluate(program.Batches(*held, 256), return_dict=True, verbose=0)
    assert scores["accuracy"] == pytest.approx(summary["validation_accuracy"])
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == summary["epochs"] == 2
    assert float(rows[summary["best_epoch"] - 1]["val_accuracy"]) == max(
        float(row["val_accuracy"]) for row in rows
    )
    assert not list(tmp_path.glob("average*"))


# ---- what is logged and summed up


@pytest.mark.parametrize(
    "schedule",
    ["cosine", *(pytest.param(name, marks=pytest.mark.long) for name in ("step", "exponential"))],
)
def test_a_schedule_that_is_continued_to_another_end_warns(schedule, tmp_path, capsys):
    program = module(TEXT.format(f"schedule={schedule}"))
    for epochs, warns in ((2, False), (3, True), (3, False)):
        (tmp_path / "summary.json").unlink(missing_ok=True)
        run(program, tmp_path, "--epochs", epochs)
        printed = capsys.readouterr().out
        warning = f"warning: schedule={schedule} was to end at epoch 2\n"
        assert (warning in printed) == warns
        assert ("but now ends at 3: the learning rate is now " in printed) == warns


def test_the_log_has_the_learning_rate_at_the_end_of_every_epoch(tmp_path):
    run(module(TEXT.format("schedule=cosine lr=0.1")), tmp_path)
    with open(tmp_path / "log.csv", newline="") as file:
        rates = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    assert rates == pytest.approx([0.05, 0], abs=1e-7)


def test_times_add_up_over_resumed_sessions(program, folder):
    before = json.loads((folder / "summary.json").read_text())
    run_state = state(folder / "last.keras")
    run_state |= {"seconds": 1000.0, "waited": 100.0}
    save_state(folder / "last.keras", json.dumps(run_state))
    after = run(program, folder, "--epochs", 3)
    assert before["seconds"] < 1000 < after["seconds"] < 1100
    assert 100 <= after["seconds_waiting_for_batches"] < 101
    images = 3 * 1293
    assert after["images_per_second"] == pytest.approx(images / after["seconds"], abs=0.06)


# ---- Ctrl-C


def interrupted(source, folder):
    """What a program prints that is interrupted as soon as it prints a line."""
    (folder / "program.py").write_text(source, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, folder / "program.py", "--out", folder / "run", "--epochs", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    return process.communicate()[1].splitlines(), process.returncode


def test_ctrl_c_ends_a_program_in_a_line_before_keras_is_there(tmp_path):
    head, _, _ = netform.parse(PLAIN).emit().partition("import keras")
    source = f"{head}print('up', flush=True)\ntime.sleep(60)\n"
    assert interrupted(source, tmp_path) == (["interrupted: run again to resume"], 1)


@pytest.mark.long
def test_ctrl_c_ends_a_program_in_a_line_while_it_trains(tmp_path):
    said, status = interrupted(netform.parse(PLAIN).emit(), tmp_path)
    assert (said[-1], status) == ("interrupted: run again to resume", 1)
    assert not [line for line in said if "Traceback" in line]
