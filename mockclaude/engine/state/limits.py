"""Rate limits and overloads: admission of requests, and the errors for refused ones.

The results depend on the order of requests.

Anthropic's documentation (platform.claude.com/docs/en/api/rate-limits): each model has limits of requests, input tokens
and output tokens per minute. Tokens read from the prompt cache are counted only for `COUNT_CACHE_READS`. Output tokens
are counted when they are produced, not by `max_tokens`, so a request is admitted while any remain. The 429 of a spend
limit has no `retry-after`; neither has a request that can never be admitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from mockclaude.api import models
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import INPUT, OUTPUT, REQUESTS, RateLimitStatus, rate_limits, usual_rate_limits
from mockclaude.api.rate_limits import acceleration_error, rate_limit_error
from mockclaude.engine.state.bounded import OwnerMap
from mockclaude.engine.state.store import LimitRequest, LimitSettled, Permit, Refusal
from mockclaude.engine.state.token_bucket import GrowthLimit, LimitPool, TokenBucket
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.scenario.scoped_limits import ScopedLimit

if TYPE_CHECKING:
    from mockclaude.scenario.format.limits import Limit

KEY_POOLS = 1_000
"""The maximum number of pools of an API key. The pool used longest ago is dropped first, and is full again."""

MAX_POOLS = 100_000
"""The maximum number of pools of all API keys. The pools of the key used longest ago are dropped first."""

COUNT_CACHE_READS = frozenset({"claude-3-haiku-20240307", "claude-3-5-haiku-20241022"})
"""Models whose limit of input tokens counts tokens read from the prompt cache (as documented)."""

CALLS = ("batches", "files", "skills")
"""The endpoints without a message whose calls are limited."""

FILES_PER_MINUTE = 500
"""The maximum number of calls of the Files API (as documented)."""

_PER_MINUTE = {
    REQUESTS: "requests_per_minute",
    INPUT: "input_tokens_per_minute",
    OUTPUT: "output_tokens_per_minute",
}
_SECOND = 1_000_000

_Name: TypeAlias = tuple[int, int, str]
"""A pool of an API key: the revision and the position of its limit, and the model if each model has its own."""


def limit_request(
    limits: Sequence[ScopedLimit], revision: int, key: str, model: str, usage: InputUsage, now_us: int
) -> LimitRequest | None:
    """Build the request for admission under the first limit that applies, if any."""
    for position, scoped in enumerate(limits):
        if scoped.applies(model, key):
            return LimitRequest(revision, position, scoped.limit, key, models.resolve(model), usage, now_us)
    return None


def limit_call(
    limits: Sequence[ScopedLimit], revision: int, key: str, endpoint: str, now_us: int
) -> LimitRequest | None:
    """Build the admission request of a call without a message, if a limit applies.

    The calls of an endpoint have one bucket, which is not that of a model: `requests_per_minute` of the first limit for
    all models. The API's documentation has another number for files.
    """
    from mockclaude.scenario.format.limits import Limit

    for position, scoped in enumerate(limits if endpoint in CALLS else ()):
        most = scoped.limit.requests_per_minute
        if most is not None and scoped.limit.model is None and scoped.applies("", key):
            limit = Limit(requests_per_minute=FILES_PER_MINUTE if endpoint == "files" else most)
            place = -1 - position * len(CALLS) - CALLS.index(endpoint)
            return LimitRequest(revision, place, limit, key, "", InputUsage(0), now_us)
    return None


def limit_headers(permit: Permit, usage: Mapping[str, Any]) -> dict[str, str]:
    """Build the rate limit headers after a message with this `usage`."""
    request, pool, _ = permit
    return _headers(pool.take(_correct_estimate(request, usage), request.now_us), request.now_us)


def settle_permit(permit: Permit, usage: Mapping[str, Any]) -> LimitSettled:
    """Build the effect that counts a message with this `usage`."""
    return LimitSettled(permit, _correct_estimate(permit.request, usage))


def _correct_estimate(request: LimitRequest, usage: Mapping[str, Any]) -> dict[str, int]:
    """Return the output tokens, and the input tokens minus the estimate taken at admission."""
    if usage.get("iterations"):
        usage = _add_compactions(usage)
    return {INPUT: _input_tokens(request, usage) - _estimate(request), OUTPUT: usage["output_tokens"]}


_COUNTED = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def _add_compactions(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add the tokens of compactions, which only the iterations of a usage have."""
    compactions = [entry for entry in usage["iterations"] if entry.get("type") == "compaction"]
    parts = [usage, *compactions]
    return {**usage, **{key: sum(part.get(key) or 0 for part in parts) for key in _COUNTED}} if compactions else usage


def _estimate(request: LimitRequest) -> int:
    usage = request.input_usage
    return usage.input_tokens + usage.created_5m + usage.created_1h + _count_reads(request, usage.read)


def _input_tokens(request: LimitRequest, usage: Mapping[str, Any]) -> int:
    """Return the counted input tokens of a message's `usage`, or the estimate if it has none."""
    if "input_tokens" not in usage:
        return _estimate(request)
    created, read = (usage.get(f"cache_{kind}_input_tokens") or 0 for kind in ("creation", "read"))
    return int(usage["input_tokens"] + created + _count_reads(request, read))


def _count_reads(request: LimitRequest, read: int) -> int:
    return read if request.model in COUNT_CACHE_READS else 0


