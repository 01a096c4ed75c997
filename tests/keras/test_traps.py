"""The traps of training with Keras: a program avoids each, and is caught without its remedy.

A check is the claim in its name, about the program of a text. Above it stand the lines of the
program that keep it true, and what a program without the remedy says instead of them.
"""

import contextlib
import csv
import functools
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

import netform
from support import keras_models

TRAPS = []


@dataclass(frozen=True)
class Trap:
    """A claim about the program of a text, and the remedy that keeps it true."""

    check: Callable
    text: str
    remedy: str
    instead: str
    begun: bool

    @property
    def source(self):
        return netform.parse(self.text).emit()

    @property
    def without(self):
        assert self.source.count(self.remedy) == 1
        return self.source.replace(self.remedy, self.instead)


def trap(text, remedy, instead="", begun=False):
    """Hold a check of a program by a remedy; where ``begun``, two epochs are trained before."""

    def register(check):
        TRAPS.append(Trap(check, text, remedy, instead, begun))
        return check

    return register


class Program:
    """A program, and the folder of its run."""

    def __init__(self, source, folder):
        self.source, self.folder = source, folder
        self.module = keras_models.module_of(source)

    def train(self, epochs, at_end=lambda model: None):
        """Train as the command does; ``at_end`` is of an epoch. Returns the epochs trained."""
        trained = []
        checkpoint: Any = self.module.Checkpoint

        class Watched(checkpoint):
            def on_epoch_end(self, epoch, logs):
                trained.append(epoch)
                at_end(self.model)
                super().on_epoch_end(epoch, logs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.module, "Checkpoint", Watched)
            words = ["program", "--out", str(self.folder), "--epochs", str(epochs)]
            patch.setattr(sys, "argv", words)
            self.module.main()
        return trained

    def compiled(self):
        """The model as the program has compiled it, and its batches of the validation."""

        class Compiled(Exception):
            pass

        def stop(model, training, validation_data, **options):
            raise Compiled(model, validation_data)

        words = ["program", "--out", str(self.folder), "--epochs", "9", "--batch", "128"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keras.Model, "fit", stop)
            patch.setattr(sys, "argv", words)
            with pytest.raises(Compiled) as caught:
                self.module.main()
        model, validation = caught.value.args
        return SimpleNamespace(model=model, validation=validation)

    def checkpoint(self, model):
        """The program's own callback, of a run without a best model."""
        args = SimpleNamespace(out=self.folder, seed=0, epochs=2)
        callback = self.module.Checkpoint(args, model, {}, SimpleNamespace(waited=0.0))
        callback.set_model(model)
        return callback

    def log(self):
        with open(self.folder / "log.csv", newline="") as file:
            return list(csv.DictReader(file))


def small(settings=""):
    return f"input 8x8x1 data set=digits train batch=128 jit=off epochs=2 {settings} fc10"


# ---- going on where a run was stopped


KEPT = """        if is_best:
            self.save_best()
        self.write_log()
"""


