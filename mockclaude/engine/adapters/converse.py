"""Amazon Bedrock: Converse and ConverseStream as requests to the API."""

from __future__ import annotations

from typing import Any

from mockclaude.api.fingerprint import read_object
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.bedrock import API_HEADERS, find_names, read_attempt
from mockclaude.engine.adapters.converse_blocks import read_list
from mockclaude.engine.adapters.converse_body import find_max_tokens, to_messages
from mockclaude.engine.adapters.converse_dialect import ConverseDialect
from mockclaude.engine.adapters.platform_body import describe_model, take_betas, write_object
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.valid_headers import validation_mode

_DIALECT = ConverseDialect()


def converse(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Answer Converse.

    Raises:
        ApiError: 400; the body is invalid.
    """
    return _decide_message(http, state, model_id, {})


def converse_stream(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Answer ConverseStream.

    Raises:
        ApiError: 400; the body is invalid.
    """
    return _decide_message(http, state, model_id, {"stream": True})


def _decide_message(http: HttpRequest, state: ScenarioState, model_id: str, streaming: dict[str, Any]) -> Decision:
    body = read_object(http.body)
    fields = to_messages(body, strict=validation_mode(http.headers, state.scenario.policy) == "anthropic")
    headers = (*API_HEADERS, *take_betas(fields, http.headers.get("anthropic-beta", "")), *read_attempt(http.headers))
    name, written = find_names(model_id)
    message = {"model": name, "max_tokens": find_max_tokens(name), **fields, **streaming}
    request = CoreRequest(write_object(message), headers)
    dialect = _choose_dialect(body)
    return decide_in_dialect(http, state, request, dialect, note=describe_model(written, name))


def _choose_dialect(body: dict[str, Any]) -> ConverseDialect:
    paths = body.get("additionalModelResponseFieldPaths")
    return _DIALECT if paths is None else ConverseDialect(read_list(paths, ("additionalModelResponseFieldPaths",)))
