"""The models in OpenAI's form: the whole list, and one model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from mockclaude.engine import model_list
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.edited_values import as_object
from mockclaude.engine.adapters.openai_errors import OpenaiErrors
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response

_WHOLE_LIST = {"limit": "1000"}
"""The query of the page with all models: OpenAI's list has no pages."""


class OpenaiModels(OpenaiErrors):
    """The form of the list, or of a model.

    Args:
        build: Builds the document from that of the API, whose values a fault may have edited.
    """

    def __init__(self, build: Callable[[Any], dict[str, Any]]) -> None:
        self._build = build

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Translate the page with all models, or a model."""
        return TranslatedBody(200, self.translate_headers(response), self._build(document))


def list_models(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide to send the list."""
    return _decide(http, state, partial(model_list.list_models, query=_WHOLE_LIST), _build_list)


def retrieve_model(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Decide to send one model."""
    return _decide(http, state, partial(model_list.retrieve_model, model_id=model_id), _build_model)


def _decide(
    http: HttpRequest,
    state: ScenarioState,
    answer: Callable[[HttpRequest, ScenarioState], Decision],
    build: Callable[[Any], dict[str, Any]],
) -> Decision:
    return decide_in_dialect(http, state, CoreRequest(b"", path=http.head.path), OpenaiModels(build), answer)


def _build_list(page: Any) -> dict[str, Any]:
    models = as_object(page).get("data")
    return {"object": "list", "data": list(map(_build_model, models)) if isinstance(models, list) else models}


def _build_model(model: Any) -> dict[str, Any]:
    fields = as_object(model)
    created = _read_time(fields.get("created_at"))
    return {"id": fields.get("id"), "object": "model", "created": created, "owned_by": "anthropic"}


def _read_time(written: Any) -> int | None:
    """Return the Unix time of a time in UTC, in seconds; None for another value."""
    try:
        return int(datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp())
    except (TypeError, ValueError):
        return None
