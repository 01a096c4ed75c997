"""Texts made to exhaust a machine: each must end soon, with little memory, in netform's own error.

    python tests/support/hostile.py     asks every question of every text, in processes of their own,

prints its slowest question, and the most MB of any; the aim is 2 s and 500 MB at most.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

DOUBLING = " ".join(f"def A{i}() [ A{i + 1}() A{i + 1}() ]" for i in range(20))
CALLING = " ".join(f"def A{i}(n) [ A{i + 1}(n+n) A{i + 1}(n) ]" for i in range(20))
BRANCHING = " ".join(f"def A{i}() [ cat[A{i + 1}() | A{i + 1}()] ]" for i in range(20))
PASSING = " ".join(f"def A{i}(b) [ A{i + 1}([b b]) ]" for i in range(30))
PRODUCT = "*".join(f"(floor(c/{i})+1)" for i in range(2, 9))
SPEEDS = " | ".join(f"conv1k1s{i}" for i in range(1, 400))
LONG = "A" + "a" * 40
ROUNDING = "+".join(f"round8(c*{i}/7)" for i in range(1, 90))

# Texts that are right, or may be; each ends soon too, under every command
LARGE_TEXTS = {
    "phases times branches": "input 8x8x1 up3 up5 up7 up11 [cat[conv1k3 | conv1k5]]*30",
    "terms times layers": "input 8x8x1 "
    + " ".join(f"conv((w+{i})*(w*w+{i})*(w+1))k1" for i in range(999)),
    "layers": "input 8x8x1 [conv8k3]*49000 fc10",
    "layers with norms": "input 8x8x1 post conv=bn.relu [conv8k3]*33000 fc10",
    "layers without weights": "input 8x8x1 conv8k3 [relu]*98000 fc10",
    "blocks": "input 8x8x1 "
    + " ".join(f"def A{i}() [ conv{i + 1}k1 ]" for i in range(5000))
    + " ".join(f" A{i}()" for i in range(5000)),
    "blocks that are not called": "input 8x8x1 "
    + " ".join(f"def A{i}() [ relu ]" for i in range(9000))
    + " conv8k3",
    "calls": "input 8x8x1 def A(n) [ conv(n)k1 ] " + " ".join(f"A({i + 1})" for i in range(6000)),
    "different layers": "input 8x8x1 " + " ".join(f"conv{i + 1}k1" for i in range(20000)),
    "branches": "input 8x8x1 conv8k3 cat[" + "|".join(["conv8k3"] * 8000) + "] fc10",
    "gates": "input 8x8x1 conv8k3 [mul[gap fc(c):sigmoid]]*16000 fc10",
    "dense blocks": "input 8x8x1 conv8k3 [cat[conv1k3]]*20000 fc10",
    "taps": "input 8x8x1 conv8k3 "
    + " ".join(f"->t{i} conv8k3" for i in range(3000))
    + " add["
    + "|".join(f"@t{i}" for i in range(3000))
    + "] fc10",
    "a free side": "input RxRx1 [conv8k3s2]*3000 fc10",
    "levels of a free side": "input RxRx1 conv8k3 " + "cat[pool3 " * 8 + "conv8k3" + " up3]" * 8,
    "levels of many sides": "input RxRx1 conv8k3 "
    + " ".join(f"cat[pool{p} conv8k3 up{p}]" for p in (2, 3, 5, 7, 11, 13)),
    "sides that differ": "input HxWx1 conv8k3 "
    + " ".join(f"[up{i} pool{i}]" for i in range(2, 30)),
    "widths": "input 8x8x1 " + " ".join(f"conv({i}*w/{i + 1})k1" for i in range(1, 3000)),
    "branches of many widths": "input 8x8x1 conv8k3 "
    + " ".join(f"add[conv({i}*w)k1 | conv({i}*w*w)k1]" for i in range(1, 2000)),
    "a long post chain": "input 8x8x1 post conv=" + ".".join(["bn"] * 3000) + " [conv8k3]*30",
    "names of layers": "input 8x8x1 "
    + " ".join(f"def {LONG}{i}() [ {LONG}{i + 1}() ]" for i in range(90))
    + f" def {LONG}90() [ conv8k3*20000 ] {LONG}0()",
    "taps of branches": "input 8x8x1 conv8k3 "
    + " ".join(f"->t{i} conv8k3 add[@t{i} | id]" for i in range(6000))
    + " fc10",
    "lets": "input 8x8x1 "
    + " ".join(f"let a{i} = {i + 1}" for i in range(6000))
    + " ".join(f" conv(a{i})k1" for i in range(6000)),
    "dilations": "input 999x999x1 " + " ".join(f"conv4k3d{i + 1}" for i in range(4000)),
    "blocks with branches that are not called": "input 8x8x1 "
    + " ".join(f"def B{i}(a, b=1) [ conv(a)k3 cat[conv(b)k1 | id] ]" for i in range(2500))
    + " conv8k3 fc10",
    "dense blocks that grow": "input 8x8x1 conv1k1! " + "cat[conv1k1!] " * 9000,
    "an axis": "input 8x8x1 train batch=" + "|".join(map(str, range(1, 9000))) + " conv8k3",
    "warnings": "input 8x8x1 conv8k3 [relu sigmoid]*40000 fc10",
    "loops": "input 8x8x1 let n = 3 conv8k3 " + "[conv(c+1)k1:-]*(n) " * 300 + "fc10",
}

TEXTS = {
    "a million brackets": "input 8x8x1 " + "[" * 1_000_000,
    "brackets up to the limit": "input 8x8x1 " + "[" * 99_000,
    "parentheses": "input 8x8x1 conv" + "(" * 99_000,
    "matched brackets": "input 8x8x1 " + "[" * 49_000 + "relu" + "]" * 49_000,
    "minus signs": "input 8x8x1 conv(" + "-" * 50_000 + "3)k3",
    "a long sum": "input 8x8x1 conv(" + "1+" * 40_000 + "1)k3",
    "one long word": "input 8x8x1 " + "x" * 200_000,
    "atoms run together": "input 8x8x1 " + "conv3k3" * 20_000,
    "a long post chain": "input 8x8x1 conv3k3:" + "bn." * 80_000,
    "a post chain, often": "input 8x8x1 post conv=bn.bn.bn.bn " + "conv1k1 " * 24_000,
    "modifiers": "input 8x8x1 dw3" + "s1" * 49_000,
    "a long size": "input " + "8x" * 40_000 + "1 fc1",
    "megabytes": "a" * 5_000_000,
    "garbage": "input 8x8x1 " + "@#$%^&*" * 14_000,
    "a quote": 'input 8x8x1 data npz="' + "a" * 200_000,
    "comments": "#\n" * 120_000,
    "a billion times": "input 8x8x1 conv8k3*1000000000",
    "repeats of repeats": "input 8x8x1 " + "[" * 9 + "conv8k3" + "]*99999" * 9,
    "repeats of nothing": "input 8x8x1 " + "[" * 9 + "->a" + "]*99999" * 9,
    "blocks that double": f"input 8x8x1 {DOUBLING} def A20() [ conv8k3 ] A0()",
    "blocks that double nothing": f"input 8x8x1 {DOUBLING} def A20() [ ->a ] A0()",
    "arguments that double": f"input 8x8x1 {CALLING} def A20(n) [ conv(n)k3 ] A0(1)",
    "branches that double": f"input 8x8x1 {BRANCHING} def A20() [ conv8k3 ] A0()",
    "chains that double": f"input 8x8x1 {PASSING} def A30(b) [ b ] A0([conv8k3])",
    "chains of nothing that double": f"input 8x8x1 {PASSING} def A30(b) [ b ] A0([->a])",
    "lets on lets": "input 8x8x1 "
    + " ".join(f"let a{i} = a{i + 1}" for i in range(9000))
    + " let a9000 = 3 conv(a0)k3",
    "lets that square": "input 8x8x1 "
    + " ".join(f"let a{i} = a{i + 1}*a{i + 1}" for i in range(60))
    + " let a60 = 2 conv(a0)k3",
    "roundings of letters": f"input 8x8x1 conv8k3 [conv({ROUNDING})k3]",
    "channels that double": "input 8x8x1 [cat[id]]*100",
    "maps that grow": "input 8x8x1 [up3 pool2]*60",
    "too many layers": "input 8x8x1 [conv8k3:bn.relu]*99999",
    "strides that multiply": "input 8x8x1 [pool1s999999]*99000",
    "strides of a free side": "input RxRx1 [pool1s999999]*99000",
    "a tower of roundings": "input 8x8x1 conv8k3 [conv(floor((c*c+c)/8))k1]*40",
    "a tower of roundings of numbers": "input 8x8x8 [conv(floor((c*c+c)/8))k1]*40",
    "a slow tower of roundings": "input 8x8x1 conv8k3 [conv(floor(c*9/8))k1]*70",
    "a product of roundings": f"input 8x8x1 conv8k3 [conv({PRODUCT})k1]*9",
    "phases times layers": "input 8x8x1 [up2]*12 [conv1k3]*2000",
    "speeds times layers": "input 1x1x1 cat[" + SPEEDS + "] [conv1k3]*20000",
    "speeds times phases": "input 1x1x1 [up2]*9 cat[" + SPEEDS + "]",
    "numbers of 64 digits": "input 8x8x1 conv8k3! [conv(c*c)k1]*8",
    "look-alikes": "\u0456nput 8x8x1 \u0441onv8k3",
}


if __name__ == "__main__":
    from support.every_command import ALL_QUESTIONS, answer
    from support.measuring import measured

    for name, text in {**TEXTS, **LARGE_TEXTS}.items():
        found = [(measured(answer, question, text), question) for question in ALL_QUESTIONS]
        slowest, question = max(found)
        largest = max(each.megabytes for each, _ in found)
        print(f"{name:32} {slowest.seconds:5.2f} s ({question}) {largest:4} MB  {slowest.end[:80]}")
