"""The events of OpenAI's Responses API, made of the events of a streamed message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from mockclaude.api.events import Event
from mockclaude.engine.adapters.edited_values import as_object
from mockclaude.engine.adapters.openai_errors import build_error
from mockclaude.engine.adapters.responses_object import (
    COMPLETED,
    IN_PROGRESS,
    CallItem,
    Ending,
    Item,
    Json,
    MessageItem,
    ResponseForm,
    add_refusal,
    find_message,
    read_ending,
    read_name,
    write_items,
    write_usage,
)

_TEXTS = {"text_delta": "text", "input_json_delta": "partial_json"}
"""Kind of delta -> the key of its text."""


class ResponsesEncoder:
    """Encodes each event as the events of the Responses API that follow from it.

    The last events repeat the whole reply, so an encoder keeps its text.

    Args:
        form: The form of the response object.
        keep: Called with the id of the response without its prefix, and with the whole response object.
    """

    def __init__(self, form: ResponseForm, keep: Callable[[str, bytes], None]) -> None:
        self._form = form
        self._keep = keep
        self._begin({})

    def encode(self, event: Event, _: int) -> bytes:
        """Encode an event."""
        write = _WRITERS.get(event.name)
        if write is None:
            return b"" if event.name == "ping" else event.encoded
        return write(self, event.data) if isinstance(event.data, dict) else b""

    def _begin(self, message: Json) -> None:
        self._message, self._name = message, read_name(message)
        self._usage = dict(as_object(message.get("usage")))
        self._ending = Ending()
        self._number = 0
        self._items: list[Item] = []
        self._of_blocks: dict[str, Item] = {}
        self._open: Item | None = None
        self._prefixes: dict[str, bytes] = {}

    def _start_message(self, data: Json) -> bytes:
        self._begin(as_object(data.get("message")))
        response = orjson.Fragment(self._form.write(self._message, b"[]", IN_PROGRESS, Ending(), b"null"))
        created = self._write("response.created", response=response)
        return created + self._write("response.in_progress", response=response)

    def _start_block(self, data: Json) -> bytes:
        block = as_object(data.get("content_block"))
        item: Item
        if block.get("type") == "text":
            item = find_message(self._items, self._name)
        elif block.get("type") == "tool_use":
            self._items.append(item := CallItem(self._name, len(self._items), block))
        else:
            return b""
        self._of_blocks[str(data.get("index"))] = item
        started = self._start_item(item)
        text = block.get("text")
        return started + self._write_delta(item, text) if isinstance(text, str) and text else started

    def _add_delta(self, data: Json) -> bytes:
        delta = as_object(data.get("delta"))
        text = delta.get(_TEXTS.get(str(delta.get("type")), ""))
        if not isinstance(text, str) or not text:
            return b""
        item = self._of_blocks.get(str(data.get("index"))) or MessageItem(self._name, len(self._items))
        return self._write_delta(item, text)

    def _stop_block(self, data: Json) -> bytes:
        item = self._of_blocks.get(str(data.get("index")))
        return self._close(COMPLETED) if item is self._open and isinstance(item, CallItem) else b""

    def _end_message(self, data: Json) -> bytes:
        self._usage |= as_object(data.get("usage"))
        self._ending = read_ending(as_object(data.get("delta")))
        refusal = add_refusal(self._items, self._name, self._ending)
        if refusal is None:
            return self._close_last()
        explanation = refusal.texts.pop()
        return self._start_item(refusal) + self._write_delta(refusal, explanation) + self._close_last()

    def _stop_message(self, _: Json) -> bytes:
        closed, ending = self._close_last(), self._ending
        output = write_items(self._items, ending)
        written = self._form.write(self._message, output, ending.status, ending, write_usage(self._usage))
        self._keep(self._name, written)
        return closed + self._write(f"response.{ending.status}", response=orjson.Fragment(written))

    def _fail(self, data: Json) -> bytes:
        """Write the error as the page on OpenAI's events has it, and as OpenAI's clients read it."""
        error = build_error(data)["error"]
        return self._write("error", code=error["code"], message=error["message"], param=None, error=error)

    def _start_item(self, item: Item) -> bytes:
        """Write the first events of an item, unless it is open."""
        if item is self._open:
            return b""
        encoded = self._close(COMPLETED)
        self._open = item
        encoded += self._write_item("added", item, IN_PROGRESS)
        if isinstance(item, MessageItem):
            encoded += self._write_part("added", item)
        return encoded

    def _close_last(self) -> bytes:
        return self._close(self._ending.status if isinstance(self._open, MessageItem) else COMPLETED)

    def _close(self, status: str) -> bytes:
        """Write the last events of the open item."""
        item, self._open = self._open, None
        if item is None:
            return b""
        encoded = b""
        if isinstance(item, CallItem) and not item.texts:
            encoded = self._write_delta(item, "{}")
        encoded += self._write(f"response.{item.kind}.done", **item.place, **item.build_end())
        if isinstance(item, MessageItem):
            encoded += self._write_part("done", item)
        return encoded + self._write_item("done", item, status)

    def _write_item(self, change: str, item: Item, status: str) -> bytes:
        written = orjson.Fragment(item.write(status))
        return self._write(f"response.output_item.{change}", output_index=item.index, item=written)

    def _write_part(self, change: str, item: MessageItem) -> bytes:
        part = orjson.Fragment(item.write_part())
        return self._write(f"response.content_part.{change}", **item.place, part=part)

    def _write_delta(self, item: Item, text: str) -> bytes:
        item.texts.append(text)
        prefix = self._prefixes.get(item.id)
        if prefix is None:
            fields = {"type": f"response.{item.kind}.delta", **item.place}
            if item.kind == "output_text":
                fields["logprobs"] = []
            prefix = b"event: %b\ndata: %b" % (fields["type"].encode(), orjson.dumps(fields)[:-1])
            self._prefixes[item.id] = prefix
        self._number += 1
        return b'%b,"sequence_number":%d,"delta":%b}\n\n' % (prefix, self._number - 1, orjson.dumps(text))

    def _write(self, kind: str, **fields: Any) -> bytes:
        data = orjson.dumps({"type": kind, "sequence_number": self._number, **fields})
        self._number += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


_WRITERS: dict[str, Callable[[ResponsesEncoder, Json], bytes]] = {
    "message_start": ResponsesEncoder._start_message,
    "content_block_start": ResponsesEncoder._start_block,
    "content_block_delta": ResponsesEncoder._add_delta,
    "content_block_stop": ResponsesEncoder._stop_block,
    "message_delta": ResponsesEncoder._end_message,
    "message_stop": ResponsesEncoder._stop_message,
    "error": ResponsesEncoder._fail,
}
"""Name of an event -> the function that writes what follows from it."""
