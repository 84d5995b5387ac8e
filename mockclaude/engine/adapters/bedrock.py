"""Amazon Bedrock: InvokeModel, InvokeModelWithResponseStream and CountTokens as requests to the API."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote

from mockclaude.api.errors import invalid
from mockclaude.api.fingerprint import read_object
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.memo import remember
from mockclaude.api.platform_models import find_model_name
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.bedrock_dialect import BedrockDialect, CountDialect
from mockclaude.engine.adapters.converse_body import to_messages
from mockclaude.engine.adapters.platform_body import (
    describe_model,
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

_CONTENT_TYPE = ("content-type", "application/json")

API_HEADERS = (("anthropic-version", "2023-06-01"), _CONTENT_TYPE)
"""The headers of a request to the API from an operation without a version."""

_Headers: TypeAlias = tuple[tuple[str, str], ...]

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
    """Answer CountTokens for the body of InvokeModel or of Converse.

    Raises:
        ApiError: 400; the body or the body in it is invalid.
    """
    fields, headers = _read_input(http, state, read_object(http.body).get("input"))
    name, written = find_names(model_id)
    counted = {field: value for field, value in fields.items() if field not in _OF_MESSAGES}
    request = CoreRequest(write_object({"model": name, **counted}), headers, "/v1/messages/count_tokens")
    return decide_in_dialect(http, state, request, _COUNTS, count_in_core, describe_model(written, name))


def _decide_message(http: HttpRequest, state: ScenarioState, model_id: str, *, stream: bool) -> Decision:
    fields, headers = _read_fields(http, state, http.body)
    name, written = find_names(model_id)
    fields["model"] = name
    if stream:
        fields["stream"] = True
    request = CoreRequest(write_object(fields), headers)
    return decide_in_dialect(http, state, request, _MESSAGES, note=describe_model(written, name))


@remember(1024, 1_000)
def find_names(model_id: str) -> tuple[str, str]:
    """Return the API's name of a model, and the decoded name in the path."""
    return find_model_name(model_id), unquote(model_id)


def read_attempt(headers: Mapping[str, str]) -> _Headers:
    """Return the header with the number of retries of a client of AWS."""
    attempt = headers.get("amz-sdk-request")
    return _to_retries(attempt) if attempt else ()


@remember(64, 200)
def _to_retries(attempt: str) -> _Headers:
    match = _ATTEMPT.search(attempt)
    return (("x-stainless-retry-count", str(int(match[1]) - 1)),) if match else ()


def _read_fields(http: HttpRequest, state: ScenarioState, body: bytes) -> tuple[dict[str, Any], _Headers]:
    """Parse a body; return its fields, and the headers of the API that it has as fields."""
    fields = read_object(body)
    mode = validation_mode(http.headers, state.scenario.policy)
    refuse_extra(fields, ("model", "stream"), mode)
    headers = [("anthropic-version", take_version(fields, _VERSION, mode)), _CONTENT_TYPE]
    headers += take_betas(fields, http.headers.get("anthropic-beta", ""))
    profile = fields.pop("user_profile_id", None)
    if isinstance(profile, str):
        headers.append(("anthropic-user-profile-id", profile))
    return fields, (*headers, *read_attempt(http.headers))


def _read_input(http: HttpRequest, state: ScenarioState, counted: Any) -> tuple[dict[str, Any], _Headers]:
    """Return the fields of the request in a body of CountTokens, and the headers of the API."""
    if isinstance(counted, dict) and isinstance(counted.get("converse"), dict):
        strict = validation_mode(http.headers, state.scenario.policy) == "anthropic"
        fields = to_messages(counted["converse"], strict=strict)
        betas = take_betas(fields, http.headers.get("anthropic-beta", ""))
        return fields, (*API_HEADERS, *betas, *read_attempt(http.headers))
    try:
        body = b64decode(counted["invokeModel"]["body"], validate=True)
    except (KeyError, TypeError, ValueError):
        raise invalid("input: expected `converse`, or `invokeModel` with a `body` in base64") from None
    return _read_fields(http, state, body)
