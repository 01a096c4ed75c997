"""What Lark could not read, told in the words of the language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from .errors import NetformError, Source, Span, printable, quoted

_ATOM = "a layer is one lower-case word, such as conv64k3, pool2, drop0.5 or fc10"
_INPUT = "write input 32x32x3 (height x width x channels)"
_MODIFIER = "write it without a space, such as k3 or s2x1"
_SETTING = 'write key=value without spaces, such as batch=128 or npz="my data.npz"'


_NOT_CODE = re.compile(r'"[^"\n]*"|#[^\n]*')


@dataclass(frozen=True, slots=True)
class _Need:
    """What is needed where the text before ends so (and what is met begins so)."""

    before: str
    needed: str
    hint: str
    met: str = ""


_NEEDS = (
    _Need(r"\b(data|train|post|sweep)", "a setting is needed", _SETTING),
    _Need(r"\binput", "the size of the input is needed", _INPUT),
    _Need(r"\binput [0-9x]+", "another extent is needed", _INPUT, met="x"),
    _Need(r"[0-9)]x", "a size is needed after x", "write both, such as k1x7"),
    _Need(r"[0-9)!][v!]+", "v and ! take no number", "leave the number out", met="[0-9(]"),
    _Need(r"[0-9)!]v?[a-z]+", "a modifier needs its number", _MODIFIER),
    _Need(r"[-+*/(,=]", "a number or a symbol is needed", "write an expression such as (64*w)"),
)


# what people write who know other languages; here "needed" is the whole message
_HABITS = (
    _Need(
        r"(\]|\]\*\d+|\w\*\d+|[A-Z]\w*\([^()]*\))",
        "a post chain belongs to one layer",
        "write it behind the layer, as conv64k3:relu, or the activation as a layer of its own",
        met=":",
    ),
    _Need(
        r"\b(add|cat|mul) ?\([^()]*",
        "branches stand in brackets, with bars between them",
        "write add[conv64k3 | conv64k1]",
    ),
    _Need(
        r"\b[A-Z]\w*\([^()]*",
        "arguments go by their places, without names",
        "write Bott(64, 2)",
        met="=",
    ),
    _Need("", "what repeats stands before the star", "write conv64k3*3", met=r"[0-9]+ ?\*"),
    _Need(
        r"\binput [0-9x]+( x)?",
        "extents are joined by small letters x, without spaces",
        "write input 32x32x3",
        met="[X\u00d7*0-9]",
    ),
    _Need(
        r"\buse q+",
        "a use names one file",
        'write use "a.net" use "b.net"',
        met='"',
    ),
    _Need(r"(^| )[a-z]+", "a value stands right behind its layer", "write conv(8)k3", met=r"\("),
    _Need(
        r"(?<!train )(?<!data )(?<!post )(?<!sweep )(?<!let )"
        r"\b(?!(?:bias|batch|lr|epochs|opt|set|aug|npz|folder|conv|deconv|dw|fc)$)[a-z]\w*",
        "a number gets its name by let",
        "write let g = 32, before the layers",
        met=r"\s*=\s*[0-9(]",
    ),
)


def complain(error: UnexpectedInput, source: Source) -> NetformError:
    """The error for the place where reading stopped."""
    start, met = _met(error, source)
    before = _NOT_CODE.sub(_blank, source.text[:start])
    rest = source.text[start : start + 2000]
    code = " ".join(before[-2000:].split())
    end = start + max(1, len(met))
    span = Span(start, end) if met else Span(max(0, len(before.rstrip()) - 1), end)
    follows = f"'{printable(quoted(met))}' follows" if met else "the text ends"

    def wrong(message: str, hint: str) -> NetformError:
        return NetformError(message, span, source, hint)

    for habit in _HABITS:
        if re.search(habit.before + "$", code) and re.match(habit.met, rest):
            return wrong(habit.needed, habit.hint)
    if met.startswith('"') or re.match(r'[a-z]+="[^"\n]*(\n|$)', rest):
        return wrong(
            "a quoted value ends on its line and holds no quotes itself",
            'write it as key="a value", with one quote before and one behind it',
        )
    if met == "[" and (word := re.search(r"(?<=[a-z0-9)!])(add|cat|mul)$", before)):
        return NetformError(
            f"{word[1]} runs into the layer before it",
            Span(start - 3, start),
            source,
            "put a space before it",
        )
    block = re.search(r"(?<![\w=])[A-Z]\w*$", before.rstrip())
    if block and not re.search(r"\b(def|let|input)$", code[: -len(block[0])].rstrip()):
        place = Span(block.start(), block.end())
        if block[0].lower() in ("input", "def", "let", "use", "post", "data", "train", "sweep"):
            return NetformError(
                "statements are written in small letters",
                place,
                source,
                f"write {block[0].lower()}",
            )
        if re.search(r"[0-9]", block[0]):
            return NetformError(
                f"{_ATOM}, but {quoted(block[0])} has capitals",
                place,
                source,
                f"write {quoted(block[0].lower())}",
            )
        return NetformError(
            f"a block is called with its arguments, but {follows}",
            place,
            source,
            f"write {quoted(block[0])}(64)",
        )
    if code.endswith("*") and code.count("(") == code.count(")"):
        return wrong(f"how often is needed after a star, but {follows}", "write conv64k3*2")
    for need in _NEEDS:
        if re.search(need.before + "$", code) and re.match(need.met, met):
            return wrong(f"{need.needed}, but {follows}", need.hint)
    if code.count("(") > code.count(")"):
        return wrong(
            f"an expression is made of numbers, names, + - * / and parentheses, but {follows}",
            "write an expression such as (64*w)",
        )
    if re.search(r"\bdef( \w+( ?\([^()]*\))?)?$", code):
        return wrong(
            f"a block has a capital, parameters and brackets, but {follows}",
            "write def Bott(n, s=1) [ conv(n)k3s(s) ]",
        )
    if re.search(r"\blet( \w+)?$", code):
        return wrong(f"a let gives a name to a number, but {follows}", "write let g = 32")
    if re.search(r"\buse$", code):
        return wrong(f"use needs a file in quotes, but {follows}", 'write use "blocks/resnet.net"')
    word = re.search(r"[a-z]+$", code)
    if word and re.match("[0-9]", met):
        whole = re.match(r"[^\s#]+", rest)
        return wrong(
            f"the value stands apart from {word[0]}",
            f"write {word[0]}{quoted(whole[0] if whole else met)} without the space",
        )
    merge = re.search(r"\b(add|cat|mul) ?\[[^\]]*$", code)
    if met == "|":
        if merge and " " in merge[0].partition("[")[0]:
            return wrong(
                f"{merge[1]} stands apart from its branches", f"write {merge[1]}[ without the space"
            )
        return wrong("only add, cat and mul have branches", "write add[conv64k3 | conv64k1]")
    if met == "*":
        return wrong(
            "a star repeats what stands before it, once",
            "write conv64k3*2, or [conv64k3 relu]*3; for more, multiply: *6",
        )
    if met in ("@", "->", "-", ">"):
        return wrong(
            f"a tap has a name of letters and digits, but {follows}", "write ->early, and @early"
        )
    if met != met.lower():
        return wrong(f"{_ATOM}, but {quoted(met)} has capitals", f"write {quoted(met.lower())}")
    if "=" in met:
        return wrong("a setting stands behind data, train, post or sweep", _SETTING)
    return wrong(f"{_ATOM}, but {follows}", "leave it out, or mend it")


def complain_of_change(error: UnexpectedInput, source: Source) -> NetformError:
    """The error for the place where reading a change of a symbol stopped."""
    start, met = _met(error, source)
    follows = f"'{printable(quoted(met))}' follows" if met else "the text ends"
    return NetformError(
        f"a change makes an expression of a symbol, but {follows}",
        Span(start, start + max(1, len(met))),
        source,
        "write w=1/2, R=2*R or n=n+1",
    )


def _blank(match: re.Match[str]) -> str:
    """A quoted value without its content, a comment without its text, both as long as before."""
    return ("q" if match[0][0] == '"' else " ") * len(match[0])


def _met(error: UnexpectedInput, source: Source) -> tuple[int, str]:
    """Offset and text of what could not be read; the text is empty at the end."""
    if isinstance(error, UnexpectedToken):
        token: Token = error.token
        if token.type == "$END":
            return len(source.text), ""
        assert token.start_pos is not None
        return token.start_pos, str(token)
    assert isinstance(error, UnexpectedCharacters)
    start = error.pos_in_stream or 0
    word = re.compile(r"\w+|.", re.DOTALL).match(source.text, start)
    return start, word[0] if word else ""
