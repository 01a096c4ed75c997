"""ciresan: ``1x29x29-20C4-MP2-40C5-MP3-150N-10N``.

Introduced by Ciresan, Meier, Schmidhuber, "Multi-column Deep Neural Networks for Image
Classification", 2012: 20 maps of a 4x4 convolution, a 2x2 max pooling, 150 neurons. Courbariaux,
Bengio, David, "BinaryConnect", 2015, and many after them write ``(2x128C3)-MP2-(2x1024FC)-10SVM``:
the same words, but another activation and padding, and mostly no input.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import NetformError, Source, Span, quoted
from .translation import ASSUMED, Notation, Phrase, Translation, image_phrase, nothing_said

_Token = re.Match[str]

# papers are copied with the typographer's times sign, minus and dashes
_TOKEN = re.compile(
    r"""
      (?P<image> [0-9]+ (?:[xX\u00d7*][0-9]+){1,4} ) (?!\w)
    | (?P<times> [0-9]+ ) \s* [xX\u00d7*] \s* (?=[0-9(])
    | (?P<open>  \( )
    | (?P<close> \) )
    | (?P<gap>   [-\u2212\u2013\u2014+,\s]+ )
    | (?P<word>  [^-\u2212\u2013\u2014+,\s()]+ )
    """,
    re.VERBOSE,
)
_LAYER = re.compile(
    r"""
      (?P<maps>[0-9]+) C (?P<kernel>[0-9]+)
    | (?P<kept>[0-9]*) (?P<pool>MP|AP) (?P<window>[0-9]+)
    | (?P<global>GAP)
    | (?P<units>[0-9]+) (?P<role>N|FC|SVM|SSE|SOFTMAX)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WITHOUT_COUNT = re.compile(r"C[0-9]+|N|FC|SVM|SSE|SOFTMAX", re.IGNORECASE)
_IN_AND_OUT = re.compile(r"[0-9]+FC(?P<units>[0-9]+)", re.IGNORECASE)

_POOLS = "a pooling moves by its own size"
_NO_NORMS = "there is no batch normalisation, for which the notation has no word"
_LOSSES = {
    "SVM": "the last layer's support vector machine is a loss, and left out",
    "SSE": "the last layer's squared error is a loss, and left out",
    "SOFTMAX": "the softmax of the last layer is left to the loss",
}


@dataclass(frozen=True, slots=True)
class _Custom:
    """What those who write so mean without saying it."""

    padding: str
    convolutions: str
    activation: str
    post: tuple[Phrase, ...] = ()


_ORIGINAL = _Custom(
    "v",
    "convolutions have no padding",
    "tanh follows every layer with weights but the last; the paper scales it",
    (Phrase("post conv=tanh fc=tanh", ASSUMED),),
)
_LATER = _Custom(
    "",
    'convolutions pad "same", as in BinaryConnect',
    "ReLU follows every layer with weights but the last",
)


def translate(source: Source, image: str | None) -> Translation:
    """Phrases and assumptions; neurons written ``150N`` show the paper's custom."""
    tokens = [token for token in _TOKEN.finditer(source.text) if not token["gap"]]
    if tokens and tokens[0][0].lower() == "input":
        del tokens[0]
    begin, assumptions = _input(tokens[0] if tokens else None, image, source)
    tokens = tokens if image is not None else tokens[1:]
    if not tokens:
        raise nothing_said(source, NOTATION.example)
    layers = [layer for layer in map(_layer, tokens) if layer]
    roles = {layer["role"].upper() for layer in layers if layer["role"]}
    custom = _ORIGINAL if "N" in roles else _LATER
    chain = _chain(tokens, source, custom.padding)
    if any(layer["maps"] for layer in layers):
        assumptions.append(custom.convolutions)
    if any(layer["pool"] for layer in layers):
        assumptions.append(_POOLS)
    assumptions.append(custom.activation)
    if custom is _ORIGINAL:
        assumptions.append(_LOSSES["SOFTMAX"])
    else:
        assumptions += [_NO_NORMS, *(_LOSSES[role] for role in _LOSSES if role in roles)]
    return Translation((begin, *custom.post, *chain), tuple(assumptions))


def _input(first: _Token | None, image: str | None, source: Source) -> tuple[Phrase, list[str]]:
    """The input that the first word or ``image`` gives, and what reading it so assumes."""
    values = first and re.fullmatch("[0-9]+", first[0])
    if first is None or not (first["image"] or values):
        if image is None:
            raise NetformError(
                "an input is needed, but this text names none",
                Span(0, 1),
                source,
                "give it beside the text, such as --input 32x32x3, or begin with 3x32x32-",
            )
        return image_phrase(image), []
    span = Span(*first.span())
    if image is not None:
        raise NetformError(
            "one input is needed, but the text names one and another is given",
            span,
            source,
            f"write {first[0]}FC for a layer" if values else "leave one of them out",
        )
    if values:
        assumed = f"{first[0]} values are read as the channels of one pixel"
        return Phrase(f"input 1x1x{first[0]}", span), [assumed]
    sides = re.findall("[0-9]+", first[0])
    if len(sides) != 3:
        raise NetformError(
            f"an input has channels, height and width, but {quoted(first[0])} has {len(sides)} "
            "numbers",
            span,
            source,
            f"write 1x{first[0]}" if len(sides) == 2 else "write 3x32x32",
        )
    if sides[0] == sides[1] != sides[2]:
        shape = "x".join(sides)
        assumed = f"{shape} is height x width x channels, since its first two numbers agree"
        return Phrase(f"input {shape}", span), [assumed]
    channels, height, width = sides
    return Phrase(f"input {height}x{width}x{channels}", span), []


def _chain(tokens: Sequence[_Token], source: Source, padding: str) -> list[Phrase]:
    """The layers; a number before a layer or a bracket repeats it."""
    levels: list[list[Phrase]] = [[]]
    opened: list[tuple[_Token, _Token | None]] = []
    times: _Token | None = None
    maps = ""  # of the last convolution
    for token in tokens:
        if token["times"]:
            if times is not None:
                raise _twice_repeated(token, source)
            times = token
        elif token["open"]:
            opened.append((token, times))
            levels.append([])
            times = None
        elif token["close"]:
            if not opened:
                span = Span(*token.span())
                raise NetformError("no bracket is open here", span, source, "leave it out")
            opening, count = opened.pop()
            inner = _inside(levels.pop(), opening, token, source)
            levels[-1] += _repeated(inner, count)
        else:
            layer = _known_layer(token, maps, source)
            maps = layer["maps"] or maps
            phrase = Phrase(_atom(layer, padding), Span(*token.span()))
            levels[-1] += _repeated([phrase], times)
            times = None
    if opened:
        raise _never_closed(opened[-1][0], source)
    return levels[0]


def _known_layer(token: _Token, maps: str, source: Source) -> _Token:
    """The layer of a word; raises NetformError where it is none, or a pooling of other maps."""
    layer = _layer(token)
    if layer is None:
        raise _unknown(token, source)
    if layer["kept"] and layer["kept"] != (layer["maps"] or maps):
        kept = f"{maps} maps" if maps else "maps"
        raise NetformError(
            f"a pooling keeps the {kept} of its input, but this one has {layer['kept']}",
            Span(*token.span()),
            source,
            f"write {layer['pool']}{layer['window']}",
        )
    return layer


def _inside(
    phrases: list[Phrase], opening: _Token, closing: _Token, source: Source
) -> list[Phrase]:
    """The layers between two brackets; raises NetformError if there are none."""
    if not phrases:
        raise NetformError(
            "brackets contain layers, but these are empty",
            Span(opening.start(), closing.end()),
            source,
            "write layers between them, such as (2x128C3)",
        )
    return phrases


def _twice_repeated(times: _Token, source: Source) -> NetformError:
    return NetformError(
        "a layer or a bracket is repeated, but here is another number of times",
        Span(*times.span()),
        source,
        "multiply the two numbers",
    )


def _never_closed(opening: _Token, source: Source) -> NetformError:
    return NetformError(
        "this bracket is never closed",
        Span(*opening.span()),
        source,
        "write ) after its layers",
    )


def _repeated(phrases: list[Phrase], times: _Token | None) -> list[Phrase]:
    if times is None:
        return phrases
    span = Span(*times.span())
    count = Phrase(f"*{times['times']}", span)
    if len(phrases) == 1:
        return [*phrases, count]
    return [Phrase("[", span), *phrases, Phrase("]", span), count]


def _layer(token: _Token) -> _Token | None:
    return _LAYER.fullmatch(token[0])


def _atom(layer: _Token, padding: str) -> str:
    if layer["maps"]:
        return f"conv{layer['maps']}k{layer['kernel']}{padding}"
    if layer["pool"]:
        return ("pool" if layer["pool"].upper() == "MP" else "avg") + layer["window"]
    return "gap" if layer["global"] else f"fc{layer['units']}"


def _unknown(token: _Token, source: Source) -> NetformError:
    word = quoted(token[0])
    in_and_out = _IN_AND_OUT.fullmatch(token[0])
    if in_and_out is not None:
        message = f"a layer is named by its outputs, but {word} also gives its inputs"
        hint = f"write {in_and_out['units']}FC"
    elif _WITHOUT_COUNT.fullmatch(token[0]):
        message = f"{word} needs the number of its maps or neurons in front"
        hint = f"write 10{word}"
    elif token["image"]:
        message = f"the input comes first, but {word} is among the layers"
        hint = "write 20C4 for a convolution, 150N for neurons"
    else:
        message = f"this notation has no layer {word}"
        hint = "it has 20C4, MP2, AP2, GAP, 150N, 150FC, 10SVM, 10SSE and 10Softmax"
    return NetformError(message, Span(*token.span()), source, hint)


NOTATION = Notation(
    example="1x29x29-20C4-MP2-40C5-MP3-150N-10N",
    translate=translate,
)
