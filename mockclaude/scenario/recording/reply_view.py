"""Show a reply as lines without its ids, to compare two recordings of one request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import Any

import orjson

from mockclaude.scenario.recorded_reply import FRAMING_HEADERS, RecordedReply

_MAX_LINES = 4_000
"""Lines of two versions that are compared. The time of a comparison can grow with the square of their number."""

_VOLATILE = ("id", "tool_use_id", "request_id", "signature")
"""Keys whose values differ each time."""

_HIDDEN = (*FRAMING_HEADERS, "request-id")
_TEXTS = ("text", "thinking")
_RATE_LIMIT = "anthropic-ratelimit-"


def list_lines(reply: RecordedReply) -> list[str]:
    """List the status, headers and message of a reply.

    Ids, times and the cuts of deltas are left out.
    """
    return [*_list_head(reply), *_list_body(reply)]


def diff_lines(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """List the lines of a unified diff without its head; none for equal lines."""
    if old == new:
        return []
    if len(old) + len(new) > _MAX_LINES:
        return [f"- {len(old):,} lines", f"+ {len(new):,} lines"]
    return list(unified_diff(old, new, lineterm="", n=2))[2:]


def _list_head(reply: RecordedReply) -> Iterator[str]:
    yield f"status: {reply.status}"
    for name, value in sorted(reply.headers.items()):
        if value is not False and name not in _HIDDEN and not name.startswith(_RATE_LIMIT):
            yield f"{name}: {value}"
    if reply.ending:
        yield f"ending: {reply.ending}"


def _list_body(reply: RecordedReply) -> Iterator[str]:
    if reply.assembled:
        message = reply.assembled.message
        for block in message["content"]:
            yield from _list_block(block)
        yield from _format({key: value for key, value in message.items() if key != "content"})
        if not reply.assembled.is_complete:
            yield "incomplete: true"
        yield from (line for event in reply.events if event.name == "error" for line in _format(event.data))
    elif isinstance(reply.document, dict | list):
        yield from _format(reply.document)
    else:
        yield from reply.body.decode(errors="backslashreplace").splitlines()


def _list_block(block: Mapping[str, Any]) -> Iterator[str]:
    yield f"{block['type']}:"
    texts = {key: block[key] for key in _TEXTS if isinstance(block.get(key), str)}
    for text in texts.values():
        yield from (f"  {line}" for line in text.splitlines())
    rest = {key: value for key, value in block.items() if key not in texts and key != "type"}
    yield from (f"  {line}" for line in _format(rest))


def _format(document: Any) -> list[str]:
    without_ids = _remove_ids(document)
    try:
        return orjson.dumps(without_ids, option=orjson.OPT_INDENT_2).decode().splitlines() if without_ids else []
    except TypeError:  # nested too deep for orjson
        return [repr(without_ids)]


def _remove_ids(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _remove_ids(item) for key, item in value.items() if key not in _VOLATILE}
    return [_remove_ids(item) for item in value] if isinstance(value, list) else value
