"""URL paths: the scenario, the adapter and the endpoint that a path selects."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

from mockclaude.api.lazy_pattern import compile_lazily

AdapterName: TypeAlias = Literal["anthropic", "bedrock", "vertex", "openai"]
"""The dialect of a client; `anthropic` is the API's own."""

_VERSION = re.compile("(?=/v1/)")
_MOST_VERSIONS = 16
"""The maximum number of places in a path at which the API's path may begin."""

_OPERATIONS = "/model/"
_MODEL = compile_lazily(r"(.*)(/model/[^/]+/[^/]+)")
_PROJECT = compile_lazily(r"(.*)(/projects/[^/]+/locations/[^/]+/publishers/.+)")
_PLATFORM = "anthropic"
"""The end of the base URLs of platforms that speak the API's own dialect, such as Foundry."""

_ENDPOINTS = {
    "/v1/messages": "messages",
    "/v1/messages/count_tokens": "count_tokens",
    "/v1/chat/completions": "messages",
    "/v1/responses": "messages",
    "/v1/responses/input_tokens": "count_tokens",
    "/v1/complete": "messages",
}
_BEGINNINGS = {
    "/v1/models": "models",
    "/v1/messages/batches": "batches",
    "/v1/files": "files",
    "/v1/skills": "skills",
}
RESOURCES = frozenset(_BEGINNINGS.values())
"""The endpoints whose requests have no message."""

_ADAPTED = compile_lazily(
    r"/model/[^/]+/(?:(?P<count>count-tokens)|invoke|invoke-with-response-stream|converse|converse-stream)"
    r"|/v1/projects/.+/models/(?:(?P<tokens>count-tokens)|[^/]+):(?:rawPredict|streamRawPredict)"
)
_OPENAI = ("chat/", "completions", "responses", "embeddings", "moderations", "images/", "audio/")
"""The beginnings after `/v1/` of paths that OpenAI's API has, and Anthropic's does not."""

WITHOUT_VERSION: dict[str, AdapterName] = {
    "/messages": "anthropic",
    "/chat/completions": "openai",
    "/responses": "openai",
    "/models": "anthropic",
}
"""The beginning of a path without `/v1`, which some gateways omit -> its adapter."""

_ADAPTERS: dict[str, AdapterName] = {
    _OPERATIONS: "bedrock",
    "/v1/projects/": "vertex",
    **{f"/v1/{path}": "openai" for path in _OPENAI},
}
"""The beginning of a path -> the adapter that answers it, with an error if the path is unknown."""


class ApiAddress(NamedTuple):
    """The scenario and the API's path that a URL path selects.

    Attributes:
        scenario: The name of the scenario.
        path: The path of the API, without the scenario, not decoded.
        prefix: The path of the URL before that, as sent, e.g. `/hello`: results of a batch have a URL of their own.
        is_platform: Whether the base URL ends with `/anthropic`, as on Foundry and Bedrock Mantle.
    """

    scenario: str
    path: str
    prefix: str = ""
    is_platform: bool = False


def find_address(path: str, named: str, served: Collection[str]) -> ApiAddress | None:
    """Find the address of a path; None if the path names no served scenario.

    Args:
        path: The path of the URL.
        named: The scenario of a path that begins with the API's path.
        served: The names of the scenarios. A scenario named `anthropic` precedes the platform's prefix.
    """
    addresses = list(_find_addresses(path, named, served))
    known = (address for address in addresses if find_endpoint(address.path))
    return next(known, addresses[0] if addresses else None)


def _find_addresses(path: str, named: str, served: Collection[str]) -> Iterator[ApiAddress]:
    for prefix, api_path in _split(path):
        name = unquote(prefix.strip("/"))
        rest, _, last = name.rpartition("/")
        if (name or named) in served:
            yield ApiAddress(name or named, api_path, prefix)
        elif last == _PLATFORM and (rest or named) in served:
            yield ApiAddress(rest or named, api_path, prefix, is_platform=True)


def _split(path: str) -> Iterator[tuple[str, str]]:
    for version in islice(_VERSION.finditer(path), _MOST_VERSIONS):
        yield path[: version.start()], path[version.start() :]
    if match := _MODEL.fullmatch(path):
        yield match[1], match[2]
    elif match := _PROJECT.fullmatch(path):
        yield match[1], f"/v1{match[2]}"
    elif (start := path.find(_OPERATIONS)) >= 0:
        yield path[:start], path[start:]


def find_adapter(path: str) -> AdapterName:
    """Return the adapter of a path of the API."""
    return next((name for begin, name in _ADAPTERS.items() if path.startswith(begin)), "anthropic")


def is_openai(headers: Mapping[str, str]) -> bool:
    """Return whether a client of OpenAI's API has sent these headers.

    Both APIs may have the path.
    """
    return not ("anthropic-version" in headers or "x-api-key" in headers)


def find_stray_adapter(path: str) -> AdapterName:
    """Return the adapter of a URL path, whose scenario may be unknown."""
    adapters = [find_adapter(api_path) for _, api_path in _split(path)]
    adapters += (adapter for end, adapter in WITHOUT_VERSION.items() if path.endswith(end))
    return next((adapter for adapter in adapters if adapter != "anthropic"), "anthropic")


def find_endpoint(path: str) -> str:
    """Return the name of the endpoint in conditions; '' for an unknown path."""
    name = _ENDPOINTS.get(path, "")
    if name:
        return name
    for begin, name in _BEGINNINGS.items():
        if path == begin or path.startswith(f"{begin}/"):
            return name
    match = _ADAPTED.fullmatch(path)
    if match is None:
        return ""
    return "count_tokens" if match["count"] or match["tokens"] else "messages"
