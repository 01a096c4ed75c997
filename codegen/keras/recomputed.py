"""Parts that are computed again, in programs: the taps that enter their inner model and leave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...dsl.graph.remat import RematGroup
from ...dsl.graph.scope import Frame
from ...dsl.graph.unrolling.trace import Called, Grouped, Merged, Record, Repeated, Tapped

TapKey = tuple[Frame, str]


def taps_read(record: Record) -> Iterator[TapKey]:
    """The taps that branches begin with."""
    for part in record:
        if isinstance(part, Merged):
            for scope, tap, _ in part.branches:
                if tap is not None:
                    yield scope.frame, tap
        for inner in _inside(part):
            yield from taps_read(inner)


def taps_set(record: Record) -> Iterator[TapKey]:
    """The taps that are set."""
    for part in record:
        if isinstance(part, Tapped):
            yield part.frame, part.name
        for inner in _inside(part):
            yield from taps_set(inner)


def entering(record: Record) -> list[TapKey]:
    """The taps that are set outside of a record and read in it, each once."""
    own = set(taps_set(record))
    return [key for key in dict.fromkeys(taps_read(record)) if key not in own]


def leaving(record: Record, group: RematGroup) -> tuple[list[TapKey], list[TapKey]]:
    """The taps that are set in a group on its input, and on its output."""
    found = list(dict.fromkeys(taps_set(record)))
    steps = {(frame, name): frame.taps[name][1] for frame, name in found}
    return (
        [key for key in found if steps[key] < group.first],
        [key for key in found if steps[key] == group.last],
    )


def _inside(part: object) -> tuple[Record, ...]:
    match part:
        case Grouped(parts=parts) | Called(parts=parts):
            return (parts,)
        case Merged(branches=branches):
            return tuple(record for _, _, record in branches)
        case Repeated(rounds=rounds):
            return rounds
    return ()


def input_like(tensor: str) -> str:
    """The input of an inner model, for a tensor."""
    return f"keras.Input({tensor}.shape[1:], dtype={tensor}.dtype)"


def listed(names: Sequence[str]) -> str:
    """One name, or a list of several."""
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
