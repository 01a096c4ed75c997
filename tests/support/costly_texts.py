"""Texts that may be costly: pieces that grow something, repeated, inside and behind each other.

What multiplies is what hurts: phases times layers, terms times terms, branches times speeds. So a
text is a few pieces with numbers and counts, and a search for the worst text changes these.
"""

from hypothesis import strategies as st

INPUTS = ["8x8x1", "1x1x8", "RxRx1", "HxWx3", "64x3", "Rx2", "8x8x8x1", "RxRxRx2", "1000000x1"]
PIECES = [
    *[
        "up{a}",
        "pool{a}",
        "pool1s{b}",
        "avg{a}s1",
        "conv8k{a}",
        "conv{b}k1",
        "conv8k3s{a}",
        "conv8k3d{a}",
        "dw3m{a}",
        "fc{b}",
    ],
    *[
        "deconv4k{a}s{a}",
        "deconv4k1s{a}",
        "pad{a}",
        "crop1",
        "relu",
        "bn",
        "gap",
        "flat",
        "conv8k3:bn.relu",
        "drop0.5",
    ],
    "conv8k3 conv{a}k1",
    "cat[id | up{a} pool{a}]",
    "cat[conv{a}k1]",
    "cat[conv4k3s{a} | conv4k3s{b}]",
    "cat[pool{a} conv4k3 up{a}]",
    "add[conv(c)k3]",
    "add[up{a} pool{a} conv(c)k{b}]",
    "mul[gap fc(c/{a}) fc(c):sigmoid]",
    "add[conv8k{a} | conv8k{b}]",
    "cat[" + "|".join(["conv{a}k3"] * 30) + "]",
    "cat[" + "|".join(f"conv4k1s{i}" for i in range(1, 30)) + "]",
    "conv(c*c)k1",
    "conv(c*w)k1",
    "conv(c/{a})k1",
    "conv(floor(c/{a})+1)k1",
    "conv(floor((c*c+c)/8)+1)k1",
    "conv(round8(c*{a}/{b})*floor(c/{b}))k1",
    "conv((floor(c/{a})+1)*(floor(c/{b})+w))k1",
    "conv(ceil(w/{a})+ceil(w/{b}))k3",
    "conv((w+{a})*(w+{b}))k3",
    "conv({a}*w/{b})k1",
    "conv(n)k1",
    "conv(n*c)k1",
    "[conv(c+{a})k1:-]*(n)",
    "[add[conv(c)k3]]*(n)",
    "F({a})",
    "F(F1)",
    "G([conv{a}k1])",
    "F(c+{a})",
]
DEFINITIONS = (
    "def F(n) [ conv(n)k1 add[conv(n)k3] ] def F1() [ conv8k3 ] "
    "def G(f) [ cat[f | f] ] def Chain(n) [ F(n) G([F(n)]) ] "
)
NUMBERS = st.integers(1, 12) | st.sampled_from([16, 64, 97, 999, 4096, 999999])
COUNTS = st.sampled_from([1, 1, 1, 2, 3, 5, 12, 40, 200, 2000, 20000, 99000])


@st.composite
def pieces(draw, depth=2):
    """A piece, perhaps many times, perhaps around others."""
    if depth and draw(st.integers(0, 3)) == 0:
        inside = " ".join(draw(st.lists(pieces(depth - 1), min_size=1, max_size=3)))
        text = draw(st.sampled_from(["[{}]", "cat[{}]", "add[{}]", "cat[{} | id]", "mul[{}]"]))
        return f"[{text.format(inside)}]*{draw(COUNTS)}"
    text = draw(st.sampled_from(PIECES))
    text = text.replace("{a}", str(draw(NUMBERS))).replace("{b}", str(draw(NUMBERS)))
    count = draw(COUNTS)
    if count > 1 and count <= 200 and draw(st.booleans()):  # written out, each a little different
        return " ".join(f"{text.replace('8', str(8 + i))}" for i in range(count))
    return f"[{text}]*{count}" if count > 1 else text


@st.composite
def statements(draw):
    """Many lets, many blocks, or long settings."""
    count = draw(st.sampled_from([1, 30, 1000, 3000]))
    return draw(
        st.sampled_from(
            [
                "",
                "",
                "",
                " ".join(f"let a{i} = a{i + 1}" for i in range(count)) + f" let a{count} = 2",
                " ".join(f"let a{i} = a{i + 1}+a{i + 1}" for i in range(50)) + " let a50 = 2",
                " ".join(f"def A{i}(n) [ conv(n)k1 ]" for i in range(count)),
                " ".join(f"def A{i}() [ conv{i + 1}k1 ]" for i in range(count))
                + " @ "
                + " ".join(f"A{i}()" for i in range(count)),
                "post conv=" + ".".join(["bn"] * min(count, 300)),
                "train batch=" + "|".join(str(i + 1) for i in range(count)),
                "data aug=" + ",".join(f"crop{i}" for i in range(count)),
                "sweep n=" + "|".join(str(i + 1) for i in range(count)),
            ]
        )
    )


@st.composite
def costly_texts(draw):
    """A text."""
    before, _, called = draw(statements()).partition(" @ ")
    chain = " ".join(draw(st.lists(pieces(), min_size=1, max_size=4)))
    end = draw(st.sampled_from(["", "fc10", "gap fc10", "conv8k1"]))
    definitions = DEFINITIONS if "F(" in chain or "G(" in chain else ""
    start = draw(st.sampled_from(["", "conv8k3"]))
    size = draw(st.sampled_from(INPUTS))
    return f"input {size} let n = 3 {definitions}{before} {start} {called} {chain} {end}"
