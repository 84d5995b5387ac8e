"""Rate limits and overloads: which requests are let in, and what the others are told.

In: a request with its key, its model and its input, and when it comes. Out: an `Entry`, or a `Refusal`.
Knows nothing of rules and sockets. What is decided here depends on the order in which requests come.

As Anthropic documents it (platform.claude.com/docs/en/api/rate-limits): requests, input tokens and output tokens per
minute, for each model; what is read from the prompt cache does not count but for `COUNT_CACHE_READS`; output counts as
it is produced, whatever `max_tokens` says, so that a request is let in while anything is left. A request that can never
be let in has no `retry-after`, as the documented 429 of a spend limit has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import INPUT, OUTPUT, REQUESTS, Quota, rate_limits, usual_quotas
from mockclaude.api.rate_limits import accelerated, exceeded
from mockclaude.engine.state.bounded import Owned
from mockclaude.engine.state.token_bucket import Allowance, Bucket, Pool
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.scenario.format.limits import InFlight, Limit
from mockclaude.scenario.scoped_limits import ScopedLimit

KEY_POOLS = 1_000
"""Pools that an API key keeps; the one used longest ago is dropped first, as if nothing had been used of it."""

MAX_POOLS = 100_000
"""Pools of all API keys; those of the key used longest ago are dropped first."""

COUNT_CACHE_READS = frozenset({"claude-3-haiku-20240307", "claude-3-5-haiku-20241022"})
"""Models whose input tokens per minute count what is read from the prompt cache too (as documented)."""

_PER_MINUTE = {
    REQUESTS: "requests_per_minute",
    INPUT: "input_tokens_per_minute",
    OUTPUT: "output_tokens_per_minute",
}
_SECOND = 1_000_000

_Name: TypeAlias = tuple[int, str, str]
"""Which pool: the position of its limit, the API key, and the model where each has its own."""


class Asks(NamedTuple):
    """A request that asks to be let in: its key and model, what the prompt cache would make of its input, and `now`, in
    microseconds since the epoch.
    """

    key: str
    model: str
    input_usage: InputUsage
    now: int

    @property
    def input_tokens(self) -> int:
        """The input tokens that count."""
        usage = self.input_usage
        return usage.input_tokens + usage.created_5m + usage.created_1h + self._counted(usage.read)

    def told(self, usage: Mapping[str, Any]) -> int:
        """Return the input tokens that count by the `usage` of a message; where it has none, those of the request."""
        if "input_tokens" not in usage:
            return self.input_tokens
        created, read = usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]
        return int(usage["input_tokens"] + created + self._counted(read))

    def _counted(self, read: int) -> int:
        return read if models.resolve(self.model) in COUNT_CACHE_READS else 0


class Refusal(NamedTuple):
    """The API's error for a request that is not let in, and what the log says of it."""

    error: ApiError
    note: str


class _Flight:
    """The requests that are being answered under one limit, and whether they are too many."""

    def __init__(self, limit: InFlight | None) -> None:
        self._limit = limit
        self._count = 0
        self._overloaded = False

    def is_full(self, crowded: bool) -> bool:
        """Return whether another request is one too many."""
        if self._limit is not None:
            most = self._limit.accepted_at + 1 if self._overloaded else self._limit.most
            self._overloaded = crowded or self._count >= most
        return self._overloaded

    def enter(self) -> None:
        self._count += 1

    def leave(self) -> None:
        self._count -= 1


class Entry(NamedTuple):
    """A request that was let in. It must leave, once."""

    asks: Asks
    limits: Limits
    pool: _Name
    flight: _Flight

    def headers(self, usage: Mapping[str, Any]) -> dict[str, str]:
        """Return what the response says of the limits, once a message with this `usage` counts."""
        return _told(self._with(usage), self.asks.now)

    def settle(self, usage: Mapping[str, Any]) -> None:
        """Let a message with this `usage` count."""
        self.limits.keep(self.pool, self._with(usage))

    def leave(self) -> None:
        """Note that the response has ended."""
        self.flight.leave()

    def _with(self, usage: Mapping[str, Any]) -> Pool:
        """Return the pool with the output, and with the input as the message tells it: before, it was an estimate."""
        more = {INPUT: self.asks.told(usage) - self.asks.input_tokens, OUTPUT: usage["output_tokens"]}
        return self.limits.pool(self.pool).take(more, self.asks.now)


