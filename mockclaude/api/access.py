"""Who asks, by which version of the API, and with which betas: what the headers of a request say.

In: request headers. Out: an `Access`, or the API's 400 or 401.
Knows nothing of bodies.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from mockclaude.api import betas
from mockclaude.api.asked import OLD_VERSION, VERSIONS
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.validation import Validation

OAUTH_BETA = "oauth-2025-04-20"
_OAUTH_TOKEN = "sk-ant-oat"
_NO_BETAS: frozenset[str] = frozenset()


class Access(NamedTuple):
    """What the headers say: the API key or token ('' if none), the version, and the betas."""

    key: str
    version: str
    betas: frozenset[str]


def api_key(headers: Mapping[str, str]) -> str:
    """Return the key of a request, '' if it has none. `x-api-key` goes before `authorization`, as reported."""
    return headers.get("x-api-key") or _bearer(headers)


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def access(headers: Mapping[str, str], keys: Collection[str], validation: Validation) -> Access:
    """Return what `headers` say. Raises `ApiError` 401 for no key or one not in `keys` (empty: any), 400 for the rest.

    The order is the API's, as far as it is known: key, version, betas.
    """
    key = api_key(headers)
    if not validation.off:
        _check_key(key, headers, keys)
    version = _version(headers, validation)
    given = headers.get("anthropic-beta")
    return Access(key, version, _betas(given, validation) if given else _NO_BETAS)


def _check_key(key: str, headers: Mapping[str, str], keys: Collection[str]) -> None:
    if not key:
        raise ApiError("authentication_error", "x-api-key header is required")
    if keys and key not in keys:
        raise ApiError("authentication_error", "" if "x-api-key" in headers else "Invalid bearer token")
    if key.startswith(_OAUTH_TOKEN) and OAUTH_BETA not in headers.get("anthropic-beta", ""):
        raise ApiError("authentication_error", "OAuth authentication is currently not supported.")


def _version(headers: Mapping[str, str], validation: Validation) -> str:
    version = headers.get("anthropic-version")
    if version in VERSIONS:
        return version
    problem = "header is required" if version is None else f'"{version}" is not a valid version'
    validation.object(invalid(f"anthropic-version: {problem}"), gateways_take_it=True)
    return OLD_VERSION


def _betas(header: str, validation: Validation) -> frozenset[str]:
    given = betas.parse(header)
    problem = betas.unknown(given)
    if problem:
        validation.object(invalid(problem), gateways_take_it=True)
    return given
