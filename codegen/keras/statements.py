"""Statements of a program as data: compared, folded into loops, then written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..python.source import Call, Name, Value


@dataclass(frozen=True, slots=True)
class Counted:
    """``conv3``: a word and its number, which in loops grows every round by a step."""

    word: str
    number: int | None
    steps: tuple[tuple[str, int], ...] = ()  # loop variable, and what a round adds

    def __str__(self) -> str:
        if self.number is None:
            return self.word
        if not self.steps:
            return f"{self.word}{self.number}"
        terms = [variable if step == 1 else f"{step} * {variable}" for variable, step in self.steps]
        if self.number:
            terms.append(str(self.number))
        return f"{self.word}{{{' + '.join(terms)}}}"

    def at(self, variable: str, number: int) -> Counted:
        """In one round of a loop."""
        if self.number is None or not self.steps:
            return self
        grown = sum(step for name, step in self.steps if name == variable) * number
        steps = tuple(pair for pair in self.steps if pair[0] != variable)
        return Counted(self.word, self.number + grown, steps)


@dataclass(frozen=True, slots=True)
class LayerName:
    """A layer's name: ``bott2_conv1_bn``, behind the function's own where ``prefixed``."""

    parts: tuple[Counted, ...]
    prefixed: bool
    separator: str = "_"
    suffix: str = ""

    def value(self) -> Value:
        """As Python source: a string, formatted where a part of it varies."""
        inside = self.separator.join(map(str, self.parts)) + self.suffix
        if self.prefixed:
            return Name(f'f"{{name}}{self.separator}{inside}"')
        return Name(f'f"{inside}"') if any(part.steps for part in self.parts) else inside


def layer_name(name: str, prefixed: bool, separator: str = "_") -> LayerName:
    """The name of a layer in Python: ``bott2.conv1`` is bott2_conv1."""
    parts = []
    for part in name.split("."):
        match = re.fullmatch(r"(.*[^0-9])([0-9]+)", part)
        parts.append(Counted(match[1], int(match[2])) if match else Counted(part, None))
    return LayerName(tuple(parts), prefixed, separator)


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = call(tensor)``; ``name`` is the layer's, and ``tensor`` may be a list of them."""

    target: str
    call: Call
    tensor: str
    name: LayerName | None = None


@dataclass(frozen=True, slots=True)
class AssignValue:
    """A statement without a layer: ``early = x``, or ``c = x.shape[-1]``."""

    target: str
    value: str


@dataclass(frozen=True, slots=True)
class Loop:
    """``for i in range(count):`` and its body; None where there is no round: any body fits."""

    count: str
    rounds: int
    variable: str
    body: tuple[Statement, ...] | None


Statement = Assign | AssignValue | Loop


def folded(
    rounds: Sequence[Sequence[Statement]], count: str, variable: str, depth: int
) -> Loop | None:
    """The loop with the same statements as the rounds; None if there is none.

    Numbers grow in the part of a name at ``depth``: after a round with two convs, the numbers of
    the next round's convs are higher by two.
    """
    if not rounds:
        return Loop(count, 0, variable, None)
    steps = {word: len(numbers) for word, numbers in _numbers(rounds[0], depth).items()}
    body = tuple(_growing(statement, steps, variable, depth) for statement in rounds[0])
    for number, found in enumerate(rounds):
        if tuple(_at(statement, variable, number) for statement in body) != tuple(found):
            return None
    return Loop(count, len(rounds), variable, body)


def agreed(one: Sequence[Statement], other: Sequence[Statement]) -> tuple[Statement, ...] | None:
    """The statements of both, where a loop without rounds equals any other; None if they differ."""
    if len(one) != len(other):
        return None
    both: list[Statement] = []
    for a, b in zip(one, other, strict=True):
        if isinstance(a, Loop) and isinstance(b, Loop):
            if (a.count, a.variable) != (b.count, b.variable):
                return None
            body = a.body if b.body is None else b.body
            if a.body is not None and b.body is not None:
                body = agreed(a.body, b.body)
                if body is None:
                    return None
            both.append(replace(a, rounds=max(a.rounds, b.rounds), body=body))
        elif a != b:
            return None
        else:
            both.append(a)
    return tuple(both)


