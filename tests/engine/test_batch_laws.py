"""Laws of message batches: bytes follow from the lane's own requests, whatever other lanes do in between."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from tests.resources.batching import PATH, Batching, frame, params

SCENARIO = """
batches: {polls: 1}
rules:
  - {when: {user: once}, times: 2, reply: Once}
  - {when: {user: draw}, choice: [{reply: A}, {reply: B}, {reply: '${{ fake.name }}'}]}
  - {when: {user: fail}, reply: {error: overloaded_error}}
"""

CONTENTS = st.lists(st.sampled_from(["once", "draw", "fail", "unknown"]), min_size=1, max_size=5)
CALLS = st.lists(st.tuples(st.sampled_from(["create", "message", "poll", "cancel", "results"]), CONTENTS), max_size=6)


def converse(client: Batching, lane: str, calls: list[tuple[str, list[str]]]) -> Iterator[bytes]:
    """Yield the response to each call of a lane."""
    batch_id = "msgbatch_none"
    for call, contents in calls:
        client.lane = lane
        if call == "create":
            response = client.send("POST", PATH, frame(*map(params, contents)))
            batch_id = response.json["id"]
        elif call == "message":
            response = client.ask(contents[0])
        elif call == "cancel":
            response = client.send("POST", f"{PATH}/{batch_id}/cancel")
        else:
            response = client.send("GET", f"{PATH}/{batch_id}{'/results' if call == 'results' else ''}")
        yield response.raw


@given(own=CALLS, others=CALLS, turns=st.lists(st.booleans(), max_size=12))
def test_a_lane_gets_the_same_bytes_in_any_order_of_the_lanes(
    own: list[tuple[str, list[str]]], others: list[tuple[str, list[str]]], turns: list[bool]
) -> None:
    alone = list(converse(Batching(SCENARIO), "a", own))
    client = Batching(SCENARIO)
    mine, theirs = converse(client, "a", own), converse(client, "b", others)
    seen = [response for turn in turns if (response := next(mine if turn else theirs, b"")) and turn]
    assert [*seen, *mine] == alone


@given(contents=CONTENTS)
def test_an_item_has_the_content_that_a_message_has(contents: list[str]) -> None:
    live, client = Batching(SCENARIO), Batching(SCENARIO)
    batch_id = client.create(*map(params, contents))
    client.retrieve(batch_id)
    client.retrieve(batch_id)
    results = client.results(batch_id)
    for at, content in enumerate(contents):
        message, result = live.ask(content), results[f"item-{at}"]
        if result["type"] == "succeeded":
            assert result["message"]["content"] == message.json["content"]
        else:
            assert result["error"]["error"]["message"] == message.json["error"]["message"]
