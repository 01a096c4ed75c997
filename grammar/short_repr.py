"""How objects show themselves: in one short line, at once, however much they hold.

Python's own ``repr`` of a dataclass writes out all that it holds, and what that holds. A layer
holds the layers before it, so its ``repr`` would have the whole network in it, often many times.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Set
from typing import Any, TypeVar

from .errors import printable

LONGEST = 240  # characters of an object
_LONGEST_PART = 80  # characters of a field
_MOST_PARTS = 3  # of a list
_DEEPEST = 2  # objects inside of objects

T = TypeVar("T")


class ShortRepr:
    """A base of dataclasses, which show their fields, cut where they are long or nest deep.

    A subclass may have a ``__repr__`` of its own, which its subclasses then keep.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__repr__ = cls.__repr__  # type: ignore[method-assign]  # else dataclass writes one

    def __repr__(self) -> str:
        return shown(self)


class LongTuple(tuple[T, ...]):
    """A tuple that shows how long it is, and its first and last members.

    >>> LongTuple(range(1000))
    (0; 1; ... 997 more ...; 999)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        if len(self) <= _MOST_PARTS + 1:
            return super().__repr__()
        first = "; ".join(repr(member) for member in itertools.islice(self, _MOST_PARTS - 1))
        return f"({first}; ... {len(self) - _MOST_PARTS:,} more ...; {self[-1]!r})"


def cut(text: str, longest: int = _LONGEST_PART) -> str:
    """A text on one line, without its end where it is long."""
    line = printable(" ".join(text[: 2 * longest].split()))
    return line if len(line) <= longest and len(text) <= 2 * longest else f"{line[:longest]}..."


def shown(value: Any) -> str:
    """A dataclass or a named tuple in one short line."""
    return cut(_shown(value, _DEEPEST), LONGEST)


def _shown(value: Any, depth: int) -> str:
    """A value in some characters, with what it holds to a depth."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST_PART else f"{value[:_LONGEST_PART]}...")
    if isinstance(value, ShortRepr) and type(value).__repr__ is ShortRepr.__repr__:
        return _shown_fields(value, depth)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return _shown_fields(value, depth)
    if isinstance(value, Mapping):
        pairs = itertools.islice(value.items(), _MOST_PARTS)
        shown = (f"{_shown(key, depth - 1)}: {_shown(part, depth - 1)}" for key, part in pairs)
        return "{" + _joined(shown, len(value)) + "}"
    if isinstance(value, list | tuple | Set):
        first = itertools.islice(value, _MOST_PARTS)
        inside = "..." if depth < 0 else _joined((_shown(p, depth) for p in first), len(value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return cut(repr(value))


def _shown_fields(value: Any, depth: int) -> str:
    name = type(value).__name__
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value) if field.repr]
    else:
        fields = list(getattr(value, "_fields", ()))
    if depth < 0 or not fields:
        return f"{name}(...)"
    parts = (f"{field}={_shown(getattr(value, field), depth - 1)}" for field in fields)
    return f"{name}({', '.join(parts)})"


def _joined(parts: Iterable[str], count: int) -> str:
    more = [f"... {count - _MOST_PARTS:,} more"] if count > _MOST_PARTS else []
    return ", ".join([*parts, *more])
