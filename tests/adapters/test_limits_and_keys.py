"""API keys, rate limits and unknown paths: each dialect has its own error."""

from __future__ import annotations

import orjson
import pytest

from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.adapters.dialects import DIALECTS, JSON, Dialect
from tests.serving import Received, http_request, received, sent_of

BOTH = pytest.mark.parametrize("stream", [False, True])
EACH = pytest.mark.parametrize("name", DIALECTS)


def send(state: ScenarioState, http: HttpRequest) -> Received:
    return received(sent_of(answer(http, state)))


def is_error(dialect: Dialect, response: Received, status: int) -> bool:
    """Return whether a response is an error of the dialect, with this status of the API."""
    return response.status == dialect.statuses.get(status, status) and dialect.is_error(orjson.loads(response.body))


@EACH
@BOTH
def test_an_unknown_key_is_an_error_of_the_dialect(name: str, stream: bool) -> None:
    dialect = DIALECTS[name]
    state = ScenarioState(load_text("api_keys: [other]\nrules: [{reply: Hi}]"))
    assert is_error(dialect, send(state, dialect.build_request(stream=stream)), 401)


@EACH
@BOTH
def test_a_limit_is_an_error_of_the_dialect(name: str, stream: bool) -> None:
    dialect = DIALECTS[name]
    state = ScenarioState(load_text("limits: {requests_per_minute: 1}\nrules: [{reply: Hi}]"))
    first, second = (send(state, dialect.build_request(stream=stream)) for _ in range(2))

    assert first.status == 200
    assert is_error(dialect, second, 429)


@pytest.mark.parametrize("name", ["vertex", "invoke", "chat"])
def test_an_unknown_path_is_an_error_of_the_dialect(name: str) -> None:
    dialect = DIALECTS[name]
    http = http_request("POST", f"{dialect.path}/more", {}, dialect.headers, b"{}")
    assert is_error(dialect, send(ScenarioState(load_text("rules: [{reply: Hi}]")), http), 404)


@EACH
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_an_unreadable_body_is_an_error_of_the_dialect(name: str, body: bytes) -> None:
    dialect = DIALECTS[name]
    http = http_request("POST", dialect.path, {}, {**JSON, **dialect.headers}, body)
    assert is_error(dialect, send(ScenarioState(load_text("rules: [{reply: Hi}]")), http), 400)
