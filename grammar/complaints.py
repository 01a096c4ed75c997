"""What Lark could not read, told in the words of the language."""

from __future__ import annotations

import re

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from .errors import NetformError, Source, Span, printable, quoted

_ATOM_SHAPE = "a layer is one lower-case word, such as conv64k3, pool2, drop0.5 or fc10"
_SETTING_SHAPE = 'write key=value without spaces, such as batch=128 or npz="my data.npz"'

# what can be said of the place where reading stopped, by what stands before it
_NEEDS = (
    (re.compile(r"\b(data|train|post)$"), "a setting is needed", _SETTING_SHAPE),
    (
        re.compile(r"\binput$"),
        "the size of the input is needed",
        "write input 32x32x3 (height x width x channels)",
    ),
    (
        re.compile(r"\binput [\dx]*x$"),
        "another extent is needed",
        "write input 32x32x3 (height x width x channels)",
    ),
    (re.compile(r"[\d)]x$"), "a size is needed after x", "write both, such as k1x7"),
    (
        re.compile(r"[\d)!]v?([a-z]+)$"),
        "a modifier needs its number",
        "write it without a space, such as k3 or s2x1",
    ),
    (
        re.compile(r"[-+*/(]$"),
        "a number or a symbol is needed",
        "write an expression such as (64*w)",
    ),
)


def complain(error: UnexpectedInput, source: Source) -> NetformError:
    """The error for the place where reading stopped."""
    start, met = _met(error, source)
    before = source.text[:start]
    code = " ".join(re.sub(r"#[^\n]*", " ", before[-2000:]).split())
    touching = before[-1:].strip() != ""
    span = Span(start, start + len(met)) if met else Span(max(0, len(before.rstrip()) - 1), start)

    def wrong(message: str, hint: str) -> NetformError:
        return NetformError(message, span, source, hint)

    opened = _open_parenthesis(code)
    if opened and (not met or not re.match(r"[\w.*/+\-()]", met)):
        at = before.rindex("(")
        return NetformError(
            "a parenthesis opens here and is never closed",
            Span(at, at + 1),
            source,
            "close it: conv(2*32)k3",
        )
    if met == '"' or (met and met.startswith('"')):
        return wrong(
            "a quoted value ends on its line and holds no quotes itself",
            'write it as key="a value", with one quote before and one behind it',
        )
    for pattern, message, hint in _NEEDS:
        if pattern.search(code):
            return wrong(f"{message}, but {_follows(met)}", hint)
    if opened:
        return wrong(
            f"an expression is made of numbers, w, c, + - * / and parentheses, but {_follows(met)}",
            "write an expression such as (64*w)",
        )
    if met and met[0].isdigit() and not touching and (word := re.search(r"[a-z]+$", code)):
        return wrong(
            f"the value stands apart from {word[0]}", f"write {word[0]}{met} without a space"
        )
    if met and met[0].isalpha() and met != met.lower():
        return wrong(
            f"{_ATOM_SHAPE}, but {quoted(met)} has capitals", f"write {quoted(met.lower())}"
        )
    if met == "=" or (met and "=" in met):
        return wrong(
            "a setting stands behind data, train or post", "write train batch=128 before the layers"
        )
    return wrong(f"{_ATOM_SHAPE}, but {_follows(met)}", "leave it out, or mend it")


def _met(error: UnexpectedInput, source: Source) -> tuple[int, str]:
    """Offset and text of what could not be read; the text is empty at the end."""
    if isinstance(error, UnexpectedToken):
        token: Token = error.token
        if token.type == "$END":
            return len(source.text), ""
        assert token.start_pos is not None
        return token.start_pos, str(token)
    assert isinstance(error, UnexpectedCharacters)
    start = error.pos_in_stream
    word = re.compile(r"\w+|.", re.DOTALL).match(source.text, start)
    return start, word[0] if word else ""


def _follows(met: str) -> str:
    return f"'{printable(quoted(met))}' follows" if met else "the text ends"


def _open_parenthesis(code: str) -> bool:
    return code.count("(") > code.count(")")
