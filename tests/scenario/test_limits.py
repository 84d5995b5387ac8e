"""The limits of a scenario file: what is written, and whom it is for."""

from __future__ import annotations

import pytest

from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.format.limits import Acceleration, InFlight
from mockclaude.scenario.loading.loader import load_text
from tests.scenario.talk import complaints

RULES = "rules: [{reply: Hello}]"
KEYS = "requests_per_minute, input_tokens_per_minute, output_tokens_per_minute, acceleration or in_flight"


def test_a_limit_says_what_is_limited() -> None:
    (possible,) = load_text(f"""
limits:
  requests_per_minute: 50
  input_tokens_per_minute: 40000
  output_tokens_per_minute: 8000
  in_flight: {{most: 8, release: 6}}
  acceleration: {{start: 20000, step: 10000}}
{RULES}
""").limits
    limit = possible.limit

    assert (limit.requests_per_minute, limit.input_tokens_per_minute, limit.output_tokens_per_minute) == (
        50,
        40000,
        8000,
    )
    assert (limit.in_flight, limit.acceleration) == (InFlight(most=8, release=6), Acceleration(start=20000, step=10000))
    assert possible.place == Place("scenario.yaml", 3, 3)


@pytest.mark.parametrize(("written", "accepted_at"), [("8", 7), ("{most: 8}", 7), ("{most: 8, release: 0}", 0)])
def test_without_release_one_fewer_than_the_most_ends_an_overload(written: str, accepted_at: int) -> None:
    (possible,) = load_text(f"limits: {{in_flight: {written}}}\n{RULES}").limits

    assert possible.limit.in_flight
    assert (possible.limit.in_flight.most, possible.limit.in_flight.accepted_at) == (8, accepted_at)


def test_each_limit_of_a_list_is_for_its_models_and_keys() -> None:
    opus, mine, every = load_text(f"""
limits:
  - {{model: [claude-opus-*, claude-fable-5], in_flight: 1}}
  - {{api_key: mine, in_flight: 1}}
  - {{in_flight: 1}}
{RULES}
""").limits

    asked = [
        ("claude-opus-5", "any"),
        ("claude-fable-5", "mine"),
        ("claude-sonnet-5", "mine"),
        ("claude-sonnet-5", "any"),
    ]
    assert [opus.applies(*each) for each in asked] == [True, True, False, False]
    assert [mine.applies(*each) for each in asked] == [False, True, True, False]
    assert all(every.applies(*each) for each in asked)


WRONG = [
    ("5", "1:9: invalid value, got number 5; expected a mapping (`key: value`)"),
    ("[]", "1:9: no items; expected at least one item"),
    ("{}", f"1:9: a limit without a maximum; expected {KEYS}"),
    ("{model: claude-opus-5}", f"1:9: a limit without a maximum; expected {KEYS}"),
    (
        "{request_per_minute: 5}",
        f"1:10: unknown key 'request_per_minute'; expected model, api_key, {KEYS}; did you mean 'requests_per_minute'?",
    ),
    ("{requests_per_minute: 0}", "1:31: invalid value, got number 0; expected at least 1"),
    ("{requests_per_minute: 1.5}", "1:31: invalid value, got number 1.5; expected an integer"),
    ("{requests_per_minute: 10000000000}", "1:31: invalid value, got number 10000000000; expected at most 1000000000"),
    ("{in_flight: 0}", "1:21: invalid value, got number 0; expected at least 1"),
    ("{in_flight: many}", "1:21: invalid value, got string 'many'; expected an integer or a mapping (`key: value`)"),
    ("{in_flight: {release: 1}}", "1:21: missing key 'most'; expected it beside the other keys; add `most: ...`"),
    ("{in_flight: {most: 5, release: -1}}", "1:40: invalid value, got number -1; expected at least 0"),
    (
        "{in_flight: {most: 5, release: 5}}",
        "1:21: `release` (5) is not below `most` (5); expected release < most",
    ),
    ("{acceleration: {start: 5}}", "1:24: missing key 'step'; expected it beside the other keys; add `step: ...`"),
    ("{acceleration: {start: 0, step: 1}}", "1:32: invalid value, got number 0; expected at least 1"),
    (
        "[{in_flight: 1}, {model: claude-opus-5, in_flight: 1}]",
        "1:26: unreachable limit, shadowed by a.yaml:1:10; expected the more specific limit first; move this limit up",
    ),
]


@pytest.mark.parametrize(("limits", "line"), WRONG)
def test_a_mistake_in_a_limit(limits: str, line: str) -> None:
    (told,) = complaints(f"limits: {limits}\n{RULES}")

    assert told == f"a.yaml:{line}"
