"""A step of PyTorch: which tensors come into memory and leave it, in the order of execution.

The forward pass frees a map after its last use unless autograd keeps it. The backward pass runs the
layers in the opposite order: a layer makes the gradients of its inputs, then the gradient of its
output and what it kept leave. Of a group that is computed again, what its gradients need comes when
the first of them needs something. Parameters' gradients come here, since ``zero_grad`` has freed them
before, and stay until the next step. The image and
the output of the network stay until the step ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from ..algebra.polynomials import Poly
from ..graph.layer import Layer
from ..kinds import Merge
from ..kinds.add import Add
from ..kinds.bn import Bn
from ..kinds.cat import Cat
from ..kinds.ln import Ln
from .kept import KeptTensor, TensorKey, merged
from .last_use import last_uses
from .request import Request
from .timeline import RecordedEvent, Timeline
from .torch_remat import Followed, Recomputation
from .torch_rules import is_view
from .torch_workspace import NOTHING, Work, works

_NOT_IN_INFERENCE = ("output", "statistics", "mask")
_PASSING, _NORMS = (Add, Cat), (Bn, Ln)
_TEMPORARIES = {"adam": 2, "adamw": 2, "nadam": 2, "rmsprop": 1, "adagrad": 1, "adadelta": 2}


class _Block:
    """A tensor in memory, and how many hold it."""

    __slots__ = ("holders", "part", "tensor")

    def __init__(self, tensor: KeptTensor, part: str) -> None:
        self.tensor, self.part, self.holders = tensor, part, 1


class Step:
    """Records the events of a step."""

    def __init__(self, request: Request, followed: Followed) -> None:
        self.request, self.dtype = request, request.dtype
        self.followed, self.part_of_kept = followed, "activations"
        self._begin("forward")
        kept = tuple(followed.kept) if request.trains else ()
        self.works = defaultdict(lambda: NOTHING, works(request))
        self.events: list[RecordedEvent] = []
        self.tensors = {(t.layer, t.tensor): t for t in merged((key, why) for _, key, why in kept)}
        self.keeps: dict[Layer, list[KeptTensor]] = {}  # and drops when its gradients are there
        for layer, key, _ in kept:
            self.keeps.setdefault(layer, []).append(self.tensors[key[0], key[1]])
        self.passing: dict[Layer, list[TensorKey]] = {}  # what is made and dropped at once
        for layer, key, _ in followed.needed:
            if not request.trains and key[1] not in _NOT_IN_INFERENCE:
                self.passing.setdefault(layer, []).append(key)
            if request.trains and layer.remat is not None and key[1] != "output":
                self.passing.setdefault(layer, []).append(key)
        self.blocks: dict[tuple[Layer, str], _Block] = {}
        self.gradients: dict[Layer, _Block] = {}

    def _begin(self, phase: str) -> None:
        self.phase, self.why = phase, (f"of the {phase}",)

    def take(self, layer: Layer, name: str, values: Poly, part: str = "transient") -> _Block:
        """A new tensor."""
        tensor = KeptTensor(layer, name, self.dtype, values, self.why)
        self.events.append((tensor, part, 1, self.phase))
        return _Block(tensor, part)

    def _hold(self, block: _Block) -> _Block:
        self.events.append((block.tensor, block.part, 1, self.phase))
        return block

    def drop(self, *blocks: _Block) -> None:
        """One holder less of each; without holders a tensor leaves."""
        for block in blocks:
            block.holders -= 1
            if not block.holders:
                self.events.append((block.tensor, block.part, -1, self.phase))

    def forward(self) -> None:
        """All layers in order."""
        layers = self.request.layers
        views = {layer for layer in layers[1:] if self._is_in_place(layer)}
        leaving = last_uses(layers, views)
        starting = self._starting_groups()
        for layer in layers:
            for tensor in starting.get(layer, ()):
                self.blocks[tensor.layer, tensor.tensor].holders += 1
            self._forward(layer, layer in views)
            if layer.remat is None:
                self._keep(layer)
            if layer is layers[0]:
                self.blocks[layer, "output"].holders += 1  # the caller's, until the step ends
            for made in leaving[layer]:
                self.drop(self.blocks[made, "output"])

    def _starting_groups(self) -> Mapping[Layer, Sequence[KeptTensor]]:
        """The inputs that groups keep, by the first layer of each group."""
        if not self.request.trains:
            return {}
        plans = self.followed.recomputed.values()
        return {plan.layers[0]: self.keeps[plan.first_keeping] for plan in plans}

    def _is_in_place(self, layer: Layer) -> bool:
        if self.request.trains:
            return is_view(layer)
        return is_view(layer) or layer.op == "drop"

    def _forward(self, layer: Layer, in_place: bool) -> None:
        passing = [
            self._hold(_Block(KeptTensor(*key, ("while the layer runs",)), "transient"))
            for key in self.passing.get(layer, ())
        ]
        if not in_place:
            self.blocks[layer, "output"] = self._made(
                layer, self.works[layer].output, lambda: self._output(layer)
            )
        self.drop(*passing)

    def _keep(self, layer: Layer) -> None:
        """What the gradients of a layer need."""
        for tensor in self.keeps.get(layer, ()):
            key = (tensor.layer, tensor.tensor)
            if key not in self.blocks:
                self.blocks[key] = self._hold(_Block(tensor, self.part_of_kept))
            else:
                self.blocks[key].holders += 1

    def _output(self, layer: Layer) -> _Block:
        tensor = self.tensors.get((layer, "output"))
        if tensor is not None:
            return self._hold(_Block(tensor, self.part_of_kept))
        return self.take(layer, "output", layer.values_of_batch)

    def _made(self, layer: Layer, work: Work, make: Callable[[], _Block]) -> _Block:
        """What is made with a workspace."""
        before = [self.take(layer, name, values, "workspace") for name, values in work.before]
        beside = [self.take(layer, name, values, "workspace") for name, values in work.beside]
        self.drop(*before)
        found = make()
        self.drop(*beside)
        return found

    def backward(self) -> None:
        """All layers from the last to the first, each with the gradient of its output."""
        with_gradient = self.followed.with_gradient
        ahead = {plan.last: plan for plan in self.followed.recomputed.values()}
        last = self.request.layers[-1]
        values = last.values_of_batch
        self._begin("loss")
        kept = self.take(last, "log of the probabilities", values, "activations")
        self._begin("backward")
        first = self.take(last, "gradient of the loss", values)
        self.gradients[last] = self.take(last, "gradient", values)
        self.drop(first, kept)
        for layer in reversed(self.request.layers):
            gradient = self.gradients.pop(layer, None)
            if layer in ahead:
                self.recompute(ahead[layer])
            if gradient is not None and layer in with_gradient:
                self._backward(layer, gradient, with_gradient)
            elif gradient is not None:
                self.drop(gradient)

    def _backward(self, layer: Layer, gradient: _Block, with_gradient: set[Layer]) -> None:
        needing = [before for before in layer.inputs if before in with_gradient]
        passes = is_view(layer) or isinstance(layer.kind, _PASSING)
        made = []
        for before in needing:
            if passes:
                gradient.holders += 1
                made.append(gradient)
            else:
                made.append(self._gradient_of(layer, before))
        self._gradient_of_weights(layer)
        self.drop(gradient)
        self.drop(*(self.blocks[t.layer, t.tensor] for t in self.keeps.get(layer, ())))
        for before, block in zip(needing, made, strict=True):
            self._deliver(before, block, isinstance(layer.kind, Cat))

    def recompute(self, plan: Recomputation) -> None:
        """The forward pass of a group for its gradients."""
        inputs = self.keeps.pop(plan.first_keeping)
        self.passing, self.part_of_kept = {}, "transient"
        fresh = merged((key, why) for _, key, why in plan.needed if key not in plan.inputs)
        self.tensors |= {(tensor.layer, tensor.tensor): tensor for tensor in fresh}
        group = plan.layers[0].remat
        for place in [place for place in self.blocks if place[0].remat is group]:
            del self.blocks[place]
        for layer, key, _ in plan.needed:
            self.keeps.setdefault(layer, []).append(self.tensors[key[0], key[1]])
        for layer in plan.runs:
            if layer is not plan.last or plan.last_runs:
                self._forward(layer, is_view(layer))
            self._keep(layer)
            self.drop(*(self.blocks[made, "output"] for made in plan.leaving[layer]))
        self.keeps[plan.first_keeping] += inputs

    def _gradient_of(self, layer: Layer, before: Layer) -> _Block:
        values = (layer if isinstance(layer.kind, Merge) else before).values_of_batch
        work = self.works[layer].input_gradient
        if isinstance(layer.kind, _NORMS):
            found = self.take(before, "gradient", values)
            self.drop(self.take(layer, "copy of the gradient", values))
            return found
        return self._made(layer, work, lambda: self.take(before, "gradient", values))

    def _gradient_of_weights(self, layer: Layer) -> None:
        count = layer.trainable_poly
        if count:
            self._made(
                layer,
                self.works[layer].weights_gradient,
                lambda: self.take(layer, "gradient of the weights", count, "gradients"),
            )

    def _deliver(self, before: Layer, block: _Block, is_part: bool) -> None:
        """A gradient for a layer's output, added to those that it has."""
        other = self.gradients.get(before)
        if other is None:
            self.gradients[before] = block
        elif other.holders > 1 or is_part or other.tensor.layer is not before:
            total = self.take(before, "sum of gradients", before.values_of_batch)
            self.gradients[before] = total
            self.drop(other, block)
        else:
            self.drop(block)

    def optimizer(self) -> None:
        """The temporaries of the largest parameter: PyTorch updates one after the other on a CPU."""
        self._begin("optimizer")
        number = _TEMPORARIES.get(self.request.optimizer, 0)
        for layer in self.request.layers if number else ():
            if layer.once.weights:
                made = [
                    self.take(layer, "of the update", layer.once.weights) for _ in range(number)
                ]
                self.drop(*made)


def timeline_of(request: Request, followed: Followed) -> Timeline:
    """The events of a training step, or of a forward pass without gradients."""
    step = Step(request, followed)
    step.forward()
    always = dict(request.variables())
    if request.trains:
        del always["gradients"]
        step.backward()
        step.optimizer()
    return Timeline(step.events, always)
