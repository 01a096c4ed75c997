"""Claims such as ``params <= 500k``: a quantity, a relation, and a budget in people's units.

A budget is an exact number of the quantity's own unit: values, multiply-adds, operations or
bytes. ``k``, ``M``, ``G``, ``T`` are powers of 1000 and ``Ki``, ``Mi``, ``Gi``, ``Ti`` of 1024,
which only bytes are counted in; of parameters ``B`` is a billion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ...grammar.errors import NetformError, Source, Span, did_you_mean, quoted
from ..costs.in_symbols import SHORT_NAMES
from ..costs.quantities import QUANTITIES, Quantity

LONGEST_CLAIM = 200  # characters
RELATIONS = {"<=": "<=", "≤": "<=", "<": "<", ">=": ">=", "≥": ">=", ">": ">"}

_THOUSANDS = {"": 0, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_IN_WORDS = {"thousand": 1, "million": 2, "billion": 3, "B": 3}  # of what is counted
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5}
_WORDS = {
    "values": ("values", "value", "params", "param", "parameters", "weights", "biases"),
    "multiply-adds": ("MACs", "MAC", "MAdds", "MAdd", "multiply-adds"),
    "operations": ("FLOPs", "FLOP", "operations", "ops"),
    "bytes": ("B", "bytes", "byte"),
}
_UNIT_OF = {word.lower(): unit for unit, words in _WORDS.items() for word in words}
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


@dataclass(frozen=True, slots=True)
class Claim:
    """That a quantity stands in a relation (``<=``, ``<``, ``>=`` or ``>``) to a budget."""

    quantity: Quantity
    relation: str
    budget: Fraction

    @property
    def is_upper(self) -> bool:
        """Whether the budget is a most, so that the largest value is asked for."""
        return self.relation in ("<=", "<")


def read_claim(text: str) -> Claim:
    """The claim that a text makes; raises NetformError, at the word, where it makes none.

    >>> claim = read_claim("params <= 500k")
    >>> claim.quantity.name, claim.relation, claim.budget
    ('params', '<=', Fraction(500000, 1))
    """
    source = _source(text, "claim")
    compared = list(re.finditer(r"[<>=!≤≥]+", text))
    if not compared:
        raise NetformError(
            "a claim is a quantity, a relation and a budget, but here is no relation",
            Span(0, len(text)),
            source,
            "write params <= 500k, say",
        )
    between = compared[0]
    if len(compared) > 1:
        raise NetformError(
            "a claim compares once",
            Span(*compared[1].span()),
            source,
            "write one claim for each budget",
        )
    if between[0] not in RELATIONS:
        raise NetformError(
            f"{quoted(between[0])} is no relation of a claim",
            Span(*between.span()),
            source,
            "write <= for the largest value inside a budget, >= for the smallest that reaches it",
        )
    quantity = _quantity(text, between, source)
    budget = _budget(source, between.end(), quantity)
    return Claim(quantity, RELATIONS[between[0]], budget)


def read_bytes(text: str, name: str = "memory") -> Fraction:
    """A number of bytes, ``11 GiB`` or ``11GB``; ``name`` is where it stands, for the error.

    >>> read_bytes("11 GiB")
    Fraction(11811160064, 1)
    """
    return _budget(_source(text, name), 0, QUANTITIES["memory_training"])


def _source(text: str, name: str) -> Source:
    if len(text) > LONGEST_CLAIM:
        raise NetformError(
            f"a {name} has at most {LONGEST_CLAIM} characters, but this one has {len(text):,}",
            hint="write params <= 500k, say",
        )
    return Source(" ".join(text.split("\n")), name)


def _quantity(text: str, between: re.Match[str], source: Source) -> Quantity:
    word = text[: between.start()].strip()
    name = SHORT_NAMES.get(word, word)
    if name in QUANTITIES:
        return QUANTITIES[name]
    start = len(text) - len(text.lstrip())
    other = text[between.end() :].strip()
    if SHORT_NAMES.get(other, other) in QUANTITIES:
        turned = between[0].translate(str.maketrans("<>≤≥", "><≥≤"))
        hint = f"write the quantity first: {other} {turned} {quoted(word)}".rstrip()
    else:
        hint = did_you_mean(word, [*QUANTITIES, *SHORT_NAMES])
    raise NetformError(
        f"no quantity is called {quoted(word)}" if word else "a claim starts with a quantity",
        Span(start, start + len(word)) if word else Span(*between.span()),
        source,
        hint,
    )


def _budget(source: Source, start: int, quantity: Quantity) -> Fraction:
    """The number that stands in a text from ``start`` on, in the quantity's own unit."""
    text = source.text
    end = len(text.rstrip())
    start += len(text[start:]) - len(text[start:].lstrip())
    examples = _EXAMPLES.get(quantity.unit, "500,000")
    match = _NUMBER.match(text, start)
    if match is None:
        met = text[start:end]
        raise NetformError(
            f"a budget is a number, not {quoted(met)}" if met else "a budget is missing",
            Span(min(start, end), max(end, start)),
            source,
            f"write {examples}",
        )
    digits = (match["grouped"] or match["plain"]).replace(",", "")
    number = Fraction(digits + (match["decimals"] or "") + (match["power"] or ""))
    rest = text[match.end() : end].strip()
    place = Span(end - len(rest), end)
    if re.match("[,._0-9]|[eE][+-]?[0-9]", rest):
        raise NetformError(
            f"{quoted(text[start:end])} is no number of at most 30 digits",
            Span(start, end),
            source,
            "write 500000, 500,000 (a comma before every three digits), 1.5M or 2e9",
        )
    factor = _factor(rest, quantity.unit)
    if factor is None:
        message, hint = _refusal(rest, text[start : match.end()], quantity)
        raise NetformError(message, place, source, hint)
    return number * factor


