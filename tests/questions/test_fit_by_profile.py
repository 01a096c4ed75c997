"""What fits a memory by a profile: the figures prove it, and the margin is that of the errors."""

import math
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st

import netform
from netform.cli import cli
from netform.dsl.algebra.periodic_sets import PeriodicSet
from netform.dsl.costs.memory import POLICIES
from netform.dsl.memory.measured_errors import ERRORS
from netform.dsl.memory.profiled_quantity import purpose_of
from netform.dsl.memory.profiles import DTYPES
from netform.dsl.questions import fit as fits
from netform.dsl.questions.counted_search import boundary
from netform.dsl.questions.fit import fit
from netform.strategies import networks
from support.commands import netform_command
from support.profile_modes import COUNTED

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(
    file.relative_to(ROOT).as_posix()
    for file in [*ROOT.glob("examples/*.net"), *ROOT.glob("examples/zoo/*.net")]
)
QUICK = ("cifar_vgg", "digits", "resnet20_cifar", "squeezenet", "vgg16")
RESNET = "examples/zoo/resnet50.net"
MIB = 2**20
peaks = st.sampled_from(
    [
        ("textbook", "training"),
        *((profile, purpose_of(mode)) for profile, mode in COUNTED if mode.endswith("_peak")),
    ]
)
purposes = st.sampled_from(["inference", "training"])


def peak(network, profile, purpose, batch):
    """The account's peak at a batch, from the timeline alone."""
    account = network.account(profile, f"{purpose}_peak", B=batch)
    return account.figure(account.total)


def check_safe(network, profile, purpose, memory, found):
    """That both answers are the last inside what they may take."""
    for solution, budget in (
        (found.full, memory),
        (found.safe, math.floor(memory * (1 - found.margin))),
    ):
        if solution is None:
            assert peak(network, profile, purpose, 1) > budget
            continue
        assert peak(network, profile, purpose, int(solution.value)) == solution.at <= budget
        assert peak(network, profile, purpose, int(solution.value) + 1) == solution.next > budget


@given(networks(), peaks, st.integers(0, 40), st.integers(0, 10**6))
def test_the_answers_of_random_networks_are_the_last_that_fit(network, asked, n, more):
    profile, purpose = asked
    assume(network.at().trainable)
    memory = peak(network, profile, purpose, 1) + n * network.at().feature_maps * 4 + more
    mode = None if (profile, purpose) == ("textbook", "training") else f"{purpose}_peak"
    found = fit(network, memory, purpose=purpose, profile=profile, mode=mode)
    check_safe(network, profile, purpose, memory, found)


@pytest.mark.parametrize(
    "file",
    [f if Path(f).stem in QUICK else pytest.param(f, marks=pytest.mark.long) for f in EXAMPLES],
)
def test_the_answers_of_the_examples_are_the_last_that_fit(file, monkeypatch):
    monkeypatch.chdir(ROOT)
    network = netform.load(file)
    if network.open:
        network = network.having(**dict.fromkeys(network.open, 64))
    memory = 3 * peak(network, "torch", "training", 1)
    found = fit(network, memory, profile="torch")
    check_safe(network, "torch", "training", memory, found)
    assert found.safe is None or found.safe.value < found.full.next_value


@given(networks(), st.sampled_from(["<=", "<", ">=", ">"]), st.integers(2, 30), purposes)
def test_a_solution_by_a_profile_is_what_brute_force_finds(network, relation, batch, purpose):
    assume(network.at().trainable)
    mode = f"{purpose}_peak"
    budget = peak(network, "torch", purpose, batch)
    claim = f"memory_{purpose} {relation} {budget} B"
    found = network.solve(claim, "B", profile="torch", mode=mode)
    kept = {"<=": int.__le__, "<": int.__lt__, ">=": int.__ge__, ">": int.__gt__}[relation]
    beside = found.value + (1 if relation in ("<=", "<") else -1)
    assert kept(peak(network, "torch", purpose, int(found.value)), budget)
    assert beside == 0 or not kept(peak(network, "torch", purpose, int(beside)), budget)


numbers = st.integers(1, 30)
runs = st.tuples(numbers, st.none() | numbers).map(lambda r: (r[0], r[1] and r[0] + r[1]))
sets = st.integers(1, 4).flatmap(
    lambda period: st.dictionaries(
        st.integers(0, period - 1), st.lists(runs, min_size=1, max_size=2).map(tuple)
    ).map(lambda found: PeriodicSet(period, found))
)


@given(sets, sets, st.integers(1, 80))
def test_a_union_has_what_either_set_has(one, other, number):
    both = one | other
    assert (number in both) == (number in one or number in other)
    after = [n for n in (one.after(number), other.after(number)) if n is not None]
    assert both.after(number) == min(after, default=None)
    before = [n for n in (one.last(number), other.last(number)) if n is not None]
    assert both.last(number) == max(before, default=None)
    assert both.is_endless == (one.is_endless or other.is_endless)


@pytest.mark.parametrize(
    ("worst", "margin"), [(1.32, "2"), (-14.48, "15"), (0.0, "1"), (-3.0, "3"), (240.0, "50")]
)
def test_the_margin_is_the_worst_error_in_whole_percents(worst, margin):
    assert fits.margin_of({"worst": worst}) == Fraction(int(margin), 100)


def test_without_a_measurement_the_margin_is_that_of_the_textbook(monkeypatch):
    monkeypatch.setattr(fits, "ERRORS", {})
    found = fit(netform.parse("input 8x8x1 conv4k3 fc10"), 10 * MIB, profile="torch")
    assert (found.margin, found.measured) == (fits.MARGIN, None)


