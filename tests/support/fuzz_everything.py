"""Fuzz netform in all its ways: texts, commands, the Python API, emitted programs, hash seeds.

    python tests/support/fuzz_everything.py --seconds 600 --seed 1     (make fuzz SECONDS=600)

Every input is a random text. All are read, built and checked, and some shown, read again and
formatted; every twentieth is asked a question too, on the command line or from Python, or its program is written, compiled
and linted. Now and then many of the last answers are computed anew under other hash seeds. What is
no answer and no NetformError, or takes too long, is a fault: its text is kept in ./faults, and the
exit code is 1.
"""

import argparse
import hashlib
import os
import pickle
import random
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import click
from ruff.__main__ import find_ruff_bin

import netform
from netform.grammar.format.formatter import format_text
from support.every_command import ALL_QUESTIONS, answer
from support.mutation import mutated
from support.random_texts import random_text

SLOW = 5  # seconds of a processor for one input
SHOWN = 4  # one in so many networks is shown and formatted
DEEP = 20  # one in so many inputs is asked a question
COMPARED = 20_000  # after so many inputs, hash seeds are compared
VALUES: list[dict[str, object]] = [{}, {}, {"R": 16}, {"R": 32, "n": 2}, {"n": "1/3"}]
LINTED = 100  # programs that are linted together
UNDEFINED = "F821,F822,F823,F811,F841,F401"  # of ruff: names undefined, unused, given twice


class Choice:
    """Choices of a random.Random."""

    def __init__(self, source):
        self.source = source

    def number(self, low, high):
        return self.source.randint(low, high)

    def pick(self, options):
        return options[self.source.randrange(len(options))]

    def characters(self, most):
        low, high = self.source.choice(
            [(0, 0x20), (0x20, 0x7F), (0x7F, 0x3000), (0xD800, 0x10FFFF)]
        )
        length = self.source.randint(0, most)
        return "".join(chr(self.source.randint(low, high)) for _ in range(length))


