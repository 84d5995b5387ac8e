"""Rate limits and overloads: which requests are admitted, and the errors that the others get.

The results depend on the order in which requests come.

As Anthropic documents it (platform.claude.com/docs/en/api/rate-limits): requests, input tokens and output tokens per
minute, for each model; what is read from the prompt cache does not count but for `COUNT_CACHE_READS`; output counts as
it is produced, whatever `max_tokens` says, so that a request is admitted while anything is left. A request that can
never be admitted has no `retry-after`, as the documented 429 of a spend limit has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import INPUT, OUTPUT, REQUESTS, Quota, rate_limits, usual_quotas
from mockclaude.api.rate_limits import accelerated, exceeded
from mockclaude.engine.state.bounded import Owned
from mockclaude.engine.state.store import LimitRequest, LimitSettled, Permit, Refusal
from mockclaude.engine.state.token_bucket import Allowance, Bucket, Pool
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.scenario.format.limits import Limit
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

_Name: TypeAlias = tuple[int, int, str]
"""A pool of an API key: the revision and the position of its limit, and the model where each has its own."""


def limit_request(
    limits: Sequence[ScopedLimit], revision: int, key: str, model: str, usage: InputUsage, now_us: int
) -> LimitRequest | None:
    """Return the request for admission under the first limit that applies; None where none does."""
    for position, scoped in enumerate(limits):
        if scoped.applies(model, key):
            return LimitRequest(revision, position, scoped.limit, key, models.resolve(model), usage, now_us)
    return None


def limit_headers(permit: Permit, usage: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers on what is left of a limit once a message with this `usage` counts."""
    request, pool, _ = permit
    return _headers(pool.take(_more(request, usage), request.now_us), request.now_us)


def settled(permit: Permit, usage: Mapping[str, Any]) -> LimitSettled:
    """Return the effect of a message with this `usage`."""
    return LimitSettled(permit, _more(permit.request, usage))


def _more(request: LimitRequest, usage: Mapping[str, Any]) -> dict[str, int]:
    """Return the output, and by how much the input of the message differs from the estimate taken at admission."""
    return {INPUT: _input_tokens(request, usage) - _estimated(request), OUTPUT: usage["output_tokens"]}


def _estimated(request: LimitRequest) -> int:
    usage = request.input_usage
    return usage.input_tokens + usage.created_5m + usage.created_1h + _counted(request, usage.read)


def _input_tokens(request: LimitRequest, usage: Mapping[str, Any]) -> int:
    """Return the input tokens that count by the `usage` of a message, or if it has none, by the estimate."""
    if "input_tokens" not in usage:
        return _estimated(request)
    created, read = usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]
    return int(usage["input_tokens"] + created + _counted(request, read))


def _counted(request: LimitRequest, read: int) -> int:
    return read if request.model in COUNT_CACHE_READS else 0


class _Flight:
    """The requests that are being answered under one limit, and whether they are too many.

    `settled` has the numbers of their permits, each with whether its message counts already.
    """

    def __init__(self, settled: Mapping[int, bool], overloaded: bool = False) -> None:
        self.settled = dict(settled)
        self.overloaded = overloaded

    def is_full(self, limit: Limit, crowded: bool) -> bool:
        """Return whether another request is one too many."""
        in_flight = limit.in_flight
        if in_flight is not None:
            most = in_flight.accepted_at + 1 if self.overloaded else in_flight.most
            self.overloaded = crowded or len(self.settled) >= most
        return self.overloaded


