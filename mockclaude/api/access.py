"""Who asks, by which version of the API, and with which betas: what the headers of a request say.

In: request headers. Out: an `Access`, or the API's 400 or 401.
Knows nothing of bodies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from mockclaude.api import betas
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import Validation

OLD_VERSION, NEW_VERSION = "2023-06-01", "2026-10-21"
VERSIONS = (OLD_VERSION, NEW_VERSION)
"""Accepted values of `anthropic-version`. SDKs before Python 2.0 and TypeScript 1.0 send the old one."""

OAUTH_BETA = "oauth-2025-04-20"
_OAUTH_TOKEN = "sk-ant-oat"


class Access(NamedTuple):
    """What the headers say: the API key or token ('' if none), the version, and the betas that the list has."""

    key: str
    version: str
    betas: frozenset[str]


def api_key(headers: Mapping[str, str]) -> str:
    """Return the key of a request, '' if it has none. `x-api-key` goes before `authorization`, as reported."""
    return headers.get("x-api-key") or _bearer(headers)


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def access(
    headers: Mapping[str, str],
    keys: Collection[str],
    validation: Validation,
    accepted: betas.Accepted = "known",
) -> Access:
    """Return what `headers` say; `accepted` are the betas that are not refused.

    Raises `ApiError` 401 for no key or one not in `keys` (empty: any), 400 for the rest. The order is the API's, as far
    as it is known: key, version, betas.
    """
    key, names = api_key(headers), betas.parse(headers)
    if not validation.off:
        _check_key(key, headers, keys, names)
    version = _version(headers, validation)
    if not names <= betas.KNOWN:
        _check_betas(names, validation, accepted)
    return Access(key, version, names & betas.KNOWN)


def _check_key(key: str, headers: Mapping[str, str], keys: Collection[str], names: frozenset[str]) -> None:
    if not key:
        raise ApiError("authentication_error", "x-api-key header is required")
    if keys and key not in keys:
        raise ApiError("authentication_error", "" if "x-api-key" in headers else "Invalid bearer token")
    if key.startswith(_OAUTH_TOKEN) and OAUTH_BETA not in names:
        raise ApiError("authentication_error", "OAuth authentication is currently not supported.")


def _version(headers: Mapping[str, str], validation: Validation) -> str:
    version = headers.get("anthropic-version")
    if version in VERSIONS:
        return version
    problem = "header is required" if version is None else f'"{version}" is not a valid version'
    validation.object(invalid(f"anthropic-version: {problem}"), gateways_take_it=True)
    return OLD_VERSION


def _check_betas(names: frozenset[str], validation: Validation, accepted: betas.Accepted) -> None:
    refused, unlisted = betas.judge(names, accepted)
    if refused:
        validation.object(invalid(betas.refusal(refused)), gateways_take_it=True)
    if unlisted:
        validation.warn(betas.warning(unlisted))
