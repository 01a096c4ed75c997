"""What Lark could not read, in the words of the language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from .errors import NetformError, Source, Span, printable, quoted
from .foreign_names import hint_for
from .syntax_needs import ATOM, HABITS, NEEDS, SETTING, STATEMENTS, UNFINISHED

_LAST_WORD = re.compile(r"(?<![\w.@>=:(])[A-Za-z][\w.]*\(?$")
_CALL = re.compile(r"(?<![\w.@>=:(])(?<!def )[A-Za-z][\w.]*\(")
_CALLED = re.compile(r"[A-Za-z][\w.]{0,100}(?:\((?:[^()\n]|\([^()\n]*\)){0,200}\))?")
_NAMED = re.compile(r"\b(def|let|use|input|post|data|train|sweep)$")
_NOT_CODE = re.compile(r'"[^"\n]*"|#[^\n]*')


@dataclass(frozen=True, slots=True)
class _Stop:
    """The place where reading stopped.

    ``unread`` is what could not be read, "" at the end; ``rest`` is the text from there on. ``before``
    is the text before it with comments and quotes blanked, ``code`` its end on one line.
    """

    source: Source
    start: int
    unread: str
    before: str

    @property
    def rest(self) -> str:
        return self.source.text[self.start : self.start + 2000]

    @property
    def code(self) -> str:
        return " ".join(self.before[-2000:].split())

    @property
    def follows(self) -> str:
        return f"'{printable(quoted(self.unread))}' follows" if self.unread else "the text ends"

    def wrong(self, message: str, hint: str, span: Span | None = None) -> NetformError:
        """The error at a span; unless given, at the unread text, or after the last word."""
        end = self.start + max(1, len(self.unread))
        start = self.start if self.unread else max(0, len(self.before.rstrip()) - 1)
        return NetformError(message, span or Span(start, end), self.source, hint)


def complain(error: UnexpectedInput, source: Source) -> NetformError:
    """The error for the place where reading stopped."""
    start, unread = _unread(error, source)
    stop = _Stop(source, start, unread, _NOT_CODE.sub(_blank, source.text[:start]))
    for rule in _RULES:
        found = rule(stop)
        if found is not None:
            return found
    return stop.wrong(f"{ATOM}, but {stop.follows}", "leave it out, or correct it")


def _foreign(stop: _Stop) -> NetformError | None:
    """A layer as Keras or PyTorch call it, where reading stopped, or right before that."""
    text = stop.source.text
    before = _LAST_WORD.search(stop.before[-1000:].rstrip())
    offset = max(0, len(stop.before) - 1000)
    starts = [stop.start] if not stop.before or stop.before[-1].isspace() else []
    if before and not _NAMED.search(stop.before[: offset + before.start()].rstrip()[-20:]):
        starts.append(offset + before.start())
    starts += [offset + call.start() for call in _CALL.finditer(stop.before[offset:])]
    for start in starts:
        word = _CALLED.match(text, start)
        hint = hint_for(word[0]) if word else None
        name = word[0].partition("(")[0] if word else ""
        if word and hint and not re.search(rf"\bdef\s+{re.escape(name)}\b", text):
            name = quoted(name)
            return stop.wrong(f"no layer is called {name}", hint, Span(start, word.end()))
    return None


def _padding(stop: _Stop) -> NetformError | None:
    """Keras' words for padding, run into a layer."""
    word = re.search(r"(?<=[0-9)])(same|valid)$", stop.before.rstrip())
    if not word:
        return None
    hint = "leave it out: a convolution pads so" if word[1] == "same" else "write v: conv64k3v"
    message = f"a modifier is a letter and its number, but {word[1]} follows"
    return stop.wrong(message, hint, Span(word.start(), word.end()))


def _habit(stop: _Stop) -> NetformError | None:
    for habit in HABITS:
        if re.search(habit.before + "$", stop.code) and re.match(habit.unread, stop.rest):
            return stop.wrong(habit.needed, habit.hint)
    return None


def _open_quote(stop: _Stop) -> NetformError | None:
    if stop.unread.startswith('"') or re.match(r'[a-z]+="[^"\n]*(\n|$)', stop.rest):
        return stop.wrong(
            "a quoted value ends on its line and contains no quotes",
            'write it as key="a value", with one quote before and one behind it',
        )
    return None


def _merge_runs_into_layer(stop: _Stop) -> NetformError | None:
    word = re.search(r"(?<=[a-z0-9)!])(add|cat|mul)$", stop.before)
    if stop.unread == "[" and word:
        span = Span(stop.start - 3, stop.start)
        return stop.wrong(f"{word[1]} has no space before it", "write a space before it", span)
    return None


