"""A pace is written in a scenario file, or in the header of a request."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockclaude.scenario.format.file import RuleModel
from mockclaude.scenario.format.pace import NAMES, Pace, parse_pace
from mockclaude.scenario.format.units import Distribution

DRAWN = {"lognormal": {"median": "400ms", "sigma": 0.5}}


def of_rule(pace: Any) -> Pace:
    read = RuleModel.model_validate({"pace": pace, "reply": "x"}).pace
    assert read is not None
    return read


def test_everything_can_be_drawn() -> None:
    pace = of_rule({"ttft": DRAWN, "gap": {"uniform": ["1ms", "2ms"]}, "jitter": {"uniform": [0.5, "150%"]}})

    assert pace.ttft == Distribution("lognormal", 400_000, 0.5)
    assert pace.gap == Distribution("uniform", 1000, 2000)
    assert pace.jitter == Distribution("uniform", 0.5, 1.5)
    assert of_rule({"tokens_per_second": {"exponential": {"mean": 60}}}).tokens_per_second == (
        "exponential",
        60,
        0,
        None,
    )
    assert Pace(ttft=pace.ttft).ttft == pace.ttft


@pytest.mark.parametrize("pace", [{"ttft": DRAWN}, {"gap": "1ms"}, "opus", "model", {"profile": "haiku"}])
def test_what_takes_time_is_not_instant(pace: Any) -> None:
    assert not of_rule(pace).instant


def test_a_rule_is_the_same_rule_as_before_there_were_distributions() -> None:
    said = RuleModel.model_validate({"pace": {"ttft": "1s", "tokens_per_second": 60, "jitter": "20%"}, "reply": "x"})

    dumped = said.model_dump(mode="json", exclude_unset=True)["pace"]
    assert dumped == {"ttft": 1_000_000, "tokens_per_second": 60.0, "jitter": 0.2}
    assert RuleModel.model_validate({"pace": {"ttft": DRAWN}, "reply": "x"}).model_dump(mode="json", exclude_unset=True)


def test_a_pace_without_a_profile_is_the_same_for_every_model() -> None:
    pace = of_rule({"ttft": "1s"})

    assert pace.for_model("claude-opus-5") is pace


def test_a_profile_is_a_pace() -> None:
    pace = of_rule("sonnet").for_model("claude-opus-5")

    assert (pace.tokens_per_second, pace.profile) == (63, None)
    assert of_rule("model").for_model("claude-sonnet-5") == pace


@pytest.mark.parametrize(
    ("beside", "ttft", "rate", "gap", "jitter"),
    [
        ({"ttft": "1s"}, 1_000_000, 63, None, 0.5),
        ({"gap": "20ms"}, None, None, 20_000, 0.5),
        ({"tokens_per_second": 5, "jitter": 0}, None, 5, None, 0),
    ],
)
def test_what_is_said_beside_a_profile_holds(
    beside: dict[str, Any], ttft: int | None, rate: float | None, gap: int | None, jitter: float
) -> None:
    pace = of_rule({"profile": "sonnet", **beside}).for_model("any")

    assert (pace.tokens_per_second, pace.gap, pace.jitter) == (rate, gap, jitter)
    assert pace.ttft == (ttft or of_rule("sonnet").for_model("any").ttft)


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("instant", "instant"),
        (" opus ", "opus"),
        ("model", "model"),
        ("ttft=400ms,tokens_per_second=60", {"ttft": "400ms", "tokens_per_second": 60}),
        ("gap = 5ms; jitter = 20%", {"gap": "5ms", "jitter": "20%"}),
        ("profile=opus, jitter=0,", {"profile": "opus", "jitter": 0}),
        ('{"ttft": {"uniform": ["1s", "2s"]}}', {"ttft": {"uniform": ["1s", "2s"]}}),
    ],
)
def test_a_header_says_a_pace(text: str, pace: Any) -> None:
    assert parse_pace(text) == of_rule(pace)


NAMED = "instant, haiku, sonnet, opus, fable, mythos or model"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "opsu",
            f"unknown pace 'opsu'; expected {NAMED}, or keys and values, such as ttft=400ms, tokens_per_second=60; "
            "did you mean 'opus'?",
        ),
        ("ttft=4", "ttft: not a duration, got 4; expected a number with a unit, such as 400ms, 2s or 1.5m"),
        (
            "tfft=4ms",
            "unknown key 'tfft'; expected ttft, tokens_per_second, gap, gaps, jitter or profile; did you mean 'ttft'?",
        ),
        (
            "gap=4ms, tokens_per_second=5",
            "wrong keys of a pace, got tokens_per_second and gap; expected at most one of "
            "tokens_per_second, gap or gaps",
        ),
        (
            "tokens_per_second=0",
            "tokens_per_second: not a rate, got 0; expected a number per second above 0, such as 60",
        ),
    ],
)
def test_a_header_that_says_no_pace_is_told_what_one_is(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        parse_pace(text)


def test_a_header_that_is_no_json_is_told_so() -> None:
    with pytest.raises(ValueError, match=r"invalid JSON \("):
        parse_pace("{ttft")


def test_every_profile_is_a_name_or_that_of_the_model() -> None:
    assert NAMES[-1] == "model"
    assert not any(of_rule(name).for_model("claude-opus-5").instant for name in NAMES)
