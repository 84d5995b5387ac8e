"""Items of batches in the journal, and in what reads it: assertions, recheck, explain, summary and log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from anthropic import Anthropic

from mockclaude.engine.explain import explain_response
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.recheck import rebuild_request, recheck, select_entries
from mockclaude.journal.summary import Summary
from mockclaude.scenario.loading.loader import load_text
from mockclaude.server.clock import Clock
from mockclaude.server.log_writer import LogWriter
from mockclaude.testing import MockClaude
from tests.conftest import Serve
from tests.resources.batching import PATH, Batching, frame, params
from tests.serving import NOW, request

SCENARIO = "rules: [{name: hi, when: {user: Hello}, reply: Hi!}, {when: {endpoint: batches}, reply: {generate: auto}}]"
ITEMS: Any = [{"custom_id": name, "params": params(name)} for name in ("Hello-1", "other", "Hello-2")]


def test_assertions_see_the_items() -> None:
    with MockClaude() as mock:
        mock.when(batch=True, user="Hello").reply("Hi!")
        mock.when(batch=True, custom_id="other", user="nothing").reply("Ho!")
        mock.when(batch=False).reply("Live")
        with Anthropic(base_url=mock.url, api_key="mock") as client:
            batch = client.messages.batches.create(requests=ITEMS)
            assert client.messages.batches.retrieve(batch.id).processing_status == "ended"
            results = {line.custom_id: line.result for line in client.messages.batches.results(batch.id)}
        assert {name: result.type for name, result in results.items()} == {
            "Hello-1": "succeeded",
            "other": "errored",
            "Hello-2": "succeeded",
        }
        mock.assert_requested(custom_id="Hello-1")
        mock.assert_requested(times=2, batch=True, user="Hello")
        mock.assert_requested(times=0, batch=False)
        mock.assert_requested(times=4, endpoint="batches")
        assert [made.custom_id for made in mock.requests] == ["Hello-1", "other", "Hello-2"]
        (unmatched,) = mock.unmatched_requests
        assert unmatched.batch == (batch.id, "other")
        assert "custom_id" not in unmatched.reason
        assert "nothing" in unmatched.reason


def recorded(serve: Serve, journal: Journal, scenario: str = SCENARIO) -> list[dict[str, Any]]:
    """Return the journal of a batch that is created, polled, downloaded and deleted."""
    scenarios = {"": load_text(scenario), "set/a": load_text(scenario)}
    server = serve(scenarios, journal=journal, clock=Clock(0, lambda: NOW))
    for prefix in ("", "/set/a"):
        created = server.ask(request("POST", f"{prefix}{PATH}", frame(*(item["params"] for item in ITEMS)))).json
        path = f"{prefix}{PATH}/{created['id']}"
        polled = server.ask(request("GET", path)).json
        assert polled["results_url"] == f"http://127.0.0.1{path}/results"
        assert server.ask(request("GET", f"{path}/results")).status == 200
        assert server.ask(request("DELETE", path)).status == 200
    for _ in range(14):
        server.line()
    return [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]


def test_the_items_follow_their_create_call(serve: Serve) -> None:
    created, *items, polled = recorded(serve, Journal())[:5]
    batch_id = re.search("msgbatch_01[A-Za-z0-9]{22}", polled["request"]["path"])
    assert batch_id is not None
    assert [entry["number"] for entry in (created, *items, polled)] == [1, 2, 3, 4, 5]
    assert "batch" not in created["request"]
    assert [entry["request"]["batch"] for entry in items] == [
        {"id": batch_id[0], "custom_id": f"item-{number}"} for number in range(3)
    ]
    assert {entry["request"]["path"] for entry in items} == {PATH}
    assert [entry["response"]["status"] for entry in items] == [200, 410, 200]
    assert orjson.loads(items[0]["request"]["body"]) == ITEMS[0]["params"]
    assert {entry["ending"] for entry in items} == {""}


def test_a_recheck_decides_the_items_with_their_create_call(serve: Serve) -> None:
    entries = recorded(serve, Journal())
    scenarios = {"": load_text(SCENARIO), "set/a": load_text(SCENARIO)}
    assert recheck(scenarios, entries) == []
    changed = {**scenarios, "": load_text(SCENARIO.replace("Hi!", "Hey!"))}
    assert [(difference.number, difference.reasons) for difference in recheck(changed, entries)] == [
        (6, ("the bytes are different",))
    ]


def test_a_summary_counts_items_apart(serve: Serve) -> None:
    journal, summary = Journal(), Summary()
    journal.subscribe("ended", summary.add)
    recorded(serve, journal)
    lines = str(summary).splitlines()
    assert lines[:2] == ["mockclaude: 8 requests (200: 8)", "2 batches of 6 items"]
    assert lines[2].startswith("unmatched, 2 times: no rule matched")


def test_the_log_has_one_line_for_the_create_call(serve: Serve) -> None:
    journal, written, lines = Journal(), list[Any](), list[str]()
    recorded(serve, journal)
    writer = LogWriter(lines.append, written.extend, colour=False)
    writer._pending = list(journal.entries())[1:4]
    writer.flush()
    assert (len(written), lines) == (3, [])
    writer._pending = list(journal.entries())[:4]
    writer.flush()
    (line,) = lines
    assert "3 items: 2 succeeded, 1 errored" in line


def test_an_explanation_shows_the_first_items() -> None:
    client = Batching(SCENARIO)
    explained = explain_response(client.state.scenario, [client.request("POST", PATH, frame(*[params()] * 20))])
    shown = [line for line in explained.splitlines() if line.startswith("item ")]
    assert len(shown) == 12
    assert shown[0] == "item    item-0: 'hi' (scenario.yaml:1:9)"


@pytest.mark.parametrize(("number", "kept"), [(3, [2, 3]), (5, [1, 5]), (7, [1, 5, 6, 7])])
def test_an_explanation_decides_no_item_twice(number: int, kept: list[int]) -> None:
    journal = [
        recorded_entry(1, notes=["batch msgbatch_a, 2 items"]),
        recorded_entry(2, "msgbatch_a"),
        recorded_entry(3, "msgbatch_a"),
        recorded_entry(4, "msgbatch_b"),
        recorded_entry(5),
        recorded_entry(6, notes=["batch msgbatch_c, 1 items"]),
        recorded_entry(7),
    ]
    assert [entry["number"] for entry in select_entries(journal, number)] == kept


def recorded_entry(number: int, batch: str = "", notes: Sequence[str] = ()) -> dict[str, Any]:
    entry = {"number": number, "at": 0, "scenario": "", "decision": {"notes": notes}}
    item = {"batch": {"id": batch, "custom_id": "x"}} if batch else {}
    return {**entry, "request": {"since_start_us": 0, **item}}


def test_an_explanation_of_an_item_knows_its_name(serve: Serve) -> None:
    [item] = select_entries(recorded(serve, Journal()), 2)
    scenario = load_text("rules: [{when: {custom_id: item-9}, reply: No}, {when: {custom_id: item-0}, reply: Yes}]")
    explained = explain_response(scenario, [rebuild_request(item, scenario.policy)])
    assert "custom_id: expected 'item-9', got 'item-0'" in explained
    assert '"text":"Yes"' in explained
