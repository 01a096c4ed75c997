"""All that netform prints and writes about some networks, as JSON on standard output.

Run as a process of its own, whose hash seed decides in which order Python walks through a set.
"""

import json
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import netform
from netform.cli import COMMANDS, cli
from netform.codegen.run.sweep import runs_of
from netform.codegen.run.sweep.outcome import outcome_of
from netform.codegen.run.sweep.results import as_json
from netform.dsl.questions.sweep_points import all_points
from support.options import AXES, NOTHING, is_possible, text_of

ROOT = Path(__file__).parents[2]
FOLDER = Path("no", "such", "folder")  # of a sweep that has not begun
FILES = ("cifar_vgg", "dogs_cats_1", "sweeps/digits", "zoo/googlenet", "zoo/resnet20_cifar")
EXAMPLES = [ROOT / "examples" / f"{name}.net" for name in FILES]
SIX = "let n = 4 let d = 0 let k = 3 let m = 2 let o = 1 let p = 1"
TEXTS = {
    "lets": f"input 8x8x1 {SIX} conv(n*m)k3 conv(k+m)k3 add[conv(c)k3 drop(d)] gap fc(p*10)",
    "sizes": "input 32x32x3 let n = 2 conv8k3s2 ->early pool2 up2 cat[@early | conv(n)k1] gap fc10",
    "blocks": """
        input 16x16x3 post conv=bn.relu dw=bn deconv=relu
        let g = 2 let d = 0.5 let n = 2
        def Se(r) [ mul[gap fc(c/r):relu fc(c):sigmoid] ]
        def Res(n, s=1) [ add[conv(n)k3s(s) conv(n)k3:bn Se(4) | conv(n)k1s(s):bn] relu ]
        data set=cifar10 aug=flip,crop4,cutout4 val=0.2
        train opt=adamw decay=0.01 log=classes,gpu,tensorboard early=3 ema=0.9
        conv8k3 ->one Res(8)*(n) ->two Res(16, 2)
        cat[@two pool2 | @one pool2 | gelu] drop(d) conv16k3g(g) gap fc10
    """,
    "swept": f"input 8x8x1 data set=digits aug=flip|crop2 train batch=32|64 {SIX} "
    "sweep n=4|8 d=0.5 k=1|3 m=2 o=1 p=1 conv(n*m)k(k) conv(o+3)k1 drop(d) fc(p*10)",
}
WRONG = [
    "input 8x8x1 let alpha = 1 let beta = 2 let gama = 3 conv(gamma)k3 fc10",
    "input 8x8x1 train opt=adm epoch=3 conv4k3 fc10",
    "input 8x8x1 add[conv4k3 | conv8k3] cat[@a | @b] fc10",
    "input 8x8x1 conv4k3:rel fc10",
]
QUESTIONS: dict[str, list[list[str]]] = {
    "check": [[]],
    "table": [[], ["--set", "w=1/2"], ["--convention", "thop"], ["--json"]],
    "formula": [[], ["--json"], ["--format", "python"], ["--format", "latex"]],
    "aperture": [[]],
    "explain": [["memory_training"], ["params", "--format", "markdown"], ["macs", "--json"]],
    "ratio": [["--width", "1/2"], ["--json", "--width", "1/2"]],
    "emit": [[], ["--set", "w=2"]],
    "solve": [["params <= 1M", "--for", "w"], ["memory <= 1GiB", "--for", "B"]],
    "fit": [["--memory", "11GiB"]],
    "roofline": [["--device", "t4", "--set", "B=8"], ["--device", "t4", "--json"]],
}
MORE = [
    ["formula", "-e", TEXTS["lets"], "--free", "n,m,k,p"],
    ["formula", "-e", TEXTS["lets"], "--free", "p,k,m,n", "--json"],
    ["formula", "-e", TEXTS["sizes"], "--free", "R,n"],
    ["ratio", "-e", TEXTS["lets"], "--set", "n=2*n", "--set", "m=m+1", "--set", "w=1/2"],
    ["ratio", "-e", TEXTS["sizes"], "--set", "R=2*R", "--set", "n=3"],
    ["emit", "-e", TEXTS["lets"], *(word for name in "pkmn" for word in ("--set", f"{name}=1"))],
    ["compare", str(EXAMPLES[0]), str(EXAMPLES[1])],
    ["compare", "--json", str(EXAMPLES[2]), str(EXAMPLES[0])],
    ["conventions"],
    ["devices"],
    ["read", "--as", "vgg", "64 M 128 M 10"],
    ["sweep", "-e", "input 8x8x1 let n = 1 sweep m=1 fc(n)"],
    ["sweep", "-e", "input 8x8x1 let n = 1 train batch=1|2|3 sweep n=1|1.0 fc(n)"],
    *([command, "--help"] for command in COMMANDS),
]


def commands():
    """Every question about every network."""
    networks = [[str(file)] for file in EXAMPLES] + [["-e", text] for text in TEXTS.values()]
    for words in networks:
        for command, questions in QUESTIONS.items():
            yield from ([command, *words, *more] for more in questions)
    yield from (["fmt", "--check", str(file)] for file in EXAMPLES)
    yield from (["check", "-e", text] for text in WRONG)
    yield from MORE


def printed(words):
    result = CliRunner().invoke(cli, words)
    return result.output + str(result.exception or "")


def plans():
    """The programs, folders and cells of every point of a sweep."""
    network = netform.parse(TEXTS["swept"], "swept")
    runs = runs_of(network, all_points(network.axes), FOLDER, {"epochs": 3, "seed": 1})
    yield from ((str(run.file), run.program) for run in runs)
    yield "plan", as_json("swept", FOLDER, [outcome_of(run) for run in runs])


def options():
    """The programs of every value of every setting, the others as they are without one."""
    axes: dict[Any, Any] = AXES
    for axis, values in axes.items():
        for value in values:
            point = NOTHING | {axis: value}
            if is_possible(list(point.values())):
                yield f"{axis} {value}", netform.parse(text_of(point)).emit()


def main():
    found = {" ".join(words): printed(words) for words in commands()}
    json.dump(found | dict(plans()) | dict(options()), sys.stdout)


if __name__ == "__main__":
    main()
