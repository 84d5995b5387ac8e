"""Pages: in both forms, from either end, each item comes once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.resources.pages import page_by_cursor, page_by_id

NUMBERS = st.lists(st.integers(0, 10**16), unique=True, max_size=30).map(lambda numbers: sorted(numbers, reverse=True))
LIMITS = st.integers(1, 12) | st.just(1000)


def items(numbers: list[int]) -> list[dict[str, Any]]:
    return [{"id": f"file_{number}"} for number in numbers]


def by_id(numbers: list[int], **query: Any) -> dict[str, Any]:
    return page_by_id(items(numbers), {name: str(value) for name, value in query.items()}, ValidationResult())


def by_cursor(numbers: list[int], *, newest_first: bool = True, **query: Any) -> dict[str, Any]:
    given_query = {name: str(value) for name, value in query.items()}
    return page_by_cursor(items(numbers), numbers, given_query, ValidationResult(), newest_first=newest_first)


@given(NUMBERS, LIMITS)
def test_pages_by_id_have_each_item_once(numbers: list[int], limit: int) -> None:
    page = by_id(numbers, limit=limit)
    found = page["data"]
    while page["has_more"]:
        assert len(page["data"]) == limit
        page = by_id(numbers, limit=limit, after_id=page["last_id"])
        found += page["data"]
    assert found == items(numbers)


@given(NUMBERS.filter(bool), LIMITS)
def test_pages_before_an_id_have_each_item_once(numbers: list[int], limit: int) -> None:
    *newer, last = items(numbers)
    page = by_id(numbers, limit=limit, before_id=last["id"])
    found = page["data"]
    while page["has_more"]:
        page = by_id(numbers, limit=limit, before_id=page["first_id"])
        found = page["data"] + found
    assert found == newer


@given(NUMBERS, LIMITS, st.booleans(), st.booleans())
def test_pages_by_cursor_have_each_item_once_also_if_items_are_deleted(
    numbers: list[int], limit: int, newest_first: bool, is_deleting: bool
) -> None:
    def pages() -> Iterator[dict[str, Any]]:
        left = numbers if newest_first else numbers[::-1]
        page = by_cursor(left, limit=limit, newest_first=newest_first)
        yield page
        while page["next_page"] is not None:
            assert len(page["data"]) == limit
            left = left[limit:] if is_deleting else left
            page = by_cursor(left, limit=limit, page=page["next_page"], newest_first=newest_first)
            yield page

    found = [item for page in pages() for item in page["data"]]
    assert found == items(numbers if newest_first else numbers[::-1])


def test_the_usual_page_has_twenty_items() -> None:
    numbers = [*range(45, 0, -1)]
    assert len(by_id(numbers)["data"]) == len(by_cursor(numbers)["data"]) == 20
    assert by_id(numbers[:20])["has_more"] is False
    assert by_cursor(numbers[:20])["next_page"] is None
    assert by_id([]) == {"data": [], "has_more": False, "first_id": None, "last_id": None}


INVALID = [
    ({"limit": "many"}, "limit: Input should be a valid integer, unable to parse string as an integer"),
    ({"limit": "0"}, "limit: Input should be greater than or equal to 1"),
    ({"limit": "1001"}, "limit: Input should be less than or equal to 1000"),
]
INVALID_IDS = [
    ({"after_id": "x"}, "after_id: 'x' is not the id of a listed object"),
    ({"before_id": "x"}, "before_id: 'x' is not the id of a listed object"),
    ({"after_id": "file_1", "before_id": "file_1"}, "Only one of after_id and before_id may be given"),
]
INVALID_PAGES = [
    ({"page": page}, "page: Invalid page token") for page in ("", "x", "page_", "page_é", "page_MQ==", "MQ")
]


@pytest.mark.parametrize(("query", "message"), [*INVALID, *INVALID_IDS])
def test_an_invalid_page_by_id_is_a_400_or_tolerated(query: dict[str, str], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        by_id([2, 1], **query)
    assert (caught.value.status, caught.value.message) == (400, message)

    page = page_by_id(items([2, 1]), query, ValidationResult("off"))
    assert len(page["data"]) == (2 if "limit" in query else 0)


def test_a_gateway_has_an_empty_page_for_invalid_ids_and_the_first_one_for_an_invalid_page() -> None:
    for query, _ in INVALID_IDS:
        assert page_by_id(items([1]), query, ValidationResult("gateway"))["data"] == []
    for query, _ in INVALID_PAGES:
        assert page_by_cursor(items([1]), [1], query, ValidationResult("gateway"))["data"] == items([1])


@pytest.mark.parametrize(("query", "message"), [*INVALID, *INVALID_PAGES])
def test_an_invalid_page_by_cursor_is_a_400_or_the_first_page(query: dict[str, str], message: str) -> None:
    with pytest.raises(ApiError) as caught:
        page_by_cursor(items([2, 1]), [2, 1], query, ValidationResult())
    assert (caught.value.status, caught.value.message) == (400, message)
    assert page_by_cursor(items([2, 1]), [2, 1], query, ValidationResult("off"))["data"] == items([2, 1])
