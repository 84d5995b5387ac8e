"""Adapters: the core decides a translated request, and its dialect has the response."""

from __future__ import annotations

import orjson
import pytest
from multidict import CIMultiDict

from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.error_dialects import ERROR_DIALECTS
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import LANE_HEADER, Head, HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.scenario.format.policy import LaneSource
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.template.templates import MAX_FILLED
from mockclaude.wire.encode import encode
from tests.engine.deciding import call
from tests.reply.test_dialect import LINES
from tests.serving import NOW, asking, http_request, with_client_headers

HELLO = load_text("rules: [{when: {adapter: bedrock}, reply: Hello from afar}, {reply: Hello}]")
INVOKE = "/model/m/invoke"


def chat(body: bytes = b'{"chat": true}', **headers: str) -> HttpRequest:
    return http_request("POST", INVOKE, {"q": "1"}, with_client_headers({LANE_HEADER: "mine", **headers}), body, NOW)


def decided(http: HttpRequest, core: bytes, state: ScenarioState | None = None) -> Decision:
    return decide_in_dialect(http, state or ScenarioState(HELLO), CoreRequest(core), LINES)


def entry_of(http: HttpRequest, decision: Decision, max_body: int = 1_000) -> JournalEntry:
    entry = JournalEntry(1, NOW, "POST", http.head.path, http.headers)
    entry.record_decision(decision, encode(decision.response, http11=True))
    entry.record_request(http, "", max_body)
    return entry


def test_the_core_decides_and_the_dialect_answers() -> None:
    core = asking("Hi")
    decision = decided(chat(), core)

    assert orjson.loads(decision.response.data) == {"type": "message", "was": 200}
    assert decision.rule is not None
    assert decision.rule.place.line == 1
    assert decision.whole == core


@pytest.mark.parametrize("core", [asking("Hi", max_tokens=-1), asking("Hi", model="gpt-4o"), b"{"])
def test_an_error_of_the_core_is_in_the_dialect(core: bytes) -> None:
    assert "failed" in orjson.loads(decided(chat(), core).response.data)


def test_no_match_and_a_failed_placeholder_are_in_the_dialect() -> None:
    state = ScenarioState(load_text("rules: [{when: {user: x*}, reply: x}]"))
    assert b"failed" in decided(chat(), asking("Hi"), state).response.data

    error = {"type": "api_error", "message": "${{ user }}" * 100}
    state = ScenarioState(load_text(orjson.dumps({"rules": [{"reply": {"error": error}}]}).decode()))
    assert b"failed" in decided(chat(), asking("x" * (MAX_FILLED // 50)), state).response.data


def test_the_same_body_has_the_same_draws_by_every_way() -> None:
    state = ScenarioState(load_text("rules: [{reply: Hello}]"))
    direct = answer(call("Hi", lane="mine"), state)
    other = decided(chat(), call("Hi", lane="mine").body, state)

    assert direct.draws is not None
    assert other.draws == direct.draws._replace(occurrence=1)


def test_the_journal_has_the_client_s_request_and_the_api_s_body() -> None:
    http, core = chat(), asking("Hi")
    entry = entry_of(http, decided(http, core))

    assert (entry.adapter, entry.is_messages_request, entry.body) == ("bedrock", True, b'{"chat": true}')
    assert entry.request is not None
    assert (entry.request.user, entry.request.adapter) == ("Hi", "bedrock")
    assert entry_to_json(entry)["request"]["adapter"] == "bedrock"


def test_a_body_that_the_journal_cuts_is_not_kept_in_another_form() -> None:
    http = chat(b"x" * 2_000)
    entry = entry_of(http, decided(http, asking("Hi")))

    assert (len(entry.body), entry.whole, entry.request) == (1_000, None, None)


def test_a_translated_body_below_the_prefix_of_platforms_is_not_kept_if_the_journal_cuts_it() -> None:
    head = Head("POST", "/v1/messages", {}, with_client_headers({}), is_platform=True)
    http = HttpRequest(head, head.headers, asking("x" * 2_000, model="anthropic.claude-haiku-4-5"), NOW)
    decision = answer(http, ScenarioState(HELLO))

    assert decision.whole is not None
    assert entry_of(http, decision).whole is None


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (INVOKE, {"anthropic_version": "bedrock-2023-05-31"}),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
            {"anthropic_version": "vertex-2023-10-16"},
        ),
        ("/v1/messages", {"model": "anthropic.claude-haiku-4-5"}),
    ],
)
def test_a_body_that_is_nested_too_deeply_is_refused(path: str, fields: dict[str, str]) -> None:
    body = orjson.dumps({**fields, "messages": "@"}).replace(b'"@"', b"[" * 300 + b"]" * 300)
    head = Head("POST", path, {}, with_client_headers({}), is_platform=True)
    refused = answer(HttpRequest(head, head.headers, body, NOW), ScenarioState(HELLO)).response

    assert refused.status == 400
    assert b"nested too deeply" in refused.data


