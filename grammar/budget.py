"""The budget of an answer: how large a text and its numbers may be, and how much work they may take.

Whatever a text is, it gets its answer or an error in about two seconds and 500 MB. Two kinds of
limits see to that. What a size alone makes large, such as layers or digits, has a greatest size. What
becomes large only together, such as many layers with many phases, is counted in steps: every answer,
be it a command or a call from Python, has one account, from which all its work is paid. The error
names the work that was too much, at the place that was reached.

This module has all limits, and knows nothing of what they limit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import ParamSpec, TypeVar

from .errors import NetformError, Source, Span
from .garbage import garbage_kept

MOST_CHARACTERS = 250_000
MOST_BYTES = 4 * MOST_CHARACTERS  # of a file
MOST_WORDS = 100_000
MOST_FILES = 100
DEEPEST_NESTING = 100
MOST_LAYERS = 100_000
MOST_SYMBOLS = 64  # that are left free
MOST_ROUNDINGS = 64
MOST_LOOPS = 4  # of a symbolic number of rounds, inside each other

LARGEST_NUMBER = 10**18
MOST_CHANNELS = 10**12
LONGEST_SIDE = 1_000_000  # pixels
MOST_PHASES = 4096  # of a receptive field
HIGHEST_POWER = 8  # of a letter in an expression
MOST_TERMS = 1000  # of an expression

MOST_STEPS = 1_500_000  # of an answer; a step takes about a microsecond


class Work(Enum):
    """What steps are spent on, in words, and what makes less of it."""

    WORDS = "its text is too long", "write what repeats once: [conv64k3]*8"
    LAYERS = "its layers are too many", "leave some out"
    NAMES = (
        "the names of its layers are too long",
        "nest fewer blocks in each other, or give them shorter names",
    )
    TERMS = (
        "the formulas have too many terms",
        "write numbers instead of expressions",
    )
    PHASES = (
        "the apertures (receptive fields) of too many pixels differ",
        "upsample by less, or in fewer branches",
    )
    CONDITIONS = (
        "the symbols have too many conditions",
        "write numbers of channels without w and other symbols",
    )
    CASES = (
        "the sizes at which it exists have too many cases",
        "use fewer roundings and strides, or give the size of the input a number",
    )
    DERIVATION = (
        "the derivation has too many layers",
        "derive one layer: netform explain FILE params conv1",
    )
    PROGRAM = ("the program has too many statements", "repeat a block: [conv64k3]*8")

    @property
    def words(self) -> str:
        """What was too much."""
        return str(self.value[0])

    @property
    def hint(self) -> str:
        """What to write instead."""
        return str(self.value[1])


@dataclass(slots=True)
class Account:
    """The steps of one answer, and the place in the text that it has reached."""

    spent: int = 0
    source: Source | None = None
    span: Span | None = None

    def spend(self, steps: int, work: Work) -> None:
        """Count steps; raises NetformError, at the place reached, where the budget is spent."""
        self.spent += steps
        if self.spent > MOST_STEPS:
            raise NetformError(
                f"this network is too much work for one answer: {work.words}",
                self.span,
                self.source,
                work.hint,
            )


_ACCOUNT: ContextVar[Account | None] = ContextVar("account", default=None)


def spend(steps: int, work: Work) -> None:
    """Count steps of the current answer; outside of all answers nothing is counted."""
    account = _ACCOUNT.get()
    if account is not None:
        account.spend(steps, work)


def arrive_at(source: Source, span: Span) -> None:
    """Note the place in the text that an answer has reached."""
    account = _ACCOUNT.get()
    if account is not None:
        account.source, account.span = source, span


@contextmanager
def one_answer() -> Iterator[Account]:
    """What happens inside is one answer, or a part of the one that it is inside of.

    Inside, Python does not search for circular garbage, of which a bounded answer has little.
    """
    account = _ACCOUNT.get()
    if account is not None:
        yield account
        return
    account = Account()
    token = _ACCOUNT.set(account)
    try:
        with garbage_kept():
            yield account
    finally:
        _ACCOUNT.reset(token)


P = ParamSpec("P")
T = TypeVar("T")


def answers(function: Callable[P, T]) -> Callable[P, T]:
    """Make every call of a function one answer."""

    @functools.wraps(function)
    def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        with one_answer():
            return function(*args, **kwargs)

    return answer
