"""The models: requests to `/v1/models` and below, and the pages of the list, newest model first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from mockclaude.api import models
from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import ValidationResult
from mockclaude.api.models import CATALOGUE, CATALOGUE_DATE, Lifecycle, Model, resolve
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import decide_document
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.request_context import RequestContext, resource_request
from mockclaude.engine.scenario_state import ScenarioState

LIFECYCLES: tuple[str, ...] = get_args(Lifecycle)
"""Values of `lifecycle[]`, in the order of the API's messages."""

_LIMIT = "20"

_LISTED = ("active", "deprecated")
"""Default of `lifecycle[]`: retired models are listed only on request."""


def list_models(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide to send a page of the list."""
    validation = state.validator.headers(http.head).result
    return _decide_models(http, state, models_page(http.head.query, validation, state.scenario.policy.today))


def retrieve_model(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Decide to send one model."""
    validation = state.validator.headers(http.head).result
    model = models.find(model_id)
    if model is None:
        validation.report(ApiError("not_found_error", f"model: {model_id}"), gateway_accepts=False)
        return _decide_models(http, state, models.build_unlisted_info(model_id))
    state.validator.check_retirement(model_id, model, validation)
    return _decide_models(http, state, model.info(state.scenario.policy.today))


def _decide_models(http: HttpRequest, state: ScenarioState, document: Body) -> Decision:
    request = resource_request("models", http.head.path, http.headers, http.head.adapter)
    return decide_document(RequestContext(http, state, request, http.raw_fingerprints()), document)


def models_page(query: Mapping[str, str], validation: ValidationResult, day: str = CATALOGUE_DATE) -> dict[str, Any]:
    """Return the page of the model list that `query` selects, like the SDKs' `Page`.

    The lifecycles are those on `day`, an ISO day.

    If `validation` is off, an invalid parameter has its default.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    limit = _limit(query.get("limit", _LIMIT), validation)
    lifecycles = _lifecycles(query, validation)
    listed, backward = _models_beside_cursor(query, validation)
    matches = [model.info(day) for model in listed if model.lifecycle(day) in lifecycles]
    page = matches[-limit:] if backward else matches[:limit]
    first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
    return {"data": page, "has_more": len(matches) > limit, "first_id": first, "last_id": last}


def _limit(text: str, validation: ValidationResult) -> int:
    problem = _find_limit_problem(text)
    if problem:
        _report(f"limit: {problem}", validation)
    return int(_LIMIT if problem else text)


def _find_limit_problem(text: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        return "Input should be a valid integer, unable to parse string as an integer"
    if int(text) < 1:
        return "Input should be greater than or equal to 1"
    return "Input should be less than or equal to 1000" if int(text) > 1000 else ""


def _report(message: str, validation: ValidationResult) -> None:
    validation.report(invalid(message), gateway_accepts=False)


def _lifecycles(query: Mapping[str, str], validation: ValidationResult) -> Sequence[str]:
    names = _query_values(query, "lifecycle[]")
    if len(names) > (most := len(LIFECYCLES)):
        _report(f"lifecycle: List should have at most {most} items after validation, not {len(names)}", validation)
    for index, value in enumerate(names):
        if value not in LIFECYCLES:
            _report(f"lifecycle.{index}: Input should be 'active', 'deprecated' or 'retired'", validation)
    return [name for name in names if name in LIFECYCLES] or _LISTED


def _query_values(query: Mapping[str, str], name: str) -> list[str]:
    """Return all values of `name`. A multidict may hold several."""
    if name not in query:
        return []
    getall = getattr(query, "getall", None)
    return list(getall(name)) if getall else [query[name]]


def _models_beside_cursor(query: Mapping[str, str], validation: ValidationResult) -> tuple[Sequence[Model], bool]:
    """Return the models before or after the cursor, and whether they are before it; all models without a cursor."""
    if "before_id" in query and "after_id" in query:
        _report("Only one of after_id and before_id may be given", validation)
    cursor = next((name for name in ("after_id", "before_id") if name in query), "")
    if not cursor:
        return CATALOGUE, False
    index = _INDEX.get(resolve(query[cursor]))
    if index is None:
        _report(f"{cursor}: '{query[cursor]}' is not the id of a listed model", validation)
        return CATALOGUE, False
    return (CATALOGUE[:index], True) if cursor == "before_id" else (CATALOGUE[index + 1 :], False)


_INDEX = {model.id: index for index, model in enumerate(CATALOGUE)}
