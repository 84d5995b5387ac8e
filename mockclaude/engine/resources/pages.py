"""The pages of a list in both forms of the API: by `after_id` and `before_id`, or by `page` and `next_page`."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any

from mockclaude.api.errors import invalid
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.state.resources import Resource

_LIMIT = "20"


def page_by_id(
    items: Sequence[Mapping[str, Any]],
    query: Mapping[str, str],
    validation: ValidationResult,
    noun: str = "object",
    order: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return the page `{data, has_more, first_id, last_id}` that `query` selects.

    Unless the mode is anthropic, an unknown cursor and two cursors select an empty page.

    Args:
        items: All items with their `id`, in the order of the list.
        query: The query.
        validation: The validation of the request.
        noun: The noun for an item, for the message on an unknown cursor.
        order: The ids that can be cursors, in the order of the list. Default: those of the items.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    limit = read_limit(query, validation)
    places = {name: place for place, name in enumerate(order or [item["id"] for item in items])}
    cursors = [name for name in ("after_id", "before_id") if name in query]
    if len(cursors) > 1:
        report_invalid("Only one of after_id and before_id may be given", validation, gateway_accepts=True)
    for cursor in cursors:
        place = places.get(query[cursor])
        if place is None:
            problem = f"{cursor}: '{query[cursor]}' is not the id of a listed {noun}"
            report_invalid(problem, validation, gateway_accepts=True)
        is_beside = [
            place is not None and (places[item["id"]] < place if cursor == "before_id" else places[item["id"]] > place)
            for item in items
        ]
        items = [] if len(cursors) > 1 else list(compress(items, is_beside))
    page = items[-limit:] if cursors == ["before_id"] else items[:limit]
    first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
    return {"data": list(page), "has_more": len(items) > limit, "first_id": first, "last_id": last}


def list_cursors(
    resources: Sequence[Resource], query: Mapping[str, str], find_deleted: Callable[[str], int | None]
) -> list[str]:
    """List the ids that can be cursors, newest first.

    A deleted resource keeps its place, so that a client can delete the pages that it reads.
    """
    placed = [(-resource.number, resource.id) for resource in resources]
    deleted = ((name, find_deleted(name)) for name in {query.get("after_id", ""), query.get("before_id", "")})
    return [name for _, name in sorted([*placed, *((-number, name) for name, number in deleted if number is not None)])]


def page_by_cursor(
    items: Sequence[Any],
    numbers: Sequence[int],
    query: Mapping[str, str],
    validation: ValidationResult,
    *,
    newest_first: bool = True,
    list_name: str = "",
) -> dict[str, Any]:
    """Return the page `{data, next_page}` that `query` selects.

    A cursor has the number of the last item of its page, so that it stays valid without that item. Unless the mode is
    anthropic, an invalid `page` selects the first page.

    Args:
        items: All items, in the order of the list.
        numbers: Their numbers, which descend, or else ascend.
        query: The query.
        validation: The validation of the request.
        newest_first: Whether the numbers descend.
        list_name: A part of the cursors, which are invalid for lists with another one.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    limit = read_limit(query, validation)
    last = _read_cursor(query["page"], list_name) if "page" in query else None
    if last is None and "page" in query:
        report_invalid("page: Invalid page token", validation, gateway_accepts=True)
    is_later = [last is None or (number < last if newest_first else number > last) for number in numbers]
    left, numbers = list(compress(items, is_later)), list(compress(numbers, is_later))
    next_page = _write_cursor(numbers[limit - 1], list_name) if len(left) > limit else None
    return {"data": left[:limit], "next_page": next_page}


def read_limit(query: Mapping[str, str], validation: ValidationResult) -> int:
    """Read the maximum number of items of a page.

    Raises:
        ApiError: 400; it is invalid.
    """
    text = query.get("limit", _LIMIT)
    problem = _find_limit_problem(text)
    if problem:
        report_invalid(f"limit: {problem}", validation)
    return int(_LIMIT if problem else text)


def _find_limit_problem(text: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        return "Input should be a valid integer, unable to parse string as an integer"
    if int(text) < 1:
        return "Input should be greater than or equal to 1"
    return "Input should be less than or equal to 1000" if int(text) > 1000 else ""


def report_invalid(message: str, validation: ValidationResult, *, gateway_accepts: bool = False) -> None:
    """Report an invalid parameter.

    Raises:
        ApiError: 400.
    """
    validation.report(invalid(message), gateway_accepts=gateway_accepts)


def _write_cursor(number: int, list_name: str) -> str:
    return f"page_{urlsafe_b64encode(f'{list_name}{number}'.encode(errors='replace')).decode().rstrip('=')}"


def _read_cursor(cursor: str, list_name: str) -> int | None:
    """Return the number in a cursor; None if the server has not written it for the list."""
    text = cursor.removeprefix("page_")
    try:
        number = int(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().removeprefix(list_name))
    except ValueError:
        return None
    return number if _write_cursor(number, list_name) == cursor else None
