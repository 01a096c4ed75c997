"""Time netform on ever longer networks, from text to all formulas; prints JSON.

Each text is timed in its own process, first cold and then warm. The widths of the chain
vary, so that no two neighbours are equal; a block is ten layers: three convolutions, three norms,
two ReLUs, the sum and its ReLU.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from typing import Any

from formulas import count
from timing import measure

import netform

LAYERS = (1_000, 3_000, 10_000)
BLOCK = "[add[conv16k1 conv16k3 conv16k1:bn] relu]"
BLOCKS = "input 224x224x16  post conv=bn.relu\n"


def chain(layers: int) -> str:
    lines = [f"conv{16 + number % 48}k3:- relu" for number in range(layers // 2)]
    return "\n".join(["input 224x224x16", *lines])


def graph(layers: int) -> str:
    return BLOCKS + "\n".join([BLOCK] * (layers // 10))


def repeated_graph(layers: int) -> str:
    return f"{BLOCKS}{BLOCK}*{layers // 10}"


TEXTS = {"chain": chain, "graph": graph, "graph by a repeat": repeated_graph}


def time_text(name: str, layers: int) -> dict[str, Any]:
    text = TEXTS[name](layers)
    timing, (_, apertures) = measure(lambda: netform.parse(text), count)
    placed = len(apertures) - 2  # without the network's and the image's
    assert placed == layers, f"{name}: {layers} layers were meant, but {placed} are there"
    return {"text": name, "layers": layers} | asdict(timing)


def time_all() -> list[dict[str, Any]]:
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as processes:
        runs = [processes.submit(time_text, name, layers) for name in TEXTS for layers in LAYERS]
        return [run.result() for run in runs]


if __name__ == "__main__":
    print(json.dumps(time_all(), indent=2))
