"""Rules, faults, chaos and requested faults at the endpoints other than `/v1/messages`."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.api.fingerprint import parse
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import Answer, Content, decide_document
from mockclaude.engine.explain import explain_response
from mockclaude.engine.http_request import HttpRequest, hash_key_to_lane
from mockclaude.engine.request_context import RequestContext, resource_request
from mockclaude.engine.routes import answer, commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import Resource, ResourcePut
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import End
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.template.templates import MAX_FILLED
from tests.serving import NOW, asking, http_request, with_client_headers

PATHS = {
    "messages": ("POST", "/v1/messages"),
    "count_tokens": ("POST", "/v1/messages/count_tokens"),
    "models": ("GET", "/v1/models"),
    "model": ("GET", "/v1/models/claude-sonnet-5"),
}


def call(endpoint: str, headers: dict[str, str] | None = None, **fields: Any) -> HttpRequest:
    method, path = PATHS[endpoint]
    body = parse(asking(**fields))[0] if method == "POST" else {}
    if endpoint == "count_tokens":
        del body["max_tokens"]
    data = orjson.dumps(body) if body else b""
    return http_request(method, path, {}, with_client_headers({"x-api-key": "mock", **(headers or {})}), data, NOW)


def decide(served: ScenarioState | str, endpoint: str, **fields: Any) -> Decision:
    state = ScenarioState(load_text(served)) if isinstance(served, str) else served
    return answer(call(endpoint, **fields), state)


def statuses(text: str, *endpoints: str) -> list[int]:
    served = ScenarioState(load_text(text))
    return [decide(served, endpoint).response.status for endpoint in endpoints]


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ("messages", [529, 200, 200, 200]),
        ("count_tokens", [200, 529, 200, 200]),
        ("models", [200, 200, 529, 529]),
        ("[messages, count_tokens, models]", [529, 529, 529, 529]),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "rules: [{{when: {{endpoint: {}}}, times: 9, reply: {{error: 529}}}}, {{reply: Hello}}]",
        "rules: [{{when: {{endpoint: {}}}, times: 9, reply: {{generate: auto}}, fault: 529}}, {{reply: Hello}}]",
        "chaos: {{error: 529, when: {{endpoint: {}}}}}\nrules: [{{reply: Hello}}]",
    ],
)
def test_endpoint_is_the_only_one_that_fails(text: str, endpoints: str, expected: list[int]) -> None:
    assert statuses(text.format(endpoints), *PATHS) == expected


@pytest.mark.parametrize("text", ["rules: [{reply: {error: 529}}]", "chaos: [529]\nrules: [{reply: Hello}]"])
def test_rules_and_chaos_without_an_endpoint_are_for_messages(text: str) -> None:
    assert statuses(text, *PATHS) == [529, 200, 200, 200]


@pytest.mark.parametrize("endpoint", PATHS)
def test_fault_header_reaches_every_endpoint(endpoint: str) -> None:
    decision = decide("rules: [{reply: Hello}]", endpoint, headers={"x-mockclaude-fault": "529"})

    assert (decision.response.status, decision.notes[0]) == (529, "fault: 529")


@pytest.mark.parametrize("endpoint", PATHS)
def test_invalid_fault_header_is_refused_at_every_endpoint(endpoint: str) -> None:
    decision = decide("rules: [{reply: Hello}]", endpoint, headers={"x-mockclaude-fault": "rest"})

    assert (decision.response.status, "unknown fault 'rest'" in decision.reason) == (400, True)


def test_model_name_asks_for_a_fault_of_count_tokens() -> None:
    assert decide("rules: [{reply: Hello}]", "count_tokens", model="claude-sonnet-5+529").response.status == 529


def test_sequence_of_an_endpoint_returns_to_its_response() -> None:
    text = "rules: [{when: {endpoint: count_tokens}, sequence: [{error: 529}, {generate: auto}]}]"

    assert statuses(text, *["count_tokens"] * 3) == [529, 200, 200]


def test_fault_script_counts_the_attempts_of_each_endpoint() -> None:
    text = "rules: [{reply: Hello}]\nchaos: {script: [529, ok], when: {endpoint: [messages, count_tokens, models]}}"

    assert statuses(text, *PATHS, *PATHS) == [529, 529, 529, 200, 200, 200, 200, 200]


def test_exhausted_rule_leaves_the_response() -> None:
    text = "rules: [{when: {endpoint: models}, times: 1, reply: {error: 529}}]"

    assert statuses(text, "models", "models") == [529, 200]


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [("user: Hello", True), ("user: bye", False), ("model: claude-sonnet-5", True), ("headers: {x-a: b}", False)],
)
def test_count_tokens_matches_other_conditions_too(conditions: str, matches: bool) -> None:
    text = f"rules: [{{when: {{endpoint: count_tokens, {conditions}}}, reply: {{error: 529}}}}]"

    assert decide(text, "count_tokens", content="Hello").response.status == (529 if matches else 200)


def test_model_of_a_path_is_a_condition() -> None:
    text = "rules: [{when: {endpoint: models, model: claude-sonnet-5}, reply: {error: 529}}]"

    assert statuses(text, "models", "model") == [200, 529]


def test_usage_replaces_the_count() -> None:
    text = "rules: [{when: {endpoint: [count_tokens, models]}, reply: [{pause: 2s}, {usage: {input_tokens: 7}}]}]"
    counted, listed = (decide(text, endpoint).response for endpoint in ("count_tokens", "models"))

    assert (counted.data, counted.head_at) == (b'{"input_tokens":7}', 2_000_000)
    assert b'"input_tokens"' not in listed.data


@pytest.mark.parametrize(
    ("step", "end"), [("disconnect: reset", End.RESET), ("disconnect: close", End.CLOSE), ("pause: forever", End.HANG)]
)
def test_endpoint_can_send_nothing(step: str, end: End) -> None:
    response = decide(f"rules: [{{when: {{endpoint: models}}, reply: {{{step}}}}}]", "models").response

    assert (response.status, response.end) == (0, end)


def test_content_of_a_rule_for_several_endpoints_is_for_messages() -> None:
    text = "rules: [{when: {endpoint: [messages, count_tokens]}, reply: Hello}]"

    assert decide(text, "count_tokens", content="Hi").response.data.startswith(b'{"input_tokens":')
    assert decide(text, "messages", content="Hi").response.status == 200


def test_placeholder_that_fails_is_an_error_of_the_rule() -> None:
    error = {"type": "api_error", "message": "${{ user }}" * 100}
    rule = {"when": {"endpoint": "count_tokens"}, "reply": {"error": error}}
    decision = decide(orjson.dumps({"rules": [rule]}).decode(), "count_tokens", content="x" * (MAX_FILLED // 50))

    assert (decision.response.status, decision.rule is None) == (400, False)
    assert "scenario.yaml:1:11: the placeholders of the reply exceed" in decision.reason


def test_ids_stay_the_same_without_a_rule() -> None:
    plain, named = ("rules: [{reply: Hello}]", "rules: [{when: {endpoint: models, retry: 9}, reply: {error: 529}}]")

    assert decide(plain, "models").response.request_id == decide(named, "models").response.request_id


def test_journal_has_the_rule_or_the_endpoint() -> None:
    text = "rules: [{name: busy, when: {endpoint: models}, times: 1, reply: {error: 529}}]"
    served = ScenarioState(load_text(text))
    failed, listed = decide(served, "models"), decide(served, "models")

    assert (failed.reason, failed.rule, bool(failed.draws)) == (served.rules[0].label, served.rules[0], True)
    assert (listed.reason, listed.rule, listed.draws) == ("models", None, None)


def test_near_miss_is_not_a_rule_for_another_endpoint() -> None:
    text = "rules: [{name: busy, when: {endpoint: models}, reply: {error: 529}}, {when: {user: bye}, reply: x}]"

    assert "near miss scenario.yaml" in decide(text, "messages").reason


def test_near_miss_may_be_the_only_rule() -> None:
    text = "rules: [{when: {endpoint: models}, reply: {error: 529}}]"

    assert "near miss scenario.yaml:1:9: endpoint: expected 'models', got 'messages'" in decide(text, "messages").reason


def test_rules_for_other_endpoints_do_not_shadow() -> None:
    load_text("rules: [{reply: x}, {when: {endpoint: count_tokens}, reply: {error: 529}}]")


def test_explanation_has_the_rules_for_the_endpoint() -> None:
    text = """
