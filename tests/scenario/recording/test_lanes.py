"""Each lane has a file, named after the header that named it, and never after a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockclaude.scenario.recording.lanes import KEY_LANE, split_lanes
from tests.scenario.recording.sessions import Api, user


@pytest.mark.parametrize(
    ("lanes", "stems"),
    [
        (["", ""], ["1", "1"]),
        (["a", "b", "a"], ["a", "b", "a"]),
        (["tests/a b[1]", "tests/a-b(1)"], ["tests-a-b-1", "tests-a-b-1-2"]),
        (["Tide", "tide"], ["Tide", "tide-2"]),
        (["../../etc", "..", "/"], ["etc", "1", "2"]),
        ([f"{KEY_LANE}d5bb9f6d", "", f"{KEY_LANE}0a"], ["1", "2", "3"]),
        ([f"{KEY_LANE}d5bb9f6d", "1"], ["2", "1"]),
        (["é" * 99], ["é" * 80]),
    ],
)
def test_a_lane_has_a_stem(lanes: list[str], stems: list[str]) -> None:
    api = Api()
    for lane in lanes:
        api.ask([user(lane)], "Yes.")
    exchanges = [replace(exchange, lane=lane) for exchange, lane in zip(api.exchanges, lanes, strict=True)]
    split = split_lanes(exchanges[::-1])

    assert [next(stem for stem in split if exchange in split[stem]) for exchange in exchanges] == stems
    for of_lane in split.values():
        assert of_lane == sorted(of_lane, key=lambda exchange: exchange.number)
