"""Describe an exchange in one line: the comment above its rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from mockclaude.scenario.diagnostics import shorten
from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.exchange import Exchange, Reception

_LONGEST_BLOCK, _MOST_BLOCKS, _MOST_EXCHANGES = 60, 4, 6
"""Characters of a content block, blocks of a message and exchanges of a rule that a comment has."""

_FIELDS = {"text": "text", "thinking": "thinking"}
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


def summarize_all(exchanges: Sequence[Exchange], *, times: bool = True) -> str:
    """Describe the exchanges of a rule in one line without control characters."""
    parts = [summarize(exchange, times=times) for exchange in exchanges[:_MOST_EXCHANGES]]
    if len(exchanges) > _MOST_EXCHANGES:
        parts.append(f"{len(exchanges) - _MOST_EXCHANGES} more")
    return ", then ".join(parts)


def summarize(exchange: Exchange, *, times: bool = True) -> str:
    """Describe an exchange in one line without control characters.

    Args:
        exchange: The exchange.
        times: Whether the duration of a stream is described, too.
    """
    seconds = _measure(exchange.reception) if times else ""
    parts = [summarize_reply(exchange.reply, seconds)]
    if exchange.events_sent is not None:
        parts.append(f"the client left after {exchange.events_sent} events")
    if exchange.reception.is_delayed:
        parts.append("delayed by a slow client")
    return "; ".join(parts)


def summarize_reply(reply: RecordedReply, duration: str = "") -> str:
    """Describe a response in one line without control characters."""
    parts = [f"{_head(reply)}{duration if reply.is_stream else ''}{_detail(reply)}"]
    if reply.ending:
        parts.append("the connection was closed in the middle")
    elif reply.is_stream and reply.assembled and not reply.assembled.is_complete and not _find_error(reply):
        parts.append("without message_stop")
    return "".join(character if character.isprintable() else " " for character in "; ".join(parts))


def _measure(response: Reception) -> str:
    return f" in {response.arrivals[-1].at_us / 1e6:.1f}s" if response.arrivals else ""


def _head(reply: RecordedReply) -> str:
    status = "" if reply.status == 200 else f"{reply.status} "
    if reply.is_stream:
        count = len(reply.events)
        return f"{status}{count} event{'' if count == 1 else 's'}"
    if reply.assembled:
        return f"{status}message"
    if error := _error_type(reply.document):
        return f"{status}{error}"
    kind = reply.headers.get("content-type") or "no content type"
    return f"{status}{shorten(kind)}, {len(reply.body):,} bytes"


def _detail(reply: RecordedReply) -> str:
    parts = [*_describe_message(reply.assembled.message)] if reply.assembled else []
    if reply.is_stream and (error := _find_error(reply)):
        parts.append(error)
    return f": {'; '.join(parts)}" if parts else ""


def _find_error(reply: RecordedReply) -> str:
    return next((_error_type(event.data) or "error" for event in reply.events if event.name == "error"), "")


def _error_type(document: Any) -> str:
    error = document.get("error") if isinstance(document, Mapping) else None
    kind = error.get("type") if isinstance(error, Mapping) else None
    return shorten(kind) if isinstance(kind, str) else ""


def _describe_message(message: Mapping[str, Any]) -> Iterator[str]:
    blocks = message["content"]
    parts = [_describe_block(block) for block in blocks[:_MOST_BLOCKS]]
    if len(blocks) > _MOST_BLOCKS:
        parts.append(f"{len(blocks) - _MOST_BLOCKS} more blocks")
    if parts:
        yield ", ".join(parts)
    if isinstance(reason := message.get("stop_reason"), str):
        yield shorten(reason)
    usage = message.get("usage")
    counts = [usage.get(f"{name}put_tokens") if isinstance(usage, Mapping) else None for name in ("in", "out")]
    if all(isinstance(count, int) for count in counts):
        yield f"{counts[0]} in, {counts[1]} out"


def _describe_block(block: Mapping[str, Any]) -> str:
    kind = str(block.get("type"))
    if kind in _CALLS:
        return f"{kind} {shorten(str(block.get('name')))} {shorten(_dump(block.get('input')), _LONGEST_BLOCK)}"
    text = block.get(_FIELDS.get(kind, ""))
    if isinstance(text, str) and text:
        return f'{kind} "{shorten(text, _LONGEST_BLOCK)}"'
    return shorten(kind)


def _dump(data: Any) -> str:
    try:
        return orjson.dumps(data).decode()
    except TypeError:  # nested too deep for orjson
        return "{…}"
