"""Pieces to lines: none too long, brackets indented, branches under each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from .pieces import Piece

WIDTH = 88
INDENT = 4
WIDE = "   "  # between the stages of a network on one line

Line = Sequence[Piece]
_Part = TypeVar("_Part")


def lines_of(line: Line, depth: int) -> Iterator[str]:
    """The line as text inside ``depth`` brackets, broken if it is too long."""
    for part in _broken(line, depth):
        yield " " * _indent(part, depth) + _joined(part)
        depth = depth_after(part, depth)


def depth_after(line: Line, depth: int) -> int:
    """How many brackets are open behind a line."""
    return depth + sum(piece.opens - piece.closes for piece in line)


def _broken(line: Line, depth: int) -> list[Line]:
    """Breaks between the stages where the line has several, else between branches, else where
    it must; a bracket that is too long for one line has its ends on their own lines.
    """
    if _fits(line, depth):
        return [line]
    stages = _cut(line, [i for i, piece in enumerate(line) if piece.gap == WIDE])
    units = _units(line)
    branches = _cut(units, [i for i, unit in enumerate(units) if unit[0].bar])
    if len(stages) == 1 and len(branches) == 1:
        return _filled(units, depth)
    lines: list[Line] = []
    for part in stages if len(stages) > 1 else map(_flat, branches):
        lines += _broken(part, depth)
        depth = depth_after(part, depth)
    return lines


def _filled(units: Sequence[Line], depth: int) -> list[Line]:
    """As many units on each line as there is room for."""
    lines: list[Line] = []
    line: Line = []
    start = depth
    for unit in units:
        if line and _fits([*line, *unit], start):
            line = [*line, *unit]
        else:
            lines += [line] if line else []
            *done, line = [unit] if _fits(unit, depth) else _exploded(unit, depth)
            lines += done
            start = depth_after(_flat(done), depth)
        depth = depth_after(unit, depth)
    return [*lines, line]


def _exploded(unit: Line, depth: int) -> list[Line]:
    """A bracket opened into lines: its ends, and what it holds."""
    lines: list[Line] = []
    inner: list[Piece] = []
    level, outside = depth, depth - unit[0].closes
    for piece in unit:
        if level - piece.closes > outside:
            inner.append(piece)
        else:
            lines += _broken(inner, level) if inner else []
            lines.append([piece])
            inner = []
        level += piece.opens - piece.closes
    return lines


def _units(line: Line) -> list[Line]:
    """The pieces of a line, those of a whole bracket together."""
    units: list[Line] = []
    begin = 0
    while begin < len(line):
        end, level = begin + 1, line[begin].opens
        while level > 0 and end < len(line):
            level += line[end].opens - line[end].closes
            end += 1
        if level > 0:  # closed on another line
            end = begin + 1
        units.append(line[begin:end])
        begin = end
    return units


def _cut(parts: Sequence[_Part], places: Sequence[int]) -> list[Sequence[_Part]]:
    ends = [0, *(place for place in places if place), len(parts)]
    return [parts[begin:end] for begin, end in pairwise(ends)]


def _flat(lines: Sequence[Line]) -> Line:
    return [piece for line in lines for piece in line]


def _fits(line: Line, depth: int) -> bool:
    return _indent(line, depth) + len(_joined(line)) <= WIDTH


def _joined(line: Line) -> str:
    return line[0].text + "".join(piece.gap + piece.text for piece in line[1:])


def _indent(line: Line, depth: int) -> int:
    """Closing brackets are indented like what they close; a bar comes before its branch."""
    if line[0].hangs:
        return INDENT
    for piece in line:
        depth -= piece.closes
        if piece.opens or not piece.closes:
            break
    return INDENT * depth - (2 if line[0].bar else 0)
