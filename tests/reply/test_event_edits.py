"""Faults among the events of a stream."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.api.events import Event
from mockclaude.reply.response import Response
from tests.reply.breakage import SLOW, event_names, fault_result, plain_response, response_with

ALL = event_names(plain_response())


def data(response: Response, name: str) -> Any:
    """Return the JSON of the first event called so."""
    _, piece = response.body[event_names(response).index(name)]
    return orjson.loads(piece.encoded.partition(b"\ndata: ")[2])


@pytest.mark.parametrize(
    ("selector", "left"),
    [
        ("message_stop", ALL[:-1]),
        ("text_delta 2", [*ALL[:4], *ALL[5:]]),
        (
            "last input_json_delta",
            [name for at, name in enumerate(ALL) if at != len(ALL) - 1 - ALL[::-1].index("input_json_delta")],
        ),
        ("every content_block_delta", [name for name in ALL if "_delta" not in name or name == "message_delta"]),
    ],
)
def test_events_are_dropped(selector: str, left: list[str]) -> None:
    assert event_names(response_with({"drop": selector})) == left


def test_events_are_sent_again_right_after_themselves() -> None:
    assert event_names(response_with("duplicate_message_start"))[:3] == [
        "message_start",
        "message_start",
        "content_block_start",
    ]
    assert event_names(response_with({"duplicate": "ping", "copies": 28})).count("ping") == 29


def test_swap_keeps_the_times_of_the_places() -> None:
    swapped, usual = response_with({"swap": ["message_start", "text_delta 2"]}, pace=SLOW), plain_response(pace=SLOW)

    assert event_names(swapped) == ["text_delta", *ALL[1:4], "message_start", *ALL[5:]]
    assert [piece.at for piece in swapped.body] == [piece.at for piece in usual.body]


@pytest.mark.parametrize(
    ("edit", "event", "path", "value"),
    [
        ({"edit": "message_delta", "set": {"usage.output_tokens": None}}, "message_delta", "usage.output_tokens", None),
        ({"edit": "message_start", "set": {"message.new.deep": 1}}, "message_start", "message.new.deep", 1),
        ({"edit": "content_block_start", "set": {"index": 5}}, "content_block_start", "index", 5),
        (
            {"edit": "message_start", "set": {"message.content": [{"a": 1}], "message.content.0.a": 2}},
            "message_start",
            "message.content.0.a",
            2,
        ),
        ({"edit": "message_start", "set": {"message.model.name": 1}}, "message_start", "message.model.name", 1),
    ],
)
def test_keys_of_an_event_are_set(edit: dict[str, Any], event: str, path: str, value: Any) -> None:
    edited = data(response_with(edit), event)
    for key in path.split("."):
        edited = edited[int(key)] if isinstance(edited, list) else edited[key]

    assert edited == value


def test_keys_of_an_event_are_deleted() -> None:
    assert "usage" not in data(response_with("no_usage"), "message_delta")
    assert "usage" not in data(response_with("no_usage_at_start"), "message_start")["message"]


def test_items_of_a_list_are_edited_where_they_are() -> None:
    content = {
        "edit": "body",
        "set": {"content.0.text": "other"},
        "delete": ["content.1.input.a", "content.1.name", "content.9", "no.such"],
    }
    message = orjson.loads(response_with(content, stream=False).data)
    shorter = orjson.loads(response_with({"edit": "body", "delete": "content.0"}, stream=False).data)

    assert (message["content"][0]["text"], message["content"][1]["input"]) == ("other", {})
    assert "name" not in message["content"][1]
    assert [block["type"] for block in shorter["content"]] == ["tool_use"]


def test_an_edited_event_keeps_its_name() -> None:
    assert event_names(response_with("null_delta"))[3] == "content_block_delta"
    assert event_names(response_with("unknown_delta"))[3] == "beam_delta"


@pytest.mark.parametrize(
    ("name", "inserted"),
    [
        ("unknown_event", b'event: hologram\ndata: {"type":"hologram"}\n\n'),
        ("data_only", b'data: {"type":"ping"}\n\n'),
        ("empty_data", b"event: ping\n\n"),
        ("invalid_utf8", b"\xff"),
    ],
)
def test_insert_adds_between_events(name: str, inserted: bytes) -> None:
    good = plain_response().data
    after = good.index(b"\n\n") + 2

    assert response_with(name).data == good[:after] + inserted + good[after:]


def test_insert_adds_at_the_end_without_a_position() -> None:
    assert (
        response_with({"insert": {"event": "x", "data": "y"}}).data == plain_response().data + b"event: x\ndata: y\n\n"
    )
    assert response_with("done").data == plain_response().data + b"data: [DONE]\n\n"


def test_restart_repeats_the_message_with_another_id() -> None:
    response = response_with({"restart": True, "after": "message_start"}, pace=SLOW)
    first, again = (orjson.loads(piece.encoded.partition(b"data: ")[2])["message"] for _, piece in response.body[:2])

    assert event_names(response) == ["message_start", *ALL]
    assert first["id"] != again["id"]
    assert {**first, "id": ""} == {**again, "id": ""}
    assert response.end_at == plain_response(pace=SLOW).end_at + response.body[0].at


def test_an_event_that_is_not_there_cannot_be_changed() -> None:
    assert all("not applied" in note for note in fault_result({"drop": "thinking_delta"}, {"duplicate": "error"}).notes)


def test_interleaved_blocks_alternate() -> None:
    response = response_with("interleaved_blocks", pace=SLOW)
    indices = [piece.data.get("index") for _, piece in response.body if isinstance(piece, Event)]

    assert sorted(event_names(response)) == sorted(ALL)
    assert indices == [None, 0, None, 1, 0, 1, 0, 1, 0, 1, 0, 1, None, None]
    assert [at for at, _ in response.body] == [at for at, _ in plain_response(pace=SLOW).body]


def test_one_block_alone_cannot_be_interleaved() -> None:
    assert "not applied" in fault_result("error_event_first", "interleaved_blocks").notes[1]


@pytest.mark.parametrize("stream", [True, False])
def test_a_stall_inside_an_event_follows_the_interleaved_blocks(stream: bool) -> None:
    """The stall cuts an event in two, and neither part has JSON."""
    stall = {"stall": "1s", "after": "60%"}
    both, alone = (
        fault_result(*faults, stream=stream) for faults in (("interleaved_blocks", stall), ("interleaved_blocks",))
    )

    assert both.response.data == alone.response.data
    assert both.response.end_at == alone.response.end_at + 1_000_000