class Fuzzer:
    """A run: its inputs so far, and the faults that they found."""

    def __init__(self, seed, folder):
        self.random = random.Random(seed)
        self.choice = Choice(self.random)
        self.folder = folder
        self.counts = {"inputs": 0, "networks": 0, "questions": 0, "programs": 0, "compared": 0}
        self.faults = {}
        self.programs = {}
        self.asked = []
        self.recent = ["input 8x8x1 conv8k3 fc10"]  # texts that are networks

    def text(self):
        """The next input."""
        if self.random.random() < 0.4:
            return random_text(self.random)
        return mutated(self.choice, most=self.random.choice([2, 2, 8]))

    def one(self):
        """One input, with all that is done with it."""
        text = self.text()
        self.counts["inputs"] += 1
        began = time.process_time()
        try:
            self.shallow(text)
            if self.counts["inputs"] % DEEP == 0:
                text = self.random.choice([text, *self.recent * 4])
                self.deep(text)
        except Exception:
            self.fault(traceback.format_exc(), text)
        taken = time.process_time() - began
        if taken > SLOW:
            self.fault(f"{taken:.0f} s is too slow", text)

    def shallow(self, text):
        """Read, build, check, show, read again, format."""
        try:
            network = netform.parse(text)
        except netform.NetformError as error:
            assert str(error)
            return
        self.counts["networks"] += 1
        self.recent = [text]
        network.warnings()
        if not network.open:
            network.at()
        if self.counts["networks"] % SHOWN:
            return
        shown = netform.show(network)
        assert netform.parse(shown) == network, "showing changed it"
        assert format_text(shown).rstrip() == shown.rstrip(), "the form is not stable"
        format_text(text)

    def deep(self, text):
        """Ask a question, on the command line or from Python, or write the program."""
        self.counts["questions"] += 1
        question = self.random.choice([*ALL_QUESTIONS, *["python", "program"] * 6])
        if question == "python":
            self.ask(text)
        elif question == "program":
            self.program(text)
        else:
            try:
                found = answer(question, text)
            except click.ClickException as error:
                found = error.format_message()
            self.asked.append((question, text, digest(found)))

    def ask(self, text):
        """Calls of the Python API, each of which answers or raises NetformError."""
        values = self.random.choice(VALUES)
        try:
            network = netform.parse(text, values=values)
        except netform.NetformError:
            return
        symbol = self.random.choice([*network.symbols, "R", "n"])
        quantity = self.random.choice(["params", "macs", "memory", "feature_maps", "train_macs"])
        layer = self.random.choice(network.layers)
        calls = [
            lambda: network.formula(quantity, free=["w", symbol]),
            lambda: network.domain([symbol, *network.open]),
            lambda: network.ratio(quantity, changes={symbol: f"2*{symbol}"}),
            lambda: network.solve(
                f"{quantity} <= 5 G{'iB' if quantity == 'memory' else ''}", symbol
            ),
            lambda: network.solve(
                f"{quantity} >= 1 k{'iB' if quantity == 'memory' else ''}", symbol
            ),
            lambda: str(network.compare(netform.parse("input 8x8x1 conv8k3 fc10"))),
            lambda: network.explain(quantity, layer.name).text(),
            lambda: network.explain("aperture", layer.name).markdown(),
            lambda: network.at(w=self.random.choice(["1/2", "2/3", 2])).params,
            lambda: network.at(w="2/7", rounding="divisor8").layers,
            lambda: network.table(conventions=["thop", "torch"]).as_json(),
            lambda: network.sees(layer.name, [0] * len(layer.output.sizes)),
            lambda: netform.grid(network, quantity, {symbol: [1, 2, 3, 10]}).values,
            lambda: network.having(**{symbol: 3}),
        ]
        try:
            self.random.choice(calls)()
        except netform.NetformError as error:
            assert str(error)

    def program(self, text):
        """The program of a text compiles, and is kept to be linted with others."""
        try:
            network = netform.parse(text)
            source = network.emit(w=self.random.choice([1, 1, 1, 2, "1/2"]))
        except netform.NetformError:
            return
        self.counts["programs"] += 1
        compile(source, "program.py", "exec")
        self.asked.append(("emit", text, None))
        self.programs[f"p{len(self.programs)}.py"] = source, text
        if len(self.programs) >= LINTED:
            self.lint()

    def lint(self):
        """Look for names in the programs that are undefined or unused."""
        with tempfile.TemporaryDirectory() as folder:
            for name, (source, _) in self.programs.items():
                Path(folder, name).write_text(source, encoding="utf-8")
            command = [find_ruff_bin(), "check", "--isolated", "--no-cache", "--quiet"]
            options = ["--select", UNDEFINED, "--output-format", "concise", folder]
            result = subprocess.run([*command, *options], capture_output=True, text=True)
        assert result.returncode in (0, 1), result.stderr  # 2 where ruff itself fails
        for line in result.stdout.splitlines():
            path, _, message = line.partition(":")
            if Path(path).name in self.programs:
                self.fault(f"lint {message}", self.programs[Path(path).name][1])
        self.programs.clear()

    def compare(self):
        """Compute some of the last answers anew under other hash seeds."""
        asked = [(question, text) for question, text, _ in self.asked[-200:]]
        self.asked.clear()
        if not asked:
            return
        self.counts["compared"] += len(asked)
        found = [digests(asked, seed) for seed in ("0", "1", "2")]
        for number, (question, text) in enumerate(asked):
            if len({each[number] for each in found}) > 1:
                self.fault(f"{question} depends on the hash seed", text)

    def fault(self, what, text):
        """Keep a fault, each kind once."""
        lines = [line for line in what.splitlines() if line.lstrip().startswith("File")]
        last = lines[-1].strip() if lines else what[:60]
        kind = f"{last} {what.splitlines()[-1][:60]}"
        if kind in self.faults:
            self.faults[kind] += 1
            return
        self.faults[kind] = 1
        self.folder.mkdir(exist_ok=True)
        name = f"{len(self.faults):03}-{hashlib.sha256(kind.encode()).hexdigest()[:8]}.txt"
        kept = f"{text!r}\n\n{text}\n\n{what}\n".encode("utf-8", "backslashreplace")
        (self.folder / name).write_bytes(kept)
        print(f"FAULT {name}: {kind}", flush=True)

    def report(self):
        """The counts so far."""
        counts = ", ".join(f"{number:,} {what}" for what, number in self.counts.items())
        print(f"{counts}; {len(self.faults)} kinds of faults", flush=True)


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def digests(asked, seed):
    """The digests of the answers to some questions, in a process with a hash seed."""
    command = [sys.executable, __file__, "--answer"]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    result = subprocess.run(
        command, input=pickle.dumps(asked), stdout=subprocess.PIPE, env=environment, check=True
    )
    return result.stdout.decode().split()


def print_digests():
    """The digests of the answers to the questions that standard input has."""
    for question, text in pickle.load(sys.stdin.buffer):
        try:
            found = answer(question, text)
        except click.ClickException as error:
            found = error.format_message()
        except Exception as error:
            found = type(error).__name__
        print(digest(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--inputs", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=Path, default=Path("faults"))
    parser.add_argument("--answer", action="store_true", help="used by the run itself")
    options = parser.parse_args()
    if options.answer:
        print_digests()
        return 0
    fuzzer = Fuzzer(options.seed, options.faults)
    end, reported = time.monotonic() + options.seconds, time.monotonic()
    while time.monotonic() < end and fuzzer.counts["inputs"] < options.inputs:
        fuzzer.one()
        if fuzzer.counts["inputs"] % COMPARED == 0:
            fuzzer.compare()
        if time.monotonic() - reported > 60:
            fuzzer.report()
            reported = time.monotonic()
    fuzzer.lint()
    fuzzer.compare()
    fuzzer.report()
    return bool(fuzzer.faults)


if __name__ == "__main__":
    sys.exit(main())
