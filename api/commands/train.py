"""The training program, run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from netform.commands.arguments import Point, network_of, width_of
from netform.commands.options import network_options, point_options
from netform.commands.output import print_json


@click.command()
@network_options
@point_options
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs, instead of the file's.")
@click.option("--batch", type=click.IntRange(1), help="Images per step, instead of the file's.")
@click.option(
    "--data",
    type=click.Path(exists=True),
    help="Images to train on, instead of the file's: an .npz file or a folder.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Seed of the weights and of the order of the images.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The run folder.  [default: runs/NAME, with a digest after -e]",
)
def train(
    file: str | None,
    text: str | None,
    as_json: bool,
    point: Point,
    rounding: str | None,
    out: Path | None,
    **options: Any,
) -> None:
    """Train the network. Run the command again to continue.

    Writes the program into a run folder and runs it there.

    \b
        netform train examples/digits.net
        netform train examples/cifar_vgg.net --data cifar10.npz --epochs 20
    """
    from netform.codegen.run.run_folder import folder_of
    from netform.codegen.target import safe_name, target

    data = options.pop("data")
    network = network_of(file, text, point)
    network = network if data is None else network.reading(data)
    name = safe_name(network.name)
    given = [f"--{option}={value}" for option, value in options.items() if value is not None]
    source = network.emit(width_of(point), rounding)
    folder = out or folder_of(network, file is not None, width_of(point), rounding)
    summary = target().run(source, name, folder, given, quiet=as_json)
    if as_json:
        print_json(summary)
