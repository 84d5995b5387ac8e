"""Durations and shares are numbers with a unit."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.scenario import quantities


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [("5us", 5), ("400ms", 400_000), ("2s", 2_000_000), ("1.5m", 90_000_000), ("1h", 3_600_000_000), ("0 s", 0)],
)
def test_a_duration_is_a_number_with_a_unit(written: str, microseconds: int) -> None:
    assert quantities.duration(written) == microseconds
    assert quantities.pause(written) == microseconds


@pytest.mark.parametrize("written", [5, 0, None, "5", "5 days", "-1s", "1e3s", ".5s", "forever", "9" * 400 + "h", True])
def test_anything_else_is_no_duration(written: Any) -> None:
    with pytest.raises(
        ValueError, match=r"is not a duration; expected a number with a unit, such as 400ms, 2s or 1\.5m"
    ):
        quantities.duration(written)


def test_a_pause_may_be_forever() -> None:
    assert quantities.pause("forever") == quantities.FOREVER


@pytest.mark.parametrize(("written", "share"), [("20%", 0.2), ("0.5 %", 0.005), (0.3, 0.3), (1, 1.0), (0, 0.0)])
def test_a_share_is_a_percentage_or_a_number_up_to_1(written: Any, share: float) -> None:
    assert quantities.share(written) == pytest.approx(share)


@pytest.mark.parametrize("written", [20, -0.1, "20", "200%", True, None, [0.2], float("nan")])
def test_anything_else_is_no_share(written: Any) -> None:
    with pytest.raises(ValueError, match="is not a share; expected a percentage, such as 20%, or a number from 0 to 1"):
        quantities.share(written)


def test_a_long_value_is_told_in_short() -> None:
    with pytest.raises(ValueError, match=r"^'x{39} is not a duration;"):
        quantities.duration("x" * 1000)
