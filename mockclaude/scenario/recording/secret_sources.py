"""Secrets that a recorder knows: in its environment, and in the headers of requests and responses."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, unquote

from mockclaude.api.credentials import SCHEME
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.redaction import is_credential_header

_VARIABLE = compile_lazily(r"(?i)_(?:KEY|TOKEN|SECRET|PASSWORD)\Z")
_SHORTEST_VARIABLE = 12
_SHORTEST_COOKIE = 12
"""Shorter cookies are settings of a page."""

_OWN_SCHEME = compile_lazily(r"[A-Za-z][\w-]* +(?=\S+\Z)")
"""The scheme of a value with one part, e.g. `Token abc`."""

_PARAMETER = compile_lazily(r'(?i)\b(?:credential|signature|response|token|key|secret)="?([^",;\s/]+)')
"""The secret parts of AWS's `authorization`, and of a digest."""

_COOKIE = compile_lazily(r'[^\s=;]+="?([^";]+)')

_ACCOUNTS = ("anthropic-organization-id", "anthropic-workspace-id")
"""Headers of a response that name the account."""


def list_environment_secrets(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each secret environment variable, with a description.

    Its value has 12 characters or more.
    """
    for name, value in sorted(environment.items()):
        if _VARIABLE.search(name) and len(value.strip()) >= _SHORTEST_VARIABLE:
            yield value, f"environment variable {name}"


def list_request_secrets(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield each credential in the headers of a request, with a description."""
    for name, value in headers:
        if "cookie" in name.lower():
            secrets = _list_cookies(value)
        elif is_credential_header(name) or SCHEME.match(value):
            secrets = _list_credentials(value)
        else:
            continue
        yield from ((secret, f"header {name.lower()}") for secret in secrets)


def list_response_secrets(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield each secret in the headers of a response, with a description.

    These are cookies and ids of accounts.
    """
    for name, value in headers:
        if name == "set-cookie":
            yield from ((secret, "header set-cookie") for secret in _list_cookies(value.partition(";")[0]))
        elif name in _ACCOUNTS or is_credential_header(name):
            yield value, f"header {name}"


def list_query_secrets(path: str) -> Iterator[tuple[str, str]]:
    """Yield each credential in the query of a path, with a description."""
    for name, value in parse_qsl(path.partition("?")[2], errors="surrogateescape"):
        if is_credential_header(name):
            yield value, f"query parameter {name}"


def _list_cookies(value: str) -> Iterator[str]:
    for cookie in _COOKIE.finditer(value):
        yield from (text for text in (cookie[1], unquote(cookie[1])) if len(text) >= _SHORTEST_COOKIE)


def _list_credentials(value: str) -> Iterator[str]:
    """Yield the secret parts of a header: without its scheme, and decoded."""
    value = value.strip()
    scheme = SCHEME.match(value) or _OWN_SCHEME.match(value)
    credential = value[scheme.end() :] if scheme else value
    yield from (parameter[1] for parameter in _PARAMETER.finditer(value))
    yield credential
    if scheme and scheme[0].strip().lower() == "basic":
        yield from _decode_basic(credential)


def _decode_basic(credential: str) -> Iterator[str]:
    """Yield `user:password`, and each of the two: some APIs expect their key as the user."""
    try:
        pair = b64decode(credential).decode("utf-8", "replace")
    except (Error, ValueError):
        return
    yield from (pair, *pair.split(":", 1))
