"""Limits: who is let in, who is told what, and that what they are told is true."""

from __future__ import annotations

import calendar
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.headers import INPUT, OUTPUT, REQUESTS
from mockclaude.engine.state import limits as module
from mockclaude.engine.state.limits import limit_headers, limit_request, settle_permit
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.store import FlightLeft, Permit, Refusal, Store
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW

SECOND = 1_000_000
NOTHING = {"output_tokens": 0}


class Asks(NamedTuple):
    """A request, as limits see it; `now` in microseconds."""

    key: str
    model: str
    usage: InputUsage
    now: int


class Limited:
    """The limits that a file has after `limits:`, in a store."""

    def __init__(self, store: Store, text: str) -> None:
        self.store = store
        self._limits = load_text(f"limits: {text}\nrules: [{{reply: Hello}}]").limits

    def admit(self, asked: Asks) -> Permit | Refusal | None:
        request = limit_request(self._limits, 0, *asked)
        return None if request is None else self.store.admit(request)

    def permit(self, asked: Asks) -> Permit:
        permit = self.admit(asked)
        assert isinstance(permit, Permit)
        return permit

    def refusal(self, asked: Asks) -> Refusal:
        refused = self.admit(asked)
        assert isinstance(refused, Refusal)
        return refused

    def admits(self, *requests: Asks) -> list[bool]:
        return [isinstance(self.admit(each), Permit) for each in requests]

    def settle(self, permit: Permit, usage: Mapping[str, Any]) -> None:
        self.store.commit([settle_permit(permit, usage)])

    def leave(self, permit: Permit) -> None:
        self.store.commit([FlightLeft(permit)])


def asks(tokens: int = 10, at: float = 0, key: str = "one", model: str = "claude-sonnet-5", **usage: int) -> Asks:
    return Asks(key, model, InputUsage(tokens, **usage), NOW * SECOND + round(at * SECOND))


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
def test_beyond_a_limit_is_a_429_until_what_it_says_has_passed(
    store: Store, limit: str, first: Asks, then: Asks, wait: str
) -> None:
    limited = Limited(store, limit)
    assert limited.admits(first) == [True]
    error = limited.refusal(then).error

    assert (error.status, error.headers["retry-after"]) == (429, wait)
    later = [then._replace(now=then.now + int(wait) * SECOND - missing) for missing in (SECOND, 0)]
    assert limited.admits(*later) == [False, True]


def test_the_message_names_the_limit_its_kind_and_the_model(store: Store) -> None:
    limited = Limited(store, "{requests_per_minute: 50, input_tokens_per_minute: 30000}")
    refused = limited.refusal(asks(30_001, model="claude-haiku-4-5"))

    assert refused.error.message == (
        "This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: "
        "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66, model: claude-haiku-4-5-20251001). For details, refer to: "
        "https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce "
        "the prompt length or the maximum tokens requested, or try again later. You may also contact sales at "
        "https://claude.com/contact-sales to discuss your options for a rate limit increase."
    )
    assert refused.note == "limit: input tokens per minute (depends on the order of requests)"


def test_the_message_of_an_acceleration_says_how_the_limit_grows(store: Store) -> None:
    refused = Limited(store, "{acceleration: {start: 20000, step: 10000}}").refusal(asks(30_000))

    assert refused.error.message == (
        "This request would exceed your organization's maximum usage increase rate for input tokens per minute (org: "
        "3a2f5c1e-6d0b-4f7a-9c58-2b7e41d09a66, model: claude-sonnet-5). Your current limit is 20,000 input tokens per "
        "minute, and will increase to 30,000 at the next minute boundary. Please scale up your input tokens usage more "
        "gradually to stay within the acceleration limit. For details, refer to: "
        "https://docs.claude.com/en/api/rate-limits."
    )
    assert refused.note == "limit: acceleration of input tokens (depends on the order of requests)"


