"""Differences between the shapes of two responses to one request.

Ids, texts, values of usage and the number of blocks differ by nature. Keys, their order, the order of events and the
names of headers do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from mockclaude.api.events import Event
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.proxy.drift_cases import ObservedResponse
from mockclaude.scenario.recorded_reply import FRAMING_HEADERS, RecordedReply

Shapes: TypeAlias = Mapping[str, Sequence[Any]]
"""Name of a part of a response -> its values, of which each has another shape."""

_FREE = ("input", "partial_json", "content")
"""Keys whose values the model chooses, or which are compared as blocks."""

_FRAMING = frozenset((*FRAMING_HEADERS, "content-encoding", "date", "trailer"))
"""Headers that depend on the connection or the recorder."""

_LIMITS = "anthropic-ratelimit-"

_IDS = compile_lazily(r"\b(?:[a-z]{2,12}_)+[0-9A-Za-z]{16,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_NUMBERS = compile_lazily(r"[0-9]+")
_LONGEST_TEXT = 160

MAX_DEPTH = 40
"""The maximum nesting of keys that are compared. The API's responses have far fewer levels."""


def list_differences(recorded: ObservedResponse, mock: ObservedResponse) -> list[str]:
    """List the differences in shape, each as one line without ids and numbers."""
    if recorded.status != mock.status:
        text = _error_text(recorded if recorded.status >= 400 else mock)
        return [f"status {recorded.status}; mock: {mock.status}{text and f'; {text}'}"]
    if recorded.is_stream != mock.is_stream:
        return [f"form: {_name_form(recorded)}; mock: {_name_form(mock)}"]
    differences = list(_compare_headers(recorded, mock))
    reply, own = recorded.reply, mock.reply
    if reply is not None and own is not None:
        if reply.status >= 400:
            differences += _compare_errors(recorded, mock)
        differences += _compare_shapes(_list_shapes(reply), _list_shapes(own), recorded.has_order)
        differences += _compare_orders(_find_order(reply.events), _find_order(own.events))
    return list(dict.fromkeys(differences))


def _name_form(response: ObservedResponse) -> str:
    return "stream" if response.is_stream else "JSON"


def _compare_headers(recorded: ObservedResponse, mock: ObservedResponse) -> Iterator[str]:
    names, own = recorded.header_names, mock.header_names or frozenset()
    if names is None:
        return
    yield from (f"headers: the mock does not send `{name}`" for name in _name_headers(names - own))
    if "date" in names:  # else the recorder has left headers out
        yield from (f"headers: only the mock sends `{name}`" for name in _name_headers(own - names))


def _name_headers(names: frozenset[str]) -> list[str]:
    """Return sorted names without those of framing. The names of rate limits are one."""
    return sorted({f"{_LIMITS}*" if name.startswith(_LIMITS) else name for name in names - _FRAMING})


def _compare_errors(recorded: ObservedResponse, mock: ObservedResponse) -> Iterator[str]:
    (kind, text), (own_kind, own_text) = _read_error(recorded), _read_error(mock)
    if kind != own_kind:
        yield f"error type: {_normalize(kind)}; mock: {own_kind}"
    elif text != own_text:
        yield f"error text: {_normalize(text)}; mock: {_normalize(own_text)}"


def _read_error(response: ObservedResponse) -> tuple[str, str]:
    document = response.reply.document if response.reply else None
    error = document.get("error") if isinstance(document, dict) else None
    return (str(error.get("type")), str(error.get("message"))) if isinstance(error, dict) else ("", "")


def _error_text(response: ObservedResponse) -> str:
    return _normalize(_read_error(response)[1])


def _normalize(text: str) -> str:
    """Return a text as one short line without ids and numbers."""
    line = _NUMBERS.sub("N", _IDS.sub("ID", " ".join(text.split())))
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"


def _list_shapes(reply: RecordedReply) -> Shapes:
    """List the values of each part of a response that have different keys."""
    shapes: dict[str, dict[Any, Any]] = {}
    for name, value in _list_parts(reply):
        shapes.setdefault(name, {}).setdefault(_find_shape(value), value)
    return {name: list(values.values()) for name, values in shapes.items()}


def _list_parts(reply: RecordedReply) -> Iterator[tuple[str, Any]]:
    for event in reply.events:
        yield _name_event(event), event.data
    if isinstance(reply.document, dict):
        yield "error" if reply.status >= 400 else "message", reply.document
        blocks = reply.document.get("content")
        yield from ((f"block {_kind_of(block)}", block) for block in (blocks if isinstance(blocks, list) else ()))


def _name_event(event: Event) -> str:
    data = event.data if isinstance(event.data, dict) else {}
    kind = next((_kind_of(data[key]) for key in ("content_block", "delta") if key in data), "")
    return f"event {event.name or 'comment'}{kind and f' {kind}'}"


def _kind_of(part: Any) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else ""


def _find_shape(value: Any, depth: int = 0) -> Any:
    """Return the keys of nested mappings in their order."""
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return None
    return tuple([(key, None if key in _FREE else _find_shape(inner, depth + 1)) for key, inner in value.items()])


def _compare_shapes(recorded: Shapes, mock: Shapes, has_order: bool) -> Iterator[str]:
    """Compare the parts that both responses have, each with the nearest one of the mock."""
    for name, values in recorded.items():
        if name in mock:
            for value in values:
                yield from min((list(_compare_keys(name, value, own, has_order)) for own in mock[name]), key=len)


def _compare_keys(name: str, recorded: Any, mock: Any, has_order: bool, depth: int = 0) -> Iterator[str]:
    if not isinstance(recorded, dict) or not isinstance(mock, dict) or depth > MAX_DEPTH:
        return
    yield from (f"{name}: the mock does not send `{key}`" for key in recorded if key not in mock)
    yield from (f"{name}: only the mock sends `{key}`" for key in mock if key not in recorded)
    common, own = [key for key in recorded if key in mock], [key for key in mock if key in recorded]
    if has_order and common != own:
        yield f"{name}: keys in the order {', '.join(common)}; mock: {', '.join(own)}"
    for key in common:
        if key not in _FREE:
            yield from _compare_keys(f"{name} {key}", recorded[key], mock[key], has_order, depth + 1)


def _compare_orders(order: list[str], own: list[str]) -> Iterator[str]:
    if order != own:
        yield f"events: {', '.join(order)}; mock: {', '.join(own)}"


def _find_order(events: Iterable[Event]) -> list[str]:
    """Return the kinds of events in their order, without the blocks, which are as many as the model likes."""
    order, open_block, blocks = [], None, 0
    for event in events:
        index = event.data.get("index") if isinstance(event.data, dict) else None
        if event.name == "content_block_start":
            open_block, blocks = index, blocks + 1
        elif event.name == "content_block_stop" and index == open_block:
            open_block = None
        elif event.name == "ping":
            order.append(_name_ping(blocks, is_open=open_block is not None))
        elif event.name != "content_block_delta" or index != open_block:
            order.append(event.name or "comment")
    return [name for name, _ in groupby(order)]


def _name_ping(blocks: int, *, is_open: bool) -> str:
    if not blocks:
        return "ping before the blocks"
    return f"ping {'in' if is_open else 'after'} {'the first block' if blocks == 1 else 'a later block'}"
