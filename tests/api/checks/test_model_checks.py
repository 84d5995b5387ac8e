"""What one model takes and another does not."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks import feature_checks, model_checks
from tests.api.asking import QUESTION, WEATHER, asked, refusal

CHECKS = (*model_checks.CHECKS, *feature_checks.CHECKS)

ENABLED = {"type": "enabled", "budget_tokens": 1024}
ADAPTIVE, BETWEEN, DISABLED = ({"type": kind} for kind in ("adaptive", "between_tools", "disabled"))
INTERLEAVED = frozenset({"interleaved-thinking-2025-05-14"})
ANSWER = {"role": "assistant", "content": "The weather is"}
PAUSED = {"role": "assistant", "content": [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}]}
SEARCHED = {"role": "assistant", "content": [{"type": "web_search_tool_result", "tool_use_id": "s", "content": []}]}
SYSTEM = {"role": "system", "content": "Be brief."}
FORMAT = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
ADAPTIVE_INSTEAD = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'


def pdf(media_type: str = "application/pdf") -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": ""}
    return {"role": "user", "content": [{"type": "document", "source": source}]}


def told(model: str, *messages: Any, **fields: Any) -> str | None:
    return refusal(CHECKS, asked(*messages, model=f"claude-{model}", **fields))


@pytest.mark.parametrize(
    ("model", "fields", "message"),
    [
        (
            "haiku-4-5",
            {"max_tokens": 64_001},
            "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for "
            "claude-haiku-4-5-20251001",
        ),
        (
            "3-7-sonnet-latest",
            {"max_tokens": 128_001, "betas": frozenset({"output-128k-2025-02-19"})},
            "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for "
            "claude-3-7-sonnet-20250219",
        ),
        ("sonnet-4-6", {"thinking": ENABLED}, "`max_tokens` must be greater than `thinking.budget_tokens`"),
        (
            "sonnet-4-6",
            {"thinking": ENABLED, "betas": INTERLEAVED},
            "`max_tokens` must be greater than `thinking.budget_tokens`",
        ),
        (
            "opus-4-7",
            {"thinking": ENABLED, "max_tokens": 2048},
            f'"thinking.type.enabled" is not supported for this model. {ADAPTIVE_INSTEAD}',
        ),
        (
            "3-5-haiku-latest",
            {"thinking": ENABLED, "max_tokens": 2048},
            "'claude-3-5-haiku-20241022' does not support thinking.",
        ),
        ("haiku-4-5", {"thinking": ADAPTIVE}, "adaptive thinking is not supported on this model"),
        ("opus-5-5", {"thinking": BETWEEN}, '"thinking.type.between_tools" is not supported for this model.'),
        (
            "sonnet-5-5",
            {"thinking": DISABLED},
            '"thinking.type.disabled" is not supported for this model. Use "thinking.type.between_tools" for the '
            'lowest thinking setting, or "thinking.type.adaptive" and "output_config.effort" to control thinking '
            "behavior.",
        ),
        (
            "mythos-preview",
            {"thinking": DISABLED},
            '"thinking.type.disabled" is not supported for this model. Thinking defaults to adaptive mode when not '
            'specified; use "thinking.type.enabled" with "budget_tokens" for extended thinking.',
        ),
        (
            "opus-5-5",
            {"thinking": DISABLED},
            f'"thinking.type.disabled" is not supported for this model. {ADAPTIVE_INSTEAD}',
        ),
        ("haiku-4-5", {"output_config": {"effort": "low"}}, "This model does not support the effort parameter."),
        (
            "sonnet-4-6",
            {"output_config": {"effort": "xhigh"}},
            "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
        ),
        (
            "opus-5",
            {"output_config": {"effort": "xhigh"}, "thinking": DISABLED},
            "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. "
            "Use effort 'high' or below, or enable thinking.",
        ),
        (
            "sonnet-5-5",
            {"output_config": {"effort": "max"}, "thinking": BETWEEN},
            "output_config.effort 'max' is not supported when thinking is disabled on this model. "
            "Use effort 'high' or below, or enable thinking.",
        ),
        ("opus-4-6", {"temperature": 1.01}, "temperature: range: 0..1"),
        ("opus-4-6", {"temperature": -1}, "temperature: range: 0..1"),
        ("opus-4-7", {"temperature": 0.5}, "`temperature` is deprecated for this model."),
        ("opus-4-7", {"top_p": 0.5}, "`top_p` is deprecated for this model."),
        ("opus-4-7", {"top_k": 5}, "`top_k` is deprecated for this model."),
        (
            "opus-4-1",
            {"temperature": 0.5, "top_p": 0.5},
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ),
        (
            "opus-4-6",
            {"temperature": 0.5, "thinking": ADAPTIVE},
            "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode",
        ),
        (
            "opus-4-6",
            {"top_p": 0.94, "thinking": ADAPTIVE},
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode",
        ),
        (
            "opus-4-6",
            {"top_k": 5, "thinking": ENABLED, "max_tokens": 2048},
            "`top_k` must be unset when thinking is enabled or in adaptive mode",
        ),
        (
            "fable-5-1",
            {"tool_choice": {"type": "any"}},
            'tool_choice: type "tool" and "any" are not supported for this model.',
        ),
        (
            "opus-4-6",
            {"tool_choice": {"type": "tool", "name": "get_weather"}, "thinking": ENABLED, "max_tokens": 2048},
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        ("opus-4-7", {"speed": "fast"}, "'claude-opus-4-7' does not support the `speed` parameter."),
        (
            "3-haiku-20240307",
            {"output_config": {"format": FORMAT}},
            "'claude-3-haiku-20240307' does not support the `output_config.format` parameter.",
        ),
        (
            "3-haiku-20240307",
            {"output_format": FORMAT},
            "'claude-3-haiku-20240307' does not support the `output_format` parameter.",
        ),
    ],
)
def test_a_model_refuses_what_it_does_not_have(model: str, fields: dict[str, Any], message: str) -> None:
    assert told(model, **fields) == message


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("haiku-4-5", {"max_tokens": 64_000}),
        ("3-7-sonnet-latest", {"max_tokens": 128_000, "betas": frozenset({"output-128k-2025-02-19"})}),
        ("sonnet-4-6", {"thinking": ENABLED, "max_tokens": 1025}),
        ("sonnet-4-6", {"thinking": ENABLED, "betas": INTERLEAVED, "tools": [WEATHER]}),
        ("sonnet-4-6", {"thinking": ENABLED, "max_tokens": ..., "counting": True}),
        ("opus-4-6", {"thinking": ADAPTIVE}),
        ("opus-5-5", {"thinking": ADAPTIVE}),
        ("opus-5-5", {"thinking": {"block_binding": {"prefix_mismatch_behavior": "drop_block"}}}),
        ("sonnet-5-5", {"thinking": BETWEEN}),
        ("opus-5", {"thinking": DISABLED}),
        ("3-5-haiku-latest", {"thinking": DISABLED}),
        ("haiku-4-5", {"output_config": {"effort": None}}),
        ("haiku-4-5", {"output_config": {}}),
        ("sonnet-4-6", {"output_config": {"effort": "max"}, "thinking": DISABLED}),
        ("opus-5", {"output_config": {"effort": "high"}, "thinking": DISABLED}),
        ("opus-5", {"output_config": {"effort": "xhigh"}, "thinking": None}),
        ("opus-5", {"output_config": {"effort": "max"}, "thinking": ADAPTIVE}),
        ("opus-4-6", {"temperature": 1}),
        ("opus-4-6", {"temperature": 0, "thinking": DISABLED}),
        ("opus-4-6", {"temperature": 1.0, "top_k": None, "thinking": ADAPTIVE}),
        ("opus-4-6", {"top_p": 0.95, "thinking": ADAPTIVE}),
        ("opus-4-6", {"top_p": 0.5, "top_k": 5}),
        ("opus-4-7", {"temperature": 1}),
        ("opus-4-7", {"top_p": 1}),
        ("opus-4-0", {"temperature": 0.5, "top_p": 0.5}),
        ("opus-4-1", {"temperature": 0.5, "top_p": None}),
        ("fable-5-1", {"tool_choice": {"type": "none"}}),
        ("fable-5", {"tool_choice": {"type": "any"}}),
        ("opus-4-6", {"tool_choice": {"type": "any"}, "thinking": ADAPTIVE}),
        ("opus-4-6", {"tool_choice": {"type": "auto"}, "thinking": ENABLED, "max_tokens": 2048}),
        ("opus-4-8", {"speed": "fast"}),
        ("opus-4-7", {"speed": "standard"}),
        ("sonnet-4-5", {"output_config": {"format": FORMAT}}),
        ("3-haiku-20240307", {"output_config": {"format": None}}),
    ],
)
def test_a_model_takes_what_is_nearest_to_that(model: str, fields: dict[str, Any]) -> None:
    assert told(model, **fields) is None


PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."
NO_SYSTEM = "role 'system' is not supported on this model"


@pytest.mark.parametrize(
    ("model", "last", "message"),
    [
        ("sonnet-4-6", ANSWER, PREFILL),
        ("sonnet-4-6", {"role": "assistant", "content": []}, PREFILL),
        ("sonnet-4-6", {"role": "assistant", "content": [{"type": "text", "text": "The"}]}, PREFILL),
        ("sonnet-4-6", PAUSED, None),
        ("sonnet-4-6", SEARCHED, None),
        ("sonnet-4-5", ANSWER, None),
        ("opus-4-7", SYSTEM, NO_SYSTEM),
        ("opus-4-8", SYSTEM, None),
        ("haiku-5-5", SYSTEM, None),
        ("3-haiku-20240307", pdf(), "'claude-3-haiku-20240307' does not support PDFs."),
        ("3-haiku-20240307", pdf("text/plain"), None),
        ("3-5-haiku-latest", pdf(), None),
    ],
)
def test_a_model_takes_only_some_messages(model: str, last: dict[str, Any], message: str | None) -> None:
    assert told(model, QUESTION, last) == message


def test_an_answer_that_another_model_refused_to_end_is_no_prefill() -> None:
    assert told("opus-5", QUESTION, ANSWER, fallback_credit_token="credit") is None


def test_an_answer_that_was_answered_is_no_prefill() -> None:
    assert told("opus-5", QUESTION, ANSWER, QUESTION) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 10**9},
        {"speed": "fast"},
        {"output_config": {"effort": "extreme"}},
        {"tool_choice": {"type": "any"}},
    ],
)
def test_nothing_is_known_of_a_model_that_the_catalogue_does_not_have(fields: dict[str, Any]) -> None:
    assert told("someone-elses", QUESTION, ANSWER, **fields) is None


@pytest.mark.parametrize(
    ("temperature", "message"),
    [
        (1.01, "temperature: range: 0..1"),
        (-0.5, "temperature: range: 0..1"),
        (0, None),
        (1, None),
    ],
)
def test_a_temperature_has_its_range_whoever_the_model_is(temperature: float, message: str | None) -> None:
    assert told("someone-elses", temperature=temperature) == message


def test_a_budget_is_held_against_the_length_whoever_the_model_is() -> None:
    assert told("someone-elses", thinking=ENABLED) == "`max_tokens` must be greater than `thinking.budget_tokens`"


def test_a_gateway_may_take_what_only_the_model_refuses() -> None:
    assert [check.condition for check in CHECKS if not check.gateway] == ["thoughts longer than the answer"]
