from __future__ import annotations

import pytest

from mockclaude.engine.state import bounded
from mockclaude.engine.state.bounded import BoundedMap, OwnerMap


def test_a_value_is_kept_until_it_is_dropped() -> None:
    kept: BoundedMap[str, int] = BoundedMap(2, 10)

    assert [kept.put(key, value) for key, value in (("a", 1), ("b", 2), ("a", 3))] == [(), (), ()]
    assert kept.put("c", 4) == ["b"]
    assert [kept.get(key) for key in "abc"] == [3, None, 4]
    assert kept.values() == [3, 4]
    kept.pop("a")
    kept.pop("a")
    assert kept.values() == [4]


def test_values_are_dropped_until_the_rest_fits() -> None:
    kept: BoundedMap[str, str] = BoundedMap(9, 10)
    for key, size in (("a", 4), ("b", 4), ("a", 3)):
        assert kept.put(key, key, size) == ()

    assert kept.size == 7
    assert kept.put("c", "c", 7) == ["b"]
    assert kept.put("d", "d", 9) == ["a", "c"]
    assert kept.put("e", "e", 11) == ["d", "e"]
    assert kept.size == 0


def test_an_owner_drops_only_values_of_its_own() -> None:
    notes: list[str] = []
    kept: OwnerMap[int, str] = OwnerMap("things", (2, 10), 100, notes.append)
    for owner, key in (("a", 1), ("b", 1), ("b", 2), ("b", 3)):
        kept.put(owner, key, f"{owner}{key}")

    assert notes == ["dropped: 1 of the things of this API key, put longest ago"]
    assert [kept.get(owner, key) for owner in "abc" for key in (1, 3)] == ["a1", None, None, "b3", None, None]


def test_what_all_owners_hold_is_bounded_too() -> None:
    notes: list[str] = []
    kept: OwnerMap[int, str] = OwnerMap("things", (9, 9), 10, notes.append)
    for owner, size in (("a", 5), ("b", 4), ("a", 1), ("c", 4)):
        kept.put(owner, size, owner, size)

    assert notes == ["dropped: all things of 1 of the API keys, used longest ago"]
    assert [kept.get(owner, key) for owner, key in (("a", 5), ("b", 4), ("c", 4))] == ["a", None, "c"]


def test_a_value_that_is_taken_away_leaves_room() -> None:
    kept: OwnerMap[int, str] = OwnerMap("things", (2, 9), 9, lambda _: None)
    kept.put("a", 1, "one")
    kept.put("a", 2, "two")
    kept.pop("a", 1)
    kept.pop("b", 1)
    kept.put("a", 3, "three")

    assert [kept.get("a", key) for key in (1, 2, 3)] == [None, "two", "three"]


def test_the_number_of_owners_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MAX_OWNERS", 2)
    kept: OwnerMap[int, str] = OwnerMap("things", (9, 9), 10, lambda _: None)
    for owner in "abac":
        kept.put(owner, 1, owner)

    assert [kept.get(owner, 1) for owner in "abc"] == ["a", None, "c"]
