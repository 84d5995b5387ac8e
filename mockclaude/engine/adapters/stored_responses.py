"""Responses that later requests to the Responses API continue, or to whose items they refer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import cache, partial
from typing import Any, TypeAlias

import orjson

from mockclaude.api.errors import ApiError, invalid
from mockclaude.engine.adapters.chat_content import read_text
from mockclaude.engine.decision import Decision, Live, Part
from mockclaude.engine.state.resources import Resource

Find: TypeAlias = Callable[[str], Resource | None]
"""A function that finds a response by its id. Its facts are the body of its request, its content is the response."""

HINT = "the last 1,000 responses of a lane are stored, up to 16 MB with their input, unless `store` is false"


def resolve_input(body: dict[str, Any], find: Find) -> dict[str, Any]:
    """Return the body with the whole conversation as its input.

    Raises:
        ApiError: 400, 404; the body refers to a response or to an item that is not stored.
    """
    written, previous = body.get("input"), body.get("previous_response_id")
    has_references = isinstance(written, list) and any(map(_is_reference, written))
    if (previous is None and not has_references) or not isinstance(written, (str, list)):
        return body
    load = cache(partial(_load_output, find))
    items = [_find_item(item["id"], load) if _is_reference(item) else item for item in _to_items(written)]
    earlier = [] if previous is None else _list_earlier(read_text(previous, "previous_response_id"), find)
    return {**body, "input": [*earlier, *items]}


def _is_reference(item: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        return False
    return item.get("type") == "item_reference" or item.keys() == {"id"}


def _to_items(written: str | list[Any]) -> list[Any]:
    return [{"role": "user", "content": written}] if isinstance(written, str) else written


def _load_output(find: Find, response_id: str) -> dict[str, Any]:
    """Load the items in the output of a response by their ids; none if it is not stored."""
    stored = find(response_id)
    return {} if stored is None else {item["id"]: item for item in orjson.loads(stored.content)["output"]}


def _find_item(item_id: str, load: Callable[[str], dict[str, Any]]) -> Any:
    name, _, _ = item_id.partition("_")[2].rpartition("_")
    item = load(f"resp_{name}").get(item_id)
    if item is None:
        raise ApiError("not_found_error", f"Item with id '{item_id}' not found.", hint=HINT)
    return item


def _list_earlier(response_id: str, find: Find) -> list[Any]:
    """List the input and the output of a response."""
    stored = find(response_id)
    if stored is None:
        error = invalid(f"Previous response with id '{response_id}' not found.")
        error.hint = HINT
        raise error
    return [*_to_items(orjson.loads(stored.facts)["input"]), *orjson.loads(stored.content)["output"]]


class StoringReply:
    """A live reply whose response is stored at its end.

    Args:
        live: The reply.
        store: Adds the effect to the decision on the whole reply.
    """

    def __init__(self, live: Live, store: Callable[[Decision], Decision]) -> None:
        self._live = live
        self._store = store

    async def parts(self) -> AsyncGenerator[Part, None]:
        """Yield the parts of the reply."""
        async with aclosing(self._live.parts()) as parts:
            async for part in parts:
                yield part if part.whole is None else Part(part.response, self._store(part.whole))

    def partial_decision(self) -> Decision:
        """Return the decision with the parts sent so far."""
        return self._live.partial_decision()
