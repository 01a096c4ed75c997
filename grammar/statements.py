"""The statements of a program and its chain, sorted out of what was read."""

from __future__ import annotations

from collections.abc import Iterable

from . import tree
from .builder import Misformed, Statement, post_chain
from .errors import NetformError, Source, Span, did_you_mean, quoted

_WEIGHTED = ("conv", "deconv", "dw", "fc")  # the ops that a post statement may name


def assemble(items: Iterable[tree.Input | tree.Atom | Statement], source: Source) -> tree.Program:
    """Sort the statements from the atoms, each statement before the first atom."""
    inputs: list[tree.Input] = []
    settings: dict[str, list[tree.Setting]] = {"post": [], "data": [], "train": []}
    chain: list[tree.Atom] = []
    for item in items:
        if isinstance(item, tree.Atom):
            chain.append(item)
            continue
        span = item.span if isinstance(item, tree.Input) else item.settings[0].span
        keyword = "input" if isinstance(item, tree.Input) else item.keyword
        if chain:
            raise NetformError(
                f"statements stand before the layers, but {keyword} comes after {chain[-1].op}",
                span,
                source,
                f"move {keyword} above the first layer",
            )
        if isinstance(item, tree.Input):
            inputs.append(item)
        else:
            settings[item.keyword] += item.settings
    for group, entries in settings.items():
        _refuse_repeats(group, entries, source)
    if len(inputs) > 1:
        raise NetformError(
            "a network has one input, but this is the second",
            inputs[1].span,
            source,
            "leave one of them out",
        )
    if not inputs:
        raise NetformError(
            "a network begins with its input, but there is none"
            if chain or any(settings.values())
            else "a network is needed, but the text is empty",
            Span(0, 1),
            source,
            "write input 32x32x3 (height x width x channels), then the layers",
        )
    if not chain:
        end = inputs[0].span.end
        raise NetformError(
            "layers are needed after the input, but there are none",
            Span(inputs[0].span.start, end),
            source,
            "write them behind the input: input 32x32x3 conv32k3 pool2 fc10",
        )
    try:
        posts, bias = _posts(settings["post"])
    except Misformed as error:
        raise NetformError(error.message, error.span, source, error.hint) from None
    return tree.Program(
        input=inputs[0],
        chain=tuple(chain),
        posts=posts,
        bias=bias,
        data=tuple(settings["data"]),
        train=tuple(settings["train"]),
        source=source,
    )


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


def _posts(settings: Iterable[tree.Setting]) -> tuple[tuple[tree.Post, ...], bool | None]:
    posts, bias = [], None
    for setting in settings:
        value_start = setting.span.end - len(setting.value)
        if setting.span.end - setting.span.start > len(setting.key) + 1 + len(setting.value):
            value_start -= 1  # the closing quote
        if setting.key == "bias":
            if setting.value not in ("0", "1"):
                raise Misformed(
                    f"bias is 0 or 1, not {quoted(setting.value)}",
                    Span(value_start, setting.span.end),
                    "write bias=0 or bias=1",
                )
            bias = setting.value == "1"
        elif setting.key in _WEIGHTED:
            chain = post_chain(setting.value, value_start)
            posts.append(tree.Post(setting.key, chain, setting.span))
        else:
            raise Misformed(
                f"post speaks of {', '.join(_WEIGHTED)} and bias, not of {quoted(setting.key)}",
                setting.span,
                did_you_mean(setting.key, (*_WEIGHTED, "bias")),
            )
    return tuple(posts), bias
