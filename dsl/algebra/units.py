"""Numbers with units, read exactly and written for people: ``1.5M``, ``569 MMACs``, ``11 GiB``.

A unit is one of values, multiply-adds, operations and bytes. ``k``, ``M``, ``G``, ``T`` are powers
of 1000 and ``Ki``, ``Mi``, ``Gi``, ``Ti`` of 1024, which only bytes are counted in; of parameters
``B`` is a billion.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ...grammar.errors import NetformError, Source, Span, quoted

LONGEST_TEXT = 200  # characters

_THOUSANDS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_SPELLED_OUT = {"thousand": 1, "million": 2, "billion": 3, "B": 3}  # not of bytes
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5}
_SPELLINGS = {
    "values": ("values", "value", "params", "param", "parameters", "weights", "biases"),
    "multiply-adds": ("MACs", "MAC", "MAdds", "MAdd", "multiply-adds"),
    "operations": ("FLOPs", "FLOP", "operations", "ops"),
    "bytes": ("B", "bytes", "byte"),
}
_UNIT_OF = {spelling.lower(): unit for unit, found in _SPELLINGS.items() for spelling in found}
_LOWER_CASE_BYTES = {f"{prefix}{end}" for prefix in "kmgt" for end in ("b", "ib")}
_EXAMPLES = {
    "values": "500k, 1.5M or 500,000",
    "multiply-adds": "569 MMACs or 1.5G",
    "operations": "2 GFLOPs or 1.5G",
    "bytes": "11 GiB, 11 GB or 512 MiB",
}
_NUMBER = re.compile(
    r"(?:(?P<grouped>[0-9]{1,3}(?:,[0-9]{3}){1,9})(?![0-9])|(?P<plain>[0-9]{1,30}))"
    r"(?P<decimals>\.[0-9]{1,30})?(?P<power>[eE][+-]?[0-9]{1,2}(?![0-9]))?"
)


def read_bytes(text: str, name: str = "memory") -> Fraction:
    """A number of bytes, ``11 GiB`` or ``11GB``; ``name`` is the name of the text in errors.

    >>> read_bytes("11 GiB")
    Fraction(11811160064, 1)
    """
    return read_number(short_source(text, name), 0, "memory_training", "bytes")


def short_source(text: str, name: str) -> Source:
    """A text in one line; raises NetformError where it is too long to be meant."""
    if len(text) > LONGEST_TEXT:
        raise NetformError(
            f"a {name} has at most {LONGEST_TEXT} characters, but this one has {len(text):,}",
            hint="write for example params <= 500k",
        )
    return Source(" ".join(text.split("\n")), name)


def read_number(source: Source, start: int, quantity: str, unit: str) -> Fraction:
    """The number of a quantity, in its unit, that a text has from ``start`` on.

    Raises NetformError, at the word, where it is no number or has another unit.
    """
    text = source.text
    end = len(text.rstrip())
    start += len(text[start:]) - len(text[start:].lstrip())
    match = _NUMBER.match(text, start)
    if match is None:
        met = text[start:end]
        raise NetformError(
            f"a budget is a number, not {quoted(met)}" if met else "a budget is missing",
            Span(min(start, end), max(end, start)),
            source,
            _example(unit),
        )
    digits = (match["grouped"] or match["plain"]).replace(",", "")
    number = Fraction(digits + (match["decimals"] or "") + (match["power"] or ""))
    written = text[match.end() : end].strip()
    if re.match("[,._0-9]|[eE][+-]?[0-9]", written):
        raise NetformError(
            f"{quoted(text[start:end])} is not a number of at most 30 digits",
            Span(start, end),
            source,
            "write 500000, 500,000 (a comma before every three digits), 1.5M or 2e9",
        )
    factor = _factor(written, unit)
    if factor is None:
        message, hint = _refusal(written, text[start : match.end()], quantity, unit)
        where = end - len(written) if written else start
        raise NetformError(message, Span(where, end), source, hint)
    return number * factor


def _factor(written: str, unit: str) -> Fraction | None:
    """What a prefix and a unit multiply by; None where they are not those of the unit."""
    prefixes = {prefix: 1000**power for prefix, power in _THOUSANDS.items()}
    if unit == "bytes":
        prefixes |= {prefix: 1024**power for prefix, power in _BINARY.items()}
        if written in _LOWER_CASE_BYTES:
            written = written[0].upper() + written[1:-1] + "B"
    else:
        prefixes |= {word: 1000**power for word, power in _SPELLED_OUT.items()}
        if written in prefixes:
            return Fraction(prefixes[written])
    for prefix, factor in prefixes.items():
        word = written[len(prefix) :].strip()
        is_bits = unit == "bytes" and word == "b" and prefix != ""
        if written.startswith(prefix) and _UNIT_OF.get(word.lower()) == unit and not is_bits:
            return Fraction(factor)
    return None


def _refusal(written: str, number: str, quantity: str, unit: str) -> tuple[str, str]:
    """Why a prefix and a unit are not those of a quantity, and what to write instead."""
    if unit == "bytes" and not written:
        return (
            f"{_subject(quantity)} is counted in bytes, but {quoted(number)} has no unit",
            f"write {quoted(number)} GiB, {quoted(number)} MiB or {quoted(number)} B (bytes)",
        )
    if unit == "bytes" and written in _THOUSANDS:
        letter, power = written.upper(), _THOUSANDS[written]
        return (
            f"{quoted(number)} {quoted(written)} of {_subject(quantity)} could be "
            f"{letter}B or {letter}iB",
            f"write {number} {letter}iB ({1024**power:,} bytes each) or {number} {letter}B "
            f"({1000**power:,})",
        )
    if unit == "bytes" and re.fullmatch("[kKMGTP]i?b", written):
        letter = written[0].upper()
        return f"{quoted(written)} are bits", f"write {number} {letter}iB or {number} {letter}B"
    other = next((u for u in _SPELLINGS if u != unit and _factor(written, u)), None)
    if other is not None:
        return _other_unit(written, number, quantity, unit, other)
    if unit != "bytes" and any(written.startswith(prefix) for prefix in _BINARY):
        return "binary prefixes are for bytes", _example(unit)
    message = f"{quoted(written)} is not a unit of {quantity}"
    if written.startswith("m"):
        return message, f"write {number}M for millions"
    return message, _example(unit)


def _subject(quantity: str) -> str:
    """What bytes are counted of: memory or traffic."""
    return quantity.partition("_")[0]


def _other_unit(written: str, number: str, quantity: str, unit: str, other: str) -> tuple[str, str]:
    """What to write where a number has the unit of another quantity."""
    if (other, unit) == ("operations", "multiply-adds"):
        prefix = next((p for p in _THOUSANDS if p and written.startswith(p)), "")
        in_macs = f"{quantity} <= {_half(number)} {prefix}MACs"
        in_flops = f"flops <= {number} {written} or " if quantity == "macs" else ""
        message = f"{quantity} are multiply-adds, and a FLOP is half of one"
        return message, f"write {in_flops}{in_macs}"
    if (other, unit) == ("multiply-adds", "operations"):
        return (
            "flops are operations, and a multiply-add is two of them",
            f"write macs <= {number} {written}, or twice as many FLOPs",
        )
    return (
        f"{quantity} {verb(unit)} counted in {unit}, not in {other}",
        _example(unit),
    )


def _example(unit: str) -> str:
    return f"write {_EXAMPLES.get(unit, '500,000')}"


def verb(unit: str) -> str:
    """Whether a quantity of a unit is or are: memory is, parameters are."""
    return "is" if unit == "bytes" else "are"


def _half(number: str) -> str:
    """Half a number as written, as a decimal again."""
    digits = Fraction(number.replace(",", "")) / 2
    scale = 10 ** (len(number.partition(".")[2]) + 1)
    tenths = f"{digits * scale // 1}".zfill(len(str(scale)))
    places = len(str(scale)) - 1
    return f"{tenths[:-places]}.{tenths[-places:]}".rstrip("0").rstrip(".")


def bytes_in_words(count: int) -> str:
    """Bytes, and the same in the unit that a card's memory is given in.

    >>> bytes_in_words(5 * 2**30)
    '5,368,709,120 bytes (5.00 GiB)'
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count:,} bytes ({count / size:.2f} {unit})"
    return f"{count:,} bytes"


def plain_number(value: Fraction) -> int | Fraction:
    """An exact number: an int where it is whole."""
    return value.numerator if value.denominator == 1 else value


def json_number(value: int | Fraction) -> int | str:
    """A number in JSON: a whole one as an integer, another as ``p/q``."""
    return value.numerator if value.denominator == 1 else str(value)
