"""What a network takes on devices: time, memory, and the workspace of lowered convolutions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from netform.dsl.graph.given_symbols import takes_symbols
from netform.dsl.network import Network
from netform.grammar.budget import answers

if TYPE_CHECKING:
    from netform.dsl.devices.roofline import Roofline
    from netform.dsl.memory.account import Account
    from netform.dsl.memory.lowering import Lowering


class OnDevices(Network):
    """A network, and what its layers take on a device."""

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
        from netform.dsl.devices.machines import machine_of
        from netform.dsl.devices.roofline import roofline

        given = {**(values or {}), **named}
        network = self.having(**given) if given else self
        machine = machine_of(device, dtype, arithmetic, bandwidth)
        return roofline(network, machine, w, B, optimizer, fused)

    @answers
    def lowering(
        self,
        images: str = "image",
        free: Iterable[str] = (),
        w: Any = 1,
        B: Any = 1,
        dtype: str = "float32",
    ) -> Lowering:
        """The matrices of lowered convolutions (im2col): of one ``image``, or of the ``batch``.

        ``free`` symbols stay letters. ``largest`` is the workspace in bytes that all layers share.
        Raises NetformError where no such network exists.

        >>> import netform
        >>> net = netform.parse("input 224x224x1 conv1k5")
        >>> net.lowering().largest == 50_176 * 25 * 4
        True
        >>> net.lowering("batch", free=["B", "R"]).largest
        100*B*R**2
        """
        from netform.dsl.devices.lowering import lowering

        return lowering(self, images, free, w, B, dtype)

    @answers
    def account(
        self,
        profile: str = "torch",
        mode: str = "training",
        free: Iterable[str] = (),
        w: Any = 1,
        B: Any = 1,
        dtype: str = "float32",
        optimizer: str | None = None,
        devices: int = 1,
    ) -> Account:
        """What a step keeps in memory, tensor by tensor, by the model of a profile.

        ``mode`` is ``inference``, ``inference_peak``, ``training`` or ``training_peak``: everything
        that is kept, or the largest sum that lives at one time. ``free`` symbols stay letters. The
        optimizer is the network's own, with its averaged weights and split batches, unless given.
        ``devices`` share the batch. Raises NetformError where the profile cannot follow the network.

        >>> import netform
        >>> net = netform.parse("input 8x8x1 conv16k3 pool2 fc10")
        >>> account = net.account("torch", free=["B"])
        >>> account.figure(account.parts["activations"])
        7424*B
        """
        from netform.dsl.questions.memory_account import account

        return account(self, profile, free, w, B, dtype, optimizer, mode, devices)
