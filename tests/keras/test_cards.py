"""Programs that choose a device, or take a part of its memory only."""

import os
import stat
import subprocess
import sys
import types
from typing import Any

import keras
import pytest

import netform
from support import keras_models

GIB = 2**30
LIMITED = "input 4x4x1 train memory=4GiB fc2"


def started(device, **environment):
    """What a program on a device finds in its environment before Keras starts."""
    source = netform.parse(f"input 4x4x1 train device={device} fc2").emit()
    before = source[: source.index("import keras\n")]
    script = f"{before}\nfor name in sorted(os.environ): print(name, os.environ[name])"
    told = subprocess.check_output([sys.executable, "-c", script], env=environment, text=True)
    return dict(line.partition(" ")[::2] for line in told.splitlines())


def test_a_card_is_chosen_by_its_number_in_nvidia_smi():
    found = started("gpu:1")
    assert (found["CUDA_DEVICE_ORDER"], found["CUDA_VISIBLE_DEVICES"]) == ("PCI_BUS_ID", "1")
    assert started("gpu")["CUDA_VISIBLE_DEVICES"] == "0"


def test_the_processor_is_chosen_on_every_backend():
    found = started("cpu")
    assert found["CUDA_VISIBLE_DEVICES"] == "-1"
    assert (found["JAX_PLATFORMS"], found["KERAS_TORCH_DEVICE"]) == ("cpu", "cpu")


@pytest.mark.parametrize("device", ["cpu", "gpu:1"])
def test_cards_that_the_environment_hands_out_are_taken(device):
    """Ray and sweeps give each of their programs its own card."""
    found = started(device, CUDA_VISIBLE_DEVICES="3")
    assert found["CUDA_VISIBLE_DEVICES"] == "3"
    assert not {"CUDA_DEVICE_ORDER", "JAX_PLATFORMS", "KERAS_TORCH_DEVICE"} & set(found)


def test_a_device_is_chosen_before_any_framework_is_imported():
    lines = netform.parse("input 4x4x1 train device=cpu fc2").emit().splitlines()
    chosen = lines.index('if "CUDA_VISIBLE_DEVICES" not in os.environ:')
    assert chosen < lines.index("import keras")


CAPPED = """
import sys
from tensorflow.python.eager import context

card = context.PhysicalDevice("/physical_device:GPU:0", "GPU")  # there for settings only
here = context.context()
here._initialize_physical_devices()
here._physical_devices.append(card)
here._visible_device_list.append(card)
here._memory_growth_map[card] = None
{program}
if {late}:
    build_model()
limit_memory()
build_model()
devices = here.config.gpu_options.experimental.virtual_devices  # what TensorFlow has started with
print("capped at", [limit for device in devices for limit in device.memory_limit_mb])
"""


