"""Time each peer counting a network, each in its own process; prints JSON.

    python benchmarks/peers.py VGG-16                   all of them
    python benchmarks/peers.py VGG-16 torchinfo meta    one, on one device

Runs in the peers' environment (requirements.txt). A tool is called as in its documentation,
but prints nothing. It counts on PyTorch's meta device, where nothing is computed and which is
therefore its fastest way, and on the processor where it cannot count on meta. A peer that
cannot be imported or run is reported with its error.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import Any

from networks import INPUT, NETWORKS
from timing import measure

CHANNELS_FIRST = (INPUT[2], *INPUT[:2])
TIME_LIMIT = 600  # seconds for one peer
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True, slots=True)
class Count:
    """What a tool reports: its sum, in the word it uses for it, and the parameters."""

    params: int
    macs: int | None = None
    flops: int | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool: its package and module, the file with its models, and how it counts.

    The fastest device comes first; ``statistics`` means that it takes them for parameters.
    """

    package: str
    module: str
    count: Callable[[Any, str], Count]
    models: str = "models_torch"
    devices: tuple[str, ...] = ("meta", "cpu")
    statistics: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


def image(device: str) -> Any:
    import torch

    return torch.empty(1, *CHANNELS_FIRST, device=device)


def by_torchinfo(model: Any, device: str) -> Count:
    import torchinfo

    size = (1, *CHANNELS_FIRST)
    summary = torchinfo.summary(model, input_size=size, device=device, verbose=0)
    return Count(macs=summary.total_mult_adds, params=summary.total_params)


def by_fvcore(model: Any, device: str) -> Count:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    analysis = FlopCountAnalysis(model, image(device)).unsupported_ops_warnings(False)
    return Count(flops=analysis.total(), params=parameter_count(model)[""])


def by_ptflops(backend: str) -> Callable[[Any, str], Count]:
    """ptflops has two ways to count; it prints what goes wrong and answers None."""

    def count(model: Any, device: str) -> Count:
        from ptflops import get_model_complexity_info

        with redirect_stdout(io.StringIO()) as printed:
            macs, params = get_model_complexity_info(
                model, CHANNELS_FIRST, as_strings=False, print_per_layer_stat=False, backend=backend
            )
        if macs is None:
            raise RuntimeError(printed.getvalue().splitlines()[1])  # the reason
        return Count(macs=macs, params=params)

    return count


def by_thop(model: Any, device: str) -> Count:
    from thop import profile

    macs, params = profile(model, inputs=(image(device),), verbose=False)
    return Count(macs=int(macs), params=int(params))


def by_torch(model: Any, device: str) -> Count:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image(device))
    params = sum(parameter.numel() for parameter in model.parameters())
    return Count(flops=counter.get_total_flops(), params=params)


def by_keras(model: Any, device: str) -> Count:
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    return Count(params=model.count_params())


def keras(backend: str, *devices: str) -> Peer:
    environment = {"KERAS_BACKEND": backend}
    return Peer("keras", "keras", by_keras, "models_keras", devices, True, environment)


PEERS: dict[str, Peer] = {
    "torch FlopCounterMode": Peer("torch", "torch.utils.flop_counter", by_torch),
    "torchinfo": Peer("torchinfo", "torchinfo", by_torchinfo),
    "thop": Peer("thop", "thop", by_thop),
    "ptflops, aten": Peer("ptflops", "ptflops", by_ptflops("aten")),
    "ptflops": Peer("ptflops", "ptflops", by_ptflops("pytorch")),
    "fvcore": Peer("fvcore", "fvcore.nn", by_fvcore),
    "Keras on TensorFlow": keras("tensorflow", "cpu"),
    "Keras on PyTorch": keras("torch", "meta", "cpu"),
}


def time_here(network: str, peer: Peer, device: str) -> dict[str, Any]:
    """The peer's times and report, in this process; raises what the tool raises."""
    warnings.simplefilter("ignore")
    importlib.import_module(peer.module)
    build = importlib.import_module(peer.models).build
    timing, count = measure(lambda: build(network, device), lambda model: peer.count(model, device))
    known = NETWORKS[network]
    params = known.trainable + (known.statistics if peer.statistics else 0)
    if count.params != params:
        raise ValueError(f"{network} has {params} parameters, but {count.params} were counted")
    version = metadata.version(peer.package)
    return {"version": version, "device": device} | asdict(timing) | asdict(count)


def time_apart(network: str, name: str) -> dict[str, Any]:
    """The same on the first device that works, in a new process for each.

    Why a device did not work is in ``refused``; where none did, there is nothing else.
    """
    refused: dict[str, str] = {}
    for device in PEERS[name].devices:
        try:
            return _answer(network, name, device) | {"refused": refused}
        except RuntimeError as error:
            refused[device] = str(error)
    return {"refused": refused}


def _answer(network: str, name: str, device: str) -> dict[str, Any]:
    """What the peer's own process prints; RuntimeError, in one line, where that fails."""
    try:
        run = subprocess.run(
            [sys.executable, __file__, network, name, device],
            env={**os.environ, **QUIET, **PEERS[name].environment},
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"no answer in {TIME_LIMIT} s") from late
    if run.returncode:
        lines = run.stderr.strip().splitlines() or [f"exit status {run.returncode}"]
        raise RuntimeError(lines[-1])
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def main(network: str, name: str = "", device: str = "") -> None:
    if name:
        print(json.dumps(time_here(network, PEERS[name], device)))
    else:
        print(json.dumps({name: time_apart(network, name) for name in PEERS}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
