"""The networks of examples/zoo with the structure of their PyTorch originals, where the two differ.

A file has the parameters and the multiply-adds of its original. What autograd keeps also depends on
layers without either, which the files write as the papers have them.
"""

import csv
import re
from pathlib import Path

import netform
from support.zoo import ZOO

FIXTURE = Path(__file__).parents[1] / "fixtures" / "kept_bytes.csv"
BATCHES = (1, 2, 7)
COLUMNS = ("network", *(f"batch {batch}" for batch in BATCHES))

POOLS_AGAIN = "the original pools the last map onto its own size, and keeps both maps"
PADS_EVENLY = "the original pads a stride of 2 evenly, where 'same' needs a copy with one row more"
NO_DROPOUT = "the original is built without dropout, whose mask is kept"
SLICES = "the original's shortcut is a slice, where a pool keeps its indices"
EDITS = {  # by file: the reason, and what is replaced by what
    "alexnet": (POOLS_AGAIN, [("pool3s2v\ndrop0.5", "pool3s2v avg1 drop0.5")]),
    **{
        f"vgg{n}": (POOLS_AGAIN, [("pool2\nfc4096", "pool2 avg1 fc4096")]) for n in (11, 13, 16, 19)
    },
    **{f"mobilenet_v{n}": (PADS_EVENLY, [("k3s2", "k3s2p1"), ("s(s)", "s(s)p1")]) for n in (1, 2)},
    "efficientnet_b0": (PADS_EVENLY, [("k3s2", "k3s2p1"), ("dw(k)s(s)", "dw(k)s(s)p((k-1)/2)")]),
    "inception_v4": (NO_DROPOUT, [("drop0.2 ", "")]),
    "googlenet": (NO_DROPOUT, [("drop0.4 ", "")]),
    **{f"resnet{n}_cifar": (SLICES, [("pool1s2", "avg1s2")]) for n in (20, 56)},
}

# The originals may leave out a whole residual block, for each image apart: one float32 says it.
STOCHASTIC_BLOCKS = {"convnext_t": 17, "efficientnet_b0": 9}


def load(name):
    """The network of a file, with the edits of the table, which all have to be needed."""
    path = ZOO / f"{name}.net"
    text = path.read_text(encoding="utf-8")
    _, edits = EDITS.get(name, ("", []))
    if edits:
        text = re.sub('use "(.+)"', lambda use: (ZOO / use[1]).read_text(encoding="utf-8"), text)
    for old, new in edits:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return netform.parse(text) if edits else netform.load(path, root=ZOO.parent)


def image_of(name):
    """The extents and the channels of the image in a file."""
    shape = load(name).layers[0].output
    return *map(int, shape.extents), int(str(shape.channels))


def fixture():
    """What the originals keep: bytes by file and batch."""
    with FIXTURE.open(encoding="utf-8", newline="") as file:
        return {row["network"]: by_batch(row) for row in csv.DictReader(file)}


def by_batch(row):
    """The bytes of a row of the fixture."""
    return {batch: int(row[column]) for batch, column in zip(BATCHES, COLUMNS[1:], strict=True)}


def kept_by(network):
    """What the profile ``torch`` says that a network keeps: bytes by batch."""
    account = network.account("torch", free=["B"])
    formula = account.figure(account.parts["activations"])
    return {batch: int(formula.subs("B", batch)) for batch in BATCHES}


def kept_by_original(name):
    """What it says of the original of a file."""
    more = 4 * STOCHASTIC_BLOCKS.get(name, 0)
    return {batch: kept + more * batch for batch, kept in kept_by(load(name)).items()}
