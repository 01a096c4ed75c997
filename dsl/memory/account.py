"""The account of a step's memory: what takes how much, by the model of a profile."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from ...grammar.errors import NetformError
from ...grammar.short_repr import ShortRepr
from ..algebra.polynomials import ZERO, Poly, sum_of_polynomials, value_at, whole
from ..algebra.units import json_number
from ..costs.in_symbols import NetworkInSymbols
from ..graph.layer import Layer
from . import textbook_profile, torch_profile
from .allocator_figures import AllocatorFigures, allocator_figures
from .dominance import least_values
from .kept import KeptTensor
from .keras_torch import profile as keras_torch_profile
from .measured_errors import ERRORS
from .peak import PartOfPeak, Peak
from .profiles import MODES, PARTS, PROFILES, check_dtype, check_name
from .request import Request, check_no_remat
from .timeline import Timeline
from .xla import profile as xla_profile

if TYPE_CHECKING:
    from sympy import Expr


@dataclass(frozen=True, slots=True)
class Rules:
    """What a profile tells: the tensors that are kept in a mode, and the timeline of a peak.

    ``knows_remat`` says that it also tells them where a part is computed again.
    """

    kept: Callable[[Request], Sequence[KeptTensor]]
    timeline: Callable[[Request], Timeline]
    knows_remat: bool = False


_RULES: Mapping[str, Rules] = {
    "textbook": Rules(textbook_profile.kept, textbook_profile.timeline, True),
    "torch": Rules(torch_profile.kept_in_mode, torch_profile.timeline, True),
    "keras-torch": Rules(keras_torch_profile.kept_in_mode, keras_torch_profile.timeline),
    "jax": Rules(xla_profile.kept, xla_profile.timeline),
    "tensorflow": Rules(
        partial(xla_profile.kept, is_tensorflow=True),
        partial(xla_profile.timeline, is_tensorflow=True),
    ),
}


@dataclass(frozen=True)
class Account(ShortRepr):
    """What a step keeps in memory, in bytes, as polynomials in the network's letters.

    ``values`` are the numbers of letters that are not free. ``parts`` are sums by purpose, one for
    each name of PARTS; where the mode is a peak, those of the time of the peak. ``kept`` are the
    tensors that are counted, in the order in which they are kept. A peak also has its ``peak`` and
    the ``timeline`` of the step. ``devices`` share the batch B evenly; all figures are of one of them.
    ``all_reduced`` are the gradients that they add up in a step.
    """

    profile: str
    mode: str
    network: NetworkInSymbols
    values: Mapping[str, Fraction]
    parts: Mapping[str, Poly | PartOfPeak]
    kept: Sequence[KeptTensor]
    peak: Peak | None = None
    timeline: Timeline | None = None
    devices: int = 1
    all_reduced: Poly = ZERO

    def figure(self, poly: Poly | Peak | PartOfPeak) -> int | Expr:
        """Bytes as a number; as an expression where a letter has no value."""
        algebra = self.network.algebra
        if isinstance(poly, Peak | PartOfPeak):
            return self._with_numbers(poly.expression(algebra))
        if self.values.keys() >= set(algebra.names):
            return whole(value_at(poly, algebra.point(self.on_a_device)))
        return self._with_numbers(self.network.expression(poly))

    def _with_numbers(self, expr: Expr) -> Expr:
        """An expression at the values, with a device's share of a batch that is free."""
        from ..algebra.sympy_expressions import substituted

        if self.devices > 1 and "B" not in self.values:
            batch = self.network.algebra.expression(self.network.algebra.batch)
            expr = expr.subs(batch, batch / self.devices)
        return substituted(expr, self._known)

    @property
    def on_a_device(self) -> Mapping[str, Fraction]:
        """The values of letters on one device: its share of the batch."""
        return values_on_a_device(self.values, self.devices)

    @functools.cached_property
    def _known(self) -> Mapping[str, Fraction]:
        names = self.network.algebra.names
        return {name: value for name, value in self.on_a_device.items() if name in names}

    @property
    def total(self) -> Poly | Peak:
        """All parts together; the largest of polynomials where a peak has several."""
        if self.peak is not None:
            return self.peak.total
        return sum_of_polynomials(cast("Iterable[Poly]", self.parts.values()))

    @property
    def error(self) -> Mapping[str, Any] | None:
        """The signed error in percent as measured: its median, the worst, and on what.

        None where nothing was measured.
        """
        return ERRORS.get((self.profile, self.mode))

    def as_json(self) -> dict[str, Any]:
        """The account as JSON values: numbers are integers, formulas text."""
        found = {
            "profile": self.profile,
            "mode": self.mode,
            "symbols": {name: json_number(value) for name, value in self.values.items()},
            "parts": {name: self._json(poly) for name, poly in self.parts.items()},
            "total": self._json(self.total),
            "error": self.error,
            "layers": [
                {"name": layer.name, "kept": [self._tensor(tensor) for tensor in tensors]}
                for layer, tensors in self.by_layer()
            ],
        }
        if self.devices > 1:
            reduced = self.figure(self.all_reduced)
            found["data_parallel"] = {
                "devices": self.devices,
                "all_reduced": self._json(self.all_reduced),
                "sent_by_a_device": _json_figure(sent_in_a_ring(reduced, self.devices)),
            }
        if self.on_a_gpu is not None:
            found["allocator"] = asdict(self.on_a_gpu)
        return found

    @functools.cached_property
    def on_a_gpu(self) -> AllocatorFigures | None:
        """What PyTorch's allocator of a GPU takes for a step of the profile ``torch`` at a number.

        None for other profiles and modes, and where a letter is free.
        """
        is_at_a_number = self.values.keys() >= set(self.network.algebra.names)
        if self.profile != "torch" or self.timeline is None or not is_at_a_number:
            return None
        return allocator_figures(self.network, self.timeline, self.on_a_device)

    def _tensor(self, tensor: KeptTensor) -> dict[str, Any]:
        return {
            "tensor": tensor.tensor,
            "dtype": tensor.dtype,
            "bytes": self._json(tensor.bytes),
            "why": "; ".join(tensor.why),
        }

    def _json(self, poly: Poly | Peak | PartOfPeak) -> int | str:
        algebra = self.network.algebra
        if self.devices > 1 or self.values.keys() >= set(algebra.names):
            return _json_figure(self.figure(poly))
        if isinstance(poly, Peak | PartOfPeak):  # text is much quicker to write than by SymPy
            return poly.text(algebra, self._known)
        return algebra.text(algebra.with_numbers(poly, self._known))

    def by_layer(self) -> Iterator[tuple[Layer, list[KeptTensor]]]:
        """The layers in order, and what is counted of what each of them made."""
        place = {layer: number for number, layer in enumerate(self.network.layers)}
        found = sorted(self.kept, key=lambda tensor: place[tensor.layer])
        for layer, tensors in groupby(found, key=lambda tensor: tensor.layer):
            yield layer, list(tensors)


