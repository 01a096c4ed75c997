"""What a network takes on devices: questions of a user's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netform.dsl.graph.given_symbols import takes_symbols
from netform.dsl.network import Network
from netform.grammar.budget import answers

if TYPE_CHECKING:
    from netform.dsl.questions.roofline import Roofline


class OnDevices(Network):
    """A network, and the least time that it takes on a device."""

    @takes_symbols("values")
    @answers
    def roofline(
        self,
        /,
        device: str | None = None,
        dtype: str = "float32",
        w: Any = 1,
        B: Any = 1,
        optimizer: str | None = None,
        fused: bool = False,
        arithmetic: str | None = None,
        bandwidth: str | None = None,
        values: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> Roofline:
        """The least time of a forward pass and of a training step on a device, layer by layer.

        ``device`` is the name of a card that ``netform devices`` lists. ``dtype`` is what layers
        compute in: a policy of Keras, or ``tf32``, ``float16`` or ``bfloat16`` throughout.
        ``arithmetic`` such as ``19.5TFLOPS`` and ``bandwidth`` such as ``900GB/s`` go before the
        figures of the device; both together need no device. ``fused`` layers in place move no maps.
        Raises NetformError where a figure is missing.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 conv16k3 fc10")
        >>> found = net.roofline(arithmetic="1TFLOPS", bandwidth="100GB/s", B=1000).inference
        >>> [(layer.name, layer.bound.limited_by) for layer in found.layers]
        [('conv1', 'memory'), ('conv1.relu', 'memory'), ('fc1', 'memory')]
        >>> found.layers[0].bound.time, found.most_images_per_second
        (Fraction(6801, 156250000), Fraction(488281250, 19))
        """
        from netform.dsl.questions.machines import machine_of
        from netform.dsl.questions.roofline import roofline

        given = {**(values or {}), **named}
        network = self.having(**given) if given else self
        machine = machine_of(device, dtype, arithmetic, bandwidth)
        return roofline(network, machine, w, B, optimizer, fused)
