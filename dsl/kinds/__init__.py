"""The kinds of layers: every module here is one, and ``base`` is what kinds are stated in.

The modules are found here, so adding a kind is adding its module: docs/contributing/adding-a-kind.md
shows the whole change.
"""

from __future__ import annotations

import importlib
import pkgutil

from .base.kind import VALUE, Kind, Spelling, spellings
from .base.merge import BranchShapeError, Merge


def _found() -> tuple[type[Kind], ...]:
    """The kinds that the modules here define, in an order that no file system decides.

    Layers with weights come first, then what else makes a map, norms, activations, all others.
    """
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg]
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    kinds = [
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Kind) and kind.__module__ == module.__name__
    ]
    return tuple(sorted(kinds, key=_rank))


def _rank(kind: type[Kind]) -> tuple[bool, bool, bool, bool, str]:
    return (
        not kind.weighted,
        not kind.keeps_map,
        not kind.is_norm,
        not kind.in_post,
        kind.op,
    )


ALL_KINDS = _found()  # the input and merges among them
KINDS: tuple[type[Kind], ...] = tuple(
    kind for kind in ALL_KINDS if kind.in_chain and not issubclass(kind, Merge)
)
MERGES: tuple[type[Merge], ...] = tuple(kind for kind in ALL_KINDS if issubclass(kind, Merge))

BY_OP: dict[str, type[Kind]] = {kind.op: kind for kind in KINDS}
MERGE_BY_OP: dict[str, type[Merge]] = {kind.op: kind for kind in MERGES}

__all__ = [
    "ALL_KINDS",
    "BY_OP",
    "KINDS",
    "MERGES",
    "MERGE_BY_OP",
    "VALUE",
    "BranchShapeError",
    "Kind",
    "Merge",
    "Spelling",
    "spellings",
]
