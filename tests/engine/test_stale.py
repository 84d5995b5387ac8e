"""A request that differs from the recorded request of its rule is stale."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.digests import digest_request
from mockclaude.scenario.format.policy import Stale
from mockclaude.scenario.loading.loader import load_text, override
from tests.engine.deciding import CREATE, after, call, send
from tests.resources.batching import Batching, params
from tests.serving import NOW, http_request, with_client_headers

BODY = {"id": "msg_01Tide", "type": "message", "role": "assistant", "model": "claude-tide-1", "usage": {}}
REPLY = {"respond": {"body": {**BODY, "content": [{"type": "text", "text": "At 14:10."}], "stop_reason": "end_turn"}}}
NOTE = "stale: system differs from what was recorded"
REFUSAL = f"'tide' (scenario.yaml:1:12): {NOTE}; record the reply again, or set `stale` to warn"


def state(stale: Stale, reply: Any = REPLY, **head: Any) -> ScenarioState:
    body = orjson.loads(call(stream=True, system="Tides.").body)
    origin = {"from": "api.anthropic.com", "on": "2026-11-29", "request": digest_request(body)}
    rules = [{"name": "tide", "reply": reply, "recorded": origin}]
    return ScenarioState(override(load_text(json.dumps({"rules": rules, **head})), None, stale=stale))


@pytest.mark.parametrize("reply", [REPLY, "At 14:10."], ids=["recorded", "written"])
@pytest.mark.parametrize(("stale", "notes"), [("warn", (NOTE,)), ("ignore", ())])
def test_a_stale_request_is_answered(stale: Stale, notes: tuple[str, ...], reply: Any) -> None:
    sent = send(state(stale, reply), call(stream=False, system="Weather."))

    assert (sent.response.status, sent.notes) == (200, notes)


@pytest.mark.parametrize(("head", "status"), [({}, 410), ({"unmatched": 404}, 404)], ids=str)
@pytest.mark.parametrize("stream", [True, False])
def test_a_stale_request_is_an_error(stream: bool, head: Any, status: int) -> None:
    response = send(state("error", **head), call(stream=stream, system="Weather.")).response

    assert (response.status, response.json["error"]["message"]) == (status, REFUSAL)
    assert response.headers["x-should-retry"] == "false"


def test_a_request_as_recorded_is_answered() -> None:
    assert send(state("error"), call(stream=False, system="Tides.")).response.status == 200


def test_a_stale_request_that_the_api_refuses_is_an_error() -> None:
    response = send(state("error"), call(stream=False, system="Weather.", max_tokens=-1)).response

    assert (response.status, response.json["error"]["message"]) == (
        410,
        REFUSAL.replace("system differs", "system, settings differ"),
    )


def test_a_refused_request_leaves_its_thread_and_its_limit() -> None:
    served = state("error", limits={"in_flight": 1})
    send(served, call(stream=False, system="Tides.", thread=CREATE))
    again = call("And then?", stream=False, thread=after("msg_01Tide"))

    assert [send(served, again).response.status for _ in range(2)] == [410, 410]


def test_a_stale_item_of_a_batch_fails() -> None:
    client = Batching("rules: []")
    client.state = state("error")
    client.state.is_instant = True
    batch = client.create(params("Hello", system="Weather."))
    client.retrieve(batch)

    assert NOTE.partition(" ")[0] in client.results(batch)["item-0"]["error"]["error"]["message"]


def test_a_client_of_another_api_gets_the_error() -> None:
    body = orjson.dumps({"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "Hello"}]})
    headers = with_client_headers({"authorization": "Bearer mock"})
    response = send(state("error"), http_request("POST", "/v1/chat/completions", {}, headers, body, NOW)).response

    assert (response.status, NOTE.split(":")[0] in response.json["error"]["message"]) == (410, True)
