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
# beside every source of images, most of which are not here: these programs are only read
_KNOWN = ["set=digits", "set=cifar10"]
_FOLDERS = ['folder="x"', 'folder="x" broken=skip']
_MAP = "up8 conv3k1"
SOURCED_AXES = AXES | {
    ("data", ""): [None, *_KNOWN, *_FOLDERS, 'npz="x.npz"'],
    ("train", "epochs"): [None],
    ("train", ""): ["epochs=2", "steps=20", "max_batches=20", "schedule=cosine warmup=1"],
    ("train", "devices"): [None, "2"],
    ("input", ""): ["8x8x1", "8x8x3", "8x8x4"],
    ("output", "fc"): ["fc10", "fc10 softmax", "fc1", "fc1 sigmoid", _MAP],
}
_CHANGES = OPTIONS["data"]["aug"][1:]
_EXCLUDED = [  # values of two axes that no text has together
    (("data", ""), _KNOWN, ("output", "fc"), ["fc1", "fc1 sigmoid", _MAP]),
    (("data", ""), _FOLDERS, ("output", "fc"), [_MAP]),
    (("data", "aug"), _CHANGES, ("output", "fc"), [_MAP]),
    (("data", "aug"), ["cutout3,mixup0.2"], ("output", "fc"), ["fc1", "fc1 sigmoid"]),
    (("data", "aug"), ["flip,rotate5,cutout2,randaugment"], ("input", ""), ["8x8x4"]),
    (("data", "predict"), ["on"], ("output", "fc"), [_MAP]),
    (("train", "weights"), ["balanced"], ("output", "fc"), [_MAP]),
    (("train", "opt"), ["schedulefree"], ("train", "schedule"), SCHEDULES),
    (("train", "opt"), ["schedulefree"], ("train", "ema"), ["0.9"]),
    (("train", "opt"), ["schedulefree"], ("train", ""), ["schedule=cosine warmup=1"]),
    (("train", "schedule"), SCHEDULES, ("train", ""), ["schedule=cosine warmup=1"]),
    (("train", "device"), ["cpu", "gpu:1"], ("train", "devices"), ["2"]),
]


def text_of(point):
    """The text of a network with some settings; None leaves one out."""
    given = {statement: [] for statement in ("data", "train")}
    for (statement, name), value in point.items():
        if statement in given and value is not None:
            given[statement].append(f"{name}={value}" if name else value)
    statements = " ".join(f"{name} {' '.join(found)}" for name, found in given.items() if found)
    size = point.get(("input", ""), "8x8x3")
    return f"input {size} {statements} {CHAIN} {point['output', 'fc']}"


def is_possible(values, axes=AXES):
    """Whether netform takes these options together, as far as they are chosen."""
    point = dict(zip(axes, values, strict=False))
    return not any(
        point.get(one) in excluded and point.get(other) in by
        for one, excluded, other, by in _EXCLUDED
    )


NOTHING = dict.fromkeys(AXES) | {("output", "fc"): "fc3"}