def lines(statements: Sequence[Statement], indent: int = 4) -> Iterator[str]:
    """The statements as lines of Python."""
    margin = " " * indent
    for statement in statements:
        match statement:
            case Assign(target=target, call=call, tensor=tensor, name=name):
                named = {"name": name.value()} if name else {}
                named_call = replace(call, keywords={**call.keywords, **named})
                yield margin + named_call.assigned(target, tensor)
            case AssignValue(target=target, value=text):
                yield f"{margin}{target} = {text}"
            case Loop(count=count, variable=variable, body=body) if body:
                yield f"{margin}for {variable if _uses(body, variable) else '_'} in range({count}):"
                yield from lines(body, indent + 4)
            case Loop():
                pass  # no call has a round


def needed(statements: Sequence[Statement], result: str) -> list[Statement]:
    """The statements without names that nothing reads, and loops that these leave empty."""
    while True:
        read = {result, *_words(statements)}
        kept = _reading(statements, read)
        if kept == list(statements):
            return kept
        statements = kept


def _reading(statements: Sequence[Statement], read: set[str]) -> list[Statement]:
    kept: list[Statement] = []
    for statement in statements:
        if isinstance(statement, AssignValue) and statement.target not in read:
            continue
        if isinstance(statement, Loop) and statement.body is not None:
            body = tuple(_reading(statement.body, read))
            if not body:
                continue
            statement = replace(statement, body=body)
        kept.append(statement)
    return kept


def _words(statements: Sequence[Statement]) -> Iterator[str]:
    """The names that statements read."""
    for statement in statements:
        match statement:
            case Assign(call=call, tensor=tensor):
                values = [tensor, *_texts((*call.arguments, *call.keywords.values()))]
                yield from re.findall(r"\w+", " ".join(values))
            case AssignValue(value=value):
                yield from re.findall(r"\w+", value)
            case Loop(body=body):
                yield from _words(body or ())


def _texts(values: Sequence[Value]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Name):
            yield value.text
        elif isinstance(value, tuple):
            yield from _texts(value)


def _names(statements: Sequence[Statement]) -> Iterator[LayerName]:
    for statement in statements:
        if isinstance(statement, Assign) and statement.name:
            yield statement.name
        elif isinstance(statement, Loop) and statement.body:
            yield from _names(statement.body)


def _uses(statements: Sequence[Statement], variable: str) -> bool:
    return any(
        name == variable
        for found in _names(statements)
        for part in found.parts
        for name, _ in part.steps
    )


def _numbers(statements: Sequence[Statement], depth: int) -> dict[str, set[int]]:
    """The numbers that one round gives to the layers of every word."""
    found: dict[str, set[int]] = {}
    for statement in statements:
        if isinstance(statement, Loop):
            for number in range(statement.rounds):
                body = [_at(each, statement.variable, number) for each in statement.body or ()]
                for word, numbers in _numbers(body, depth).items():
                    found.setdefault(word, set()).update(numbers)
        elif isinstance(statement, Assign) and statement.name:
            part = statement.name.parts[depth]
            if part.number is not None:
                found.setdefault(part.word, set()).add(part.number)
    return found


def _growing(statement: Statement, steps: dict[str, int], variable: str, depth: int) -> Statement:
    """The statement with the number in its name growing by the round."""
    match statement:
        case Assign(name=name) if name and name.parts[depth].number is not None:
            part = name.parts[depth]
            grown = replace(part, steps=((variable, steps[part.word]), *part.steps))
            parts = (*name.parts[:depth], grown, *name.parts[depth + 1 :])
            return replace(statement, name=replace(name, parts=parts))
        case Loop(body=body) if body:
            inner = tuple(_growing(each, steps, variable, depth) for each in body)
            return replace(statement, body=inner)
        case _:
            return statement


def _at(statement: Statement, variable: str, number: int) -> Statement:
    """The statement in one round of a loop."""
    match statement:
        case Assign(name=name) if name:
            parts = tuple(part.at(variable, number) for part in name.parts)
            return replace(statement, name=replace(name, parts=parts))
        case Loop(body=body) if body:
            return replace(statement, body=tuple(_at(each, variable, number) for each in body))
        case _:
            return statement
