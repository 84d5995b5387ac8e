"""A reply as lines: what a person compares, without ids and times."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.exchange import Reception
from mockclaude.scenario.recording.reply_view import diff_lines, list_lines
from tests.scenario.recording.tide import FRAMES, HTML, JSON, MESSAGE, OVERLOADED, exchange, frame, json_reply, stream

USAGE = ['  "usage": {', '    "input_tokens": 655,', '    "output_tokens": 14', "  }"]


def view(reception: Reception) -> list[str]:
    return list_lines(exchange(1, "Tides?", reception).reply)


def test_a_stream_is_its_message() -> None:
    error = frame("error", error={"type": "overloaded_error"})

    assert view(stream(*FRAMES[:3], error, ending="close")) == [
        "status: 200",
        "content-type: text/event-stream; charset=utf-8",
        "ending: close",
        "tool_use:",
        "  {",
        '    "name": "get_tide",',
        '    "input": {}',
        "  }",
        "{",
        '  "model": "claude-haiku-4-5-20251001",',
        '  "type": "message",',
        '  "role": "assistant",',
        '  "stop_reason": null,',
        '  "stop_sequence": null,',
        *USAGE,
        "}",
        "incomplete: true",
        "{",
        '  "type": "error",',
        '  "error": {',
        '    "type": "overloaded_error"',
        "  }",
        "}",
    ]


@pytest.mark.parametrize(
    ("reception", "lines"),
    [
        (
            json_reply([{"id": 1, "a": [{"request_id": 2}]}]),
            ["[", "  {", '    "a": [', "      {}", "    ]", "  }", "]"],
        ),
        (json_reply({"id": 7}), []),
        (Reception(200, JSON, b"a\nb\xff"), ["a", "b\\xff"]),
        (Reception(200, JSON, b"[" * 300 + b"]" * 300), ["[" * 300 + "]" * 300]),
    ],
)
def test_a_body_that_is_no_message_is_its_lines(reception: Reception, lines: list[str]) -> None:
    assert view(reception)[2:] == lines


@pytest.mark.parametrize("change", [{"id": "msg_02"}, {"request_id": "req_02"}])
def test_ids_are_no_difference(change: dict[str, Any]) -> None:
    assert view(json_reply({**MESSAGE, **change})) == view(json_reply(MESSAGE))


def test_headers_of_framing_and_limits_are_no_difference() -> None:
    headers: Any = {"content-length": "7", "anthropic-ratelimit-requests-remaining": "3", "server": False, "b": "c"}
    body = b"x"

    assert list_lines(RecordedReply(200, headers, body, None, usual_headers=True)) == ["status: 200", "b: c", "x"]


def test_texts_of_blocks_are_lines() -> None:
    blocks = [{"type": "text", "text": "a\nb"}, {"type": "thinking", "thinking": "c", "signature": "s"}]

    assert view(json_reply({**MESSAGE, "content": blocks}))[2:7] == ["text:", "  a", "  b", "thinking:", "  c"]


def test_a_difference_is_a_diff_of_the_lines() -> None:
    old, new = view(json_reply(OVERLOADED, 529)), view(Reception(529, HTML, b"Bad"))

    assert diff_lines(old, old) == []
    assert diff_lines(old, new)[:6] == [
        "@@ -1,10 +1,3 @@",
        " status: 529",
        "-content-type: application/json",
        "-{",
        '-  "type": "error",',
        '-  "error": {',
    ]
    assert diff_lines(["a"] * 4_000, ["b"]) == ["- 4,000 lines", "+ 1 lines"]
