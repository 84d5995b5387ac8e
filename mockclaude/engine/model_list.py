"""The models: requests to `/v1/models` and below, and the pages of the list, newest model first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args
from urllib.parse import unquote

from mockclaude.api import models
from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError
from mockclaude.api.mode import ValidationResult
from mockclaude.api.models import CATALOGUE, CATALOGUE_DATE, Lifecycle, resolve
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import decide_document
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.request_context import RequestContext, resource_request
from mockclaude.engine.resources.pages import page_by_id, report_invalid
from mockclaude.engine.scenario_state import ScenarioState

LIFECYCLES: tuple[str, ...] = get_args(Lifecycle)
"""Values of `lifecycle[]`, in the order of the API's messages."""

_CURSORS = ("after_id", "before_id")

_LISTED = ("active", "deprecated")
"""Default of `lifecycle[]`: retired models are listed only on request."""


def list_models(http: HttpRequest, state: ScenarioState, query: Mapping[str, str] | None = None) -> Decision:
    """Decide to send a page of the list.

    Args:
        http: The HTTP request.
        state: The scenario and its store.
        query: The query. Default: that of the request.
    """
    validation = state.validator.headers(http.head).result
    page = models_page(http.head.query if query is None else query, validation, state.scenario.policy.today)
    return _decide_models(http, state, page)


def retrieve_model(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Decide to send one model.

    Its id may have slashes. Mode `gateway` and mode `off` have a model of any id.
    """
    validation, name = state.validator.headers(http.head).result, unquote(model_id)
    model = models.find(name)
    if model is None:
        validation.report(ApiError("not_found_error", f"model: {name}"), gateway_accepts=True)
        return _decide_models(http, state, models.build_unlisted_info(name))
    state.validator.check_retirement(name, model, validation)
    return _decide_models(http, state, model.info(state.scenario.policy.today))


def _decide_models(http: HttpRequest, state: ScenarioState, document: Body) -> Decision:
    request = resource_request("models", http.head.path, http.headers, http.head.adapter)
    return decide_document(RequestContext(http, state, request, http.raw_fingerprints()), document)


def models_page(query: Mapping[str, str], validation: ValidationResult, day: str = CATALOGUE_DATE) -> dict[str, Any]:
    """Return the page of the model list that `query` selects, like the SDKs' `Page`.

    The lifecycles are those on `day`, an ISO day.

    If `validation` is off, an invalid parameter has its default, and an invalid cursor an empty page.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    lifecycles = _lifecycles(query, validation)
    listed = [model.info(day) for model in CATALOGUE if model.lifecycle(day) in lifecycles]
    named = {name: resolve(query[name]) if name in _CURSORS else query[name] for name in query}
    return page_by_id(listed, named, validation, "model", _ORDER)


def _lifecycles(query: Mapping[str, str], validation: ValidationResult) -> Sequence[str]:
    names = _query_values(query, "lifecycle[]")
    if len(names) > (most := len(LIFECYCLES)):
        report_invalid(
            f"lifecycle: List should have at most {most} items after validation, not {len(names)}", validation
        )
    for index, value in enumerate(names):
        if value not in LIFECYCLES:
            report_invalid(f"lifecycle.{index}: Input should be 'active', 'deprecated' or 'retired'", validation)
    return [name for name in names if name in LIFECYCLES] or _LISTED


def _query_values(query: Mapping[str, str], name: str) -> list[str]:
    """Return all values of `name`. A multidict may hold several."""
    if name not in query:
        return []
    getall = getattr(query, "getall", None)
    return list(getall(name)) if getall else [query[name]]


_ORDER = [model.id for model in CATALOGUE]