class _InFlightCounter:
    """The requests in flight under one limit.

    Attributes:
        settled: The number of each permit, and whether its message is counted already.
        overloaded: Whether the limit has been reached and the number has not fallen to `release` since.
    """

    def __init__(self, settled: Mapping[int, bool], overloaded: bool = False) -> None:
        self.settled = dict(settled)
        self.overloaded = overloaded

    def is_full(self, limit: Limit, crowded: bool) -> bool:
        """Return whether another request would exceed the limit."""
        in_flight = limit.in_flight
        if in_flight is not None:
            most = in_flight.accepted_at + 1 if self.overloaded else in_flight.most
            self.overloaded = crowded or len(self.settled) >= most
        return self.overloaded


class Limits:
    """The use of the limits of a scenario.

    Args:
        drop: Called with a note on dropped pools.

    Attributes:
        crowded: Whether every limit of requests in flight counts as reached, to decide a refused request again without
            the other requests in flight.
    """

    def __init__(self, drop: Callable[[str], None]) -> None:
        self.crowded = False
        self._newest = 0
        self._counters: dict[tuple[int, int], _InFlightCounter] = {}
        self._pools: OwnerMap[_Name, LimitPool] = OwnerMap("limits", (KEY_POOLS, KEY_POOLS), MAX_POOLS, drop)

    def admit(self, request: LimitRequest) -> Permit | Refusal:
        """Admit a request and take its estimate from its pool, or refuse it."""
        now, estimated = request.now_us, _estimate(request)
        pool, counter = self._pool(request), self._counter(request)
        if refusal := self._refusal(request, pool, estimated):
            return refusal
        if counter.is_full(request.limit, self.crowded):
            return Refusal(ApiError("overloaded_error"), IN_FLIGHT)
        self._newest += 1
        counter.settled[self._newest] = False
        left = pool.take({REQUESTS: 1, INPUT: estimated}, now)
        self._keep(request, left)
        return Permit(request, left, self._newest)

    def settle(self, effect: LimitSettled) -> None:
        """Count a message. A second call with the same permit changes nothing."""
        request, _, number = effect.permit
        counter = self._counter(request)
        if counter.settled.get(number, True):
            return
        counter.settled[number] = True
        self._keep(request, self._pool(request).take(effect.more, request.now_us))

    def leave(self, permit: Permit) -> None:
        """Remove a request from the requests in flight."""
        self._counter(permit.request).settled.pop(permit.number, None)

    def forget(self, lane: str) -> None:
        """Drop the pools of a lane. A pool of a whole API key stays."""
        self._pools.forget(lane_owner("", lane))

    def fork(self, drop: Callable[[str], None]) -> Limits:
        """Return an independent copy."""
        fork = Limits(drop)
        fork.crowded, fork._newest = self.crowded, self._newest
        fork._counters = {
            name: _InFlightCounter(counter.settled, counter.overloaded) for name, counter in self._counters.items()
        }
        fork._pools = self._pools.fork(drop)
        return fork

    def _counter(self, request: LimitRequest) -> _InFlightCounter:
        return self._counters.setdefault((request.revision, request.position), _InFlightCounter({}))

    def _pool(self, request: LimitRequest) -> LimitPool:
        return self._pools.get(request.key, _pool_name(request)) or _full_pool(request.limit)

    def _keep(self, request: LimitRequest, pool: LimitPool) -> None:
        self._pools.put(request.key, _pool_name(request), pool)

    def _refusal(self, request: LimitRequest, pool: LimitPool, estimated: int) -> Refusal | None:
        """Return the refusal for the limit with the longest wait, if any limit has one."""
        needed, now = {REQUESTS: 1, INPUT: estimated, OUTPUT: 1}, request.now_us
        waits = [(meter.wait(needed[what], now), what, meter) for what, meter in pool.meters()]
        if not any(wait != 0 for wait, _, _ in waits):
            return None
        wait, what, meter = max(waits, key=lambda candidate: (candidate[0] is None, candidate[0] or 0))
        self._keep(request, pool.take({}, now))
        headers = _headers(pool, now)
        if wait is not None:
            headers["retry-after"] = str(-(-wait // _SECOND))
        return _refuse(meter, what.replace("-", " "), request, headers)


def lane_owner(key: str, lane: str) -> str:
    """Return the owner of the limits of one lane of an API key.

    Neither contains a line break.
    """
    return f"{key}\n{lane}"


def _pool_name(request: LimitRequest) -> _Name:
    return request.revision, request.position, request.model if request.limit.model is None else ""


def _full_pool(limit: Limit) -> LimitPool:
    """Return the full pool of a limit."""
    buckets = {what: TokenBucket.full(most) for what, key in _PER_MINUTE.items() if (most := getattr(limit, key))}
    growth = limit.acceleration
    return LimitPool(buckets, GrowthLimit(growth.start, growth.step) if growth else None)


def _refuse(meter: TokenBucket | GrowthLimit, what: str, request: LimitRequest, headers: Mapping[str, str]) -> Refusal:
    if isinstance(meter, TokenBucket):
        return Refusal(rate_limit_error(meter.limit, what, request.model, headers), _note(f"{what} per minute"))
    limit = meter.remaining(request.now_us).limit
    error = acceleration_error(limit, limit + meter.step, what, request.model, headers)
    return Refusal(error, _note(f"acceleration of {what}"))


def _note(what: str) -> str:
    return f"limit: {what} (depends on the order of requests)"


IN_FLIGHT = _note("requests in flight")
"""The note on a request that is refused because of other requests in flight."""


def _headers(pool: LimitPool, now: int) -> dict[str, str]:
    """Build the headers for `pool`. A resource without a limit has the usual values of a large account."""
    statuses = usual_rate_limits(now // _SECOND)
    for what in statuses:
        if remaining := pool.remaining(what, now):
            reset = -(-(now + remaining.full_in_us) // _SECOND) if remaining.full_in_us else now // _SECOND
            statuses[what] = RateLimitStatus(remaining.limit, max(0, remaining.amount), reset)
    return rate_limits(statuses)