def test_of_several_limits_the_one_to_wait_for_longest_is_told(store: Store) -> None:
    limited = Limited(store, "{requests_per_minute: 60, input_tokens_per_minute: 60, output_tokens_per_minute: 60}")
    entry = limited.permit(asks(60))
    limited.settle(entry, {"output_tokens": 180})

    error = limited.refusal(asks(10)).error
    assert "60 output tokens per minute" in error.message
    assert error.headers["retry-after"] == "121"


def test_a_request_that_can_never_fit_is_told_no_time_to_come_back(store: Store) -> None:
    refused = Limited(store, "{requests_per_minute: 1, input_tokens_per_minute: 100}").refusal(asks(101))

    assert "100 input tokens per minute" in refused.error.message
    assert "retry-after" not in refused.error.headers
    assert refused.error.should_retry


def test_what_is_refused_is_not_used(store: Store) -> None:
    limited = Limited(store, "{requests_per_minute: 2, input_tokens_per_minute: 100}")

    assert limited.admits(asks(90), asks(90), asks(90), asks(10)) == [True, False, False, True]


def test_output_counts_once_it_is_there_and_any_is_let_in_while_some_is_left(store: Store) -> None:
    limited = Limited(store, "{output_tokens_per_minute: 60}")
    first, second = limited.permit(asks()), limited.permit(asks())
    limited.settle(first, {"output_tokens": 59})
    limited.settle(second, {"output_tokens": 61})

    assert left(limited.refusal(asks()).error.headers, OUTPUT) == [("60", "0", 120)]
    assert limited.admits(asks(at=60.9), asks(at=61)) == [False, True]


def test_the_headers_tell_what_is_left_after_the_message(store: Store) -> None:
    limited = Limited(
        store, "{requests_per_minute: 50, input_tokens_per_minute: 40000, output_tokens_per_minute: 8000}"
    )
    entry = limited.permit(asks(1500))

    told = limit_headers(entry, {"output_tokens": 2001})
    assert left(told, REQUESTS, INPUT, OUTPUT) == [("50", "49", 2), ("40000", "38000", 3), ("8000", "5000", 16)]
    assert left(told, "tokens") == [("48000", "43000", 16)]


def test_what_is_not_limited_is_far_from_its_limits(store: Store) -> None:
    entry = Limited(store, "{input_tokens_per_minute: 40000}").permit(asks(2000))

    told = left(limit_headers(entry, NOTHING), REQUESTS, "tokens", INPUT, OUTPUT)
    assert told == [("4000", "3999", 0), ("840000", "838000", 3), ("40000", "38000", 3), ("800000", "800000", 0)]


def test_the_input_that_the_message_tells_is_what_counts_in_the_end(store: Store) -> None:
    limited = Limited(store, "{input_tokens_per_minute: 1000}")
    entry = limited.permit(asks(10))
    limited.settle(
        entry,
        {"input_tokens": 500, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 900, "output_tokens": 0},
    )

    assert limited.admits(asks(401), asks(400)) == [False, True]


@pytest.mark.parametrize(
    ("model", "tokens"),
    [("claude-sonnet-5", 30), ("claude-3-haiku-20240307", 1030), ("claude-3-5-haiku-latest", 1030)],
)
def test_what_is_read_from_the_cache_counts_for_old_models_only(store: Store, model: str, tokens: int) -> None:
    asked = asks(5, model=model, created_5m=10, created_1h=15, read=1000)

    for most, is_admitted in ((tokens - 1, False), (tokens, True)):
        assert Limited(store, f"{{input_tokens_per_minute: {most}}}").admits(asked) == [is_admitted]
        store.forget()


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
def test_who_shares_a_limit(store: Store, limit: str, other: Asks, together: bool) -> None:
    limited = Limited(store, limit)
    assert limited.admits(asks()) == [True]

    assert isinstance(limited.admit(other), Refusal) == together


def test_an_alias_and_its_model_are_one(store: Store) -> None:
    limited = Limited(store, "{requests_per_minute: 1}")

    assert limited.admits(asks(model="claude-haiku-4-5"), asks(model="claude-haiku-4-5-20251001")) == [True, False]


