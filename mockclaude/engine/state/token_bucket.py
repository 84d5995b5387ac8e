"""The arithmetic of rate limits: token buckets, and an allowance that grows from minute to minute.

In: what is used, and moments in microseconds. Out: values with what is left, and how long to wait.
Knows nothing of clocks, requests and headers. Everything is counted in whole numbers, so that a wait is exact.

Anthropic's documentation (platform.claude.com/docs/en/api/rate-limits): the API uses the token bucket algorithm, and
capacity is replenished continuously up to the limit. Of acceleration limits it says only that there are some; how they
grow is from the API's own message, as reported: "Your current limit is 58,276 input tokens per minute, and will
increase to 68,276 at the next minute boundary."
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockclaude.api.headers import INPUT

MINUTE = 60_000_000
"""Microseconds. A bucket counts in parts of a token, of which a limit of 1 per minute gives one each microsecond."""


class Left(NamedTuple):
    """What is left of a limit, below 0 if more was used, and after how many microseconds it is whole again."""

    limit: int
    held: int
    whole_in: int


class Bucket(NamedTuple):
    """A bucket that holds `limit` tokens and is filled with as many each minute.

    `parts` are what it held at the moment `at`, in parts of a token.
    """

    limit: int
    parts: int
    at: int = 0

    @classmethod
    def full(cls, limit: int) -> Bucket:
        """Return a bucket that nothing was taken from."""
        return cls(limit, limit * MINUTE)

    def left(self, now: int) -> Left:
        """Return what it holds `now`, in whole tokens."""
        return Left(self.limit, self._filled(now) // MINUTE, self.wait(self.limit, now) or 0)

    def take(self, amount: int, now: int) -> Bucket:
        """Return the bucket after `amount` tokens were taken `now`, whether it holds them or not."""
        return Bucket(self.limit, self._filled(now) - amount * MINUTE, max(now, self.at))

    def wait(self, amount: int, now: int) -> int | None:
        """Return the microseconds until it holds `amount` tokens; None if it never will."""
        if amount > self.limit:
            return None
        return max(0, -((self._filled(now) - amount * MINUTE) // self.limit))

    def _filled(self, now: int) -> int:
        return min(self.limit * MINUTE, self.parts + max(0, now - self.at) * self.limit)


class Allowance(NamedTuple):
    """What may be used in each minute: `start` in the one in which use `began`, `step` more in each one after it.

    `used` is what was used in the minute number `minute`.
    """

    start: int
    step: int
    began: int | None = None
    minute: int = 0
    used: int = 0

    def left(self, now: int) -> Left:
        """Return what may still be used in the minute that it is `now`."""
        began, minute, used = self._current(now)
        limit = self.start + (minute - began) * self.step
        return Left(limit, limit - used, (minute + 1) * MINUTE - now if used else 0)

    def take(self, amount: int, now: int) -> Allowance:
        """Return the allowance after `amount` was used `now`, whether that was left or not; from now on it grows."""
        began, minute, used = self._current(now)
        return Allowance(self.start, self.step, began, minute, used + amount)

    def wait(self, amount: int, now: int) -> int:
        """Return the microseconds until `amount` may be used, if it grows from now on."""
        limit, held, _ = self.left(now)
        if amount <= held:
            return 0
        minutes = max(1, -((limit - amount) // self.step))
        return (self._current(now)[1] + minutes) * MINUTE - now

    def _current(self, now: int) -> tuple[int, int, int]:
        """Return the minute in which use began, the one it is `now`, and what is used in it."""
        minute = max(now // MINUTE, self.minute)
        began = minute if self.began is None else self.began
        return began, minute, self.used if minute == self.minute else 0


class Pool(NamedTuple):
    """All that limits the same requests: a bucket for each thing that is limited, and how fast their input may grow."""

    buckets: Mapping[str, Bucket]
    allowance: Allowance | None = None

    def meters(self) -> Iterator[tuple[str, Bucket | Allowance]]:
        """Yield what limits, each with the name of what it limits."""
        yield from self.buckets.items()
        if self.allowance is not None:
            yield INPUT, self.allowance

    def take(self, amounts: Mapping[str, int], now: int) -> Pool:
        """Return the pool after these amounts, of what is not named none, were used `now`."""
        buckets = {name: bucket.take(amounts.get(name, 0), now) for name, bucket in self.buckets.items()}
        return Pool(buckets, self.allowance and self.allowance.take(amounts.get(INPUT, 0), now))

    def left(self, name: str, now: int) -> Left | None:
        """Return the least that is left of `name`, and when all of it is whole again; None if it is not limited."""
        lefts = [meter.left(now) for limited, meter in self.meters() if limited == name]
        if not lefts:
            return None
        limits, helds, whole_ins = zip(*lefts, strict=True)
        return Left(min(limits), min(helds), max(whole_ins))
