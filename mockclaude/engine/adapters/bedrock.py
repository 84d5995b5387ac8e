"""Amazon Bedrock: InvokeModel, InvokeModelWithResponseStream and CountTokens as requests to the API."""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from urllib.parse import unquote

from mockclaude.api.errors import invalid
from mockclaude.api.fingerprint import read_object
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.memo import remember
from mockclaude.api.platform_models import find_model_name
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.bedrock_dialect import BedrockDialect, CountDialect
from mockclaude.engine.adapters.platform_body import (
    note_model,
    refuse_extra,
    take_betas,
    take_version,
    write_object,
)
from mockclaude.engine.count_tokens import count_tokens as count_in_core
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.valid_headers import validation_mode

_VERSION = "bedrock-2023-05-31"
"""Bedrock's name of the API's version 2023-06-01."""

_ATTEMPT = compile_lazily(r"\battempt=([1-9]\d{0,3})\b")
"""The number of the attempt, as clients of AWS count it."""

_MESSAGES, _COUNTS = BedrockDialect(), CountDialect()

_OF_MESSAGES = (
    *("max_tokens", "stop_sequences", "metadata", "temperature", "top_p", "top_k"),
    *("container", "inference_geo", "service_tier"),
)
"""Fields of an InvokeModel body that the API's count_tokens does not accept."""


def invoke(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Answer InvokeModel.

    Raises:
        ApiError: 400; the body is invalid.
    """
    return _decide_message(http, state, model_id, stream=False)


def invoke_with_response_stream(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Answer InvokeModelWithResponseStream.

    Raises:
        ApiError: 400; the body is invalid.
    """
    return _decide_message(http, state, model_id, stream=True)


def count_tokens(http: HttpRequest, state: ScenarioState, model_id: str) -> Decision:
    """Answer CountTokens, whose input is the body of an InvokeModel request.

    Raises:
        ApiError: 400; the body or the body in it is invalid.
    """
    fields, headers = _read_fields(http, state, _read_input(read_object(http.body)))
    name, written = _find_names(model_id)
    counted = {field: value for field, value in fields.items() if field not in _OF_MESSAGES}
    request = CoreRequest(write_object({"model": name, **counted}), headers, "/v1/messages/count_tokens")
    return note_model(decide_in_dialect(http, state, request, _COUNTS, count_in_core), written, name)


def _decide_message(http: HttpRequest, state: ScenarioState, model_id: str, *, stream: bool) -> Decision:
    fields, headers = _read_fields(http, state, http.body)
    name, written = _find_names(model_id)
    fields["model"] = name
    if stream:
        fields["stream"] = True
    request = CoreRequest(write_object(fields), headers)
    return note_model(decide_in_dialect(http, state, request, _MESSAGES), written, name)


@remember(1024, 1_000)
def _find_names(model_id: str) -> tuple[str, str]:
    """Return the API's name of a model, and the decoded name in the path."""
    return find_model_name(model_id), unquote(model_id)


def _read_fields(
    http: HttpRequest, state: ScenarioState, body: bytes
) -> tuple[dict[str, Any], tuple[tuple[str, str], ...]]:
    """Parse a body; return its fields, and the headers of the API that it has as fields."""
    fields = read_object(body)
    mode = validation_mode(http.headers, state.scenario.policy)
    refuse_extra(fields, ("model", "stream"), mode)
    headers = [("anthropic-version", take_version(fields, _VERSION, mode)), ("content-type", "application/json")]
    headers += take_betas(fields, http.headers.get("anthropic-beta", ""))
    profile = fields.pop("user_profile_id", None)
    if isinstance(profile, str):
        headers.append(("anthropic-user-profile-id", profile))
    if attempt := _ATTEMPT.search(http.headers.get("amz-sdk-request", "")):
        headers.append(("x-stainless-retry-count", str(int(attempt[1]) - 1)))
    return fields, tuple(headers)


def _read_input(body: dict[str, Any]) -> bytes:
    """Return the InvokeModel body in the body of CountTokens."""
    try:
        return b64decode(body["input"]["invokeModel"]["body"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise invalid("input: expected `invokeModel` with a `body` in base64") from None