def _factor(written: str, unit: str) -> Fraction | None:
    """What a prefix and a unit multiply by; None where they do not fit the quantity's unit."""
    prefixes = {prefix: 1000**power for prefix, power in _THOUSANDS.items()}
    if unit == "bytes":
        prefixes |= {prefix: 1024**power for prefix, power in _BINARY.items()}
        if written in ("gb", "mb", "kb", "tb", "gib", "mib", "kib", "tib"):
            written = written[0].upper() + written[1:-1] + "B"
        if not written:
            return Fraction(1)
    else:
        prefixes |= {word: 1000**power for word, power in _IN_WORDS.items()}
        if written in prefixes:
            return Fraction(prefixes[written])
    for prefix, factor in prefixes.items():
        word = written[len(prefix) :].strip()
        if unit == "bytes" and word == "b" and prefix:  # bits
            continue
        if written.startswith(prefix) and _UNIT_OF.get(word.lower()) == unit:
            return Fraction(factor)
    return None


def _refusal(written: str, number: str, quantity: Quantity) -> tuple[str, str]:
    """Why a prefix and a unit do not fit a quantity, and what to write instead."""
    name, unit = quantity.name, quantity.unit
    shown = f"{quoted(number)} {quoted(written)}"
    if unit == "bytes" and written in _THOUSANDS:
        letter = written.upper()
        power = _THOUSANDS[written]
        return (
            f"{shown} of memory could be {letter}B or {letter}iB",
            f"write {number} {letter}iB ({1024**power:,} bytes each) or {number} {letter}B "
            f"({1000**power:,})",
        )
    if unit == "bytes" and re.fullmatch("[kKMGTP]i?b", written):
        letter = written[0].upper()
        return f"{quoted(written)} are bits", f"write {number} {letter}iB or {number} {letter}B"
    other = next((u for u in _WORDS if u != unit and _factor(written, u) and written), None)
    prefix = next((p for p in "kKMGTP" if written.startswith(p)), "")
    if other == "operations" and unit == "multiply-adds":
        twice = quantity.name == "macs"
        half = _half(number)
        instead = f"write flops <= {number} {written} or macs <= {half} {prefix}MACs"
        return (
            f"{name} are multiply-adds, and a FLOP is half of one",
            instead if twice else f"write {name} <= {half} {prefix}MACs",
        )
    if other == "multiply-adds" and unit == "operations":
        return (
            "flops are operations, and a multiply-add is two of them",
            f"write macs <= {number} {written}, or twice as many FLOPs",
        )
    if other is not None:
        return (
            f"{name} {verb(name)} counted in {unit}, not in {other}",
            f"write {_EXAMPLES.get(unit, number)}",
        )
    if unit != "bytes" and any(written.startswith(prefix) for prefix in _BINARY):
        return "binary prefixes are for bytes", f"write {_EXAMPLES.get(unit, number)}"
    if written[:1] == "m":
        return f"{quoted(written)} is no unit of {name}", f"write {number}M for millions"
    return (
        f"{quoted(written)} is no unit of {name}",
        f"write {_EXAMPLES.get(unit, number)}",
    )


def verb(name: str) -> str:
    """Whether a quantity is or are."""
    return "is" if name.startswith("memory") else "are"


def _half(number: str) -> str:
    """Half a number as written, as a decimal again."""
    digits = Fraction(number.replace(",", "")) / 2
    scale = 10 ** (len(number.partition(".")[2]) + 1)
    tenths = f"{digits * scale // 1}".zfill(len(str(scale)))
    places = len(str(scale)) - 1
    return f"{tenths[:-places]}.{tenths[-places:]}".rstrip("0").rstrip(".")
