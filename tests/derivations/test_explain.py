"""Derivations: every rule is what the kinds compute, every sum what the network says."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Symbol, sympify

import netform
from netform.cli import cli
from netform.dsl.algebra.stated_formulas import expression
from netform.dsl.costs.quantities import QUANTITIES
from netform.dsl.derivations.derivation import Collected, Contributions, Derivation, DerivationStep
from netform.dsl.derivations.derivation import Path as Growing
from netform.dsl.graph.backward import first_trained
from netform.dsl.kinds import KINDS, MERGES, Kind
from netform.strategies import networks
from support.commands import netform_command
from support.traffic import moved_bytes, with_gradient

ROOT = Path(__file__).parents[2]
CIFAR = "examples/cifar_vgg.net"
COUNTS = [name for name in QUANTITIES if not name.startswith("memory")]


def worked_out(step):
    """The rule of a step with its letters' values, by SymPy."""
    values = {Symbol(letter.symbol): letter.value for letter in step.letters}
    return expression(step.rule).subs(values, simultaneous=True).expand()


def cost_of(layer, quantity, first, gradient_of):
    """What the kind of a layer computes, without any rule."""
    cost, is_first = layer.cost, layer in first
    poly = {
        "params": lambda: cost.weights + cost.biases + cost.non_trainable,
        "trainable": lambda: cost.weights + cost.biases,
        "non_trainable": lambda: cost.non_trainable,
        "weights": lambda: cost.weights,
        "biases": lambda: cost.biases,
        "macs": lambda: cost.macs,
        "flops": lambda: cost.macs * 2,
        "train_macs": lambda: cost.macs * (3 - is_first + (layer.remat is not None)),
        "feature_maps": lambda: layer.output.values if layer.kind.keeps_map else 0,
        "traffic_inference": lambda: moved_bytes(layer, "inference", gradient_of),
        "traffic_training": lambda: moved_bytes(layer, "training", gradient_of),
    }[quantity]()
    return layer.algebra.expression(poly)


def steps_of(derivation):
    for part in derivation.parts:
        if isinstance(part, DerivationStep):
            yield part
        elif isinstance(part, Derivation):
            yield from steps_of(part)


@pytest.mark.parametrize("kind", [*KINDS, *MERGES], ids=lambda kind: kind.op)
def test_every_kind_states_its_rules(kind):
    assert kind.rules is not Kind.rules, f"{kind.__module__} needs its textbook rules"


def test_a_kind_without_rules_says_where_they_belong():
    class Blur(Kind):
        op = "blur"

    with pytest.raises(NotImplementedError, match="test_explain needs its textbook rules"):
        Blur().rules(None)


@given(networks(ranks=(1, 2, 3), remats=True))
@settings(max_examples=40)
def test_the_rule_of_every_layer_is_what_its_kind_computes(network):
    first = {layer for layer, _ in first_trained(network.layers)}
    gradient_of = with_gradient(network.layers)
    for layer in network.layers:
        for quantity in COUNTS:
            derivation = network.explain(quantity, layer.name)
            (step,) = derivation.parts
            cost = cost_of(layer, quantity, first, gradient_of)
            assert worked_out(step) == cost.expand() == step.simplified.expand()
            assert derivation.formula == cost
            assert bool(step.words) == (cost == 0)


@given(networks(ranks=(1, 2, 3)))
@settings(max_examples=40)
def test_the_rules_of_sizes_give_the_output_of_every_layer(network):
    for layer in network.layers:
        derivation = network.explain("output", layer.name)
        found = {name: worked_out(step) for step in derivation.parts for name in step.names}
        sizes = [*map(Integer, layer.output.sizes), layer.algebra.expression(layer.output.channels)]
        assert [result.formula for result in derivation.results] == sizes
        assert [found[r.name] for r in derivation.results] == [size.expand() for size in sizes]