def account_of(
    network: NetworkInSymbols,
    values: Mapping[str, Fraction],
    profile: str = "torch",
    dtype: str = "float32",
    optimizer: str = "adam",
    copies: int = 0,
    mode: str = "training",
    devices: int = 1,
) -> Account:
    """The account of a step, at some values of the network's letters.

    ``copies`` are values that training keeps for every trainable parameter beside the
    optimizer's: averaged weights, sums of gradients. ``devices`` share the batch. Raises
    NetformError where no profile or mode has the name, or the profile cannot follow the network.
    """
    check_name("profile", profile, PROFILES)
    check_name("mode", mode, MODES)
    check_dtype(dtype, profile)
    rules = _RULES[profile]
    here = values_on_a_device(values, devices)
    request = Request(network, mode, dtype, optimizer, copies, here.get("B"))
    if request.trains and not rules.knows_remat:
        check_no_remat(request.layers, profile)
    reduced = request.variables().get("gradients", ZERO) if devices > 1 else ZERO
    if not mode.endswith("peak"):
        kept = rules.kept(request)
        parts: dict[str, Poly | PartOfPeak] = {**dict.fromkeys(PARTS, ZERO), **request.variables()}
        parts["activations"] = sum_of_polynomials(tensor.bytes for tensor in kept)
        found = Account(profile, mode, network, values, parts, kept)
        return replace(found, devices=devices, all_reduced=reduced)
    timeline = rules.timeline(request)
    if values.keys() >= set(network.algebra.names):
        peak = timeline.peak_at(network.algebra, here)
    else:
        peak = timeline.peak(least_values(network))
    at_peak = {part: peak.part(part) for part in PARTS}
    found = Account(profile, mode, network, values, at_peak, peak.tensors, peak, timeline)
    return replace(found, devices=devices, all_reduced=reduced)


def values_on_a_device(values: Mapping[str, Fraction], devices: int) -> Mapping[str, Fraction]:
    """The values with the share of the batch that one of several devices has.

    Raises NetformError where the devices cannot share the batch evenly.
    """
    if devices == 1 or "B" not in values:
        return values
    share = values["B"] / devices
    if share.denominator != 1 or share < 1:
        raise NetformError(
            f"{devices} devices cannot share a batch of {values['B']} evenly",
            hint=f"take a multiple of {devices}",
        )
    return {**values, "B": share}


def sent_in_a_ring(reduced: int | Expr, devices: int) -> int | Fraction | Expr:
    """The bytes that each device sends where the gradients go around in a ring."""
    share = Fraction(2 * (devices - 1), devices)
    if isinstance(reduced, int):
        sent = share * reduced
        return int(sent) if sent.denominator == 1 else sent
    from sympy import Rational

    return Rational(share.numerator, share.denominator) * reduced


def _json_figure(figure: int | Fraction | Expr) -> int | str:
    return figure if isinstance(figure, int) else str(figure)
