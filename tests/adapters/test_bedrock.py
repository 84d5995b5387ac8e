"""Amazon Bedrock: the API's messages in AWS's headers, frames and errors."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any
from uuid import UUID

import pytest

from mockclaude.api.events import Event, event
from mockclaude.engine.adapters.bedrock_dialect import BedrockDialect
from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.api.aws_frames import read_frames
from tests.reply.client import events_of
from tests.serving import Received, http_request, received, script_of

MODEL = "eu.anthropic.claude-haiku-4-5-20251001-v1%3A0"
NAME = "claude-haiku-4-5-20251001"
SCENARIO = """
rules:
  - {when: {user: Hello}, reply: Hello from the rule.}
  - {when: {user: tool}, reply: {tool_use: {name: f, input: {city: Oslo}}}}
"""
SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIAMOCK/20261130/eu-west-1/bedrock/aws4_request, Signature=0a",
    "x-amz-date": "20261130T080000Z",
}
BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Hello"}],
}
INVOKE, STREAM, COUNT = "invoke", "invoke-with-response-stream", "count-tokens"


def body_of(**fields: Any) -> dict[str, Any]:
    """Return an InvokeModel body; None as a field leaves it out."""
    return {name: value for name, value in {**BODY, **fields}.items() if value is not None}


def input_of(**fields: Any) -> dict[str, Any]:
    """Return the body of CountTokens for an InvokeModel body."""
    return {"input": {"invokeModel": {"body": b64encode(json.dumps(body_of(**fields)).encode()).decode()}}}


def decide(
    operation: str, body: Any, scenario: str = SCENARIO, headers: dict[str, str] | None = None, model: str = MODEL
) -> Decision:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    http = http_request("POST", f"/model/{model}/{operation}", {}, {**SIGNED, **(headers or {})}, data)
    return answer(http, ScenarioState(load_text(scenario)))


def response_of(decision: Decision) -> Received:
    return received(b"".join(send.data for send in script_of(decision).sends))


def send(operation: str = INVOKE, scenario: str = SCENARIO, **fields: Any) -> Received:
    return response_of(decide(operation, body_of(**fields), scenario))


def ask_core(path: str = "/v1/messages", **fields: Any) -> Received:
    """Return the API's response to the same request."""
    body = {"model": NAME, **body_of(anthropic_version=None, **fields)}
    headers = {"x-api-key": "AKIAMOCK", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    http = http_request("POST", path, {}, headers, json.dumps(body).encode())
    return response_of(answer(http, ScenarioState(load_text(SCENARIO))))


def error_of(response: Received) -> tuple[int, str, str]:
    assert list(response.json) == ["message"]
    return response.status, response.headers["x-amzn-errortype"], response.json["message"]


def text_of(response: Received) -> str:
    text: str = response.json["content"][0]["text"]
    return text


def read_chunks(data: bytes) -> list[Any]:
    """Return the events in the chunks of an event stream."""
    payloads = [json.loads(frame.payload) for frame in read_frames(data)]
    return [json.loads(b64decode(payload["bytes"])) for payload in payloads if "bytes" in payload]


def test_message_is_that_of_the_api() -> None:
    response, core = send(), ask_core()

    assert response.status == core.status == 200
    assert response.json == core.json
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-amzn-bedrock-input-token-count"] == str(core.json["usage"]["input_tokens"])
    assert response.headers["x-amzn-bedrock-output-token-count"] == str(core.json["usage"]["output_tokens"])
    assert UUID(response.headers["x-amzn-requestid"])
    assert [name for name in response.headers if name.startswith(("anthropic-", "cf-"))] == []


def test_stream_has_the_events_of_the_api_without_pings() -> None:
    response, core = send(STREAM), ask_core(stream=True)
    events = read_chunks(response.body)
    metrics = events[-1].pop("amazon-bedrock-invocationMetrics")

    assert response.headers["content-type"] == "application/vnd.amazon.eventstream"
    assert response.headers["x-amzn-bedrock-content-type"] == "application/json"
    assert events == [event for event in events_of(core.body) if event["type"] != "ping"]
    usage = events_of(core.body)[-2]["usage"]
    assert metrics == {
        "inputTokenCount": usage["input_tokens"],
        "outputTokenCount": usage["output_tokens"],
        "invocationLatency": 0,
        "firstByteLatency": 0,
    }
    assert response.raw == send(STREAM).raw


def test_stream_has_the_latencies_of_its_pace() -> None:
    scenario = "rules: [{reply: Hi, pace: {ttft: 300ms, gap: 20ms}}]"
    metrics = read_chunks(send(STREAM, scenario).body)[-1]["amazon-bedrock-invocationMetrics"]
    assert (metrics["firstByteLatency"], metrics["invocationLatency"]) == (300, 320)


def test_stream_counts_the_cache() -> None:
    encoder = BedrockDialect().open_stream()
    usage = {"input_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 7}
    start = event("message_start", {"type": "message_start", "message": {"usage": usage}})
    stop = event("message_stop", {"type": "message_stop"})

    [_, last] = read_chunks(encoder.encode(start, 0) + encoder.encode(stop, 0))

    metrics = last["amazon-bedrock-invocationMetrics"]
    assert (metrics["cacheReadInputTokenCount"], metrics["cacheWriteInputTokenCount"]) == (5, 7)
    assert metrics["outputTokenCount"] == 0


@pytest.mark.parametrize(
    "data", [None, [], "text", 1, {"error": 1}, {"type": "message_start", "message": 1, "usage": 2}]
)
@pytest.mark.parametrize("name", ["message_start", "message_stop", "error", "unknown", "ping"])
def test_any_event_is_encoded(name: str, data: Any) -> None:
    frames = read_frames(BedrockDialect().open_stream().encode(Event(name, data, "", b"x"), 0))
    assert len(frames) == (data is not None and name != "ping")


@pytest.mark.parametrize(
    ("insert", "chunks"),
    [
        ("{data: {type: ping}}", [b'{"type":"ping"}']),
        ("{data: '[DONE]'}", [b"[DONE]"]),
        ('"data: {\\n\\n"', [b"{"]),
        ('"event: ping\\n\\n"', []),
        ('": comment\\n\\n"', []),
    ],
)
def test_inserted_text_is_a_chunk_of_its_data(insert: str, chunks: list[bytes]) -> None:
    body = send(STREAM, f"rules: [{{reply: Hi, fault: {{insert: {insert}, after: message_stop}}}}]").body
    payloads = [b64decode(json.loads(frame.payload)["bytes"]) for frame in read_frames(body)]
    (stop,) = (place for place, payload in enumerate(payloads) if b"message_stop" in payload)
    assert payloads[stop + 1 :] == chunks


def test_inserted_bytes_are_sent_as_they_are() -> None:
    fault = "{insert: {hex: ff}, after: message_stop}"
    assert send(STREAM, f"rules: [{{reply: Hi, fault: {fault}}}]").body[-1] == 255


def test_tokens_are_counted_for_the_body_in_base64() -> None:
    response = response_of(decide(COUNT, input_of(temperature=1)))

    assert response.json == {"inputTokens": ask_core("/v1/messages/count_tokens", max_tokens=None).json["input_tokens"]}
    assert response.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    "body", [{}, {"input": 1}, {"input": {"invokeModel": {"body": "?"}}}, {"input": {"converse": 1}}]
)
def test_input_of_a_count_must_be_a_body(body: Any) -> None:
    expected = "input: expected `converse`, or `invokeModel` with a `body` in base64"
    assert error_of(response_of(decide(COUNT, body))) == (400, "ValidationException", expected)


@pytest.mark.parametrize("path", ["usage", "usage.input_tokens", "error", "error.message", "input_tokens"])
@pytest.mark.parametrize("reply", ["reply: Hello", "reply: {error: 404}"])
def test_edited_body_is_translated(path: str, reply: str) -> None:
    for change in (f"set: {{{path}: 5}}", f"delete: [{path}]"):
        scenario = (
            f"chaos: {{edit: body, {change}, when: {{endpoint: [messages, count_tokens]}}}}\nrules: [{{{reply}}}]"
        )
        assert send(scenario=scenario).headers["x-amzn-requestid"]
        assert response_of(decide(COUNT, input_of(), scenario)).headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        ("400", 400, "ValidationException"),
        ("401", 403, "AccessDeniedException"),
        ("402", 403, "AccessDeniedException"),
        ("403", 403, "AccessDeniedException"),
        ("404", 404, "ResourceNotFoundException"),
        ("{type: timeout_error, status: 408}", 408, "ModelTimeoutException"),
        ("413", 400, "ValidationException"),
        ("{type: api_error, status: 424}", 424, "ModelErrorException"),
        ("429", 429, "ThrottlingException"),
        ("500", 500, "InternalServerException"),
        ("{type: api_error, status: 503}", 503, "ServiceUnavailableException"),
        ("504", 408, "ModelTimeoutException"),
        ("529", 503, "ServiceUnavailableException"),
    ],
)
def test_error_is_an_exception_of_aws(error: str, status: int, name: str) -> None:
    for operation in (INVOKE, STREAM):
        assert error_of(send(operation, f"rules: [{{reply: {{error: {error}}}}}]"))[:2] == (status, name)


