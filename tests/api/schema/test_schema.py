"""A request has the API's shape, or the API's message says where it has not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.api_headers import NEW_VERSION, OLD_VERSION
from mockclaude.api.betas import KNOWN
from mockclaude.api.schema import find_error
from tests.api.asking import QUESTION, WEATHER, body
from tests.api.bodies import accepted, mangled

CLEAR = {"type": "clear_thinking_20251015", "keep": "all"}
EXTRA = "Extra inputs are not permitted"
SHAPE = "Input does not match the expected shape."
CACHE = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def said(version: str = NEW_VERSION, betas: Any = (), *, counting: Any = False, **fields: Any) -> str | None:
    return find_error(body(**fields), version, frozenset(betas), counting=counting)


def unexpected(path: str, tag: str, expected: str) -> str:
    return f"{path}: Input tag '{tag}' found using 'type' does not match any of the expected tags: {expected}"


def block(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [fields]}]}


def answer(**fields: Any) -> dict[str, Any]:
    return {"messages": [QUESTION, {"role": "assistant", "content": [fields]}]}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": ...}, "model: Field required"),
        ({"model": ""}, "model: String should have at least 1 character"),
        ({"max_tokens": ...}, "max_tokens: Field required"),
        ({"max_tokens": "10"}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 10.0}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        ({"messages": ...}, "messages: Field required"),
        ({"messages": []}, "messages: at least one message is required"),
        (
            {"messages": [QUESTION] * 100_001},
            "messages: List should have at most 100000 items after validation, not 100001",
        ),
        ({"messages": "Hi"}, "messages: Input should be a valid list"),
        ({"messages": [{"content": "Hi"}]}, "messages.0.role: Field required"),
        (
            {"messages": [{"role": "robot", "content": "Hi"}]},
            "messages.0.role: Input should be 'user' or 'assistant'",
        ),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content: Input should be a valid list"),
        ({"messages": [{**QUESTION, "name": "Ada"}]}, f"messages.0.name: {EXTRA}"),
        (block(text="Hi"), "messages.0.content.0.type: Field required"),
        (block(type="text"), "messages.0.content.0.text.text: Field required"),
        (block(type="text", text="Hi", mood="glad"), f"messages.0.content.0.text.mood: {EXTRA}"),
        (
            block(type="thinking", thinking="", signature="", **CACHE),
            f"messages.0.content.0.thinking.cache_control: {EXTRA}",
        ),
        (
            block(type="image", source={"type": "base64", "media_type": "image/png"}),
            "messages.0.content.0.image.source.base64.data: Field required",
        ),
        (
            block(type="image", source={"type": "base64", "media_type": "image/tiff", "data": ""}),
            "messages.0.content.0.image.source.base64.media_type: "
            "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
        ),
        (
            answer(type="tool_use", id="a b", name="x", input={}),
            "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
        ),
        (
            answer(type="tool_use", id="a", name="x" * 201, input={}),
            "messages.1.content.0.tool_use.name: String should have at most 200 characters",
        ),
        (
            {"cache_control": {"type": "ephemeral", "ttl": "2h"}},
            "cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
        ),
        ({"system": 5}, "system: Input should be a valid list"),
        ({"system": [{"type": "image"}]}, "system.0.type: Input should be 'text'"),
        (
            {"tools": [{**WEATHER, "name": "a b"}]},
            "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
        ),
        ({"tools": [{**WEATHER, "name": "a" * 129}]}, "tools.0.custom.name: String should have at most 128 characters"),
        ({"tools": [{**WEATHER, "input_schema": True}]}, f"tools.0.custom.input_schema: {SHAPE}"),
        ({"tools": ["get_weather"]}, f"tools.0.custom: {SHAPE}"),
        ({"messages": [[QUESTION]]}, f"messages.0: {SHAPE}"),
        ({"messages": [{"role": "user", "content": ["Hi"]}]}, f"messages.0.content.0: {SHAPE}"),
        ({"system": ["Be kind."]}, f"system.0: {SHAPE}"),
        ({"tool_choice": "auto"}, f"tool_choice: {SHAPE}"),
        ({"thinking": True}, f"thinking: {SHAPE}"),
        ({"metadata": "me"}, f"metadata: {SHAPE}"),
        (
            block(
                type="tool_result",
                tool_use_id="a",
                content=[{"type": "tool_reference", "tool_name": "a" * 65}],
            ),
            "messages.0.content.0.tool_result.content.0.tool_reference.tool_name: "
            "String should have at most 64 characters",
        ),
        ({"metadata": {"user_id": "a" * 257}}, "metadata.user_id: String should have at most 256 characters"),
        ({"tools": [{**WEATHER, "input_schema": {}}]}, "tools.0.custom.input_schema.type: Field required"),
        ({"tools": [{**WEATHER, "color": "red"}]}, f"tools.0.custom.color: {EXTRA}"),
        ({"tools": [{"type": "bash_20250124", "name": "sh"}]}, "tools.0.bash_20250124.name: Input should be 'bash'"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice.tool.name: Field required"),
        (
            {"tool_choice": {"type": "none", "disable_parallel_tool_use": True}},
            f"tool_choice.none.disable_parallel_tool_use: {EXTRA}",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 128}},
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ),
        ({"thinking": {"type": "enabled"}}, "thinking.enabled.budget_tokens: Field required"),
        ({"thinking": {}}, "thinking.type: Field required"),
        (
            {"output_config": {"effort": "huge"}},
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
        ),
        ({"metadata": {"user": "ada"}}, f"metadata.user: {EXTRA}"),
        ({"web_search_options": {}}, f"web_search_options: {EXTRA}"),
        ({"service_tier": "fast"}, "service_tier: Input should be 'auto' or 'standard_only'"),
    ],
)
def test_a_request_of_another_shape(fields: dict[str, Any], message: str) -> None:
    assert said(**fields) == message


@pytest.mark.parametrize(
    ("fields", "beginning"),
    [
        (
            block(type="hologram"),
            unexpected(
                "messages.0.content.0",
                "hologram",
                "'bash_code_execution_tool_result', 'code_execution_tool_result', 'connector_text', "
                "'container_upload', 'document', 'image', 'mid_conv_system', 'redacted_thinking', 'search_result', "
                "'server_tool_use', 'text', 'text_editor_code_execution_tool_result', 'thinking', 'tool_result', "
                "'tool_search_tool_result', 'tool_use', 'web_fetch_tool_result', 'web_search_tool_result'",
            ),
        ),
        (
            {"tools": [{"type": "hammer"}]},
            unexpected("tools.0", "hammer", "'bash_20250124', 'browser_toolset_20260801'"),
        ),
        (
            {"thinking": {"type": "hard"}},
            unexpected("thinking", "hard", "'adaptive', 'between_tools', 'disabled', 'enabled'"),
        ),
    ],
)
def test_an_unknown_type_is_told_with_all_known_ones(fields: dict[str, Any], beginning: str) -> None:
    assert str(said(**fields)).startswith(beginning)


@pytest.mark.parametrize("field", ["temperature", "top_p", "top_k"])
def test_sampling_is_gone_in_the_newer_version(field: str) -> None:
    asked: Any = {field: 1}

    assert said(**asked) == f"{field}: {EXTRA}"
    assert said(OLD_VERSION, **asked) is None


def test_a_document_in_an_answer_and_citations_in_a_question_are_gone_in_the_newer_version() -> None:
    document = answer(type="document", source={"type": "text", "media_type": "text/plain", "data": "Hi"})
    location = {"type": "search_result_location", "cited_text": "", "end_block_index": 1, "search_result_index": 0}
    history = answer(
        type="text", text="Hi", citations=[{**location, "source": "", "start_block_index": 0, "title": ""}]
    )
    cited = block(type="text", text="Hi", citations=[{**location, "source": "", "start_block_index": 0, "title": None}])

    assert str(said(**document)).startswith("messages.1.content.0: Input tag 'document'")
    assert said(**cited) == f"messages.0.content.0.text.citations: {EXTRA}"
    assert said(OLD_VERSION, **document) is said(OLD_VERSION, **cited) is None
    assert said(**block(type="text", text="Hi", citations=[])) is said(**history) is None


def test_names_may_be_as_long_as_their_limits() -> None:
    reference = {"type": "tool_reference", "tool_name": "a" * 64}
    result = block(type="tool_result", tool_use_id="a", content=[reference])

    assert said(metadata={"user_id": "a" * 256}, tools=[{**WEATHER, "name": "a" * 128}], **result) is None


def test_a_fallback_has_the_fields_that_its_model_takes() -> None:
    beta = ("server-side-fallback-2026-07-01",)
    supported = "Supported: model, max_tokens, output_config, speed, thinking."

    assert said(betas=beta, fallbacks=[{"model": "a", "temperature": 1}]) == (
        f"fallbacks.0: 'temperature' is not a supported field. {supported}"
    )
    assert said(betas=beta, fallbacks=[{"model": "a", "output_config": {"top_k": 1}}]) == (
        f"fallbacks.0.output_config.top_k: {EXTRA}"
    )


@pytest.mark.parametrize(
    ("beta", "fields"),
    [
        ("context-management-2025-06-27", {"context_management": {"edits": [CLEAR]}}),
        ("mcp-client-2025-11-20", {"mcp_servers": [{"type": "url", "name": "docs", "url": "https://example.com"}]}),
        ("compact-2026-09-04", {"compaction": {"type": "summarize"}}),
        ("message-threads-2026-08-12", {"thread": {"type": "create"}}),
        ("server-side-fallback-2026-07-01", {"fallbacks": [{"model": "claude-opus-5"}]}),
        ("fallback-credit-2026-07-01", {"fallback_credit_token": {"token": "x", "mode": "best_effort"}}),
        ("user-profiles-billing-2026-10-01", {"billing_policy": {"type": "billing_policy", "bill_to": "self"}}),
        ("structured-outputs-2025-11-13", {"output_format": {"type": "json_schema", "schema": {}}}),
    ],
)
def test_a_field_that_needs_a_beta(beta: str, fields: dict[str, Any]) -> None:
    assert said(**fields) == f"{next(iter(fields))}: {EXTRA}"
    assert said(betas=(beta,), **fields) is None


def test_a_system_message_may_only_direct_with_a_beta() -> None:
    directive: Any = {"messages": [QUESTION, {"role": "system", "output_config": {"effort": "low"}}]}

    assert said(betas=("mid-conversation-output-config-2026-07-01",), **directive) is None
    assert said(**directive) == "messages.1.content: Field required"


def test_thinking_may_be_bound_without_a_type() -> None:
    bound = {"block_binding": {"prefix_mismatch_behavior": "error"}}

    assert said(betas=("thinking-binding-controls-2026-08-01",), thinking=bound) is None


def test_what_continues_a_thread_repeats_no_prompt_and_may_say_nothing() -> None:
    thread: Any = {"thread": {"type": "continue", "previous_message_id": "msg_1"}}
    beta = ("message-threads-2026-08-12",)

    assert said(betas=beta, messages=[], **thread) is None
    assert said(betas=beta, system="Be kind.", **thread) == f"system: {EXTRA}"
    assert said(messages=[], **thread) == f"thread: {EXTRA}"


@pytest.mark.parametrize("field", ["max_tokens", "stream", "metadata", "stop_sequences"])
def test_counting_takes_nothing_of_how_to_answer(field: str) -> None:
    fields: Any = {"max_tokens": 1, "stream": True, "metadata": {}, "stop_sequences": []}

    assert said(counting=True, max_tokens=...) is None
    assert said(counting=True, **{"max_tokens": ..., field: fields[field]}) == f"{field}: {EXTRA}"


MEMORY = {"type": "memory_20250818", "name": "memory"}
EVERY: dict[str, Any] = {
    "system": [{"type": "text", "text": "Be kind.", **CACHE}],
    "tools": [{**WEATHER, "type": None, "strict": True, "input_examples": [{}]}, MEMORY],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "thinking": {"type": "adaptive", "display": None},
    "output_config": {"effort": "low", "format": None},
    "stream": True,
    "stop_sequences": ["END"],
    "metadata": {"user_id": None},
    "container": {"skills": [{"type": "anthropic", "skill_id": "xlsx", "version": "latest"}]},
    "diagnostics": {"previous_message_id": None},
    "inference_geo": "us",
    "service_tier": "auto",
    "speed": None,
    "cache_control": None,
}


def test_a_request_with_everything_is_fine() -> None:
    assert said(**EVERY) is None
    assert said(betas=tuple(KNOWN), **EVERY) is None


@given(request=accepted | mangled(), version=st.sampled_from([OLD_VERSION, NEW_VERSION]), counting=st.booleans())
def test_whatever_is_asked_is_fine_or_has_a_path_and_a_message(request: Any, version: str, counting: bool) -> None:
    if isinstance(request, dict):
        message = find_error(request, version, frozenset(), counting=counting)
        assert message is None or ": " in message
