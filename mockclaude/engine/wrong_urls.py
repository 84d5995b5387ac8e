"""Explain a wrong URL: a path of another API, a near path, or a near scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mockclaude.scenario.diagnostics import find_near, join_words, suggest

_OTHER_APIS = {
    "/chat/completions": "OpenAI's API",
    "/completions": "OpenAI's API",
    "/responses": "OpenAI's API",
    "/embeddings": "OpenAI's API",
    ":generateContent": "Google's API",
    ":streamGenerateContent": "Google's API",
}
"""The end of a path -> the API that has it."""

_MAX_NAMES = 12
"""The maximum number of scenarios that a message lists."""


def explain_path(path: str, endpoints: Sequence[str]) -> str:
    """Explain a path that is not an endpoint, as the rest of a message."""
    if "/v1/v1/" in path:
        return "; expected a base URL that ends before /v1; remove /v1 from the base URL"
    if path.startswith(_NOT_SERVED):
        return f", which mockclaude does not serve; expected {join_words(endpoints)}"
    for begin, operations in _OPERATIONS.items():
        if path.startswith(begin):
            return f"; expected {operations}"
    expected = f"; expected {join_words(endpoints)}" if "/v1/" in path else _EXPECTED_VERSION
    return _explain_other_api(path) or f"{expected}{_did_you_mean_path(path, endpoints)}"


_NOT_SERVED = "/v1/organizations"
"""The beginning of other paths of Anthropic's API."""

_OPERATIONS = {
    "/model/": "/model/ID/invoke, /model/ID/invoke-with-response-stream, /model/ID/converse, "
    "/model/ID/converse-stream or /model/ID/count-tokens",
}
"""The beginning of the paths of a platform -> the paths that mockclaude serves."""

_EXPECTED_VERSION = "; expected a path that begins with /v1/, after the name of a scenario"


def _explain_other_api(path: str) -> str:
    api = next((api for end, api in _OTHER_APIS.items() if path.endswith(end)), None)
    if api is None:
        return ""
    expected = "expected a path of Anthropic's Messages API, e.g. /v1/messages"
    return f", a path of {api}; {expected}; use a client of the Messages API"


def _did_you_mean_path(path: str, endpoints: Sequence[str]) -> str:
    """Suggest an endpoint that has a similar path after /v1/."""
    ends = [endpoint.removeprefix("/v1/") for endpoint in endpoints]
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
