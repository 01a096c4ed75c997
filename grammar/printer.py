"""Syntax tree to text: the canonical form, which parses back to an equal tree."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from fractions import Fraction

from . import tree

_WIDTH = 88


def show(program: tree.Program) -> str:
    """The network as text: a statement a line, then the chain.

    >>> from netform.grammar.parser import parse
    >>> print(show(parse("input 8x8x1  conv( 2*4 )k3  # eight\\n fc10")))
    input 8x8x1
    conv(2*4)k3 fc10
    """
    lines = ["input " + "x".join(map(str, program.input.size))]
    posts = [f"{post.op}={show_post(post.chain)}" for post in program.posts]
    if program.bias is not None:
        posts.append(f"bias={int(program.bias)}")
    lines += _statement("post", posts)
    lines += _statement("data", map(_setting, program.data))
    lines += _statement("train", map(_setting, program.train))
    chain = " ".join(map(show_atom, program.chain))
    lines += textwrap.wrap(chain, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def show_atom(atom: tree.Atom) -> str:
    post = "" if atom.post is None else f":{show_post(atom.post)}"
    return atom.op + _value(atom.value) + "".join(map(show_modifier, atom.modifiers)) + post


def show_post(chain: tree.PostChain) -> str:
    return (
        ".".join(op.op + (show_number(op.value.value) if op.value else "") for op in chain) or "-"
    )


def show_expression(expression: tree.Expression) -> str:
    """An expression without spaces, with the parentheses it needs and no others."""
    return _expression(expression, 0)


def show_number(value: Fraction) -> str:
    """A number that can be written in decimals, exactly: 1/4 is ``0.25``."""
    digits, rest = 0, value
    while rest.denominator != 1:
        digits, rest = digits + 1, rest * 10
    if not digits:
        return str(value)
    text = str(int(rest)).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"


def _statement(keyword: str, settings: Iterable[str]) -> list[str]:
    text = " ".join(settings)
    return [f"{keyword} {text}"] if text else []


def _setting(setting: tree.Setting) -> str:
    bare = setting.value and not any(c.isspace() or c in '"#' for c in setting.value)
    return f"{setting.key}={setting.value}" if bare else f'{setting.key}="{setting.value}"'


def _value(value: tree.Size | None) -> str:
    return "x".join(map(_glued, value or ()))


def _glued(expression: tree.Expression) -> str:
    if isinstance(expression, tree.Number):
        return show_number(expression.value)
    return f"({show_expression(expression)})"


def show_modifier(modifier: tree.Modifier) -> str:
    return modifier.letter + _value(modifier.value)


def _expression(expression: tree.Expression, binding: int) -> str:
    """``binding`` is how tightly the surroundings hold: 0 sum, 1 product, 2 factor."""
    match expression:
        case tree.Number():
            return show_number(expression.value)
        case tree.Name():
            return expression.name
        case tree.Negation():
            return f"-{_expression(expression.operand, 2)}"
        case tree.Operation(operator=operator, left=left, right=right):
            strength = 1 if operator in "*/" else 0
            text = f"{_expression(left, strength)}{operator}{_expression(right, strength + 1)}"
            return f"({text})" if strength < binding else text