def test_an_unknown_path_is_an_error_in_the_dialect_of_its_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = http_request("POST", "/model/m/forget", {}, with_client_headers({}), b"{}", NOW)
    assert b'"message"' in answer(unknown, ScenarioState(HELLO)).response.data

    monkeypatch.setitem(ERROR_DIALECTS, "bedrock", "tests.reply.test_dialect:LINES")
    refused = answer(unknown, ScenarioState(HELLO)).response
    assert (refused.status, orjson.loads(refused.data)) == (404, {"failed": "not_found_error"})


def _head(lane: tuple[LaneSource, ...] = (), **headers: str) -> Head:
    return Head("PUT", INVOKE, {"q": "1"}, CIMultiDict({"X-Own": "1", **headers}), page="p", guest=True, lane_from=lane)


def test_a_core_head_differs_in_what_the_adapter_says() -> None:
    head = _head()
    core = head.to_core("/v1/messages", (("x-own", "2"), ("anthropic-version", "2023-06-01")))

    assert core is head.to_core("/v1/messages", (("x-own", "2"), ("anthropic-version", "2023-06-01")))
    assert (core.method, core.path, core.query, core.endpoint) == ("POST", "/v1/messages", {}, "messages")
    assert core.headers == CIMultiDict({"x-own": "2", "anthropic-version": "2023-06-01"})
    assert (core.adapter, core.page, core.guest, core.lane, core.is_message) == ("bedrock", "p", True, head.lane, True)


def test_core_heads_keep_the_lane_of_the_client_s_body() -> None:
    head = _head((LaneSource("body", ("user",)),))
    lanes = [head.with_lane_of(orjson.dumps({"user": user})).to_core("/v1/messages", ()).lane for user in "abb"]
    assert lanes == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("fields", "lane"),
    [
        ({"user": "ann"}, "ann"),
        ({"safety_identifier": "ann"}, "ann"),
        ({"user": "ann", "metadata": {"user_id": "bob"}}, "bob"),
        ({"user": "ann", "metadata": 1}, "ann"),
        ({"user": 1}, ""),
        ({}, ""),
    ],
)
def test_lane_is_the_user_of_a_chat(fields: dict[str, object], lane: str) -> None:
    head = Head("POST", "/v1/responses", {}, {}, lane_from=(LaneSource("body", ("metadata", "user_id")),))

    assert head.with_lane_of(orjson.dumps(fields)).lane == lane


def test_core_heads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockclaude.engine.http_request._MAX_CORES", 2)
    head = _head()
    first = head.to_core("/v1/messages", ())
    for number in range(3):
        head.to_core("/v1/messages", (("x", str(number)),))
    assert head.to_core("/v1/messages", ()) is not first


def test_core_heads_with_long_headers_are_not_kept() -> None:
    head, long = _head(), (("x", "y" * 2_000),)
    assert head.to_core("/v1/messages", long) is not head.to_core("/v1/messages", long)
