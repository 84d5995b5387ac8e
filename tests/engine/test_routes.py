from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from mockclaude.api.mode import ValidationResult
from mockclaude.api.models import ALIASES, CATALOGUE, CATALOGUE_DATE
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.model_list import models_page
from mockclaude.engine.paths import find_adapter
from mockclaude.engine.route_table import ENDPOINTS, resolve_handler
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, Received, asking, http_request, received, sent_of, with_client_headers

LISTED = [model.id for model in CATALOGUE if model.lifecycle(CATALOGUE_DATE) != "retired"]


def served(rules: str) -> ScenarioState:
    return ScenarioState(load_text(f"rules:\n{rules}"))


GATEWAY = ScenarioState(load_text("validation: gateway\nrules: [reply: x]"))
UNCHECKED = ScenarioState(load_text("validation: off\nrules: [reply: x]"))


def call(
    method: str, path: str, body: bytes = b"", query: Mapping[str, str] | None = None, **headers: str | None
) -> HttpRequest:
    return http_request(method, path, query or {}, with_client_headers(headers), body, NOW)


def sent(given: Decision) -> Received:
    return received(sent_of(given))


def ask(server: ScenarioState, content: Any = "Hello", **fields: Any) -> Decision:
    return answer(call("POST", "/v1/messages", asking(content, **fields)), server)


def said(server: ScenarioState, content: Any = "Hello", lane: str = "") -> str:
    asked = call("POST", "/v1/messages", asking(content), x_mockclaude_lane=lane)
    return str(sent(answer(asked, server)).json["content"][0]["text"])


IMPOSSIBLE = {"type": "object", "properties": {}, "required": ["x"], "additionalProperties": False}
HELLO = served("  - {name: hello, reply: Hello!}")


@pytest.mark.parametrize(("stream", "kind"), [(False, "application/json"), (True, "text/event-stream; charset=utf-8")])
def test_a_message_is_answered_by_a_rule_whose_label_is_the_reason(stream: bool, kind: str) -> None:
    given = ask(HELLO, stream=stream)

    assert (given.reason, given.streamed) == ("'hello' (scenario.yaml:2:5)", stream)
    assert sent(given).status == 200
    assert sent(given).headers["content-type"] == kind


def test_unmatched_request_is_a_410_that_is_not_retried_and_names_the_near_miss() -> None:
    given = ask(served("  - {name: hello, when: {user: Hi}, reply: Hello!}"), "Bye")

    assert sent(given).status == 410
    assert sent(given).headers["x-should-retry"] == "false"
    assert sent(given).error == ("invalid_request_error", given.reason)
    assert given.reason.startswith("no rule matched; near miss 'hello' (scenario.yaml:2:5): user")


@pytest.mark.parametrize(
    ("unmatched", "status", "kind"),
    [
        ("410", 410, "invalid_request_error"),
        ("404", 404, "not_found_error"),
        ("not_found_error", 404, "not_found_error"),
        ("invalid_request_error", 400, "invalid_request_error"),
        ("request_too_large", 413, "request_too_large"),
        ("422", 422, "invalid_request_error"),
    ],
)
def test_unmatched_request_gets_the_error_of_the_file(unmatched: str, status: int, kind: str) -> None:
    scenario = load_text(f"unmatched: {unmatched}\nrules: [{{when: {{user: Hi}}, reply: Hello!}}]")
    given = ask(ScenarioState(scenario), "Bye")

    assert given.unmatched
    assert (sent(given).status, sent(given).error) == (status, (kind, given.reason))


def test_a_bad_body_is_the_apis_400_and_its_reason() -> None:
    given = answer(call("POST", "/v1/messages", b"{}"), HELLO)

    assert (
        sent(given).error
        == ("invalid_request_error", given.reason)
        == ("invalid_request_error", "model: Field required")
    )


def test_a_schema_that_nothing_fits_is_answered_with_a_note() -> None:
    output = {"format": {"type": "json_schema", "schema": IMPOSSIBLE}}
    given = ask(served("  - {name: made, reply: {json: from_schema}}"), output_config=output)

    assert sent(given).json["content"] == [{"type": "text", "text": '{"x":null}'}]
    assert given.notes == ("the reply does not fit output_config.format: null does not meet the schema: false at /x",)


def test_no_thread_is_no_thread() -> None:
    asked = call("POST", "/v1/messages", asking(thread=None), anthropic_beta="message-threads-2026-08-12")

    assert sent(answer(asked, HELLO)).status == 200


