"""Cards, found by name: the memory they are sold with, and how fast they are.

The memory is nominal: a card's driver, its error correction and a framework take some of it.
"""

from __future__ import annotations

import csv
import difflib
import functools
import re
from dataclasses import dataclass
from pathlib import Path

from ...grammar.errors import NetformError, quoted
from .speeds import Speed, speeds

MIB = 2**20
_SHOWN = 4  # names that an error suggests at most
_LONGEST_NAME = 100  # characters
_MAKERS = re.compile("^(nvidia|amd|intel|geforce|tesla|radeon|instinct)+")
_BUILDS = re.compile(r"\b(sxm[0-9]?|pcie|hbm[0-9]?e?)\b")  # as drivers name them
_LINES = re.compile("^(gtx|rtx|rx|arc)(?=[0-9a-z])")


@dataclass(frozen=True, slots=True)
class Device:
    """A card: ``memory`` is nominal, in bytes; ``slow`` is the part of it that is too slow to use."""

    name: str
    aliases: tuple[str, ...]
    memory: int
    slow: int
    year: int
    maker: str
    note: str
    speed: Speed

    @property
    def fast(self) -> int:
        """Bytes of full speed."""
        return self.memory - self.slow


@functools.cache
def devices() -> tuple[Device, ...]:
    """All cards of the table, in its order: by maker and age."""
    table = Path(__file__).with_name("cards.csv")
    return tuple(
        Device(
            row["name"],
            tuple(alias for alias in row["aliases"].split(";") if alias),
            int(row["memory_mib"]) * MIB,
            int(row["slow_mib"]) * MIB,
            int(row["year"]),
            row["maker"],
            row["note"],
            speeds()[row["name"]],
        )
        for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    )


def device(name: str, instead: str = "give its memory instead: --memory 11GiB") -> Device:
    """The card that a name means; raises NetformError where it means none, or several.

    ``instead`` is what an error advises for a card that is not in the table. Case, spaces,
    hyphens, makers and lines of products may be left out.

    >>> device("gtx970").name, device("titan x").name, device("NVIDIA A100-80GB").name
    ('GeForce GTX 970', 'GeForce GTX Titan X', 'A100 80GB')
    """
    for simplified in (_plain, _bare):
        wanted = simplified(name)
        found = [d for d in devices() if wanted in map(simplified, (d.name, *d.aliases))]
        found = found or [d for d in devices() if wanted == simplified(_without_size(d.name))]
        if len(found) == 1:
            return found[0]
        if found:
            raise NetformError(
                f"{quoted(name)} is the name of several cards",
                hint=f"choose one of {', '.join(d.name for d in found)}",
            )
    raise NetformError(f"no card is called {quoted(name)}", hint=_suggestion(name, instead))


def _suggestion(name: str, instead: str) -> str:
    """The cards whose names are near, or where to read all."""
    by_bare = {_bare(written): d.name for d in devices() for written in (d.name, *d.aliases)}
    wanted = _bare(name)
    near = difflib.get_close_matches(wanted, by_bare, n=_SHOWN, cutoff=0.6)
    if wanted:
        near += [bare for bare in by_bare if bare.startswith(wanted) and bare not in near]
    names = list(dict.fromkeys(by_bare[bare] for bare in near))[:_SHOWN]
    if not names:
        return f"netform devices lists the cards; or {instead}"
    return f"did you mean {' or '.join(names)}? Or {instead}"


def _plain(name: str) -> str:
    """A name without case, spaces, signs, makers, and the unit of its memory."""
    lowered = _BUILDS.sub(" ", name[:_LONGEST_NAME].lower())
    words = re.findall("[a-z]+|[0-9]+", lowered)
    return _MAKERS.sub("", "".join(word for word in words if word not in ("gb", "gib")))


def _bare(name: str) -> str:
    """A plain name without its line of products too: 970 of GeForce GTX 970."""
    return _LINES.sub("", _plain(name))


def _without_size(name: str) -> str:
    """A name without the memory at its end, by which cards of one name differ."""
    return re.sub(r" [0-9]+GB$", "", name)