@pytest.mark.parametrize("late", [False, True])
def test_tensorflow_is_told_before_it_starts_and_not_after(late, tmp_path):
    """TensorFlow itself, with a card that is pretended."""
    program = netform.parse(LIMITED).emit().rpartition('if __name__ == "__main__"')[0]
    script = tmp_path / "capped.py"
    script.write_text(CAPPED.format(program=program, late=late), encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    if late:
        assert "Virtual devices cannot be modified after being initialized" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert "capped at [4096.0]" in done.stdout


@pytest.fixture
def on(monkeypatch):
    """The functions of a program as a backend would run them."""

    def program(backend, text=LIMITED):
        monkeypatch.setattr(keras.backend, "backend", lambda: backend)
        return keras_models.module_of(netform.parse(text).emit())

    return program


def test_a_program_limits_memory_first_of_all(on, monkeypatch):
    module = on("jax")
    order = []
    monkeypatch.setattr(sys, "argv", ["program"])
    monkeypatch.setattr(keras.utils, "set_random_seed", lambda seed: order.append("seed"))
    module.limit_memory = lambda: order.append("limit")
    module.load_data = lambda args: sys.exit(0)
    monkeypatch.setattr(sys, "argv", ["program", "--out", os.devnull])
    with pytest.raises((SystemExit, OSError)):
        module.main()
    assert order == ["limit", "seed"]


def test_without_a_card_nothing_is_limited(on, monkeypatch):
    on("tensorflow").limit_memory()
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("XLA_CLIENT_MEM_FRACTION", raising=False)
    on("jax").limit_memory()
    assert "XLA_CLIENT_MEM_FRACTION" not in os.environ


def test_pytorch_takes_a_share_of_every_card(on, monkeypatch):
    totals, told = [8 * GIB, 2 * GIB], {}
    cuda = types.SimpleNamespace(
        device_count=lambda: len(totals),
        get_device_properties=lambda card: types.SimpleNamespace(total_memory=totals[card]),
        set_per_process_memory_fraction=lambda share, card: told.update({card: share}),
    )
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
    on("torch").limit_memory()
    assert told == {0: 0.5, 1: 1.0}


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A pretended nvidia-smi on a machine with a card of 8 GiB and one of 16 GiB."""
    file = tmp_path / "nvidia-smi"
    file.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "assert sys.argv[1:3] == ['--query-gpu=memory.total', '--format=csv,noheader,nounits']\n"
        "cards = dict(zip('01', ('8192', '16384')))\n"
        "chosen = sys.argv[3].removeprefix('--id=').split(',') if sys.argv[3:] else '01'\n"
        "unknown = [card for card in chosen if card not in cards]\n"
        "print('No devices were found' if unknown else '\\n'.join(cards[c] for c in chosen))\n"
        "sys.exit(6 if unknown else 0)\n"
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION"):
        monkeypatch.setenv(name, "")  # to be put back
        monkeypatch.delenv(name)
    return file


@pytest.mark.parametrize(
    ("cards", "share"),
    [(None, "0.25"), ("0", "0.5"), ("1", "0.25"), ("0,1", "0.25"), ("", None), ("-1", None)],
)
def test_jax_takes_a_share_of_the_largest_card_that_it_may_use(
    cards, share, on, driver, monkeypatch
):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if cards is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", cards)
    on("jax").limit_memory()
    assert os.environ.get("XLA_CLIENT_MEM_FRACTION") == share


@pytest.mark.parametrize("name", ["XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION"])
def test_a_share_that_the_environment_gives_stays(name, on, driver, monkeypatch):
    """JAX refuses to start where both are given."""
    monkeypatch.setenv(name, "0.1")
    on("jax").limit_memory()
    found = {key: value for key, value in os.environ.items() if key.endswith("CLIENT_MEM_FRACTION")}
    assert found == {name: "0.1"}


def test_a_card_that_its_driver_does_not_know_is_told_in_a_line(on, driver, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-7")
    with pytest.raises(SystemExit, match="No devices were found\n\nset XLA_CLIENT_MEM_FRACTION"):
        on("jax").limit_memory()


@pytest.mark.parametrize(
    ("cards", "watched"), [(None, 0), ("3,4", 3), ("GPU-abc", "GPU-abc"), ("-1", None)]
)
def test_the_log_watches_the_card_in_use(cards, watched, on, monkeypatch, tmp_path):
    class NoCard(Exception):
        pass

    def handle(name):
        if name == "-1":
            raise NoCard
        told.append(name)
        raise NoCard  # it is enough to know which

    told = []
    pretended: Any = types.ModuleType("pynvml")
    pretended.NVMLError = NoCard
    pretended.nvmlInit = lambda: None
    pretended.nvmlDeviceGetHandleByIndex = pretended.nvmlDeviceGetHandleByUUID = handle
    monkeypatch.setitem(sys.modules, "pynvml", pretended)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if cards is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", cards)
    module = on("tensorflow", "input 4x4x1 train log=gpu fc2")
    module.find_spec = lambda name: True
    module.log_gpu(tmp_path / "gpu.csv", None)
    assert told == ([] if watched is None else [watched])
