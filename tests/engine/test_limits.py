"""Limits: who is let in, who is told what, and that what they are told is true."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.headers import INPUT, OUTPUT, REQUESTS
from mockclaude.engine.state.limits import Asks, Entry, Limits, Refusal
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW

SECOND = 1_000_000
NOTHING = {"output_tokens": 0}


def limits(text: str, **more: Any) -> Limits:
    """Return the limits that a file has after `limits:`."""
    return Limits(load_text(f"limits: {text}\nrules: [{{reply: Hello}}]").limits, **more)


def asks(tokens: int = 10, at: float = 0, key: str = "one", model: str = "claude-sonnet-5", **usage: int) -> Asks:
    return Asks(key, model, InputUsage(tokens, **usage), NOW * SECOND + round(at * SECOND))


def let_in(limited: Limits, *wanted: Asks) -> list[bool]:
    return [isinstance(limited.enter(each), Entry) for each in wanted]


def refusal(limited: Limits, wanted: Asks) -> Refusal:
    refused = limited.enter(wanted)
    assert isinstance(refused, Refusal)
    return refused


def left(told: Mapping[str, str], *families: str) -> list[tuple[str, str, int]]:
    """Return limit, what remains, and in how many seconds from `NOW` all is there again, for each family."""
    every = [
        [told[f"anthropic-ratelimit-{family}-{what}"] for what in ("limit", "remaining", "reset")]
        for family in families
    ]
    return [(limit, remaining, seconds(reset) - NOW) for limit, remaining, reset in every]


def seconds(reset: str) -> int:
    return calendar.timegm(time.strptime(reset, "%Y-%m-%dT%H:%M:%SZ"))


@pytest.mark.parametrize(
    ("limit", "first", "then", "wait"),
    [
        ("{requests_per_minute: 1}", asks(), asks(), "60"),
        ("{input_tokens_per_minute: 100}", asks(70), asks(31), "1"),
        ("{input_tokens_per_minute: 100}", asks(70), asks(100), "42"),
        ("{acceleration: {start: 100, step: 10}}", asks(70), asks(31), "20"),
        ("{acceleration: {start: 100, step: 10}}", asks(70), asks(111), "80"),
    ],
)
def test_beyond_a_limit_is_a_429_until_what_it_says_has_passed(limit: str, first: Asks, then: Asks, wait: str) -> None:
    limited = limits(limit)
    assert let_in(limited, first) == [True]
    error = refusal(limited, then).error

    assert (error.status, error.headers["retry-after"]) == (429, wait)
    later = [then._replace(now=then.now + int(wait) * SECOND - missing) for missing in (SECOND, 0)]
    assert let_in(limited, *later) == [False, True]


def test_the_message_names_the_limit_its_kind_and_the_model() -> None:
    limited = limits("{requests_per_minute: 50, input_tokens_per_minute: 30000}")
    refused = refusal(limited, asks(30_001, model="claude-haiku-4-5"))

    assert refused.error.message == (
        "This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: "
        "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66, model: claude-haiku-4-5-20251001). For details, refer to: "
        "https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce "
        "the prompt length or the maximum tokens requested, or try again later. You may also contact sales at "
        "https://claude.com/contact-sales to discuss your options for a rate limit increase."
    )
    assert refused.note == "limit: input tokens per minute (depends on the order of requests)"


def test_the_message_of_an_acceleration_says_how_the_limit_grows() -> None:
    refused = refusal(limits("{acceleration: {start: 20000, step: 10000}}"), asks(30_000))

    assert refused.error.message == (
        "This request would exceed your organization's maximum usage increase rate for input tokens per minute (org: "
        "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66, model: claude-sonnet-5). Your current limit is 20,000 input tokens per "
        "minute, and will increase to 30,000 at the next minute boundary. Please scale up your input tokens usage more "
        "gradually to stay within the acceleration limit. For details, refer to: "
        "https://docs.claude.com/en/api/rate-limits."
    )
    assert refused.note == "limit: acceleration of input tokens (depends on the order of requests)"


def test_of_several_limits_the_one_to_wait_for_longest_is_told() -> None:
    limited = limits("{requests_per_minute: 60, input_tokens_per_minute: 60, output_tokens_per_minute: 60}")
    entry = limited.enter(asks(60))
    assert isinstance(entry, Entry)
    entry.settle({"output_tokens": 180})

    error = refusal(limited, asks(10)).error
    assert "60 output tokens per minute" in error.message
    assert error.headers["retry-after"] == "121"


def test_a_request_that_can_never_fit_is_told_no_time_to_come_back() -> None:
    refused = refusal(limits("{requests_per_minute: 1, input_tokens_per_minute: 100}"), asks(101))

    assert "100 input tokens per minute" in refused.error.message
    assert "retry-after" not in refused.error.headers
    assert refused.error.should_retry


def test_what_is_refused_is_not_used() -> None:
    limited = limits("{requests_per_minute: 2, input_tokens_per_minute: 100}")

    assert let_in(limited, asks(90), asks(90), asks(90), asks(10)) == [True, False, False, True]


def test_output_counts_once_it_is_there_and_any_is_let_in_while_some_is_left() -> None:
    limited = limits("{output_tokens_per_minute: 60}")
    first, second = limited.enter(asks()), limited.enter(asks())
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    first.settle({"output_tokens": 59})
    second.settle({"output_tokens": 61})

    assert left(second.headers(NOTHING), OUTPUT) == [("60", "0", 120)]
    assert let_in(limited, asks(at=60.9), asks(at=61)) == [False, True]


def test_the_headers_tell_what_is_left_after_the_message() -> None:
    limited = limits("{requests_per_minute: 50, input_tokens_per_minute: 40000, output_tokens_per_minute: 8000}")
    entry = limited.enter(asks(1500))
    assert isinstance(entry, Entry)

    told = entry.headers({"output_tokens": 2001})
    assert left(told, REQUESTS, INPUT, OUTPUT) == [("50", "49", 2), ("40000", "38000", 3), ("8000", "5000", 16)]
    assert left(told, "tokens") == [("48000", "43000", 16)]


def test_what_is_not_limited_is_far_from_its_limits() -> None:
    entry = limits("{input_tokens_per_minute: 40000}").enter(asks(2000))
    assert isinstance(entry, Entry)

    told = left(entry.headers(NOTHING), REQUESTS, "tokens", INPUT, OUTPUT)
    assert told == [("4000", "3999", 0), ("840000", "838000", 3), ("40000", "38000", 3), ("800000", "800000", 0)]


def test_the_input_that_the_message_tells_is_what_counts_in_the_end() -> None:
    limited = limits("{input_tokens_per_minute: 1000}")
    entry = limited.enter(asks(10))
    assert isinstance(entry, Entry)
    entry.settle(
        {"input_tokens": 500, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 900, "output_tokens": 0}
    )

    assert let_in(limited, asks(401), asks(400)) == [False, True]


@pytest.mark.parametrize(
    ("model", "tokens"),
    [("claude-sonnet-5", 30), ("claude-3-haiku-20240307", 1030), ("claude-3-5-haiku-latest", 1030)],
)
def test_what_is_read_from_the_cache_counts_for_old_models_only(model: str, tokens: int) -> None:
    assert asks(5, model=model, created_5m=10, created_1h=15, read=1000).input_tokens == tokens


@pytest.mark.parametrize(
    ("limit", "other", "together"),
    [
        ("{requests_per_minute: 1}", asks(key="two"), False),
        ("{requests_per_minute: 1}", asks(model="claude-opus-5"), False),
        ("{requests_per_minute: 1}", asks(), True),
        ("{requests_per_minute: 1, model: '*'}", asks(model="claude-opus-5"), True),
        ("{requests_per_minute: 1, model: '*'}", asks(key="two", model="claude-opus-5"), False),
        (
            "[{model: 'claude-opus-*', requests_per_minute: 9}, {requests_per_minute: 1}]",
            asks(model="claude-opus-5"),
            False,
        ),
        ("{requests_per_minute: 1, api_key: 'one'}", asks(key="two"), False),
        ("{requests_per_minute: 1, api_key: ['o*', 'two']}", asks(), True),
    ],
)
def test_who_shares_a_limit(limit: str, other: Asks, together: bool) -> None:
    limited = limits(limit)
    assert let_in(limited, asks()) == [True]

    assert isinstance(limited.enter(other), Refusal) == together


def test_an_alias_and_its_model_are_one() -> None:
    limited = limits("{requests_per_minute: 1}")

    assert let_in(limited, asks(model="claude-haiku-4-5"), asks(model="claude-haiku-4-5-20251001")) == [True, False]


def test_what_no_limit_is_for_just_passes() -> None:
    assert limits("{model: claude-opus-5, requests_per_minute: 1}").enter(asks()) is None


def test_too_many_in_flight_is_an_overload_until_few_enough_are_left() -> None:
    limited = limits("{in_flight: {most: 3, release: 1}}")
    entries = [limited.enter(asks(key=str(n))) for n in range(3)]
    refused = refusal(limited, asks())
    for expected in (Refusal, Entry):
        entry = entries.pop()
        assert isinstance(entry, Entry)
        entry.leave()
        assert isinstance(limited.enter(asks()), expected)

    assert (refused.error.status, refused.error.message, refused.error.headers) == (529, "Overloaded", {})
    assert refused.note == "limit: requests in flight (depends on the order of requests)"


def test_without_release_one_that_leaves_makes_room_for_one() -> None:
    limited = limits("{in_flight: 2}")
    first = limited.enter(asks())
    assert let_in(limited, asks(), asks()) == [True, False]
    assert isinstance(first, Entry)
    first.leave()

    assert let_in(limited, asks(), asks()) == [True, False]


def test_an_overload_uses_nothing_up() -> None:
    limited = limits("{in_flight: 1, requests_per_minute: 2}")
    entry = limited.enter(asks())
    assert let_in(limited, asks()) == [False]
    assert isinstance(entry, Entry)
    entry.leave()

    assert let_in(limited, asks()) == [True]


MODELS = ("claude-opus-4-8", "claude-sonnet-5", "claude-haiku-4-5")


def test_the_pool_of_a_key_that_was_used_longest_ago_is_dropped_first() -> None:
    dropped: list[str] = []
    limited = limits("{requests_per_minute: 1}", drop=dropped.append, max_pools=2)

    assert let_in(limited, *(asks(model=model) for model in MODELS)) == [True, True, True]
    assert dropped == ["dropped: 1 of the limits of this API key, put longest ago"]
    assert let_in(limited, *(asks(model=model) for model in MODELS[::-1])) == [False, False, True]


def test_the_models_of_one_key_drop_no_pool_of_another() -> None:
    limited = limits("{requests_per_minute: 1}", max_pools=2)

    assert let_in(limited, asks(key="a"), *(asks(key="b", model=model) for model in MODELS)) == [True] * 4
    assert let_in(limited, asks(key="a")) == [False]


LIMIT = """
  requests_per_minute: 20
  input_tokens_per_minute: 3000
  output_tokens_per_minute: 900
  acceleration: {start: 2000, step: 300}
