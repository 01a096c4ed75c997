"""What was measured, as records: one for each figure, with what was predicted."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...grammar.short_repr import ShortRepr

RESERVED = "torch.cuda.max_memory_reserved"  # which no profile predicts


@dataclass(frozen=True, slots=True)
class Record(ShortRepr):
    """A figure in bytes, and what a profile predicted; None where it predicts nothing.

    ``side`` are the extents of the input, ``reference`` is what measured.
    """

    network: str
    side: int | str
    batch: int
    profile: str
    mode: str
    optimizer: str
    dtype: str
    predicted: int | None
    measured: int
    reference: str

    @property
    def error(self) -> float | None:
        """How much more was predicted than measured, in percent; None without a prediction."""
        if self.predicted is None or self.reference == RESERVED:
            return None
        return 100 * (self.predicted - self.measured) / self.measured

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells a record from others of the same device."""
        return (
            *(self.network, self.side, self.batch, self.profile, self.mode, self.optimizer),
            *(self.dtype, self.reference),
        )


def read(path: Path) -> tuple[dict[str, Any], list[Record]]:
    """The head and the records of a file of measurements; neither where there is no file."""
    if not path.exists():
        return {}, []
    found = json.loads(path.read_text(encoding="utf-8"))
    records = [Record(**record) for record in found.pop("records")]
    return found, records


def write(path: Path, head: Mapping[str, Any], records: Iterable[Record]) -> None:
    """Write a file of measurements: a record a line, sorted; whole or not at all."""
    one_each = {record.key: record for record in records}
    rows = [json.dumps(asdict(one_each[key])) for key in sorted(one_each, key=str)]
    begin = json.dumps({**head, "records": None}, indent=2).removesuffix("null\n}")
    new = path.with_name(f"{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    new.write_text(f"{begin}[\n    " + ",\n    ".join(rows) + "\n  ]\n}\n", encoding="utf-8")
    new.replace(path)


def slug(device: str) -> str:
    """The name of a device as the name of a file.

    >>> slug("NVIDIA H200")
    'nvidia-h200'
    """
    return re.sub("[^0-9a-z]+", "-", device.lower()).strip("-") or "device"


@dataclass(frozen=True, slots=True)
class Spread(ShortRepr):
    """The signed errors of a profile and mode on a device, in percent.

    ``worst`` is the one that is farthest from 0.
    """

    profile: str
    mode: str
    device: str
    median: float
    worst: float
    networks: int
    records: int


def spreads(measured: Mapping[str, Sequence[Record]]) -> list[Spread]:
    """The errors of records by their device, for every profile and mode that was predicted."""
    groups: dict[tuple[str, str, str], dict[tuple[Any, ...], Record]] = {}
    for device, records in measured.items():
        for record in records:
            if record.error is not None:
                of = (record.profile, record.mode, device)
                groups.setdefault(of, {})[record.key] = record
    return [_spread(*of, list(groups[of].values())) for of in sorted(groups)]


def _spread(profile: str, mode: str, device: str, records: Sequence[Record]) -> Spread:
    errors = [record.error for record in records if record.error is not None]
    names = {record.network for record in records}
    median, worst = statistics.median(errors), max(errors, key=abs)
    figures = _percent(median), _percent(worst)
    return Spread(profile, mode, device, *figures, networks=len(names), records=len(records))


def _percent(value: float) -> float:
    return round(value, 2) + 0.0  # no -0.0
