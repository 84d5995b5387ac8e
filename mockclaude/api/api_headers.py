"""The request headers that the API reads: the key, the version and the betas."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from mockclaude.api import betas
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import ValidationResult

OLD_VERSION, NEW_VERSION = "2023-06-01", "2026-10-21"
VERSIONS = (OLD_VERSION, NEW_VERSION)
"""Accepted values of `anthropic-version`. SDKs before Python 2.0 and TypeScript 1.0 send the old one."""

OAUTH_BETA = "oauth-2025-04-20"
_OAUTH_TOKEN = "sk-ant-oat"


class ApiHeaders(NamedTuple):
    """The API key or token ('' for none), the version and the known betas."""

    key: str
    version: str
    betas: frozenset[str]


MISSING_KEY = "x-api-key header is required"
"""The message of the error for a request without a key."""


def api_key(headers: Mapping[str, str]) -> str:
    """Return the API key, the token or the AWS key id of a request; '' for none.

    `x-api-key` takes precedence over `authorization` (reported). Signatures of AWS are not verified.
    """
    return headers.get("x-api-key") or headers.get("api-key") or _authorization_key(headers.get("authorization", ""))


def is_signed(headers: Mapping[str, str]) -> bool:
    """Return whether a client of AWS has signed the request.

    The journal redacts the signature, but keeps its time.
    """
    return "x-amz-date" in headers


def _authorization_key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme == "AWS4-HMAC-SHA256":
        return value.partition("Credential=")[2].partition("/")[0].strip()
    return value.strip() if scheme.lower() == "bearer" else ""


def parse_api_headers(
    headers: Mapping[str, str],
    keys: Collection[str],
    validation: ValidationResult,
    accepted: betas.AcceptedBetas = "known",
) -> ApiHeaders:
    """Parse and validate the key, the version and the betas, in this order.

    Args:
        headers: The request headers; names are case-insensitive.
        keys: The accepted keys; every key if empty.
        validation: Receives the errors.
        accepted: The accepted betas.

    Raises:
        ApiError: 401 for a missing or unknown key, 400 for an invalid version or beta.
    """
    key, names = api_key(headers), betas.parse(headers)
    if not validation.is_off:
        _check_key(key, headers, keys, names)
    version = _version(headers, validation)
    if not names <= betas.KNOWN:
        _check_betas(names, validation, accepted)
        names &= betas.KNOWN
    return ApiHeaders(key, version, names)


def _check_key(key: str, headers: Mapping[str, str], keys: Collection[str], names: frozenset[str]) -> None:
    if not key:
        raise ApiError("authentication_error", MISSING_KEY)
    if keys and key not in keys:
        raise ApiError("authentication_error", "" if "x-api-key" in headers else "Invalid bearer token")
    if key.startswith(_OAUTH_TOKEN) and OAUTH_BETA not in names:
        raise ApiError("authentication_error", "OAuth authentication is currently not supported.")


def _version(headers: Mapping[str, str], validation: ValidationResult) -> str:
    version = headers.get("anthropic-version")
    if version in VERSIONS:
        return version
    problem = "header is required" if version is None else f'"{version}" is not a valid version'
    validation.report(invalid(f"anthropic-version: {problem}"), gateway_accepts=True)
    return OLD_VERSION


def _check_betas(names: frozenset[str], validation: ValidationResult, accepted: betas.AcceptedBetas) -> None:
    refused, unlisted = betas.find_unknown(names, accepted)
    if refused:
        validation.report(invalid(betas.refusal_message(refused)), gateway_accepts=True)
    if unlisted:
        validation.warn(betas.warning_message(unlisted))
