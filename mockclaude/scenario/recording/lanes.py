"""The lanes of a session, each of which has a file of its own."""

from __future__ import annotations

from collections.abc import Iterable

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.unique_names import UniqueNames

KEY_LANE = "key "
"""The beginning of the name of a lane that an API key has, and no header. The file has no part of the name."""

_UNSAFE = compile_lazily(r"[^\w.-]+")
_LENGTH = 80


def split_lanes(exchanges: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    """Return the exchanges of each lane, by the stem of its file.

    The stem is the name in the lane header in a form that is safe for a file, or else a number.
    """
    lanes: dict[str, list[Exchange]] = {}
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        lanes.setdefault(exchange.lane, []).append(exchange)
    stems = {lane: _to_stem(lane) for lane in lanes}
    names = UniqueNames()
    by_stem = {names.create(stem): lanes[lane] for lane, stem in stems.items() if stem}
    numbers = UniqueNames(by_stem, "{1}")
    return by_stem | {numbers.create("1"): lanes[lane] for lane, stem in stems.items() if not stem}


def _to_stem(lane: str) -> str:
    if lane.startswith(KEY_LANE):
        return ""
    return _UNSAFE.sub("-", lane)[:_LENGTH].strip("-.")