@given(networks(ranks=(1, 2, 3), remats=True), st.integers(1, 99))
@settings(max_examples=40)
def test_a_total_ends_where_the_network_does(network, batch):
    figures = network.at(B=batch)
    for quantity in QUANTITIES:
        derivation = network.explain(quantity, B=batch)
        assert derivation.formula == network.formula(quantity)
        assert derivation.number == figures[quantity]
        for part in derivation.parts:
            if isinstance(part, Contributions):
                assert (sum(row.simplified for row in part.rows) - derivation.formula).expand() == 0
                assert sum(row.number for row in part.rows) == derivation.number
                assert sum(len(row.layers) for row in part.rows) == len(
                    [1 for layer in network.layers if network.explain(quantity, layer.name).formula]
                )
            elif isinstance(part, Collected):
                powers = [p.symbols * sum(n * c for n, c in p.coefficients) for p in part.powers]
                assert (sum(powers) - derivation.formula).expand() == 0
            elif isinstance(part, DerivationStep):
                assert worked_out(part) == part.simplified.expand()


@given(networks(), st.sampled_from(["sgd", "momentum", "adam"]))
@settings(max_examples=20)
def test_the_memory_of_layers_adds_up_to_that_of_the_network(network, optimizer):
    for quantity in ("memory_inference", "memory_training"):
        parts = []
        for layer in network.layers:
            derivation = network.explain(quantity, layer.name, optimizer=optimizer)
            parts.append(derivation.formula)
            assert all(worked_out(s) == s.simplified.expand() for s in derivation.parts)
        assert (sum(parts) - network.formula(quantity, optimizer=optimizer)).expand() == 0


@given(networks(ranks=(1, 2, 3)))
@settings(max_examples=60)
def test_an_aperture_grows_by_the_recurrence_to_what_the_layer_sees(network):
    for layer in network.layers:
        derivation = network.explain("aperture", layer.name)
        sizes = tuple(result.number for result in derivation.results)
        assert sizes == layer.aperture.size
        for path in derivation.parts:
            if not isinstance(path, Growing):
                continue
            size, jump = 1, 1
            for row in path.rows:
                if not row.words:
                    assert (row.before, row.jump_before) == (size, jump)
                    assert row.size == size + (row.kernel - 1) * jump
                    assert row.jump == jump * row.stride
                size, jump = row.size, row.jump
            assert size == path.size


def test_one_layer_as_a_textbook_has_it():
    assert str(netform.load(ROOT / CIFAR).explain("params", layer="conv2")) == (
        "params of conv2 (conv64k3) in cifar_vgg, in values\n"
        "\n"
        "    params = k_h*k_w*C*F + F\n"
        "\n"
        "    k_h*k_w*C*F  weights: every filter weighs all it sees under its kernel\n"
        "    F            biases: one for each filter\n"
        "\n"
        "    k_h = 3  kernel height, written conv64k3\n"
        "    k_w = 3  kernel width, written conv64k3\n"
        "    C = 32w  incoming channels, from conv1\n"
        "    F = 64w  filters, written conv64k3\n"
        "\n"
        "    params = 3*3*32w*64w + 64w\n"
        "           = 18432w**2 + 64w\n"
        "           = 18,496 at w = 1\n"
        "\n"
        "where w is a positive multiple of 1/32"
    )


@pytest.mark.parametrize(
    ("file", "words", "lines"),
    [
        ("vgg16.net", ["macs"], ["= 15,470,264,320 at w = 1"]),
        ("zoo/resnet50.net", ["trainable"], ["= 25,557,032 at w = 1"]),
        ("zoo/resnet50.net", ["aperture"], ["A = 427"]),
        (
            "zoo/resnet50.net",
            ["output", "conv1"],
            [
                "H_out = W_out = floor((H_in + 2*p - k)/s) + 1",
                "H_out = W_out = floor((224 + 2*3 - 7)/2) + 1",
                "= 112",
            ],
        ),
        (
            "cifar_vgg.net",
            ["aperture", "conv4"],
            ["conv4  3  1  4  20  = 12 + 2*4", "A = 20"],
        ),
        (
            "cifar_vgg.net",
            ["train_macs"],
            ["train_macs = 3*M - M_1", "= 149,649,408 at w = 1"],
        ),
        ("zoo/resnext50.net", ["params", "stage1.block1.conv2"], []),
    ],
)
def test_known_figures(file, words, lines):
    network = netform.load(ROOT / "examples" / file)
    if words[-1] == "stage1.block1.conv2":
        words = ["params", next(r.name for r in network.layers if getattr(r.kind, "groups", 1) > 1)]
        lines = ["params = k_h*k_w*(C/g)*F", "params = 3*3*(128w/32)*128w"]
    printed = [line.strip() for line in str(network.explain(*words)).splitlines()]
    assert [line for line in lines if line not in printed] == []


