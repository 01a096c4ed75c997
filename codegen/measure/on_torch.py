"""Measures a training step on PyTorch: of a plain network, or of the model that Keras builds.

What is kept is the sum of the storages that ``saved_tensors_hooks`` reports. The peak is the
allocator's on a card, and the running sum of the profiler's memory events on a processor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...dsl.network import Network
from ...grammar.parser import parse
from . import in_child
from .in_child import NoCardError, Tell

_OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda weights: torch.optim.SGD(weights, 0.001),
    "momentum": lambda weights: torch.optim.SGD(weights, 0.001, momentum=0.9),
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
    "adadelta": torch.optim.Adadelta,
}


@dataclass
class Training:
    """A model on a device: a step, a forward pass, and the tensors that both have."""

    batch: Callable[[int], tuple[Any, Any]]
    forward: Callable[[Any, bool], Any]
    step: Callable[[Any, Any], Any]
    parameters: Callable[[], list[Any]]
    weights: Callable[[], list[Any]]
    slots: Callable[[], list[Any]]


def measure(task: Mapping[str, Any], path: Path, tell: Tell) -> None:
    """Tell the device, and what a step takes at every batch."""
    is_card = torch.cuda.is_available()
    if task["needs_card"] and not is_card:
        raise NoCardError("PyTorch finds no such card")
    device = torch.device("cuda:0" if is_card else "cpu")
    name = torch.cuda.get_device_name(0) if is_card else "cpu"
    training = _plain(task, device) if task["is_plain"] else _of_keras(task, path, device)
    tell({"device": name, "versions": {"torch": torch.__version__}})
    for at, batch in enumerate(task["batches"]):
        images, labels = training.batch(batch)
        if task["memory"]:
            if at == 0:
                _limit(task, training, (images, labels), device)
            for _ in range(2):
                training.step(images, labels)
            tell({"batch": batch, "fits": True})
        else:
            tell({"batch": batch} | _figures(training, images, labels, task["steps"], is_card))


def _limit(task: Mapping[str, Any], training: Training, batch: Any, device: Any) -> None:
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, task["memory"] / total), device)
        return
    small = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Flatten(), nn.Linear(108, 2))
    small(torch.zeros(2, 3, 8, 8)).sum().backward()  # starts the threads, whose stacks count
    in_child.limit_process(task["memory"], _bytes([*training.parameters(), *batch]))


def _figures(
    training: Training, images: Any, labels: Any, steps: int, is_card: bool
) -> dict[str, Any]:
    """Bytes by mode, each with its reference; the parts that are kept, and the time of a step."""
    inference = _inference(training, images, is_card)
    training.step(images, labels)  # after it the optimizer has its slots

    def timed() -> None:
        training.step(images, labels)
        if is_card:
            torch.cuda.synchronize()

    seconds = in_child.seconds_of(timed, steps - 2)
    peaks = _peaks(training, images, labels, is_card)
    parts = {
        "parameters": _bytes(training.parameters()),
        "gradients": _bytes(w.grad for w in training.weights() if w.grad is not None),
        "optimizer": _bytes(training.slots()),
        "activations": _saved(training, images),
    }
    kept = [["training", sum(parts.values()), "torch.autograd.graph.saved_tensors_hooks"]]
    return {"figures": [*inference, *kept, *peaks], "parts": parts, "seconds": seconds}


def _inference(training: Training, images: Any, is_card: bool) -> list[list[Any]]:
    """The peak of a forward pass without gradients; what only training has is left out."""
    base = _bytes([*training.parameters(), images])

    def forward() -> None:
        with torch.no_grad():
            training.forward(images, False)

    forward()
    if not is_card:
        return [["inference_peak", _profiled(forward, base), "torch.profiler"]]
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    forward()
    peak = torch.cuda.max_memory_allocated() - before + base
    return [["inference_peak", peak, "torch.cuda.max_memory_allocated"]]


def _peaks(training: Training, images: Any, labels: Any, is_card: bool) -> list[list[Any]]:
    def step() -> None:
        training.step(images, labels)

    if not is_card:
        return [
            ["training_peak", _profiled(step, _held(training, images, labels)), "torch.profiler"]
        ]
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    step()
    torch.cuda.synchronize()
    return [
        ["training_peak", torch.cuda.max_memory_allocated(), "torch.cuda.max_memory_allocated"],
        ["training_peak", torch.cuda.max_memory_reserved(), "torch.cuda.max_memory_reserved"],
    ]


def _held(training: Training, *data: Any) -> int:
    """Frees the gradients, as a step begins, and returns the bytes of all other tensors.

    The profiler does not see that a tensor is freed which is older than itself.
    """
    for tensor in training.weights():
        tensor.grad = None
    return _bytes([*training.parameters(), *training.slots(), *data])


def _profiled(action: Callable[[], Any], base: int) -> int:
    """The largest running sum of what is allocated and freed, from ``base`` bytes on."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        action()
    tree = found.profiler.kineto_results.experimental_event_tree()
    running = peak = base
    for _, size in sorted(_allocations(tree), key=lambda event: event[0]):
        running += size
        peak = max(peak, running)
    return peak


