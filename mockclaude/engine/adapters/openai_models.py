"""The models in OpenAI's form: the whole list, and one model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from mockclaude.engine import model_list
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.openai_errors import OpenaiErrors
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response

_WHOLE_LIST = {"limit": "1000"}
"""The query of the page with all models: OpenAI's list has no pages."""


class OpenaiModels(OpenaiErrors):
    """The form of a model and of the list."""

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Translate a model, or the page with all models."""
        if "data" in document:
            translated: dict[str, Any] = {"object": "list", "data": list(map(_build_model, document["data"]))}
        else:
            translated = _build_model(document)
        return TranslatedBody(200, self.translate_headers(response), translated)


def list_models(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide to send the list."""
    return _decide(http, state, partial(model_list.list_models, query=_WHOLE_LIST))


def retrieve_model(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Decide to send one model."""
    return _decide(http, state, partial(model_list.retrieve_model, model_id=model_id))


def _decide(
    http: HttpRequest, state: ScenarioState, answer: Callable[[HttpRequest, ScenarioState], Decision]
) -> Decision:
    return decide_in_dialect(http, state, CoreRequest(b"", path=http.head.path), OpenaiModels(), answer)


def _build_model(model: dict[str, Any]) -> dict[str, Any]:
    created = int(datetime.fromisoformat(model["created_at"]).timestamp())
    return {"id": model["id"], "object": "model", "created": created, "owned_by": "anthropic"}
