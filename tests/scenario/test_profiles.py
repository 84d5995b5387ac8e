"""Every family has a pace and a source for it, and every model a family."""

from __future__ import annotations

import pytest

from mockclaude.api.models import CATALOGUE
from mockclaude.scenario.format.profiles import PROFILES, find_family, resolve_profile


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_says_where_its_figures_come_from(name: str) -> None:
    assert (
        "estimated" in PROFILES[name].source
        or ".ai/" in PROFILES[name].source
        or ".net/" in PROFILES[name].source
        or (".com/" in PROFILES[name].source)
    )


def test_every_model_of_the_catalogue_has_a_profile() -> None:
    assert {find_family(model.id) for model in CATALOGUE} == set(PROFILES)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-opus-5-5", "opus"),
        ("claude-3-5-haiku-latest", "haiku"),
        ("anthropic/claude-Fable-9", "fable"),
        ("gpt-2", "sonnet"),
    ],
)
def test_a_model_is_as_fast_as_its_family(model: str, name: str) -> None:
    assert resolve_profile("model", model) == name
    assert resolve_profile("haiku", model) == "haiku"
