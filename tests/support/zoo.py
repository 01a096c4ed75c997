"""What the heads of examples/zoo claim, and the figures of their originals in fixtures/zoo.csv."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import netform

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
FIXTURE = Path(__file__).parents[1] / "fixtures" / "zoo.csv"
OPS = ("conv", "deconv", "dw", "fc")

CLAIM = re.compile(
    r"^# equals (?P<original>.+?)(?: without (?P<without>\w+))? "
    r"(?:at every side R|where (?:"
    r"R is from (?P<first>\d+) to (?P<last>\d+)"
    r"|R(?P<or_next> or R \+ 1)? is divisible by (?P<divisor>\d+)"
    r"))(?:: .+)?$"
)


@dataclass(frozen=True)
class Claim:
    """A line of a head: whose figures a file has, but for what, and at which sides R.

    ``without`` is how layers are written whose multiply-adds the original does not count.
    """

    original: str
    without: str | None
    first: int | None
    last: int | None
    or_next: bool
    divisor: int | None

    def holds(self, side):
        if self.first:
            return self.first <= side <= self.last
        if self.divisor:
            return 0 in (side % self.divisor, (side + self.or_next) % self.divisor)
        return True


def head(name):
    """The comment that a file begins with."""
    return (ZOO / f"{name}.net").read_text(encoding="utf-8").partition("\n\ninput")[0]


def claims(name):
    """The claims of a file by the names of its originals."""
    lines = [line for line in head(name).splitlines() if line.startswith("# equals")]
    found = [claim(line) for line in lines]
    return {claim.original: claim for claim in found}


def claim(line):
    match = CLAIM.match(line)
    assert match, f"a claim that no test reads: {line}"
    words = match.groupdict()
    numbers = {key: int(words[key] or 0) or None for key in ("first", "last", "divisor")}
    return Claim(words["original"], words["without"], or_next=bool(words["or_next"]), **numbers)


@dataclass(frozen=True)
class Figures:
    """Trained parameters, what norms keep, and the multiply-adds of one image by op."""

    trainable: int
    statistics: int
    macs: dict[str, int]


def figures(network, side, without=None):
    """Those of a network at a side R; None where it has no such size."""
    try:
        there = network.having(R=side).at()
    except netform.NetformError:
        return None
    macs = Counter()
    for layer in counted(there.layers, without):
        macs[layer.op] += layer.macs
    return Figures(there.trainable, there.non_trainable, {op: macs[op] for op in OPS})


def counted(layers, without):
    """The layers that the original counts too."""
    return [layer for layer in layers if not (without and layer.text.startswith(without))]


def originals():
    """By file: the name of its original, and the original's figures by side."""
    with FIXTURE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for (name, original), its_rows in groupby(rows, lambda row: (row["network"], row["original"])):
        found[name] = original, {int(row["side"]): figures_of(row) for row in its_rows}
    return found


def figures_of(row):
    """None where the original has no such size."""
    if not row["trainable"]:
        return None
    macs = {op: int(row[op]) for op in OPS}
    return Figures(int(row["trainable"]), int(row["statistics"]), macs)
