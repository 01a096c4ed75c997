"""Nothing hangs: whatever a text is, every command ends soon, with little memory.

Work is counted in calls of functions, of which a second has some ten millions. A search looks for the
text that takes the most calls for every step of the budget: where there is work that the budget does
not count, this has no bound.
"""

import importlib
from unittest import mock

import click
import pytest
from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st

import netform
from netform.cli import COMMANDS
from netform.grammar import budget
from support.by_commit import drawn
from support.costly_texts import costly_texts
from support.counting_calls import calls_of
from support.every_command import ALL_QUESTIONS, answer
from support.hostile import LARGE_TEXTS, TEXTS
from support.measuring import measured

CALLS_OF_A_STEP = 10
CALLS_OF_A_CHARACTER = 60
CALLS_OF_A_QUESTION = 3_000_000  # a third of a second, most of it for rich and SymPy
STEPS = 60_000  # of the budget in these tests, so that they are quick
COMMAND_NAMES = {name for name in COMMANDS if name not in ("measure", "train", "sweep", "devices")}


def asked(question, text):
    try:
        return answer(question, text)
    except click.ClickException as error:
        return error.format_message()


@pytest.fixture(scope="module")
def loaded():
    """What commands import when they are first used is no work of theirs."""
    for name in COMMANDS:
        importlib.import_module(f"netform.commands.{name}")
    for question in ALL_QUESTIONS:
        asked(question, "input RxRx1 cat[pool2 conv4k3 up2] gap fc10")
        asked(question, "input 8x8x1 conv8k3 pool2 fc10")


def calls_within(question, text, steps):
    """The calls that a question takes of those that it may, with a budget of some steps."""
    with mock.patch.object(budget, "MOST_STEPS", steps), budget.one_answer() as account:
        most = CALLS_OF_A_STEP * steps + CALLS_OF_A_CHARACTER * len(text) + CALLS_OF_A_QUESTION
        calls = calls_of(asked, question, text, most=most)
    allowed = CALLS_OF_A_STEP * account.spent + CALLS_OF_A_CHARACTER * len(text)
    return calls / (allowed + CALLS_OF_A_QUESTION)


@settings(max_examples=25)
@given(costly_texts(), st.sampled_from(ALL_QUESTIONS))
def test_all_work_is_counted_by_the_budget(loaded, text, question):
    assert calls_within(question, text, STEPS) <= 1


@pytest.mark.long
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(costly_texts(), st.sampled_from(ALL_QUESTIONS))
def test_no_search_finds_work_that_the_budget_does_not_count(loaded, text, question):
    share = calls_within(question, text, 200_000)
    target(share)
    assert share <= 1


QUESTION_OF = dict(zip([*TEXTS, *LARGE_TEXTS], ALL_QUESTIONS * 9, strict=False))


@pytest.mark.parametrize("name", QUESTION_OF)
def test_hostile_texts_are_within_the_budget_too(loaded, name):
    text = {**TEXTS, **LARGE_TEXTS}[name]
    assert calls_within(QUESTION_OF[name], text, STEPS) <= 1


@pytest.mark.long
@pytest.mark.parametrize("name", QUESTION_OF)
def test_a_question_about_a_hostile_text_ends_with_little_memory(loaded, name):
    """tests/support/hostile.py asks all of them, and measures their times."""
    text = {**TEXTS, **LARGE_TEXTS}[name]
    for question in drawn(ALL_QUESTIONS, 2):
        found = measured(asked, question, text)
        assert found.megabytes < 430, (question, found)  # with what is imported, 500
        assert not found.end.startswith("FAULT"), (question, found)


def test_every_command_that_reads_a_text_is_asked():
    assert COMMAND_NAMES - {"conventions"} == {question.split()[0] for question in ALL_QUESTIONS}


@pytest.mark.parametrize("name", sorted(COMMAND_NAMES - {"conventions", "read", "fmt"}))
def test_a_command_is_one_answer(name):
    command = getattr(importlib.import_module(f"netform.commands.{name}"), name)
    assert command.callback.__code__ is budget.answers(print).__code__


def test_answers_inside_of_an_answer_share_its_account():
    with budget.one_answer() as account:
        before = account.spent
        netform.parse("input 8x8x1 conv8k3 fc10").formula("params")
        assert account.spent > before


def test_outside_of_an_answer_nothing_is_counted():
    budget.spend(10**12, budget.Work.TERMS)


def test_the_error_says_what_was_too_much_and_where():
    few = mock.patch.object(budget, "MOST_STEPS", 600)
    with few, pytest.raises(netform.NetformError) as caught:
        netform.parse("input 8x8x1\nconv8k3 [conv8k3]*100 fc10")
    assert str(caught.value) == (
        "<text>:2:10: this network is too much work for one answer: its layers are too many\n\n"
        "    2 | conv8k3 [conv8k3]*100 fc10\n"
        "                 ^^^^^^^\n"
        "    hint: leave some out"
    )


def test_at_most_some_symbols_are_left_free():
    lets = " ".join(f"let a{i} = 1" for i in range(100))
    network = netform.parse(f"input 8x8x1 {lets} conv8k3")
    with pytest.raises(netform.NetformError, match="at most 64 symbols are left free, not 100"):
        network.formula("params", free=[f"a{i}" for i in range(100)])
