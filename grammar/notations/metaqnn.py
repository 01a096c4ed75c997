"""metaqnn: ``[C(64,5,1), C(128,3,1), P(2,2), SM(10)]``.

Introduced by Baker, Gupta, Naik, Raskar, "Designing Neural Network Architectures using
Reinforcement Learning", 2017: 64 channels of a 5x5 convolution with stride 1, a 2x2 max pooling
with stride 2, a softmax over 10 classes. What the words mean is taken from the authors' programs
(bowenbaker/metaqnn). The counts of the paper's table A2 are those of 28x28x3 images.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ..errors import NetformError, Source, Span, did_you_mean, quoted
from ..printer import show_number
from .translation import Notation, Phrase, Translation, image_phrase, nothing_said

_TOKEN = re.compile(
    r"""
      (?P<layer> (?P<word>[A-Za-z]+) \s* \( (?P<numbers>[^()]*) \) )
    | (?P<mark>  [\s,\[\]]+ )
    | (?P<other> [^\s,\[\]]+ )
    """,
    re.VERBOSE,
)
_NUMBERS = re.compile(r"\s*[0-9]{1,15}\s*(?:,\s*[0-9]{1,15}\s*)*")

# what the numbers of a layer are, and an example
_LAYERS = {
    "C": ("channels, kernel and stride", "C(64,3,1)", 3),
    "P": ("kernel and stride", "P(2,2)", 2),
    "FC": ("neurons", "FC(128)", 1),
    "D": ("place among the dropouts and number of them", "D(1,4)", 2),
    "NIN": ("channels", "NIN(64)", 1),
    "GAP": ("channels", "GAP(10)", 1),
    "SM": ("classes", "SM(10)", 1),
}
_ASSUMPTIONS = {
    "C": 'convolutions pad "same", which is a setting of the authors\' programs',
    "P": "a pooling stays inside the map",
    "NIN": "NIN is two 1x1 convolutions",
    "GAP": "GAP is a 1x1 convolution to its channels, and then their means",
    "D": "D(i,n) drops i/(2n) of the values in training",
    "SM": "SM is a fully connected layer, whose softmax is left to the loss",
}
_RELU = "ReLU follows every layer with weights but the last"


def translate(source: Source, image: str | None) -> Translation:
    """Phrases and assumptions; the notation has no word for the input."""
    if image is None:
        raise NetformError(
            "an input is needed, and this notation has no word for it",
            Span(0, 1),
            source,
            "give it beside the text, such as --input 32x32x3",
        )
    phrases = [image_phrase(image)]
    words: list[str] = []
    for token in _TOKEN.finditer(source.text):
        if token["mark"]:
            continue
        span = Span(*token.span())
        if words and words[-1] == "SM":
            raise NetformError(
                "SM comes last, but here a layer follows it", span, source, "leave one of them out"
            )
        word, numbers = _layer(token, source)
        words.append(word)
        phrases.append(Phrase(_atoms(word, numbers, span, source), span))
    if not words:
        raise nothing_said(source, NOTATION.example)
    assumptions = [text for word, text in _ASSUMPTIONS.items() if word in words]
    return Translation(tuple(phrases), (*assumptions, _RELU))


def _layer(token: re.Match[str], source: Source) -> tuple[str, list[int]]:
    span = Span(*token.span())
    word = token["word"]
    if word not in _LAYERS:
        message = f"this notation has no layer {quoted(token[0])}"
        hint = "write layers such as C(64,3,1), commas between them"
        if word is not None:
            message = f"this notation has no layer {quoted(word)}"
            hint = did_you_mean(word, _LAYERS)
        raise NetformError(message, span, source, hint)
    meaning, example, count = _LAYERS[word]
    found = _NUMBERS.fullmatch(token["numbers"])
    numbers = [int(each) for each in token["numbers"].split(",")] if found else []
    if len(numbers) != count:
        raise NetformError(
            f"{word} has {meaning} in its brackets, but here is "
            f"{quoted(token['numbers'].strip()) or 'nothing'}",
            span,
            source,
            f"write {example}",
        )
    return word, numbers


def _atoms(word: str, numbers: list[int], span: Span, source: Source) -> str:
    match word, numbers:
        case "C", [channels, kernel, stride]:
            return f"conv{channels}k{kernel}" + _steps(kernel, stride)
        case "P", [kernel, stride]:
            return f"pool{kernel}" if kernel == stride else f"pool{kernel}s{stride}v"
        case "D", [place, number]:
            if not 0 < place <= number:
                raise NetformError(
                    f"D(i,n) is the dropout i of n, but here is {place} of {number}",
                    span,
                    source,
                    "write D(1,4) for the first of four",
                )
            return f"drop{_decimal(Fraction(place, 2 * number))}"
        case "NIN", [channels]:
            return f"conv{channels}k1 conv{channels}k1"
        case "GAP", [channels]:
            return f"conv{channels}k1 gap"
        case _:
            return f"fc{numbers[0]}"


def _steps(kernel: int, stride: int) -> str:
    """Padding is kernel//2 on both sides, which is "same" where the kernel is odd and s is 1."""
    if stride == 1 and kernel % 2:
        return ""
    return ("" if stride == 1 else f"s{stride}") + f"p{kernel // 2}"


def _decimal(rate: Fraction) -> str:
    return show_number(rate) if 10**9 % rate.denominator == 0 else f"({rate})"


NOTATION = Notation(
    example="[C(64,5,1), C(128,3,1), P(2,2), SM(10)]",
    translate=translate,
)
