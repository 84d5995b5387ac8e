"""Fingerprints of the parts of recorded requests. Parts with equal fingerprints cannot tell two requests apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import takewhile
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api import betas
from mockclaude.api.request import MessagesRequest, list_texts, without_reminders
from mockclaude.scenario.volatile import ESCAPES, VolatileParts

Fingerprint: TypeAlias = bytes

_SIZE = 16


class RequestFacts(NamedTuple):
    """The values that conditions compare; fingerprints of the longer ones.

    Attributes:
        turn: The number of the turn.
        first: The text of the first turn without volatile parts.
        user: The text of the current turn.
        result_names: The tools of the current turn's results, each once.
        call_ids: The ids of the tool calls of the session to which the current turn has results.
        model: The name of the model.
        stream: Whether the client asks for a stream.
        tools: The names of the tools.
        tool_choice: The field `tool_choice`.
        output_config: The field `output_config`.
        results: The results of the current turn.
        system: The system prompt.
        thinking: The field `thinking`.
        max_tokens: The field `max_tokens`.
        first_message: The first message.
        body: The whole body.
        betas: The header `anthropic-beta`.
    """

    turn: int
    first: str
    user: Fingerprint
    result_names: tuple[str, ...]
    call_ids: tuple[str, ...]
    model: str
    stream: bool
    tools: tuple[str, ...]
    tool_choice: Fingerprint
    output_config: Fingerprint
    results: Fingerprint
    system: Fingerprint
    thinking: Fingerprint
    max_tokens: Fingerprint
    first_message: Fingerprint
    body: Fingerprint
    betas: str


class FactReader:
    """Reads the facts of the requests of a session.

    It searches each part for volatile parts once, since clients send most parts again.

    Args:
        parts: The volatile parts, which do not count.
        call_ids: The ids of tool calls that count, since a replay sends them again.
    """

    def __init__(self, parts: VolatileParts, call_ids: frozenset[str]) -> None:
        self._parts = parts
        self._call_ids = call_ids
        self._fingerprints: dict[bytes, Fingerprint] = {}

    def read(self, request: MessagesRequest) -> RequestFacts:
        """Return the facts of a request."""
        fields = {name: self._hash(value) for name, value in sorted(request.body.items()) if name != "messages"}
        messages = [self._hash(message, is_message=True) for message in request.messages]
        absent = self._hash(None)
        header = request.headers.get(betas.HEADER, "")
        whole = [name.encode("utf-8", "surrogatepass") + fingerprint for name, fingerprint in fields.items()]
        return RequestFacts(
            turn=request.turn,
            first=self.without_volatile(without_reminders(_first_text(request))),
            user=self._hash(request.typed_text),
            result_names=tuple(dict.fromkeys(result.name for result in request.results if result.name)),
            call_ids=tuple(call_id for call_id in answered_calls(request)[1] if call_id in self._call_ids),
            model=request.model,
            stream=request.stream,
            tools=tuple(request.tools),
            tool_choice=fields.get("tool_choice", absent),
            output_config=fields.get("output_config", absent),
            results=self._hash([list(result) for result in request.results]),
            system=self._hash(request.system),
            thinking=fields.get("thinking", absent),
            max_tokens=fields.get("max_tokens", absent),
            first_message=messages[0],
            body=_digest(b"".join((*whole, b"\n", *messages, header.encode("utf-8", "surrogatepass")))),
            betas=header,
        )

    def without_volatile(self, text: str) -> str:
        """Return a text without its volatile parts and the white space around it."""
        return self._parts.remove(text.encode()).decode().strip()

    def _hash(self, value: Any, *, is_message: bool = False) -> Fingerprint:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        key = _digest(text)
        known = self._fingerprints.get(key)
        if known is None:
            for escape, character in ESCAPES:
                text = text.replace(escape, character)
            calls = [call_id for call_id in _list_ids(value) if call_id in self._call_ids] if is_message else []
            known = self._fingerprints[key] = _digest(self._parts.remove(text) + "".join(calls).encode())
        return known


def answered_calls(request: MessagesRequest) -> tuple[int, tuple[str, ...]]:
    """Find the last message with tool results of the current turn.

    Return its index, counted from the end, and the ids of the tool calls. Without results, return 0 and no ids.
    """
    for index, message in enumerate(reversed(request.messages), 1):
        if message["role"] == "assistant" and index > 1:
            break
        content = message["content"]
        blocks = content if isinstance(content, list) else ()
        ids = [block.get("tool_use_id", "") for block in blocks if block["type"] == "tool_result"]
        if ids:
            return -index, tuple(ids)
    return 0, ()


def _first_text(request: MessagesRequest) -> str:
    first = takewhile(lambda message: message["role"] != "assistant", request.messages)
    return "\n".join(list_texts("user", first))


def _list_ids(message: Mapping[str, Any]) -> Iterator[str]:
    content = message["content"]
    for block in content if isinstance(content, list) else ():
        yield from (block[key] for key in ("id", "tool_use_id") if isinstance(block.get(key), str))


def _digest(data: bytes) -> Fingerprint:
    return blake2b(data, digest_size=_SIZE).digest()
