"""The statements of a program and its chain, sorted out of what was read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from itertools import pairwise

from . import tree
from .builder import Settings
from .errors import NetformError, Source, Span, did_you_mean, quoted
from .words import AtomError, post_chain

RESERVED = {"w": "the width", "B": "the batch", "c": "the incoming channels"}

_POST_FLAGS = ("bias", "last")  # of a post statement, 0 or 1
_WEIGHTED = ("conv", "deconv", "dw", "fc")  # the ops that a post statement may name
_Statement = tree.Input | tree.Use | tree.Let | tree.Definition | Settings


def assemble(items: Iterable[_Statement | tree.Item], source: Source) -> tree.Program:
    """Sort the statements from the chain, each statement before the first layer."""
    statements, chain = _sorted(items, source)
    inputs = [item for item in statements if isinstance(item, tree.Input)]
    if len(inputs) > 1:
        raise NetformError(
            "a network has one input, but this is the second",
            inputs[1].span,
            source,
            "leave one of them out",
        )
    posts, data, train, sweeps = (
        _settings(statements, group, source) for group in ("post", "data", "train", "sweep")
    )
    lets = _lets(statements, source)
    definitions = _definitions(statements, source)
    _check_chain(inputs, chain, bool(statements), source)
    try:
        chains, flags = _posts(posts)
    except AtomError as error:
        raise NetformError(error.message, error.span, source, error.hint) from None
    return tree.Program(
        input=inputs[0],
        chain=tuple(chain),
        posts=chains,
        bias=flags.get("bias"),
        last=flags.get("last"),
        data=data,
        train=train,
        uses=tuple(item for item in statements if isinstance(item, tree.Use)),
        lets=lets,
        definitions=definitions,
        sweeps=sweeps,
        source=source,
    )


def _sorted(
    items: Iterable[_Statement | tree.Item], source: Source
) -> tuple[list[_Statement], list[tree.Item]]:
    """The statements, and the chain behind them."""
    statements: list[_Statement] = []
    chain: list[tree.Item] = []
    for item in items:
        if not isinstance(item, _Statement):
            chain.append(item)
        elif chain:
            raise NetformError(
                f"statements come before the layers, but {keyword(item)} comes after one",
                place(item),
                source,
                f"move {keyword(item)} above the first layer",
            )
        else:
            statements.append(item)
    return statements, chain


def _check_chain(
    inputs: Sequence[tree.Input], chain: Sequence[tree.Item], has_statements: bool, source: Source
) -> None:
    """Refuse a network without an input or without layers, and references that begin no branch."""
    if not inputs:
        raise NetformError(
            "a network begins with its input, but there is none"
            if chain or has_statements
            else "a network is needed, but the text is empty",
            Span(0, 1),
            source,
            "write input 32x32x3 (height x width x channels), then the layers",
        )
    if not chain:
        raise NetformError(
            "layers are needed after the input, but there are none",
            inputs[0].span,
            source,
            "write them behind the input: input 32x32x3 conv32k3 pool2 fc10",
        )
    for item in chain:
        if isinstance(item, tree.Reference):
            raise NetformError(
                f"@{quoted(item.name)} begins a branch, but here it is elsewhere",
                item.span,
                source,
                f"write it first in a branch, such as cat[@{quoted(item.name)} | up2]",
            )


def assemble_library(items: Iterable[_Statement | tree.Item], source: Source) -> tree.Library:
    """The definitions of an included file, which contains nothing else."""
    statements: list[_Statement] = []
    for item in items:
        if not isinstance(item, tree.Use | tree.Let | tree.Definition):
            what = keyword(item) if isinstance(item, _Statement) else "a layer"
            raise NetformError(
                f"an included file contains def, let and use, but here is {what}",
                place(item),
                source,
                "move it into the file of the network",
            )
        statements.append(item)
    uses = tuple(item for item in statements if isinstance(item, tree.Use))
    return tree.Library(_lets(statements, source), _definitions(statements, source), uses, source)


def keyword(statement: _Statement) -> str:
    """The word that begins a statement."""
    match statement:
        case tree.Input():
            return "input"
        case tree.Use():
            return "use"
        case tree.Let():
            return "let"
        case tree.Definition():
            return "def"
        case Settings():
            return statement.keyword


def place(item: _Statement | tree.Item) -> Span:
    """The place of a statement or of a part of a chain."""
    return item.settings[0].span if isinstance(item, Settings) else item.span


def _settings(
    statements: Sequence[_Statement], group: str, source: Source
) -> tuple[tree.Setting, ...]:
    settings = [
        setting
        for statement in statements
        if isinstance(statement, Settings) and statement.keyword == group
        for setting in statement.settings
    ]
    _refuse_repeats(group, settings, source)
    return tuple(settings)


def _lets(statements: Sequence[_Statement], source: Source) -> tuple[tree.Let, ...]:
    lets = tuple(item for item in statements if isinstance(item, tree.Let))
    _check_names("let", lets, source)
    return lets


def _definitions(statements: Sequence[_Statement], source: Source) -> tuple[tree.Definition, ...]:
    definitions = tuple(item for item in statements if isinstance(item, tree.Definition))
    seen: set[str] = set()
    for definition in definitions:
        if definition.name in seen:
            raise NetformError(
                f"a block is defined once, but this is the second {quoted(definition.name)}",
                definition.span,
                source,
                "give it another name",
            )
        seen.add(definition.name)
        _check_names("parameter", definition.parameters, source)
        _check_defaults(definition.parameters, source)
    return tuple(dataclasses.replace(definition, source=source) for definition in definitions)


def _check_defaults(parameters: Sequence[tree.Parameter], source: Source) -> None:
    for before, parameter in pairwise(parameters):
        if before.default is not None and parameter.default is None:
            raise NetformError(
                f"parameters with a default come last, but {quoted(parameter.name)} has none",
                parameter.span,
                source,
                f"move it before {quoted(before.name)}, or give it a default",
            )


def _check_names(
    what: str, named: Sequence[tree.Let] | Sequence[tree.Parameter], source: Source
) -> None:
    seen: set[str] = set()
    for entry in named:
        if entry.name in RESERVED:
            raise NetformError(
                f"{entry.name} is {RESERVED[entry.name]}, so no {what} can have this name",
                entry.span,
                source,
                "give it another name",
            )
        if entry.name in seen:
            raise NetformError(
                f"every {what} has its own name, but this is the second {quoted(entry.name)}",
                entry.span,
                source,
                "give it another name",
            )
        seen.add(entry.name)


def _refuse_repeats(group: str, settings: Iterable[tree.Setting], source: Source) -> None:
    seen: set[str] = set()
    for setting in settings:
        if setting.key in seen:
            raise NetformError(
                f"{group} sets {quoted(setting.key)} once, but this is the second time",
                setting.span,
                source,
                "leave one of them out",
            )
        seen.add(setting.key)


def _posts(settings: Iterable[tree.Setting]) -> tuple[tuple[tree.Post, ...], dict[str, bool]]:
    """The post chains of a post statement, and its flags."""
    posts, flags = [], {}
    for setting in settings:
        value_start = setting.span.end - len(setting.value)
        if setting.span.end - setting.span.start > len(setting.key) + 1 + len(setting.value):
            value_start -= 1  # the closing quote
        if setting.key in _POST_FLAGS:
            if setting.value not in ("0", "1"):
                raise AtomError(
                    f"{setting.key} is 0 or 1, not {quoted(setting.value)}",
                    Span(value_start, setting.span.end),
                    f"write {setting.key}=0 or {setting.key}=1",
                )
            flags[setting.key] = setting.value == "1"
        elif setting.key in _WEIGHTED:
            chain = post_chain(setting.value, value_start)
            posts.append(tree.Post(setting.key, chain, setting.span))
        else:
            raise AtomError(
                f"post has settings for {', '.join((*_WEIGHTED, _POST_FLAGS[0]))} and {_POST_FLAGS[1]}, "
                f"not for {quoted(setting.key)}",
                setting.span,
                did_you_mean(setting.key, (*_WEIGHTED, *_POST_FLAGS)),
            )
    return tuple(posts), flags
