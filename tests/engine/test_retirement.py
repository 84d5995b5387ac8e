"""Models are active, deprecated or retired on the day of the catalogue or of the scenario, never on the clock's."""

from __future__ import annotations

from datetime import date, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.models import ALIASES, CATALOGUE, CATALOGUE_DATE, Model
from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import asking, http_request, received, sent_of, with_client_headers

HAIKU_3 = "claude-3-haiku-20240307"
SONNET_4_5 = "claude-sonnet-4-5-20250929"
STAGES = ("active", "deprecated", "retired")
DAYS = st.dates(date(2023, 1, 1), date(2028, 1, 1)).map(date.isoformat)
REASON = (
    "retired on 2026-04-19; expected a model that is not retired on 2026-11-29; set `today: 2024-03-07` or "
    "`models: any` in the scenario file, or name the model in the `when` of a rule"
)


def ask(scenario: str, path: str, model: str) -> Decision:
    """Decide a request to the endpoint at `path` for a model."""
    method, url, body = "GET", f"/v1/models/{model}", b""
    if path != "models":
        fields = orjson.loads(asking("Hello", model=model))
        body = orjson.dumps(
            {name: value for name, value in fields.items() if path == "messages" or name != "max_tokens"}
        )
        method, url = "POST", "/v1/messages" if path == "messages" else "/v1/messages/count_tokens"
    call = http_request(method, url, {}, with_client_headers({}), body)
    return answer(
        call, ScenarioState(load_text(scenario if "rules" in scenario else f"{scenario}\nrules: [reply: Hi]"))
    )


ENDPOINTS = pytest.mark.parametrize("path", ["messages", "count_tokens", "models"])


@ENDPOINTS
@pytest.mark.parametrize(
    ("scenario", "name"),
    [
        ("", HAIKU_3),
        ("", "claude-opus-4-1"),
        ("models: listed", HAIKU_3),
        ("rules: [{when: {model: {regex: 'claude-.*'}}, reply: Hi}]", HAIKU_3),
        ("today: 2026-11-30", "claude-sonnet-4-5"),
    ],
)
def test_a_retired_model_is_as_unknown_as_others(path: str, scenario: str, name: str) -> None:
    response = received(sent_of(ask(scenario, path, name)))

    assert (response.status, response.error) == (404, ("not_found_error", f"model: {name}"))


@ENDPOINTS
def test_the_reason_says_when_the_model_retired(path: str) -> None:
    assert ask("", path, HAIKU_3).reason == f"model: {HAIKU_3}; {REASON}"


@ENDPOINTS
@pytest.mark.parametrize(
    ("scenario", "name"),
    [
        ("models: any", HAIKU_3),
        (f"rules: [{{when: {{model: {HAIKU_3}}}, reply: Hi}}]", HAIKU_3),
        ("rules: [{when: {model: [claude-opus-4-1, claude-opus-4-0]}, reply: Hi}]", "claude-opus-4-0"),
        ("today: 2026-04-18", HAIKU_3),
        ("validation: off", HAIKU_3),
        ("", "claude-sonnet-4-5"),
    ],
)
def test_a_model_is_answered_where_the_scenario_accepts_it(path: str, scenario: str, name: str) -> None:
    decision = ask(scenario, path, name)

    assert received(sent_of(decision)).status == 200
    assert [note for note in decision.notes if note.startswith("warning")] == []


@pytest.mark.parametrize("path", ["messages", "count_tokens"])
def test_a_gateway_has_retired_models_with_a_warning(path: str) -> None:
    decision = ask("validation: gateway", path, HAIKU_3)

    assert received(sent_of(decision)).status == 200
    assert f"warning: model: {HAIKU_3}; {REASON}" in decision.notes


def test_a_gateway_describes_a_retired_model() -> None:
    assert received(sent_of(ask("validation: gateway", "models", HAIKU_3))).json["lifecycle"] == "retired"


@pytest.mark.parametrize(
    ("scenario", "is_listed"), [("", True), ("today: 2026-11-30", False), ("today: 2025-09-29", True)]
)
def test_the_list_is_that_of_the_day(scenario: str, is_listed: bool) -> None:
    state = ScenarioState(load_text(f"{scenario}\nrules: [reply: Hi]"))
    call = http_request("GET", "/v1/models", {"limit": "1000"}, with_client_headers({}), b"")
    page = received(sent_of(answer(call, state))).json["data"]

    assert (SONNET_4_5 in [model["id"] for model in page]) is is_listed
    assert "retired" not in [model["lifecycle"] for model in page]


def test_a_retired_model_is_not_suggested() -> None:
    assert "did you mean 'claude-haiku-5-5'?" in ask("", "messages", "claude-3-haiku").reason


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.id)
def test_every_model_is_answered_on_its_release_day(model: Model) -> None:
    names = [model.id, *(alias for alias, id_ in ALIASES.items() if id_ == model.id)]
    scenario = f"today: {model.created_at}"

    assert model.lifecycle(model.created_at) == "active"
    assert {received(sent_of(ask(scenario, "messages", name))).status for name in names} == {200}


@given(st.sampled_from(CATALOGUE), DAYS, DAYS)
def test_no_model_returns_to_an_earlier_lifecycle(model: Model, day: str, other: str) -> None:
    earlier, later = (STAGES.index(model.lifecycle(day)) for day in sorted((day, other)))

    assert earlier <= later


@given(st.sampled_from([model for model in CATALOGUE if model.retires_at]))
def test_a_model_is_served_until_the_day_before(model: Model) -> None:
    assert model.retires_at is not None
    day_before = (date.fromisoformat(model.retires_at) - timedelta(days=1)).isoformat()

    assert [model.lifecycle(day) for day in (day_before, model.retires_at)] == ["deprecated", "retired"]


def test_the_list_has_the_catalogues_day_by_default() -> None:
    assert {model.lifecycle(CATALOGUE_DATE) for model in CATALOGUE} == {*STAGES}
