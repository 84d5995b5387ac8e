"""Durations and shares are numbers with a unit."""

from __future__ import annotations

import math
import re
from statistics import NormalDist
from typing import Any

import pytest

from mockclaude.scenario.format import units


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [("5us", 5), ("400ms", 400_000), ("2s", 2_000_000), ("1.5m", 90_000_000), ("1h", 3_600_000_000), ("0 s", 0)],
)
def test_a_duration_is_a_number_with_a_unit(written: str, microseconds: int) -> None:
    assert units.parse_duration(written) == microseconds
    assert units.parse_pause(written) == microseconds


@pytest.mark.parametrize("written", [5, 0, None, "5", "5 days", "-1s", "1e3s", ".5s", "forever", "9" * 400 + "h", True])
def test_anything_else_is_no_duration(written: Any) -> None:
    with pytest.raises(
        ValueError, match=r"not a duration, got .*; expected a number with a unit, such as 400ms, 2s or 1\.5m"
    ):
        units.parse_duration(written)


def test_a_pause_may_be_forever() -> None:
    assert units.parse_pause("forever") == units.FOREVER


@pytest.mark.parametrize(("written", "share"), [("20%", 0.2), ("0.5 %", 0.005), (0.3, 0.3), (1, 1.0), (0, 0.0)])
def test_a_share_is_a_percentage_or_a_number_up_to_1(written: Any, share: float) -> None:
    assert units.parse_probability(written) == pytest.approx(share)


@pytest.mark.parametrize("written", [20, -0.1, "20", "200%", True, None, [0.2], float("nan")])
def test_anything_else_is_no_share(written: Any) -> None:
    with pytest.raises(
        ValueError, match=r"not a probability, got .*; expected a number from 0 to 1, or a percentage such as 20%"
    ):
        units.parse_probability(written)


def test_a_long_value_is_told_in_short() -> None:
    with pytest.raises(ValueError, match=r"^not a duration, got 'x{39}…';"):
        units.parse_duration("x" * 1000)


@pytest.mark.parametrize("written", [0, -1, True, "60", None, float("inf"), float("nan")])
def test_anything_else_is_no_rate(written: Any) -> None:
    assert units.parse_rate(60) == 60.0
    with pytest.raises(ValueError, match=r"not a rate, got .*; expected a number per second above 0, such as 60"):
        units.parse_rate(written)


@pytest.mark.parametrize("written", [-0.1, True, "1.5", None, float("inf")])
def test_anything_else_is_no_factor(written: Any) -> None:
    assert units.parse_factor("150%") == units.parse_factor(1.5) == 1.5
    with pytest.raises(ValueError, match=r"not a factor, got .*; expected a number from 0 on, such as 1\.5 or 150%"):
        units.parse_factor(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"uniform": ["1s", "2s"]}, ("uniform", 1_000_000, 2_000_000, None)),
        ({"normal": {"mean": "1s", "sd": "5ms"}}, ("normal", 1_000_000, 5000, None)),
        ({"lognormal": {"median": "1s", "sigma": 0.5, "max": "9s"}}, ("lognormal", 1_000_000, 0.5, 9_000_000)),
        ({"exponential": {"mean": "1s"}}, ("exponential", 1_000_000, 0, None)),
    ],
)
def test_a_distribution_is_in_the_unit_of_what_is_drawn(written: dict[str, Any], read: tuple[Any, ...]) -> None:
    assert units.parse_distribution(written, units.parse_duration) == read


def test_a_lognormal_distribution_is_also_said_by_its_percentiles() -> None:
    _, median, sigma, _ = units.parse_distribution({"lognormal": {"p50": "1s", "p99": "4s"}}, units.parse_duration)

    assert median * math.exp(sigma * NormalDist().inv_cdf(0.99)) == pytest.approx(4_000_000)


EXACTLY_ONE = "expected exactly one of uniform, normal, lognormal or exponential"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({}, f"not a distribution, got {{}}; {EXACTLY_ONE}"),
        ({"unifrom": [1, 2]}, f"not a distribution, got {{'unifrom': [1, 2]}}; {EXACTLY_ONE}; did you mean 'uniform'?"),
        ({"uniform": ["1s"]}, "`uniform`: invalid value; expected a form such as {uniform: [100ms, 400ms]}"),
        ({"uniform": ["2s", "1s"]}, "`uniform`: got 2s before 1s; expected the minimum first"),
        (
            {"normal": {"mean": "1s"}},
            "`normal`: invalid value; expected a form such as {normal: {mean: 400ms, sd: 50ms}}",
        ),
        (
            {"lognormal": {"p50": "1s", "sigma": 1}},
            "`lognormal`: invalid value; expected a form such as {lognormal: {p50: 400ms, p99: 2s}} or "
            "{lognormal: {median: 400ms, sigma: 0.5}}",
        ),
        (
            {"lognormal": "p50"},
            "`lognormal`: invalid value; expected a form such as {lognormal: {p50: 400ms, p99: 2s}} or "
            "{lognormal: {median: 400ms, sigma: 0.5}}",
        ),
        (
            {"lognormal": {"p50": "2s", "p99": "1s"}},
            "wrong percentiles, got p50 2s and p99 1s; expected 0 < p50 <= p99",
        ),
        (
            {"lognormal": {"median": "2s", "sigma": -1}},
            "`sigma`: out of range, got -1; expected a number from 0 to 10, such as 0.5",
        ),
        (
            {"lognormal": {"median": "2s", "sigma": 1, "max": "1s"}},
            "`max`: below the median, got 1s; expected at least the median",
        ),
        (
            {"exponential": "1s"},
            "`exponential`: invalid value; expected a form such as {exponential: {mean: 400ms}}",
        ),
        (
            {"exponential": {"mean": 5}},
            "not a duration, got 5; expected a number with a unit, such as 400ms, 2s or 1.5m",
        ),
    ],
)
def test_anything_else_is_no_distribution(written: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        units.parse_distribution(written, units.parse_duration)
