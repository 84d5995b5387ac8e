"""Which models may answer in place of another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mockclaude.api.checks.fallback_checks import CHECKS
from mockclaude.api.request import MessagesRequest
from tests.api.asking import asked, refusal
from tests.api.bodies import accepted

NUMBER = "fallbacks: between 1 and 3 fallback models may be provided. Found {}."
DISTINCT = "fallbacks: fallback models must be distinct, and must not include the requested model."


def told(model: str, fallbacks: Any) -> str | None:
    return refusal(CHECKS, asked(model=model, fallbacks=fallbacks))


def listed(*models: str) -> list[dict[str, Any]]:
    return [{"model": model} for model in models]


@pytest.mark.parametrize("fallbacks", ["default", listed("claude-opus-4-8")])
def test_most_models_have_no_fallbacks(fallbacks: Any) -> None:
    assert told("claude-sonnet-5", fallbacks) == "'claude-sonnet-5' does not support the `fallbacks` parameter."
    assert told("claude-haiku-4-5", fallbacks) == (
        "'claude-haiku-4-5-20251001' does not support the `fallbacks` parameter."
    )
    assert told("claude-opus-5", fallbacks) is None
    assert told("claude-sonnet-5-5", fallbacks) is None
    assert told("someone-elses", fallbacks) is None


def test_a_fallback_is_one_of_the_models_targets() -> None:
    assert told("claude-opus-5", listed("claude-opus-4-8", "claude-haiku-4-5")) == (
        "'claude-haiku-4-5' is not a valid fallback target for 'claude-opus-5'. Valid targets: claude-opus-4-8."
    )
    assert told("claude-fable-5", listed("claude-opus-4-6")) == (
        "'claude-opus-4-6' is not a valid fallback target for 'claude-fable-5'. "
        "Valid targets: claude-opus-4-8, claude-opus-5."
    )
    assert told("claude-sonnet-5-5", listed("claude-opus-4-6")) is None


@pytest.mark.parametrize(
    ("fallbacks", "message"),
    [
        ([], NUMBER.format(0)),
        (listed("a", "b", "c", "d"), NUMBER.format(4)),
        (listed("a", "b", "c"), None),
        (listed("a", "a"), DISTINCT),
        (listed("claude-sonnet-5-5"), DISTINCT),
    ],
)
def test_there_are_one_to_three_other_models(fallbacks: Any, message: str | None) -> None:
    assert told("claude-sonnet-5-5", fallbacks) == message


@given(accepted)
def test_whatever_can_be_answered_can_be_checked(body: dict[str, Any]) -> None:
    refusal(CHECKS, MessagesRequest({**body, "fallbacks": "default"}))
