"""Claims: what must be unique is given out once, per rule, fingerprint and lane; and what bounds drop is noted."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.engine.state import counters as module
from mockclaude.engine.state.counters import GENERATION
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.store import Attempt, Claim, Store, Ticket
from mockclaude.scenario.rules import RuleKey

ONE, TWIN, TWO = RuleKey(0, "one", 0), RuleKey(0, "one", 1), RuleKey(0, "two", 0)


def claim(store: Store, rule: RuleKey | None = ONE, lane: str = "lane", fingerprint: str = "f", **more: Any) -> Ticket:
    ticket = store.claim(Claim(lane, fingerprint, rule, **more))
    assert ticket is not None
    return ticket


def attempts(store: Store, *counted: Attempt, lane: str = "lane") -> tuple[int, ...]:
    return claim(store, lane=lane, attempts=counted).attempts


def test_claim_gives_out_each_position_once(store: Store) -> None:
    assert [claim(store).match_count for _ in range(3)] == [0, 1, 2]
    assert store.counts("lane", [ONE, TWO]) == {ONE: 3, TWO: 0}


def test_reading_a_counter_does_not_change_it(store: Store) -> None:
    assert [store.counts("lane", [ONE]) for _ in range(3)] == [{ONE: 0}] * 3


@pytest.mark.parametrize("other", [(TWO, "lane"), (TWIN, "lane"), (ONE, "another")])
def test_rules_and_lanes_are_counted_separately(store: Store, other: tuple[RuleKey, str]) -> None:
    claim(store)

    assert claim(store, *other).match_count == 0


def test_exhausted_rule_is_not_claimed_and_raises_no_counter(store: Store) -> None:
    claims = [Claim("lane", "f", ONE, times=2, attempts=(("fault", "one", b"turn"),)) for _ in range(4)]

    assert [store.claim(each) for each in claims] == [Ticket(0, 0, 0, (0,)), Ticket(1, 1, 1, (1,)), None, None]
    assert claim(store) == Ticket(2, 2, 2)


def test_totals_add_up_the_lanes(store: Store) -> None:
    for rule, lane in ((ONE, "a"), (ONE, "b"), (TWO, "a"), (None, "a")):
        claim(store, rule, lane)

    assert store.totals() == {ONE: 2, TWO: 1}


def test_messages_requests_are_counted_per_lane(store: Store) -> None:
    assert [claim(store, None, lane).request for lane in "aaba"] == [0, 1, 0, 2]
    assert [claim(store, None, "a", is_message=False).request for _ in range(2)] == [3, 3]


def test_occurrences_are_counted_per_rule_fingerprint_and_lane(store: Store) -> None:
    seen = [(ONE, "l", "f"), (ONE, "l", "f"), (ONE, "m", "f"), (ONE, "l", "g"), (TWO, "l", "f"), (None, "l", "f")]

    assert [claim(store, *key).occurrence for key in seen] == [0, 1, 0, 0, 0, 0]


def test_equal_rules_share_their_occurrences(store: Store) -> None:
    assert [claim(store, rule).occurrence for rule in (ONE, TWIN)] == [0, 1]


def test_attempts_are_counted_per_kind_of_script_rule_turn_and_lane(store: Store) -> None:
    first = ("fault", "r", b"turn")
    others = [("chaos", "r", b"turn"), ("fault", "s", b"turn"), ("fault", "r", b"next")]

    assert [attempts(store, first, lane=lane) for lane in "lml"] == [(0,), (0,), (1,)]
    assert attempts(store, first, *others, lane="l") == (2, 0, 0, 0)


def test_forgetting_a_lane_keeps_the_others(store: Store) -> None:
    for lane in "ab":
        claim(store, lane=lane, attempts=(("fault", "r", b"turn"),))
    store.forget("a")
    store.forget("never seen")

    again = [claim(store, lane=lane, attempts=(("fault", "r", b"turn"),)) for lane in "ab"]
    assert again == [Ticket(0, 0, 0, (0,)), Ticket(1, 1, 1, (1,))]


def test_forgetting_everything_forgets_every_lane(store: Store) -> None:
    for lane in "ab":
        claim(store, lane=lane)
    store.forget()

    assert store.totals() == {}
    assert claim(store) == Ticket(0, 0, 0)


def test_lane_never_changes_the_counts_of_another() -> None:
    store = MemoryStore()
    assert [claim(store, lane="a").occurrence for _ in range(2)] == [0, 1]
    for number in range(133_645):
        store.claim(Claim("b", str(number)))

    assert claim(store, lane="a").occurrence == 2
    dropped = store.take_notes()
    assert len(dropped) == 12
    assert {*dropped} == {"dropped: 10000 counts of lane 'b', which keeps 10000 to 20000"}
    assert store.take_notes() == ()


def test_lane_drops_the_counts_that_it_used_longest_ago() -> None:
    store = MemoryStore()
    for number in range(GENERATION):
        claim(store, None, "", str(number))
    assert claim(store, None, "", "0").occurrence == 1
    for number in range(GENERATION - 1):
        claim(store, None, "", f"more {number}")

    assert store.take_notes() == ("dropped: 9999 counts of lane '-', which keeps 10000 to 20000",)
    assert [claim(store, None, "", fingerprint).occurrence for fingerprint in "01"] == [2, 0]


def test_of_too_many_lanes_the_one_used_longest_ago_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LANES", 2)
    store = MemoryStore()
    for lane in "abac":
        claim(store, lane=lane)

    assert store.take_notes() == ("dropped: all counts of lane 'b', the one used longest ago",)
    assert [claim(store, lane=lane).request for lane in "ac"] == [2, 1]


def test_too_many_counts_in_all_drop_the_lane_used_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COUNTS", 5)
    store = MemoryStore()
    for lane in "abca":
        claim(store, lane=lane)

    assert store.take_notes() == ("dropped: all counts of lane 'a', the one used longest ago",)
    assert [store.counts(lane, [ONE])[ONE] for lane in "abc"] == [1, 1, 1]
