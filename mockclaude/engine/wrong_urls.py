"""Explain a wrong URL: a path of another API, a near path, or a near scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.engine.paths import find_adapter
from mockclaude.scenario.diagnostics import find_near, join_words, suggest

_OTHER_APIS = {
    ":generateContent": "Google's API",
    ":streamGenerateContent": "Google's API",
}
"""The end of a path -> the API that has it."""

_BASE_URLS = [
    (compile_lazily(r"/v1(/.+)/(?:chat/completions|responses)"), "ends with /v1"),
    (compile_lazily(r"()(?!/v1/).*/(?:chat/completions|responses)"), "ends with /v1"),
    (compile_lazily(r"(/v1)/v1/.+"), "ends before /v1"),
    (compile_lazily(r"(/v1/.+)/v1/messages"), "ends before /v1"),
]
"""Paths that clients make of wrong base URLs, with the superfluous part, and the end of a right one."""

_OPENAI = ("/v1/chat/completions", "/v1/responses", "/v1/models")
_OF_OPENAI = ("/completions", "/embeddings")
"""The ends of other paths of OpenAI's API, also without `/v1`."""

_MAX_NAMES = 12
"""The maximum number of scenarios that a message lists."""


def explain_path(path: str, shown: Sequence[str], known: Sequence[str]) -> str:
    """Explain a path that is not an endpoint, as the rest of a message.

    Args:
        path: The path, without the scenario if that is known.
        shown: The endpoints that the message lists.
        known: The endpoints that the message suggests for a similar path.
    """
    expected = f"; expected {join_words(shown)}" if "/v1/" in path else _EXPECTED_VERSION
    if path.startswith(_NOT_SERVED):
        return f", which mockclaude does not serve{expected}"
    explained = _explain_base_url(path) or _explain_operation(path) or _explain_other_api(path)
    return explained or f"{expected}{_did_you_mean_path(path, known)}"


_NOT_SERVED = "/v1/organizations"
"""The beginning of other paths of Anthropic's API."""

_OPERATIONS = {
    "/model/": "/model/ID/invoke, /model/ID/invoke-with-response-stream, /model/ID/converse, "
    "/model/ID/converse-stream or /model/ID/count-tokens",
    "/v1/projects/": "an operation of Claude on Vertex AI: MODEL:rawPredict, MODEL:streamRawPredict or "
    "count-tokens:rawPredict, below publishers/anthropic/models/",
}
"""The beginning of the paths of a platform -> the paths that mockclaude serves."""

_EXPECTED_VERSION = "; expected a path that begins with /v1/, after the name of a scenario"


def _explain_base_url(path: str) -> str:
    for pattern, expected in _BASE_URLS:
        if match := pattern.fullmatch(path):
            change = f"remove {match[1]} from" if match[1] else "add /v1 to"
            return f"; expected a base URL that {expected}; {change} the base URL"
    return ""


def _explain_operation(path: str) -> str:
    expected = next((operations for begin, operations in _OPERATIONS.items() if path.startswith(begin)), "")
    return expected and f"; expected {expected}"


def _explain_other_api(path: str) -> str:
    if find_adapter(path) == "openai" or path.endswith(_OF_OPENAI):
        return f"; expected {join_words(_OPENAI)} of OpenAI's API{_did_you_mean_path(path, _OPENAI)}"
    api = next((api for end, api in _OTHER_APIS.items() if path.endswith(end)), None)
    if api is None:
        return ""
    expected = "expected a path of Anthropic's Messages API, e.g. /v1/messages"
    return f", a path of {api}; {expected}; use a client of the Messages API"


def _did_you_mean_path(path: str, known: Sequence[str]) -> str:
    """Suggest an endpoint that has a similar path after /v1/."""
    ends = [endpoint.removeprefix("/v1/") for endpoint in known]
    return suggest(f"/v1/{end}" for end in find_near(path.rpartition("/v1/")[2].strip("/").lower(), ends))


def explain_scenario(name: str, served: Iterable[str]) -> str:
    """Explain the name of an unknown scenario, as the rest of a message."""
    known = sorted(filter(None, served))
    if not known:
        return f"; expected a base URL without a path, as the server has one scenario; remove '/{name}'"
    expected = f"expected {join_words(known)}" if len(known) <= _MAX_NAMES else "the scenarios are listed at /"
    return f"; {expected}{suggest(f'/{near}' for near in _find_near(name, known))}"


def _find_near(name: str, known: Sequence[str]) -> list[str]:
    """Return the scenario with another folder or with a suffix, or else the most similar one."""
    stem = name.rpartition(".")[0] if name.endswith((".yaml", ".yml", ".json")) else name
    same = [other for other in known if other == stem or stem.endswith(f"/{other}") or other.endswith(f"/{stem}")]
    return same[:1] or find_near(stem, known)
