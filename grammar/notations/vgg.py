"""vgg: ``conv3-64 maxpool FC-1000 soft-max``, or ``[64, 'M']``.

A column of table 1 of Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale
Image Recognition", 2015: 64 channels of a 3x3 convolution; or the lists of the same networks in
torchvision, which leave out the kernel, and the fully connected layers.
"""

from __future__ import annotations

import re

from ..errors import NetformError, Source, Span, quoted
from .translation import ASSUMED, Notation, Phrase, Translation, image_phrase, nothing_said

_TOKEN = re.compile(
    r"""
      (?P<input> input \s* \( \s* (?P<height>[0-9]+) \s* [x\u00d7] \s* (?P<width>[0-9]+)
                 \s+ (?P<colours>RGB|gr[ae]y|gr[ae]yscale) (?:\s+image)? \s* \) )
    | (?P<word>  [^\s,;|\[\]"']+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ROW = re.compile(
    r"""
      conv (?P<kernel>[0-9]+) - (?P<channels>[0-9]+)
    | (?P<pool>max-?pool)
    | FC-?(?P<units>[0-9]+)
    | (?P<softmax>soft-?max)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ENTRY = re.compile(r"(?P<channels>[0-9]+)|(?P<pool>M)")

_SIZE = "224x224x3"
_TRUNK = (
    'convolutions move by 1 and pad "same"',
    "max pooling is 2x2 with stride 2",
    "ReLU follows every layer with weights but the last",
)
_DROPOUT = "in training, half of the values are dropped after every FC but the last"
_SOFTMAX = "the soft-max is left to the loss"
_LIST = (
    "convolutions are 3x3",
    "the head is torchvision's: fc4096 and fc4096, with dropout, and 1000 classes",
    "torchvision's pooling to 7x7 is left out, which does nothing at 224x224",
)


def translate(source: Source, image: str | None) -> Translation:
    """Phrases and assumptions; a text that begins with a number or an M is a list."""
    tokens = list(_TOKEN.finditer(source.text))
    begin, assumptions = _input(tokens, image, source)
    layers = [token for token in tokens if token["word"]]
    if not layers:
        raise nothing_said(source, NOTATION.example)
    if _ENTRY.fullmatch(layers[0][0]):
        chain = [Phrase(_entry(token, source), Span(*token.span())) for token in layers]
        chain.append(Phrase("fc4096 drop0.5 fc4096 drop0.5 fc1000", ASSUMED))
        return Translation((begin, *chain), (*assumptions, *_TRUNK, *_LIST))
    chain, told = _column(layers, source)
    return Translation((begin, *chain), (*assumptions, *_TRUNK, *told))


def _column(tokens: list[re.Match[str]], source: Source) -> tuple[list[Phrase], list[str]]:
    """The layers of a column of the table, and what is assumed beside the trunk."""
    rows = [_row(token, source) for token in tokens]
    *_, last_dense = [-1, *(i for i, row in enumerate(rows) if row["units"])]
    chain: list[Phrase] = []
    told: list[str] = []
    for i, (token, row) in enumerate(zip(tokens, rows, strict=True)):
        span = Span(*token.span())
        if not row["softmax"]:
            chain.append(Phrase(_atom(row), span))
        elif i < len(rows) - 1:
            raise NetformError(
                "the soft-max comes last, but here a layer follows it",
                span,
                source,
                "leave one of them out",
            )
        if row["units"] and i < last_dense:
            chain.append(Phrase("drop0.5", span))
            told = [_DROPOUT]
    if not chain:
        raise nothing_said(source, NOTATION.example)
    return chain, [*told, _SOFTMAX] if rows[-1]["softmax"] else told


def _input(
    tokens: list[re.Match[str]], image: str | None, source: Source
) -> tuple[Phrase, list[str]]:
    lines = [token for token in tokens if token["input"]]
    if not lines:
        return image_phrase(image or _SIZE), [] if image else [f"the input is {_SIZE}"]
    line = lines[-1]
    if line is not tokens[0] or image is not None:
        where = "comes first" if image is None else "is given beside the text"
        raise NetformError(
            f"a network has one input, which {where}, but here is another",
            Span(*line.span()),
            source,
            "leave one of them out",
        )
    channels = 3 if line["colours"].upper() == "RGB" else 1
    text = f"input {line['height']}x{line['width']}x{channels}"
    return Phrase(text, Span(*line.span())), []


def _entry(token: re.Match[str], source: Source) -> str:
    entry = _ENTRY.fullmatch(token[0])
    if entry is None:
        raise NetformError(
            f"a list contains channels and 'M' for max pooling, but here is {quoted(token[0])}",
            Span(*token.span()),
            source,
            "write a number of channels, or 'M'",
        )
    return "pool2" if entry["pool"] else f"conv{entry['channels']}k3"


def _atom(row: re.Match[str]) -> str:
    if row["channels"]:
        return f"conv{row['channels']}k{row['kernel']}"
    return "pool2" if row["pool"] else f"fc{row['units']}"


def _row(token: re.Match[str], source: Source) -> re.Match[str]:
    row = _ROW.fullmatch(token[0])
    if row is not None:
        return row
    if token[0].upper() == "LRN":
        message = "netform has no local response normalisation"
        hint = "leave LRN out: it has no weights, and the paper gained nothing by it"
    elif token[0].lower() == "input":
        message = "an input is written in brackets behind its word"
        hint = "write input (224x224 RGB image)"
    else:
        message = f"the table has no row {quoted(token[0])}"
        hint = "write conv3-64, maxpool, FC-4096 or soft-max"
    raise NetformError(message, Span(*token.span()), source, hint)


NOTATION = Notation(
    example="conv3-64 maxpool conv3-128 maxpool FC-4096 FC-1000 soft-max",
    translate=translate,
)