@trap(small("lr=0.01"), KEPT, KEPT.replace("if is_best", "if True"), begun=True)
def a_resume_never_replaces_the_best_model_by_a_worse_one(program):
    """Even where the state that it continues from has learnt nothing, and never will."""
    best, last = program.folder / "best.keras", program.folder / "last.keras"
    with zipfile.ZipFile(last) as file:
        run = json.loads(file.read("run.json"))
    run["epochs"][0]["val_accuracy"] = 1.0
    with zipfile.ZipFile(best) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["run.json"] = json.dumps(run | {"epochs": run["epochs"][:1]}).encode()
    with zipfile.ZipFile(best, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    kept, model = best.read_bytes(), keras.saving.load_model(last)
    for variable in (*model.weights, model.optimizer.learning_rate):
        variable.assign(0 * variable)
    model.save(last)
    with zipfile.ZipFile(last, "a") as file:
        file.writestr("run.json", json.dumps(run))
    program.train(3)
    assert best.read_bytes() == kept


@trap(
    "input 8x8x1 drop0.5 fc10",
    "                variable.assign(rng.integers(2**32, size=2))",
    "                pass",
)
def dropout_drops_the_same_in_an_epoch_whatever_was_before(program):
    """The state of its seeds is not what a whole run had."""
    images = np.ones((4, 8, 8, 1), "float32")

    def dropped(epoch, batches_before):
        keras.utils.set_random_seed(0)
        model = program.module.build_model()
        for _ in range(batches_before):
            model(images, training=True)
        program.checkpoint(model).on_epoch_begin(epoch)
        return np.asarray(model(images, training=True)).tolist()

    assert dropped(1, 0) == dropped(1, 3) != dropped(2, 3)


ORDER = "            np.random.default_rng((self.seed, epoch)).shuffle(self.order)\n"


@trap(small(), ORDER, ORDER.replace("(self.seed, epoch)", "self.seed"))
@trap(small(), "        shuffle=False,\n")
@trap(small(), "            callbacks.LambdaCallback(on_epoch_begin=training.start_epoch),\n")
def every_epoch_has_an_order_of_its_own_that_its_number_fixes(program):
    """Arrays in fit(shuffle=True) repeat one; of a PyDataset it shuffles the batches."""
    seen = {}
    batches: Any = program.module.Batches

    class Watched(batches):
        def __getitem__(self, index):
            if self.seed is not None:
                seen.setdefault(self.epoch, []).append((index, self.order.tolist()))
            return super().__getitem__(index)

    program.module.Batches = Watched
    program.train(2)
    assert list(seen) == [0, 1]
    for epoch, batches in seen.items():
        order = np.arange(1293)
        np.random.default_rng((0, epoch)).shuffle(order)
        last = batches[-11:]  # Keras tries the first batch out before
        assert last == [(index, order.tolist()) for index in range(11)]


REWRITTEN = "        self.write_log()  # it may be damaged, or lack the last epoch\n"


@trap(small("lr=0.01"), REWRITTEN, begun=True)
def a_log_that_is_damaged_is_written_again(program):
    """Of a finished run, too."""
    before = program.log()
    for damage in (b"", b"epo", "epoch,loss\n".encode("utf-16")):
        (program.folder / "log.csv").write_bytes(damage)
        assert program.train(2) == []
        assert program.log() == before


SAVED = """        self.model.save(self.folder / "next.keras")
        with zipfile.ZipFile(self.folder / "next.keras", "a") as file:
            file.writestr("run.json", json.dumps(run))
        (self.folder / "next.keras").replace(self.folder / "last.keras")
"""
COPIED = """        shutil.copy(self.folder / "last.keras", self.folder / "next.keras")
        (self.folder / "next.keras").replace(self.folder / "best.keras")
"""


@trap(small(), SAVED, '        self.model.save(self.folder / "last.keras")\n')
@trap(
    small(),
    COPIED,
    '        shutil.copy(self.folder / "last.keras", self.folder / "best.keras")\n',
)
def a_model_is_never_half_saved(program):
    """BackupAndRestore writes in two steps, between which there is no whole state."""
    model = program.compiled().model
    callback = program.checkpoint(model)
    files = [program.folder / name for name in ("best.keras", "last.keras")]
    callback.on_epoch_end(0, {"loss": 1.0, "val_accuracy": 0.5, "val_loss": 1.0})
    before = [file.read_bytes() for file in files]

    def cut_short(_, file):
        file.write_bytes(b"PK")
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(keras.Model, "save", cut_short)
        callback.on_epoch_end(1, {"loss": 1.0, "val_accuracy": 0.6, "val_loss": 1.0})
    assert [file.read_bytes() for file in files] == before
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(program.module.shutil, "copy", cut_short)
        callback.on_epoch_end(2, {"loss": 1.0, "val_accuracy": 0.7, "val_loss": 1.0})
    assert files[0].read_bytes() == before[0]
    callback.on_epoch_end(3, {"loss": 1.0, "val_accuracy": 0.8, "val_loss": 1.0})
    assert files[0].read_bytes() == files[1].read_bytes() != before[0]


RESUMED = "    checkpoint = Checkpoint(args, model, settings, training)\n"
LOADED = '    model = keras.saving.load_model(args.out / "last.keras")\n'


@trap(
    small("opt=adamw schedule=cosine"),
    RESUMED,
    RESUMED + LOADED,
    begun=True,
)
def a_resumed_run_decays_what_it_did_and_follows_the_schedule_it_is_given(program):
    """A saved optimizer forgets what it excludes, and keeps the schedule of fewer epochs."""
    found: dict[str, Any] = {}

    def at_end(model):
        optimizer, decayed = model.optimizer, model.trainable_variables
        found["decayed"] = [v.path for v in decayed if optimizer._use_weight_decay(v)]
        found["rate"] = float(optimizer.learning_rate)

    assert program.train(4, at_end) == [2, 3]
    assert found["decayed"] == ["fc1/kernel"]
    assert program.train(6, lambda model: found.update(rate=float(model.optimizer.learning_rate)))
    assert found["rate"] == pytest.approx(0, abs=1e-6)


READ = "        initial_epoch=len(checkpoint.epochs),\n"
COUNTED = READ.replace(
    "len(checkpoint.epochs)", "int(model.optimizer.iterations.numpy()) // len(training)"
)


@trap(small("split=2"), READ, COUNTED)
@trap(small("policy=mixed_float16"), READ, COUNTED)
def a_resumed_run_begins_at_the_next_epoch(program):
    """Micro-batches count as one step, and steps that overflow in float16 as none."""

    def overflow(model):
        with contextlib.suppress(AttributeError):  # only float16 scales its loss
            model.optimizer.inner_optimizer._iterations.assign(3)

    assert program.train(2, overflow) == [0, 1]
    assert program.train(3) == [2]


TRAINED = "    best, epochs = checkpoint.best(), len(checkpoint.epochs)\n"


@trap(small(), TRAINED, TRAINED.replace("len(checkpoint.epochs)", "args.epochs"))
def the_summary_counts_the_epochs_that_were_trained(program):
    """KERAS_MAX_EPOCHS=1 KERAS_MAX_STEPS_PER_EPOCH=1 train less than they are asked for."""
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(1)
    try:
        assert program.train(2) == [0]
    finally:
        keras.config.set_max_epochs(None)
        keras.config.set_max_steps_per_epoch(None)
    assert json.loads((program.folder / "summary.json").read_text())["epochs"] == 1


# ---- optimizers and their rates


@trap(
    small("split=2 schedule=cosine"),
    "    steps = args.epochs * len(training)\n",
    "    steps = args.epochs * len(training) // 2\n",
)
def a_schedule_ends_with_the_last_epoch_though_it_counts_micro_batches(program):
    rates = []
    program.train(2, lambda model: rates.append(float(model.optimizer.learning_rate)))
    assert rates == pytest.approx([0.0005, 0])


@trap(small(), "Adam(0.001)", "Adam(0.001, gradient_accumulation_steps=1)")
def a_step_of_one_batch_has_no_micro_batches(program):
    """Keras refuses to accumulate the gradients of one."""
    with contextlib.suppress(ValueError):
        assert program.compiled().model.optimizer.gradient_accumulation_steps is None
        return
    raise AssertionError("the program does not compile its model")


@trap(
    small("schedule=plateau"),
    "keras.optimizers.Adam(0.001)",
    "keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.001, 100, 0.9))",
)
def a_plateau_lowers_the_rate(program):
    """Of an optimizer with a schedule it could not: a TypeError, when it acts."""
    model = program.compiled().model
    callback = program.checkpoint(model)
    callback.epochs = [
        {"epoch": epoch, "val_accuracy": 0.5, "val_loss": 1.0} for epoch in range(10)
    ]
    with contextlib.suppress(TypeError):
        callback.on_epoch_end(10, {"loss": 1.0, "val_accuracy": 0.5, "val_loss": 1.0})
    assert float(model.optimizer.learning_rate) == pytest.approx(0.0001)


DECAYED = 'optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])'


@trap(small("decay=0.1 conv2k3:bn.relu"), DECAYED, "pass")
@trap(small("decay=0.1 conv2k3:bn.relu"), DECAYED, DECAYED.replace("gamma", "bn/gamma"))
def weight_decay_leaves_biases_and_norms_alone(program):
    """The names of variables decide what it leaves alone, not their paths."""
    model = program.compiled().model
    model.optimizer.build(model.trainable_variables)
    decayed = {v.path for v in model.trainable_variables if model.optimizer._use_weight_decay(v)}
    assert decayed == {"conv1/kernel", "fc1/kernel"}


@trap(small(), "            callbacks.TerminateOnNaN(),\n")
def an_epoch_ends_with_the_loss_that_is_not_finite(program):
    batches, load_data = [], program.module.load_data

    def load_broken(args):
        return [(images * np.nan, labels) for images, labels in load_data(args)]

    program.module.load_data = load_broken
    program.module.Checkpoint.on_train_batch_end = lambda self, batch, logs: batches.append(batch)
    with contextlib.suppress(SystemExit):
        program.train(2)
    assert batches == [0]


REFUSED = """        if not np.isfinite(logs["loss"]):
            raise SystemExit(f"epoch {epoch + 1}: the loss is not finite; lower lr")
"""


@trap(small(), REFUSED)
def a_state_whose_loss_is_not_finite_is_not_saved(program):
    callback = program.checkpoint(program.compiled().model)
    with contextlib.suppress(SystemExit):
        callback.on_epoch_end(0, {"loss": float("nan"), "val_accuracy": 0.5, "val_loss": 1.0})
    assert not list(program.folder.glob("*.keras"))


AVERAGED = """            checkpoint,
            callbacks.SwapEMAWeights(),  # after Checkpoint, which saves the averages
"""


@trap(small("ema=0.99"), AVERAGED, "".join(AVERAGED.splitlines(keepends=True)[::-1]))
def the_best_model_is_the_averaged_one_that_was_validated(program):
    """SwapEMAWeights takes the averages out at the end of a test, when its turn comes."""
    program.train(2)
    best = keras.saving.load_model(program.folder / "best.keras")
    loss, accuracy = best.evaluate(program.compiled().validation, verbose=0)
    row = max(program.log(), key=lambda r: (float(r["val_accuracy"]), -float(r["val_loss"])))
    assert loss == pytest.approx(float(row["val_loss"]), rel=1e-5)
    assert accuracy == pytest.approx(float(row["val_accuracy"]))


# ---- layers


MOMENTUM = "            layer.momentum = min(0.99, 0.01 ** (1 / len(training)))"
SHORT = (
    "input 8x8x1 data set=digits train batch=64 epochs=6 "
    "conv16k3:bn.relu pool2 drop0.2 conv32k3:bn.relu gap fc10"
)


@trap(SHORT, MOMENTUM, "            pass")
def validation_follows_a_short_training_with_batch_norm(program):
    """Keras' averages, with a momentum of 0.99, still are where they began; 126 steps are few."""
    program.train(6)
    for row in program.log()[1:]:
        assert float(row["val_accuracy"]) > float(row["accuracy"]) - 0.1
    assert float(program.log()[-1]["val_accuracy"]) > 0.6


POLICY = '    keras.config.set_dtype_policy("mixed_float16")\n'
SCORES = '    x = layers.Activation("linear", dtype="float32", name="scores")(x)\n'


@trap(small("policy=mixed_float16"), POLICY)
@trap(small("policy=mixed_float16"), SCORES)
def mixed_precision_computes_in_float16_but_its_logits_and_scales_its_loss(program):
    """Whatever was trained before: clear_session forgets the policy, too."""
    keras.utils.clear_session(free_memory=False)
    model = program.compiled().model
    assert model.get_layer("fc1").compute_dtype == "float16"
    assert model.output.dtype == "float32"
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


INFINITE = """    x = keras.ops.pad(
        x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=float("-inf")
    )
"""


@trap("input 4x4x1 bn pool3s2p1 fc2", INFINITE, "    x = layers.ZeroPadding2D(1)(x)\n")
def a_max_pool_pads_with_minus_infinity(program):
    """Where values may be negative; zeros would win against them."""
    model = program.module.build_model()
    pooled = keras.Model(model.input, model.get_layer("pool1").output)
    assert np.max(pooled(np.full((1, 4, 4, 1), -5.0))) < -4.9


PADDED = """    x = layers.ZeroPadding2D(1, name="conv1_pad")(x)
    x = layers.Conv2D(1, 3, strides=2, name="conv1")(x)
"""
SAME = '    x = layers.Conv2D(1, 3, strides=2, padding="same", name="conv1")(x)\n'


@trap("input 8x8x1 conv1k3s2p1", PADDED, SAME)
def padding_by_a_number_is_on_both_sides(program):
    """The "same" of TensorFlow pads the bottom and the right first, and here only those."""
    model = program.module.build_model()
    keras_models.make_linear(model)
    assert keras_models.seen_by(model, (0, 0)) == ((0, 1), (0, 1))


ONEDNN = 'os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")'


@trap("input 8x8x1 conv4k1s2 fc2", ONEDNN, "pass")
@trap(
    "input 8x8x1 conv4k1s2 fc2",
    f"{ONEDNN}\n\nimport keras",
    f"import keras\n\n{ONEDNN}",
)
def onednn_is_left_out_before_keras_is_imported(program):
    """Its gradient of a strided 1x1 kernel corrupts memory, but only now and then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
        exec(program.source.partition("import keras")[0], {})
        assert os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0"
        del os.environ["TF_ENABLE_ONEDNN_OPTS"]


SEEDED = """        if keras.backend.backend() == "torch":  # drops by the global seed
            keras.utils.set_random_seed(int(rng.integers(2**32)))
"""


@trap("input 8x8x1 drop0.5 fc10", SEEDED)
def the_seed_of_all_is_set_for_every_epoch_on_pytorch(program):
    """PyTorch drops by it, and by no state of a layer; test_backends.py has it do so."""
    model = program.module.build_model()
    drawn = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.backend, "backend", lambda: "torch")
        for _ in range(2):
            program.checkpoint(model).on_epoch_begin(1)
            drawn.append(np.random.random())
    assert drawn[0] == drawn[1]


@trap("input 8x8x1 drop0.5 fc10", SEEDED.splitlines(keepends=True)[0], "        if True:\n")
def the_seed_of_all_is_left_alone_on_tensorflow(program):
    """Setting it clears the cache of kernels, which costs a quarter of a second an epoch."""
    model, seeds = program.module.build_model(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.utils, "set_random_seed", seeds.append)
        program.checkpoint(model).on_epoch_begin(1)
    assert not seeds


# ---- all of them


@pytest.fixture(autouse=True)
def policy():
    """A program sets the type of numbers for all of Keras."""
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The folder of a run of two epochs, by its text."""

    @functools.cache
    def folder_of(text):
        folder = tmp_path_factory.mktemp("begun")
        Program(netform.parse(text).emit(), folder).train(2)
        return folder

    return folder_of


def name_of(trap):
    return trap.check.__name__


@pytest.mark.parametrize("trap", {t.check: t for t in TRAPS}.values(), ids=name_of)
def test_the_program_avoids_a_trap(trap, begun, tmp_path):
    shutil.copytree(begun(trap.text) if trap.begun else tmp_path, tmp_path / "run")
    trap.check(Program(trap.source, tmp_path / "run"))


@pytest.mark.parametrize("trap", TRAPS, ids=name_of)
def test_without_its_remedy_it_is_caught(trap, begun, tmp_path):
    shutil.copytree(begun(trap.text) if trap.begun else tmp_path, tmp_path / "run")
    program = Program(trap.without, tmp_path / "run")
    with pytest.raises(AssertionError):
        trap.check(program)
