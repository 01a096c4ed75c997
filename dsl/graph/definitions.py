"""The blocks and lets that a program defines, in its own file and in those it uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...grammar import tree
from ...grammar.errors import NetformError, Source, quoted


def definitions_of(program: tree.Program) -> dict[str, tree.Definition]:
    """All blocks by their names, those of included files too; each name is defined once."""
    found: dict[str, tree.Definition] = {}
    own = [d for library in program.libraries() for d in library.definitions]
    for definition in (*own, *program.definitions):
        if definition.name in found:
            raise NetformError(
                f"a block is defined once, but {quoted(definition.name)} is defined in "
                f"{found[definition.name].source.name} already",
                definition.span,
                definition.source,
                "give it another name",
            )
        found[definition.name] = definition
    return found


def called_blocks(program: tree.Program) -> set[str]:
    """The names of all blocks that the network calls, and of those that they call."""
    definitions = definitions_of(program)
    called: set[str] = set()
    ahead = [item.block for item in tree.items(program.chain) if isinstance(item, tree.Call)]
    while ahead:
        name = ahead.pop()
        if name not in called:
            called.add(name)
            ahead += [call.block for call in tree.calls(definitions[name])]
    return called


def standing_alone(program: tree.Program) -> tree.Program:
    """The program with what it uses of other files written into it."""
    if not program.uses:
        return program
    definitions = definitions_of(program)
    needed = called_blocks(program) | {definition.name for definition in program.definitions}
    kept = tuple(definition for name, definition in definitions.items() if name in needed)
    lets = tuple(let for let, _ in lets_of(program).values())
    return replace(program, uses=(), definitions=kept, lets=lets)


def lets_of(program: tree.Program) -> dict[str, tuple[tree.Let, Source]]:
    """All lets by their names, those of included files too; each name is defined once."""
    found: dict[str, tuple[tree.Let, Source]] = {}
    libraries = [(let, library.source) for library in program.libraries() for let in library.lets]
    for let, source in (*libraries, *((let, program.source) for let in program.lets)):
        if let.name in found:
            raise NetformError(
                f"a let is written once, but {quoted(let.name)} has a value in "
                f"{found[let.name][1].name} already",
                let.span,
                source,
                "give it another name",
            )
        found[let.name] = let, source
    return found


def expressions_of(file: tree.Program | tree.Library) -> Iterator[tree.Expression]:
    """Every expression that is written in a file, without those in files that it uses."""
    chains = []
    if isinstance(file, tree.Program):
        yield from file.input.size
        chains.append(file.chain)
    yield from (let.value for let in file.lets)
    for definition in file.definitions:
        chains.append(definition.body.chain)
        for parameter in definition.parameters:
            if isinstance(parameter.default, tree.Group):
                chains.append(parameter.default.chain)
            elif parameter.default is not None:
                yield parameter.default
    for chain in chains:
        for item in tree.items(chain):
            yield from tree.expressions(item)


def rounds(program: tree.Program) -> bool:
    """Whether a rounding function is written in a program or in a file that it uses."""
    files: list[tree.Program | tree.Library] = [program, *program.libraries()]
    return any(
        isinstance(part, tree.Function)
        for file in files
        for expression in expressions_of(file)
        for part in tree.parts(expression)
    )
