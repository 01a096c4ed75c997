"""Python walks through a set in an order that every process draws anew; no output shows it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import netform

TESTS = Path(__file__).parents[1]


def outputs(seeds):
    """All that netform prints and writes, under each of some hash seeds."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "support.every_output"],
            cwd=TESTS,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
        )
        for seed in seeds
    ]
    return [json.loads(process.communicate()[0]) for process in processes]


def check_equal(seeds):
    first, *others = outputs(seeds)
    assert len(first) > 250
    assert not [words for words, shown in first.items() if "Try 'cli" in shown]
    for other in others:
        assert {words: shown for words, shown in other.items() if shown != first[words]} == {}
        assert other.keys() == first.keys()


def test_the_same_words_give_the_same_bytes_under_every_hash_seed():
    """Of sets of six names, as swept lets are, two seeds agree once in 720 times."""
    check_equal([3, 4])


@pytest.mark.long
def test_the_same_words_give_the_same_bytes_under_many_hash_seeds():
    check_equal(range(10, 18))


def test_the_order_in_which_values_are_set_is_not_in_a_program():
    text = "input 8x8x1 let a = 1 let b = 2 conv(a)k3 fc(b)"
    one, other = ({"a": 3, "b": 10}, {"b": 10, "a": 3})
    assert netform.parse(text, values=one).emit() == netform.parse(text, values=other).emit()
