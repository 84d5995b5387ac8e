"""The content of a response is parsed from its bytes, also after a fault."""

from __future__ import annotations

import pytest

from mockclaude.testing.response_text import describe_response

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
EVENTS = [
    b'event: content_block_start\ndata: {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}',
    b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}}',
    b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}}',
    b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta"}}',
    b'data: {"type": "content_block_delta", "index": 7, "delta": {"type": "text_delta", "text": "lost"}}',
    b'data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}',
    b"data: {not json",
    b"data: [1]",
    b'data: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}',
]
STREAM = b"\n\n".join(EVENTS) + b"\n\n"
SAID = ["text 'Hello'", "error: overloaded_error: Overloaded"]


def plain(body: bytes) -> bytes:
    return HEAD % len(body) + body


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks


@pytest.mark.parametrize(
    "response",
    [
        plain(STREAM),
        chunked(STREAM) + b"0\r\n\r\n",
        chunked(STREAM),
        HEAD % 100_000 + STREAM,
        b"HTTP/1.0 200 OK\r\n\r\n" + STREAM,
    ],
)
def test_a_stream_is_read_whole_or_cut(response: bytes) -> None:
    assert list(describe_response(response)) == SAID


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b'{"content": [{"type": "text", "text": "Hi!"}]}', ["text 'Hi!'"]),
        (b'{"content": [{"type": "text", "text": "%s"}]}' % (b"x" * 300), [f"text '{'x' * 200}'"]),
        (b'{"content": [{"type": "thinking", "thinking": "Hm."}]}', ["thinking 'Hm.'"]),
        (b'{"content": [{"type": "redacted_thinking"}]}', ["redacted_thinking"]),
        (b'{"content": [{"type": "tool_use", "name": "f", "input": {"a": 1}}]}', ['tool_use f {"a":1}']),
        (b'{"content": [{"type": "a"}, {"type": "b"}, {"type": "c"}]}', ["a", "b", "c"]),
        (
            b'{"content": [{"type": "a"}, {"type": "b"}, {"type": "c"}, {"type": "d"}, {"type": "e"}]}',
            ["a", "b", "c", "and 2 more content blocks"],
        ),
        (b'{"error": {"type": "api_error", "message": "Broken."}}', ["error: api_error: Broken."]),
        (b'{"error": "Broken."}', []),
        (b'{"input_tokens": 3}', []),
        (b"{", []),
        (b"<html>", []),
    ],
)
def test_a_body_is_described(body: bytes, lines: list[str]) -> None:
    assert list(describe_response(plain(body))) == lines


@pytest.mark.parametrize("response", [b"", b"garbage", b"HTTP/1.1 two OK\r\n\r\n", b"HTTP/1.1 200"])
def test_malformed_response_has_no_lines(response: bytes) -> None:
    assert list(describe_response(response)) == []
