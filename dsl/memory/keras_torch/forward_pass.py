"""A forward pass of Keras on PyTorch: which tensors come into memory and leave it, in order.

A model of Keras holds what its layers return until the pass ends. Other tensors leave when the last
one is made that needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..kept import KeptTensor
from ..timeline import Event
from .tape import Memory, Tape
from .windows import BLOCKS


def events_of(tape: Tape) -> Sequence[Event]:
    """The events of all that was made on a tape."""
    tensors = {m: _tensor(m, m in tape.held) for m, _ in tape.made}
    last: dict[Memory, Memory] = {}  # the memory after which another one may leave
    for memory, sources in tape.made:
        last |= dict.fromkeys([memory, *sources], memory)
    leaving: dict[Memory, list[Memory]] = {}
    for memory, after in last.items():
        if memory in tensors and memory not in tape.held:
            leaving.setdefault(after, []).append(memory)
    events = []
    for memory in tensors:
        events.append(_event(memory, tensors, memory in tape.held, 1))
        events += [_event(gone, tensors, False, -1) for gone in leaving.get(memory, ())]
    return events


def _tensor(memory: Memory, is_held: bool) -> KeptTensor:
    why = "a layer returns it" if is_held else "while the layer runs"
    return KeptTensor(memory.layer, memory.name, memory.dtype, memory.values, (why,))


def _event(memory: Memory, tensors: Mapping[Memory, KeptTensor], held: bool, sign: int) -> Event:
    part = "workspace" if memory.name == BLOCKS else "activations" if held else "transient"
    return Event(tensors[memory], part, sign, "forward")
