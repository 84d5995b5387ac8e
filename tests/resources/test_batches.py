"""The endpoints of message batches: create, poll, list, cancel, delete, download."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.engine.scenario_state import ENDS_AT_POLL
from mockclaude.engine.state.memory_store import MemoryStore
from tests.resources.batching import PATH, Batching, frame, params
from tests.serving import NOW, Received

HI = "rules: [{reply: Hi!}]"
DAY = 86_400
CUT = '{"disconnect": "reset", "after": "50%"}'


@pytest.fixture
def client() -> Batching:
    return Batching(HI)


def test_the_first_poll_of_an_instant_clock_finds_the_end(client: Batching) -> None:
    batch_id = client.create(params(), params(model="claude-nope"))
    assert batch_id.startswith("msgbatch_01")
    assert client.decision.notes == (f"batch {batch_id}, 2 items: 1 succeeded, 1 errored", ENDS_AT_POLL)
    ended = client.send("GET", f"{PATH}/{batch_id}")
    assert "retry-after" not in ended.headers
    batch = ended.json
    assert batch["processing_status"] == "ended"
    assert batch["request_counts"] == {"processing": 0, "succeeded": 1, "errored": 1, "canceled": 0, "expired": 0}
    assert batch["results_url"] == f"http://localhost:9{PATH}/{batch_id}/results"


def test_results_are_json_lines_in_an_order_of_their_own(client: Batching) -> None:
    batch_id = client.create(*[params()] * 3)
    client.retrieve(batch_id)
    results = client.send("GET", f"{PATH}/{batch_id}/results", accept="application/binary")
    assert results.headers["content-type"] == "application/x-jsonl"
    name = f"attachment; filename*=utf-8''{batch_id}_results.jsonl"
    assert results.headers["content-disposition"] == name
    lines = results.body.split(b"\n")
    assert lines.pop() == b""
    names = [orjson.loads(line)["custom_id"] for line in lines]
    assert sorted(names) == ["item-0", "item-1", "item-2"] != names
    assert results.body == client.send("GET", f"{PATH}/{batch_id}/results").body


def test_results_can_be_in_the_order_of_the_requests() -> None:
    client = Batching(f"{{batches: {{order: as_sent}}, {HI}}}")
    batch_id = client.create(*[params()] * 9)
    client.retrieve(batch_id)
    assert list(client.results(batch_id)) == [f"item-{at}" for at in range(9)]


def test_a_clock_that_runs_ends_a_batch_after_two_minutes() -> None:
    client = Batching(HI, is_instant=False)
    batch_id = client.create(params())
    assert ENDS_AT_POLL not in client.decision.notes
    client.now = NOW + 119
    response = client.send("GET", f"{PATH}/{batch_id}")
    assert (response.json["processing_status"], response.headers["retry-after"]) == ("in_progress", "10")
    client.now = NOW + 120
    assert client.retrieve(batch_id)["processing_status"] == "ended"


@pytest.mark.parametrize("is_instant", [True, False])
def test_a_file_sets_duration_and_polls(is_instant: bool) -> None:
    client = Batching(f"{{batches: {{takes: 90s, polls: 1}}, {HI}}}", is_instant=is_instant)
    batch_id = client.create(params())
    client.now = NOW + 100
    seen = [client.retrieve(batch_id)["processing_status"] for _ in range(3)]
    assert seen == ["in_progress", "ended", "ended"]


def test_a_batch_of_no_time_is_in_progress_when_it_is_created() -> None:
    client = Batching(f"{{batches: {{takes: 0s}}, {HI}}}")
    assert client.retrieve(client.create(params()))["processing_status"] == "ended"


def message(response: Received) -> tuple[int, str, str]:
    error = response.json["error"]
    return response.status, error["type"], error["message"]


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/cancel"), ("DELETE", ""), ("GET", "/results")])
@pytest.mark.parametrize("mode", ["anthropic", "gateway"])
def test_an_unknown_batch_is_not_found(method: str, rest: str, mode: str) -> None:
    client = Batching(f"{{validation: {mode}, {HI}}}")
    expected = (404, "not_found_error", "Message Batch msgbatch_x not found.")
    assert message(client.send(method, f"{PATH}/msgbatch_x{rest}")) == expected


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/cancel"), ("DELETE", ""), ("GET", "/results")])
def test_headers_are_judged_before_the_state_of_a_batch(client: Batching, method: str, rest: str) -> None:
    running, deleted = client.create(params()), client.create(params())
    client.retrieve(deleted)
    client.send("DELETE", f"{PATH}/{deleted}")
    answers = [client.send(method, f"{PATH}/{name}{rest}", x_api_key=None) for name in (running, deleted, "msgbatch_x")]
    assert [answer.status for answer in answers] == [401, 401, 401]


def test_a_batch_of_another_lane_is_not_found(client: Batching) -> None:
    batch_id = client.create(params())
    client.lane = "b"
    assert client.send("GET", f"{PATH}/{batch_id}").status == 404
    assert client.send("GET", PATH).json["data"] == []


def test_without_validation_unknown_batches_are_made_up() -> None:
    client = Batching(f"{{validation: 'off', {HI}}}")
    batch = client.retrieve("msgbatch_x")
    assert (batch["id"], batch["processing_status"]) == ("msgbatch_x", "ended")
    assert set(batch["request_counts"].values()) == {0}
    assert client.send("POST", f"{PATH}/msgbatch_x/cancel").json == batch
    assert client.send("GET", f"{PATH}/msgbatch_x/results").body == b""
    deleted = client.send("DELETE", f"{PATH}/msgbatch_x")
    assert deleted.json == {"id": "msgbatch_x", "type": "message_batch_deleted"}
    assert client.send("GET", f"{PATH}/msgbatch_x").status == 200


@pytest.mark.parametrize("mode", ["anthropic", "'off'"])
def test_a_deleted_batch_is_gone(mode: str) -> None:
    client = Batching(f"{{validation: {mode}, {HI}}}")
    batch_id = client.create(params())
    client.retrieve(batch_id)
    assert client.send("DELETE", f"{PATH}/{batch_id}").json == {"id": batch_id, "type": "message_batch_deleted"}
    assert message(client.send("GET", f"{PATH}/{batch_id}")) == (
        404,
        "not_found_error",
        f"Message Batch {batch_id} not found.",
    )


def test_a_batch_in_progress_has_no_results_and_is_not_deleted(client: Batching) -> None:
    batch_id = client.create(params())
    assert message(client.send("GET", f"{PATH}/{batch_id}/results")) == (
        404,
        "not_found_error",
        f"Message Batch {batch_id} has no available results.",
    )
    assert message(client.send("DELETE", f"{PATH}/{batch_id}")) == (
        400,
        "invalid_request_error",
        "In progress batches cannot be deleted. Consider canceling the batch instead.",
    )


@pytest.mark.parametrize(("body", "content_type"), [(b"", "application/json"), (b"{}", None), (b"{", "text/plain")])
def test_a_canceled_batch_ends_at_the_next_poll(client: Batching, body: bytes, content_type: str | None) -> None:
    batch_id = client.create(params(), params())
    canceled = client.send("POST", f"{PATH}/{batch_id}/cancel", body, content_type=content_type).json
    assert canceled["processing_status"] == "canceling"
    assert canceled["request_counts"]["processing"] == 2
    again = client.send("POST", f"{PATH}/{batch_id}/cancel", body, content_type=content_type).json
    assert again == canceled
    ended = client.retrieve(batch_id)
    assert (ended["processing_status"], ended["request_counts"]["canceled"]) == ("ended", 2)
    assert client.results(batch_id) == {"item-0": {"type": "canceled"}, "item-1": {"type": "canceled"}}


def test_half_of_a_batch_is_canceled_after_half_of_its_time() -> None:
    client = Batching(f"{{batches: {{takes: 90s}}, {HI}}}", is_instant=False)
    batch_id = client.create(*[params()] * 4)
    client.now = NOW + 45
    client.send("POST", f"{PATH}/{batch_id}/cancel")
    counts = client.retrieve(batch_id)["request_counts"]
    assert (counts["succeeded"], counts["canceled"]) == (2, 2)


def test_a_day_expires_what_has_not_run_and_29_days_archive_the_rest() -> None:
    client = Batching(f"{{batches: {{takes: 48h}}, {HI}}}", is_instant=False)
    batch_id = client.create(*[params()] * 2)
    client.now = NOW + DAY
    assert [result["type"] for _, result in sorted(client.results(batch_id).items())] == ["succeeded", "expired"]
    client.now = NOW + 29 * DAY
    assert client.retrieve(batch_id)["archived_at"] is not None
    assert client.send("GET", f"{PATH}/{batch_id}/results").status == 404


def test_a_list_is_newest_first_and_polls_every_batch(client: Batching) -> None:
    ids = [client.create(params(str(number))) for number in range(45)]
    seen: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = client.send("GET", PATH, query=query).json
        seen += [batch["id"] for batch in page["data"]]
        assert {batch["processing_status"] for batch in page["data"]} == {"ended"}
        if not page["has_more"]:
            break
        query = {"after_id": page["last_id"]}
    assert seen == ids[::-1]
    assert len(client.results(ids[0])) == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"host": "mock.test:81"}, "http://mock.test:81"),
        ({"host": "mock.test", "x-forwarded-proto": "https"}, "https://mock.test"),
        ({"host": None}, ""),
    ],
)
def test_the_url_of_the_results_is_on_the_host_of_the_poll(
    client: Batching, headers: dict[str, Any], expected: str
) -> None:
    batch_id = client.create(params())
    url = client.send("GET", f"{PATH}/{batch_id}", **headers).json["results_url"]
    assert url == f"{expected}{PATH}/{batch_id}/results"


@pytest.mark.parametrize(("fault", "kept"), [("error: 529", False), ("disconnect: reset", True)])
def test_a_create_call_with_a_lost_response_makes_a_batch_and_one_with_an_error_does_not(
    fault: str, kept: bool
) -> None:
    rules = f"{{when: {{endpoint: batches}}, times: 1, reply: {{generate: auto}}, fault: {{{fault}}}}}"
    client = Batching(f"rules: [{rules}, {{reply: Hi!, times: 1}}, {{reply: Ho!}}]")
    http = client.request("POST", PATH, frame(params()))
    assert client.decide(http).response.status in (0, 529)
    assert len(client.send("GET", PATH).json["data"]) == kept
    assert client.ask("Hello").json["content"][0]["text"] == ("Ho!" if kept else "Hi!")


def test_a_download_can_be_cut() -> None:
    client = Batching(HI)
    batch_id = client.create(*[params()] * 9)
    client.retrieve(batch_id)
    http = client.request("GET", f"{PATH}/{batch_id}/results", x_mockclaude_fault=CUT)
    whole = len(client.send("GET", f"{PATH}/{batch_id}/results").body)
    assert client.decide(http).response.size == pytest.approx(whole / 2, abs=1)


def test_the_same_calls_make_the_same_batches_and_a_second_one_another() -> None:
    first, second = Batching(HI), Batching(HI)
    ids = [(client.create(params()), client.create(params())) for client in (first, second)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_a_batch_with_larger_results_than_the_store_is_refused() -> None:
    client = Batching(HI)
    client.state.store, client.state.max_upload = MemoryStore(lane_bytes=2_000), 2_000
    kept = client.create(params())
    refused = client.send("POST", PATH, frame(*[params()] * 9))
    assert message(refused)[:2] == (413, "request_too_large")
    assert client.decision.reason.endswith("raise it with `--max-upload`")
    assert client.retrieve(kept)["processing_status"] == "ended"


def test_the_oldest_batches_are_dropped_with_a_note() -> None:
    client = Batching(HI)
    client.state.store, client.state.max_upload = MemoryStore(lane_bytes=2_000), 2_000
    first, *_ = [client.create(*[params()] * 2) for _ in range(3)]
    assert any("batches" in note for note in client.decision.notes)
    assert client.send("GET", f"{PATH}/{first}").status == 404


def test_a_batch_that_is_not_a_frame_is_refused(client: Batching) -> None:
    assert message(client.send("POST", PATH, b"{}")) == (400, "invalid_request_error", "requests: Field required")
    response = client.send("POST", PATH, frame(params()), anthropic_version=None)
    assert response.status == 400