def _capital(stop: _Stop) -> NetformError | None:
    """A word with a capital behind which no arguments follow."""
    block = re.search(r"(?<![\w=])[A-Z]\w*$", stop.before.rstrip())
    if not block or re.search(r"\b(def|let|input)$", stop.code[: -len(block[0])].rstrip()):
        return None
    word, span = block[0], Span(block.start(), block.end())
    if word.lower() in STATEMENTS:
        message, hint = "statements are written in small letters", f"write {word.lower()}"
    elif re.search(r"[0-9]", word):
        message = f"{ATOM}, but {quoted(word)} has capitals"
        hint = f"write {quoted(word.lower())}"
    else:
        message = f"a block is called with its arguments, but {stop.follows}"
        hint = f"write {quoted(word)}(64)"
    return stop.wrong(message, hint, span)


def _count(stop: _Stop) -> NetformError | None:
    if stop.code.endswith("*") and stop.code.count("(") == stop.code.count(")"):
        return stop.wrong(
            f"the number of repeats is needed after a star, but {stop.follows}", "write conv64k3*2"
        )
    return None


def _need(stop: _Stop) -> NetformError | None:
    for need in NEEDS:
        if re.search(need.before + "$", stop.code) and re.match(need.unread, stop.unread):
            return stop.wrong(f"{need.needed}, but {stop.follows}", need.hint)
    return None


def _expression(stop: _Stop) -> NetformError | None:
    if stop.code.count("(") > stop.code.count(")"):
        return stop.wrong(
            f"an expression is made of numbers, names, + - * / and parentheses, but {stop.follows}",
            "write an expression such as (64*w)",
        )
    return None


def _statement(stop: _Stop) -> NetformError | None:
    for need in UNFINISHED:
        if re.search(need.before + "$", stop.code):
            return stop.wrong(f"{need.needed}, but {stop.follows}", need.hint)
    return None


def _value_apart(stop: _Stop) -> NetformError | None:
    word = re.search(r"[a-z]+$", stop.code)
    if word and re.match("[0-9]", stop.unread):
        whole = re.match(r"[^\s#]+", stop.rest)
        return stop.wrong(
            f"the value is separated from {word[0]}",
            f"write {word[0]}{quoted(whole[0] if whole else stop.unread)} without the space",
        )
    return None


def _bar(stop: _Stop) -> NetformError | None:
    if stop.unread != "|":
        return None
    merge = re.search(r"\b(add|cat|mul) ?\[[^\]]*$", stop.code)
    if merge and " " in merge[0].partition("[")[0]:
        return stop.wrong(
            f"{merge[1]} is separated from its branches", f"write {merge[1]}[ without the space"
        )
    return stop.wrong("only add, cat and mul have branches", "write add[conv64k3 | conv64k1]")


def _sign(stop: _Stop) -> NetformError | None:
    """A sign that has a meaning, but not here."""
    if stop.unread == "*":
        return stop.wrong(
            "a part is followed by one star, not by two",
            "write conv64k3*2, or [conv64k3 relu]*3; for more, multiply: *6",
        )
    if stop.unread in ("@", "->", "-", ">"):
        return stop.wrong(
            f"a tap has a name of letters and digits, but {stop.follows}",
            "write ->early, and @early",
        )
    return None


def _word(stop: _Stop) -> NetformError | None:
    """A word with capitals, or a setting."""
    if stop.unread != stop.unread.lower():
        unread = quoted(stop.unread)
        return stop.wrong(
            f"{ATOM}, but {unread} has capitals", f"write {quoted(stop.unread.lower())}"
        )
    if "=" in stop.unread:
        return stop.wrong("a setting follows data, train, post or sweep", SETTING)
    return None


_RULES = (
    _foreign,
    _padding,
    _habit,
    _open_quote,
    _merge_runs_into_layer,
    _capital,
    _count,
    _need,
    _expression,
    _statement,
    _value_apart,
    _bar,
    _sign,
    _word,
)  # the first that finds something gives the error


def complain_of_change(error: UnexpectedInput, source: Source) -> NetformError:
    """The error for the place where reading a change of a symbol stopped."""
    start, unread = _unread(error, source)
    follows = f"'{printable(quoted(unread))}' follows" if unread else "the text ends"
    return NetformError(
        f"a change makes an expression of a symbol, but {follows}",
        Span(start, start + max(1, len(unread))),
        source,
        "write w=1/2, R=2*R or n=n+1",
    )


def _blank(match: re.Match[str]) -> str:
    """A quoted value without its content, a comment without its text, both as long as before."""
    return ("q" if match[0][0] == '"' else " ") * len(match[0])


def _unread(error: UnexpectedInput, source: Source) -> tuple[int, str]:
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
