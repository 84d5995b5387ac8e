"""Without validation, every request is answered, except for the few that have no answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from mockclaude.api.tokens import MAX_DOCUMENTS
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Scenario
from tests.engine.deciding import CREATE, after, call, send
from tests.engine.test_odd_shapes import ASKED, BODY, DOCUMENT, RULES, SETTINGS
from tests.serving import CLIENT, http_request

ANTHROPIC, GATEWAY, OFF = (load_text(f"validation: {mode}\n{RULES}") for mode in ("anthropic", "gateway", "off"))
QUESTION = {"role": "user", "content": "Hi"}
FORMAT = {"type": "xml", "schema": {"type": "object"}}

REFUSED = {
    "no JSON": (b"{", "The request body is not valid JSON"),
    "no object": (b"[]", "Input should be a valid dictionary"),
    "no model": ({"model": ...}, "model: Field required"),
    "an empty model": ({"model": ""}, "model: String should have at least 1 character"),
    "a model that is no text": ({"model": 5}, "model: Input should be a valid string"),
    "no messages": ({"messages": ...}, "messages: Field required"),
    "messages that are no list": ({"messages": "Hi"}, "messages: Input should be a valid list"),
    "an empty list of messages": ({"messages": []}, "messages: at least one message is required"),
    "an empty list of messages to begin with": (
        {"messages": [], "thread": CREATE, "cache_control": {"type": "ephemeral"}},
        "messages: at least one message is required",
    ),
    "no message with a role": ({"messages": [{"content": "Hi"}]}, "messages: at least one message is required"),
    "no message with a content": ({"messages": [{**QUESTION, "content": 5}]}, "messages: at least one message"),
    "too many messages": ({"messages": [QUESTION] * 100_001}, "messages: List should have at most 100000 items"),
    "too many documents": (
        {"messages": [{"role": "user", "content": [DOCUMENT] * (MAX_DOCUMENTS + 1)}]},
        f"A maximum of {MAX_DOCUMENTS} documents may be provided.",
    ),
    "an unknown thread": (
        {"thread": {"type": "continue", "previous_message_id": "msg_1"}},
        "No thread state was found for the requested `previous_message_id`.",
    ),
}
"""All requests without an answer, as scenarios/VALIDATION.md lists them."""

ANSWERED: dict[str, Mapping[str, Any]] = {
    "another type of format": {"output_config": {"format": FORMAT}},
    "another type of format in the old field": {"output_format": FORMAT},
    "another type of tool_choice": {"tool_choice": {"type": "required"}},
    "a tool_choice that is a word": {"tool_choice": "auto"},
    "a number with a point": {"max_tokens": 1.0},
    "a negative number": {"max_tokens": -1},
    "a stream that is a word": {"stream": "yes"},
    "tools that are no list": {"tools": {"get": {}}},
    "a tool that is a word": {"tools": ["get", *SETTINGS["tools"]]},
    "an unknown role among others": {"messages": [{"role": "developer", "content": "Be kind."}, QUESTION]},
    "an unknown block among others": {"messages": [{"role": "user", "content": [5, {"type": "text", "text": "Hi"}]}]},
    "a dangling result": {"messages": [*ASKED[::-1], QUESTION]},
    "a thread with context_management": {"thread": {"type": "create"}, "context_management": {"edits": []}},
    "a compaction that is a number": {"compaction": 3},
    "a thread of a wrong type": {"thread": "create"},
    "an unknown field": {"verbosity": "low"},
    "too long a prompt": {"messages": [{"role": "user", "content": "word " * 1_100_000}]},
    "an unknown model": {"model": "gpt-4o"},
    "a fallback to an unknown model": {"fallbacks": [{"model": "gpt-4o"}]},
}

HEADERS = [
    {"anthropic-version": "2021-01-01"},
    {"anthropic-beta": "promt-caching"},
    {"content-type": "text/plain"},
    {"x-api-key": "unknown"},
]


def ask(
    body: Any, path: str = "/v1/messages", headers: Mapping[str, str] = CLIENT, scenario: Scenario = OFF
) -> tuple[int, str]:
    """Return the status of the response, and the error message."""
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    request = http_request("POST", path, {}, CIMultiDict(headers), data)
    response = answer(request, ScenarioState(scenario)).response
    error = {} if response.status == 200 else orjson.loads(response.data)["error"]
    return response.status, error.get("message", "")


def body_with(fields: Mapping[str, Any]) -> dict[str, Any]:
    every = {"model": "claude-sonnet-5", "max_tokens": 99, "messages": [QUESTION], **fields}
    return {name: value for name, value in every.items() if value is not ...}


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_without_an_answer_is_refused(name: str) -> None:
    sent, expected = REFUSED[name]
    status, message = ask(body_with(sent) if isinstance(sent, dict) else sent)

    assert status == (404 if "thread" in name else 400)
    assert message.startswith(expected)


@pytest.mark.parametrize("name", ANSWERED)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_every_other_request_is_answered(name: str, path: str) -> None:
    assert ask(body_with(ANSWERED[name]), path) == (200, "")


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_headers_are_not_validated(headers: Mapping[str, str]) -> None:
    assert ask(body_with({}), headers={**CLIENT, **headers}) == (200, "")


def test_a_continued_thread_may_have_other_settings() -> None:
    state = ScenarioState(OFF)
    created = send(state, call(thread=CREATE, system="Be kind.")).response.json

    continued = send(state, call(thread=after(created["id"]), system="Be brief.", context_management={"edits": []}))

    assert continued.response.status == 200


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9_999) | st.floats(-9, 9) | st.sampled_from(["", "x", "user", "text"]),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "a"]), values),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """Draw a copy of a value in which some values are others."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JSON)
    if isinstance(value, dict):
        return {key: draw(mutated(item)) for key, item in value.items()}
    return [draw(mutated(item)) for item in value] if isinstance(value, list) else value


@given(mutated({**BODY, **SETTINGS}), st.sampled_from(["/v1/messages", "/v1/messages/count_tokens"]))
def test_a_body_of_wrong_values_is_answered_or_has_no_answer(body: Any, path: str) -> None:
    status, message = ask(body, path)

    assert status == 200 or message.startswith(tuple(expected for _, expected in REFUSED.values()))


SMALL = st.sampled_from(sorted(SETTINGS)).flatmap(lambda name: mutated(body_with({name: SETTINGS[name]})))


@given(SMALL)
def test_a_mode_accepts_what_a_stricter_mode_accepts(body: Any) -> None:
    statuses = [ask(body, scenario=scenario)[0] for scenario in (ANTHROPIC, GATEWAY, OFF)]

    assert 200 not in statuses or statuses[statuses.index(200) :] == [200] * statuses.count(200)