@pytest.mark.parametrize(
    ("profile", "mode"), [asked for asked in COUNTED if asked[0] != "textbook"]
)
def test_every_mode_has_the_margin_of_its_peak(profile, mode):
    purpose = mode.removesuffix("_peak")
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    found = fit(network, 10 * MIB, purpose=purpose, profile=profile, mode=mode)
    assert found.margin == fits.margin_of(ERRORS.get((profile, f"{purpose}_peak")))


def test_overhead_is_taken_from_the_memory_first():
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    for profile in ("textbook", "torch"):
        less = fit(network, 7 * MIB, profile=profile)
        set_aside = fit(network, 10 * MIB, profile=profile, overhead=3 * MIB)
        assert (set_aside.full, set_aside.safe) == (less.full, less.safe)


def test_what_dominates_is_the_largest_part_and_layer():
    found = fit(netform.load(ROOT / RESNET), 11 * 2**30, profile="torch")
    account = netform.load(ROOT / RESNET).account("torch", "training_peak", B=found.best.value)
    parts = {name: account.figure(poly) for name, poly in account.parts.items()}
    assert found.dominant.part_bytes == max(parts.values()) == parts[found.dominant.part]
    layers = {
        layer.name: sum(account.figure(t.bytes) for t in tensors)
        for layer, tensors in account.by_layer()
    }
    assert found.dominant.layer_bytes == max(layers.values()) == layers[found.dominant.layer]
    assert found.dominant.total == found.best.at


def test_the_textbook_beside_is_the_textbooks_own_answer():
    network = netform.load(ROOT / RESNET)
    beside = fit(network, 11 * 2**30, profile="torch").textbook
    assert beside == fit(network, 11 * 2**30)


@pytest.mark.parametrize("relation", ["<=", "<", ">=", ">"])
@pytest.mark.parametrize("symbol", ["w", "R", "n", "B"])
@pytest.mark.parametrize("mode", ["training", "training_peak"])
def test_other_symbols_have_the_accounts_figures_too(symbol, relation, mode):
    network = netform.parse("input RxRx3 let R = 16 let n = 4 conv(n)k3 conv8k3 pool2 fc10")
    other = {"w": "B"}.get(symbol, "w")
    claim = f"memory {relation} 300 KiB"
    found = network.solve(claim, symbol, values={other: 2}, profile="torch", mode=mode)
    for value, figure in ((found.value, found.at), (found.next_value, found.next)):
        at: dict[str, Any] = {symbol: value, other: 2}
        scales = {name: at.pop(name) for name in ("w", "B") if name in at}
        account = network.having(**at).account("torch", mode, **scales)
        assert account.figure(account.total) == figure
    smaller, larger = sorted([found.at, found.next])
    assert smaller <= 300 * 1024 <= larger
    assert abs(found.value - found.next_value) == found.step


@given(st.sets(st.integers(1, 60), min_size=1), st.integers(0, 61), st.data())
def test_the_boundary_is_found_from_any_guess(numbers, last, data):
    candidates = PeriodicSet(1, {0: tuple((number, number) for number in sorted(numbers))})
    guess = data.draw(st.sampled_from(sorted(numbers)))
    found = boundary(candidates, lambda number: number <= last, guess)
    inside = [number for number in numbers if number <= last]
    outside = [number for number in numbers if number > last]
    assert found == (max(inside, default=None), min(outside, default=None))


BLOCKS = (ROOT / "tests" / "fixtures" / "profiles.txt").read_text(encoding="utf-8")
CASES = re.findall(r"^> (.*)\n((?:(?!> ).*\n)+)", BLOCKS, re.MULTILINE)


@pytest.mark.parametrize(("words", "printed"), CASES, ids=[case[0] for case in CASES])
def test_the_whole_text_of_a_command(words, printed, monkeypatch):
    monkeypatch.chdir(ROOT)
    error = {"median": -0.04, "worst": 1.32, "measured_on": "8 networks on cpu"}
    monkeypatch.setattr(fits, "ERRORS", {("torch", "training_peak"): error})
    arguments = [part.strip("'") for part in re.findall(r"'[^']*'|\S+", words)]
    result = CliRunner().invoke(cli, arguments)
    if isinstance(result.exception, netform.NetformError):
        assert str(result.exception).strip() == printed.strip()
    else:
        assert click.unstyle(result.output).strip() == printed.strip()


@pytest.mark.parametrize("dtype", sorted(POLICIES.keys() - set(DTYPES)))
def test_a_data_type_without_rules_is_refused(dtype):
    network = netform.parse("input 8x8x1 conv4k3 fc10")
    with pytest.raises(netform.NetformError, match=f"the profile torch counts .*, not {dtype}"):
        network.solve("memory <= 1 GiB", "B", dtype=dtype, profile="torch")


def test_a_wrong_profile_is_told_by_the_command_itself():
    result = netform_command(
        "fit", "-e", "input 8x8x1 fc3", "--memory", "11GiB", "--profile", "tourch"
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert "no profile is called tourch; did you mean torch?" in result.stderr


def test_a_batch_of_one_has_its_own_figure():
    """PyTorch computes one small image another way than two, and takes more for it."""
    network = netform.parse("input 8x8x16 conv16k3 conv16k3 gap fc3")
    account = network.account("torch", "training_peak", B=1)
    needed = account.figure(account.total)
    formula = network.account("torch", "training_peak", free=["B"])
    assert formula.figure(formula.total).subs("B", 1) < needed
    found = fit(network, needed, profile="torch")
    assert (found.full.value, found.full.certificate.at) == (1, needed)
    assert found.safe is None
    for budget in (needed - 1, needed // 2):
        with pytest.raises(netform.NetformError, match=f"even at B = 1 .* {needed:,}"):
            fit(network, budget, profile="torch")