rules:
  - {when: {endpoint: count_tokens, user: bye}, reply: {error: 529}}
  - {when: {endpoint: count_tokens}, reply: {error: 529}}
  - {reply: Hello}
"""
    lines = explain_response(load_text(text), [call("count_tokens", content="Hi")]).splitlines()

    assert lines[0] == "rule    scenario.yaml:4:5"
    assert [line for line in lines if line.startswith("not")] == [
        "not     scenario.yaml:3:5: user: expected text that contains 'bye', got 'Hi'"
    ]


def test_explanation_has_the_rules_for_models() -> None:
    text = "rules: [{when: {endpoint: models, model: x}, reply: {error: 529}}, {reply: Hello}]"

    assert "not     scenario.yaml:1:9: model: expected 'x', got nothing" in explain_response(
        load_text(text), [call("models")]
    )


FILE = Resource("file", "", "", 0, b"{}")
CREATED = {
    "rules: [{reply: Hello}]": (200, 1),
    "rules: [{when: {endpoint: files}, reply: {generate: auto}}]": (200, 1),
    "rules: [{when: {endpoint: files}, reply: {error: 529}}]": (529, 0),
    "rules: [{when: {endpoint: files}, reply: {generate: auto}, fault: {error: 529}}]": (529, 0),
    "rules: [{when: {endpoint: files}, reply: {disconnect: reset}}]": (0, 1),
    "rules: [{when: {endpoint: files}, reply: {generate: auto}, fault: {disconnect: close, after: 50%}}]": (200, 1),
    "rules: [{when: {endpoint: batches}, reply: {error: 529}}]": (200, 1),
}
"""What a scenario does to the creation of a file: the status, and the number of files then."""


def create(state: ScenarioState, body: Content | dict[str, Any]) -> Decision:
    """Decide on the creation of a file whose id is drawn."""

    def answer_with(draws: Draws) -> Answer:
        effect = ResourcePut(FILE._replace(lane=http.head.lane, id=draws.identifier("file")))
        return Answer(body, (("x-own", "1"),), (effect,))

    http = http_request("POST", "/v1/files", {}, with_client_headers({"x-api-key": "mock"}), b"", NOW)
    request = resource_request(http.head.endpoint, http.head.path, http.headers)
    context = RequestContext(http, state, request, http.raw_fingerprints())
    return commit(state, decide_document(context, answer_with))


@pytest.mark.parametrize("text", CREATED)
def test_what_is_created_is_kept_unless_the_response_is_an_error(text: str) -> None:
    state = ScenarioState(load_text(text))
    decision = create(state, {"id": "x"})
    kept = state.store.list_resources("file", hash_key_to_lane("mock"))

    assert (decision.response.status, len(kept)) == CREATED[text]


def test_created_ids_differ_by_occurrence_only() -> None:
    states = [ScenarioState(load_text("rules: [{reply: Hello}]")) for _ in range(2)]
    for state in states:
        create(state, {})
        create(state, {})
    one, other = (
        [file.id for file in state.store.list_resources("file", hash_key_to_lane("mock"))] for state in states
    )

    assert one == other
    assert len({*one}) == 2


def test_content_has_its_bytes_and_its_headers() -> None:
    response = create(ScenarioState(load_text("rules: [{reply: Hello}]")), Content(b"\x00\xff", "image/png")).response
    lines = dict(response.headers.lines)

    assert (response.data, lines["content-type"], lines["x-own"]) == (b"\x00\xff", "image/png", "1")
