"""The networks of a command line, and the values of their symbols."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netform.commands.parameter_types import is_number

if TYPE_CHECKING:
    from netform.dsl.costs.conventions import Convention
    from netform.grammar.tree import Program
    from netform.network import Network

Point = tuple[tuple[str, Fraction], ...]


def root() -> str | None:
    """The folder of --root."""
    found: str | None = click.get_current_context().meta.get("root")
    return found


def network_of(file: str | None, text: str | None, point: Point = ()) -> Network:
    """The network that FILE or -e describes, with the values that --set gives its symbols."""
    if (file is None) == (text is None):
        raise click.UsageError("Give a FILE, or -e 'input 32x32x3 conv32k3 ...'.")
    values = {name: value for name, value in point if name not in ("w", "B")}
    if file is not None:
        return _loaded(file, values)
    return _parsed(text or "", values)


def networks_of(files: Sequence[str], texts: Sequence[str], point: Point) -> list[Network]:
    """The networks of all FILEs and -e; --set gives values to the symbols that each one has."""
    found = [_loaded(file) for file in files] + [_parsed(text) for text in texts]
    values = {name: value for name, value in point if name not in ("w", "B")}
    for name in values:
        if not any(name in network.symbols for network in found):
            raise click.UsageError(f"None of these networks has a symbol called {name}.")
    own = [{n: v for n, v in values.items() if n in network.symbols} for network in found]
    return [_network(n.program, n.name, v) if v else n for n, v in zip(found, own, strict=True)]


def _loaded(file: str, values: dict[str, Fraction] | None = None) -> Network:
    from netform.grammar import parser

    return _network(parser.read(file, root()), Path(file).stem, values)


def _parsed(text: str, values: dict[str, Fraction] | None = None) -> Network:
    from netform.grammar import parser

    return _network(parser.parse(text, root=root()), "network", values)


def _network(program: Program, name: str, values: dict[str, Fraction] | None) -> Network:
    """The network of a program; where one of its words does not exist, SymPy is not imported."""
    from netform.dsl.graph.name_check import check_names

    check_names(program)
    from netform.network import Network

    return Network(program, name, values)


def file_and_words(words: tuple[str, ...], text: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The FILE that comes first unless there is -e TEXT, and the words after it."""
    if text is not None:
        return None, words
    return (words[0] if words else None), words[1:]


def width_and_batch(point: Point) -> dict[str, Any]:
    """The values that --set gives w and B."""
    return {name: value for name, value in point if name in ("w", "B")}


def fixed_values(point: Point, symbol: str) -> dict[str, Fraction]:
    """The values that --set gives w, B and a wanted symbol; the network has those of the others."""
    return {name: value for name, value in point if name in ("w", "B", symbol)}


def width_of(point: Point) -> Fraction:
    """The value that --set gives w, for a command in which a batch has no meaning."""
    symbols = dict(point)
    if "B" in symbols:
        raise click.UsageError("A program's batch is set by 'train batch=...', or its --batch.")
    return symbols.get("w", Fraction(1))


def changes_and_numbers(
    given: tuple[tuple[str, str], ...], width: Fraction | None
) -> tuple[dict[str, str], Point]:
    """Changes of symbols, and the numbers of the lets and input symbols that do not change."""
    fixed = [pair for pair in given if pair[0] not in ("w", "B") and is_number(pair[1])]
    changes = dict(pair for pair in given if pair not in fixed)
    if width is not None:
        changes["w"] = str(width)
    if not changes.keys() - {"B"}:
        changes["w"] = "1/2"
    return changes, tuple((name, Fraction(number)) for name, number in fixed)


def conventions_called(names: Sequence[str]) -> list[Convention]:
    """The conventions of some names."""
    if not names:
        return []
    from netform.dsl.costs.conventions import CONVENTIONS

    return [CONVENTIONS[name] for name in names]