def test_what_no_limit_is_for_just_passes(store: Store) -> None:
    assert Limited(store, "{model: claude-opus-5, requests_per_minute: 1}").admit(asks()) is None


def test_too_many_in_flight_is_an_overload_until_few_enough_are_left(store: Store) -> None:
    limited = Limited(store, "{in_flight: {most: 3, release: 1}}")
    permits = [limited.permit(asks(key=str(n))) for n in range(3)]
    refused = limited.refusal(asks())
    for is_admitted in (False, True):
        limited.leave(permits.pop())
        assert limited.admits(asks()) == [is_admitted]

    assert (refused.error.status, refused.error.message, refused.error.headers) == (529, "Overloaded", {})
    assert refused.note == "limit: requests in flight (depends on the order of requests)"


def test_without_release_one_that_leaves_makes_room_for_one(store: Store) -> None:
    limited = Limited(store, "{in_flight: 2}")
    first = limited.permit(asks())
    assert limited.admits(asks(), asks()) == [True, False]
    limited.leave(first)

    assert limited.admits(asks(), asks()) == [True, False]


def test_an_overload_uses_nothing_up(store: Store) -> None:
    limited = Limited(store, "{in_flight: 1, requests_per_minute: 2}")
    entry = limited.permit(asks())
    assert limited.admits(asks()) == [False]
    limited.leave(entry)

    assert limited.admits(asks()) == [True]


MODELS = ("claude-opus-4-8", "claude-sonnet-5", "claude-haiku-4-5")


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> Limited:
    """Return a limit whose store keeps two pools of an API key."""
    monkeypatch.setattr(module, "KEY_POOLS", 2)
    return Limited(MemoryStore(), "{requests_per_minute: 1}")


def test_the_pool_of_a_key_that_was_used_longest_ago_is_dropped_first(bounded: Limited) -> None:
    assert bounded.admits(*(asks(model=model) for model in MODELS)) == [True, True, True]
    assert bounded.store.take_notes() == ("dropped: 1 of the limits of this API key, put longest ago",)
    assert bounded.admits(*(asks(model=model) for model in MODELS[::-1])) == [False, False, True]


def test_the_models_of_one_key_drop_no_pool_of_another(bounded: Limited) -> None:
    assert bounded.admits(asks(key="a"), *(asks(key="b", model=model) for model in MODELS)) == [True] * 4
    assert bounded.admits(asks(key="a")) == [False]


@pytest.mark.parametrize("leave_first", [False, True])
def test_settling_and_leaving_twice_count_once(store: Store, leave_first: bool) -> None:
    limited = Limited(store, "{in_flight: 2, output_tokens_per_minute: 100}")
    first, _ = limited.permit(asks()), limited.permit(asks())
    settled_first = settle_permit(first, {"output_tokens": 60})
    store.commit([settled_first, settled_first])
    if leave_first:
        store.commit([FlightLeft(first), settled_first, FlightLeft(first)])

    assert limited.admits(asks(), asks()) == [leave_first, False]


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
    limited, client = Limited(MemoryStore(), LIMIT), Honest()
    for pause, tokens, output in steps:
        client.now += pause
        client.wait_for({REQUESTS: 1, INPUT: tokens, OUTPUT: 1})
        entry = limited.permit(asks(tokens)._replace(now=client.now))
        client.told = limit_headers(entry, {"output_tokens": output})
        limited.settle(entry, {"output_tokens": output})


@given(STEPS)
def test_a_client_that_waits_as_told_is_let_in_the_next_time(steps: list[tuple[int, int, int]]) -> None:
    limited, now = Limited(MemoryStore(), LIMIT), NOW * SECOND
    for pause, tokens, output in steps:
        now += pause
        entry = limited.admit(asks(tokens)._replace(now=now))
        if isinstance(entry, Refusal):
            now += int(entry.error.headers["retry-after"]) * SECOND
            entry = limited.permit(asks(tokens)._replace(now=now))
        assert isinstance(entry, Permit)
        limited.settle(entry, {"output_tokens": output})
