"""Bedrock's Converse: the API's messages in the form of AWS."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.decision import Decision
from tests.adapters.test_bedrock import COUNT, NAME, ask_core, decide, error_of, response_of
from tests.serving import Received

CONVERSE, CONVERSE_STREAM = "converse", "converse-stream"
HELLO = {"role": "user", "content": [{"text": "Hello"}]}
SCENARIO = """
rules:
  - {when: {user: Hello}, reply: Hello from the rule.}
  - {when: {user: tool}, reply: [{text: See.}, {tool_use: {name: f, input: {city: Oslo}}}]}
"""
TOOLS = {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]}
REDACTED = b64encode(b"secret").decode()


def converse(scenario: str = SCENARIO, operation: str = CONVERSE, **fields: Any) -> Received:
    return response_of(decide(operation, {"messages": [HELLO], **fields}, scenario))


def translate(**fields: Any) -> Any:
    """Return the request to the API that a body is."""
    return json.loads(decide(CONVERSE, {"messages": [HELLO], **fields}, SCENARIO).whole or b"")


def content_of(*blocks: dict[str, Any]) -> Any:
    """Return the content blocks of the API."""
    return translate(messages=[{"role": "user", "content": [*blocks]}], toolConfig=TOOLS)["messages"][0]["content"]


def talk(*contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return messages of alternate roles with these content blocks."""
    return [{"role": ("user", "assistant")[number % 2], "content": item} for number, item in enumerate(contents)]


def test_message_has_the_text_and_the_counts_of_the_api() -> None:
    response, core = converse(), ask_core()
    usage = core.json["usage"]

    assert response.json == {
        "metrics": {"latencyMs": 0},
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello from the rule."}]}},
        "stopReason": "end_turn",
        "usage": {
            "inputTokens": usage["input_tokens"],
            "outputTokens": usage["output_tokens"],
            "cacheReadInputTokens": 0,
            "cacheWriteInputTokens": 0,
            "totalTokens": usage["input_tokens"] + usage["output_tokens"],
        },
    }
    assert response.headers["x-amzn-requestid"]
    assert "x-amzn-bedrock-input-token-count" not in response.headers


def test_tool_call_and_its_result() -> None:
    question = [{"text": "tool"}]
    first = converse(messages=talk(question), toolConfig=TOOLS).json
    [text, call] = first["output"]["message"]["content"]
    result = {"toolUseId": call["toolUse"]["toolUseId"], "content": [{"json": {"degrees": 7}}]}
    messages = talk(question, [text, call], [{"toolResult": result}, {"text": "Hello"}])

    assert first["stopReason"] == "tool_use"
    assert text == {"text": "See."}
    assert (call["toolUse"]["name"], call["toolUse"]["input"]) == ("f", {"city": "Oslo"})
    assert converse(messages=messages, toolConfig=TOOLS).json["stopReason"] == "end_turn"


