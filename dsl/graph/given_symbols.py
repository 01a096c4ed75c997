"""Symbols given by name to a function of the public interface, beside its own options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from ...grammar.errors import NetformError

P = ParamSpec("P")
T = TypeVar("T")


def takes_symbols(mapping: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Refuses calls in which one name means an option of the function and a let of its network.

    The function takes the network as its first argument, and symbols as keywords or, whatever
    their names are, in the argument called ``mapping``. With that argument, keywords are options.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        options = options_of(function) - {mapping}
        position = list(inspect.signature(function).parameters).index(mapping)

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            network: Any = args[0]
            given = args[position] if len(args) > position else kwargs.get(mapping)
            if given is None:
                for name in kwargs.keys() & options & set(network.symbols):
                    raise _two_things(name, function.__name__, mapping, kwargs[name])
            return function(*args, **kwargs)

        return call

    return decorate


def options_of(function: Callable[..., Any]) -> set[str]:
    """The keywords of a function that may be left out and are no symbols."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(function).parameters.values()
    optional = {p.name for p in found if p.kind in kinds and p.default is not p.empty}
    return optional - {"w", "B"}


def _two_things(name: str, function: str, mapping: str, value: object) -> NetformError:
    return NetformError(
        f"{name} is a let of this network and an option of {function}",
        hint=f"write {mapping}={{{name!r}: {value!r}}} for the let, or {name}={value!r}, "
        f"{mapping}={{}} for the option",
    )
