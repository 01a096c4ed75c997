"""Formulas for other programs: functions of Python that compute exactly, and LaTeX."""

import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Integer, Symbol, ceiling, floor

import netform
from netform.cli import cli
from netform.codegen.latex.formulas import to_latex
from netform.codegen.python.formulas import to_python
from netform.dsl.algebra.sympy_expressions import round8
from netform.dsl.costs.quantities import QUANTITIES
from netform.strategies import networks

ROOT = Path(__file__).parents[2]
widths = st.integers(1, 4).map(Fraction) | st.builds(Fraction, st.integers(1, 6), st.integers(1, 4))


def functions(program):
    """The functions of a program, run by itself."""
    made = {}
    exec(compile(program, "<formulas>", "exec"), made)
    return made


def formatted(program):
    ruff = [sys.executable, "-m", "ruff", "format", "--no-cache", "--isolated", "-"]
    return subprocess.run(ruff, input=program, capture_output=True, text=True, check=True).stdout


@given(networks(), widths)
@settings(max_examples=30)
def test_a_formula_as_text_is_the_formula(network, w):
    for free in ([], ["w"], ["w", "B"], ["B", *network.symbols]):
        for quantity in QUANTITIES:
            assert network.formula_text(quantity, free) == str(network.formula(quantity, free))
    try:
        text = network.formula_text("memory", values={"w": w})
    except netform.NetformError:
        assume(False)
    assert text == str(network.formula("memory", values={"w": w}))


@given(networks(), widths, st.integers(1, 512))
@settings(max_examples=60)
def test_functions_compute_what_the_network_says(network, w, batch):
    try:
        figures = network.at(w, batch)
    except netform.NetformError:
        assume(False)
    formulas = {name: network.formula(name) for name in QUANTITIES}
    made = functions(to_python(formulas, network.domain()))
    for name, expression in formulas.items():
        symbols = {s.name for s in expression.free_symbols}
        values = {n: v for n, v in (("w", w), ("B", batch)) if n in symbols}
        found = made[name](**values)
        assert found == figures[name]
        assert type(found) is int


@pytest.mark.parametrize("growth", [8, 16, 32, 48])
def test_eighths_of_a_square_are_exact(growth):
    network = netform.load(ROOT / "examples/zoo/densenet121.net")
    expression = network.formula("trainable", free=["g"])
    made = functions(to_python({"trainable": expression}, network.domain(["g"])))
    assert made["trainable"](g=growth) == network.at(g=growth).trainable
    with pytest.raises(ValueError, match="trainable is 570233/8 there, which is not whole"):
        made["trainable"](g=1)


@pytest.mark.parametrize("size", [64, 96, 224, 512])
def test_floors_of_the_image_are_exact(size):
    network = netform.load(ROOT / "examples/zoo/unet.net")
    made = functions(to_python({"macs": network.formula("macs", free=["R"])}))
    assert made["macs"](R=size) == network.at(R=size).macs


@given(st.integers(-50, 50), st.integers(1, 9), st.integers(-50, 50), st.fractions(0, 300))
def test_every_rounding_is_that_of_sympy(a, b, c, x):
    R = Symbol("R")
    value = (a * R + c) / Integer(b)
    expression = floor(value) ** 2 - 3 * ceiling(value) + 8 * round8(R / 3) * floor(R / 2) + 1
    found = functions(to_python({"f": expression}))["f"](R=x)
    assert found == expression.subs(R, Integer(x.numerator) / x.denominator)


def test_halves_outside_of_fractions_are_exact():
    """Whole numbers only, as floors are, and yet a division: no float comes between."""
    R = Symbol("R")
    expression = floor(R / 2) * (10**17 + 1) / Integer(2)
    assert functions(to_python({"f": expression}))["f"](R=4) == 10**17 + 1


def test_a_program_is_as_ruff_leaves_it():
    for file, free in (
        ("cifar_vgg.net", None),
        ("zoo/unet.net", ["R", "w", "B"]),
        ("zoo/densenet121.net", ["g"]),
        ("zoo/densenet121.net", ["g", "w"]),
        ("vgg16.net", []),
    ):
        network = netform.load(ROOT / "examples" / file)
        formulas = {name: network.formula(name, free) for name in QUANTITIES}
        program = to_python(formulas, network.domain(free))
        assert program == formatted(program)


