"""Fuzz the language with atheris: whatever a text is, netform answers or raises its own error.

    python tests/support/fuzz.py -runs=100000

Inputs are random bytes as text, and the repository's own networks and wrong texts cut up and put
together anew, which reaches deeper. An input that ends in any other exception stops the run with
its traceback, and is kept as ./crash-*.
"""

import re
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["netform"]):
    import netform
    from netform.grammar.format.formatter import format_text

ROOT = Path(__file__).parents[2]
WORDS = [
    "\n",
    "",
    "",
    "",
    "input",
    "post",
    "let",
    "use",
    "def",
    "data",
    "train",
    "sweep",
    "add[",
    "cat[",
    "mul[",
    "[",
    "]",
    "|",
    "(",
    ")",
    "*",
    "*2",
    "*(n)",
    "->a",
    "@a",
    ":",
    "-",
    ".",
    ",",
    "=",
    "+",
    "/\n",
    "",
    "",
    "",
    "conv",
    "deconv",
    "dw",
    "fc",
    "pool",
    "avg",
    "gap",
    "gmp",
    "up",
    "pad",
    "crop",
    "drop",
    "bn",
    "ln",
    "relu",
    "sigmoid",
    "softmax",
    "flat",
    "id\n",
    "",
    "",
    "",
    "k3",
    "s2",
    "p1",
    "d2",
    "g4",
    "m2",
    "b0",
    "v",
    "!",
    "64",
    "0.5",
    "8x8x1",
    "RxRx3",
    "16x4",
    "8x8x8x2",
    "n",
    "c",
    "w",
    "g",
    "Bott(",
    "round8(",
    "ceil(",
    "floor(",
    "B",
    "H\n",
    "",
    "",
    "",
    "x",
    "#",
    '"',
    "\n",
    "conv=bn.relu",
    "bias=0",
    "last=0",
    "batch=1|2",
    "def\tF(n,s=1)[conv(n)k3s(s)]",
    "let\tg=3",
    "999999999999999",
    "0\n",
]
LONGEST = 2000  # characters


def seeds() -> list[list[str]]:
    """The texts of the repository, in words and what stands between them."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("examples/**/*.net"))]
    wrong = (ROOT / "tests" / "fixtures" / "errors.txt").read_text(encoding="utf-8")
    texts += re.findall(r"^> (.*)$", wrong, re.MULTILINE)
    return [re.findall(r"\w+|\s+|[^\w\s]", text)[:400] for text in texts]


SEEDS = seeds()


def text_of(data: atheris.FuzzedDataProvider) -> str:
    if data.ConsumeIntInRange(0, 3) == 0:
        return data.ConsumeUnicode(LONGEST)
    words = list(data.PickValueInList(SEEDS))
    for _ in range(data.ConsumeIntInRange(0, 8)):
        at = data.ConsumeIntInRange(0, len(words))
        match data.ConsumeIntInRange(0, 4):
            case 0:
                words.insert(at, data.PickValueInList(WORDS))
            case 1:
                words[at : at + 1] = []
            case 2:
                words[at : at + 1] = [data.PickValueInList(WORDS)]
            case 3:
                other = data.PickValueInList(SEEDS)
                start = data.ConsumeIntInRange(0, len(other))
                words[at:at] = other[start : start + data.ConsumeIntInRange(1, 12)]
            case _:
                words.insert(at, data.ConsumeUnicode(3))
    return "".join(words)


def one_input(raw: bytes) -> None:
    data = atheris.FuzzedDataProvider(raw)
    text = text_of(data)
    try:
        network = netform.parse(text)
        network.at()
        network.warnings()
        assert netform.parse(netform.show(network)) == network
        if data.ConsumeIntInRange(0, 9) == 0:
            network.emit()
        format_text(text)
    except netform.NetformError as error:
        assert str(error)


if __name__ == "__main__":
    atheris.Setup(
        [*sys.argv, "-len_control=0", "-max_len=256", "-rss_limit_mb=2048", "-timeout=20"],
        one_input,
    )
    atheris.Fuzz()
