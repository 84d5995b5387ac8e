"""When each piece of a reply is due: fixed, or drawn for the reply and for each of its pieces."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean, median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.draws import Draws
from mockclaude.reply.pace_clock import LEAST_RATE, PaceClock
from mockclaude.scenario.format.pace import Pace

DRAWS = Draws(0, "rule", "fingerprint", "lane")
COUNTS = [0, 1, 5, 0, 7, 3]


def times(draws: Draws = DRAWS, counts: list[int] = COUNTS, **pace: Any) -> list[int]:
    timing = PaceClock(Pace.model_validate(pace), draws)
    return [timing.generate(count, first=not index) for index, count in enumerate(counts)]


def test_tokens_take_their_time_after_the_first() -> None:
    assert times(ttft="1s", tokens_per_second=10) == [10**6 + so_far * 100_000 for so_far in (0, 1, 6, 6, 13, 16)]


def test_a_gap_is_before_each_piece_that_is_generated() -> None:
    assert times(ttft="1s", gap="20ms") == [10**6 + pieces * 20_000 for pieces in (0, 1, 2, 2, 3, 4)]


def test_last_recorded_gap_repeats() -> None:
    assert times(gaps=["5ms", "30ms"], counts=[0, 1, 9, 0, 2]) == [0, 5_000, 35_000, 35_000, 65_000]


def test_pause_is_added_to_the_time() -> None:
    timing = PaceClock(Pace(), DRAWS)
    timing.wait(2_000_000)

    assert timing.generate(5, first=True) == timing.now == 2_000_000


KINDS: list[dict[str, Any]] = [
    {"uniform": ["10ms", "40ms"]},
    {"normal": {"mean": "30ms", "sd": "20ms"}},
    {"lognormal": {"median": "30ms", "sigma": 1}},
    {"lognormal": {"p50": "30ms", "p99": "300ms", "max": "200ms"}},
    {"exponential": {"mean": "30ms"}},
]


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_times_are_reproducible_microseconds(kind: dict[str, Any]) -> None:
    drawn = times(ttft=kind, gap=kind, jitter="30%")

    assert drawn == times(ttft=kind, gap=kind, jitter="30%")
    assert drawn != times(DRAWS._replace(occurrence=1), ttft=kind, gap=kind, jitter="30%")
    assert all(isinstance(at, int) for at in drawn)
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == 5


def test_each_gap_is_drawn_on_its_own() -> None:
    gaps = [later - earlier for earlier, later in pairwise(times(counts=[1] * 2000, gap=KINDS[4]))]

    assert fmean(gaps) == pytest.approx(30_000, rel=0.1)
    assert median(gaps) == pytest.approx(30_000 * 0.693, rel=0.1)


def test_a_drawn_rate_holds_for_the_whole_reply() -> None:
    gaps = {
        later - earlier for earlier, later in pairwise(times(counts=[1] * 9, tokens_per_second={"uniform": [5, 50]}))
    }

    assert len(gaps) == 1


def test_a_drawn_rate_never_stops_a_reply() -> None:
    assert times(counts=[1], tokens_per_second={"lognormal": {"median": 0.0001, "sigma": 0}}) == [10**6 / LEAST_RATE]


def test_a_drawn_jitter_is_a_factor() -> None:
    assert times(counts=[1, 1], gap="10ms", jitter={"uniform": [2, 2]}) == [20_000, 40_000]


PACES: list[dict[str, Any]] = [
    {},
    {"ttft": "1s"},
    {"ttft": KINDS[0], "gap": "20ms"},
    {"gap": "20ms", "jitter": "30%"},
    {"gap": KINDS[3]},
    {"gaps": ["5ms", "30ms"]},
    {"tokens_per_second": 30},
]


@given(pace=st.sampled_from(PACES), parts=st.lists(st.lists(st.integers(0, 9), min_size=1)))
def test_successive_pieces_have_the_times_of_single_ones(pace: dict[str, Any], parts: list[list[int]]) -> None:
    timing = PaceClock(Pace.model_validate(pace), DRAWS)
    together = [at for index, part in enumerate(parts) for at in timing.generate_all(part, first=not index)]

    assert together == times(counts=[count for part in parts for count in part], **pace)


@given(counts=st.lists(st.integers(0, 50), max_size=30), rate=st.floats(0.5, 10_000), jitter=st.floats(0, 1))
def test_time_never_goes_back(counts: list[int], rate: float, jitter: float) -> None:
    due = times(counts=counts, ttft="1s", tokens_per_second=rate, jitter=jitter)

    assert due == sorted(due)