def test_lets_may_be_called_as_python_calls_its_own():
    names = ["lambda", "None", "Fraction", "params", "value", "ValueError", "lambda_", "class"]
    lets = " ".join(f"let {name} = {i + 2}" for i, name in enumerate(names))
    chain = " ".join(f"conv({name})k1" for name in names)
    network = netform.parse(f"input 8x8x1 {lets} {chain} fc10")
    expression = network.formula("params", free=names)
    program = to_python({"params": expression}, network.domain(names))
    made = functions(program)
    parameters = re.search(r"def params\(([^)]*)\)", program)[1].replace("\n", "").split(",")
    parameters = [p.strip() for p in parameters if p.strip()]
    assert len(set(parameters)) == len(names)
    values = {p: names.index(_name_of(p, names)) + 2 for p in parameters}
    assert made["params"](**values) == network.at().params


def _name_of(parameter, names):
    """The let behind a parameter: symbols come in order, underscores make them Python's."""
    if parameter == "lambda__":
        return "lambda_"
    return parameter if parameter in names and parameter != "lambda_" else parameter.rstrip("_")


def test_a_program_in_full():
    network = netform.load(ROOT / "examples/cifar_vgg.net")
    program = to_python({"params": network.params}, network.domain(["w"]))
    assert program == (
        "from fractions import Fraction\n"
        "\n"
        "\n"
        "def params(w):\n"
        '    """All parameters, as the framework counts them, in values.\n'
        "\n"
        "    Where w is a positive multiple of 1/32.\n"
        '    """\n'
        "    w = Fraction(w)\n"
        "    value = 2_336_768 * w**2 + 12_480 * w + 10\n"
        "    if value.denominator != 1:\n"
        '        raise ValueError(f"params is {value} there, which is not whole")\n'
        "    return value.numerator\n"
    )
    made = functions(program)
    assert made["params"](Fraction(1, 2)) == 590_442


def test_latex_in_full():
    network = netform.load(ROOT / "examples/cifar_vgg.net")
    assert to_latex({"params": network.params}, network.domain(["w"])) == (
        "\\begin{align*}\n"
        "\\mathrm{params} &= 2{,}336{,}768 w^{2} + 12{,}480 w + 10\n"
        "\\end{align*}\n"
        "where w is a positive multiple of 1/32."
    )


def test_latex_compiles(tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed: no formula was compiled")
    unet = netform.load(ROOT / "examples/zoo/unet.net")
    formulas = {name: unet.formula(name, ["R", "w", "B"]) for name in QUANTITIES}
    body = to_latex(formulas, unet.domain(["R", "w", "B"]))
    path = tmp_path / "formulas.tex"
    path.write_text(
        "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n"
        f"{body}\n\\end{{document}}\n"
    )
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-1000:]


def test_the_command_line_takes_a_format(monkeypatch):
    monkeypatch.chdir(ROOT)
    words = ["formula", "examples/cifar_vgg.net", "params", "macs"]
    network = netform.load("examples/cifar_vgg.net")
    formulas = {name: network.formula(name) for name in ("params", "macs")}

    def printed(*more):
        result = CliRunner().invoke(cli, [*words, *more])
        assert result.exit_code == 0, result.output
        return result.output

    assert printed("--format", "python") == to_python(formulas, network.domain())
    assert printed("--format", "latex") == to_latex(formulas, network.domain()) + "\n"
    assert printed("--format", "json") == printed("--json")
    assert printed("--format", "text") == printed()


def test_what_a_tool_counts_is_a_function_of_python_too():
    network = netform.parse("input 8x8x1 conv16k3 fc10")
    words = ["formula", "-e", str(network), "--convention", "ptflops-pytorch", "--format", "python"]
    made = {}
    exec(CliRunner().invoke(cli, words).stdout, made)
    assert made["macs_by_ptflops_pytorch"](w=1) == sum(network.counts("ptflops-pytorch"))
