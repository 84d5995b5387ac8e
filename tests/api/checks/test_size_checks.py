"""A prompt fits into the context window of its model."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks.size_checks import CHECKS, LONG_BETA, OVERFLOW_BETA
from mockclaude.api.model_constants import CONSTANTS
from mockclaude.api.models import CATALOGUE
from tests.api.asking import asked, refusal

LONG = {"role": "user", "content": "_" * 300_000}


def test_a_prompt_that_does_not_fit_is_refused_with_both_figures() -> None:
    refused = refusal(CHECKS, asked(LONG, model="claude-haiku-4-5"))

    assert refused == "prompt is too long: 228007 tokens > 200000 maximum"


TOGETHER = (
    "input length and `max_tokens` exceed context limit: 190000 + 10001 > 200000, "
    "decrease input length or `max_tokens` and try again"
)
SHORTER = {"role": "user", "content": "_" * 249_991}


@pytest.mark.parametrize(
    ("model", "fields", "message"),
    [
        ("claude-opus-4-1", {"max_tokens": 10_001}, TOGETHER),
        ("claude-opus-4-1", {"max_tokens": 10_000}, None),
        ("claude-opus-4-1", {"max_tokens": 10_001, "betas": frozenset({OVERFLOW_BETA})}, None),
        ("claude-opus-4-1", {"max_tokens": ..., "counting": True}, None),
        ("claude-haiku-4-5", {"max_tokens": 10_001}, None),
        ("gpt-4o", {"max_tokens": 10_001}, None),
    ],
)
def test_an_older_model_is_asked_for_no_more_than_fits(model: str, fields: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(SHORTER, model=model, **fields)) == message


def test_a_prompt_that_fits_is_fine_as_is_any_for_an_unknown_model() -> None:
    assert refusal(CHECKS, asked(LONG, model="claude-sonnet-5")) is None
    assert refusal(CHECKS, asked(LONG, model="gpt-4o")) is None


def test_the_longer_window_of_some_models_needs_its_beta() -> None:
    message = "prompt is too long: 228007 tokens > 200000 maximum"

    assert refusal(CHECKS, asked(LONG, model="claude-sonnet-4-5")) == message
    assert refusal(CHECKS, asked(LONG, model="claude-sonnet-4-5", betas=frozenset({LONG_BETA}))) is None


def test_no_plain_window_is_longer_than_the_listed_one() -> None:
    assert [model.id for model in CATALOGUE if CONSTANTS[model.id].plain_window > model.max_input_tokens] == []
