from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from anthropic import Anthropic
from multidict import MultiDict

from mockclaude.api.errors import ApiError
from mockclaude.api.mode import ValidationResult
from mockclaude.api.models import ALIASES, CATALOGUE, CATALOGUE_DATE
from mockclaude.engine.model_list import LIFECYCLES, models_page
from tests.conftest import Serve


def ids(*lifecycles: str) -> list[str]:
    return [model.id for model in CATALOGUE if model.lifecycle(CATALOGUE_DATE) in lifecycles]


LISTED = ids("active", "deprecated")


def page(*lifecycles: str, **query: Any) -> dict[str, Any]:
    """Return the page that a query with these parameters asks for."""
    given = {name: str(value) for name, value in query.items()}
    return models_page(
        MultiDict([*given.items(), *(("lifecycle[]", value) for value in lifecycles)]), ValidationResult()
    )


def listed(page: dict[str, Any]) -> list[str]:
    return [model["id"] for model in page["data"]]


def test_the_first_page_has_twenty_models_newest_first_and_no_retired_one() -> None:
    first = models_page({}, ValidationResult())

    assert list(first) == ["data", "has_more", "first_id", "last_id"]
    assert listed(first) == LISTED[:20]
    assert (first["first_id"], first["last_id"]) == (LISTED[0], LISTED[:20][-1])
    assert first["data"][0] == CATALOGUE[0].info()
    assert first["has_more"] is (len(LISTED) > 20)


@pytest.mark.parametrize(
    "lifecycles",
    [(), ("active",), ("deprecated",), ("retired",), ("active", "retired"), ("retired", "retired"), LIFECYCLES],
)
def test_only_models_of_the_lifecycles_that_were_asked_for_are_listed(lifecycles: tuple[str, ...]) -> None:
    assert listed(page(*lifecycles, limit=1000)) == (ids(*lifecycles) if lifecycles else LISTED)


def test_a_lifecycle_is_read_from_a_plain_mapping_too() -> None:
    assert listed(models_page({"lifecycle[]": "retired"}, ValidationResult())) == ids("retired")


@pytest.mark.parametrize("limit", [1, 3, 20, 1000])
@pytest.mark.parametrize("lifecycles", [("active",), ("retired",), LIFECYCLES])
def test_pages_forward_hold_every_model_once(limit: int, lifecycles: tuple[str, ...]) -> None:
    def pages() -> Iterator[list[str]]:
        here = page(*lifecycles, limit=limit)
        while here["has_more"]:
            yield listed(here)
            here = page(*lifecycles, limit=limit, after_id=here["last_id"])
        yield listed(here)

    *full, last = pages()
    assert [*chain(*full), *last] == ids(*lifecycles)
    assert {len(one) for one in full} <= {limit}
    assert last


@pytest.mark.parametrize("limit", [1, 3, 20, 1000])
def test_pages_backward_hold_every_model_once(limit: int) -> None:
    found: list[str] = []
    here = page(limit=limit, before_id=LISTED[-1])
    while here["has_more"]:
        found = listed(here) + found
        here = page(limit=limit, before_id=here["first_id"])

    assert listed(here) + found == LISTED[:-1]


@pytest.mark.parametrize("query", [{"after_id": CATALOGUE[-1].id}, {"before_id": CATALOGUE[0].id}])
def test_the_page_beyond_the_last_model_is_empty(query: dict[str, str]) -> None:
    assert models_page(query, ValidationResult()) == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_a_cursor_may_be_a_model_that_is_not_listed_itself() -> None:
    retired = ids("retired")[0]
    newer = [model.id for model in CATALOGUE[: [model.id for model in CATALOGUE].index(retired)]]

    assert listed(page(before_id=retired, limit=1000)) == [name for name in newer if name in LISTED]
    assert listed(page(after_id=retired, limit=1000)) == [name for name in LISTED if name not in newer]


@pytest.mark.parametrize("alias", ALIASES)
@pytest.mark.parametrize("cursor", ["after_id", "before_id"])
def test_an_alias_is_a_cursor_like_the_id_it_stands_for(alias: str, cursor: str) -> None:
    assert models_page({cursor: alias}, ValidationResult()) == models_page({cursor: ALIASES[alias]}, ValidationResult())


STAGES = "Input should be 'active', 'deprecated' or 'retired'"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "many"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"limit": ""}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"limit": "1_0"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"limit": "٣"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"limit": "9" * 5000}, "limit: Input should be a valid integer, unable to parse string as an integer"),
        ({"limit": "0"}, "limit: Input should be greater than or equal to 1"),
        ({"limit": "-5"}, "limit: Input should be greater than or equal to 1"),
        ({"limit": "1001"}, "limit: Input should be less than or equal to 1000"),
        ({"after_id": "gpt-5"}, "after_id: 'gpt-5' is not the id of a listed model"),
        ({"before_id": ""}, "before_id: '' is not the id of a listed model"),
        ({"after_id": LISTED[0], "before_id": LISTED[2]}, "Only one of after_id and before_id may be given"),
        ({"lifecycle[]": "Active"}, f"lifecycle.0: {STAGES}"),
    ],
)
def test_a_page_that_cannot_be_is_a_400(query: dict[str, str], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        models_page(query, ValidationResult())

    assert (caught.value.status, caught.value.message) == (400, message)


@pytest.mark.parametrize(
    ("lifecycles", "message"),
    [
        (("active", "gone"), f"lifecycle.1: {STAGES}"),
        (("active",) * 4, "lifecycle: List should have at most 3 items after validation, not 4"),
    ],
)
def test_every_lifecycle_is_looked_at(lifecycles: tuple[str, ...], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        page(*lifecycles)

    assert caught.value.message == message


@pytest.mark.parametrize("lifecycles", [{}, {"lifecycle": ["active"]}, {"lifecycle": ["deprecated", "retired"]}])
def test_the_sdk_goes_through_all_pages(serve: Serve, lifecycles: dict[str, Any]) -> None:
    wanted = lifecycles.get("lifecycle", ["active", "deprecated"])
    server = serve("rules: [{reply: Hello!}]")
    with Anthropic(base_url=server.url, api_key="mock", max_retries=0, _strict_response_validation=True) as client:
        for models in (client.models, client.beta.models):
            assert [model.id for model in models.list(limit=3, **lifecycles)] == ids(*wanted)
