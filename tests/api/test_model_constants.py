"""Each model of the catalogue has constants; other names have those of the model that they contain."""

import pytest

from mockclaude.api.model_constants import CONSTANTS, Constants, find_constants
from mockclaude.api.models import ALIASES, CATALOGUE


def test_the_constants_are_of_the_models_of_the_catalogue() -> None:
    assert set(CONSTANTS) == {model.id for model in CATALOGUE}


@pytest.mark.parametrize(("alias", "model"), ALIASES.items())
def test_an_alias_has_the_constants_of_its_model(alias: str, model: str) -> None:
    assert find_constants(alias) == CONSTANTS[model]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("claude-opus-4-6-thinking", "claude-opus-4-6"),
        ("anthropic/claude-opus-5-5", "claude-opus-5-5"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5-20251001"),
    ],
)
def test_a_name_around_an_id_has_the_constants_of_the_longest(name: str, model: str) -> None:
    assert find_constants(name) == CONSTANTS[model]


@pytest.mark.parametrize("name", ["", "gpt-5", "claude-fable-9"])
def test_any_other_name_counts_as_a_new_model(name: str) -> None:
    assert find_constants(name) == Constants()
