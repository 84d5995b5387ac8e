"""Vertex AI: the API's responses, behind Google's paths and with Google's errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import Received, http_request, received, script_of

SCENARIO = """
rules:
  - {when: {user: tool}, reply: {tool_use: {name: get_weather, input: {city: Oslo}}}}
  - {when: {user: Hello}, reply: Hello from the rule.}
"""
MODELS = "/v1/projects/p/locations/europe-west1/publishers/anthropic/models"
CLIENT = {"authorization": "Bearer mock", "content-type": "application/json"}
BODY = {
    "anthropic_version": "vertex-2023-10-16",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Hello"}],
}


def send(
    path: str = "claude-haiku-4-5@20251001:rawPredict",
    scenario: str = SCENARIO,
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> Received:
    """Return the response to a request below `MODELS`; None as a field leaves it out."""
    body = {name: value for name, value in {**BODY, **fields}.items() if value is not None}
    return send_bytes(f"{MODELS}/{path}", json.dumps(body).encode(), scenario, headers)


def send_bytes(path: str, body: bytes, scenario: str = SCENARIO, headers: dict[str, str] | None = None) -> Received:
    http = http_request("POST", path, {}, {**CLIENT, **(headers or {})}, body)
    decision = answer(http, ScenarioState(load_text(scenario)))
    return received(b"".join(send.data for send in script_of(decision).sends))


def platform_error(response: Received) -> tuple[int, int, str, str]:
    error = response.json["error"]
    return response.status, error["code"], error["status"], error["message"]


def test_response_is_that_of_the_api() -> None:
    body = {"model": "claude-haiku-4-5-20251001", "max_tokens": 99, "messages": BODY["messages"]}
    expected = send_bytes("/v1/messages", json.dumps(body).encode(), headers={"anthropic-version": "2023-06-01"})

    assert send().body == expected.body
    assert expected.status == 200


def test_headers_name_no_organization() -> None:
    for response in (send(), send(stream=True), send(max_tokens=0)):
        assert not [name for name in response.headers if name.startswith(("anthropic-", "cf-"))]
        assert "request-id" in response.headers


@pytest.mark.parametrize(
    ("operation", "fields", "content_type"),
    [
        ("rawPredict", {}, "application/json"),
        ("rawPredict", {"stream": True}, "text/event-stream; charset=utf-8"),
        ("streamRawPredict", {}, "text/event-stream; charset=utf-8"),
        ("streamRawPredict", {"stream": True}, "text/event-stream; charset=utf-8"),
        ("streamRawPredict", {"stream": False}, "text/event-stream; charset=utf-8"),
    ],
)
def test_path_or_body_selects_a_stream(operation: str, fields: dict[str, Any], content_type: str) -> None:
    response = send(f"claude-sonnet-5:{operation}", **fields)

    assert response.headers["content-type"] == content_type
    assert b"Hello from the rule." in response.body or b"event: message_stop" in response.body


@pytest.mark.parametrize(
    "model",
    ["claude-haiku-4-5@20251001", "claude-haiku-4-5%4020251001", "claude-haiku-4-5@default", "claude-haiku-4-5"],
)
def test_model_has_the_name_of_the_platform(model: str) -> None:
    assert send(f"{model}:rawPredict").json["model"] == "claude-haiku-4-5-20251001"


def test_tokens_are_counted_as_in_the_message() -> None:
    counted = send("count-tokens:rawPredict", model="claude-haiku-4-5@default", max_tokens=None)

    assert counted.json == {"input_tokens": send("claude-haiku-4-5:rawPredict").json["usage"]["input_tokens"]}


@pytest.mark.parametrize(
    ("version", "validation", "message"),
    [
        ("vertex-2023-10-16", "anthropic", ""),
        ("2026-10-21", "anthropic", ""),
        (None, "anthropic", "anthropic_version: Field required"),
        ("2023-06-01", "anthropic", "anthropic_version: Input should be 'vertex-2023-10-16'"),
        (None, "gateway", ""),
        (None, "off", ""),
    ],
)
def test_version_is_in_the_body(version: str | None, validation: str, message: str) -> None:
    response = send(scenario=f"validation: {validation}\n{SCENARIO}", anthropic_version=version)

    assert response.status == (400 if message else 200)
    assert not message or response.error == ("invalid_request_error", message)


def test_betas_are_in_the_header_or_in_the_body() -> None:
    thread: Any = {"thread": {"type": "create"}}
    beta = "message-threads-2026-08-12"

    assert send(**thread).status == 400
    assert send(**thread, headers={"anthropic-beta": beta}).status == 200
    assert send(**thread, anthropic_beta=[beta]).status == 200


def test_body_has_no_model() -> None:
    assert send(model="claude-sonnet-5").error == ("invalid_request_error", "model: Extra inputs are not permitted")
    ignored = send(scenario=f"validation: gateway\n{SCENARIO}", model="claude-sonnet-5")
    assert ignored.json["model"] == "claude-haiku-4-5-20251001"


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"{", "The request body is not valid JSON"), (b"[]", "Input should be a valid dictionary")],
)
@pytest.mark.parametrize("path", ["claude-sonnet-5:rawPredict", "count-tokens:rawPredict"])
def test_body_is_an_object(path: str, body: bytes, message: str) -> None:
    assert send_bytes(f"{MODELS}/{path}", body).error[1].startswith(message)


@pytest.mark.parametrize("model", [None, 5])
def test_count_needs_a_model(model: object) -> None:
    assert send("count-tokens:rawPredict", model=model, max_tokens=None).error[1].startswith("model: ")


@pytest.mark.parametrize("path", ["claude-nonsense@5:rawPredict", "count-tokens:rawPredict"])
def test_unknown_model_is_an_error_of_the_platform(path: str) -> None:
    fields: dict[str, Any] = {"model": "claude-nonsense@5", "max_tokens": None} if path.startswith("count") else {}

    assert platform_error(send(path, **fields)) == (
        404,
        404,
        "NOT_FOUND",
        f"Publisher Model `{MODELS.removeprefix('/v1/')}/claude-nonsense@5` was not found or your project does not "
        "have access to it. Please ensure you are using a valid model version.",
    )


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        ("401", 401, "UNAUTHENTICATED"),
        ("403", 403, "PERMISSION_DENIED"),
        ("404", 404, "NOT_FOUND"),
        ("429", 429, "RESOURCE_EXHAUSTED"),
    ],
)
def test_error_of_the_platform_has_its_form(fault: str, status: int, name: str) -> None:
    assert platform_error(send(headers={"x-mockclaude-fault": fault}))[:3] == (status, status, name)


@pytest.mark.parametrize(
    ("fault", "status", "kind"), [("400", 400, "invalid_request_error"), ("529", 529, "overloaded_error")]
)
def test_error_of_the_model_is_that_of_the_api(fault: str, status: int, kind: str) -> None:
    response = send(headers={"x-mockclaude-fault": fault})

    assert (response.status, response.json["error"]["type"]) == (status, kind)


def test_body_that_a_fault_replaces_stays() -> None:
    fault = "{respond: {status: 429, headers: {content-type: application/json}, body: {error: {message: Wait}}}}"

    assert send(scenario=f"rules: [{{reply: Hello, fault: {fault}}}]").json == {"error": {"message": "Wait"}}


@pytest.mark.parametrize("path", ["claude-sonnet-5:predict", "claude-sonnet-5", ""])
def test_unknown_operation_is_not_found(path: str) -> None:
    assert platform_error(send(path))[:3] == (404, 404, "NOT_FOUND")


def test_unmatched_request_names_the_conditions() -> None:
    response = send(scenario="rules: [{when: {user: Goodbye}, reply: Goodbye}]")

    assert response.status == 410
    assert "Goodbye" in response.error[1]


def test_journal_has_the_name_of_the_model() -> None:
    http = http_request("POST", f"{MODELS}/claude-haiku-4-5@default:rawPredict", {}, CLIENT, json.dumps(BODY).encode())
    decision = answer(http, ScenarioState(load_text(SCENARIO)))

    assert "model claude-haiku-4-5@default is claude-haiku-4-5" in decision.notes
    assert json.loads(decision.whole or b"")["model"] == "claude-haiku-4-5"
