"""Measures the networks of examples and examples/zoo; ``make measure`` runs it.

    python docs/measure_zoo.py torch jax --batches 2,4,7 --only resnet18,vgg11
    python docs/measure_zoo.py --predict

Writes docs/measured/DEVICE.json after every network, and leaves out what it has already: run it
again to continue. On a processor the images are small unless --side gives another size; on a card
they are the network's own. With --largest 8GiB it finds the largest batch of each network instead.
--predict measures nothing, and writes what the profiles predict today beside what was measured.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import netform
from netform.codegen.measure import records
from netform.codegen.measure.largest import largest
from netform.codegen.measure.measuring import measure, predict, side_of
from netform.codegen.measure.request import BACKENDS, COMPARED, Request, installed_backends
from netform.dsl.algebra.units import read_bytes
from netform.dsl.graph.definitions import standing_alone
from netform.dsl.network import Network
from netform.grammar.errors import NetformError
from netform.grammar.printer import show

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured"
SIDES = (64, 96, 128)  # of images on a processor: the first that a network can take
BATCHES = {"cpu": (2, 4, 7), "card": (8, 32, 64)}


def networks(only: Iterable[str]) -> list[Network]:
    """The examples and the zoo, or some of them; a name that both have is the zoo's."""
    files = {path.stem: path for path in sorted((ROOT / "examples").glob("*.net"))}
    files |= {path.stem: path for path in sorted((ROOT / "examples" / "zoo").glob("*.net"))}
    unknown = set(only) - files.keys()
    if unknown:
        raise SystemExit(f"no network is called {', '.join(sorted(unknown))}")
    chosen = [path for name, path in files.items() if not only or name in only]
    return [netform.load(path, root=ROOT / "examples") for path in chosen]


def at_side(network: Network, side: int | None) -> Network:
    """The network on images of another side; its own where it is None, or its images are smaller."""
    own = network.at().input
    if side is None or own[0] <= side:
        return network
    text = show(standing_alone(network.program))
    text = re.sub(r"(?m)^input \d+x\d+x", f"input {side}x{side}x", text)
    return netform.parse(text, network.name, network.values)


def measured(request: Request, sides: tuple[int | None, ...]) -> list[records.Record]:
    """The records of a network, at the first side that it can take."""
    error = None
    for side in sides:
        try:
            found = measure(replace(request, network=at_side(request.network, side)))
        except NetformError as refused:
            error = refused
            continue
        for note in found.notes:
            print("   ", note)
        return list(found.records)
    print("   ", error.message if error else "no side")
    return []


def largest_record(request: Request, memory: int) -> list[records.Record]:
    """The record of the largest batch by trial, whose figures are batches."""
    try:
        found = largest(request, memory)
    except NetformError as error:
        print("   ", error.message)
        return []
    return [
        records.Record(
            request.network.name,
            side_of(request),
            found.batch,
            found.profile,
            "largest",
            request.optimizer_name,
            request.dtype,
            found.predicted,
            found.batch,
            f"trial in {memory} bytes",
        )
    ]


def known(found: list[records.Record], request: Request, reference: str) -> bool:
    """Whether a network was measured already, with all profiles and batches."""
    own = [r for r in found if r.network == request.network.name]
    own = [r for r in own if r.optimizer == request.optimizer_name and r.dtype == request.dtype]
    if reference:
        return any(r.reference == reference for r in own if r.profile in BACKENDS[request.backend])
    have = {(r.profile, r.batch) for r in own}
    return {(p, b) for p in request.models for b in request.batches} <= have


def predict_again() -> None:
    """Write today's predictions into all files; those of largest batches stay."""
    by_name = {network.name: network for network in networks(())}
    for path in sorted(MEASURED.glob("*.json")):
        head, found = records.read(path)
        also = [
            replace(record, profile=profile)
            for record in found
            for profile in COMPARED.get(record.profile, (record.profile,))
        ]
        records.write(path, head, [predicted_again(by_name, record) for record in also])


def predicted_again(by_name: Mapping[str, Network], record: records.Record) -> records.Record:
    """A record with what its profile predicts today."""
    network = by_name.get(record.network)
    if network is None or record.mode == "largest" or not isinstance(record.side, int):
        return record
    request = Request(
        at_side(network, record.side),
        "torch",  # only the profile matters
        (record.batch,),
        dtype=record.dtype,
        optimizer=None if record.optimizer == network.train.optimizer else record.optimizer,
    )
    predicted, _ = predict(request, record.profile, record.mode, record.batch)
    return replace(record, predicted=predicted)


def main() -> None:
    """Measure, and write after every network."""
    args = arguments()
    if args.predict:
        predict_again()
        return
    backends = args.backends or installed_backends()
    memory = int(read_bytes(args.largest)) if args.largest else 0
    for backend in backends:
        tiny = netform.parse("input 4x4x1 conv2k3 fc3", "tiny")
        probe = Request(tiny, backend, [2], dtype=args.dtype, device=args.device)
        probed = measure(probe)
        is_cpu = probed.device == "cpu"
        path = MEASURED / f"{records.slug(probed.device)}.json"
        batches = args.batches or BATCHES["cpu" if is_cpu else "card"]
        sides = (args.side,) if args.side or not is_cpu else SIDES
        for network in networks(args.only):
            head, found = records.read(path)
            request = replace(
                probe,
                network=network,
                batches=batches,
                seconds=args.seconds,
                profiles=args.profiles,
            )
            if known(found, request, f"trial in {memory} bytes" if memory else ""):
                continue
            print(f"{backend}: {network.name}", flush=True)
            if memory:
                small = at_side(network, sides[0])
                new = largest_record(replace(request, network=small), memory)
            else:
                new = measured(request, sides)
            versions = {**head.get("versions", {}), **probed.versions}
            records.write(path, {"device": probed.device, "versions": versions}, [*found, *new])


def arguments() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(description="Measure the networks of examples/zoo.")
    parser.add_argument("backends", nargs="*", help=f"{', '.join(BACKENDS)}; all unless given")
    parser.add_argument("--batches", type=numbers, default=(), help="such as 2,4,7")
    parser.add_argument(
        "--profiles", type=lambda text: text.split(","), default=(), help="of the backend; all"
    )
    parser.add_argument("--predict", action="store_true", help="predict again, measure nothing")
    parser.add_argument("--side", type=int, help="of the images")
    parser.add_argument("--only", type=lambda text: text.split(","), default=(), help="names")
    parser.add_argument("--device", help="cpu or gpu:0")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--seconds", type=float, default=600, help="for a process")
    parser.add_argument("--largest", metavar="MEMORY", help="find the largest batch instead")
    return parser.parse_args()


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers behind commas."""
    return tuple(map(int, text.split(",")))


if __name__ == "__main__":
    try:
        main()
    except (NetformError, KeyboardInterrupt) as error:
        sys.exit(str(error) or "interrupted")
