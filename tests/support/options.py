"""Every option of a training program with the values it is tried with, and texts that have them."""

from netform.dsl.settings import LOGS, OPTIMIZERS, SCHEDULES

CHAIN = "conv4k3 bn pool2 drop0.2 conv4k3:bn.relu gap"
OPTIONS = {
    "train": {
        "opt": list(OPTIMIZERS),
        "lr": ["0.01"],
        "decay": [None, "1e-2"],
        "schedule": [None, *SCHEDULES],
        "early": [None, "2"],
        "split": [None, "4"],
        "clip": [None, "1"],
        "smooth": [None, "0.1"],
        "ema": [None, "0.9"],
        "policy": [None, "mixed_bfloat16", "mixed_float16", "float64"],
        "jit": [None, "on", "off"],
        "weights": [None, "balanced"],
        "log": [None, *LOGS, ",".join(LOGS)],
        "epochs": ["2"],
        "device": [None, "cpu", "gpu:1"],
        "memory": [None, "4GiB"],
    },
    "data": {
        "aug": [
            None,
            "flip,crop2",
            "shift0.1,zoom0.2,shear0.1,rotate15",
            "cutout3,mixup0.2",
            "flip,rotate5,cutout2,randaugment",
        ],
        "val": [None, "0.25"],
        "predict": [None, "on"],
    },
}
AXES = {
    **{("train", name): values for name, values in OPTIONS["train"].items()},
    **{("data", name): values for name, values in OPTIONS["data"].items()},
    ("output", "fc"): ["fc3", "fc1"],
}


def text_of(point):
    """The text of a network with some settings; None leaves one out."""
    given = {statement: [] for statement in ("data", "train")}
    for (statement, name), value in point.items():
        if statement in given and value is not None:
            given[statement].append(f"{name}={value}")
    statements = " ".join(f"{name} {' '.join(found)}" for name, found in given.items() if found)
    return f"input 8x8x3 {statements} {CHAIN} {point['output', 'fc']}"


def is_possible(values):
    """Whether netform takes these options together, as far as they are chosen."""
    point = dict(zip(AXES, values, strict=False))
    if "mixup" in (point.get(("data", "aug")) or "") and point.get(("output", "fc")) == "fc1":
        return False
    scheduled = point.get(("train", "schedule")) or point.get(("train", "ema"))
    return not (point.get(("train", "opt")) == "schedulefree" and scheduled)


NOTHING = dict.fromkeys(AXES) | {("output", "fc"): "fc3"}
