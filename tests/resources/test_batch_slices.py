"""A large batch is decided in slices: the server answers other requests meanwhile, and a reset drops the batch."""

from __future__ import annotations

import asyncio
import time
from http.client import HTTPConnection
from typing import Any

import orjson
import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.resources.batch_slices import answer_in_slices
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.slices import finish
from mockclaude.server.batch_decision import decide_batch
from mockclaude.testing import MessagesRequest, MockClaude
from tests.conftest import Serve
from tests.resources.batching import HELLO, PATH, Batching, frame, params
from tests.serving import PATIENCE, request, with_client_headers

ITEMS = 500
HELLOS = "rules: [{times: 3, reply: First}, {choice: [{reply: A}, {reply: B}]}]"


def test_message_is_answered_between_the_items_of_a_batch() -> None:
    events: list[str] = []

    with MockClaude() as mock:
        batch, live = (HTTPConnection(mock.url.removeprefix("http://")) for _ in range(2))

        def reply(received: MessagesRequest) -> str:
            events.append("message" if received.custom_id is None else "item")
            if events == ["message", "item"]:  # a message has opened the connection
                live.request("POST", "/v1/messages", orjson.dumps(HELLO), with_client_headers({}))
            return "Hi!"

        mock.when().reply(reply)
        live.request("POST", "/v1/messages", orjson.dumps(HELLO), with_client_headers({}))
        live.getresponse().read()
        batch.request("POST", PATH, frame(*[params()] * ITEMS), with_client_headers({}))
        assert batch.getresponse().status == live.getresponse().status == 200
        batch.close()
        live.close()

    assert events.count("item") == ITEMS
    assert 1 < events.index("message", 1) < ITEMS + 1


def test_batch_is_made_if_its_client_goes() -> None:
    with MockClaude() as mock:
        gone, other = (HTTPConnection(mock.url.removeprefix("http://")) for _ in range(2))

        def reply(_: MessagesRequest) -> str:
            gone.close()
            return "Hi!"

        mock.when().reply(reply)
        gone.request("POST", PATH, frame(*[params()] * ITEMS), with_client_headers({}))
        deadline, made = time.monotonic() + PATIENCE, list[Any]()
        while not made and time.monotonic() < deadline:
            other.request("GET", PATH, headers=with_client_headers({}))
            made = orjson.loads(other.getresponse().read())["data"]
        other.close()

    assert [sum(batch["request_counts"].values()) for batch in made] == [ITEMS]


def test_end_of_the_event_loop_ends_the_creation() -> None:
    client = Batching(HELLOS)

    async def cancel(times: int) -> Decision:
        creation = decide_batch(client.request("POST", PATH, frame(*[params()] * ITEMS)), client.state)
        task = asyncio.create_task(creation)
        for _ in range(times):
            await asyncio.sleep(0)
            task.cancel()
        return await task

    assert asyncio.run(cancel(1)).batch is not None
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel(2))


def test_refused_batch_has_no_items_in_the_journal(serve: Serve) -> None:
    server = serve(HELLOS)

    assert server.ask(request("POST", PATH, b"{")).status == 400
    assert server.ask(request("POST", PATH, frame(params()))).status == 200
    assert [server.line().number for _ in range(3)] == [1, 3, 2]


def test_slices_give_the_same_batch() -> None:
    whole, sliced = Batching(HELLOS), Batching(HELLOS)
    body = frame(*[params(f"Hello {number}") for number in range(9)])
    first = answer(whole.request("POST", PATH, body), whole.state)
    second = finish(answer_in_slices(sliced.request("POST", PATH, body), sliced.state))

    assert first.response == second.response
    assert first.batch is not None
    assert whole.retrieve(first.batch.id) == sliced.retrieve(first.batch.id)
    assert whole.results(first.batch.id) == sliced.results(first.batch.id)


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (frame(params()), 200)])
def test_slices_give_the_same_answer(body: bytes, status: int) -> None:
    client = Batching(HELLOS)
    decision = finish(answer_in_slices(client.request("POST", PATH, body), client.state))

    assert (decision.response.status or 200) == status


def test_reset_between_the_items_drops_the_batch() -> None:
    client = Batching(HELLOS)
    work = answer_in_slices(client.request("POST", PATH, frame(params(), params())), client.state)
    next(work)
    client.state.reset()
    decision = finish(work)

    assert decision.batch is not None
    assert client.send("GET", f"{PATH}/{decision.batch.id}").status == 404


def test_stored_results_are_within_the_bound_after_each_change() -> None:
    line = len(Batching(HELLOS).send("POST", "/v1/messages", orjson.dumps(HELLO)).body)
    statuses = set()
    for bound in range(line, line + 400):
        client = Batching(HELLOS)
        client.state = ScenarioState(client.state.scenario, max_upload=bound)
        client.state.is_instant = True
        created = client.send("POST", PATH, frame(params()))
        statuses.add(created.status)
        if created.status == 200:
            assert client.retrieve(created.json["id"])["processing_status"] == "ended"
            assert len(client.results(created.json["id"])) == 1

    assert statuses == {200, 413}


def test_refused_results_return_the_permit() -> None:
    client = Batching("limits: {requests_per_minute: 9}\nrules: [{reply: Hi!}]")
    client.state.max_upload = 1
    counter = client.state.store.limits._counters  # type: ignore[attr-defined]
    refused = client.send("POST", PATH, frame(params()))

    assert refused.error[0] == "request_too_large"
    assert [counted.settled for counted in counter.values()] == [{}]


def test_items_beyond_the_bound_of_the_results_are_not_decided() -> None:
    client = Batching("rules: [{times: 3, reply: First}, {reply: Second}]")
    client.state.max_upload = 1_000
    refused = client.send("POST", PATH, frame(*[params()] * 9))

    assert refused.error[0] == "request_too_large"
    assert [client.ask("Hello").json["content"][0]["text"] for _ in range(2)] == ["First", "Second"]
