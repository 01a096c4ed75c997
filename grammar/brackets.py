"""Brackets and parentheses, matched before anything else is read: a lost one is found at once."""

from __future__ import annotations

import re

from .budget import DEEPEST_NESTING
from .errors import NetformError, Source, Span

# brackets, and what they are no brackets in: comments, quotes, and outside of all brackets the
# value of a setting
_INSIDE = re.compile(r'#[^\n]*|"[^"\n]*"|[\[\]()]')
_OUTSIDE = re.compile(r'\blet\s+\w+\s*=|\b\w+=[^\s"#]+|' + _INSIDE.pattern)
_CLOSING = {"[": "]", "(": ")"}
_NAMES = {"[": "a bracket", "(": "a parenthesis", "]": "a bracket", ")": "a parenthesis"}


def check_brackets(source: Source) -> None:
    """Raise NetformError where a bracket lacks its partner, or where they nest too deep."""
    opened: list[tuple[str, int]] = []

    def wrong(message: str, at: int, hint: str) -> NetformError:
        return NetformError(message, Span(at, at + 1), source, hint)

    match = _OUTSIDE.search(source.text)
    while match:
        bracket, at = match[0], match.start()
        if bracket in _CLOSING:
            opened.append((bracket, at))
            if len(opened) > DEEPEST_NESTING:
                raise wrong(
                    f"brackets nest at most {DEEPEST_NESTING} deep, but here they are deeper",
                    at,
                    "write inner parts as blocks: def Part() [ ... ]",
                )
        elif bracket in _NAMES:
            if not opened:
                raise wrong(
                    f"{_NAMES[bracket]} closes here that was never opened", at, "leave it out"
                )
            opening, begin = opened.pop()
            if _CLOSING[opening] != bracket:
                raise wrong(
                    f"{_NAMES[opening]} opens here and is not closed before a {bracket} comes",
                    begin,
                    f"close it with {_CLOSING[opening]}",
                )
        match = (_INSIDE if opened else _OUTSIDE).search(source.text, match.end())
    if opened:
        bracket, at = opened[-1]
        raise wrong(
            f"{_NAMES[bracket]} opens here and is never closed",
            at,
            "close it: conv(2*32)k3" if bracket == "(" else "close it: [conv64k3 relu]",
        )
