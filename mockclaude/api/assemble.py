"""Assemble the message of a stream from its events, as the SDKs accumulate it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from mockclaude.api.events import Block, Event, StreamedBlock
from mockclaude.api.tool_json import parse_tool_json

_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Type of a delta -> the field of the delta whose texts are joined."""

_ENDS_WITH_MESSAGE = ("container", "context_management")
"""Keys of a `message_delta` beside `delta` and `usage` that belong to the message."""


class AssembledMessage(NamedTuple):
    """The message of a stream.

    Attributes:
        message: The message, with all blocks that have begun.
        is_complete: Whether the stream has its `message_stop`.
    """

    message: dict[str, Any]
    is_complete: bool


def assemble(events: Iterable[Event]) -> AssembledMessage | None:
    """Assemble the message of a stream; None if its events are not those of a message.

    A second `message_start` begins it anew. An `error` event ends it.
    """
    assembly = _Assembly()
    try:
        for event in events:
            if event.name == "error":
                break
            if change := _CHANGES.get(event.name):
                change(assembly, event.data)
        return assembly.finish() if assembly.message else None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None


class _Assembly:
    """A message under construction."""

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}
        self._blocks: dict[int, Block] = {}
        self._texts: dict[tuple[int, str], list[str]] = {}
        self._is_complete = False

    def start(self, data: Mapping[str, Any]) -> None:
        self.message = deepcopy(dict(data["message"]))
        self._blocks = dict(enumerate(self.message.get("content") or ()))
        self._texts, self._is_complete = {}, False

    def start_block(self, data: Mapping[str, Any]) -> None:
        self._blocks[data["index"]] = deepcopy(dict(data["content_block"]))

    def extend_block(self, data: Mapping[str, Any]) -> None:
        index, delta = data["index"], data["delta"]
        block, kind = self._blocks[index], delta["type"]
        if field := _TEXTS.get(kind):
            self._texts.setdefault((index, field), []).append(delta[field])
        elif kind == "citations_delta":
            block["citations"] = block.get("citations") or []
            block["citations"].append(delta["citation"])
        else:
            block.update({key: value for key, value in delta.items() if key != "type"})

    def end(self, data: Mapping[str, Any]) -> None:
        self.message.update(data["delta"])
        self.message.update({key: data[key] for key in _ENDS_WITH_MESSAGE if key in data})
        self.message["usage"] = {**self.message.get("usage", {}), **data.get("usage", {})}

    def stop(self, _: Mapping[str, Any]) -> None:
        self._is_complete = True

    def finish(self) -> AssembledMessage:
        for (index, field), texts in self._texts.items():
            self._blocks[index] = _extend(self._blocks[index], field, "".join(texts))
        blocks = [block for _, block in sorted(self._blocks.items())]
        return AssembledMessage({**self.message, "content": blocks}, self._is_complete)


def _extend(block: Block, field: str, text: str) -> Block:
    if field == "partial_json":
        return StreamedBlock({**block, "input": parse_tool_json(text)}, text) if text else block
    return {**block, field: (block.get(field) or "") + text}


_CHANGES: Mapping[str, Callable[[_Assembly, Any], None]] = {
    "message_start": _Assembly.start,
    "content_block_start": _Assembly.start_block,
    "content_block_delta": _Assembly.extend_block,
    "message_delta": _Assembly.end,
    "message_stop": _Assembly.stop,
}
