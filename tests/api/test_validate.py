"""A request is judged by its shape, its model and the table of rules, as strictly as the mode says."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.api_headers import NEW_VERSION, OLD_VERSION, ApiHeaders
from mockclaude.api.checks.report import report_failures
from mockclaude.api.errors import ApiError
from mockclaude.api.mode import Mode, ValidationResult
from mockclaude.api.models import Line, list_names
from mockclaude.api.validate import check_model, check_shape, looks_like_a_model
from tests.api.asking import QUESTION, asked, body

ORPHAN = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny"}]}


def shape(mode: Mode, version: str = NEW_VERSION, **fields: Any) -> list[str]:
    validation = ValidationResult(mode)
    check_shape(body(**fields), ApiHeaders("mock", version, frozenset()), validation, counting=False)
    return validation.warnings


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_tokens": ...}, "max_tokens: Field required"),
        ({"temperature": 0.5}, "temperature: Extra inputs are not permitted"),
        ({"web_search_options": {}}, "web_search_options: Extra inputs are not permitted"),
    ],
)
def test_a_shape_that_gateways_take_is_refused_warned_of_or_taken(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        shape("anthropic", **fields)
    assert caught.value.message == message
    assert shape("gateway", **fields) == [message]
    assert shape("off", **fields) == []


@pytest.mark.parametrize("mode", ["anthropic", "gateway", "off"])
def test_what_cannot_be_answered_is_refused_in_every_mode(mode: Mode) -> None:
    with pytest.raises(ApiError, match="messages: Field required"):
        shape(mode, messages=...)


def test_sampling_is_of_the_right_shape_in_the_older_version() -> None:
    assert shape("anthropic", OLD_VERSION, temperature=0.5, model="claude-haiku-4-5") == []


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("claude-sonnet-6", True),
        ("claude-opus-5-6-20270101", True),
        ("claude-opus-4-6-thinking", True),
        ("claude-haiku-4-5-20251001-v1", True),
        ("claude-haiku-5", False),
        ("claude-4-5-haiku", False),
        ("claude-sonet-4-5", False),
        ("claude-3-5-haiku", False),
        ("claude-opus-5-5-20270101", False),
        ("claude-opus-4-6-1", False),
        ("claude-opus-4-6-Thinking", False),
        ("claude-does-not-exist", False),
        ("gpt-4o", False),
        ("anthropic/claude-sonnet-5", False),
    ],
)
def test_a_name_looks_like_a_model_if_it_is_new(name: str, similar: bool) -> None:
    assert looks_like_a_model(name) is similar


@given(st.sampled_from(get_args(Line)), st.integers(0, 99), st.integers(0, 99), st.sampled_from(["", "-20270101"]))
def test_no_version_between_the_listed_ones_looks_like_a_model(line: str, major: int, minor: int, date: str) -> None:
    numbers = [re.fullmatch(rf"claude-{line}-(\d)(?:-(\d))?", name) for name in list_names()]
    newest = max((int(match[1]), int(match[2] or 0)) for match in numbers if match)

    assert looks_like_a_model(f"claude-{line}-{major}-{minor}{date}") is ((major, minor) > newest)


def test_an_unknown_model_is_a_404_and_to_a_gateway_a_warning() -> None:
    with pytest.raises(ApiError) as caught:
        check_model("gpt-4o", ValidationResult(), known=False)
    assert (caught.value.status, caught.value.message) == (404, "model: gpt-4o")
    validation = ValidationResult("gateway")
    check_model("gpt-4o", validation, known=False)
    check_model("claude-opus-5", validation, known=True)
    assert validation.warnings == ["model: gpt-4o"]


def test_rules_of_the_conversation_hold_for_gateways_too() -> None:
    for mode in ("anthropic", "gateway"):
        with pytest.raises(ApiError, match="unexpected `tool_use_id`"):
            report_failures(asked(ORPHAN), ValidationResult(mode))


def test_rules_of_the_model_are_warnings_to_a_gateway() -> None:
    prefilled = asked(QUESTION, {"role": "assistant", "content": "It is"})
    report_failures(prefilled, ValidationResult("gateway"))

    assert prefilled.warnings == [
        "This model does not support assistant message prefill. The conversation must end with a user message."
    ]
    with pytest.raises(ApiError, match="does not support assistant message prefill"):
        report_failures(prefilled, ValidationResult())