def test_the_same_request_again_has_another_id_and_the_same_content() -> None:
    first, second = (sent(ask(HELLO)) for _ in range(2))

    assert first.json["id"] != second.json["id"]
    assert first.headers["request-id"] != second.headers["request-id"]
    assert first.json["content"] == second.json["content"]


def test_times_spends_a_rule_for_one_lane_only() -> None:
    server = served("  - {times: 2, reply: First}\n  - {reply: Then}")

    assert [said(server, lane="a") for _ in range(3)] == ["First", "First", "Then"]
    assert said(server, lane="b") == "First"


def test_a_sequence_goes_on_for_one_lane_only_and_ends_on_its_last_reply() -> None:
    server = served("  - {sequence: [One, Two]}")

    assert [said(server, lane="a") for _ in range(3)] == ["One", "Two", "Two"]
    assert said(server, lane="b") == "One"


def test_groups_of_all_conditions_fill_the_reply_and_the_first_of_a_name_wins() -> None:
    server = served(
        r"""
  - when: {turn: 1, user: {regex: '(?P<a>\w+) (?P<b>\w+)'}, system: {regex: '(?P<b>\w+) (?P<c>\w+)'}}
    reply: '${{ match.a }} ${{ match.b }} ${{ match.c }}'
"""
    )
    given = sent(ask(server, "one two", system="three four"))

    assert given.json["content"][0]["text"] == "one two four"


def test_made_up_values_follow_from_the_request_and_not_from_what_was_asked_before() -> None:
    rules = "  - {reply: '${{ fake.name }}, ${{ fake.name }}'}"
    server, fresh = served(rules), served(rules)
    texts = [said(server, text) for text in ("A", "B", "A")]

    assert texts[0] == texts[2] == said(fresh, "A")
    assert len({*texts[0].split(", "), *texts[1].split(", ")}) == 4


@pytest.mark.parametrize(
    "fields", [{}, {"system": "Be kind."}, {"tools": [{"name": "t", "input_schema": {"type": "object"}}]}]
)
def test_count_tokens_is_what_usage_says_of_the_message(fields: dict[str, Any]) -> None:
    body = orjson.loads(asking("How many?", **fields))
    body.pop("max_tokens")
    counted = sent(answer(call("POST", "/v1/messages/count_tokens", orjson.dumps(body)), HELLO))

    assert counted.json == {"input_tokens": sent(ask(HELLO, "How many?", **fields)).json["usage"]["input_tokens"]}
    assert not [name for name in counted.headers if "ratelimit" in name]


def test_models_are_listed_newest_first_without_the_retired() -> None:
    page = models_page({}, ValidationResult())

    assert [model["id"] for model in page["data"]] == LISTED[:20]
    assert (page["first_id"], page["last_id"]) == (LISTED[0], LISTED[:20][-1])
    assert page["has_more"] is (len(LISTED) > 20)


def test_pages_forward_hold_every_model_once() -> None:
    ids, page = [], models_page({"limit": "3"}, ValidationResult())
    while page["has_more"]:
        ids += [model["id"] for model in page["data"]]
        page = models_page({"limit": "3", "after_id": page["last_id"]}, ValidationResult())

    assert ids + [model["id"] for model in page["data"]] == LISTED


def test_pages_backward_hold_every_model_once() -> None:
    ids: list[str] = []
    page = models_page({"limit": "3", "before_id": LISTED[-1]}, ValidationResult())
    while page["has_more"]:
        ids = [model["id"] for model in page["data"]] + ids
        page = models_page({"limit": "3", "before_id": page["first_id"]}, ValidationResult())

    assert [model["id"] for model in page["data"]] + ids == LISTED[:-1]


def test_the_page_after_the_last_model_is_empty() -> None:
    assert models_page({"after_id": LISTED[-1]}, ValidationResult()) == {
        "data": [],
        "has_more": False,
        "first_id": None,
        "last_id": None,
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "many"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"limit": "1_0"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"limit": "0"}, "limit: Input should be greater than or equal to 1"),
        ({"limit": "-5"}, "limit: Input should be greater than or equal to 1"),
        ({"limit": "1001"}, "limit: Input should be less than or equal to 1000"),
        ({"after_id": "gpt-5"}, "after_id: 'gpt-5' is not the id of a listed model"),
        ({"before_id": "gpt-5"}, "before_id: 'gpt-5' is not the id of a listed model"),
    ],
)
def test_a_page_that_cannot_be_is_a_400(query: dict[str, str], message: str) -> None:
    given = sent(answer(call("GET", "/v1/models", query=query), HELLO))

    assert given.status == 400
    assert given.error == ("invalid_request_error", message)


