"""A `message` step says the fields of a message that no other step says, such as its id."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from mockclaude.api.assemble import assemble
from mockclaude.api.frames import split_frames
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_text
from tests.engine.deciding import CREATE, Sent, after, call, send
from tests.engine.forms import Form, returning, state_of, yielding_later
from tests.serving import NOW, http_request, with_client_headers

CONTAINER = {"id": "container_01", "expires_at": "2026-12-01T00:00:00Z", "skills": None}
FIELDS = {"id": "msg_01Tide", "model": "claude-tide-1", "container": CONTAINER, "context_management": None}
TEXT = {"text": "High water is at 14:10."}


def state(*steps: Any, **keys: Any) -> ScenarioState:
    head = {key: keys.pop(key) for key in ("limits", "as_recorded") if key in keys}
    return ScenarioState(load_text(json.dumps({**head, "rules": [{"reply": list(steps), **keys}]})))


def message_of(sent: Sent) -> dict[str, Any]:
    body = sent.response.body
    if body.startswith(b"{"):
        return dict(orjson.loads(body))
    assembled = assemble(split_frames(body))
    assert assembled is not None
    return assembled.message


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("form", [None, returning, yielding_later])
def test_fields_are_those_of_the_message(form: Form | None, stream: bool) -> None:
    message = message_of(send(state_of(form, [{"message": FIELDS}, TEXT]), call(stream=stream)))

    assert {key: message[key] for key in FIELDS} == FIELDS
    assert [block["text"] for block in message["content"]] == [TEXT["text"]]


@pytest.mark.parametrize("stream", [True, False])
def test_fields_can_be_the_last_step(stream: bool) -> None:
    assert message_of(send(state(TEXT, {"message": FIELDS}), call(stream=stream)))["id"] == "msg_01Tide"


def test_an_id_after_the_first_event_is_not_that_of_the_message() -> None:
    served = state_of(yielding_later, [TEXT, {"message": FIELDS}])
    message = message_of(send(served, call(stream=True, thread=CREATE)))

    assert message["container"] == CONTAINER
    assert send(served, call("And then?", stream=True, thread=after(message["id"]))).response.status == 200


def test_fields_of_several_steps_are_joined() -> None:
    served = state({"message": {"id": "msg_01Tide"}}, {"message": {"content": "Hi", "id": None, "role": "assistant"}})

    assert message_of(send(served, call(stream=False)))["content"] == [{"type": "text", "text": "Hi"}]


def test_a_field_can_have_a_placeholder() -> None:
    served = state({"message": {"id": "msg_${{ turn }}", "model": "${{ turn }}"}}, TEXT)
    message = message_of(send(served, call(stream=True)))

    assert (message["id"], message["model"]) == ("msg_1", "1")


def test_a_reply_with_fields_obeys_the_request() -> None:
    sent = send(state({"message": {"id": "msg_01Tide"}}, TEXT), call(stream=False, max_tokens=2))

    assert (message_of(sent)["id"], message_of(sent)["stop_reason"]) == ("msg_01Tide", "max_tokens")
    assert sent.notes == ("cut at max_tokens (2)",)


def test_a_usage_of_the_message_replaces_the_computed_one() -> None:
    usage = {"input_tokens": 601, "output_tokens": 38}
    served = state({"message": {"usage": usage}}, TEXT, limits={"output_tokens_per_minute": 38})

    assert message_of(send(served, call(stream=False)))["usage"] == usage
    assert send(served, call(stream=False)).response.status == 429


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("form", [None, returning, yielding_later])
@pytest.mark.parametrize(
    "step", [{"message": {"id": "msg_01Tide"}}, {"message": {"id": "msg_01Tide", "content": "Hi"}}]
)
def test_a_thread_continues_a_message_with_its_own_id(form: Form | None, stream: bool, step: Any) -> None:
    served = state_of(form, [step, TEXT])
    send(served, call(stream=stream, thread=CREATE))
    again = send(served, call("And then?", stream=stream, thread=after("msg_01Tide")))

    assert again.response.status == 200


def test_spaces_of_recordings_are_added_beside_an_own_id() -> None:
    body = send(state({"message": {"id": "msg_01Tide"}}, TEXT, as_recorded=True), call(stream=True)).response.body

    assert b" }\n\n" in body
    assert b'"id":"msg_01Tide"' in body


def test_a_client_of_another_api_gets_the_own_id() -> None:
    body = orjson.dumps({"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "Hello"}]})
    headers = with_client_headers({"authorization": "Bearer mock"})
    request = http_request("POST", "/v1/chat/completions", {}, headers, body, NOW)

    assert send(state({"message": FIELDS}, TEXT), request).response.json["id"] == "chatcmpl-01Tide"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"id": 7}, "invalid value, got number 7; expected text"),
        ({"model": []}, "invalid value, got a list; expected text"),
        ({"type": "message", "id": "a"}, "missing key 'content'"),
        ({}, "a message without fields; expected `content`, or a field, e.g. `{id: msg_01Tide}`"),
        ({"contnet": "Hi"}, "unknown field 'contnet' of a message; expected a field of the API; did you mean"),
        ({"text": "Hi"}, "a message with the step `text`; expected a list of both"),
    ],
    ids=str,
)
def test_a_mistake_in_a_message_says_what_to_write(message: dict[str, Any], expected: str) -> None:
    with pytest.raises(ScenarioError, match=r".") as caught:
        state({"message": message})

    assert expected in str(caught.value)