class Limits:
    """The limits of a scenario, and what was used of them: `max_pools` for each API key.

    `drop` is called with a note for everything that is dropped. While they are `crowded`, every limit of requests in
    flight is reached: those that were answered meanwhile are not there when a request is made again.
    """

    crowded = False

    def __init__(
        self,
        limits: Sequence[ScopedLimit] = (),
        drop: Callable[[str], None] = lambda _: None,
        *,
        max_pools: int = KEY_POOLS,
    ) -> None:
        self.limits = limits
        self._flights = [_Flight(possible.limit.in_flight) for possible in limits]
        self._pools: Owned[tuple[int, str], Pool] = Owned("limits", (max_pools, max_pools), MAX_POOLS, drop)

    def enter(self, asks: Asks) -> Entry | Refusal | None:
        """Return the entry of a request that is let in; None where nothing limits it."""
        position = next((n for n, each in enumerate(self.limits) if each.applies(asks.model, asks.key)), None)
        if position is None:
            return None
        own = self.limits[position].limit.model is None
        name = position, asks.key, models.resolve(asks.model) if own else ""
        pool, flight = self.pool(name), self._flights[position]
        if refusal := self._refusal(name, pool, asks):
            return refusal
        if flight.is_full(self.crowded):
            return Refusal(ApiError("overloaded_error"), IN_FLIGHT)
        flight.enter()
        self.keep(name, pool.take({REQUESTS: 1, INPUT: asks.input_tokens}, asks.now))
        return Entry(asks, self, name, flight)

    def pool(self, name: _Name) -> Pool:
        """Return the pool of this name."""
        position, key, model = name
        return self._pools.get(key, (position, model)) or _full(self.limits[position].limit)

    def keep(self, name: _Name, pool: Pool) -> None:
        """Let `pool` be the one of this name."""
        position, key, model = name
        self._pools.put(key, (position, model), pool)

    def _refusal(self, name: _Name, pool: Pool, asks: Asks) -> Refusal | None:
        """Return the refusal for what has to be waited for longest, if anything has."""
        needed, now = {REQUESTS: 1, INPUT: asks.input_tokens, OUTPUT: 1}, asks.now
        waits = [(meter.wait(needed[what], now), what, meter) for what, meter in pool.meters()]
        if not any(wait != 0 for wait, _, _ in waits):
            return None
        wait, what, meter = max(waits, key=lambda each: (each[0] is None, each[0] or 0))
        self.keep(name, pool.take({}, now))
        told = _told(pool, now)
        if wait is not None:
            told["retry-after"] = str(-(-wait // _SECOND))
        return _refused(meter, what.replace("-", " "), asks, told)


def _full(limit: Limit) -> Pool:
    """Return the pool of a limit of which nothing was used."""
    buckets = {what: Bucket.full(most) for what, key in _PER_MINUTE.items() if (most := getattr(limit, key))}
    growth = limit.acceleration
    return Pool(buckets, Allowance(growth.start, growth.step) if growth else None)


def _refused(meter: Bucket | Allowance, what: str, asks: Asks, told: Mapping[str, str]) -> Refusal:
    model = models.resolve(asks.model)
    if isinstance(meter, Bucket):
        return Refusal(exceeded(meter.limit, what, model, told), _note(f"{what} per minute"))
    limit = meter.left(asks.now).limit
    return Refusal(accelerated(limit, limit + meter.step, what, model, told), _note(f"acceleration of {what}"))


def _note(what: str) -> str:
    return f"limit: {what} (depends on the order of requests)"


IN_FLIGHT = _note("requests in flight")
"""What the log says of a request that is refused because of those in flight."""


def _told(pool: Pool, now: int) -> dict[str, str]:
    """Return the headers that tell what is left of `pool`; what it does not limit is far from its limits."""
    quotas = usual_quotas(now // _SECOND)
    for what in quotas:
        if left := pool.left(what, now):
            reset = -(-(now + left.whole_in) // _SECOND) if left.whole_in else now // _SECOND
            quotas[what] = Quota(left.limit, max(0, left.held), reset)
    return rate_limits(quotas)
