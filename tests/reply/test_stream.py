"""The events of a stream, in order: put together again they are the message."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given

from mockclaude.api import tokens
from mockclaude.api.errors import ApiError
from mockclaude.api.model_constants import Constants
from mockclaude.api.token_weights import NEW
from mockclaude.reply.chunks import LONG_TEXT, split_text
from mockclaude.reply.compose import Disconnect, Pause, Reply
from mockclaude.reply.stream import CountedPieces, build_block_pieces, build_block_run, stream_events
from tests.api.bodies import texts
from tests.reply.client import events_of, message_of
from tests.reply.making import SHOWN, block_steps, composed, plain_replies

TEXT = {"text": "Hello there, friend."}
LOOK = {"tool_use": {"name": "look", "id": "toolu_1", "input": {"city": "Paris"}}}
FOUND = {"server_tool": {"name": "web_search", "id": "u_1", "input": {}, "result": []}}
CITED = {"text": {"text": "Hi.", "citations": [{"type": "char_location", "cited_text": "Hi."}]}}
THOUGHT = {"thinking": {"thinking": "Hm.", "signature": "c2ln"}}


def streamed(reply: Reply, *, whole: bool) -> bytes:
    parts = [part.pieces for part in stream_events(reply, whole=whole) if isinstance(part, CountedPieces)]
    return b"".join(piece.encoded for pieces in parts for piece in pieces)


def order(reply: Reply) -> list[str]:
    """Name the events of `reply`: those of a block by its index, deltas by their kind."""
    named = []
    for event in events_of(streamed(reply, whole=False)):
        kind = event.get("delta", {}).get("type") or event["type"].removeprefix("content_block_")
        named.append(f"{event['index']} {kind}" if "index" in event else kind)
    return named


@pytest.mark.parametrize(
    ("steps", "events"),
    [
        ([TEXT], "0 start, ping, 0 text_delta, 0 text_delta, 0 stop"),
        ([{"text": ""}], "0 start, ping, 0 stop"),
        ([CITED], "0 start, ping, 0 citations_delta, 0 text_delta, 0 stop"),
        (
            [THOUGHT, {"text": "Hi."}],
            "0 start, ping, 0 thinking_delta, 0 signature_delta, 0 stop, 1 start, 1 text_delta, 1 stop",
        ),
        ([{"thinking": ""}], "0 start, ping, 0 signature_delta, 0 stop"),
        ([{"redacted_thinking": "EmwK"}], "0 start, ping, 0 stop"),
        ([LOOK], "0 start, 0 input_json_delta, 0 input_json_delta, 0 input_json_delta, 0 stop"),
        ([{"tool_use": {"name": "look", "input": {}}}], "0 start, 0 input_json_delta, 0 stop"),
        ([FOUND], "0 start, 0 input_json_delta, 0 stop, 1 start, 1 stop"),
        ([{"block": {"type": "compaction", "content": "Summary"}}], "0 start, ping, 0 compaction_delta, 0 stop"),
        ([{"block": {"type": "hologram"}}, {"text": ""}], "0 start, ping, 0 stop, 1 start, 1 stop"),
    ],
)
def test_each_kind_of_block_has_its_events_in_order(steps: list[dict[str, Any]], events: str) -> None:
    assert ", ".join(order(composed(*steps, thinking=SHOWN))) == f"message_start, {events}, message_delta, message_stop"


@pytest.mark.parametrize(
    ("model", "deltas"),
    [("claude-opus-4-7", ["thinking_delta", "signature_delta"]), ("claude-opus-4-8", ["signature_delta"])],
)
def test_omitted_thinking_has_an_empty_delta_of_some_models(model: str, deltas: list[str]) -> None:
    reply = composed({"thinking": "Hm."}, model=model, thinking={"type": "adaptive"})

    assert order(reply)[3:-3] == [f"0 {kind}" for kind in deltas]


@pytest.mark.parametrize(
    ("step", "model", "median", "tenth", "longest"),
    [
        ({"text": "word " * 400}, "claude-sonnet-4-6", 10, 35, 35),
        ({"text": "word " * 400}, "claude-opus-5", 80, 122, 122),
        ({"thinking": "word " * 400}, "claude-sonnet-4-6", 16, 40, 258),
        ({"tool_use": {"name": "look", "input": {"a": "word " * 400}}}, "claude-opus-5", 5, 12, 12),
    ],
)
def test_deltas_have_the_recorded_lengths(step: Any, model: str, median: int, tenth: int, longest: int) -> None:
    events = events_of(streamed(composed(step, model=model), whole=False))
    deltas = [next(iter([*event["delta"].values()][1:])) for event in events if "index" in event and "delta" in event]
    lengths = [len(delta) for delta in deltas if delta][:-1]

    assert lengths[0] <= 5
    assert sorted(lengths)[len(lengths) // 2] == median
    assert median < sorted(lengths)[len(lengths) * 9 // 10] <= tenth
    assert max(lengths[:-1]) <= longest


def test_refusal_without_output_has_no_blocks_and_no_ping() -> None:
    reply = composed({"stop_reason": "refusal"})
    start, delta, stop = events_of(streamed(reply, whole=False))

    assert (start["type"], delta["type"], stop["type"]) == ("message_start", "message_delta", "message_stop")
    assert start["message"]["usage"]["output_tokens"] == delta["usage"]["output_tokens"] == 0
    assert delta["delta"]["stop_reason"] == "refusal"


def test_a_stream_of_text_is_these_bytes() -> None:
    reply = composed({"text": "Hello."})
    opening, *rest = streamed(reply, whole=True).split(b"\n\n")

    assert opening.startswith(b'event: message_start\ndata: {"type":"message_start","message":{"model":"claude-opus-5"')
    assert json.loads(opening.partition(b"data: ")[2])["message"]["usage"]["output_tokens"] == 1
    assert rest == [
        b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        b'"content_block":{"type":"text","text":""}}',
        b'event: ping\ndata: {"type": "ping"}',
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"Hell"}}',
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"o."}}',
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn",'
        b'"stop_sequence":null,"stop_details":null},"usage":{"input_tokens":9,"cache_creation_input_tokens":0,'
        b'"cache_read_input_tokens":0,"output_tokens":2,"output_tokens_details":{"thinking_tokens":0}}}',
        b'event: message_stop\ndata: {"type":"message_stop"}',
        b"",
    ]


def test_tool_input_is_streamed_after_an_empty_piece() -> None:
    events = events_of(streamed(composed(LOOK), whole=False))
    parts = [event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"]

    assert parts == ["", '{"ci', 'ty":"Paris"}']


@given(steps=plain_replies)
@example(steps=[{"text": {"chunks": ['say "a",', '"b"', ""]}}])
@example(steps=[{"text": 'ab",cd'}, {"tool_use": {"name": "look", "input": {"at": 'ab",cd'}}}])
@example(
    steps=[
        {
            "text": "a\n\n\\",
        },
        {"text": '"'},
    ]
)
def test_however_it_is_streamed_a_reply_is_the_same_message(steps: list[dict[str, Any]]) -> None:
    reply = composed(*steps)
    fine, whole = streamed(reply, whole=False), streamed(reply, whole=True)

    assert fine == whole
    assert message_of(events_of(fine)) == reply.message


@given(text=texts)
def test_pieces_of_a_text_have_the_recorded_lengths(text: str) -> None:
    cut = list(split_text(text, sizes=LONG_TEXT))

    assert "".join(cut) == text
    assert b"".join(piece.encode() for piece in cut) == text.encode()
    assert [len(piece) for piece in cut[:-1]] == [LONG_TEXT[index % len(LONG_TEXT)] for index in range(len(cut) - 1)]
    assert all(cut)


@given(step=block_steps)
def test_block_is_the_same_in_one_piece_and_in_several(step: dict[str, Any]) -> None:
    for index, block in enumerate(composed(step).message["content"]):
        pieces, run = build_block_pieces(index, block, Constants()).pieces, build_block_run(index, block, Constants())

        assert b"".join(piece.encoded for piece in pieces) == run.encoded
        assert b"".join(event.encoded for event in run.take_apart()) == run.encoded
        has_ping = index == 0 and block["type"] not in ("tool_use", "server_tool_use")
        assert (b"event: ping" in pieces[0].encoded) is has_ping
        assert all(piece.encoded.count(b"event: ") == 1 for piece in pieces[1:])


@given(text=texts)
def test_the_tokens_of_a_text_are_spread_over_its_pieces(text: str) -> None:
    counts = build_block_pieces(0, {"type": "text", "text": text}, Constants()).tokens

    assert sum(counts) == pytest.approx(tokens.of_text(text, NEW))
    assert len(counts) == 1 + len(list(split_text(text, sizes=LONG_TEXT)))


@pytest.mark.parametrize(
    ("block", "counts"),
    [
        ({"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, (0, 2, 0)),
        (
            {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}},
            (0, 0, pytest.approx(4 * 8 / 7), pytest.approx(3 * 8 / 7)),
        ),
        ({"type": "compaction", "content": "Summary"}, (0, 0)),
        ({"citations": [{}], "type": "text", "text": "Hi."}, (0, 0, 2)),
        ({"type": "redacted_thinking", "data": "EmwK"}, (0,)),
    ],
)
def test_only_what_is_generated_takes_tokens(block: dict[str, Any], counts: tuple[int, ...]) -> None:
    assert build_block_pieces(1, block, Constants()).tokens == pytest.approx(counts)


def test_incident_leaves_the_previous_block_open() -> None:
    reply = composed(TEXT, {"pause": "1s"}, {"error": "api_error"}, TEXT, {"disconnect": "close"})
    kinds = [part if isinstance(part, (Pause, Disconnect)) else type(part) for part in stream_events(reply, whole=True)]
    pieces = [part.pieces[0].encoded for part in stream_events(reply, whole=True) if isinstance(part, CountedPieces)]

    assert kinds == [
        CountedPieces,
        CountedPieces,
        Pause(1_000_000),
        ApiError,
        CountedPieces,
        CountedPieces,
        Disconnect("close"),
        CountedPieces,
    ]
    assert b"content_block_stop" not in pieces[0] + pieces[1]
    assert pieces[2] == b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    assert pieces[4].startswith(b"event: content_block_stop")


def test_events_of_many_chunks_are_not_kept() -> None:
    """A client selects the chunk size: its texts of 10,000 events would fill the memory."""
    tracemalloc.start()
    for letter in "abcde":
        build_block_pieces(0, {"type": "text", "text": letter * 9_000}, Constants(), 1)
        build_block_run(0, {"type": "text", "text": letter * 9_000}, Constants(), 1)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 1_000_000
