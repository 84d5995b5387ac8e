"""Errors and headers of OpenAI's API."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.api import headers
from mockclaude.api.errors import STATUS, ApiError
from mockclaude.api.events import Event, error, event
from mockclaude.api.headers import Headers, RateLimitStatus, rate_limits
from mockclaude.engine.adapters.openai_errors import OPENAI_ERRORS, ErrorEncoder, build_error
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.dialect import translate
from mockclaude.reply.response import Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.scenario.loading.loader import load_text
from tests.adapters.chatting import chat, send
from tests.serving import NOW, http_request

CONTEXT = ResponseContext("req_1", "msg_1", NOW)


def translated(failure: ApiError) -> Response:
    return translate(CONTEXT.error(failure), OPENAI_ERRORS)


@pytest.mark.parametrize("kind", STATUS)
def test_error_has_the_status_the_type_and_the_message_of_the_api(kind: str) -> None:
    response = translated(ApiError(kind, "No.", details={"error_code": "x"}))

    assert response.status == STATUS[kind]
    assert response.data == b'{"error":{"code":"%b","message":"No.","type":"%b","param":null}}' % (
        kind.encode(),
        kind.encode(),
    )


def test_headers_are_those_that_the_client_reads() -> None:
    lines = dict(translated(ApiError("rate_limit_error", "No.", headers={"retry-after": "7"})).headers.lines)

    assert lines["openai-version"] == "2020-10-01"
    assert (lines["retry-after"], lines["x-should-retry"]) == ("7", "true")
    assert (lines["content-type"], lines["access-control-allow-origin"]) == ("application/json", "*")
    assert not [name for name in lines if name.startswith(("anthropic-", "cf-", "server"))]


@pytest.mark.parametrize("fault", ["429", "many_headers"])
def test_id_of_the_request_has_two_names(fault: str) -> None:
    headers = send("rules: [{reply: Hello}]", chat(), **{"x-mockclaude-fault": fault}).headers
    assert headers["x-request-id"] == headers["request-id"]


def test_fault_removes_the_id_of_the_request() -> None:
    response = send("rules: [{reply: Hello, fault: {headers: {request-id: false}}}]", chat())
    assert not {"x-request-id", "request-id"}.intersection(response.headers)


@pytest.mark.parametrize(("wait", "described"), [(-5, "0s"), (0, "0s"), (59, "59s"), (360, "6m0s"), (3_661, "61m1s")])
def test_limits_have_the_names_of_openai_and_a_duration(wait: int, described: str) -> None:
    status = RateLimitStatus(4_000, 3_000, NOW + wait)
    limits = rate_limits({"requests": status, "input-tokens": status, "output-tokens": status})
    response = translate(CONTEXT.json({})._replace(headers=headers.json(NOW).put(limits)), OPENAI_ERRORS)

    assert [line for line in response.headers.lines if line[0].startswith("x-ratelimit-")] == [
        ("x-ratelimit-limit-requests", "4000"),
        ("x-ratelimit-remaining-requests", "3000"),
        ("x-ratelimit-reset-requests", described),
        ("x-ratelimit-limit-tokens", "8000"),
        ("x-ratelimit-remaining-tokens", "6000"),
        ("x-ratelimit-reset-tokens", described),
    ]


@pytest.mark.parametrize("line", [("date", "soon"), ("anthropic-ratelimit-tokens-reset", "soon")])
def test_reset_that_a_rule_has_written_stays(line: tuple[str, str]) -> None:
    usual = {"date": dict(headers.date(NOW).lines)["date"], "anthropic-ratelimit-tokens-reset": "2026-11-18T11:06:40Z"}
    written = dict([*usual.items(), line])
    response = translate(CONTEXT.json({})._replace(headers=Headers(written.items())), OPENAI_ERRORS)

    assert dict(response.headers.lines)["x-ratelimit-reset-tokens"] == written["anthropic-ratelimit-tokens-reset"]


def test_stream_has_an_error_and_inserted_texts() -> None:
    encoder = OPENAI_ERRORS.open_stream()
    failure = error(ApiError("overloaded_error", "Busy.").envelope("req_1"))
    inserted = Event("", None, "", b": comment\n\n")

    assert isinstance(encoder, ErrorEncoder)
    assert encoder.encode(inserted, 0) == inserted.encoded
    assert encoder.encode(event("ping", {}), 0) == b""
    assert encoder.encode(failure, 0) == (
        b'data: {"error":{"code":"overloaded_error","message":"Busy.","type":"overloaded_error","param":null}}\n\n'
    )


@pytest.mark.parametrize("envelope", [None, [], {}, {"error": None}, {"error": {}}])
def test_error_that_a_fault_has_edited_has_nulls(envelope: Any) -> None:
    assert build_error(envelope) == {"error": {"code": None, "message": None, "type": None, "param": None}}


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/embeddings", "/v1/chat/nothing", "/v1/audio/speech", "/v1/completions"),
        *("/v1/v1/chat/completions", "/v1/openai/responses"),
    ],
)
def test_unknown_path_is_an_error_of_openai(path: str) -> None:
    http = http_request("POST", path, {}, {"authorization": "Bearer mock"}, b"{}")
    response = answer(http, ScenarioState(load_text("rules: [{reply: Hello}]"))).response

    assert response.status == 404
    assert orjson.loads(response.data)["error"]["code"] == "not_found_error"
    assert ("openai-version", "2020-10-01") in response.headers.lines