@pytest.mark.parametrize("size", [64, 65, 79, 100, 101])
def test_sizes_that_stay_free_hold_for_every_size(size):
    text = "input RxRx3 conv8k3s2 pool3s2v conv8k5s3p2 conv8k3d2v deconv8k4s2p1 up2 pad1 crop2"
    network = netform.parse(text, values={"R": size})
    for layer, closed in zip(network.in_symbols(["R"]).layers, network.layers, strict=True):
        for step in steps_of(network.explain("output", layer.name, free=["R"])):
            if step.names[0] == "C_out":
                continue
            assert worked_out(step).subs("R", size) == closed.output.sizes[0] == step.number
            assert step.simplified.subs("R", size) == closed.output.sizes[0]


def test_a_size_without_a_value_ends_at_the_formula():
    network = netform.parse("input RxRx3 conv8k3s2 fc10")
    derivation = network.explain("macs", "conv1")
    assert derivation.number is None
    assert "macs = R" not in str(derivation)
    assert derivation.formula == network.layers[1].macs
    with pytest.raises(netform.NetformError, match="R has no value"):
        network.explain("aperture")


def test_lets_that_stay_free_have_the_numbers_of_the_file():
    network = netform.load(ROOT / "examples/zoo/densenet121.net")
    derivation = network.explain("trainable", free=["g"])
    assert derivation.formula == network.formula("trainable", free=["g"])
    assert derivation.number == 7_978_856
    assert "= 7,978,856 at g = 32" in str(derivation)


def test_letters_are_never_mistaken_for_symbols_of_the_network():
    network = netform.parse(
        "input 8x8x4 let C = 5 let F = 6 let F_layer = 2 conv(C)k3 conv(F)k3 fc3"
    )
    derivation = network.explain("params", "conv2", free=["C", "F", "F_layer"])
    assert derivation.formula == 9 * Symbol("C") * Symbol("F") + Symbol("F")
    (step,) = derivation.parts
    assert worked_out(step) == derivation.formula
    assert [letter.symbol for letter in step.letters] == ["k_h", "k_w", "C_layer", "F_layer_layer"]


def test_another_width_and_batch():
    network = netform.load(ROOT / CIFAR)
    half = network.explain("memory_training", w="1/2", B=128)
    assert half.number == network.at(w="1/2", B=128)["memory_training"]
    assert "at w = 1/2, B = 128" in str(half)
    bare = network.explain("params", free=[], w="1/2")
    assert bare.formula == bare.number == 590_442
    with pytest.raises(netform.NetformError, match="conv1 needs a whole number of channels"):
        network.explain("params", w="1/3")


def test_branches_and_phases_are_told_of_and_not_derived_falsely():
    wide = str(netform.parse("input 64x64x3 add[conv3k5 | conv3k3]").explain("aperture"))
    assert "widest branch: conv1; others: conv2 3" in wide
    apart = netform.parse("input 64x64x3 add[conv3k3s2 | conv3k3s2p1]").explain("aperture")
    row = apart.parts[0].rows[-1]
    assert row.size == 4
    assert row.words == (
        "no branch sees all: conv1 from 0 to 2 and conv2 from -1 to 1, together from -1 to 2"
    )
    phases = str(netform.parse("input 64x64x3 conv8k3 deconv8k3s2 conv8k3").explain("aperture"))
    assert "up by 2, so the receptive field repeats every 2 pixels" in " ".join(phases.split())
    assert "Of these, counted from 0, 0 sees from -2 to 1" in " ".join(phases.split())
    gate = str(netform.parse("input 64x64x8 conv8k3 mul[gap fc(c)] conv8k3").explain("aperture"))
    assert "On some path a layer sees the whole image" in gate
    whole = str(netform.parse("input 64x64x8 conv8k3 gap fc10 fc5").explain("aperture"))
    assert "gap1 sees the whole of its input map" in whole


def test_equal_layers_stand_together():
    network = netform.parse("input 8x8x4 [conv4k3 conv4k3:bn.relu]*4000 fc10")
    derivation = network.explain("params")
    table: Any = derivation.parts[0]
    assert len(table.rows) < 10
    assert sum(len(row.layers) for row in table.rows) == 12_001
    assert len(str(derivation)) < 5000
    assert len(derivation.latex()) < 10_000


