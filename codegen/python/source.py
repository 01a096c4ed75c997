"""Pieces of Python source: literals, calls of layers and the text of docstrings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

WIDTH = 88  # characters in a line of emitted Python


@dataclass(frozen=True, slots=True)
class Name:
    """A name or an expression, which goes into the source as it is."""

    text: str


Value = None | bool | int | float | str | Fraction | Name | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """``function(*arguments, **keywords)``; a layer is called once more, on the tensor.

    ``suffix`` follows the name of the layer it is a part of; None leaves it without a name.
    """

    function: str
    arguments: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    on_tensor: bool = True
    suffix: str | None = ""

    def assigned(self, target: str, tensor: str) -> str:
        """The statement ``target = function(...)(tensor)``."""
        arguments = [literal(argument) for argument in self.arguments]
        arguments += [f"{key}={literal(value)}" for key, value in self.keywords.items()]
        if not self.on_tensor:
            return f"{target} = {self.function}({', '.join([tensor, *arguments])})"
        return f"{target} = {self.function}({', '.join(arguments)})({tensor})"


def literal(value: Value) -> str:
    """A value as a Python literal; user text reaches a program only through here."""
    match value:
        case Name(text=text):
            return text
        case bool() | None | float() | str():
            return repr(value)
        case int():
            return f"{value:_}"
        case Fraction():
            return repr(float(value)) if value.denominator != 1 else f"{value.numerator}.0"
        case tuple():
            inside = ", ".join(map(literal, value))
            return f"({inside},)" if len(value) == 1 else f"({inside})"


def docstring_text(text: str) -> str:
    """Text for the inside of a docstring: nothing in it ends the string or is an escape."""
    shown = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in shown
    )
