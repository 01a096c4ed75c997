"""Amounts a second: read with their units, refused without, and written for people."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netform.dsl.algebra.rates import (
    rate_in_words,
    read_arithmetic,
    read_bandwidth,
    time_in_words,
)
from netform.grammar.errors import NetformError


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("19.5TFLOPS", 195 * 10**11),
        ("19.5 TFLOP/s", 195 * 10**11),
        ("20e12", 20 * 10**12),
        ("312 T", 312 * 10**12),
        ("1.5 PFLOPs", 15 * 10**14),
    ],
)
def test_arithmetic_is_read(text, rate):
    assert read_arithmetic(text) == rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [("1555GB/s", 1555 * 10**9), ("1.6 TB/s", 16 * 10**11), ("900e9 B/s", 9 * 10**11)],
)
def test_a_bandwidth_is_read(text, rate):
    assert read_bandwidth(text) == rate


@pytest.mark.parametrize("text", ["", "0", "fast", "20 GB/s", "20 TMACs", "-1", "1/2", "inf", "/s"])
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(NetformError, match="is not a number of operations a second") as caught:
        read_arithmetic(text)
    assert caught.value.hint == "write for example 19.5TFLOPS or 20e12"


@pytest.mark.parametrize("text", ["", "900", "900GB", "0 GB/s", "900 Gb/s", "20 TFLOP/s", "GB/s"])
def test_what_is_no_bandwidth_is_refused(text):
    with pytest.raises(NetformError, match="is not a number of bytes a second") as caught:
        read_bandwidth(text)
    assert caught.value.hint == "write for example 900GB/s or 1.6TB/s"


@given(st.integers(1, 10**18))
def test_a_rate_in_words_is_the_rate_to_six_digits(rate):
    number, unit = rate_in_words(rate, "B/s").split()
    size = {"PB/s": 10**15, "TB/s": 10**12, "GB/s": 10**9, "MB/s": 10**6, "kB/s": 1000, "B/s": 1}
    assert float(number) * size[unit] == pytest.approx(rate, rel=1e-5)


@given(st.fractions(Fraction(1, 10**12), 10**6))
def test_a_time_in_words_is_the_time_to_four_digits(seconds):
    number, unit = time_in_words(seconds).split()
    size = {"s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}[unit]
    assert float(number.replace(",", "")) * size == pytest.approx(float(seconds), rel=1e-3)
