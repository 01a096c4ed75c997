"""The network of a user: the formulas of dsl, and every question that they answer."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netform.dsl.costs.table import Table
from netform.dsl.graph.given_symbols import takes_symbols
from netform.dsl.network import Network as _Network
from netform.grammar import parser
from netform.grammar.budget import answers
from netform.on_devices import OnDevices

if TYPE_CHECKING:
    from netform.derivation import Derivation
    from netform.dsl.graph.warnings.spec_warning import SpecWarning
    from netform.dsl.kinds.base.receptive_field import Interval
    from netform.dsl.questions.claims import Claim
    from netform.dsl.questions.compare import Comparison
    from netform.dsl.questions.ratio import Ratio
    from netform.dsl.questions.solution import Solution


class Network(OnDevices):
    """A convolutional network: what it costs, for every width w and batch B, and its program.

    Quantities are SymPy expressions in the symbols ``w`` (width: every output-channel count is
    multiplied by it) and ``B`` (batch, for memory). Networks are equal when their programs and values are equal.

    >>> import netform
    >>> net = netform.parse("input 8x8x1 conv16k3 pool2 fc10")
    >>> net.params
    2720*w + 10
    >>> net.at(w=2).params
    5450
    """

    @takes_symbols("values")
    @answers
    def table(
        self,
        /,
        w: Any = 1,
        B: Any = 1,
        rounding: str | None = None,
        conventions: Sequence[str] = (),
        columns: Sequence[str] = (),
        values: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> Table:
        """The cost table at a width and a batch, and at other values of its lets.

        The values are keywords, or in the mapping ``values``. With ``conventions``, such as
        ``["torchinfo"]``, work is what those tools count. ``columns`` are more quantities, such as
        ``["traffic_training"]``.
        """
        given = {**(values or {}), **named}
        network = self.having(**given) if given else self
        counts = {name: network.counts(name, w, rounding) for name in conventions}
        figures = network.at(w, B, rounding)
        return Table(self.name, figures, counts, figures.by_layer(columns))

    @answers
    def counts(self, convention: str, w: Any = 1, rounding: str | None = None) -> tuple[int, ...]:
        """What a convention counts for every layer at a width, the image first, for one image."""
        from netform.dsl.questions.counting import counts

        return counts(self, convention, w, rounding)

    @answers
    def warnings(self, w: Any = 1, rounding: str | None = None) -> list[SpecWarning]:
        """Probable mistakes, and what ``emit`` refuses at a width, in the order of the text."""
        from netform.dsl.graph.warnings.network_warnings import warnings_of
        from netform.dsl.graph.warnings.spec_warning import in_order
        from netform.dsl.questions.training_warnings import training_warnings

        found = warnings_of(self.program, self.in_symbols().graph)
        return in_order([*found, *training_warnings(self, w, rounding)], self.program)

    @answers
    def sees(self, layer: str, position: Sequence[int]) -> tuple[Interval | None, ...]:
        """Per axis, the first and last image pixel that one pixel of a layer's map sees.

        Unlike ``aperture`` this ends at the borders: of the image, and of every map on the way.
        None where nothing is seen, which up-convolutions with small kernels leave.
        """
        from netform.dsl.costs.pixel_trace import trace_pixel

        found = self.layer(layer)
        self.check_closed()
        return trace_pixel(self.layers, found, position)

    @takes_symbols("changes")
    @answers
    def ratio(
        self,
        quantity: str,
        /,
        dtype: str = "float32",
        optimizer: str = "adam",
        changes: Mapping[str, Any] | None = None,
        profile: str = "textbook",
        mode: str | None = None,
        **named: Any,
    ) -> Ratio | None:
        """What a change of symbols does to a quantity; None where it is 0 throughout.

        A change is an expression in the symbols of the network, such as ``R="2*R"`` or
        ``n="n+1"``, as a keyword or in the mapping ``changes``. A number multiplies the width,
        and is what another symbol is before and after: ``B=128``.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 conv16k3 fc10")
        >>> half = net.ratio("params", w="1/2")
        >>> half.exact, half.limit
        (521/1041, 1/2)
        >>> net.ratio("macs", R="2*R").formula
        4
        """
        from netform.dsl.questions.ratio import ratio

        given = {**(changes or {}), **named}
        model = {"dtype": dtype, "optimizer": optimizer}
        return ratio(self, quantity, model, given, profile, mode)

    @takes_symbols("values")
    @answers
    def solve(
        self,
        claim: Claim | str,
        /,
        symbol: str,
        dtype: str = "float32",
        optimizer: str | None = None,
        step: Any = None,
        values: Mapping[str, Any] | None = None,
        profile: str = "textbook",
        mode: str | None = None,
        **named: Any,
    ) -> Solution:
        """The largest value of a symbol inside a budget, or the smallest that reaches one.

        w and B are 1 and a let is its number unless other values are given, as keywords or in
        the mapping ``values``. ``step`` is what the
        symbol is a multiple of: 1, and for w what makes all channels whole, unless given; the
        optimizer is the network's own; ``profile`` and ``mode`` count memory. Raises NetformError where no value is the answer.

        >>> import netform
        >>> net = netform.parse("input 32x32x3 conv32k3 conv64k3 pool2 fc10")
        >>> print(net.solve("params <= 100k", symbol="w"))
        params(w = 9/16) = 98,542 <= 100,000 < params(w = 19/32) = 104,358
        >>> net.solve("memory <= 11 GiB", symbol="B").value
        12698
        """
        from netform.dsl.questions.solve import solve

        given = {**(values or {}), **named}
        return solve(self, claim, symbol, dtype, optimizer, step, given, profile, mode)

    @answers
    def compare(
        self,
        other: _Network,
        w: Any = 1,
        B: Any = 1,
        symbols: Iterable[str] = ("w", "B"),
        dtype: str = "float32",
        optimizer: str = "adam",
        profile: str = "textbook",
        mode: str | None = None,
    ) -> Comparison:
        """This network compared with another: figures at a width and a batch, formulas, layers.

        Along ``symbols``, all else fixed, it finds every value at which one overtakes the other.

        >>> import netform
        >>> wide = netform.parse("input 8x8x1 conv32k3 gap fc10", "wide")
        >>> deep = netform.parse("input 8x8x1 conv16k3*4 gap fc10", "deep")
        >>> comparison = wide.compare(deep)
        >>> comparison["params"].ratio
        65/729
        >>> print(comparison.standings[0].crossings)
        ()
        """
        from netform.dsl.questions.compare import compare

        return compare(self, other, w, B, symbols, dtype, optimizer, profile, mode)

    def _repr_html_(self) -> str:
        if self.open:  # there are no figures
            return f"<code>{html.escape(repr(self))}</code>"
        return self.table()._repr_html_()

    def _repr_latex_(self) -> str:
        return str(self.params._repr_latex_())

    @answers
    def explain(
        self,
        quantity: str,
        layer: str | None = None,
        free: Iterable[str] | None = None,
        w: Any = 1,
        B: Any = 1,
        dtype: str = "float32",
        optimizer: str = "adam",
    ) -> Derivation:
        """How a quantity follows, step by step, of one layer or of the whole network.

        Beside all quantities, ``output`` and ``aperture`` of a layer. ``free`` symbols stay
        letters, as in :meth:`formula`; w and B are those of the numbers.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 conv16k3 conv32k3 fc10")
        >>> net.explain("params", layer="conv2").number
        Fraction(4640, 1)
        """
        from netform.derivation import Derivation
        from netform.dsl.derivations.explain import explain

        found = explain(self, quantity, layer, free, w, B, dtype, optimizer)
        return Derivation(**vars(found))

    def reading(self, path: str | Path) -> Network:
        """The same network on the images of an .npz file, or of a folder with one per class."""
        from netform.dsl.settings import reading

        return Network(reading(self.program, str(path)), self.name, self.values)

    @answers
    def emit(self, w: Any = 1, rounding: str | None = None) -> str:
        """The Keras program that trains this network at a width, as source text."""
        from netform.codegen.target import target

        return target().write(self, w, rounding)


def load(
    path: str | Path, values: Mapping[str, Any] | None = None, root: str | Path | None = None
) -> Network:
    """The network in a ``.net`` file; raises NetformError if it is not one.

    ``values`` are numbers for its lets and for the symbols of its input. Files that it uses are
    inside the folder ``root``: unless given, the working directory if the file is in it, else the
    folder of the file.
    """
    return Network(parser.read(path, root), Path(path).stem, values)


def parse(
    text: str,
    name: str = "network",
    values: Mapping[str, Any] | None = None,
    root: str | Path | None = None,
) -> Network:
    """The network that a text describes; raises NetformError where it describes none.

    ``values`` are numbers for its lets and for the symbols of its input. Files that it uses are
    inside the folder ``root``, the working directory unless given.

        >>> import netform
        >>> netform.parse("input RxRx3 conv16k3 gap fc10", values={"R": 64}).macs
        1769632*w
    """
    return Network(parser.parse(text, root=root), name, values)


def show(network: _Network) -> str:
    """The network as text in canonical form; ``parse(show(network)) == network``."""
    return str(network)
