"""Buckets and allowances: what is left of them, and how long to wait, to the microsecond."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.headers import INPUT, OUTPUT, REQUESTS
from mockclaude.engine.state.token_bucket import MINUTE, GrowthLimit, LimitPool, Remaining, TokenBucket

SECOND = 1_000_000
LIMITS = st.integers(1, 1_000_000)
NOW = 29_916_666 * MINUTE + 10 * SECOND
"""Ten seconds after a minute has begun."""

USES = st.lists(st.tuples(st.integers(0, 3 * MINUTE), st.integers(0, 2_000)), max_size=10)
"""How much is used, and how long after what was used before."""


def used(bucket: TokenBucket, uses: list[tuple[int, int]]) -> tuple[TokenBucket, int]:
    now = NOW
    for later, amount in uses:
        now += later
        bucket = bucket.take(amount, now)
    return bucket, now


def test_a_bucket_is_refilled_all_the_time() -> None:
    bucket = TokenBucket.full(60).take(60, NOW)

    assert [bucket.remaining(NOW + seconds * SECOND).amount for seconds in (0, 1, 30, 60, 90)] == [0, 1, 30, 60, 60]
    assert bucket.remaining(NOW + SECOND - 1) == Remaining(60, 0, 59 * SECOND + 1)


def test_a_bucket_of_which_more_was_used_than_it_held_owes_it() -> None:
    bucket = TokenBucket.full(60).take(90, NOW)

    assert bucket.remaining(NOW) == Remaining(60, -30, 90 * SECOND)
    assert bucket.wait(1, NOW) == 31 * SECOND


def test_a_bucket_never_holds_more_than_its_limit() -> None:
    assert TokenBucket.full(60).wait(61, NOW) is None
    assert TokenBucket.full(60).take(-5, NOW).remaining(NOW) == Remaining(60, 60, 0)


def test_a_clock_that_goes_back_gives_and_takes_nothing() -> None:
    bucket = TokenBucket.full(60).take(60, NOW)

    assert bucket.remaining(NOW - MINUTE).amount == 0
    assert bucket.take(0, NOW - MINUTE).remaining(NOW).amount == 0


@given(LIMITS, USES, st.integers(1, 1_000_000))
def test_after_the_wait_it_fits_and_not_a_microsecond_before(
    limit: int, uses: list[tuple[int, int]], amount: int
) -> None:
    bucket, now = used(TokenBucket.full(limit), uses)
    wait = bucket.wait(amount, now)

    assert (wait is None) == (amount > limit)
    if wait:
        assert bucket.remaining(now + wait).amount >= amount > bucket.remaining(now + wait - 1).amount


@given(LIMITS, USES)
def test_no_more_is_held_than_the_limit_and_no_more_is_given_than_was_there_and_came(
    limit: int, uses: list[tuple[int, int]]
) -> None:
    bucket, now = used(TokenBucket.full(limit), uses)
    left = bucket.remaining(now)

    assert left.amount <= limit
    assert left.amount + sum(amount for _, amount in uses) <= limit + (now - NOW) * limit // MINUTE
    assert bucket.remaining(now + left.full_in_us).amount == limit


@given(LIMITS, USES, st.integers(0, 5 * MINUTE), st.integers(0, 5 * MINUTE))
def test_looking_changes_nothing(limit: int, uses: list[tuple[int, int]], first: int, second: int) -> None:
    bucket, now = used(TokenBucket.full(limit), uses)

    assert bucket.take(0, now + first).remaining(now + first + second) == bucket.remaining(now + first + second)


def test_an_allowance_grows_at_each_minute_boundary_from_the_first_use_on() -> None:
    allowance = GrowthLimit(1000, 500).take(300, NOW)

    assert GrowthLimit(1000, 500).remaining(NOW + 10 * MINUTE) == Remaining(1000, 1000, 0)
    assert allowance.remaining(NOW) == Remaining(1000, 700, 50 * SECOND)
    assert allowance.remaining(NOW + 50 * SECOND) == Remaining(1500, 1500, 0)
    assert allowance.remaining(NOW + 3 * MINUTE) == Remaining(2500, 2500, 0)


def test_what_an_allowance_does_not_have_comes_at_a_minute_boundary() -> None:
    allowance = GrowthLimit(1000, 500).take(300, NOW)

    waits = [allowance.wait(amount, NOW) for amount in (700, 701, 1500, 1501, 2001)]
    assert waits == [0, 50 * SECOND, 50 * SECOND, 110 * SECOND, 170 * SECOND]


@given(st.integers(1, 1000), st.integers(1, 1000), USES, st.integers(1, 10_000))
def test_an_allowance_gives_what_was_waited_for(
    start: int, step: int, uses: list[tuple[int, int]], amount: int
) -> None:
    allowance, now = GrowthLimit(start, step), NOW
    for later, taken in uses:
        now += later
        allowance = allowance.take(taken, now)
    allowance = allowance.take(0, now)
    wait = allowance.wait(amount, now)

    assert allowance.remaining(now + wait).amount >= amount
    assert not wait or allowance.remaining(now + wait - 1).amount < amount


def test_a_pool_takes_from_each_and_tells_what_is_least() -> None:
    pool = LimitPool({REQUESTS: TokenBucket.full(60), INPUT: TokenBucket.full(6000)}, GrowthLimit(1000, 100))
    pool = pool.take({REQUESTS: 1, INPUT: 900, OUTPUT: 5}, NOW)

    assert pool.remaining(REQUESTS, NOW) == Remaining(60, 59, SECOND)
    assert pool.remaining(INPUT, NOW) == Remaining(1000, 100, 50 * SECOND)
    assert pool.remaining(OUTPUT, NOW) is None
