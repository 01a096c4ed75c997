"""Random texts that are mostly right in form and in shape, and that join what is costly or rare."""

SETTINGS = [
    "data set=digits",
    "data set=cifar10 aug=flip,crop4 val=0.1",
    'data npz="my data.npz" aug=cutout2',
    "data folder=images predict=on",
    "train epochs=2 batch=16 lr=0.01",
    "train opt=sgd schedule=cosine warmup=2 smooth=0.1",
    "train opt=muon ema=0.9 clip=1 policy=mixed_float16",
    "train max_batches=100 batch=64 subdivisions=8 log=classes,gpu",
    "train devices=2 batch=32",
    "sweep n=1|2|3",
    "train batch=8|16",
]
POSTS = ["post conv=bn.relu", "post bias=0", "post conv=ln.gelu dw=bn.relu6 bias=1", "post fc=tanh"]
LAYERS = [
    *[
        "conv4k3",
        "conv8k3s2",
        "conv4k1:-",
        "conv6k3g2",
        "conv4k3d2",
        "conv4k2v",
        "conv4k1x3",
        "conv8k3p1",
        "conv4k3b0",
    ],
    *[
        "deconv4k2s2",
        "deconv4k3",
        "dw3",
        "dw3s2",
        "dw3m2",
        "fc8",
        "fc10:sigmoid",
        "pool2",
        "pool3s1",
        "pool3s2p1",
        "avg2",
    ],
    *[
        "gap",
        "gmp",
        "up2",
        "up3",
        "pad1",
        "crop1",
        "bn",
        "ln",
        "relu",
        "relu6",
        "sigmoid",
        "tanh",
        "gelu",
        "swish",
        "softmax",
        "drop0.5",
    ],
    *[
        "flat",
        "id",
        "conv(n)k3",
        "conv(c)k1",
        "conv(2*c)k1",
        "conv(c/2)k3",
        "conv(c*w)k1",
        "conv(n*w)k1!",
    ],
    *["conv(floor(c/3)+1)k3", "conv(round8(c*3/4))k1", "conv(ceil(c*w/5))k1", "conv4k(n)", "up(n)"],
    *[
        "fc(c)",
        "conv7!k3:bn.tanh",
        "dw(n)s(n)",
        "pool(n)",
        "drop(1/n-1/9)",
        "F(4)",
        "F(n,2)",
        "G([conv4k3])",
        "->a",
    ],
]
SIZES = [
    *[
        "8x8x1",
        "16x16x3",
        "1x1x4",
        "7x9x2",
        "12x4",
        "9x3",
        "4x4x4x2",
        "RxRx3",
        "HxWx1",
        "Rx2",
        "RxRxRx1",
        "(2*n)x8x3",
    ],
    *["32x32x3", "28x28x1", "8x8x3", "224x224x3", "100000x1"],
]
LETS = [
    *["let n = 2"] * 4,
    "let n = 3",
    "let n = 1/2",
    "let n = 4 let m = 2*n+1",
    "let n = floor(7/2)",
]
F = [
    "def F(n, s=1) [ conv(n)k3s(s) relu ]",
    "def F(n, s=1) [ add[conv(n)k1 | conv(n)k3:-] pool(s) ]",
]
G = ["def G(f) [ f relu add[f] ]", "def G(f) [ cat[f | pool3s1] ]"]


def random_text(random):
    """A text, by a random.Random."""
    statements = [f"input {random.choice(SIZES)}", random.choice(LETS)]
    for options, share in ((POSTS, 0.3), (SETTINGS, 0.3)):
        if random.random() < share:
            statements.append(random.choice(options))
    random.shuffle(statements)
    chain = [random.choice(["conv8k3", "conv4k3s2", "->a"]), *_chain(random, random.randint(0, 3))]
    text = " ".join(chain)
    statements += [random.choice(F)] * ("F(" in text) + [random.choice(G)] * ("G(" in text)
    if "@a" in text and "->a" not in text:
        chain.insert(1, "->a")
    end = random.choice(["fc10", "gap fc10", "conv3k1", "", "gap", "flat fc(n) softmax"])
    separator = random.choice([" ", " ", "\n", "  # text\n", "\t"])
    return separator.join([*statements, *chain, end])


def _chain(random, depth):
    return [_part(random, depth) for _ in range(random.randint(1, 5))]


def _part(random, depth):
    if depth == 0 or random.random() < 0.6:
        return random.choice(LAYERS)
    inside = " ".join(_chain(random, depth - 1))
    match random.randint(0, 5):
        case 0:
            return f"[{inside}]*{random.choice(['2', '3', '(n)', '(n-1)', '0', '20'])}"
        case 1:
            return f"add[{inside} conv(c)k1]" if random.random() < 0.5 else f"cat[{inside}]"
        case 2:
            other = " ".join(_chain(random, depth - 1))
            return f"{random.choice(['add', 'cat', 'cat', 'mul'])}[{inside} | {other}]"
        case 3:
            return f"cat[{inside} | @a {random.choice(LAYERS)}]"
        case 4:
            return f"mul[gap fc(c/4) fc(c):sigmoid] cat[{inside} conv4k1 up2 | up2]"
        case _:
            return f"[{inside}]"
