"""The comment of an exchange: one line that a person understands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from mockclaude.scenario.recording.exchange import Reception
from mockclaude.scenario.recording.exchange_summary import summarize, summarize_all
from tests.scenario.recording.tide import (
    FRAMES,
    HTML,
    JSON,
    MESSAGE,
    OVERLOADED,
    SSE,
    exchange,
    frame,
    json_reply,
    receptions,
    stream,
)

ERROR = frame("error", error={"type": "overloaded_error", "message": "Overloaded"})
DEEP = b'{"a":' * 300 + b"1" + b"}" * 300
CALL_OF_DEEP = b'{"type":"message","content":[{"type":"tool_use","id":"toolu_1","name":"a","input":%b}]}' % DEEP


def message(*blocks: dict[str, Any], **fields: Any) -> Reception:
    return json_reply({**MESSAGE, "content": list(blocks), **fields})


def text(content: str) -> dict[str, str]:
    return {"type": "text", "text": content}


@pytest.mark.parametrize(
    ("reception", "summary"),
    [
        (stream(*FRAMES), '7 events in 1.0s: tool_use get_tide {"harbour":"Bergen"}; tool_use; 655 in, 38 out'),
        (json_reply(), 'message: text "High water in Bergen is at 14:10."; end_turn; 655 in, 14 out'),
        (json_reply(OVERLOADED, 529), "529 overloaded_error"),
        (json_reply({"error": {"type": 7}}, 400), "400 application/json, 20 bytes"),
        (json_reply([1]), "application/json, 3 bytes"),
        (Reception(502, HTML, b"x" * 1_234), "502 text/html, 1,234 bytes"),
        (Reception(502, (), b""), "502 no content type, 0 bytes"),
        (Reception(200, SSE, b": ping\n\n"), "1 event"),
        (stream(*FRAMES[:6]), '6 events in 1.0s: tool_use get_tide {"harbour":"Bergen"}; tool_use; 655 in, 38 out; '
        "without message_stop"),
        (stream(*FRAMES[:2], ending="close"), "2 events in 0.8s: tool_use get_tide {}; 655 in, 14 out; the connection "
        "was closed in the middle"),
        (stream(FRAMES[0], ERROR), "2 events in 0.8s: 655 in, 14 out; overloaded_error"),
        (stream(frame("error")), "1 event in 0.8s: error"),
        (message(text("a\nb" * 50), text("c"), usage=None, stop_reason=None),
        f'message: text "{"a b" * 19}a …", text "c"'),
        (message(*map(text, "abcdef"), usage={}), 'message: text "a", text "b", text "c", text "d", 2 more blocks; '
        "end_turn"),
        (message({"type": "thinking", "thinking": "Hm.", "signature": "s"}, text("")), 'message: thinking "Hm.", text; '
        "end_turn; 655 in, 14 out"),
        (Reception(200, JSON, CALL_OF_DEEP), "message: tool_use a {…}"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_summary_names_what_came(reception: Reception, summary: str) -> None:
    assert summarize(exchange(1, "Tides?", reception)) == summary


def test_a_summary_names_what_the_client_did() -> None:
    left = replace(exchange(1, "Tides?", json_reply(OVERLOADED, 529)._replace(is_delayed=True)), events_sent=12)

    assert summarize(left) == "529 overloaded_error; the client left after 12 events; delayed by a slow client"


def test_a_rule_with_many_exchanges_names_the_first() -> None:
    many = [exchange(at, "Tides?", json_reply(OVERLOADED, 529)) for at in range(9)]

    assert summarize_all(many) == f"{'529 overloaded_error, then ' * 6}3 more"


@given(receptions())
def test_a_summary_is_one_short_line(reception: Reception) -> None:
    summary = summarize(exchange(1, "Tides?", reception))

    assert summary.isprintable()
    assert len(summary) < 500
