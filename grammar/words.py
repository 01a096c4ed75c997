"""Numbers and post chains, read from the words of an atom."""

from __future__ import annotations

import re
from fractions import Fraction

from . import tree
from .errors import Span, quoted

LONGEST_NUMBER = 15  # digits
_POST_OP = re.compile(r"([a-z]+)([0-9]+(?:\.[0-9]+)?)?")


class AtomError(Exception):
    """An error while building, before the source is known."""

    def __init__(self, message: str, span: Span, hint: str) -> None:
        self.message, self.span, self.hint = message, span, hint


def read_number(token: str, span: Span) -> tree.Number:
    """A number as written, exactly."""
    if len(token) > LONGEST_NUMBER:
        raise AtomError(
            f"a number has at most {LONGEST_NUMBER} digits, but this one has {len(token):,}",
            span,
            "write a smaller number",
        )
    return tree.Number(Fraction(int(token) if token.isdecimal() else token), span)


def post_chain(text: str, start: int) -> tree.PostChain:
    """Read what follows a colon or ``conv=``: ``bn.relu``, or ``-`` for nothing."""
    if text == "-":
        return ()
    chain = []
    for word in re.split(r"\.(?![0-9])", text):
        match = _POST_OP.fullmatch(word)
        span = Span(start, start + max(1, len(word)))
        if match is None:
            raise AtomError(
                f"a post chain is layers joined by dots, but {quoted(word)!r} is no layer"
                if word
                else "a post chain is layers joined by dots, but a layer is missing here",
                span,
                "write :bn.relu, or :- for no post chain",
            )
        value = read_number(match[2], span) if match[2] else None
        chain.append(tree.PostOp(match[1], value, span))
        start += len(word) + 1
    return tuple(chain)
