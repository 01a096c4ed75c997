"""What is needed where a text stops making sense, in the words of the language."""

from __future__ import annotations

from dataclasses import dataclass

ATOM = "a layer is one lower-case word, such as conv64k3, pool2, drop0.5 or fc10"
INPUT = "write input 32x32x3 (height x width x channels)"
MODIFIER = "write it without a space, such as k3 or s2x1"
SETTING = 'write key=value without spaces, such as batch=128 or npz="my data.npz"'


STATEMENTS = ("input", "def", "let", "use", "post", "data", "train", "sweep")


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed after the text ``before``, if ``unread`` follows."""

    before: str
    needed: str
    hint: str
    unread: str = ""


NEEDS = (
    Need(r"\b(data|train|post|sweep)", "a setting is needed", SETTING),
    Need(r"\binput", "the size of the input is needed", INPUT),
    Need(r"\binput [0-9x]+", "another extent is needed", INPUT, unread="x"),
    Need(r"[0-9)]x", "a size is needed after x", "write both, such as k1x7"),
    Need(r"[0-9)!][v!]+", "v and ! take no number", "leave the number out", unread="[0-9(]"),
    Need(r"[0-9)!]v?[a-z]+", "a modifier needs its number", MODIFIER),
    Need(r"[-+*/(,=]", "a number or a symbol is needed", "write an expression such as (64*w)"),
)

# statements that are started and not finished
UNFINISHED = (
    Need(
        r"\bdef( \w+( ?\([^()]*\))?)?",
        "a block has a capital, parameters and brackets",
        "write def Bott(n, s=1) [ conv(n)k3s(s) ]",
    ),
    Need(r"\blet( \w+)?", "a let gives a name to a number", "write let g = 32"),
    Need(r"\buse", "use needs a file in quotes", 'write use "blocks/resnet.net"'),
)

# what people write who know other languages; here "needed" is the whole message
HABITS = (
    Need(
        r"\*(\d+|\([^()]*\))",
        "remat comes before the number of repeats",
        "write [conv64k3]:remat*3 for each round alone, or [[conv64k3]*3]:remat for all together",
        unread=r":remat\b",
    ),
    Need(
        ":remat",
        "remat is the last word of a part",
        "write the post chain behind its layer: [conv64k3:bn.relu]:remat",
        unread=":",
    ),
    Need(
        r"[\])]",
        "a part is computed again where :remat follows it",
        "write [conv64k3 conv64k3]:remat",
        unread=r"(?!:remat\b):?(?i:remat|recompute|checkpoint)",
    ),
    Need(
        "",
        "remat follows a group or a call of a block in a chain, without a space",
        "write [conv64k3]:remat or Bott(64):remat; around a merge [add[conv64k3]]:remat",
        unread=r":remat\b",
    ),
    Need(
        r"(\]|\]\*\d+|\w\*\d+|[A-Z]\w*\([^()]*\))",
        "a post chain belongs to one layer",
        "write it behind the layer, as conv64k3:relu, or the activation as a separate layer",
        unread=":",
    ),
    Need(
        r"\b(add|cat|mul) ?\([^()]*",
        "branches are written in brackets, with bars between them",
        "write add[conv64k3 | conv64k1]",
    ),
    Need(
        r"\b[A-Z]\w*\([^()]*",
        "arguments are given by position, without names",
        "write Bott(64, 2)",
        unread="=",
    ),
    Need(
        "", "the part that repeats comes before the star", "write conv64k3*3", unread=r"[0-9]+ ?\*"
    ),
    Need(
        r"\binput [0-9x]+( x)?",
        "extents are joined by small letters x, without spaces",
        "write input 32x32x3",
        unread="[X\u00d7*0-9]",
    ),
    Need(
        r"\buse q+",
        "a use has one file",
        'write use "a.net" use "b.net"',
        unread='"',
    ),
    Need(
        r"(^| )[a-z]+", "a value follows its layer without a space", "write conv(8)k3", unread=r"\("
    ),
    Need(
        r"(?<!train )(?<!data )(?<!post )(?<!sweep )(?<!let )"
        r"\b(?!(?:bias|last|batch|lr|epochs|opt|set|aug|npz|folder|conv|deconv|dw|fc)$)[a-z]\w*",
        "a number gets its name from let",
        "write let g = 32, before the layers",
        unread=r"\s*=\s*[0-9(]",
    ),
)
