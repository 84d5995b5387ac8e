"""The stream of a chat completion: a chunk for each event that OpenAI's API has, in server-sent events."""

from __future__ import annotations

from typing import Any

import orjson

from mockclaude.api.events import Event
from mockclaude.engine.adapters.chat_usage import FINISH_REASONS, build_usage, name_completion
from mockclaude.engine.adapters.openai_errors import ErrorEncoder

_DONE = b"data: [DONE]\n\n"


class ChatEncoder(ErrorEncoder):
    """Encodes the events of one stream.

    Args:
        model: The model of the request, for chunks before `message_start`.
        created: The Unix time of the request in seconds.
        with_usage: Whether the stream ends with the usage.
        is_legacy: Whether a call is a `function_call`.
    """

    def __init__(self, model: str, created: int, *, with_usage: bool, is_legacy: bool) -> None:
        self._created = created
        self._is_legacy = is_legacy
        self._with_usage = with_usage
        self._after = b',"usage":null}\n\n' if with_usage else b"}\n\n"
        self._model = model
        self._before = b""

    def encode(self, event: Event, at: int) -> bytes:
        """Encode an event; b'' for one without a counterpart."""
        name, data, delta, _ = event
        if not self._before and name != "message_start":  # a fault has dropped it
            self._begin({"model": self._model})
        if delta == "text_delta":
            text = _read(data, "delta").get("text")
            return b"".join((self._before_text, orjson.dumps(text), self._after_text))
        encode = _ENCODERS.get(name)
        if encode is not None:
            return encode(self, data if isinstance(data, dict) else {})
        return super().encode(event, at)

    def _begin(self, message: dict[str, Any]) -> None:
        head = {
            "id": name_completion(message.get("id")),
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": message.get("model"),
        }
        self._head = b"data: %b" % orjson.dumps(head)[:-1]
        self._before = b'%b,"choices":[{"index":0,"delta":' % self._head
        self._unfinished = b',"logprobs":null,"finish_reason":null}]%b' % self._after
        self._before_text, self._after_text = self._before + b'{"content":', b"}" + self._unfinished
        self._usage = dict(_read(message, "usage"))
        self._tools: dict[Any, int | None] = {}
        """Index of a block -> index of its call; None for a block that is not a call."""
        self._silent: set[Any] = set()
        """The indices of calls without arguments so far."""

    def _encode_delta(self, delta: Any) -> bytes:
        return b"%b%b%b" % (self._before, orjson.dumps(delta), self._unfinished)

    def _start_message(self, data: dict[str, Any]) -> bytes:
        self._begin(_read(data, "message"))
        return self._encode_delta({"role": "assistant", "content": ""})

    def _start_block(self, data: dict[str, Any]) -> bytes:
        block, at = _read(data, "content_block"), _find_index(data)
        if block.get("type") != "tool_use":
            self._tools[at] = None
            return b""
        self._silent.add(at)
        call = {"name": block.get("name"), "arguments": ""}
        if self._is_legacy:
            return self._encode_delta({"function_call": call}) if self._find_tool(at) == 0 else b""
        named = {"index": self._find_tool(at), "id": block.get("id"), "type": "function", "function": call}
        return self._encode_delta({"tool_calls": [named]})

    def _add_delta(self, data: dict[str, Any]) -> bytes:
        """Encode a part of the arguments of a call. Texts are encoded elsewhere, other deltas have no counterpart."""
        arguments = _read(data, "delta").get("partial_json")
        if not arguments:
            return b""
        at = _find_index(data)
        self._silent.discard(at)
        return self._encode_arguments(at, arguments)

    def _stop_block(self, data: dict[str, Any]) -> bytes:
        """Encode the arguments of a call without any: OpenAI's API always sends an object."""
        at = _find_index(data)
        if at not in self._silent:
            return b""
        self._silent.discard(at)
        return self._encode_arguments(at, "{}")

    def _encode_arguments(self, at: Any, arguments: Any) -> bytes:
        tool = self._find_tool(at)
        if tool is None or (self._is_legacy and tool):
            return b""
        function = {"arguments": arguments}
        if self._is_legacy:
            return self._encode_delta({"function_call": function})
        return self._encode_delta({"tool_calls": [{"index": tool, "function": function}]})

    def _find_tool(self, at: Any) -> int | None:
        """Return the index of the call of a block; a fault may have removed its beginning."""
        if at not in self._tools:
            self._tools[at] = len([tool for tool in self._tools.values() if tool is not None])
        return self._tools[at]

    def _end_message(self, data: dict[str, Any]) -> bytes:
        self._usage |= _read(data, "usage")
        reason = _read(data, "delta").get("stop_reason")
        finish = FINISH_REASONS.get(reason, reason) if isinstance(reason, str) else reason
        if finish == "tool_calls" and self._is_legacy:
            finish = "function_call"
        return b'%b{},"logprobs":null,"finish_reason":%b}]%b' % (self._before, orjson.dumps(finish), self._after)

    def _stop_message(self, _: dict[str, Any]) -> bytes:
        if not self._with_usage:
            return _DONE
        return b'%b,"choices":[],"usage":%b}\n\n%b' % (self._head, orjson.dumps(build_usage(self._usage)), _DONE)


_ENCODERS = {
    "message_start": ChatEncoder._start_message,
    "content_block_start": ChatEncoder._start_block,
    "content_block_delta": ChatEncoder._add_delta,
    "content_block_stop": ChatEncoder._stop_block,
    "message_delta": ChatEncoder._end_message,
    "message_stop": ChatEncoder._stop_message,
}


def _read(data: Any, name: str) -> dict[str, Any]:
    """Return an object in the data of an event; an empty one if a fault has removed it."""
    value = data.get(name) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _find_index(data: dict[str, Any]) -> int:
    index = data.get("index")
    return index if isinstance(index, int) else -1
