"""A mistake is one line that says where, what, and what else was meant."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError, did_you_mean, format_value, join_words
from tests.scenario.talk import complaints

HERE = Place("a.yaml", 2, 5)


@pytest.mark.parametrize(("place", "shown"), [(HERE, "a.yaml:2:5"), (Place("a.yaml"), "a.yaml")])
def test_a_place_is_written_as_editors_read_it(place: Place, shown: str) -> None:
    assert str(place) == shown


def test_a_mistake_is_one_printable_line() -> None:
    assert str(Diagnostic(HERE, "unknown key 'a\nb\x1b[31m\ud800'")) == "a.yaml:2:5: unknown key 'a b [31m '"


def test_mistakes_come_once_and_in_the_order_of_the_lines() -> None:
    late, early = Diagnostic(Place("a.yaml", 10, 1), "late"), Diagnostic(HERE, "early")

    error = ScenarioError([late, early, late])

    assert error.mistakes == error.diagnostics == [early, late]
    assert str(error) == "a.yaml:2:5: early\na.yaml:10:1: late"


@pytest.mark.parametrize(
    ("word", "hint"), [("usr", "; did you mean 'user'?"), ("system", "; did you mean 'system'?"), ("xyz", ""), ("", "")]
)
def test_a_suggestion_is_made_for_a_word_that_is_like_a_known_one(word: str, hint: str) -> None:
    assert did_you_mean(word, ["user", "system"]) == hint


@pytest.mark.parametrize(
    ("words", "shown"), [([], "nothing"), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_words_are_listed_with_or(words: list[str], shown: str) -> None:
    assert join_words(words) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 40, f"'{'a' * 40}'"),
        ("a" * 41, f"'{'a' * 39}…'"),
        (["a" * 50], f"['{'a' * 37}…"),
        (12, "12"),
    ],
)
def test_a_long_value_is_truncated_within_its_quotes(value: Any, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "betas: {0}",
        "unmatched: {0}",
        "pace: {0}",
        "rules: [{{reply: x, pace: {{ttft: {0}}}}}]",
        "rules: [{{reply: x, fault: {{drop: {0}}}}}]",
        "rules: [{{reply: x, fault: {{disconnect: reset, after: {0}}}}}]",
        "rules: [{{reply: x, fault: {{rate: {0}}}}}]",
        "rules: [{{reply: '${{{{ {0} }}}}'}}]",
        "rules: [{{reply: '${{{{ match.{0} }}}}'}}]",
        "rules: [{{reply: '${{{{ fake.{0} }}}}'}}]",
        "rules: [{{reply: '${{{{ fake.name(\"{0}\") }}}}'}}]",
        "rules: [{{when: {{body: '{0}]'}}, reply: x}}]",
        "locale: {0}\nrules: [reply: x]",
    ],
)
def test_a_long_value_is_never_shown_whole(text: str) -> None:
    lines = complaints(text.format("x " * 2_500 + "x"))

    assert any("…" in line for line in lines)
    assert all(len(line) < 400 for line in lines)
