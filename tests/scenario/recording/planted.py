"""Secrets planted in exchanges, and a naive search for them that shares no code with the redaction."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from mockclaude.scenario.recording.exchange import Arrival, Exchange, Reception

STREAM = (("content-type", "text/event-stream; charset=utf-8"),)
JSON = (("content-type", "application/json"),)


def new_exchange(
    body: Any = None,
    response: Any = b"{}",
    *,
    path: str = "/v1/messages",
    status: int = 200,
    headers: Sequence[tuple[str, str]] = JSON,
    **changes: Any,
) -> Exchange:
    sent, received = (data if isinstance(data, bytes) else encode(data) for data in (body, response))
    reception = Reception(status, tuple(headers), received, 5, (Arrival(9, len(received)),))
    return Exchange(1, "POST", path, {}, sent, reception, "api.example.com", "2026-11-30", **changes)


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def frame(name: str, data: Any, *, end: str = "\n", padding: int = 0) -> bytes:
    text = encode(data).decode()
    return f"event: {name}{end}data: {text[:-1]}{' ' * padding}}}{end}{end}".encode()


def stream_of(pieces: Sequence[str], kind: str = "text", *, end: str = "\n") -> bytes:
    """Build a stream with one block, whose deltas are `pieces`."""
    deltas = {"text": "text_delta", "thinking": "thinking_delta", "partial_json": "input_json_delta"}
    block: dict[str, Any] = {"type": kind, kind: ""} | ({"signature": ""} if kind == "thinking" else {})
    if kind == "partial_json":
        block = {"type": "tool_use", "id": "toolu_01AbCdEfGhIjKlMn", "name": "get_tide", "input": {}}
    start = {"id": "msg_01AbCdEfGhIjKlMnOp", "role": "assistant", "content": [], "model": "claude-haiku-4-5"}
    frames = [
        frame("message_start", {"type": "message_start", "message": start}, end=end),
        frame("content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}, end=end),
        f'event: ping{end}data: {{"type": "ping"}}{end}{end}'.encode(),
        *(
            frame(
                "content_block_delta",
                {"type": "content_block_delta", "index": 0, "delta": {"type": deltas[kind], kind: piece}},
                end=end,
                padding=number % 5,
            )
            for number, piece in enumerate(pieces)
        ),
        frame("content_block_stop", {"type": "content_block_stop", "index": 0}, end=end),
        frame("message_delta", {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}, end=end),
        frame("message_stop", {"type": "message_stop"}, end=end, padding=7),
    ]
    return b"".join(frames)


def cut(text: str, places: Sequence[int]) -> list[str]:
    ends = sorted(place % (len(text) + 1) for place in places)
    return [text[begin:end] for begin, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def escape_all(text: str) -> str:
    r"""Escape each character as in JSON, as `\uXXXX`."""
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def in_base64(text: str) -> list[str]:
    """Return the signs of base64 that depend on the text alone, after 0, 1 and 2 other bytes."""
    data = text.encode("utf-8", "surrogatepass")
    return [
        b64encode(bytes(before) + data).decode()[skipped : (before + len(data)) * 8 // 6]
        for before, skipped in ((0, 0), (1, 2), (2, 3))
    ]


def find_naively(exchange: Exchange, secret: str) -> list[str]:
    """List the places of an exchange where anybody would find a secret."""
    reception = exchange.reception
    texts: dict[str, str] = {"path": exchange.path, "host": exchange.host, "refusal": exchange.refusal}
    texts |= {f"header {name}": value for name, value in [*exchange.headers.items(), *reception.headers]}
    for place, body in (("request", exchange.body), ("response", reception.body)):
        texts |= {f"{place} {key}": text for key, text in read_texts(body)}
    spellings = [secret, quote(secret, safe=""), escape_all(secret), *in_base64(secret)]
    spellings += [spelled.replace("+", "-").replace("/", "_") for spelled in in_base64(secret)]
    return [place for place, text in texts.items() if any(spelling in text for spelling in spellings)]


def read_texts(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield all texts in a body: the bytes, each decoded value, each joined text of a stream."""
    raw = body.decode("utf-8", "surrogateescape")
    yield "bytes", raw
    yield "unquoted", unquote_to_bytes(raw.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    joined: dict[str, str] = {}
    for line in raw.replace("\r", "\n").split("\n"):
        data = load(line.removeprefix("data:"))
        yield from read_values("line", data)
        if isinstance(data, Mapping) and isinstance(data.get("delta"), dict):
            for key, text in data["delta"].items():
                name = f"{data.get('index')} {key}"
                joined[name] = joined.get(name, "") + str(text)
    for name, text in joined.items():
        yield f"joined {name}", text
        yield from read_values(f"joined {name}", load(text))
    yield from read_values("json", load(raw))


def read_values(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
        yield from read_values(f"{place} in a text", load(value) if value[:1] in ("{", "[", '"') else None)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{place} key", key
            yield from read_values(f"{place}.{key}", item)
    elif isinstance(value, list):
        for item in value:
            yield from read_values(f"{place}[]", item)
    elif isinstance(value, int | float):
        yield place, json.dumps(value)


def load(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
