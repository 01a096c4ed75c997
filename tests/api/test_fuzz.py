"""The fuzzer tries everything, and notices what goes wrong."""

from unittest import mock

import netform
from support import fuzz_everything
from support.fuzz_everything import Fuzzer

NETWORK = "input 8x8x1 conv8k3 fc10"


def test_some_hundred_random_inputs_find_no_fault(tmp_path):
    fuzzer = Fuzzer(0, tmp_path)
    with mock.patch.object(fuzz_everything, "DEEP", 10):
        for _ in range(300):
            fuzzer.one()
    fuzzer.program(NETWORK)  # few of the inputs are networks that train
    fuzzer.lint()
    assert not fuzzer.faults
    assert fuzzer.counts["inputs"] == 300
    assert fuzzer.counts["networks"] > 30
    assert fuzzer.counts["programs"] > 0


def test_an_error_that_is_not_netform_s_is_a_fault_and_its_text_is_kept(tmp_path):
    fuzzer = Fuzzer(0, tmp_path)
    with (
        mock.patch.object(fuzzer, "text", return_value=NETWORK),
        mock.patch.object(netform.Network, "warnings", side_effect=ValueError("lost")),
    ):
        fuzzer.one()
        fuzzer.one()
    assert list(fuzzer.faults.values()) == [2]
    (kept,) = tmp_path.iterdir()
    assert NETWORK in kept.read_text()
    assert "ValueError: lost" in kept.read_text()


def test_a_program_with_an_undefined_name_is_a_fault(tmp_path):
    fuzzer = Fuzzer(0, tmp_path)
    with mock.patch.object(netform.Network, "emit", return_value="print(nowhere)\n"):
        fuzzer.program(NETWORK)
    fuzzer.lint()
    assert len(fuzzer.faults) == 1
    assert "nowhere" in next(tmp_path.iterdir()).read_text()


def test_an_answer_that_depends_on_the_hash_seed_is_a_fault(tmp_path):
    fuzzer = Fuzzer(0, tmp_path)
    fuzzer.asked.append(("check", NETWORK, ""))
    seeds = iter("ab")
    with mock.patch.object(
        fuzz_everything, "digests", side_effect=lambda asked, seed: [next(seeds, "b")]
    ):
        fuzzer.compare()
    assert len(fuzzer.faults) == 1
