"""What a client makes of a script: HTTP responses, server-sent events, and the message that the SDKs put together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from mockclaude.reply.response import Response
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script


class Received(NamedTuple):
    """A response; `complete` is false where a chunked body does not come to its end."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[dict[str, Any]]:
        return events_of(self.body)


def received(script: Script) -> Received:
    """Read the response that `script` sends."""
    data = b"".join(send.data for send in script.sends)
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines), "a header is there twice"
    body, complete = unchunked(rest) if "transfer-encoding" in headers else (rest, True)
    return Received(int(first.split(" ")[1]), headers, body, complete)


def unchunked(data: bytes) -> tuple[bytes, bool]:
    """Return a chunked body, and whether it comes to its end."""
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        chunk, end, data = data[:length], data[length : length + 2], data[length + 2 :]
        assert end == b"\r\n"
        body += chunk
        if not chunk:
            assert not data
            return body, True
    return body, False


def events_of(body: bytes) -> list[dict[str, Any]]:
    """Return the data of the server-sent events in `body`, each of which is named after its type."""
    *frames, rest = body.decode().split("\n\n")
    assert rest == ""
    parsed = []
    for frame in frames:
        name, data = frame.split("\n")
        parsed.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {parsed[-1]['type']}"
    return parsed


def message_of(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the message that `events` stream, put together as the SDKs do it."""
    message: dict[str, Any] = {}
    partial_json = ""
    for event in events:
        kind = event["type"]
        if kind == "message_start":
            message = event["message"]
        elif kind == "content_block_start":
            assert event["index"] == len(message["content"])
            message["content"].append(event["content_block"])
            partial_json = ""
        elif kind == "content_block_delta":
            partial_json += apply(event["delta"], message["content"][event["index"]])
        elif kind == "content_block_stop" and partial_json:
            message["content"][event["index"]]["input"] = json.loads(partial_json)
        elif kind == "message_delta":
            message |= event["delta"]
            message["usage"] |= event["usage"]
    return message


def apply(delta: dict[str, Any], block: dict[str, Any]) -> str:
    """Add `delta` to `block`, and return the part of a tool's input that it holds."""
    kind = delta["type"]
    if kind == "text_delta":
        block["text"] += delta["text"]
    elif kind == "thinking_delta":
        block["thinking"] += delta["thinking"]
    elif kind == "signature_delta":
        block["signature"] = delta["signature"]
    elif kind == "citations_delta":
        block["citations"].append(delta["citation"])
    elif kind == "compaction_delta":
        block |= {key: value for key, value in delta.items() if key != "type"}
    return str(delta.get("partial_json", ""))


def same(one: Response, other: Response) -> bool:
    """Return whether both are the same response, as it is sent and event by event."""
    apart = [response.take_apart() for response in (one, other)]
    sent = [encode(response, http11=True) for response in (one, other)]
    return apart[0].body == apart[1].body and [*sent[0].sends] == [*sent[1].sends] and sent[0][2:] == sent[1][2:]
