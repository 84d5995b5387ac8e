"""The models of clients of OpenAI's API, which have the path of the API's own."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.api.models import CATALOGUE, CATALOGUE_DATE
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import Received, http_request, received, sent_of

BEARER = {"authorization": "Bearer mock"}
LISTED = [model.id for model in CATALOGUE if model.lifecycle(CATALOGUE_DATE) != "retired"]
SONNET = {"id": "claude-sonnet-5", "object": "model", "created": 1782691200, "owned_by": "anthropic"}
MODEL = "/v1/models/claude-sonnet-5"


def get(
    path: str = "/v1/models", head: str = "", rules: str = "[reply: Hi]", method: str = "GET", **headers: str
) -> Received:
    """Return the response to a client with a bearer token and these headers."""
    lines = {**BEARER, **{name.replace("_", "-"): value for name, value in headers.items()}}
    state = ScenarioState(load_text(f"{head}\nrules: {rules}"))
    return received(sent_of(answer(http_request(method, path, {}, lines, b""), state)))


def openai_error(response: Received) -> tuple[int, str, str]:
    error = response.json["error"]
    assert list(error) == ["code", "message", "type", "param"]
    return response.status, error["code"], error["message"]


def test_the_list_has_all_models_on_one_page() -> None:
    listed = get().json

    assert list(listed) == ["object", "data"]
    assert [model["id"] for model in listed["data"]] == LISTED
    assert SONNET in listed["data"]


@pytest.mark.parametrize("path", [MODEL, "/v1/models/claude%2Dsonnet-5"])
def test_a_model_has_four_fields(path: str) -> None:
    assert get(path).json == SONNET


@pytest.mark.parametrize(
    ("headers", "status", "is_openai"),
    [
        ({}, 200, True),
        ({"openai_organization": "org-1"}, 200, True),
        ({"anthropic_version": "2023-06-01"}, 200, False),
        ({"anthropic_version": "2023-01-01"}, 400, False),
        ({"x_api_key": "mock"}, 400, False),
    ],
)
def test_the_headers_choose_the_form(headers: dict[str, str], status: int, is_openai: bool) -> None:
    response = get(**headers)

    assert (response.status, "openai-version" in response.headers) == (status, is_openai)


@pytest.mark.parametrize("head", ["", "models: any"])
def test_an_unknown_model_is_not_found(head: str) -> None:
    assert openai_error(get("/v1/models/gpt-5", head)) == (404, "not_found_error", "model: gpt-5")


@pytest.mark.parametrize("mode", ["gateway", "off"])
@pytest.mark.parametrize("written", ["openai/gpt-5", "openai%2Fgpt-5"])
def test_a_gateway_has_any_model(mode: str, written: str) -> None:
    made_up = {"id": "openai/gpt-5", "object": "model", "created": 0, "owned_by": "anthropic"}

    assert get(f"/v1/models/{written}", f"validation: {mode}").json == made_up


def test_a_key_is_required() -> None:
    assert openai_error(get(authorization=""))[:2] == (401, "authentication_error")
    assert openai_error(get(head="api_keys: [secret]"))[:2] == (401, "authentication_error")
    assert get(head="api_keys: [mock]").status == 200


def test_rules_and_faults_of_models_apply() -> None:
    rules = "[{when: {endpoint: models, adapter: openai}, reply: {error: {type: overloaded_error}}}]"

    assert openai_error(get(rules=rules))[:2] == (529, "overloaded_error")
    assert get(rules=rules, x_api_key="mock", anthropic_version="2023-06-01").status == 200
    assert openai_error(get(x_mockclaude_fault="429"))[:2] == (429, "rate_limit_error")


def test_another_method_is_not_allowed() -> None:
    response = get(method="DELETE")

    assert openai_error(response)[0] == 405
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("edit", "path", "expected"),
    [
        ({"delete": "id"}, MODEL, {**SONNET, "id": None}),
        ({"delete": "created_at"}, MODEL, {**SONNET, "created": None}),
        ({"set": {"created_at": "soon"}}, MODEL, {**SONNET, "created": None}),
        ({"set": {"data": 5}}, MODEL, SONNET),
        ({"set": {"data": 5}}, "/v1/models", {"object": "list", "data": 5}),
        ({"delete": "data"}, "/v1/models", {"object": "list", "data": None}),
        ({"set": {"data": []}}, "/v1/models", {"object": "list", "data": []}),
    ],
)
def test_any_edit_of_a_model_is_translated(edit: dict[str, Any], path: str, expected: object) -> None:
    fault = orjson.dumps({"edit": "body", **edit}).decode()
    assert get(path, x_mockclaude_fault=fault).json == expected
