"""Validation of the headers of a request by the policy of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mockclaude.api import schema
from mockclaude.api.api_headers import ApiHeaders, parse_api_headers
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import MODES, Mode, ValidationResult
from mockclaude.scenario.diagnostics import did_you_mean, join_words, shorten
from mockclaude.scenario.format.policy import Policy

VALIDATION_HEADER = "x-mockclaude-validation"

_CONTROL = "x-mockclaude-"
CONTROL_HEADERS = tuple(
    f"{_CONTROL}{name}" for name in ("lane", "scenario", "validation", "fault", "pace", "chunk-size", "token")
)
"""The headers with which a request controls the server."""


class ValidHeaders(NamedTuple):
    """The result of validating the headers of a request.

    Attributes:
        policy: The policy of the scenario.
        api_headers: The API key, the version and the betas.
        result: The validation mode and the warnings about headers. Mode `anthropic` has no warnings about the body.
        content_type: The error for a wrong content type; None for the right one.
        shape: The shapes of Messages requests without `thread`.
    """

    policy: Policy
    api_headers: ApiHeaders
    result: ValidationResult
    content_type: ApiError | None
    shape: schema.Acceptance


def validate_headers(headers: Mapping[str, str], policy: Policy) -> ValidHeaders:
    """Validate the headers of a request.

    Raises:
        ApiError: A header is missing or invalid.
    """
    result = ValidationResult(validation_mode(headers, policy))
    _warn_of_unknown(headers, result)
    parsed = parse_api_headers(headers, policy.api_keys, result, policy.betas)
    shape = schema.create_acceptance(parsed.version, parsed.betas)
    return ValidHeaders(policy, parsed, result, _wrong_content_type(headers), shape)


def validation_mode(headers: Mapping[str, str], policy: Policy) -> Mode:
    """Return the validation mode of a request with these headers.

    Raises:
        ApiError: 400; the mode in the header is unknown.
    """
    chosen = headers.get(VALIDATION_HEADER)
    if chosen is None:
        return policy.validation
    for known in MODES:
        if chosen == known:
            return known
    problem = f"unknown validation mode, got '{chosen}'; expected {join_words(MODES)}"
    raise invalid(f"{VALIDATION_HEADER}: {problem}{did_you_mean(chosen, MODES)}")


def _warn_of_unknown(headers: Mapping[str, str], result: ValidationResult) -> None:
    for name in headers:
        if name.lower().startswith(_CONTROL) and name.lower() not in CONTROL_HEADERS:
            hint = did_you_mean(name.lower(), CONTROL_HEADERS)
            result.warn(f"unknown header '{shorten(name)}'; expected {join_words(CONTROL_HEADERS)}{hint}")


_JSON = "application/json"


def _wrong_content_type(headers: Mapping[str, str]) -> ApiError | None:
    kind = headers.get("content-type", "")
    if kind == _JSON or kind.partition(";")[0].strip().lower() == _JSON:
        return None
    message = f"Content-Type must be {_JSON}; got '{kind}'" if kind else f"Content-Type must be {_JSON}"
    return ApiError("invalid_request_error", message, 415)