class Limits:
    """What was used of the limits of a scenario.

    `drop` is called with a note for everything that is dropped. While they are `crowded`, every limit of requests in
    flight is reached: those that were answered meanwhile are not there when a request is sent again.
    """

    def __init__(self, drop: Callable[[str], None]) -> None:
        self.crowded = False
        self._newest = 0
        self._flights: dict[tuple[int, int], _Flight] = {}
        self._pools: Owned[_Name, Pool] = Owned("limits", (KEY_POOLS, KEY_POOLS), MAX_POOLS, drop)

    def admit(self, request: LimitRequest) -> Permit | Refusal:
        """Return the permit of a request that is admitted, and take it from its pool."""
        now, estimated = request.now_us, _estimated(request)
        pool, flight = self._pool(request), self._flight(request)
        if refusal := self._refusal(request, pool, estimated):
            return refusal
        if flight.is_full(request.limit, self.crowded):
            return Refusal(ApiError("overloaded_error"), IN_FLIGHT)
        self._newest += 1
        flight.settled[self._newest] = False
        left = pool.take({REQUESTS: 1, INPUT: estimated}, now)
        self._keep(request, left)
        return Permit(request, left, self._newest)

    def settle(self, effect: LimitSettled) -> None:
        """Count a message, once."""
        request, _, number = effect.permit
        flight = self._flight(request)
        if flight.settled.get(number, True):
            return
        flight.settled[number] = True
        self._keep(request, self._pool(request).take(effect.more, request.now_us))

    def leave(self, permit: Permit) -> None:
        """Count a request as no longer in flight."""
        self._flight(permit.request).settled.pop(permit.number, None)

    def fork(self, drop: Callable[[str], None]) -> Limits:
        """Return limits that begin with the same use."""
        fork = Limits(drop)
        fork.crowded, fork._newest = self.crowded, self._newest
        fork._flights = {key: _Flight(each.settled, each.overloaded) for key, each in self._flights.items()}
        fork._pools = self._pools.fork(drop)
        return fork

    def _flight(self, request: LimitRequest) -> _Flight:
        return self._flights.setdefault((request.revision, request.position), _Flight({}))

    def _pool(self, request: LimitRequest) -> Pool:
        return self._pools.get(request.key, _name(request)) or _full(request.limit)

    def _keep(self, request: LimitRequest, pool: Pool) -> None:
        self._pools.put(request.key, _name(request), pool)

    def _refusal(self, request: LimitRequest, pool: Pool, estimated: int) -> Refusal | None:
        """Return the refusal for what has to be waited for longest, if anything has."""
        needed, now = {REQUESTS: 1, INPUT: estimated, OUTPUT: 1}, request.now_us
        waits = [(meter.wait(needed[what], now), what, meter) for what, meter in pool.meters()]
        if not any(wait != 0 for wait, _, _ in waits):
            return None
        wait, what, meter = max(waits, key=lambda each: (each[0] is None, each[0] or 0))
        self._keep(request, pool.take({}, now))
        headers = _headers(pool, now)
        if wait is not None:
            headers["retry-after"] = str(-(-wait // _SECOND))
        return _refused(meter, what.replace("-", " "), request, headers)


def _name(request: LimitRequest) -> _Name:
    return request.revision, request.position, request.model if request.limit.model is None else ""


def _full(limit: Limit) -> Pool:
    """Return the pool of a limit of which nothing was used."""
    buckets = {what: Bucket.full(most) for what, key in _PER_MINUTE.items() if (most := getattr(limit, key))}
    growth = limit.acceleration
    return Pool(buckets, Allowance(growth.start, growth.step) if growth else None)


def _refused(meter: Bucket | Allowance, what: str, request: LimitRequest, headers: Mapping[str, str]) -> Refusal:
    if isinstance(meter, Bucket):
        return Refusal(exceeded(meter.limit, what, request.model, headers), _note(f"{what} per minute"))
    limit = meter.left(request.now_us).limit
    error = accelerated(limit, limit + meter.step, what, request.model, headers)
    return Refusal(error, _note(f"acceleration of {what}"))


def _note(what: str) -> str:
    return f"limit: {what} (depends on the order of requests)"


IN_FLIGHT = _note("requests in flight")
"""The note on a request that is refused because of those in flight."""


def _headers(pool: Pool, now: int) -> dict[str, str]:
    """Return the headers on what is left of `pool`; what it does not limit is far from its limits."""
    quotas = usual_quotas(now // _SECOND)
    for what in quotas:
        if left := pool.left(what, now):
            reset = -(-(now + left.whole_in) // _SECOND) if left.whole_in else now // _SECOND
            quotas[what] = Quota(left.limit, max(0, left.held), reset)
    return rate_limits(quotas)