def test_error_keeps_the_headers_for_retries() -> None:
    response = send(scenario="rules: [{reply: {error: {type: rate_limit_error, headers: {retry-after: '7'}}}}]")
    assert (response.headers["retry-after"], response.headers["x-should-retry"]) == ("7", "true")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("rate_limit_error", "throttlingException"),
        ("overloaded_error", "serviceUnavailableException"),
        ("api_error", "internalServerException"),
        ("timeout_error", "modelTimeoutException"),
        ("invalid_request_error", "validationException"),
        ("permission_error", "modelStreamErrorException"),
    ],
)
def test_error_in_a_stream_is_an_exception_frame(kind: str, name: str) -> None:
    error = f"{{error: {{type: {kind}, message: Later}}, after: content_block_delta}}"
    *_, last = read_frames(send(STREAM, f"rules: [{{reply: Hello there, fault: {error}}}]").body)

    assert last.headers == {
        ":exception-type": name,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    assert json.loads(last.payload) == {"message": "Later"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"anthropic_version": None}, "anthropic_version: Field required"),
        ({"anthropic_version": "2023-06-01"}, "anthropic_version: Input should be 'bedrock-2023-05-31'"),
        ({"model": NAME}, "model: Extra inputs are not permitted"),
        ({"stream": True}, "stream: Extra inputs are not permitted"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"anthropic_beta": [1]}, "anthropic_beta: Input should be a valid list"),
    ],
)
def test_invalid_body_is_a_validation_exception(fields: dict[str, Any], message: str) -> None:
    for operation in (INVOKE, STREAM):
        assert error_of(send(operation, **fields)) == (400, "ValidationException", message)


