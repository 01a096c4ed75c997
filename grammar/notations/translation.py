"""From phrases of our language, each with its place in another notation, to a program."""

from __future__ import annotations

import bisect
import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .. import tree
from ..errors import NetformError, Source, Span
from ..format.formatter import format_text
from ..format.layout import WIDE
from ..parser import items_of
from ..statements import assemble

LONGEST_TEXT = 10_000  # characters; a published network has some hundreds
ASSUMED = Span(0, 0)  # the place of what is not written in the text

_IMAGE = re.compile("(?:[0-9]+|[A-Z])(?:x(?:[0-9]+|[A-Z]))*")
_POOLING = re.compile("pool|avg")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of netform text, and its place in the other notation."""

    text: str
    span: Span
    begins: bool = False  # a line


@dataclass(frozen=True, slots=True)
class Translation:
    """A network in phrases, statements first, and what the notation leaves unsaid."""

    phrases: tuple[Phrase, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notation:
    """A way to write networks: an example, and its reader.

    The reader gets the text and the input that was given beside it, if any.
    """

    example: str
    translate: Callable[[Source, str | None], Translation]


@dataclass(frozen=True, slots=True)
class Reading:
    """A network read from another notation: its program, what had to be assumed, and both as
    the text of a ``.net`` file, which begins with the assumptions.
    """

    program: tree.Program
    assumptions: tuple[str, ...]
    text: str


def image_phrase(image: str) -> Phrase:
    """The input given as an option: 32x32x3; raises NetformError if it is not one."""
    given = Source(f"input {image}", "<input>")
    if not _IMAGE.fullmatch(image):
        raise NetformError(
            "an input is height, width and channels, with an x between them",
            Span(len("input "), len(given.text)),
            given,
            "write 32x32x3",
        )
    items_of(given)
    return Phrase(given.text, ASSUMED)


def nothing_said(source: Source, example: str) -> NetformError:
    """The error where a text has no layers."""
    return NetformError(
        "layers are needed, but there are none", Span(0, 1), source, f"write them as in {example}"
    )


def read_phrases(translation: Translation, source: Source) -> Reading:
    """The program of the phrases, its nodes with their places in ``source``, and its text."""
    phrases = translation.phrases
    text, starts = phrases[0].text, [0]
    for before, phrase in pairwise(phrases):
        text += _gap(before, phrase)
        starts.append(len(text))
        text += phrase.text

    def place(span: Span) -> Span:
        first = phrases[bisect.bisect_right(starts, span.start) - 1].span
        last = phrases[bisect.bisect_left(starts, max(span.end, span.start + 1)) - 1].span
        return Span(first.start, max(first.end, last.end))

    try:
        items = items_of(Source(text))
    except NetformError as error:  # for example a number that is too long
        span = None if error.span is None else place(error.span)
        raise NetformError(error.message, span, source, error.hint) from None
    program = assemble([_placed(item, place) for item in items], source)
    comments = "".join(f"# {assumption}\n" for assumption in translation.assumptions)
    return Reading(program, translation.assumptions, format_text(comments + text))


def _gap(before: Phrase, phrase: Phrase) -> str:
    if phrase.begins:
        return "\n"
    return WIDE if _POOLING.match(before.text) else " "


def _placed(node: Any, place: Callable[[Span], Span]) -> Any:
    """The node and all in it, moved."""
    if isinstance(node, Span):
        return place(node)
    if isinstance(node, tuple | list):
        return type(node)(_placed(part, place) for part in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type | Source):
        parts = {f.name: _placed(getattr(node, f.name), place) for f in dataclasses.fields(node)}
        return dataclasses.replace(node, **parts)
    return node
