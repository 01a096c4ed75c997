"""Draw the learning curve of a run from its log.csv, as the SVG file beside it.

    python docs/experiments/draw.py docs/experiments/digits

A folder with several logs, log_0.csv, log_1.csv, ..., gets one pair of lines for each. The same
logs give the same bytes.
"""

import csv
import sys
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

STYLE = {"svg.hashsalt": "netform", "svg.fonttype": "none", "font.size": 10}
PARTS = (("accuracy", "training", "#9bb7d4"), ("val_accuracy", "validation", "#1f4e79"))


def draw(folder):
    """Draw curve.svg from all logs of a folder."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for number, log in enumerate(sorted(folder.glob("log*.csv"))):
        with open(log, newline="") as file:
            rows = list(csv.DictReader(file))
        epochs = [int(row["epoch"]) + 1 for row in rows]
        for column, part, colour in PARTS:
            values = [float(row[column]) for row in rows]
            axes.plot(epochs, values, color=colour, linewidth=1.2, label="" if number else part)
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e4e4e4")
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(folder / "curve.svg", metadata={"Date": None})


if __name__ == "__main__":
    with matplotlib.rc_context(STYLE):
        for argument in sys.argv[1:]:
            draw(Path(argument))
