"""Which faults are due: real probabilities, windows, bursts and scripts, from keyed draws alone."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.draws import Draws
from mockclaude.reply.faults.select import BURST_BLOCK, TriggerContext, find_probability, is_in_burst, select_faults
from mockclaude.scenario.format.faults import Burst, Fault
from tests.reply.breakage import faults

MANY = 4_000


def struck(written: list[Any], request: int = 0, occurrence: int = 0, seed: int = 0, **position: Any) -> list[str]:
    draws = Draws(seed, "rule", f"request {request}", "lane", occurrence)
    return [
        str(fault) for fault in select_faults(faults(*written), draws, TriggerContext(request, **position), "chaos")
    ]


def share(written: list[Any], name: str) -> float:
    return sum(name in struck(written, request) for request in range(MANY)) / MANY


def test_fault_without_triggers_is_always_selected() -> None:
    assert all(struck(["reset"], request) == ["reset"] for request in range(20))


@pytest.mark.slow
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 1.0])
def test_fault_has_its_probability_beside_other_faults(p: float) -> None:
    written = [{"error": 500, "name": "other", "p": (1 - p) / 2}, {"error": 529, "name": "this", "p": p}]

    assert share(written, "this") == pytest.approx(p, abs=0.03)
    assert share(written, "other") == pytest.approx((1 - p) / 2, abs=0.03)


def test_one_fault_with_a_probability_is_selected_at_most() -> None:
    written = [{"error": 500, "p": "50%"}, {"error": 529, "p": "50%"}, "slow"]

    assert all(len(struck(written, request)) == 2 for request in range(200))


@given(st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 10**6))
def test_higher_probability_only_adds_faults(p: float, more: float, request: int) -> None:
    other = {"error": 500, "p": 0.2}
    few, many = ([{"error": 529, "p": chance}, other] for chance in (p / 2, min(0.8, p / 2 + more)))

    assert not struck(few, request) or struck(many, request)


def test_a_probability_may_grow_with_the_requests_of_a_lane() -> None:
    (ramp,) = faults({"error": 529, "ramp": {"end": "50%", "over": 100}})

    assert [find_probability(ramp, request) for request in (0, 50, 100, 1000)] == [0.0, 0.25, 0.5, 0.5]


@pytest.mark.parametrize(
    ("window", "position", "strikes"),
    [
        ({"occurrence": [1, 2]}, {"occurrence": 1}, True),
        ({"occurrence": 1}, {"occurrence": 1}, False),
        ({"requests": "10..20"}, {"request": 9}, True),
        ({"requests": "10..20"}, {"request": 20}, False),
        ({"requests": "10.."}, {"request": 10_000}, True),
        ({"time": "1s..2s"}, {"time": 1_000_000}, True),
        ({"time": "1s..2s"}, {"time": 2_000_000}, False),
        ({"time": "1s.."}, {"time": 10**12}, True),
        ({"connection": "reused"}, {"reused": True}, True),
        ({"connection": "reused"}, {}, False),
    ],
)
def test_fault_is_selected_in_its_window(window: dict[str, Any], position: dict[str, Any], strikes: bool) -> None:
    assert bool(struck([{"error": 529, **window}], **position)) is strikes


def test_a_script_has_a_fault_for_each_attempt() -> None:
    script = [{"script": [529, "ok", "reset"]}]

    assert [struck(script, attempt=number) for number in range(5)] == [["529"], [], ["reset"], [], []]
    assert struck(script, occurrence=2) == ["529"]
    assert struck([{"script": ["ok", 529], "p": 1.0}], attempt=1) == ["529"]


def simulated(burst: Burst, draws: Draws, requests: int) -> list[bool]:
    """Return the states of the two-state chain, from its beginning on."""
    states, burning = [], False
    for number in range(requests):
        drawn = draws._replace(fingerprint="", occurrence=0).uniform(f"burst/{number}")
        burning = drawn < (1 - burst.leave if burning else burst.enter)
        states.append(burning)
    return states


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 99))
def test_a_burst_is_a_chain_of_two_states(enter: float, leave: float, seed: int) -> None:
    burst, draws = Burst(enter=enter, leave=leave), Draws(seed, "burst", "request", "lane", 3)

    assert [is_in_burst(burst, draws, request) for request in range(30)] == simulated(burst, draws, 30)


@pytest.mark.parametrize(("enter", "leave"), [(1e-9, 1e-9), (1, 1), (0, 0), (0, 1e-9), (1, 0), (1e-9, 0)])
def test_no_request_looks_back_further_than_a_block(
    enter: float, leave: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[str] = []
    draw = Draws.uniform

    def uniform(draws: Draws, label: str) -> float:
        numbers.append(label)
        return draw(draws, label)

    monkeypatch.setattr(Draws, "uniform", uniform)
    is_in_burst(Burst(enter=enter, leave=leave), Draws(0, "rule"), 9_000_999)

    assert numbers[0] == "burst/9000999"
    assert len(numbers) <= BURST_BLOCK


@pytest.mark.parametrize(
    ("enter", "leave", "expected"),
    [(1, 1, [True, False]), (0, 0, [False, False]), (1, 0, [True, True]), (0, 1, [False] * 2)],
)
def test_certain_bursts_stay_certain_over_blocks(enter: float, leave: float, expected: list[bool]) -> None:
    burst = Burst(enter=enter, leave=leave)

    for first in (0, BURST_BLOCK, 7 * BURST_BLOCK + 998):
        assert [is_in_burst(burst, Draws(3, "rule"), first + number) for number in range(2)] == expected


def test_bursts_have_the_same_share_in_every_block() -> None:
    burst = Burst(enter=0.001, leave=0.003)
    shares = [
        sum(is_in_burst(burst, Draws(seed, "rule"), BURST_BLOCK * block) for seed in range(MANY)) / MANY
        for block in (1, 5)
    ]

    assert shares == pytest.approx([0.25 * (1 - 0.996**1001), 0.25], abs=0.03)


def test_fault_is_selected_in_bursts_only() -> None:
    written = [{"error": 529, "burst": {"enter": "10%", "leave": "50%"}}]
    states = [bool(struck(written, request)) for request in range(MANY)]
    begun = sum(now and not before for before, now in itertools.pairwise(states))

    assert sum(states) / MANY == pytest.approx(1 / 6, abs=0.03)
    assert sum(states) / begun == pytest.approx(2, abs=0.2)


def test_selection_depends_on_its_arguments_only() -> None:
    written = [{"error": 529, "p": "30%"}]
    outcomes = [struck(written, request) for request in range(100)]

    assert outcomes == [struck(written, request) for request in range(100)]
    assert outcomes != [struck(written, request, seed=1) for request in range(100)]
    assert isinstance(faults("reset")[0], Fault)
