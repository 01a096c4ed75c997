"""Mutation testing: small changes to the code, each of which a test must notice.

    python tests/support/mutants.py --count 120 --seed 0 spelling kinds algebra

draws a sample of Cosmic Ray's mutants of every area and runs the area's tests on each, in a fork
of a process that has loaded the libraries. The changed module is compiled in place of its file,
so that no file is changed. Mutants that no test notices are printed with their lines, and so are
those on which the tests do not end; the last line of an area is its score.
"""

import argparse
import importlib
import os
import random
import resource
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[2]
SECONDS = 300  # of a core; tests that take longer on a mutant run in an endless loop

# the files of an area, and its tests: the quickest first
AREAS = {
    "spelling": (
        ["codegen/keras/spelling.py"],
        ["tests/kinds/test_kinds.py", "tests/kinds/test_values.py"],
    ),
    "kinds": (
        ["dsl/kinds"],
        [
            "tests/kinds/test_kinds.py",
            "tests/algebra/test_sizes.py",
            "tests/costs/test_costs.py",
            "tests/grammar/test_errors.py",
            "tests/kinds/test_aperture.py",
            "tests/derivations/test_explain.py",
            "tests/kinds/test_values.py",
        ],
    ),
    "algebra": (
        ["dsl/algebra"],
        [
            "tests/algebra",
            "tests/graph/test_depth.py",
            "tests/questions/test_ratio.py",
            "tests/questions/test_grid.py",
            "tests/questions/test_solve.py",
            "tests/derivations/test_formulas.py",
            "tests/derivations/test_explain.py",
        ],
    ),
}
# a changed ``|`` is nearly always in an annotation, which nothing evaluates
LEFT_OUT = "ReplaceBinaryOperator_BitOr_"
OPTIONS = "@dataclass("  # frozen, slots and kw_only forbid uses, and change none


@dataclass(frozen=True)
class Mutant:
    """One change: the operator's nth place in a file."""

    area: str
    file: Path
    operator: str
    occurrence: int

    @property
    def module(self):
        inside = self.file.relative_to(ROOT).with_suffix("").parts
        return ".".join(("netform", *inside)).removesuffix(".__init__")

    def source(self):
        text = self.file.read_text(encoding="utf-8")
        return mutate_code(text, get_operator(self.operator)(), self.occurrence)

    def lines(self):
        """The lines that change, before and after."""
        before = self.file.read_text(encoding="utf-8").splitlines()
        pairs = zip(before, self.source().splitlines(), strict=False)
        number, (old, new) = next((n, p) for n, p in enumerate(pairs, 1) if p[0] != p[1])
        return f"{self.file.relative_to(ROOT)}:{number}\n    - {old.strip()}\n    + {new.strip()}"


def sample(area, count, seed):
    """Some mutants of an area, at most one for a place in the text."""
    places = {}
    for name in AREAS[area][0]:
        path = ROOT / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            text = file.read_text(encoding="utf-8")
            lines, nodes = text.splitlines(), list(ast_nodes(get_ast(text)))
            for operator in operator_names():
                if LEFT_OUT in operator or get_operator(operator).arguments():
                    continue
                made, occurrence = get_operator(operator)(), 0
                for node in nodes:
                    for start, _ in made.mutation_positions(node):
                        mutant = Mutant(area, file, operator, occurrence)
                        occurrence += 1
                        if not lines[start[0] - 1].startswith(OPTIONS):
                            places.setdefault((file, start), []).append(mutant)
    chance = random.Random(seed)
    chosen = chance.sample(sorted(places), min(count, len(places)))
    return [chance.choice(places[place]) for place in chosen]


def preload():
    """Load what every child would: the libraries, but nothing of netform."""
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    for name in ("click", "jinja2", "keras", "lark", "numpy", "pytest", "rich.table", "sympy"):
        importlib.import_module(name)
    from hypothesis import given, settings
    from hypothesis import strategies as st

    given(st.booleans())(settings(database=None)(lambda value: None))()  # reads what is loaded


def outcome(mutant, tests, log):
    """How the tests end on a mutant, in a child of this process: noticed, endless or survives."""
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return {0: "survives", -signal.SIGXCPU: "endless"}.get(code, "noticed")
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
    with open(log, "a", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if mutant is not None:
        _compile_in_place(mutant.module, mutant.source())
    import pytest

    code = pytest.main(["-q", "-x", "--no-header", "-W", "ignore", "--tb=line", *tests])
    sys.stdout.flush()
    os._exit(int(code))


def _compile_in_place(module, source):
    own = SourceFileLoader.get_code

    def get_code(loader, name):
        if name == module:
            return compile(source, loader.get_filename(name), "exec")
        return own(loader, name)

    SourceFileLoader.get_code = get_code


def main():
    parser = argparse.ArgumentParser(description="Test the tests of some areas by mutants.")
    parser.add_argument("--count", type=int, default=50, help="mutants of each area")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--log", type=Path, default=Path(os.devnull), help="what the tests print")
    parser.add_argument("areas", nargs="*", default=list(AREAS), help=", ".join(AREAS))
    args = parser.parse_args()
    os.chdir(ROOT)
    sys.dont_write_bytecode = True
    preload()
    for area in args.areas:
        tests = AREAS[area][1]
        if outcome(None, tests, args.log) != "survives":
            raise SystemExit(f"{area}: the tests fail without a change; see --log")
        score = Counter()
        for mutant in sample(area, args.count, args.seed):
            found = outcome(mutant, tests, args.log)
            score[found] += 1
            if found != "noticed":
                print(f"{found}: {mutant.lines()}", flush=True)
        told = ", ".join(f"{score[found]} {found}" for found in ("noticed", "survives", "endless"))
        print(f"{area}: {told}", flush=True)


if __name__ == "__main__":
    main()
