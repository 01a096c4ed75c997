"""Text to the same text in canonical form: only the layout changes.

The pieces of the tree come in their order (``pieces``), with the line breaks and comments that
the author left between them (here), on lines that are not too long (``layout``).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

from ..errors import Source
from ..parser import items_of
from .layout import INDENT, WIDE, lines_of
from .pieces import Piece, pieces_of

_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_QUOTED_OR_COMMENT = re.compile(r'"[^"\n]*"|(#[^\n]*)')


def format_text(text: str, name: str = "<text>") -> str:
    """The text in canonical form; ``name`` is its name in messages.

    Neither the meaning nor the order changes, every comment stays, and formatting again changes
    nothing. Raises NetformError where the text is wrong in form.

    >>> print(format_text("input 8x8x1 conv( 2*w )k3 #two\\n fc10"), end="")
    input 8x8x1
    conv(2*w)k3  # two
    fc10
    """
    items = items_of(Source(text, name))
    pieces = pieces_of(items, text)
    result = "".join(f"{line}\n" for line in _lines(pieces, _gaps(pieces, text)))
    if items_of(Source(result, name)) != items or comments_of(result) != comments_of(text):
        raise AssertionError(f"formatting {name} would change its meaning")
    return result


@dataclasses.dataclass(frozen=True, slots=True)
class Formatted:
    """A source in canonical form, and whether it was not."""

    name: str
    text: str
    changed: bool


def formatted(source: Source) -> Formatted:
    """The source in canonical form."""
    text = format_text(source.text, source.name)
    return Formatted(source.name, text, text != source.text)


def comments_of(text: str) -> list[str]:
    """The comments of a text, each with a space behind its signs."""
    found = (match[1].rstrip() for match in _QUOTED_OR_COMMENT.finditer(text) if match[1])
    return [re.sub(r"^(#+)(?=[^#\s])", r"\1 ", comment) for comment in found]


@dataclasses.dataclass(frozen=True, slots=True)
class _Gap:
    """The text between two pieces, with the comments from inside the first."""

    behind: str  # the comment that ends the line before
    between: tuple[str, ...]  # comments on lines of their own; "" is a blank line
    broken: bool  # the line ends here
    wide: bool  # more space than one character


def _gaps(pieces: Sequence[Piece], text: str) -> list[_Gap]:
    """The gap before each piece, and the one behind the last."""
    gaps: list[_Gap] = []
    inside: list[str] = []
    end = 0
    for piece in pieces:
        start = _behind_space(text, end)
        space = text[end:start]
        if piece.bar:  # a bar goes to the line of its branch, and the comments before it
            end, start = start + 1, _behind_space(text, start + 1)
            space += text[end:start]
        gaps.append(_gap(inside, space if gaps else f"\n{space}"))
        inside, end = comments_of(text[start : piece.end]), piece.end
    space = text[end:] if pieces else f"\n{text}"
    return [*gaps, _gap(inside, f"{space}\n")]


def _behind_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    assert match is not None
    return match.end()


def _gap(inside: Sequence[str], space: str) -> _Gap:
    first, *own = space.split("\n")
    behind = [*inside, *comments_of(first)]
    between = [comment for line in own[:-1] for comment in comments_of(line) or [""]]
    return _Gap(
        behind=behind[0] if behind else "",
        between=(*behind[1:], *between),
        broken=bool(own),
        wide=len(space) > 1,
    )


def _lines(pieces: Sequence[Piece], gaps: Sequence[_Gap]) -> Iterator[str]:
    line: list[Piece] = []
    start = depth = 0  # brackets open where the line begins, and here
    for piece, gap in zip([*pieces, None], gaps, strict=True):
        if piece and line and not _breaks(piece, gap):
            wide = gap.wide and not (depth or piece.hangs)
            line.append(dataclasses.replace(piece, gap=WIDE) if wide else piece)
        else:
            if line:
                *before, last = lines_of(line, start)
                yield from before
                yield f"{last}  {gap.behind}" if gap.behind else last
            margin = " " * INDENT * (1 if piece and piece.hangs else depth)
            yield from (margin + own if own else "" for own in _own_lines(line, gap, piece))
            line, start = [piece] if piece else [], depth
        depth += piece.opens - piece.closes if piece else 0


def _breaks(piece: Piece, gap: _Gap) -> bool:
    """A line ends before this piece: always, after a comment, or where the author did."""
    commented = gap.behind or any(gap.between)
    return bool(piece.begins or commented or (gap.broken and not piece.hangs))


def _own_lines(line: Sequence[Piece], gap: _Gap, piece: Piece | None) -> Iterator[str]:
    """Comments and blank lines: one blank line in a row, and none inside a statement or at the
    ends of a bracket or text.
    """
    blank = False
    begun = bool(line) and not line[-1].opens
    for own in gap.between:
        if own:
            yield from [""] if blank and begun else []
            yield own
            begun = True
        blank = not own and not (piece and piece.hangs)
    if blank and begun and piece and not piece.closes:
        yield ""
