"""Texts cut up and put together anew: the repository's networks and wrong texts, and the words of the language."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = [
    *[
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
    ],
    *[
        ":",
        "-",
        ".",
        ",",
        "=",
        "+",
        "/",
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
    ],
    *[
        "softmax",
        "flat",
        "id",
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
    ],
    *[
        "Bott(",
        "round8(",
        "ceil(",
        "floor(",
        "B",
        "H",
        "x",
        "#",
        "conv=bn.relu",
        "bias=0",
        "last=0",
        "batch=1|2",
        "999999999999999",
        "0",
    ],
    *[
        "*99999",
        "s999999",
        "up9",
        "k4096",
        "*(10*n)",
        "(c*c)",
        "floor((c*c+c)/8)",
        "1/3",
        "w/3",
        "2*w",
        "predict=on",
    ],
    "\n",
    '"',
    "def\tF(n,s=1)[conv(n)k3s(s)]",
    "let\tg=3",
]
LONGEST = 400  # words of a text that are kept


def _seeds():
    """The texts of the repository, in words and what stands between them; short ones first."""
    wrong = (ROOT / "tests" / "fixtures" / "errors.txt").read_text(encoding="utf-8")
    texts = re.findall(r"^> (.*)$", wrong, re.MULTILINE)
    texts += [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("examples/**/*.net"))]
    return sorted((re.findall(r"\w+|\s+|[^\w\s]", text)[:LONGEST] for text in texts), key=len)


SEEDS = _seeds()


def mutated(choice, most=8):
    """A text with up to ``most`` changes.

    ``choice`` chooses: ``number(low, high)``, ``pick(options)`` and ``characters(most)``.
    """
    words = list(
        SEEDS[choice.number(0, choice.number(0, len(SEEDS) - 1))]
    )  # the short ones more often
    for _ in range(choice.number(0, most)):
        at = choice.number(0, len(words))
        match choice.number(0, 4):
            case 0:
                words.insert(at, choice.pick(WORDS))
            case 1:
                words[at : at + 1] = []
            case 2:
                words[at : at + 1] = [choice.pick(WORDS)]
            case 3:
                other = choice.pick(SEEDS)
                start = choice.number(0, len(other))
                words[at:at] = other[start : start + choice.number(1, 12)]
            case _:
                words.insert(at, choice.characters(3))
    return "".join(words)
