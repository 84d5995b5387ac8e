"""The pages of the list of files: by cursor, by id in the former beta, and by a list of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockclaude.api.errors import invalid
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.resources.file_views import FileShape
from mockclaude.engine.resources.pages import page_by_cursor, page_by_id

MAX_IDS = 100
"""The maximum number of `ids[]`, without duplicates."""

_BY_ID = ("after_id", "before_id")


def list_page(
    items: Sequence[Mapping[str, Any]], query: Mapping[str, str], shape: FileShape, validation: ValidationResult
) -> dict[str, Any]:
    """Return the page of files that a query selects.

    Args:
        items: All files, newest first.
        query: The query.
        shape: The shape of the page.
        validation: Receives the errors.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    if shape == "beta":
        return page_by_id(items, query, validation)
    if "ids[]" in query:
        return {"data": _select(items, query, validation), "next_page": None}
    if shape == "managed":
        return _page_both_ways(items, query, validation)
    for name in _BY_ID:
        if name in query:
            error = invalid(f"{name}: Extra inputs are not permitted; expected page")
            validation.report(error, gateway_accepts=True)
    return page_by_cursor(items, query, validation)


def _select(
    items: Sequence[Mapping[str, Any]], query: Mapping[str, str], validation: ValidationResult
) -> list[Mapping[str, Any]]:
    """Return the items with the ids in the query. Unknown ids are left out."""
    ids = frozenset(read_values(query, "ids[]"))
    if len(ids) > MAX_IDS:
        message = f"ids: List should have at most {MAX_IDS} items after validation, not {len(ids)}"
        validation.report(invalid(message), gateway_accepts=True)
    if "page" in query or "limit" in query:
        validation.report(invalid("ids: Only one of ids, and page or limit, may be given"), gateway_accepts=True)
    return [item for item in items if item["id"] in ids]


def _page_both_ways(
    items: Sequence[Mapping[str, Any]], query: Mapping[str, str], validation: ValidationResult
) -> dict[str, Any]:
    """Return a page with the keys of both families."""
    if any(name in query for name in _BY_ID):
        return {"next_page": None, **page_by_id(items, query, validation)}
    page = page_by_cursor(items, query, validation)
    first, last = (page["data"][0]["id"], page["data"][-1]["id"]) if page["data"] else (None, None)
    return {**page, "has_more": page["next_page"] is not None, "first_id": first, "last_id": last}
