"""Responses that are stored: later requests continue them, or refer to their items."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from mockclaude.api.request import MessagesRequest
from mockclaude.engine.adapters.stored_responses import resolve_input
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import Resource
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import ReplyTemplate
from tests.adapters.chatting import CLIENT
from tests.engine import deciding
from tests.serving import Received, http_request, received, script_of

MODEL, PATH = "claude-haiku-4-5", "/v1/responses"
SCENARIO = """
rules:
  - {when: {user: tool, turn: 1}, reply: [{text: Let me see.}, {tool_use: {name: f, input: {a: 1}}}]}
  - {when: {user: fail}, reply: [{text: I}, {error: overloaded_error}]}
  - {when: {user: missing}, reply: {error: overloaded_error}}
  - {reply: Done.}
"""
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}


@pytest.fixture
def state() -> ScenarioState:
    return ScenarioState(load_text(SCENARIO))


def send(state: ScenarioState, path: str = PATH, method: str = "POST", headers: Any = None, **body: Any) -> Received:
    data = orjson.dumps({"model": MODEL, "tools": [TOOL], **body}) if method == "POST" else b""
    return send_data(state, data, path, method, headers)


def send_data(
    state: ScenarioState, data: bytes, path: str = PATH, method: str = "POST", headers: Any = None
) -> Received:
    http = http_request(method, path, {}, {**CLIENT, **(headers or {})}, data)
    return received(b"".join(send.data for send in script_of(answer(http, state)).sends))


def ask(state: ScenarioState, **body: Any) -> list[Any]:
    """Return the messages of the Messages request."""
    data = orjson.dumps({"model": MODEL, "tools": [TOOL], **body})
    decision = answer(http_request("POST", PATH, {}, CLIENT, data), state)
    assert decision.whole is not None
    messages: list[Any] = orjson.loads(decision.whole)["messages"]
    return messages


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}


HI, BYE = {"role": "user", "content": "Hi"}, {"role": "user", "content": "Bye"}


@pytest.mark.parametrize("stream", [False, True])
def test_response_can_be_retrieved_and_deleted(state: ScenarioState, stream: bool) -> None:
    first = send(state, input="Hi", stream=stream)
    document = orjson.loads(first.body.split(b"data: ")[-1])["response"] if stream else first.json
    path = f"{PATH}/{document['id']}"
    found, deleted, gone = send(state, path, "GET"), send(state, path, "DELETE"), send(state, path, "GET")

    assert [found.status, found.json] == [200, document]
    assert found.headers["openai-version"] == "2020-10-01"
    assert deleted.json == {"id": document["id"], "object": "response", "deleted": True}
    assert gone.status == 404
    assert gone.json["error"]["message"] == f"Response with id '{document['id']}' not found."


def test_request_continues_a_response(state: ScenarioState) -> None:
    first = send(state, input="Hi", instructions="Be brief.").json["id"]
    second = send(state, input=[BYE], previous_response_id=first)

    assert second.json["previous_response_id"] == first
    assert ask(state, input="Hi", previous_response_id=second.json["id"]) == [
        *(HI, said("Done.")),
        *(BYE, said("Done.")),
        HI,
    ]
    assert ask(state, input="Bye", previous_response_id=first) == [HI, said("Done."), BYE]


def test_request_refers_to_items(state: ScenarioState) -> None:
    text, call = send(state, input="tool").json["output"]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "1"}
    use = {"type": "tool_use", "id": call["call_id"], "name": "f", "input": {"a": 1}}
    results = [{"type": "tool_result", "tool_use_id": call["call_id"], "content": "1"}]
    references = [{"type": "item_reference", "id": text["id"]}, {"id": call["id"]}]

    assert ask(state, input=[HI, *references, result]) == [
        HI,
        {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, use]},
        {"role": "user", "content": results},
    ]


def test_request_continues_a_response_whose_input_had_references(state: ScenarioState) -> None:
    item = send(state, input="Hi").json["output"][0]["id"]
    second = send(state, input=[HI, {"type": "item_reference", "id": item}, BYE]).json

    send(state, f"{PATH}/resp_{item[4:-2]}", "DELETE")
    assert ask(state, input=[BYE], previous_response_id=second["id"]) == [HI, said("Done."), BYE, said("Done."), BYE]


@pytest.mark.parametrize("fields", [{"store": False}, {"input": "missing"}, {"input": "fail", "stream": True}])
def test_error_and_response_without_store_are_not_stored(state: ScenarioState, fields: dict[str, Any]) -> None:
    send(state, **{"input": "Hi", **fields})

    assert state.store.list_resources("response", http_request("POST", PATH, {}, CLIENT, b"").head.lane) == []


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"previous_response_id": "resp_1"}, 400, "Previous response with id 'resp_1' not found."),
        ({"previous_response_id": 1}, 400, "previous_response_id: Input should be a valid string"),
        ({"input": [{"type": "item_reference", "id": "msg_1_0"}]}, 404, "Item with id 'msg_1_0' not found."),
        ({"input": [{"type": "item_reference"}]}, 400, "input.0.type: 'item_reference' is not supported"),
        ({"input": None, "previous_response_id": "resp_1"}, 400, "input: Field required"),
    ],
)
def test_reference_to_nothing_is_refused(state: ScenarioState, body: Any, status: int, message: str) -> None:
    refused = send(state, **{"input": "Hi", **body})

    assert (refused.status, refused.json["error"]["message"]) == (status, message)


def test_many_references_load_a_response_once(state: ScenarioState) -> None:
    item = {"type": "item_reference", "id": send(state, input="Hi").json["output"][0]["id"]}

    def count(references: int) -> int:
        found: list[str] = []

        def find(name: str) -> Resource | None:
            found.append(name)
            return state.store.find_resource("response", http_request("POST", PATH, {}, CLIENT, b"").head.lane, name)

        assert len(resolve_input({"input": [item] * references}, find)["input"]) == references
        return len(found)

    assert [count(1), count(100)] == [1, 1]


def test_input_that_is_nested_too_deeply_is_refused(state: ScenarioState) -> None:
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    first = send(state, input="Hi").json["id"].encode()
    fields = b'"model":"%b","previous_response_id":"%b"' % (MODEL.encode(), first)
    refused = send_data(
        state, b'{%b,"input":[{"type":"reasoning","x":%b},{"role":"user","content":"A"}]}' % (fields, deep)
    )

    assert (refused.status, refused.json["error"]["message"]) == (400, "The request body is nested too deeply")


def test_item_must_be_in_its_response(state: ScenarioState) -> None:
    item = send(state, input="Hi").json["output"][0]["id"]

    assert send(state, input=[{"type": "item_reference", "id": f"{item[:-1]}7"}]).status == 404


def test_response_belongs_to_its_lane(state: ScenarioState) -> None:
    path = f"{PATH}/{send(state, input='Hi').json['id']}"

    assert send(state, path, "GET", {"authorization": "Bearer other"}).status == 404


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [(f"{PATH}/resp_1", "GET", {}), (PATH, "POST", {}), (PATH, "POST", {"input": "A", "previous_response_id": "B"})],
)
def test_key_is_validated_first(path: str, method: str, body: Any) -> None:
    state = ScenarioState(load_text("api_keys: [good]\nrules: [{reply: Hi}]"))

    assert send(state, path, method, **body).status == 401


def test_faults_apply_to_stored_responses(state: ScenarioState) -> None:
    path, fault = f"{PATH}/{send(state, input='Hi').json['id']}", {"x-mockclaude-fault": "529"}

    for method in ("GET", "DELETE"):
        failed = send(state, path, method, fault)
        assert (failed.status, failed.json["error"]["type"]) == (529, "overloaded_error")
    assert send(state, path, "GET").status == 200


@pytest.mark.parametrize(("stream", "is_client_there"), [(True, True), (False, True), (True, False)])
def test_reply_of_a_function_is_stored_at_its_end(stream: bool, is_client_there: bool) -> None:
    written = load_text("rules: [{reply: [{text: A}, {text: B}]}]")
    rule = replace(written.rules[0], replies=(), function=in_parts)
    state = ScenarioState(written._replace(rules=(rule,)))
    http = http_request("POST", PATH, {}, CLIENT, orjson.dumps({"model": MODEL, "input": "Hi", "stream": stream}))
    deciding.send(state, http, is_client_there=is_client_there)
    stored = state.store.list_resources("response", http.head.lane)

    assert len(stored) == is_client_there
    if stored:
        assert ask(state, input="Bye", previous_response_id=stored[0].id) == [HI, said("AB"), BYE]


async def in_parts(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    for text in ("A", "B"):
        yield load_text(f"rules: [{{reply: {text}}}]").rules[0].replies[0]
