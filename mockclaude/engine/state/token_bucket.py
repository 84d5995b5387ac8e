"""The arithmetic of rate limits: token buckets, and a limit that grows each minute.

All values are integers, so that waits are exact. Times are microseconds.

Anthropic's documentation (platform.claude.com/docs/en/api/rate-limits): the API uses the token bucket algorithm, and
capacity is replenished continuously up to the limit. It does not specify how acceleration limits grow; that is from the
API's own message, as reported: "Your current limit is 58,276 input tokens per minute, and will increase to 68,276 at
the next minute boundary."
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockclaude.api.headers import INPUT

MINUTE = 60_000_000
"""Microseconds, and parts of a token: a limit of 1 token per minute adds 1 part per microsecond."""


class Remaining(NamedTuple):
    """The remaining amount of a limit.

    Attributes:
        limit: The limit.
        amount: The remaining tokens; negative if more than the limit was used.
        full_in_us: Microseconds until the whole limit remains.
    """

    limit: int
    amount: int
    full_in_us: int


class TokenBucket(NamedTuple):
    """A token bucket.

    Attributes:
        limit: The capacity in tokens, and the tokens added per minute.
        parts: The content at the time `at`, in parts of a token.
        at: The time of the last change.
    """

    limit: int
    parts: int
    at: int = 0

    @classmethod
    def full(cls, limit: int) -> TokenBucket:
        """Return a full bucket."""
        return cls(limit, limit * MINUTE)

    def remaining(self, now: int) -> Remaining:
        """Return the remaining whole tokens."""
        return Remaining(self.limit, self._parts_at(now) // MINUTE, self.wait(self.limit, now) or 0)

    def take(self, amount: int, now: int) -> TokenBucket:
        """Return the bucket without `amount` tokens. The content may become negative."""
        return TokenBucket(self.limit, self._parts_at(now) - amount * MINUTE, max(now, self.at))

    def wait(self, amount: int, now: int) -> int | None:
        """Return the microseconds until `amount` tokens remain; None if never."""
        if amount > self.limit:
            return None
        return max(0, -((self._parts_at(now) - amount * MINUTE) // self.limit))

    def _parts_at(self, now: int) -> int:
        return min(self.limit * MINUTE, self.parts + max(0, now - self.at) * self.limit)


class GrowthLimit(NamedTuple):
    """A limit per minute that grows each minute.

    Attributes:
        start: The limit in the minute of the first use.
        step: The growth per minute.
        began: The number of the minute of the first use; None before.
        minute: The number of the minute of the last use.
        used: The amount used in `minute`.
    """

    start: int
    step: int
    began: int | None = None
    minute: int = 0
    used: int = 0

    def remaining(self, now: int) -> Remaining:
        """Return the remaining amount of the current minute."""
        began, minute, used = self._current(now)
        limit = self.start + (minute - began) * self.step
        return Remaining(limit, limit - used, (minute + 1) * MINUTE - now if used else 0)

    def take(self, amount: int, now: int) -> GrowthLimit:
        """Return the limit after the use of `amount`, which may exceed the limit."""
        began, minute, used = self._current(now)
        return GrowthLimit(self.start, self.step, began, minute, used + amount)

    def wait(self, amount: int, now: int) -> int:
        """Return the microseconds until `amount` remains, if growth starts now."""
        limit, remaining, _ = self.remaining(now)
        if amount <= remaining:
            return 0
        minutes = max(1, -((limit - amount) // self.step))
        return (self._current(now)[1] + minutes) * MINUTE - now

    def _current(self, now: int) -> tuple[int, int, int]:
        """Return the minute of the first use, the current minute, and the amount used in it."""
        minute = max(now // MINUTE, self.minute)
        began = minute if self.began is None else self.began
        return began, minute, self.used if minute == self.minute else 0


class LimitPool(NamedTuple):
    """The limits of the same requests: a bucket per resource and the growth limit."""

    buckets: Mapping[str, TokenBucket]
    growth: GrowthLimit | None = None

    def meters(self) -> Iterator[tuple[str, TokenBucket | GrowthLimit]]:
        """Yield each limit with the name of its resource."""
        yield from self.buckets.items()
        if self.growth is not None:
            yield INPUT, self.growth

    def take(self, amounts: Mapping[str, int], now: int) -> LimitPool:
        """Return the pool after the use of these amounts, by resource."""
        buckets = {name: bucket.take(amounts.get(name, 0), now) for name, bucket in self.buckets.items()}
        return LimitPool(buckets, self.growth and self.growth.take(amounts.get(INPUT, 0), now))

    def remaining(self, name: str, now: int) -> Remaining | None:
        """Return the smallest remaining amount of a resource; None without a limit."""
        values = [meter.remaining(now) for limited, meter in self.meters() if limited == name]
        if not values:
            return None
        limits, amounts, times = zip(*values, strict=True)
        return Remaining(min(limits), min(amounts), max(times))
