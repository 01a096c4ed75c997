"""The search for the last number that fits, and the records of what was measured."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netform
from netform.codegen.measure.largest import MOST, last_that, predicted_largest
from netform.codegen.measure.records import RESERVED, Record, read, slug, spreads, write
from netform.codegen.measure.request import Request, check_batch
from netform.grammar.errors import NetformError


@given(st.integers(0, MOST), st.integers(1, MOST))
def test_the_search_finds_the_last_that_fits_in_few_trials(last, guess):
    tried = []

    def fits(number):
        tried.append(number)
        return number <= last

    assert last_that(fits, guess) == last
    assert len(tried) == len(set(tried)) <= 60
    assert all(1 <= number <= MOST for number in tried)


@given(st.integers(1, 10**5), st.integers(-20, 20))
def test_a_good_guess_takes_fewer_trials(last, off):
    guess = max(1, last + last * off // 1000)
    tried = []

    def fits(number):
        tried.append(number)
        return number <= last

    last_that(fits, guess)
    assert len(tried) <= 4 + (last // 16).bit_length()


def test_the_predicted_batch_is_the_last_whose_peak_fits():
    network = netform.parse("input 8x8x3 conv8k3 pool2 fc10")
    asked = Request(network, "torch", [1])

    def peak(batch):
        account = network.account("torch", mode="training_peak", B=batch)
        return account.figure(account.total)

    found = predicted_largest(asked, "torch", 2**20)
    assert peak(found) <= 2**20 < peak(found + 1)
    assert predicted_largest(asked, "torch", 10) == 0
    assert predicted_largest(asked, "none", 2**20) is None


def record(network="a", predicted=90, measured=100, **other):
    known = Record(
        *(network, 8, 2, "torch", "training", "adam", "float32", predicted, measured, "r")
    )
    return replace(known, **other)


def test_spreads_are_signed_medians_and_the_errors_farthest_from_0():
    found = [record(), record("b", 102), record("c", 101), record("c", 150, batch=4)]
    others = [record(predicted=None, batch=9), record(reference=RESERVED, predicted=1)]
    (spread,) = spreads({"cpu": [*found, *others]})
    assert (spread.median, spread.worst) == (1.5, 50.0)
    assert (spread.networks, spread.records, spread.device) == (3, 4, "cpu")


def test_files_have_each_record_once_and_in_order(tmp_path):
    path = tmp_path / "measured" / "cpu.json"
    old, new = record(measured=1), record(measured=2)
    write(path, {"device": "cpu", "versions": {"torch": "2"}}, [record("b"), old, new])
    head, found = read(path)
    assert head == {"device": "cpu", "versions": {"torch": "2"}}
    assert found == [new, record("b")]
    before = path.read_text()
    write(path, head, reversed(found))
    assert path.read_text() == before
    assert set(json.loads(before)["records"][0]) == set(Record.__slots__)


def test_a_device_names_its_file():
    assert slug("NVIDIA H200") == "nvidia-h200"
    assert slug("../?") == "device"


@pytest.mark.parametrize("batch", [0, 1.5])
def test_a_batch_has_whole_images(batch):
    with pytest.raises(NetformError, match="cannot be run"):
        check_batch(batch)
