"""Pieces of Python source, as ``ruff format`` leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from rich.cells import cell_len

WIDTH = 88


@dataclass(frozen=True, slots=True)
class Name:
    """A name or an expression of our own that stands in the source as it is."""

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

    def assigned(self, target: str, tensor: str, indent: int = 4) -> str:
        """The statement ``target = function(...)(tensor)``.

        Where it is too long, the arguments stand on a line of their own, or on one each where
        ruff would otherwise split the short brackets behind them.
        """
        before, after = (f"{target} = {self.function}(", f")({tensor})")
        arguments = [literal(argument) for argument in self.arguments]
        arguments += [f"{key}={literal(value)}" for key, value in self.keywords.items()]
        if not self.on_tensor:
            arguments, after = [tensor, *arguments], ")"
        margin = " " * indent
        line = margin + before + ", ".join(arguments) + after
        if len(line) <= WIDTH:
            return line
        if tensor.startswith("[") and self.on_tensor:
            first = margin + before + ", ".join(arguments) + ")("
            if len(first) <= WIDTH:
                return "\n".join([first, *_list(tensor, indent + 4), f"{margin})"])
        together = f"{margin}    {', '.join(arguments)}"
        head = len(line) - len(after) + 2 if self.on_tensor else WIDTH + 1
        lines = [together] if head > WIDTH >= len(together) else []
        lines = lines or [f"{margin}    {argument}," for argument in arguments]
        return "\n".join([margin + before, *lines, margin + after])


def _list(tensors: str, indent: int) -> list[str]:
    """A list on a line of its own, or an entry a line."""
    margin = " " * indent
    if indent + len(tensors) <= WIDTH:
        return [margin + tensors]
    entries = [f"{margin}    {entry}," for entry in tensors[1:-1].split(", ")]
    return [f"{margin}[", *entries, f"{margin}]"]


def signature(name: str, parameters: Sequence[str]) -> str:
    """``def name(parameters):``, on more lines where one is too long."""
    line = f"def {name}({', '.join(parameters)}):"
    if len(line) <= WIDTH:
        return line
    together = f"    {', '.join(parameters)}"
    lines = [together] if len(together) <= WIDTH else [f"    {p}," for p in parameters]
    return "\n".join([f"def {name}(", *lines, "):"])


def literal(value: Value) -> str:
    """A value as a Python literal; user text reaches a program only through here."""
    match value:
        case Name(text=text):
            return text
        case bool() | None | float():
            return repr(value)
        case int():
            return f"{value:_}"
        case Fraction():
            return repr(float(value)) if value.denominator != 1 else f"{value.numerator}.0"
        case str():
            return _string(value)
        case tuple():
            inside = ", ".join(map(literal, value))
            return f"({inside},)" if len(value) == 1 else f"({inside})"


def assignment(target: str, value: Value) -> str:
    """``target = value``, in parentheses on a line of its own where only that fits."""
    line = f"{target} = {literal(value)}"
    if cell_len(line) <= WIDTH or 4 + cell_len(literal(value)) > WIDTH:
        return line
    return f"{target} = (\n    {literal(value)}\n)"


def docstring_text(text: str) -> str:
    """Text that may stand inside a docstring: nothing in it can end the string or be an escape."""
    shown = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in shown
    )


def _string(text: str) -> str:
    """``repr``, in double quotes unless single quotes need fewer escapes."""
    plain = repr(text)
    if plain[0] == '"':
        return plain
    if '"' not in text:
        return f'"{plain[1:-1]}"'
    if text.count('"') > text.count("'"):
        return plain
    inside = plain[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{inside}"'
