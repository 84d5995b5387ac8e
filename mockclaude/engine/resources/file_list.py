"""The pages of the list of files: by cursor, by id in the former beta, and by a list of ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockclaude.api.errors import invalid
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.resources.file_views import FileShape, describe_file
from mockclaude.engine.resources.pages import list_cursors, page_by_cursor, page_by_id
from mockclaude.engine.state.resources import Resource

MAX_IDS = 100
"""The maximum number of `ids[]`, without duplicates."""

_BY_ID = ("after_id", "before_id")


def list_page(
    files: Sequence[Resource],
    query: Mapping[str, str],
    shape: FileShape,
    validation: ValidationResult,
    find_deleted: Callable[[str], int | None],
) -> dict[str, Any]:
    """Return the page of files that a query selects.

    Args:
        files: All files, newest first.
        query: The query.
        shape: The shape of the page.
        validation: Receives the errors.
        find_deleted: Returns the number of a deleted file; None for another id.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    items = [describe_file(file, shape) for file in files]
    if shape == "beta":
        return page_by_id(items, query, validation, "file", list_cursors(files, query, find_deleted))
    if "ids[]" in query:
        return {"data": _select(items, query, validation), "next_page": None}
    by_id = [name for name in _BY_ID if name in query]
    if by_id and shape == "managed":
        return {
            "next_page": None,
            **page_by_id(items, query, validation, "file", list_cursors(files, query, find_deleted)),
        }
    for name in by_id:
        error = invalid(f"{name}: Extra inputs are not permitted; expected page")
        validation.report(error, gateway_accepts=True)
    page = page_by_cursor(items, [file.number for file in files], query, validation)
    return _add_keys_by_id(page) if shape == "managed" else page


def _read_values(query: Mapping[str, str], name: str) -> list[str]:
    """Return all values of a parameter. A multidict may hold several."""
    getall = getattr(query, "getall", None)
    return list(getall(name)) if getall else [query[name]]


def _select(
    items: Sequence[Mapping[str, Any]], query: Mapping[str, str], validation: ValidationResult
) -> list[Mapping[str, Any]]:
    """Return the items with the ids in the query. Unknown ids are left out."""
    ids = frozenset(_read_values(query, "ids[]"))
    if len(ids) > MAX_IDS:
        message = f"ids: List should have at most {MAX_IDS} items after validation, not {len(ids)}"
        validation.report(invalid(message), gateway_accepts=True)
    if "page" in query or "limit" in query:
        validation.report(invalid("ids: Only one of ids, and page or limit, may be given"), gateway_accepts=True)
    return [item for item in items if item["id"] in ids]


def _add_keys_by_id(page: dict[str, Any]) -> dict[str, Any]:
    """Add the keys of the other family of pages."""
    ids = [item["id"] for item in page["data"]] or [None]
    return {**page, "has_more": page["next_page"] is not None, "first_id": ids[0], "last_id": ids[-1]}
