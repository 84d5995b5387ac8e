"""The endpoints of Vertex AI: `:rawPredict`, `:streamRawPredict` and `count-tokens:rawPredict`."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from mockclaude.api.fingerprint import read_object
from mockclaude.api.platform_models import find_model_name
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.platform_body import (
    describe_model,
    refuse_extra,
    take_betas,
    take_version,
    write_object,
)
from mockclaude.engine.adapters.vertex_dialect import VertexDialect
from mockclaude.engine.count_tokens import count_tokens
from mockclaude.engine.decide import decide
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.valid_headers import validation_mode

_VERSION = "vertex-2023-10-16"
_COUNT = "/v1/messages/count_tokens"


def predict(http: HttpRequest, state: ScenarioState, project: str, location: str, model: str) -> Decision:
    """Decide the response to `:rawPredict`; the body can demand a stream.

    Raises:
        ApiError: 400; the body is invalid.
    """
    return _predict(http, state, project, location, unquote(model))


def predict_stream(http: HttpRequest, state: ScenarioState, project: str, location: str, model: str) -> Decision:
    """Decide the response to `:streamRawPredict`, which is always a stream.

    Raises:
        ApiError: 400; the body is invalid.
    """
    return _predict(http, state, project, location, unquote(model), stream=True)


def count(http: HttpRequest, state: ScenarioState, project: str, location: str) -> Decision:
    """Count the input tokens of a request whose body has the model.

    Raises:
        ApiError: 400; the body is invalid.
    """
    fields, headers = _read(http, state)
    model = fields.get("model")
    written = model if isinstance(model, str) else ""
    dialect = VertexDialect(_name_resource(project, location, written))
    if written:
        fields["model"] = find_model_name(written)
    core = CoreRequest(write_object(fields), headers, _COUNT)
    note = describe_model(written, fields["model"]) if written else ""
    return decide_in_dialect(http, state, core, dialect, count_tokens, note)


def _predict(
    http: HttpRequest, state: ScenarioState, project: str, location: str, model: str, **fields_of_path: bool
) -> Decision:
    fields, headers = _read(http, state)
    refuse_extra(fields, ("model",), validation_mode(http.head.headers, state.scenario.policy))
    name = find_model_name(model)
    core = CoreRequest(write_object({"model": name, **fields, **fields_of_path}), headers)
    dialect = VertexDialect(_name_resource(project, location, model))
    return decide_in_dialect(http, state, core, dialect, decide, describe_model(model, name))


def _read(http: HttpRequest, state: ScenarioState) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
    """Parse the body; return its fields, and the headers of the API that it has as fields."""
    fields = read_object(http.body)
    mode = validation_mode(http.head.headers, state.scenario.policy)
    version = ("anthropic-version", take_version(fields, _VERSION, mode))
    return fields, (version, *take_betas(fields, http.head.headers.get("anthropic-beta", "")))


def _name_resource(project: str, location: str, model: str) -> str:
    return f"projects/{project}/locations/{location}/publishers/anthropic/models/{model}"