@pytest.mark.parametrize(("name", "model"), [(LISTED[0], LISTED[0]), *list(ALIASES.items())[:2]])
def test_a_model_is_found_by_its_id_or_alias(name: str, model: str) -> None:
    assert sent(answer(call("GET", f"/v1/models/{name}"), HELLO)).json["id"] == model


def test_an_unknown_model_is_a_404_in_the_apis_words() -> None:
    given = sent(answer(call("GET", "/v1/models/gpt-5"), HELLO))

    assert (given.status, given.error) == (404, ("not_found_error", "model: gpt-5"))


@pytest.mark.parametrize("state", [GATEWAY, UNCHECKED])
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("gpt-5", "gpt-5"),
        ("anthropic/claude-x", "anthropic/claude-x"),
        ("anthropic%2Fclaude-x", "anthropic/claude-x"),
        ("anthropic.claude-x-v1:0", "anthropic.claude-x-v1:0"),
        ("claude-x%4020251001", "claude-x@20251001"),
        ("a%2525", "a%25"),
    ],
)
def test_any_model_is_made_up_by_a_gateway(state: ScenarioState, written: str, name: str) -> None:
    given = sent(answer(call("GET", f"/v1/models/{written}"), state)).json
    made_up = {"id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"}

    assert list(given) == list(CATALOGUE[0].info())
    assert {name: value for name, value in given.items() if value} == {
        **made_up,
        "lifecycle": "active",
        "type": "model",
    }


def test_a_rule_has_the_decoded_id_of_a_model() -> None:
    state = served("  - {when: {endpoint: models, model: a/b}, reply: {error: {type: overloaded_error}}}")

    assert sent(answer(call("GET", "/v1/models/a%2Fb", x_mockclaude_validation="off"), state)).status == 529


STRANGE_CURSORS = [{"after_id": LISTED[0], "before_id": LISTED[2]}, {"after_id": "gpt-5"}, {"before_id": "gpt-5"}]


@pytest.mark.parametrize("query", STRANGE_CURSORS)
def test_the_page_of_a_strange_cursor_is_empty_at_a_gateway(query: dict[str, str]) -> None:
    assert sent(answer(call("GET", "/v1/models", query=query), GATEWAY)).json["data"] == []


@pytest.mark.parametrize(
    ("query", "first"),
    [
        *[(cursors, None) for cursors in STRANGE_CURSORS],
        ({"limit": "many"}, LISTED[0]),
        ({"lifecycle[]": "Active"}, LISTED[0]),
    ],
)
def test_any_page_is_answered_without_validation(query: dict[str, str], first: str | None) -> None:
    given = sent(answer(call("GET", "/v1/models", query=query), UNCHECKED))

    assert (given.status, given.json["first_id"]) == (200, first)


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing"])
def test_a_path_the_api_does_not_have_is_a_404(path: str) -> None:
    given = sent(answer(call("POST", path), HELLO))
    message = f"Not found: POST {path}; expected /v1/messages, /v1/messages/count_tokens or /v1/models"

    assert (given.status, given.error) == (404, ("not_found_error", message))


def test_a_handler_may_be_named_to_be_imported_when_needed() -> None:
    assert resolve_handler("mockclaude.engine.decide:decide") is ENDPOINTS["/v1/messages"]["POST"]


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if find_adapter(path) == "anthropic"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_another_method_is_a_405_that_says_which_to_use(path: str, method: str) -> None:
    given = sent(answer(call(method, path), HELLO))

    if method in ENDPOINTS[path]:
        assert given.status != 405
    else:
        allowed = ", ".join(ENDPOINTS[path])
        assert (given.status, given.headers["allow"]) == (405, allowed)
        assert given.error == ("invalid_request_error", f"Method not allowed: {method} {path}; use {allowed}")


def test_a_preflight_is_granted_without_a_body() -> None:
    given = answer(call("OPTIONS", "/v1/messages"), HELLO)

    assert given.reason == "CORS preflight"
    assert (sent(given).status, sent(given).body) == (204, b"")
    assert sent(given).headers["access-control-allow-origin"] == "*"
    assert "authorization" in sent(given).headers["access-control-allow-headers"]
