"""The functions of blocks: two calls share one where their statements are the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...grammar import tree
from ...grammar.budget import Work, spend
from ...grammar.printer import show_chain, show_head
from ..python.source import WIDTH, docstring_text
from .names import Names
from .statements import Statement, agreed, lines, needed


@dataclass(slots=True)
class BlockFunction:
    """A function of a block: its statements are those of every call that shares it."""

    name: str
    definition: tree.Definition
    parameters: tuple[str, ...]
    statements: tuple[Statement, ...]
    result: str

    def source(self) -> str:
        """The function as Python source."""
        parameters = ", ".join(["x", *self.parameters, "name"])
        return "\n".join(
            [
                f"def {self.name}({parameters}):",
                f'    """{docstring_text(self._description())}"""',
                *lines(needed(self.statements, self.result)),
                f"    return {self.result}",
            ]
        )

    def _description(self) -> str:
        """The block as netform writes it, or its head where that is too long for a line."""
        head = show_head(self.definition).removeprefix("def ")
        whole = f"{head} [ {show_chain(self.definition.body.chain)} ]"
        return whole if len(whole) + 10 <= WIDTH else f"The block {head}."


@dataclass(slots=True)
class BlockFunctions:
    """All functions of blocks written so far."""

    _names: Names = field(default_factory=lambda: Names(frozenset()))
    _found: dict[str, list[BlockFunction]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[BlockFunction]:
        """In the order of the blocks' first calls, the functions of a block side by side."""
        for functions in self._found.values():
            yield from functions

    def function_of(
        self,
        definition: tree.Definition,
        parameters: tuple[str, ...],
        statements: tuple[Statement, ...],
        result: str,
    ) -> BlockFunction:
        """The function with these statements, a new one where no other has the same."""
        functions = self._found.setdefault(definition.name, [])
        spend(len(functions), Work.PROGRAM)
        for function in functions:
            if (function.parameters, function.result) != (parameters, result):
                continue
            common = agreed(function.statements, statements)
            if common is not None:
                function.statements = common
                return function
        name = self._names.function(definition.name)
        functions.append(BlockFunction(name, definition, parameters, statements, result))
        return functions[-1]
