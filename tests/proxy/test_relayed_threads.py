"""Threads whose messages another server sends, continued with rules of the recorder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.passing import PassedOn, decide_or_pass, store_thread
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.engine import deciding
from tests.proxy.outcomes import fetch
from tests.proxy.relaying import recording
from tests.serving import ServerThread, asking, request

RULES = load_text("rules: [{when: {anywhere: Bergen, turn: 2}, reply: By ship.}]")
BETA = "message-threads-2026-08-12"
CREATE = {"thread": {"type": "create"}}
OTHER: dict[str, Any] = {"thread": {"type": "continue", "previous_message_id": "msg_01Other"}}


def respond(body: str) -> str:
    response = f"{{headers: {{content-type: application/json}}, body: {body}}}"
    return f"rules: [{{reply: At two., fault: {{respond: {response}}}}}]"


ANSWERS = "{validation: off, rules: [{reply: At two.}]}"


def send(port: int, content: str, **fields: Any) -> Any:
    made = request("POST", "/v1/messages", asking(content, **fields), connection="close", anthropic_beta=BETA)
    return orjson.loads(fetch(port, made).body)


@pytest.mark.parametrize(
    ("api", "fields", "is_continued"),
    [
        (ANSWERS, CREATE, True),
        (ANSWERS, {**CREATE, "unknown": 1}, True),
        (ANSWERS, {}, False),
        (ANSWERS, OTHER, False),
        (respond("{id: msg_01Tide, type: message, content: [{type: text, text: Two.}]}"), CREATE, True),
        (respond("{id: msg_01Tide, type: message, content: [{type: text, text: Two.}]}"), OTHER, False),
        (respond("{type: message, content: [{type: text, text: Two.}]}"), CREATE, False),
        (respond("{}"), CREATE, False),
    ],
)
def test_a_rule_continues_a_thread_of_the_other_server(
    api: str, fields: dict[str, Any], is_continued: bool, tmp_path: Path
) -> None:
    with ServerThread({"": load_text(api)}) as server, recording(server.port, tmp_path, RULES) as made:
        first = send(made.server.port, "Bergen?", **fields)
        thread = {"type": "continue", "previous_message_id": first.get("id", "msg_01Tide")}
        second = send(made.server.port, "And how?", thread=thread)

    assert (second.get("content") == [{"type": "text", "text": "By ship."}]) is is_continued


def test_an_unreadable_request_stores_no_thread() -> None:
    state = ScenarioState(RULES)
    message = {"id": "msg_01Tide", "content": [{"type": "text", "text": "Two."}]}
    store_thread(deciding.call("Bergen?", thread=OTHER["thread"]), state, message)

    continued = deciding.call("And how?", thread=deciding.after("msg_01Tide"))
    assert deciding.send(state, continued).response.status == 404


def test_a_recording_that_grows_continues_its_threads_only() -> None:
    state, thread = ScenarioState(RULES), deciding.after("msg_01Tide")
    message = {"id": "msg_01Tide", "content": [{"type": "text", "text": "Two."}]}
    store_thread(deciding.call("Bergen?", thread=deciding.CREATE), state, message)

    other = deciding.call("And how?", thread=OTHER["thread"])
    assert decide_or_pass(other, state, grows=True) == PassedOn()
    assert isinstance(decide_or_pass(deciding.call("And how?", thread=thread), state, grows=True), Decision)
