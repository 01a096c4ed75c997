"""Memory by a profile before and after a change: its formulas, its figures, its layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ...grammar.short_repr import LongTuple, ShortRepr
from ..algebra.polynomials import ZERO, Poly
from ..costs.quantities import QUANTITIES
from ..costs.totals import shares
from ..graph.layer import Layer
from ..memory.account import account_of
from ..memory.cases import Cases, counts_one_image_apart
from ..memory.profiled_quantity import ProfiledQuantity
from .memory_parts import total_at

if TYPE_CHECKING:
    from ..network import Network


@dataclass(frozen=True, slots=True)
class RatioByProfile(ShortRepr):
    """The value is the largest of ``polys``; ``figures`` are counted before and after the change.

    ``figures`` is None where a symbol has no number. ``shares`` are what every layer adds to what
    is kept: what it made, and what training keeps for its parameters. A peak has none, nor has
    the profile keras-torch, whose formulas are exact at some numbers only.
    """

    polys: Sequence[Poly]
    figures: tuple[int, int] | None
    shares: Sequence[tuple[Layer, Poly]]


def ratio_by_profile(
    network: Network,
    quantity: ProfiledQuantity,
    cases: Cases,
    model: Mapping[str, str],
    ends: tuple[Mapping[str, Fraction], Mapping[str, Fraction]] | None,
) -> RatioByProfile:
    """What a ratio needs, at the numbers of the symbols before and after."""
    figures = None
    if ends is not None:
        before, after = (total_at(network, quantity, at, copies=0, **model) for at in ends)
        figures = before, after
    own = () if counts_one_image_apart(quantity) else _shares(quantity, cases, model)
    return RatioByProfile(cases.polys, figures, LongTuple(own))


def _shares(
    quantity: ProfiledQuantity, cases: Cases, model: Mapping[str, str]
) -> list[tuple[Layer, Poly]]:
    """What every layer adds to the account of a network in symbols."""
    account = account_of(
        cases.network, {}, quantity.profile, model["dtype"], model["optimizer"], 0, quantity.mode
    )
    made = dict(account.by_layer())
    variables = QUANTITIES[quantity.base]
    found = []
    for layer, totals in shares(cases.network.layers):
        alone = dataclasses.replace(totals, feature_maps=ZERO, error_signals=ZERO)
        share = variables.poly(alone, **model) or ZERO
        for tensor in made.get(layer, []):
            share = share + tensor.bytes
        found.append((layer, share))
    return found
