"""The server-sent events of a streamed message.

Names and key order are from recordings and from the SDKs' event types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

import orjson

Block: TypeAlias = dict[str, Any]
"""A content block as the API's JSON."""


class Event(NamedTuple):
    """One event of a stream.

    Attributes:
        name: The name of the event.
        data: The JSON data.
        delta: The kind of a `content_block_delta`, '' for other events.
        encoded: The bytes of the event.
    """

    name: str
    data: Any
    delta: str
    encoded: bytes

    def is_called(self, name: str) -> bool:
        """Return whether `name` is the name of the event or of its delta."""
        return name in (self.name, self.delta)


new_event: Callable[[tuple[str, Any, str, bytes]], Event] = partial(tuple.__new__, Event)
"""A constructor that calls no Python code."""

PING = Event("ping", {"type": "ping"}, "", b'event: ping\ndata: {"type": "ping"}\n\n')
"""The space in its data is the API's."""

MESSAGE_STOP = Event(
    "message_stop", {"type": "message_stop"}, "", b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)

_ENDING = ("stop_reason", "stop_sequence", "stop_details")
_NOT_IN_START = ("container", "context_management", "diagnostics")
_START_ONLY_USAGE = ("cache_creation", "service_tier", "inference_geo", "speed")
_END_ONLY_USAGE = ("output_tokens_details", "server_tool_use", "iterations")
_INPUT_USAGE = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation")
_TOOL_USES = ("tool_use", "server_tool_use", "mcp_tool_use")


def event(name: str, data: Any) -> Event:
    """Build an event: `event: <name>`, `data: <compact JSON>`, a blank line."""
    return Event(name, data, kind_of_delta(name, data), _encode(name, data))


def _encode(name: str, data: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(data))


def parse_events(data: bytes) -> list[Event]:
    """Parse the bytes of complete events."""
    return [_parse(encoded) for encoded in data.split(b"\n\n")[:-1]]


def _parse(encoded: bytes) -> Event:
    name, _, data = encoded.removeprefix(b"event: ").partition(b"\ndata: ")
    value = orjson.loads(data)
    return Event(name.decode(), value, kind_of_delta(name.decode(), value), encoded + b"\n\n")


def kind_of_delta(name: str, data: Any) -> str:
    """Return the type of a delta; '' for the data of another event."""
    delta = data.get("delta") if name == "content_block_delta" and isinstance(data, dict) else None
    return str(delta.get("type", "")) if isinstance(delta, dict) else ""


def message_start(message: dict[str, Any], first_usage: Mapping[str, int]) -> Event:
    """Build `message_start`: the message without content and ending.

    Args:
        message: The message.
        first_usage: The counts of its usage that differ from those of the whole message.
    """
    usage = {key: value for key, value in message["usage"].items() if key not in _END_ONLY_USAGE}
    begun = {**message, "content": [], "usage": {**usage, **first_usage}}
    for key in _ENDING:
        if key in begun:
            begun[key] = None
    for key in _NOT_IN_START:
        begun.pop(key, None)
    iterations = message["usage"].get("iterations") or [{}]
    if iterations[0].get("type") == "compaction":
        begun["usage"].update({key: value for key, value in iterations[0].items() if key in _INPUT_USAGE})
        if "context_management" in message:
            begun["context_management"] = None
    return event("message_start", {"type": "message_start", "message": begun})


def message_delta(message: dict[str, Any]) -> Event:
    """Build `message_delta`: the ending of the message, and its whole usage."""
    usage = {key: value for key, value in message["usage"].items() if key not in _START_ONLY_USAGE}
    ending = {key: message[key] for key in _ENDING if key in message}
    if message.get("container"):
        ending["container"] = message["container"]
    data = {"type": "message_delta", "delta": ending, "usage": usage}
    if "context_management" in message:
        data["context_management"] = message["context_management"]
    return event("message_delta", data)


def error(envelope: dict[str, Any]) -> Event:
    """Build the `error` event, which ends a stream that fails after its headers."""
    return event("error", envelope)


def content_block_start(index: int, block: Block) -> Event:
    """Build `content_block_start`: an empty block if deltas follow, or else the block."""
    data = {"type": "content_block_start", "index": index, "content_block": _empty_block(block)}
    return event("content_block_start", data)


@lru_cache(maxsize=64)
def content_block_stop(index: int) -> Event:
    """Build `content_block_stop`."""
    return event("content_block_stop", {"type": "content_block_stop", "index": index})


def delta_event(index: int, delta: dict[str, Any]) -> Event:
    """Build a `content_block_delta`."""
    data = _delta_data(index, delta)
    return Event("content_block_delta", data, delta["type"], _encode("content_block_delta", data))


