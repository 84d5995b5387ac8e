"""A prompt fits into the context window of its model."""

from __future__ import annotations

from mockclaude.api.checks.limits import CHECKS
from tests.api.asking import asked, refusal

LONG = {"role": "user", "content": "x" * 7 * 120_000}


def test_a_prompt_that_does_not_fit_is_refused_with_both_figures() -> None:
    refused = refusal(CHECKS, asked(LONG, model="claude-haiku-4-5"))

    assert refused == "prompt is too long: 240004 tokens > 200000 maximum"


def test_a_prompt_that_fits_is_fine_as_is_any_for_an_unknown_model() -> None:
    assert refusal(CHECKS, asked(LONG, model="claude-sonnet-5")) is None
    assert refusal(CHECKS, asked(LONG, model="gpt-4o")) is None
