"""timm: ``ds_r1_k3_s1_e1_c16_se0.25 ir_r2_k3_s2_e6_c24_se0.25``.

The block strings of timm's EfficientNet family (Wightman, huggingface/pytorch-image-models, after
those of Tan and Le in tensorflow/tpu): a kind of block, then r repeats, k kernel, s stride of the
first, e expansion, c channels, se ratio of squeeze-and-excitation, n activation, in any order. Each
string is a stage; a stage of several is a list of them, as in timm. Stem and head are arguments
of timm's models beside the strings, and may be given here by the same names: ``stem_size=16``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from ..errors import NetformError, Source, Span, did_you_mean, quoted
from .timm_blocks import EXPANDING, Block, definition_of, divisible, squeezed_channels, stage_of
from .translation import ASSUMED, Notation, Phrase, Translation, image_phrase, nothing_said

_TOKEN = re.compile(
    r"""
      (?P<skip>   \#[^\n]* | arch_def\s*= | [\s,"']+ )
    | (?P<name>   [A-Za-z_]+ ) \s* = \s* (?P<value> [^\s,"'()\[\]]+ )
    | (?P<open>   [(\[] )
    | (?P<close>  [)\]] )
    | (?P<string> [^\s,"'()\[\]\#]+ )
    """,
    re.VERBOSE,
)
_OPTION = re.compile(r"(?P<letters>[a-z]+)(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)")

_KINDS = {
    "ir": "inverted residual",
    "er": "edge residual, or fused inverted residual",
    "ds": "depthwise separable",
    "dsa": "the same with a last activation",
    "cn": "convolution",
}
_NUMBERS = {
    "r": "number of repeats",
    "k": "kernel",
    "s": "stride",
    "c": "number of channels",
    "e": "expansion",
    "se": "squeeze ratio",
}
_WHOLE = ("r", "k", "s", "c")
_ACTIVATIONS = {"nre": "relu", "nr6": "relu6", "nsw": "swish"}
_SKIPS = {"skip": True, "noskip": False}
_UNREAD = {
    "a": "kernels of the first convolution",
    "cc": "conditional convolutions",
    "d": "space-to-depth",
    "fc": "forced incoming channels",
    "gs": "group sizes",
    "k": "mixed kernels",
    "nhs": "hard swish",
    "nmi": "mish",
    "p": "kernels of the last convolution",
}

_ACT_LAYERS = {"relu": "relu", "relu6": "relu6", "swish": "swish", "silu": "swish"}
_SIZE = "224x224x3"


@dataclass(frozen=True, slots=True)
class _Model:
    """The other arguments of timm's models; by default those of EfficientNet."""

    stem_size: int = 32
    num_features: int = 1280
    num_classes: int = 1000
    act_layer: str = "swish"


def translate(source: Source, image: str | None) -> Translation:
    """Phrases and assumptions: a definition for each kind of block, and a line for each string."""
    tokens = [token for token in _TOKEN.finditer(source.text) if not token["skip"]]
    model = _model([token for token in tokens if token["name"]], source)
    blocks = list(_blocks([token for token in tokens if not token["name"]], model, source))
    if not blocks:
        raise nothing_said(source, NOTATION.example)
    kinds: dict[str, list[Block]] = {}
    for block in blocks:
        kinds.setdefault(block.name, []).append(block)
    act, stem = model.act_layer, divisible(Fraction(model.stem_size))
    head = f"conv{model.num_features}k1 " if model.num_features else ""
    phrases = (
        image_phrase(image or _SIZE),
        Phrase(f"post conv=bn.{act} dw=bn.{act}", ASSUMED),
        *(Phrase(definition_of(each, act), each[0].span) for each in kinds.values()),
        Phrase(f"conv{stem}k3s2", ASSUMED),
        *(Phrase(stage_of(block), block.span, begins=True) for block in blocks),
        Phrase(f"{head}gap fc{model.num_classes}", ASSUMED, begins=True),
    )
    assumptions = [] if image else [f"the input is {_SIZE}"]
    return Translation(phrases, (*assumptions, *_assumptions(model, blocks)))


def _assumptions(model: _Model, blocks: Sequence[Block]) -> Iterator[str]:
    stem, features = divisible(Fraction(model.stem_size)), model.num_features
    yield f"the stem is a 3x3 convolution with stride 2 to {stem} channels: stem_size={stem}"
    if features:
        yield f"a 1x1 convolution to {features} channels ends the blocks: num_features={features}"
    else:
        yield "no convolution ends the blocks: num_features=0"
    yield f"the means of all channels and one layer make the classes: num_classes={model.num_classes}"
    yield f"the activation is {model.act_layer} where a block names no other: act_layer={model.act_layer}"
    yield 'convolutions pad "same", as in the networks with names tf_ in timm'
    if any(block.squeezes for block in blocks):
        yield "squeeze ratios refer to the input channels of a block, as in EfficientNet"
    counts = [Fraction(model.stem_size), *(block.numbers["c"] for block in blocks)]
    for count in dict.fromkeys(counts):
        if divisible(count) != count:
            yield f"{count} channels become {divisible(count)}, since timm rounds to multiples of 8"


def _model(tokens: Sequence[re.Match[str]], source: Source) -> _Model:
    model = _Model()
    for token in tokens:
        name, value = token["name"], token["value"]
        if name not in _Model.__dataclass_fields__:
            message = f"no argument is called {quoted(name)}"
            hint = did_you_mean(name, _Model.__dataclass_fields__)
        elif name == "act_layer" and value in _ACT_LAYERS:
            model = replace(model, act_layer=_ACT_LAYERS[value])
            continue
        elif name == "act_layer":
            message = f"netform has no activation {quoted(value)}"
            hint = did_you_mean(value, _ACT_LAYERS)
        elif re.fullmatch("[0-9]{1,9}", value) and (int(value) or name == "num_features"):
            given: dict[str, Any] = {name: int(value)}
            model = replace(model, **given)
            continue
        else:
            message = f"{name} is a whole number, but here is {quoted(value)}"
            hint = f"write {name}={getattr(_Model(), name)}"
        raise NetformError(message, Span(*token.span()), source, hint)
    return model


def _blocks(tokens: Sequence[re.Match[str]], model: _Model, source: Source) -> Iterator[Block]:
    entering = divisible(Fraction(model.stem_size))
    depth, begins = 0, True  # of lists; a stage
    for token in tokens:
        if token["string"]:
            block = _block(token, entering, begins, model, source)
            yield block
            entering = block.channels
            begins = depth < 2
        else:
            depth += 1 if token["open"] else -1
            begins = True


def _block(
    token: re.Match[str], entering: int, begins: bool, model: _Model, source: Source
) -> Block:
    """One string; raises NetformError at the option that is unknown, missing or impossible."""
    kind, *options = token["string"].split("_")
    start, span = token.start(), Span(*token.span())
    if kind not in _KINDS:
        raise NetformError(
            f"netform has no block {quoted(kind)}" if kind else "a block begins with its kind",
            Span(start, start + max(1, len(kind))),
            source,
            "it has " + ", ".join(f"{known} ({what})" for known, what in _KINDS.items()),
        )
    numbers: dict[str, Fraction] = {}
    activation, skip = "", None
    start += len(kind) + 1
    for option in options:
        at = Span(start, start + max(1, len(option)))
        start += len(option) + 1
        found = _OPTION.fullmatch(option)
        if option in _SKIPS:
            skip = _SKIPS[option]
        elif option in _ACTIVATIONS:
            activation = _ACTIVATIONS[option]
        elif found is None or found["letters"] not in _NUMBERS:
            raise _unknown(option, at, source)
        elif found["letters"] in numbers:
            raise NetformError(
                f"this block has its {_NUMBERS[found['letters']]} twice",
                at,
                source,
                f"leave out {option}",
            )
        else:
            numbers[found["letters"]] = _number(kind, found, begins, at, source)
    for letter in (*_WHOLE, *(["e"] if kind in EXPANDING else [])):
        if letter not in numbers:
            raise NetformError(
                f"{kind} needs its {_NUMBERS[letter]}",
                span,
                source,
                f"write {quoted(token['string'])}_{letter}1",
            )
    activation = "" if activation == model.act_layer else activation
    block = Block(kind, numbers, activation, skip, entering, span)
    squeezed = squeezed_channels(block)
    if squeezed.denominator > 1:
        raise NetformError(
            f"a squeeze leaves whole channels, but this one leaves {squeezed}",
            span,
            source,
            "write a ratio such as se0.25",
        )
    return block


def _number(kind: str, option: re.Match[str], begins: bool, span: Span, source: Source) -> Fraction:
    letter, number = option["letters"], Fraction(option["number"])
    if letter == "k" and number.denominator > 1:
        raise _unknown(option[0], span, source)
    if letter in _WHOLE and (number.denominator > 1 or number == 0):
        message = f"the {_NUMBERS[letter]} is whole, but here is {option['number']}"
        hint = f"write {letter}1"
    elif letter == "k" and number % 2 == 0:
        message, hint = f"the kernel is odd, but here is {number}", "write k3"
    elif letter == "s" and number > 2:
        message, hint = f"the stride is 1 or 2, but here is {number}", "write s2"
    elif letter == "s" and number > 1 and not begins:
        message = "the first block of a stage has its stride, but this is a later one"
        hint = "write s1, which is what timm makes of it, or begin another list"
    elif letter == "e" and kind not in EXPANDING and number != 1:
        message = f"{kind} does not expand, but here is {option['number']}"
        hint = "write e1, or ir for a block that expands"
    elif letter == "se" and kind == "cn":
        message, hint = "cn has no squeeze-and-excitation", f"leave out {option[0]}"
    elif letter in ("e", "se") and number == 0:
        message, hint = f"the {_NUMBERS[letter]} is more than 0", f"leave out {option[0]}"
    else:
        return number
    raise NetformError(message, span, source, hint)


def _unknown(option: str, span: Span, source: Source) -> NetformError:
    meant = _UNREAD.get(option if option.startswith("n") else option.rstrip("0123456789."))
    if meant is not None:
        message = f"netform cannot read {meant}, the meaning of {quoted(option)}"
    elif option:
        message = f"a block has no option {quoted(option)}"
    else:
        message = "an option is needed between two underscores"
    hint = "it has r, k, s, e, c, se with a number, nre, nr6, nsw, skip and noskip"
    return NetformError(message, span, source, hint)


NOTATION = Notation(
    example="ds_r1_k3_s1_e1_c16_se0.25 ir_r2_k3_s2_e6_c24_se0.25",
    translate=translate,
)