HOSTILE = [
    r"a\end{document}$%&#_{}~^",
    "``it''s \"--\" <|> ?` !` ,, \\input{/etc/passwd}",
    "größe — Ωmega \u202e\x1b[31m\n\n\\par 中文",
    "x" * 200,
    "| [a](javascript:x) <b> *y* `z` ``",
]
NETWORKS = [
    "input 8x8x4 let under_score_x = 5 let lambda = 3 let e4 = 2 "
    "def Block_A(n) [ add[conv(n)k3s2:bn.relu conv(n)k1:- | conv(n)k1s2:-] relu ] "
    "conv(under_score_x*lambda)k3 Block_A(8)*2 cat[conv(e4)k1 | pool3s1] up2 gap fc10",
    "input 64x64x3 conv8k3 deconv8k3s2 cat[id | conv3k1 bn] dw3 mul[gap fc(c)] flat fc3 drop0.5",
    "input RxRx3 conv(round8(w*20))k3s2 conv(floor(c/2)+ceil(c/3))k3 gap fc10",
    "input 100x2 conv4k3s2v pool2 fc3",
]


def documents(network):
    for quantity in ("params", "train_macs", "memory_training", "output", "aperture"):
        if quantity == "aperture" and network.open:
            continue
        for layer in (None, network.layers[1].name):
            yield network.explain(quantity, layer, free=network.symbols)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("text", NETWORKS)
def test_every_document_is_balanced_whatever_the_names(text, name):
    for derivation in documents(netform.parse(text, name)):
        source = derivation.latex()
        assert source.isascii()
        assert source.count(r"\end{document}") == source.count(r"\begin{document}") == 1
        assert r"\input" not in source.replace(r"\textbackslash{}input", "")
        bare = re.sub(r"\\[\\{}$%&#_]", "", source)
        depth = 0
        for character in bare:
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0
        assert depth == 0
        assert bare.count("$") % 2 == 0
        open_environments = []
        for word, environment in re.findall(r"\\(begin|end)\{([a-z*]+)\}", source):
            if word == "begin":
                open_environments.append(environment)
            else:
                assert open_environments.pop() == environment
        assert open_environments == []
        assert source.count(r"\left") == source.count(r"\right") + source.count(r"\leftarrow")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_code_in_markdown(name):
    printed = netform.parse(NETWORKS[0], name).explain("params").markdown()
    heading = printed.splitlines()[0]
    fence = re.match(r"# params of (`+)", heading)[1]
    inside = heading.removeprefix(f"# params of {fence}").removesuffix(fence)
    assert fence not in re.findall("`+", inside)
    assert "\x1b" not in printed
    assert "\u202e" not in printed


@pytest.mark.parametrize("text", NETWORKS)
def test_mathematics_in_markdown_is_what_readers_take(text):
    """Matplotlib's mathtext, another reader of TeX, parses every fragment between dollars."""
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for derivation in documents(netform.parse(text)):
        printed = derivation.markdown()
        for fragment in set(re.findall(r"\$+([^$]+)\$+", printed)):
            assert not re.search(r"\\[^A-Za-z ]", fragment), (
                "Markdown would take that for an escape"
            )
            parser.parse(f"${fragment}$")