def _allocations(events: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """The times of all allocations, and their bytes; what is freed is negative."""
    waiting = list(events)
    while waiting:
        event = waiting.pop()
        if event.tag.name == "Allocation":
            yield event.start_time_ns, event.extra_fields.alloc_size
        waiting += event.children


def _saved(training: Training, images: Any) -> int:
    """The sizes of all storages that autograd keeps of a forward pass, but those of parameters."""
    own = {tensor.untyped_storage().data_ptr() for tensor in training.parameters()}
    kept: dict[int, tuple[int, Any]] = {}  # the tensors too, so that no other takes their place

    def pack(tensor: Any) -> None:
        """Leaves the graph nothing: an output that it kept would keep the graph for ever."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes(), tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = training.forward(images, True)
    del output
    return sum(size for size, _ in kept.values())


def _bytes(tensors: Iterable[Any]) -> int:
    """The bytes of all storages of some tensors."""
    storages = (tensor.untyped_storage() for tensor in tensors)
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def _plain(task: Mapping[str, Any], device: Any) -> Training:
    """The network without Keras, with the loss and the optimizer of PyTorch."""
    from .torch_network import Graph

    if task["optimizer"] not in _OPTIMIZERS:
        raise ValueError(f"PyTorch has no optimizer like {task['optimizer']}")
    mixed = task["dtype"].removeprefix("mixed_") if "mixed" in task["dtype"] else ""
    dtype = getattr(torch, "float32" if mixed else task["dtype"])
    network = Network(parse(task["text"]), values=task["values"])
    model = Graph(network, Fraction(task["w"])).to(device, dtype)
    optimizer = _OPTIMIZERS[task["optimizer"]](model.parameters())
    loss = nn.CrossEntropyLoss() if model.outputs > 1 else nn.BCEWithLogitsLoss()

    def batch(count: int) -> tuple[Any, Any]:
        images = torch.rand(count, *model.entering, dtype=dtype, device=device)
        if model.outputs > 1:
            return images, torch.zeros(count, *model.leaving[1:], dtype=torch.long, device=device)
        return images, torch.zeros(count, *model.leaving, dtype=dtype, device=device)

    def forward(images: Any, trains: bool) -> Any:
        model.train(trains)
        if not mixed:
            return model(images)
        with torch.autocast(device.type, getattr(torch, mixed)):
            return model(images)

    def step(images: Any, labels: Any) -> None:
        optimizer.zero_grad()
        loss(forward(images, True), labels).backward()
        optimizer.step()

    return Training(
        batch,
        forward,
        step,
        lambda: [*model.parameters(), *model.buffers()],
        lambda: list(model.parameters()),
        lambda: [t for s in optimizer.state.values() for t in s.values() if torch.is_tensor(t)],
    )


def _of_keras(task: Mapping[str, Any], path: Path, device: Any) -> Training:
    """The model that the program of netform builds."""
    program = in_child.program(path)
    model = program.compiled_model()
    model.optimizer.build(model.trainable_variables)

    def batch(count: int) -> tuple[Any, Any]:
        images, labels = program.random_batch(count)
        return torch.as_tensor(images, device=device), torch.as_tensor(labels, device=device)

    def values(variables: Iterable[Any]) -> list[Any]:
        return [variable.value for variable in variables]

    def step(images: Any, labels: Any) -> None:
        model.train_on_batch(images, labels)

    return Training(
        batch,
        lambda images, trains: model(images, training=trains),
        step,
        lambda: values(model.variables),
        lambda: values(model.trainable_variables),
        lambda: values(model.optimizer.variables),
    )
