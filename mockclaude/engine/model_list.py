"""Requests to `/v1/models`, and the pages of the list, newest model first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from mockclaude.api.errors import invalid
from mockclaude.api.models import CATALOGUE, Lifecycle, Model, resolve
from mockclaude.api.request import MessagesRequest

LIFECYCLES: tuple[str, ...] = get_args(Lifecycle)
"""Values of `lifecycle[]`, in the order of the API's messages."""

_LISTED = ("active", "deprecated")
"""Default of `lifecycle[]`: retired models are listed only on request."""


def models_page(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page of the model list that `query` selects, like the SDKs' `Page`.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    limit = _limit(query.get("limit", "20"))
    lifecycles = _lifecycles(query)
    matches = [model.info() for model in _models_beside_cursor(query) if model.lifecycle in lifecycles]
    page = matches[-limit:] if "before_id" in query else matches[:limit]
    first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
    return {"data": page, "has_more": len(matches) > limit, "first_id": first, "last_id": last}


def models_request(path: str, headers: Mapping[str, str]) -> MessagesRequest:
    """Return the request to a path of models for conditions, without messages."""
    model_id = path.removeprefix("/v1/models").removeprefix("/")
    return MessagesRequest({"model": model_id, "messages": []}, headers, endpoint="models")


def _limit(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise invalid("limit: Input should be a valid integer, unable to parse string as an integer")
    limit = int(text)
    if limit < 1:
        raise invalid("limit: Input should be greater than or equal to 1")
    if limit > 1000:
        raise invalid("limit: Input should be less than or equal to 1000")
    return limit


def _lifecycles(query: Mapping[str, str]) -> Sequence[str]:
    names = _query_values(query, "lifecycle[]")
    if len(names) > len(LIFECYCLES):
        raise invalid(f"lifecycle: List should have at most {len(LIFECYCLES)} items after validation, not {len(names)}")
    for index, value in enumerate(names):
        if value not in LIFECYCLES:
            raise invalid(f"lifecycle.{index}: Input should be 'active', 'deprecated' or 'retired'")
    return names or _LISTED


def _query_values(query: Mapping[str, str], name: str) -> list[str]:
    """Return all values of `name`. A multidict may hold several."""
    if name not in query:
        return []
    getall = getattr(query, "getall", None)
    return list(getall(name)) if getall else [query[name]]


def _models_beside_cursor(query: Mapping[str, str]) -> Sequence[Model]:
    """Return the models before or after the cursor; all models without a cursor."""
    if "before_id" in query and "after_id" in query:
        raise invalid("Only one of after_id and before_id may be given")
    if "before_id" in query:
        return CATALOGUE[: _index(query["before_id"], "before_id")]
    return CATALOGUE[_index(query["after_id"], "after_id") + 1 :] if "after_id" in query else CATALOGUE


_INDEX = {model.id: index for index, model in enumerate(CATALOGUE)}


def _index(name: str, parameter: str) -> int:
    index = _INDEX.get(resolve(name))
    if index is None:
        raise invalid(f"{parameter}: '{name}' is not the id of a listed model")
    return index
