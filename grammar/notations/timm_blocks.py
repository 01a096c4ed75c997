"""The blocks of timm's strings, and the text that each becomes in our language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..errors import Span
from ..printer import show_number

EXPANDING = ("ir", "er")


@dataclass(frozen=True, slots=True)
class Block:
    """A block in a string, of ``kind``; ``activation`` is "" for that of the model."""

    kind: str
    numbers: Mapping[str, Fraction]
    activation: str
    skip: bool | None
    entering: int
    span: Span

    @property
    def channels(self) -> int:
        """The output channels of the block."""
        return divisible(self.numbers["c"])

    @property
    def expands(self) -> bool:
        """Whether the block has more channels inside than in its input."""
        return self.kind in EXPANDING

    @property
    def squeezes(self) -> bool:
        """Whether the block has squeeze-and-excitation."""
        return "se" in self.numbers

    @property
    def expanded(self) -> Fraction:
        """The channels inside, before they are rounded."""
        return self.entering * self.numbers["e"] if self.expands else Fraction(self.entering)

    @property
    def adds(self) -> bool:
        """Whether the input is added to the output, if their shapes are the same."""
        if self.kind == "cn":
            return self.skip is True
        return self.kind != "dsa" and self.skip is not False

    @property
    def name(self) -> str:
        """The name of its definition."""
        gate = "Se" if self.squeezes else ""
        return self.kind.capitalize() + gate + self.activation.capitalize()


def squeezed_channels(block: Block) -> Fraction:
    """The output channels of squeeze-and-excitation: a part of the block's input channels,
    except for timm's rounding of the expanded ones."""
    if not block.squeezes:
        return Fraction(0)
    if not block.expands:
        return block.numbers["se"] * block.entering
    return block.numbers["se"] * divisible(block.expanded) / block.numbers["e"]


def definition_of(blocks: Sequence[Block], activation: str) -> str:
    """Blocks that differ in numbers alone, as one, in a model with an activation."""
    block = blocks[0]
    own = block.activation
    post = f":bn.{own}" if own else ""
    exact = all(each.expanded == divisible(each.expanded) for each in blocks)
    wide = "e*c" if exact else "round8(e*c)"
    gate = ""
    if block.squeezes:
        part = "r*c/e" if block.expands else "r*c"
        gate = f"mul[gap conv({part})k1b1:{own or activation} conv(c)k1b1:sigmoid]"
    body = {
        "ir": f"conv({wide})k1{post} dw(k)s(s){post} {gate} conv(n)k1:bn",
        "er": f"conv({wide})k(k)s(s){post} {gate} conv(n)k1:bn",
        "ds": f"dw(k)s(s){post} {gate} conv(n)k1:bn",
        "dsa": f"dw(k)s(s){post} {gate} conv(n)k1{post}",
        "cn": f"conv(n)k(k)s(s){post}",
    }[block.kind]
    parameters = ["n", "k", "s", *("e" * block.expands), *("r" * block.squeezes)]
    return f"def {block.name}({', '.join(parameters)}) [ {body} ]"


def stage_of(block: Block) -> str:
    """The block with its stride, then without it as often as it is repeated."""
    stride, repeats = int(block.numbers["s"]), int(block.numbers["r"])
    same = stride == 1 and block.entering == block.channels
    first, later = _call(block, stride, block.adds and same), _call(block, 1, block.adds)
    if first == later:
        return f"{first}*{repeats}" if repeats > 1 else first
    return " ".join([first, f"{later}*{repeats - 1}" if repeats > 2 else later][:repeats])


def _call(block: Block, stride: int, adds: bool) -> str:
    numbers = [Fraction(block.channels), block.numbers["k"], Fraction(stride)]
    numbers += [block.numbers["e"]] if block.expands else []
    numbers += [block.numbers["se"]] if block.squeezes else []
    call = f"{block.name}({', '.join(map(show_number, numbers))})"
    return f"add[{call}]" if adds else call


def divisible(channels: Fraction) -> int:
    """The nearest multiple of 8, unless that is less than nine tenths."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < Fraction(9, 10) * channels else nearest