@pytest.mark.parametrize(
    ("block", "translated"),
    [
        (
            {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        ),
        (
            {"document": {"format": "pdf", "name": "Report", "source": {"bytes": "AAAA"}}},
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
                "title": "Report",
            },
        ),
        (
            {
                "document": {
                    "format": "csv",
                    "name": "A",
                    "context": "c",
                    "source": {"bytes": b64encode(b"a,b").decode()},
                }
            },
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "a,b"},
                "title": "A",
                "context": "c",
            },
        ),
        (
            {"document": {"name": "A", "source": {"text": "Grass"}, "citations": {"enabled": True}}},
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "Grass"},
                "title": "A",
                "citations": {"enabled": True},
            },
        ),
        (
            {"document": {"name": "A", "source": {"content": [{"text": "Grass"}]}}},
            {
                "type": "document",
                "source": {"type": "content", "content": [{"type": "text", "text": "Grass"}]},
                "title": "A",
            },
        ),
        ({"text": "Hi", "image": None, "other": 1}, {"type": "text", "text": "Hi"}),
        (
            {"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {}},
        ),
        (
            {"toolResult": {"toolUseId": "t1", "content": [{"json": {"a": [1]}}, {"text": "b"}], "status": "success"}},
            {
                "type": "tool_result",
                "tool_use_id": "t1",
                "content": [{"type": "text", "text": '{"a":[1]}'}, {"type": "text", "text": "b"}],
            },
        ),
        (
            {"toolResult": {"toolUseId": "t1", "content": [{"text": "No"}], "status": "error"}},
            {
                "type": "tool_result",
                "tool_use_id": "t1",
                "content": [{"type": "text", "text": "No"}],
                "is_error": True,
            },
        ),
        (
            {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
            {"type": "thinking", "thinking": "Hm", "signature": "s"},
        ),
        (
            {"reasoningContent": {"redactedContent": REDACTED}, "text": None},
            {"type": "redacted_thinking", "data": "secret"},
        ),
        ({"guardContent": {"text": {"text": "Hi", "qualifiers": ["query"]}}}, {"type": "text", "text": "Hi"}),
        (
            {"guardContent": {"image": {"format": "jpeg", "source": {"bytes": "AAAA"}}}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
        ),
        (
            {"citationsContent": {"content": [{"text": "It is "}, {"text": "green."}], "citations": [{"title": "A"}]}},
            {"type": "text", "text": "It is green."},
        ),
        (
            {"searchResult": {"source": "u", "title": "T", "content": [{"text": "x"}], "citations": {"enabled": True}}},
            {
                "type": "search_result",
                "source": "u",
                "title": "T",
                "citations": {"enabled": True},
                "content": [{"type": "text", "text": "x"}],
            },
        ),
    ],
)
def test_block_is_a_block_of_the_api(block: dict[str, Any], translated: dict[str, Any]) -> None:
    assert content_of(block) == [translated]


def test_text_alone_is_sent_without_a_block() -> None:
    fields = translate(system=[{"text": "Be brief."}])
    assert (fields["system"], fields["messages"]) == ("Be brief.", [{"role": "user", "content": "Hello"}])
    assert content_of({"text": "Hi"}, {"text": "you", "image": None}) == [
        {"type": "text", "text": "Hi"},
        {"type": "text", "text": "you"},
    ]


def test_cache_points_mark_the_item_before_them() -> None:
    point, longer = {"cachePoint": {"type": "default"}}, {"cachePoint": {"type": "default", "ttl": "1h"}}
    fields = translate(
        messages=talk([point, {"text": "Hello"}, point]),
        system=[{"text": "Be brief."}, longer],
        toolConfig={"tools": [*TOOLS["tools"], {"cachePoint": {"type": "default", "ttl": "5m"}}]},
    )

    mark = {"type": "ephemeral"}
    assert fields["messages"][0]["content"] == [{"type": "text", "text": "Hello", "cache_control": mark}]
    assert fields["system"] == [{"type": "text", "text": "Be brief.", "cache_control": {**mark, "ttl": "1h"}}]
    assert fields["tools"] == [{"name": "f", "input_schema": {"type": "object"}, "cache_control": mark}]


@pytest.mark.parametrize(
    ("fields", "translated"),
    [
        ({}, {"max_tokens": 64_000}),
        ({"system": []}, {"max_tokens": 64_000}),
        ({"inferenceConfig": {"maxTokens": 9, "temperature": 0.5}}, {"max_tokens": 9, "temperature": 0.5}),
        (
            {"inferenceConfig": {"topP": 0.9, "stopSequences": ["x"], "temperature": None}},
            {"max_tokens": 64_000, "top_p": 0.9, "stop_sequences": ["x"]},
        ),
        (
            {"outputConfig": {"effort": "low"}, "additionalModelRequestFields": {"output_config": {"format": None}}},
            {"max_tokens": 64_000, "output_config": {"effort": "low", "format": None}},
        ),
        (
            {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}"}}}}},
            {"max_tokens": 64_000, "output_config": {"format": {"type": "json_schema", "schema": {}}}},
        ),
        ({"outputConfig": {}}, {"max_tokens": 64_000}),
        (
            {"additionalModelRequestFields": {"top_k": 3, "max_tokens": 5, "model": "x", "stream": True}},
            {"max_tokens": 5, "top_k": 3},
        ),
        (
            {"guardrailConfig": {}, "performanceConfig": {"latency": "optimized"}, "requestMetadata": {"a": "b"}},
            {"max_tokens": 64_000},
        ),
    ],
)
def test_settings_are_fields_of_the_api(fields: dict[str, Any], translated: dict[str, Any]) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    assert translate(**fields) == {"model": NAME, "messages": messages, **translated}


@pytest.mark.parametrize(
    ("choice", "translated"),
    [
        ({"auto": {}}, {"type": "auto"}),
        ({"any": {}}, {"type": "any"}),
        ({"tool": {"name": "f"}}, {"type": "tool", "name": "f"}),
    ],
)
def test_tool_choice_is_that_of_the_api(choice: dict[str, Any], translated: dict[str, Any]) -> None:
    assert translate(toolConfig={**TOOLS, "toolChoice": choice})["tool_choice"] == translated


def test_additional_tools_follow_the_others() -> None:
    spec = {"name": "f", "description": "Finds.", "strict": True, "inputSchema": {"json": {"type": "object"}}}
    bash = {"type": "bash_20250124", "name": "bash"}
    fields = translate(toolConfig={"tools": [{"toolSpec": spec}]}, additionalModelRequestFields={"tools": [bash]})
    first = {"name": "f", "description": "Finds.", "strict": True, "input_schema": {"type": "object"}}
    assert fields["tools"] == [first, bash]


def test_additional_betas_are_a_header() -> None:
    scenario = "rules: [{when: {headers: {anthropic-beta: 'a-2026-01-01,b-2026-01-01'}}, reply: Both}]"
    body = {"messages": [HELLO], "additionalModelRequestFields": {"anthropic_beta": ["b-2026-01-01"]}}
    response = response_of(decide(CONVERSE, body, scenario, {"anthropic-beta": "a-2026-01-01"}))
    assert response.json["output"]["message"]["content"] == [{"text": "Both"}]


def test_attempts_are_retries() -> None:
    decision = decide(CONVERSE, {"messages": [HELLO]}, "rules: [{when: {retry: 2}, reply: '2'}]", RETRIED)
    assert response_of(decision).status == 200

    scenario = "rules: [{when: {endpoint: count_tokens, retry: 2}, reply: {error: 529}}]"
    assert response_of(decide(COUNT, {"input": {"converse": {"messages": [HELLO]}}}, scenario, RETRIED)).status == 503


RETRIED = {"amz-sdk-request": "attempt=3; max=3"}
AT = "messages.0.content"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"messages": 1}, "messages: Input should be a valid list"),
        ({"messages": [None]}, "The model returned the following errors: messages.0"),
        ({"messages": [1]}, "messages.0: Input should be a valid dictionary"),
        ({"messages": [{"role": "user", "content": "Hi"}]}, f"{AT}: Input should be a valid list"),
        ({"messages": talk(["Hi"])}, f"{AT}.0: Input should be a valid dictionary"),  # type: ignore[list-item]
        ({"messages": talk([{}])}, f"{AT}.0: expected one of text, image, document, toolUse, toolResult"),
        ({"messages": talk([{"video": {}}])}, f"{AT}.0: expected one of text, image, document, toolUse, toolResult"),
        ({"messages": talk([{"text": "a", "image": {}}])}, f"{AT}.0: expected one of text, image"),
        ({"messages": talk([{"image": 1}])}, f"{AT}.0.image: Input should be a valid dictionary"),
        ({"messages": talk([{"image": {}}])}, f"{AT}.0.image.source: expected `bytes` in base64; got {{}}"),
        (
            {"messages": talk([{"image": {"source": {"s3Location": {"uri": "s3://a/b"}}}}])},
            f"{AT}.0.image.source: expected `bytes` in base64; got 's3Location'",
        ),
        (
            {"messages": talk([{"document": {"format": "docx", "source": {"bytes": "AAAA"}}}])},
            f"{AT}.0.document.format: mockclaude does not read 'docx'; expected csv, html, md, txt or pdf",
        ),
        (
            {"messages": talk([{"document": {"format": "txt", "source": {"bytes": "?"}}}])},
            f"{AT}.0.document.source.bytes: expected text in base64",
        ),
        (
            {"messages": talk([{"reasoningContent": {"redactedContent": 1}}])},
            f"{AT}.0.reasoningContent.redactedContent: expected text in base64",
        ),
        ({"messages": talk([{"guardContent": {}}])}, f"{AT}.0.guardContent: expected one of text or image"),
        (
            {"messages": talk([{"toolResult": {"content": [{"toolUse": {}}]}}])},
            f"{AT}.0.toolResult.content.0: expected one of text, json, image, document or searchResult; got 'toolUse'",
        ),
        ({"system": "Be brief."}, "system: Input should be a valid list"),
        ({"inferenceConfig": []}, "inferenceConfig: Input should be a valid dictionary"),
        ({"toolConfig": {"tools": [{"systemTool": {}}]}}, "toolConfig.tools.0: expected one of toolSpec or cachePoint"),
        ({"toolConfig": {**TOOLS, "toolChoice": {"none": {}}}}, "toolConfig.toolChoice: expected one of auto, any"),
        (
            {"outputConfig": {"textFormat": {"structure": {"jsonSchema": {"schema": "{"}}}}},
            "outputConfig.textFormat.structure.jsonSchema.schema: expected JSON in a text",
        ),
        ({"additionalModelRequestFields": [1]}, "additionalModelRequestFields: Input should be a valid dictionary"),
        ({"additionalModelResponseFieldPaths": 1}, "additionalModelResponseFieldPaths: Input should be a valid list"),
        ({"additionalModelRequestFields": {"anthropic_beta": [1]}}, "anthropic_beta: Input should be a valid list"),
        (
            {"messages": talk([{"text": "Hello"}], [{"text": "Hi"}])[1:]},
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message.",
        ),
        (
            {"messages": talk([{"text": "Hello"}, {"text": " \n"}])},
            "The text field in the ContentBlock object at messages.0.content.1 is blank. Add text to the text field, "
            "and try again.",
        ),
        (
            {"messages": talk([{"toolResult": {"toolUseId": "t1", "content": [{"text": "x"}]}}])},
            "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
        ),
        (
            {"messages": talk([{"toolResult": {"status": "error", "content": []}}]), "toolConfig": TOOLS},
            "The content field at messages.0.content.0.toolResult cannot be empty when status value is error.",
        ),
        ({"messages": []}, "The model returned the following errors: messages: "),
        ({"messages": talk([{"text": 1}])}, f"The model returned the following errors: {AT}.0.text.text: "),
        ({"inferenceConfig": {"maxTokens": -1}}, "The model returned the following errors: max_tokens: "),
    ],
)
@pytest.mark.parametrize("operation", [CONVERSE, CONVERSE_STREAM])
def test_invalid_body_is_a_validation_exception(operation: str, fields: dict[str, Any], message: str) -> None:
    status, name, text = error_of(converse(operation=operation, **fields))
    assert (status, name) == (400, "ValidationException")
    assert text.startswith(message)