"""
STEPS = st.lists(
    st.tuples(st.integers(0, 20 * SECOND), st.integers(1, 2000), st.integers(0, 3000)), min_size=1, max_size=40
)
"""How long a client waits by itself, the input of its request, the output of the reply."""


class Honest:
    """A client that believes the headers: it sends what remains allows, and else waits until all is there again."""

    def __init__(self) -> None:
        self.now = NOW * SECOND + 500_000
        self.told: dict[str, str] = {}

    def wait_for(self, needed: Mapping[str, int]) -> None:
        for family, amount in needed.items():
            if self.told and amount > int(self.told[f"anthropic-ratelimit-{family}-remaining"]):
                self.now = max(self.now, seconds(self.told[f"anthropic-ratelimit-{family}-reset"]) * SECOND)


@given(STEPS)
def test_a_client_that_honours_the_headers_is_never_refused(steps: list[tuple[int, int, int]]) -> None:
    limited, client = limits(LIMIT), Honest()
    for pause, tokens, output in steps:
        client.now += pause
        client.wait_for({REQUESTS: 1, INPUT: tokens, OUTPUT: 1})
        entry = limited.enter(asks(tokens)._replace(now=client.now))
        assert isinstance(entry, Entry)
        client.told = entry.headers({"output_tokens": output})
        entry.settle({"output_tokens": output})


@given(STEPS)
def test_a_client_that_waits_as_told_is_let_in_the_next_time(steps: list[tuple[int, int, int]]) -> None:
    limited, now = limits(LIMIT), NOW * SECOND
    for pause, tokens, output in steps:
        now += pause
        entry = limited.enter(asks(tokens)._replace(now=now))
        if isinstance(entry, Refusal):
            now += int(entry.error.headers["retry-after"]) * SECOND
            entry = limited.enter(asks(tokens)._replace(now=now))
        assert isinstance(entry, Entry)
        entry.settle({"output_tokens": output})
