"""Time what makes batches, alone and under the network that waits for them; prints JSON.

Each emitted program is compared with itself with one stored batch repeated, epochs in turn: the
ratio shows what reading, decoding and augmenting cost in training. It should be near 1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import epochs
import keras
import numpy as np
from PIL import Image
from throughput import random_images

import netform

BATCH, IMAGES = 128, 640
CHAINS = {
    "cifar_vgg": "conv32k3 conv64k3 pool2 drop0.25 conv128k3 pool2 conv128k3 pool2 drop0.25 "
    "fc1024 drop0.5 fc10",
    "small": "conv8k3s2 gap fc10",
}
WARPS = "shift0.1,zoom0.2,shear0.2,rotate15"
CASES = (  # a network, the augmentation
    ("cifar_vgg", "flip,crop4"),
    ("cifar_vgg", WARPS),
    ("small", None),
    ("small", "flip,crop4"),
    ("small", WARPS),
    ("small", "folder"),
)


class Stored(keras.utils.PyDataset):
    """One batch again and again."""

    def __init__(self, batches: Any) -> None:
        super().__init__()
        self.batch, self.length = batches[0], len(batches)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Any:
        return self.batch


def photographs(folder: Path) -> Path:
    """A folder of two classes of JPEG files, 320 x 240 pixels of blurred noise."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        for number in range(IMAGES // 2):
            noise = rng.integers(0, 256, (24, 32, 3), dtype="uint8")
            picture = Image.fromarray(noise).resize((320, 240))
            picture.save(folder / name / f"{number}.jpg")
    return folder


def measure(name: str, augmentation: str | None, folder: Path) -> dict[str, Any]:
    """Milliseconds to make a batch and to train on it, and what the making costs in training."""
    if augmentation == "folder":
        data, aug = photographs(folder / "images"), ""
        kind = "folder"
    else:
        data, aug = random_images(folder / "data.npz", IMAGES, (32, 32, 3)), augmentation
        kind = "npz"
    settings = f'{kind}="{data}"' + (f" aug={aug}" if aug else "")
    network = netform.parse(f"input 32x32x3 data {settings} {CHAINS[name]}", name)
    program = epochs.program_of(network)
    (folder / "loaded").mkdir()
    arguments = argparse.Namespace(data=data, out=folder / "loaded")
    train, held = (program.Batches(*part, BATCH, 0) for part in program.load_data(arguments)[:2])

    makings = []
    for index in [*range(len(train) - 1)] * 3:
        started = time.perf_counter()
        train[index]
        makings.append(time.perf_counter() - started)

    model = program.build_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"])
    stored = Stored(train)

    def loop(clock: epochs.Steps) -> None:
        model.fit(stored, validation_data=held, verbose=2, shuffle=False, callbacks=[clock])

    options = ["--batch", str(BATCH), "--data", str(data)]
    found = epochs.pairs(program, options, folder / "run", loop)
    summary = json.loads((folder / "run" / "summary.json").read_text())
    real, repeated = map(min, zip(*found, strict=True))
    steps = len(train)
    return {
        "network": name,
        "images": augmentation or "plain",
        "making_ms": round(1000 * statistics.median(makings[2:]), 2),
        "step_ms": round(1000 * real / steps, 2),
        "stored_step_ms": round(1000 * repeated / steps, 2),
        "ratio": round(repeated / real, 3),
        "waiting_ms": round(
            1000 * summary["seconds_waiting_for_batches"] / (summary["epochs"] * steps), 2
        ),
    }


def measure_all() -> list[dict[str, Any]]:
    found = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(*case, Path(folder)))
    return found


if __name__ == "__main__":
    print(json.dumps(measure_all(), indent=2))