@pytest.mark.parametrize("name", ["plain", *HOSTILE])
def test_pdflatex_compiles_every_document(name, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed: no document was compiled")
    for number, text in enumerate(NETWORKS):
        found = list(documents(netform.parse(text, name)))
        for index, derivation in enumerate(found if name == "plain" else found[:2]):
            compiled(derivation.latex(), tmp_path / f"d{number}_{index}.tex")


@pytest.mark.parametrize("quantity", ["params", "memory_training", "aperture"])
def test_pdflatex_breaks_the_tables_of_a_deep_network(quantity, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed: no document was compiled")
    network = netform.load(ROOT / "examples/zoo/resnet152.net")
    assert compiled(network.explain(quantity).latex(), tmp_path / "deep.tex") >= 2


def compiled(source, path):
    """The number of pages that pdflatex makes of a document; it must not complain."""
    path.write_text(source, encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert run.returncode == 0, run.stdout[-2000:]
    log = run.stdout.replace("\n", "")
    assert "Missing character" not in log
    return int(re.search(r"\((\d+) pages?", log)[1])


def test_it_shows_itself_in_a_notebook():
    derivation = netform.load(ROOT / CIFAR).explain("params")
    assert derivation._repr_latex_() == (
        r"$\displaystyle \mathrm{params} = 2{,}336{,}768 w^{2} + 12{,}480 w + 10$"
    )
    assert derivation._repr_markdown_() == derivation.markdown()
    seen = netform.load(ROOT / CIFAR).explain("aperture", "conv1")
    assert seen._repr_latex_() == r"$\displaystyle A_{h} = 3, A_{w} = 3$"


def run(*words):
    result = CliRunner().invoke(cli, list(map(str, words)), catch_exceptions=True)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_line_prints_what_python_has(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = netform.load(CIFAR)
    assert run("explain", CIFAR, "params") == network.explain("params").text()
    text = "input 8x8x1 let n = 4 conv(n)k3 fc10"
    assert (
        run("explain", "-e", text, "params", "conv1", "--free", "n")
        == netform.parse(text).explain("params", "conv1", free=["n"]).text()
    )
    words = ["memory_training", "--set", "B=128", "--set", "w=1/2", "--optimizer", "sgd"]
    half = network.explain("memory_training", w="1/2", B=128, optimizer="sgd")
    assert run("explain", CIFAR, *words) == half.text()
    assert run("explain", CIFAR, *words, "--format", "markdown") == half.markdown()
    out = tmp_path / "half.tex"
    assert run("explain", CIFAR, *words, "--format", "latex", "-o", out) == ""
    assert out.read_text() == half.latex()


@pytest.mark.parametrize("words", [["params"], ["output", "conv1"], ["aperture"], ["train_macs"]])
def test_derivations_as_json(words, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = json.loads(run("explain", CIFAR, *words, "--json"))
    network = netform.load(CIFAR)
    assert (found["network"], found["quantity"]) == ("cifar_vgg", words[0])
    if words[0] in QUANTITIES:
        (result,) = found["results"]
        assert sympify(result["expr"]) == network.formula(words[0])
        assert result["number"] == network.at()[words[0]]
    if words == ["params"]:
        rows = found["parts"][0]["contributions"]["rows"]
        assert sum(row["number"] for row in rows) == 2_349_258
        each = rows[1]["each"]
        values = {letter["symbol"]: sympify(letter["value"]) for letter in each["letters"]}
        assert sympify(each["rule"]).subs(values) == sympify(each["expr"])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ["parms"],
            "no quantity is called parms\n    hint: did you mean params?\n",
        ),
        (
            ["params", "conv9"],
            "no layer is called conv9\n    hint: did you mean conv4?\n",
        ),
        (
            ["params", "--free", "q"],
            "no symbol of this network is called q\n    hint: write one of B, H, R, W, w\n",
        ),
        (
            ["aperture", "nothing"],
            "no layer is called nothing\n    hint: write one of conv1, conv1.relu, conv2, "
            "conv2.relu, conv3, conv3.relu, conv4, conv4.relu, drop1, drop2, drop3, fc1, fc1.relu, "
            "fc2, input, pool1, pool2, pool3\n",
        ),
        (
            ["params", "-o", "/nowhere/at/all.txt"],
            "/nowhere/at/all.txt cannot be written: No such file or directory\n",
        ),
    ],
    ids=" ".join,
)
def test_wrong_words(words, error):
    result = netform_command("explain", CIFAR, *words)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", error)


@pytest.mark.parametrize("words", [[], [CIFAR], [CIFAR, "params", "conv1", "conv2"]])
def test_a_wrong_command_line(words):
    result = netform_command("explain", *words)
    assert result.returncode == 2
    assert "Give a QUANTITY, and optionally the name of a LAYER." in result.stderr


def test_a_layer_that_is_not_there_among_many():
    network = netform.parse("input 8x8x4 conv4k3*60 fc10")
    with pytest.raises(netform.NetformError) as error:
        network.explain("params", "q" * 1000)
    assert error.value.hint == (
        "write one of input, conv1, conv1.relu, conv2, conv2.relu, conv3, conv3.relu, conv4, "
        "conv4.relu, conv5, conv5.relu, conv6, conv6.relu, conv7, conv7.relu, conv8, conv8.relu, "
        "conv9, conv9.relu, conv10, ...; netform table has all"
    )
    assert len(str(error.value)) < 400
