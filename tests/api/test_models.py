"""The model catalogue agrees with the SDK's types and answers to every name a client may write."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

import pytest
from anthropic import BaseModel
from anthropic.resources.messages import DEPRECATED_MODELS
from anthropic.types import Model as ModelName
from anthropic.types import ModelInfo
from anthropic.types.beta import BetaModelInfo

from mockclaude.api import models
from mockclaude.api.models import CATALOGUE, CATALOGUE_DATE, Model, find, resolve

SDK_NAMES: tuple[str, ...] = get_args(get_args(ModelName)[0])


def known(name: str) -> Model:
    model = find(name)
    assert model is not None, name
    return model


def surplus_and_missing(value: Any) -> set[str]:
    """Name, at any depth, the keys an SDK object has beyond its type, and those of its type it lacks."""
    if not isinstance(value, BaseModel):
        return set()
    wrong = set(type(value).model_fields) ^ (value.model_fields_set | set(value.model_extra or {}))
    return wrong.union(*(surplus_and_missing(getattr(value, name)) for name in type(value).model_fields))


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.id)
def test_info_is_exactly_the_sdks_model_info(model: Model) -> None:
    info = ModelInfo.model_validate(model.info())

    assert surplus_and_missing(info) == set()
    assert list(model.info()) == list(ModelInfo.model_fields)
    assert info.capabilities is not None
    assert list(model.capabilities) == list(type(info.capabilities).model_fields)
    assert info.to_dict(mode="json") == model.info()
    BetaModelInfo.model_validate(model.info())


@pytest.mark.parametrize("name", SDK_NAMES)
def test_every_model_the_sdk_lists_is_known(name: str) -> None:
    assert resolve(name) == known(name).id


@pytest.mark.parametrize(("name", "day"), DEPRECATED_MODELS.items())
def test_a_model_the_sdk_warns_of_retires_on_the_day_it_warns_of(name: str, day: str) -> None:
    model = find(name)
    if model is None:
        assert name.startswith(("claude-1", "claude-2", "claude-instant"))
        return
    plain = day.replace("st,", ",").replace("nd,", ",").replace("rd,", ",").replace("th,", ",")
    assert model.lifecycle(CATALOGUE_DATE) != "active"
    assert model.retires_at == datetime.strptime(plain, "%B %d, %Y").date().isoformat()


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("claude-opus-4-5", "claude-opus-4-5-20251101"),
        ("claude-opus-4-0", "claude-opus-4-20250514"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
        ("claude-opus-4-5-20251101", "claude-opus-4-5-20251101"),
        ("claude-sonnet-5-5", "claude-sonnet-5-5"),
    ],
)
def test_an_alias_means_its_dated_model_and_an_id_means_itself(name: str, id_: str) -> None:
    assert resolve(name) == id_
    assert known(name).id == id_


@pytest.mark.parametrize("name", ["claude-does-not-exist", "gpt-5", "", "CLAUDE-OPUS-5"])
def test_an_unknown_name_is_echoed_and_means_no_model(name: str) -> None:
    assert resolve(name) == name
    assert find(name) is None


def test_the_catalogue_is_newest_first_and_no_name_means_two_models() -> None:
    dates = [model.created_at for model in CATALOGUE]
    names = [model.id for model in CATALOGUE] + list(models.ALIASES)

    assert dates == sorted(dates, reverse=True)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.id)
def test_only_a_model_on_its_way_out_has_dates_for_that(model: Model) -> None:
    dates = [day for day in (model.created_at, model.deprecated_at, model.retires_at) if day]

    assert len(dates) == (1 if model.lifecycle(CATALOGUE_DATE) == "active" else 3)
    assert dates == sorted(dates)


@pytest.mark.parametrize(
    ("name", "thinking", "effort"),
    [
        ("claude-fable-5-2", "adaptive", "high low max medium xhigh"),
        ("claude-opus-5-5", "adaptive", "high low max medium xhigh"),
        ("claude-sonnet-5-5", "adaptive between_tools", "high low max medium xhigh"),
        ("claude-haiku-5-5", "adaptive disabled", "high low max medium xhigh"),
        ("claude-opus-4-7", "adaptive disabled", "high low max medium xhigh"),
        ("claude-mythos-preview", "adaptive enabled", "high low max medium"),
        ("claude-sonnet-4-6", "adaptive disabled enabled", "high low max medium"),
        ("claude-opus-4-5", "disabled enabled", "high low medium"),
        ("claude-haiku-4-5", "disabled enabled", ""),
        ("claude-3-opus-latest", "disabled", ""),
    ],
)
def test_each_generation_has_its_own_thinking_modes_and_effort_levels(name: str, thinking: str, effort: str) -> None:
    model = known(name)
    reported = model.capabilities

    assert " ".join(model.thinking_modes) == thinking
    assert " ".join(model.effort_levels) == effort
    assert supported(reported["thinking"]["types"]) == thinking.split()
    assert supported(reported["effort"]) == effort.split()
    assert reported["thinking"]["supported"] is (thinking != "disabled")
    assert reported["effort"]["supported"] is bool(effort)


def supported(switches: dict[str, Any]) -> list[str]:
    return [name for name, switch in switches.items() if isinstance(switch, dict) and switch["supported"]]


@pytest.mark.parametrize(
    ("rule", "first_without"),
    [("prefill", "claude-opus-4-6"), ("sampling", "claude-opus-4-7"), ("forced_tools", "claude-mythos-5-1")],
)
def test_newer_models_drop_what_older_ones_allow(rule: str, first_without: str) -> None:
    since = [model.id for model in reversed(CATALOGUE) if not getattr(model.abilities, rule)]

    assert since[0] == first_without


@pytest.mark.parametrize(
    ("rule", "first_with"),
    [
        ("one_sampler", "claude-opus-4-1-20250805"),
        ("fast", "claude-opus-4-6"),
        ("system_role", "claude-opus-4-8"),
        ("efforts_that_think", "claude-opus-4-8"),
        ("computer_tools", "claude-3-5-sonnet-20241022"),
    ],
)
def test_newer_models_have_what_older_ones_do_not(rule: str, first_with: str) -> None:
    since = [model.id for model in reversed(CATALOGUE) if getattr(model.abilities, rule)]

    assert since[0] == first_with


def test_only_some_lines_answer_fast() -> None:
    assert [model.id for model in CATALOGUE if model.abilities.fast] == [
        "claude-opus-5-5",
        "claude-opus-5",
        "claude-opus-4-8",
        "claude-opus-4-6",
    ]


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.id)
def test_an_effort_that_needs_thinking_is_one_that_the_model_makes(model: Model) -> None:
    assert set(model.abilities.efforts_that_think) <= set(model.effort_levels)


def test_nobody_can_change_the_catalogue_through_what_it_hands_out() -> None:
    known("claude-opus-5").info()["capabilities"]["batch"]["supported"] = False

    assert known("claude-opus-5").capabilities["batch"] == {"supported": True}
