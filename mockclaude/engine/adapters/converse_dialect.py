"""The dialect of Bedrock's Converse: messages and events in AWS's form."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from mockclaude.api.event_frames import encode_frame, event_headers
from mockclaude.api.events import Event
from mockclaude.api.headers import Headers
from mockclaude.engine.adapters.bedrock_dialect import (
    PADDINGS,
    BedrockDialect,
    add_lines,
    encode_exception,
    read_text,
    read_value,
)
from mockclaude.engine.adapters.edited_values import MAX_COUNT, read_count
from mockclaude.reply.dialect import StreamEncoder, TranslatedBody
from mockclaude.reply.response import Response

_STOP_REASONS = {"refusal": "content_filtered", "pause_turn": "end_turn", "compaction": "end_turn"}
"""Stop reason of the API -> that of Converse, if they differ."""

_STREAM_ERRORS = {
    "rate_limit_error": "throttlingException",
    "overloaded_error": "serviceUnavailableException",
    "api_error": "internalServerException",
    "invalid_request_error": "validationException",
}
"""Type of an error event -> exception of the stream, of which Converse has fewer than InvokeModel."""

_OF_THE_MODEL = "The model returned the following errors: "
_PADDINGS = [padding.decode() for padding in PADDINGS]
_STREAM_TYPE = {"content-type": "application/vnd.amazon.eventstream"}
_TTLS = {"ephemeral_5m_input_tokens": "5m", "ephemeral_1h_input_tokens": "1h"}


class ConverseDialect(BedrockDialect):
    """The responses of Converse and ConverseStream.

    Args:
        paths: The JSON pointers of additional fields of the response.
    """

    def __init__(self, paths: Sequence[Any] = ()) -> None:
        super().__init__()
        self._paths = paths

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Build the message of Converse."""
        message = document if isinstance(document, dict) else {}
        content = message.get("content")
        items = content if isinstance(content, list) else ()
        blocks = [block for item in items if (block := _to_block(item)) is not None]
        translated = {
            "metrics": {"latencyMs": response.body[0].at // 1000},
            "output": {"message": {"role": "assistant", "content": blocks}},
            "stopReason": _to_stop_reason(message.get("stop_reason")),
            "usage": _to_usage(message.get("usage")),
        }
        if self._paths:
            translated |= _pick_fields(message, self._paths)
        return TranslatedBody(200, add_lines(response), translated)

    def translate_error(self, error: Any, response: Response) -> TranslatedBody:
        """Build an exception, which says that an invalid request is an error of the model."""
        translated = super().translate_error(error, response)
        if response.status != 400:
            return translated
        message = f"{_OF_THE_MODEL}{translated.document['message']}"
        return translated._replace(document={"message": message})

    def translate_headers(self, response: Response) -> Headers:
        """Return the headers of an event stream."""
        return add_lines(response).put(_STREAM_TYPE)

    def open_stream(self) -> StreamEncoder:
        """Create the encoder of an event stream."""
        return _ConverseEncoder(self._paths)


class _ConverseEncoder:
    """Encodes each event as a frame, except those without a counterpart."""

    def __init__(self, paths: Sequence[Any]) -> None:
        self._paths = paths
        self._number = 0
        self._usage: dict[str, Any] = {}
        self._hidden: set[int] = set()

    def encode(self, event: Event, at: int) -> bytes:
        if event.name == "error":
            return encode_exception(event.data, _STREAM_ERRORS)
        if event.name == "":
            text = read_text(event.encoded)
            return b"" if text is None else encode_frame(event_headers("chunk"), text.encode())
        if event.name == "message_stop":
            return self._frame("metadata", {"metrics": {"latencyMs": at // 1000}, "usage": _to_usage(self._usage)})
        translate = _EVENTS.get(event.name)
        return b"" if translate is None else translate(self, event.data if isinstance(event.data, dict) else {})

    def start_message(self, data: dict[str, Any]) -> bytes:
        """Begin anew."""
        self._number, self._usage = 0, {}
        self._hidden.clear()
        self._read_usage(data.get("message"))
        return self._frame("messageStart", {"role": "assistant"})

    def start_block(self, data: dict[str, Any]) -> bytes:
        """Encode the start of a tool use, and a redacted thinking block."""
        block, index = data.get("content_block"), _read_index(data)
        kind = str(read_value(block, "type"))
        if kind == "tool_use":
            tool = {"name": read_value(block, "name"), "toolUseId": read_value(block, "id")}
            return self._frame("contentBlockStart", {"contentBlockIndex": index, "start": {"toolUse": tool}})
        if kind == "redacted_thinking":
            return self._frame("contentBlockDelta", {"contentBlockIndex": index, "delta": _to_block(block)})
        if kind not in _BLOCKS:
            self._hidden.add(index)
        return b""

    def add_delta(self, data: dict[str, Any]) -> bytes:
        """Encode a delta, except those of citations."""
        delta: Any = data.get("delta")
        index = _read_index(data)
        translate = _DELTAS.get(str(delta.get("type"))) if isinstance(delta, dict) else None
        if translate is None or index in self._hidden:
            return b""
        return self._frame("contentBlockDelta", {"contentBlockIndex": index, "delta": translate(delta)})

    def stop_block(self, data: dict[str, Any]) -> bytes:
        """Encode the end of a block."""
        index = _read_index(data)
        return b"" if index in self._hidden else self._frame("contentBlockStop", {"contentBlockIndex": index})

    def end_message(self, data: dict[str, Any]) -> bytes:
        """Encode the stop reason; the usage follows with the end of the stream."""
        self._read_usage(data)
        ending = {"stopReason": _to_stop_reason(read_value(data, "delta", "stop_reason"))}
        return self._frame("messageStop", {**ending, **_pick_fields(data, self._paths)} if self._paths else ending)

    def _read_usage(self, data: Any) -> None:
        usage = read_value(data, "usage")
        if isinstance(usage, dict):
            self._usage |= usage

    def _frame(self, name: str, payload: dict[str, Any]) -> bytes:
        self._number += 1
        payload["p"] = _PADDINGS[self._number % len(_PADDINGS)]
        return encode_frame(_FRAME_HEADERS[name], orjson.dumps(payload))


_EVENTS: dict[str, Callable[[_ConverseEncoder, dict[str, Any]], bytes]] = {
    "message_start": _ConverseEncoder.start_message,
    "content_block_start": _ConverseEncoder.start_block,
    "content_block_delta": _ConverseEncoder.add_delta,
    "content_block_stop": _ConverseEncoder.stop_block,
    "message_delta": _ConverseEncoder.end_message,
}
_FRAME_HEADERS = {
    name: event_headers(name)
    for name in (
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    )
}


def _read_index(data: dict[str, Any]) -> int:
    index = data.get("index")
    return index if isinstance(index, int) else 0


def _to_thinking(block: dict[str, Any]) -> dict[str, Any]:
    signature = {"signature": block["signature"]} if block.get("signature") else {}
    return {"reasoningContent": {"reasoningText": {"text": block.get("thinking"), **signature}}}


def _to_redacted(block: dict[str, Any]) -> dict[str, Any]:
    return {"reasoningContent": {"redactedContent": b64encode(str(block.get("data")).encode()).decode()}}


def _to_tool_use(block: dict[str, Any]) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": block.get("id"), "name": block.get("name"), "input": block.get("input")}}


_BLOCKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "text": lambda block: {"text": block.get("text")},
    "thinking": _to_thinking,
    "redacted_thinking": _to_redacted,
    "tool_use": _to_tool_use,
}
"""Type of a content block -> its form in Converse. Others, such as server tools, have none."""

_DELTAS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "text_delta": lambda delta: {"text": delta.get("text")},
    "input_json_delta": lambda delta: {"toolUse": {"input": delta.get("partial_json")}},
    "thinking_delta": lambda delta: {"reasoningContent": {"text": delta.get("thinking")}},
    "signature_delta": lambda delta: {"reasoningContent": {"signature": delta.get("signature")}},
}


def _to_block(block: Any) -> dict[str, Any] | None:
    translate = _BLOCKS.get(str(block.get("type"))) if isinstance(block, dict) else None
    return None if translate is None else translate(block)


def _to_stop_reason(reason: Any) -> Any:
    return _STOP_REASONS.get(reason, reason) if isinstance(reason, str) else reason


def _to_usage(usage: Any) -> dict[str, Any]:
    """Build the counts of tokens, of which the total includes the cache."""
    known = usage if isinstance(usage, dict) else {}
    counts: dict[str, Any] = {name: known.get(source) for name, source in _COUNTS.items()}
    try:
        total = sum(counts.values())
    except TypeError:  # a fault has edited a count
        total = MAX_COUNT + 1
    if total > MAX_COUNT:
        counts = {name: read_count(counts, name) for name in counts}
        total = sum(counts.values())
    counts["totalTokens"] = total
    created = known.get("cache_creation")
    if counts["cacheWriteInputTokens"] and isinstance(created, dict):
        counts["cacheDetails"] = [
            {"inputTokens": created[key], "ttl": ttl} for key, ttl in _TTLS.items() if created.get(key)
        ]
    return counts


_COUNTS = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadInputTokens": "cache_read_input_tokens",
    "cacheWriteInputTokens": "cache_creation_input_tokens",
}


def _pick_fields(message: dict[str, Any], paths: Sequence[Any]) -> dict[str, Any]:
    """Return the fields at JSON pointers into a message or a `message_delta`, each in the objects of its path."""
    picked: dict[str, Any] = {}
    ending = read_value(message, "delta") or message
    data = {**ending, **message, "delta": ending} if isinstance(ending, dict) else {}
    for path in paths:
        *parents, last = str(path).split("/")[1:] or [""]
        value, fields = read_value(data, *parents, last), picked
        if value is None:
            continue
        for name in parents:
            fields = fields.setdefault(name, {})
        fields[last] = value
    return {"additionalModelResponseFields": picked} if picked else {}
