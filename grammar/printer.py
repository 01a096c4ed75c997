"""Syntax tree to text, a statement a line, which parses back to an equal tree.

Lines are as long as they come; the formatter breaks them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from . import tree


def show(program: tree.Program) -> str:
    """The network as text: a statement a line, then the chain.

    >>> from netform.grammar.parser import parse
    >>> print(show(parse("input 8x8x1  conv( 2*4 )k3  # eight\\n fc10")))
    input 8x8x1
    conv(2*4)k3 fc10
    """
    lines = ["input " + "x".join(map(show_side, program.input.size))]
    lines += [f'use "{use.path}"' for use in program.uses]
    lines += [f"let {let.name} = {show_expression(let.value)}" for let in program.lets]
    posts = [f"{post.op}={show_post(post.chain)}" for post in program.posts]
    flags = (("bias", program.bias), ("last", program.last))
    posts += [f"{key}={int(flag)}" for key, flag in flags if flag is not None]
    lines += _statement("post", posts)
    for definition in program.definitions:
        lines.append(f"{show_head(definition)} [ {show_chain(definition.body.chain)} ]")
    lines += _statement("data", map(show_setting, program.data))
    lines += _statement("train", map(show_setting, program.train))
    lines += _statement("sweep", map(show_setting, program.sweeps))
    return "\n".join([*lines, show_chain(program.chain)])


def show_chain(chain: tree.Chain) -> str:
    """Parts of a chain, a space between them."""
    return " ".join(map(show_item, chain))


def show_item(item: tree.Item) -> str:
    """One part of a chain."""
    match item:
        case tree.Atom():
            return show_atom(item)
        case tree.Group(chain=chain):
            return f"[{show_chain(chain)}]"
        case tree.Merge(op=op, branches=branches):
            return f"{op}[{' | '.join(map(show_chain, branches))}]"
        case tree.Call(block=block, arguments=arguments):
            return f"{block}({', '.join(map(show_argument, arguments))})"
        case tree.Remat(part=part):
            return f"{show_item(part)}:remat"
        case tree.Repeat(part=part, count=count):
            return f"{show_item(part)}*{_glued(count)}"
        case tree.Tap(name=name):
            return f"->{name}"
        case tree.Reference(name=name):
            return f"@{name}"


def show_argument(argument: tree.Argument) -> str:
    """One argument, as it is written between the commas of a call."""
    if isinstance(argument, tree.Group):
        return show_item(argument)
    return show_expression(argument)


def show_head(definition: tree.Definition) -> str:
    """``def Bott(n, s=1)``."""
    parameters = [
        p.name if p.default is None else f"{p.name}={show_argument(p.default)}"
        for p in definition.parameters
    ]
    return f"def {definition.name}({', '.join(parameters)})"


def show_atom(atom: tree.Atom) -> str:
    """``conv64k3s2:bn.relu``."""
    post = "" if atom.post is None else f":{show_post(atom.post)}"
    return atom.op + _value(atom.value) + "".join(map(show_modifier, atom.modifiers)) + post


def show_post(chain: tree.PostChain) -> str:
    """``bn.relu``, or ``-`` for nothing."""
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


def show_setting(setting: tree.Setting) -> str:
    """``batch=128``, in quotes where it needs them."""
    bare = setting.value and not any(c.isspace() or c in '"#' for c in setting.value)
    return f"{setting.key}={setting.value}" if bare else f'{setting.key}="{setting.value}"'


def _value(value: tree.Size | None) -> str:
    return "x".join(map(_glued, value or ()))


def show_side(side: tree.Expression) -> str:
    """An extent or the channels of an input: ``32``, ``H`` or ``(2*n)``."""
    if isinstance(side, tree.Name) and len(side.name) == 1 and side.name.isupper():
        return side.name
    return _glued(side)


def _glued(expression: tree.Expression) -> str:
    if isinstance(expression, tree.Number):
        return show_number(expression.value)
    return f"({show_expression(expression)})"


def show_modifier(modifier: tree.Modifier) -> str:
    """``k3`` or ``s2x1``."""
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
        case tree.Function():
            return f"{expression.name}({_expression(expression.argument, 0)})"
        case tree.Operation(operator=operator, left=left, right=right):
            strength = 1 if operator in "*/" else 0
            text = f"{_expression(left, strength)}{operator}{_expression(right, strength + 1)}"
            return f"({text})" if strength < binding else text
