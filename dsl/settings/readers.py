"""How the text of a setting becomes a value: numbers, words, paths, devices, sizes in bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ...grammar.errors import NetformError, did_you_mean
from ..algebra.units import read_bytes
from .augmentations import AUGMENTATIONS
from .values import value_of

LARGEST_COUNT = 10**6

Reader = Callable[[str], Any]


class SettingError(Exception):
    """A value that a setting cannot take: what is needed, and a hint where a word is near."""

    def __init__(self, needed: str, hint: str = "") -> None:
        super().__init__(needed)
        self.needed, self.hint = needed, hint


def _number(form: str, needed: str, accepts: Callable[[Any], bool]) -> Reader:
    """Reads a number of a form, in a range."""

    def read(text: str) -> Any:
        number = value_of(form, text)
        if number is None or not accepts(number):
            raise SettingError(needed)
        return number

    return read


count = _number(
    "count",
    f"a whole number from 1 to {LARGEST_COUNT:,}",
    lambda number: 1 <= number <= LARGEST_COUNT,
)
positive = _number("number", "a number above 0 and at most 1000", lambda number: 0 < number <= 1000)
share = _number("number", "a number between 0 and 1", lambda number: 0 < number < 1)
validation_share = _number(
    "number", "a number above 0 and at most 0.99", lambda number: 0 < number <= Fraction(99, 100)
)


def choice(meanings: Mapping[str, Any]) -> Reader:
    """Reads one word, and takes it for what it means."""
    words = tuple(meanings)
    needed = " or ".join(words) if len(words) == 2 else f"one of {', '.join(words)}"

    def read(text: str) -> Any:
        if text not in meanings:
            raise SettingError(needed, did_you_mean(text, words))
        return meanings[text]

    return read


def one_of(words: Sequence[str]) -> Reader:
    """Reads one word, which means itself."""
    return choice({word: word for word in words})


def some_of(words: Sequence[str]) -> Reader:
    """Reads one or more words, joined by commas."""

    def read(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        for word in found:
            if word not in words:
                raise SettingError(f"some of {', '.join(words)}", did_you_mean(word, words))
        return tuple(dict.fromkeys(found))

    return read


switch = choice({"on": True, "off": False})


def path_to(source: str) -> Reader:
    """Reads a path to images of the user; gives the fields ``source`` and ``path``."""

    def read(text: str) -> dict[str, str]:
        if not text or not text.isprintable() or '"' in text:
            raise SettingError("a path of printable characters without quotes")
        return {"source": source, "path": text}

    return read


def device(text: str) -> str:
    """Reads ``cpu``, or ``gpu`` with or without the number of a card."""
    found: str | None = value_of("device", text)
    if found is None:
        raise SettingError("cpu, gpu or a card's number, as in gpu:1")
    return found


def memory(text: str) -> int:
    """Reads a number of bytes, such as ``4GiB``."""
    try:
        found = read_bytes(text)
    except NetformError:
        found = Fraction(0)
    if not 2**20 <= found <= 2**50:
        raise SettingError("a number of bytes from 1MiB to 1024TiB")
    return int(found)


def augmentations(text: str) -> dict[str, Any]:
    """Reads words such as ``flip,crop4``; gives a field for every word."""
    found = value_of("augmentations", text) or ()
    if not found or not all(_is_augmentation(word, amount) for word, amount in found):
        *others, last = (row.name + row.amount for row in AUGMENTATIONS.values())
        raise SettingError(f"some of {', '.join(others)} and {last}, joined by commas")
    return {word: AUGMENTATIONS[word].value(amount) for word, amount in found}


def _is_augmentation(word: str, amount: Fraction | None) -> bool:
    return word in AUGMENTATIONS and AUGMENTATIONS[word].takes(amount)
