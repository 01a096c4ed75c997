"""The one error that a user sees: where it is, what is wrong, what to write instead."""

from __future__ import annotations

import bisect
import difflib
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LINE_SHOWN = 100  # characters of a source line that an error shows at most


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source text: ``start`` up to, not including, ``end`` (offsets from 0)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text and its name in messages: the path of a file, or ``<text>``."""

    text: str
    name: str = "<text>"

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {len(self.text):,} characters)"

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        starts = _line_starts(self.text)
        line = bisect.bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """A line of the text, by its number from 1."""
        return self.text.split("\n", number)[number - 1].rstrip("\r")


@functools.lru_cache(maxsize=1)
def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


@dataclass(frozen=True, slots=True)
class Mark:
    """Another place that an error shows, and ``str(label)``, which describes it."""

    source: Source
    span: Span
    label: object


class NetformError(Exception):
    """Wrong input, described in the user's terms; ``str(error)`` is the whole text shown.

    ``message`` is what is needed, then what was found; ``hint`` is what to write instead.
    ``line`` and ``column`` count from 1 and are None where there is no text to point at
    (for example, a missing file). ``marks`` are the places shown where the error has several.

    >>> import netform
    >>> netform.parse("input 8x8x1 cnv64k3")
    Traceback (most recent call last):
        ...
    netform.grammar.errors.NetformError: <text>:1:13: no layer is called cnv
    <BLANKLINE>
        1 | input 8x8x1 cnv64k3
                        ^^^^^^^
        hint: did you mean conv64k3?
    """

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        source: Source | None = None,
        hint: str = "",
        marks: Sequence[Mark] = (),
    ) -> None:
        super().__init__(message)
        self.message, self.span, self.source, self.hint = message, span, source, hint
        self.marks = tuple(marks)
        self.line: int | None = None
        self.column: int | None = None
        if span is not None and source is not None:
            self.line, self.column = source.position(span.start)

    def __str__(self) -> str:
        place = printable(self.source.name) + ":" if self.source else ""
        text = printable(self.message)
        hint = f"hint: {printable(self.hint)}" if self.hint else ""
        if self.source is None or self.span is None:
            return f"{place} {text}".strip() + (f"\n    {hint}" if hint else "")
        marks = self.marks or (Mark(self.source, self.span, ""),)
        excerpts = "\n".join(self._shown(mark) for mark in marks)
        shown = f"{place}{self.line}:{self.column}: {text}\n\n{excerpts}"
        return shown + (f"\n    {hint}" if hint else "")

    def _shown(self, mark: Mark) -> str:
        """The line of a mark, under the name of its file where that is another."""
        other = (
            f"    {printable(mark.source.name)}:\n" if mark.source.name != self.source_name else ""
        )
        label = f" {printable(str(mark.label))}" if mark.label else ""
        return other + _excerpt(mark.source, mark.span) + label

    @property
    def source_name(self) -> str:
        """The name of the file with the error."""
        return self.source.name if self.source else ""


def printable(text: str) -> str:
    """The text with everything that could move a terminal's cursor written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them where none is near."""
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(choices)}"


def quoted(word: str) -> str:
    """A piece of the user's text inside a message, cut where it is long."""
    return word if len(word) <= 40 else word[:37] + "..."


def _excerpt(source: Source, span: Span) -> str:
    """The source line with carets under the span; a long line is cut around it."""
    line, column = source.position(span.start)
    text = source.line(line)
    begin = column - 1
    width = max(1, min(span.end - span.start, len(text) - begin))
    if len(text) > _LINE_SHOWN:
        left = max(0, min(begin - _LINE_SHOWN // 3, len(text) - _LINE_SHOWN))
        text, begin = text[left : left + _LINE_SHOWN], begin - left
        width = max(1, min(width, len(text) - begin))
    before, marked, after = (
        _one_column_each(part)
        for part in (text[:begin], text[begin : begin + width], text[begin + width :])
    )
    from rich.cells import cell_len  # some characters take two columns, some none

    margin = f"    {line} | "
    carets = " " * (len(margin) + cell_len(before)) + "^" * max(1, cell_len(marked))
    return f"{margin}{before}{marked}{after}".rstrip() + f"\n{carets}"


def _one_column_each(text: str) -> str:
    return printable(text.replace("\t", " "))
