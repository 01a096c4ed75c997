"""Texts made to exhaust a machine: each must end soon, with little memory, in netform's own error.

    python tests/support/hostile.py          measures every text in a process of its own

prints the seconds and the MB of each; the aim is 2 s and 500 MB at most.
"""

import resource
import subprocess
import sys
import time

DOUBLING = " ".join(f"def A{i}() [ A{i + 1}() A{i + 1}() ]" for i in range(20))
CALLING = " ".join(f"def A{i}(n) [ A{i + 1}(n+n) A{i + 1}(n) ]" for i in range(20))
BRANCHING = " ".join(f"def A{i}() [ cat[A{i + 1}() | A{i + 1}()] ]" for i in range(20))
PASSING = " ".join(f"def A{i}(b) [ A{i + 1}([b b]) ]" for i in range(30))
ROUNDING = "+".join(f"round8(c*{i}/7)" for i in range(1, 90))

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
    "look-alikes": "\u0456nput 8x8x1 \u0441onv8k3",
}


def measured(name: str) -> str:
    run = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True)
    return run.stdout.strip() or run.stderr.strip().splitlines()[-1]


def measure(name: str) -> None:
    import netform

    started = time.perf_counter()
    try:
        netform.parse(TEXTS[name])
        end = "a network"
    except netform.NetformError as error:
        end = str(error).splitlines()[0][:80]
    seconds = time.perf_counter() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{seconds:5.2f} s {megabytes:4} MB  {end}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    else:
        for name in TEXTS:
            print(f"{name:30} {measured(name)}")