def _delta_data(index: int, delta: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


class StreamedBlock(dict[str, Any]):
    """A block with its own streamed text or its own chunks.

    Attributes:
        partial_json: The streamed JSON of a tool use, if it is not that of `input`: it is cut or broken.
        sizes: The lengths of the deltas in characters; () for the usual ones.
    """

    def __init__(self, block: Block, partial_json: str | None = None, sizes: Sequence[int] = ()) -> None:
        super().__init__(block)
        self.partial_json = partial_json
        self.sizes = sizes


class HiddenThinking(dict[str, Any]):
    """A `thinking` block without its text.

    Attributes:
        text: The text, which counts although it is not sent.
    """

    def __init__(self, block: Block, text: str = "") -> None:
        super().__init__(block)
        self.text = text


class MadeFile(NamedTuple):
    """A file that a server tool makes."""

    id: str
    name: str
    data: bytes


class FileResult(dict[str, Any]):
    """A result of a server tool with the ids of files.

    Attributes:
        files: The files.
    """

    def __init__(self, block: Block, files: Sequence[MadeFile]) -> None:
        super().__init__(block)
        self.files = files


def list_sizes(block: Block) -> Sequence[int]:
    """Return the `sizes` of a block; () for the usual ones."""
    return block.sizes if isinstance(block, StreamedBlock) else ()


def replace_text(block: Block, changes: Block) -> Block:
    """Return the block with a shorter text, and with its chunks."""
    return StreamedBlock({**block, **changes}, sizes=list_sizes(block)) if list_sizes(block) else {**block, **changes}


def streamed_text(block: Block) -> str:
    """Return the streamed text of a block: text, thinking, or JSON of a tool input."""
    kind = block["type"]
    if isinstance(block, StreamedBlock) and block.partial_json is not None:
        return block.partial_json
    if kind in _TOOL_USES:
        return orjson.dumps(block["input"]).decode() if block.get("input") else ""
    return str(block.get(kind) or "") if kind in ("text", "thinking") else ""


def generated_text(block: Block) -> str:
    """Return the text of a block that counts: the streamed or the hidden one."""
    return block.text if isinstance(block, HiddenThinking) else streamed_text(block)


def delta_events(index: int, block: Block, pieces: Sequence[str]) -> list[Event]:
    """Build the deltas of a block, of which most kinds have none.

    Args:
        index: The index of the block.
        block: The content block.
        pieces: The pieces of its `streamed_text`.
    """
    kind, before, after = block["type"], [], []
    if kind == "text":
        before = [{"type": "citations_delta", "citation": citation} for citation in _citations(block)]
    elif kind == "thinking" and block.get("signature"):
        after = [{"type": "signature_delta", "signature": block["signature"]}]
    elif kind == "compaction" and not block.get("signature"):
        after = [{"type": "compaction_delta", **{key: block[key] for key in _COMPACTED if key in block}}]
    elif kind in _TOOL_USES:
        pieces = ("", *pieces)
    texts = _text_events(index, *_TEXT_DELTAS[kind], pieces) if kind in _TEXT_DELTAS else []
    return [*(delta_event(index, delta) for delta in before), *texts, *(delta_event(index, delta) for delta in after)]


_TEXT_DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    **dict.fromkeys(_TOOL_USES, ("input_json_delta", "partial_json")),
}
"""The type and the key of the deltas with the streamed text, by kind of block."""


def _text_events(index: int, kind: str, key: str, pieces: Sequence[str]) -> list[Event]:
    encoded = encode_text_deltas(index, kind, key, pieces)
    return [
        new_event(("content_block_delta", _delta_data(index, {"type": kind, key: piece}), kind, data))
        for piece, data in zip(pieces, encoded, strict=True)
    ]


def encode_text_deltas(index: int, kind: str, key: str, pieces: Sequence[str]) -> list[bytes]:
    """Encode the events of deltas of one type with one text each.

    One call encodes all texts: indented JSON has newlines between the strings of a list, and never within a string.
    """
    if not pieces:
        return []
    before, after = _encode("content_block_delta", _delta_data(index, {"type": kind, key: ""})).split(b'""')
    return [b'%b"%b"%b' % (before, text, after) for text in _encode_texts(pieces)]


def _encode_texts(texts: Sequence[str]) -> list[bytes]:
    return orjson.dumps(texts, option=orjson.OPT_INDENT_2)[len(b'[\n  "') : -len(b'"\n]')].split(b'",\n  "')


_COMPACTED = ("content", "encrypted_content")
_EMPTY: dict[str, Block] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
    **{kind: {"input": {}} for kind in _TOOL_USES},
}


def _empty_block(block: Block) -> Block:
    kind = block["type"]
    if kind == "compaction" and not block.get("signature"):
        return {**block, **{key: None for key in _COMPACTED if key in block}}
    begun = {**block, **_EMPTY.get(kind, {})}
    return {**begun, "citations": []} if _citations(block) else begun


def _citations(block: Block) -> list[Any]:
    citations = block.get("citations")
    return citations if isinstance(citations, list) else []
