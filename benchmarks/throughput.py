"""Time emitted programs against minimal Keras loops of the same network and data; prints JSON.

The loop is model.fit on arrays, which Keras shuffles; the program puts every batch together in
Python, in an order that the seed and the epoch fix.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import epochs
import keras
import numpy as np

import netform

EXAMPLES = Path(__file__).parent.parent / "examples"
TINY = netform.parse("input 8x8x1 data set=digits conv8k3 pool2 fc10", "tiny")
CASES = (  # network, images a step, images of an epoch's training where they are random
    ("cifar_vgg", 32, 640),
    ("cifar_vgg", 128, 640),
    ("digits", 32, None),
    ("digits", 128, None),
    ("tiny", 32, None),
)


def random_images(file: Path, count: int, shape: tuple[int, ...]) -> Path:
    """An .npz file of noise, with a tenth more to validate with."""
    rng = np.random.default_rng(0)
    count = -(-count * 10 // 9)
    images = rng.integers(0, 256, (count, *shape), dtype="uint8")
    labels = np.arange(count) % 10
    few = {"x_test": images[:64], "y_test": labels[:64]}
    np.savez(file, x_train=images, y_train=labels, **few)
    return file


def compare(name: str, batch: int, count: int | None, folder: Path) -> dict[str, Any]:
    """Images a second of both in their quickest epochs, and the ratio of these."""
    network = TINY if name == "tiny" else netform.load(EXAMPLES / f"{name}.net")
    options = ["--batch", str(batch)]
    if count:
        data = random_images(folder / "data.npz", count, (32, 32, 3))
        network = network.reading(data)
        options += ["--data", str(data)]
    program = epochs.program_of(network)
    arguments = argparse.Namespace(data=folder / "data.npz")
    training, validation, _ = program.load_data(arguments)
    (images, labels), held = ((part[0][:], part[1]) for part in (training, validation))

    model = program.build_model(*program.Batches(images, labels, batch).moments())
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"])

    def loop(clock: epochs.Steps) -> None:
        model.fit(
            images, labels, batch_size=batch, validation_data=held, verbose=2, callbacks=[clock]
        )

    found = epochs.pairs(program, options, folder / "run", loop)
    emitted, written = map(min, zip(*found, strict=True))
    steps = -(-len(images) // batch)
    return {
        "network": name,
        "batch": batch,
        "emitted_images_per_second": round(len(images) / emitted),
        "written_images_per_second": round(len(images) / written),
        "emitted_ms_per_step": round(1000 * emitted / steps, 2),
        "written_ms_per_step": round(1000 * written / steps, 2),
        "ratio": round(written / emitted, 3),
        "pairs": len(found),
    }


def compare_all() -> list[dict[str, Any]]:
    found = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            found.append(compare(*case, Path(folder)))
    return found


if __name__ == "__main__":
    print(json.dumps(compare_all(), indent=2))
