"""Predictions held against measurements, network by network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...dsl.memory.profiles import PROFILES
from ...dsl.questions.memory_account import account
from ...grammar.errors import NetformError
from .process import failure, run
from .records import Record
from .request import COMPARED, PLAIN, Request


@dataclass(frozen=True)
class Measurement:
    """What a network took on a device, and what was predicted.

    ``parts`` are bytes by profile, batch and part; ``images_per_second`` by profile and batch;
    ``notes`` say what could not be measured or predicted.
    """

    network: str
    device: str
    versions: Mapping[str, str]
    records: Sequence[Record]
    parts: Mapping[tuple[str, int], Mapping[str, int]]
    images_per_second: Mapping[tuple[str, int], float]
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The measurement as JSON values."""
        return {
            "network": self.network,
            "device": self.device,
            "versions": dict(self.versions),
            "records": [{**asdict(record), "error": record.error} for record in self.records],
            "parts": [
                {"profile": profile, "batch": batch, **parts}
                for (profile, batch), parts in self.parts.items()
            ],
            "images_per_second": [
                {"profile": profile, "batch": batch, "measured": rate}
                for (profile, batch), rate in self.images_per_second.items()
            ],
            "notes": list(self.notes),
        }


def measure(request: Request) -> Measurement:
    """Measure what each profile of the backend predicts; each has a process of its own.

    Raises NetformError where nothing could be measured: the backend or the card is not there, the
    memory or the time is not enough, or the network cannot be trained.
    """
    request.check()
    head: dict[str, Any] = {"device": "", "versions": {}}
    records: list[Record] = []
    parts: dict[tuple[str, int], Mapping[str, int]] = {}
    rates: dict[tuple[str, int], float] = {}
    notes: list[str] = []
    failed = None
    for profile in request.models:
        ending = run(request, profile, request.batches)
        for entry in ending.entries:
            if "device" in entry:
                head = dict(entry)
                continue
            batch = entry["batch"]
            records += records_of(request, profile, entry, notes)
            if entry["parts"]:
                parts[profile, batch] = entry["parts"]
            if entry["seconds"]:
                rates[profile, batch] = batch / entry["seconds"]
        if ending.kind != "done":
            failed = failure(ending, f"the measurement of {profile}", request.seconds)
            notes.append(failed.message)
    if failed is not None and not (records or rates):
        raise failed
    return Measurement(
        request.network.name, head["device"], head["versions"], records, parts, rates, notes
    )


def records_of(
    request: Request, profile: str, entry: Mapping[str, Any], notes: list[str]
) -> list[Record]:
    """A record for every figure that a process told of a batch, and every profile that predicts it.

    What cannot be predicted is added to the notes.
    """
    found = []
    for mode, measured, reference in entry["figures"]:
        for predicting in COMPARED.get(profile, (profile,)):
            predicted, why = predict(request, predicting, mode, entry["batch"])
            if why and why not in notes:
                notes.append(why)
            found.append(
                Record(
                    request.network.name,
                    side_of(request),
                    entry["batch"],
                    predicting,
                    mode,
                    request.optimizer_name,
                    request.dtype,
                    predicted,
                    measured,
                    reference,
                )
            )
    return found


def predict(request: Request, profile: str, mode: str, batch: int) -> tuple[int | None, str]:
    """The bytes that a profile predicts; or None, and why."""
    if profile not in PROFILES:
        return None, f"no profile predicts {profile}"
    # a plain network has an optimizer alone: no averaged weights and no parts of a batch
    optimizer = request.optimizer_name if profile in PLAIN else request.optimizer
    try:
        found = account(
            request.network, profile, (), request.w, batch, request.dtype, optimizer, mode
        )
    except NetformError as error:
        return None, f"{profile}, {mode}: {error.message}"
    figure = found.figure(found.total)
    if not isinstance(figure, int):
        return None, f"{profile}, {mode}: it is no number"
    return figure, ""


def side_of(request: Request) -> int | str:
    """The side of a square input; other extents as text."""
    extents = request.network.at(request.w).input[:-1]
    return extents[0] if len(set(extents)) == 1 else "x".join(map(str, extents))