@pytest.mark.parametrize("body", [b"{", b"[]", b""])
def test_body_must_be_a_json_object(body: bytes) -> None:
    assert error_of(response_of(decide(INVOKE, body)))[:2] == (400, "ValidationException")


@pytest.mark.parametrize("mode", ["gateway", "off"])
def test_lenient_modes_ignore_fields_of_the_path(mode: str) -> None:
    scenario = f"validation: {mode}\n{SCENARIO}"
    assert send(scenario=scenario, anthropic_version=None, model="x", stream=True).json["model"] == NAME


def test_versions_and_betas_in_the_body_are_headers_of_the_api() -> None:
    scenario = """
    rules:
      - {when: {headers: {anthropic-beta: "a-2026-01-01,b-2026-01-01", anthropic-version: "2026-10-21"}}, reply: New}
      - {when: {headers: {anthropic-beta: b-2026-01-01, anthropic-version: "2023-06-01"}}, reply: Old}
      - {when: {headers: {anthropic-user-profile-id: uprof_1}}, reply: Profile}
    """
    new = body_of(anthropic_version="2026-10-21", anthropic_beta=["b-2026-01-01"])

    assert text_of(response_of(decide(INVOKE, new, scenario, {"anthropic-beta": "a-2026-01-01"}))) == "New"
    assert text_of(send(scenario=scenario, anthropic_beta="b-2026-01-01")) == "Old"
    assert text_of(send(scenario=scenario, user_profile_id="uprof_1")) == "Profile"


def test_unknown_model_and_unknown_operation() -> None:
    assert error_of(response_of(decide(INVOKE, body_of(), model="anthropic.claude-nope"))) == (
        400,
        "ValidationException",
        "The provided model identifier is invalid.",
    )
    status, name, message = error_of(response_of(decide("nothing", body_of())))
    assert (status, name) == (404, "UnknownOperationException")
    assert message.endswith("/model/ID/converse-stream or /model/ID/count-tokens")


def test_unmatched_request_keeps_its_message() -> None:
    status, name, message = error_of(send(messages=[{"role": "user", "content": "Bye"}]))
    assert (status, name) == (400, "ValidationException")
    assert "no rule" in message


def test_request_without_a_credential_is_denied() -> None:
    decision = decide(INVOKE, body_of(), headers={"authorization": "AWS4-HMAC-SHA256 Credential=/2026"})
    assert error_of(response_of(decision))[:2] == (403, "AccessDeniedException")


@pytest.mark.parametrize(
    ("attempt", "retry"),
    [("attempt=1; max=5", 0), ("ttl=20261130T154421Z; attempt=3; max=3", 2), ("attempt=0", 0), ("", 0)],
)
def test_attempts_of_clients_of_aws_are_retries(attempt: str, retry: int) -> None:
    scenario = "rules: [{when: {retry: 0}, reply: '0'}, {when: {retry: 2}, reply: '2'}]"
    response = response_of(decide(INVOKE, body_of(), scenario, {"amz-sdk-request": attempt}))
    assert text_of(response) == str(retry)


@pytest.mark.parametrize("operation", [INVOKE, STREAM])
def test_note_has_both_names_of_the_model(operation: str) -> None:
    decision = decide(operation, body_of())
    assert decision.notes[-1] == f"model eu.anthropic.claude-haiku-4-5-20251001-v1:0 is {NAME}"
    assert json.loads(decision.whole or b"")["model"] == NAME
    assert decide(operation, body_of(), model=NAME).notes == ()


def test_tool_call_is_answered_like_the_core() -> None:
    messages, tools = [{"role": "user", "content": "tool"}], [{"name": "f", "input_schema": {"type": "object"}}]
    assert send(tools=tools, messages=messages).json == ask_core(tools=tools, messages=messages).json