@pytest.mark.parametrize("mode", ["gateway", "off"])
def test_lenient_modes_have_no_rules_of_converse(mode: str) -> None:
    result = {"toolResult": {"toolUseId": "t1", "content": [{"text": "x"}]}}
    messages = talk([{"text": "tool"}], [{"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}}], [result])
    assert converse(f"validation: {mode}\nrules: [{{reply: Hello}}]", messages=messages).status == 200


def test_body_that_is_nested_too_deeply_is_refused() -> None:
    nested = json.dumps({"messages": talk([{"toolResult": {"content": [{"json": "@"}]}}])})
    body = nested.replace('"@"', "[" * 300 + "]" * 300).encode()
    assert "nested too deeply" in error_of(response_of(decide(CONVERSE, body)))[2]


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [("429", 429, "ThrottlingException"), ("529", 503, "ServiceUnavailableException"), ("500", 500, "InternalServer")],
)
def test_error_is_an_exception_of_aws(error: str, status: int, name: str) -> None:
    for operation in (CONVERSE, CONVERSE_STREAM):
        answer = error_of(converse(f"rules: [{{reply: {{error: {error}}}}}]", operation))
        assert (answer[0], answer[1].startswith(name)) == (status, True)
        assert not answer[2].startswith("The model returned")


def test_unknown_model_is_a_validation_exception() -> None:
    body = {"messages": [HELLO]}
    decision: Decision = decide(CONVERSE, body, model="anthropic.claude-nope")
    assert error_of(response_of(decision))[2] == "The provided model identifier is invalid."
    assert json.loads(decision.whole or b"")["max_tokens"] == 4_096


@pytest.mark.parametrize(
    ("reply", "content", "reason"),
    [
        (
            "[{block: {type: thinking, thinking: Hm, signature: s}}, {text: Yes}]",
            [{"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}}, {"text": "Yes"}],
            "end_turn",
        ),
        (
            "[{block: {type: thinking, thinking: Hm, signature: ''}}]",
            [{"reasoningContent": {"reasoningText": {"text": "Hm"}}}],
            "end_turn",
        ),
        (
            "[{block: {type: redacted_thinking, data: secret}}]",
            [{"reasoningContent": {"redactedContent": REDACTED}}],
            "end_turn",
        ),
        ("[{block: {type: container_upload, file_id: f}}, {text: Yes}]", [{"text": "Yes"}], "end_turn"),
        ("[{text: No}, {stop_reason: refusal}]", [{"text": "No"}], "content_filtered"),
        ("[{text: No}, {stop_reason: pause_turn}]", [{"text": "No"}], "end_turn"),
        ("[{text: No}, {stop_reason: max_tokens}]", [{"text": "No"}], "max_tokens"),
    ],
)
def test_blocks_and_stop_reasons_of_a_reply(reply: str, content: list[Any], reason: str) -> None:
    document = converse(f"rules: [{{reply: {reply}}}]").json
    assert (document["output"]["message"]["content"], document["stopReason"]) == (content, reason)


def test_latency_is_that_of_the_pace() -> None:
    response = converse("rules: [{reply: Hi, pace: {ttft: 300ms, gap: 20ms}}]")
    assert response.json["metrics"]["latencyMs"] == 320


def test_cache_is_in_the_total() -> None:
    system = [{"text": "Be brief. " * 2_000}, {"cachePoint": {"type": "default"}}]
    usage = converse(system=system).json["usage"]

    assert usage["cacheWriteInputTokens"] > 1_000
    assert usage["cacheDetails"] == [{"inputTokens": usage["cacheWriteInputTokens"], "ttl": "5m"}]
    assert usage["totalTokens"] == sum(usage[f"{name}Tokens"] for name in ("input", "output", "cacheWriteInput"))


def test_additional_fields_are_those_at_the_paths() -> None:
    paths = ["/stop_reason", "/usage/input_tokens", "/usage/output_tokens", "/nothing", "nothing", "/id/x"]
    document = converse(additionalModelResponseFieldPaths=paths).json
    counts = {"input_tokens": document["usage"]["inputTokens"], "output_tokens": document["usage"]["outputTokens"]}
    assert document["additionalModelResponseFields"] == {"stop_reason": "end_turn", "usage": counts}


@pytest.mark.parametrize("operation", [CONVERSE, CONVERSE_STREAM])
def test_stop_sequence_is_found_at_both_of_its_paths(operation: str) -> None:
    paths = ["/stop_sequence", "/delta/stop_sequence"]
    config = {"stopSequences": ["rule"]}
    body = converse(operation=operation, additionalModelResponseFieldPaths=paths, inferenceConfig=config).body
    assert b'"additionalModelResponseFields":{"stop_sequence":"rule","delta":{"stop_sequence":"rule"}}' in body


@pytest.mark.parametrize(
    "change", ["set: {content: 5}", "set: {content.0: 5}", "delete: [content, usage, stop_reason]"]
)
def test_edited_message_is_translated(change: str) -> None:
    document = converse(f"rules: [{{reply: Hello, fault: {{edit: body, {change}}}}}]").json
    assert document["output"]["message"]["content"] == []


def test_tokens_are_counted_for_a_converse_body() -> None:
    counted = {"messages": [HELLO], "system": [{"text": "Be brief."}], "inferenceConfig": {"maxTokens": 5}}
    response = response_of(decide(COUNT, {"input": {"converse": counted}}))
    core = ask_core("/v1/messages/count_tokens", max_tokens=None, system="Be brief.")
    assert response.json == {"inputTokens": core.json["input_tokens"]}


_KEYS = (
    *("messages", "role", "content", "system", "toolConfig", "tools", "toolSpec", "toolChoice", "inputSchema", "json"),
    *("text", "image", "document", "source", "bytes", "format", "name", "toolUse", "toolResult", "toolUseId", "input"),
    *("reasoningContent", "reasoningText", "redactedContent", "cachePoint", "guardContent", "citationsContent"),
    *("inferenceConfig", "maxTokens", "outputConfig", "textFormat", "structure", "jsonSchema", "schema", "any", "tool"),
    *("additionalModelRequestFields", "additionalModelResponseFieldPaths", "status", "searchResult", "stop_reason"),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "user", "error", "AAAA", "pdf", "{}", "/a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(_KEYS), _VALUES), st.lists(_VALUES), st.sampled_from(["anthropic", "off"]))
def test_any_body_is_answered_or_refused(fields: dict[str, Any], content: list[Any], mode: str) -> None:
    scenario = f"validation: {mode}\nrules: [{{reply: Hello}}]"
    for messages in ({}, {"messages": [{"role": "user", "content": content}]}):
        for operation in (CONVERSE, CONVERSE_STREAM):
            response = response_of(decide(operation, {**fields, **messages}, scenario))
            assert response.status == 200 or error_of(response)[0] in (400, 404)
