"""The store in the memory of this process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from mockclaude.engine.state.counters import Counters
from mockclaude.engine.state.limits import Limits
from mockclaude.engine.state.prompt_cache import PromptCache
from mockclaude.engine.state.resources import (
    MAX_LANE_BYTES,
    Resource,
    ResourceDeleted,
    ResourceKind,
    ResourcePut,
    Resources,
    ResourceUsage,
)
from mockclaude.engine.state.store import (
    Address,
    CacheUsed,
    Claim,
    Effect,
    FlightLeft,
    LimitRequest,
    LimitSettled,
    Permit,
    Refusal,
    RequestHashes,
    RequestRemembered,
    ThreadContinued,
    ThreadProblem,
    ThreadRestored,
    ThreadStored,
    Ticket,
)
from mockclaude.engine.state.threads import Threads
from mockclaude.scenario.rules import RuleKey


class MemoryStore:
    """A `Store` in memory. Its methods are atomic because they do not wait.

    Args:
        lane_bytes: The maximum size of the resources of a kind in a lane.
    """

    def __init__(self, lane_bytes: int = MAX_LANE_BYTES) -> None:
        self._lane_bytes = lane_bytes
        self._clear()

    def _clear(self) -> None:
        self._notes: list[str] = []
        self.notes: Sequence[str] = self._notes
        drop = self._notes.append
        self._use(Counters(drop), Limits(drop), PromptCache(drop), Threads(drop), Resources(drop, self._lane_bytes))

    def _use(
        self, counters: Counters, limits: Limits, cache: PromptCache, threads: Threads, resources: Resources
    ) -> None:
        self._counters = counters
        self.limits = limits
        self._cache = cache
        self._threads = threads
        self._resources = resources
        self.claim: Callable[[Claim], Ticket | None] = counters.claim
        self._apply: Mapping[type[Effect], Callable[[Any], None]] = {
            LimitSettled: limits.settle,
            FlightLeft: lambda effect: limits.leave(effect.permit),
            CacheUsed: cache.use,
            RequestRemembered: cache.remember,
            ThreadStored: threads.store,
            ThreadContinued: threads.end,
            ThreadRestored: threads.restore,
            ResourcePut: resources.put,
            ResourceDeleted: resources.delete,
        }

    def counts(self, lane: str, rules: Collection[RuleKey]) -> Mapping[RuleKey, int]:
        """Return the number of selections of rules in a lane."""
        return {rule: self._counters.get(rule, lane) for rule in rules}

    def totals(self) -> Mapping[RuleKey, int]:
        """Return the number of selections of each rule in all lanes."""
        return self._counters.totals()

    def admit(self, request: LimitRequest) -> Permit | Refusal:
        """Admit or refuse a request. Admission takes its estimated tokens."""
        return self.limits.admit(request)

    def continue_thread(self, address: Address, now: int, *, hold: bool = True) -> bytes | ThreadProblem:
        """Return the conversation up to a reply, as JSON; `hold` keeps others from it."""
        return self._threads.find_conversation(address, now, hold=hold)

    def find_live_prefixes(self, key: str, digests: Iterable[bytes], now: int) -> frozenset[bytes]:
        """Return the prefixes of an API key that the prompt cache holds."""
        return self._cache.find_live_prefixes(key, digests, now)

    def earlier_request(self, address: Address) -> RequestHashes | None:
        """Return the request with this reply."""
        return self._cache.earlier_request(address)

    def find_resource(self, kind: ResourceKind, lane: str, resource_id: str) -> Resource | None:
        """Return a resource with its content."""
        return self._resources.get(kind, lane, resource_id)

    def is_deleted(self, lane: str, resource_id: str) -> bool:
        """Return whether a resource with the id has been deleted."""
        return self._resources.is_deleted(lane, resource_id)

    def find_deleted(self, kind: ResourceKind, lane: str, resource_id: str) -> int | None:
        """Return the number of a deleted resource; None for another id."""
        return self._resources.find_deleted(kind, lane, resource_id)

    def list_resources(self, kind: ResourceKind, lane: str) -> Sequence[Resource]:
        """List the resources of a kind without their content, newest first."""
        return self._resources.list_newest_first(kind, lane)

    def measure_resources(self, kind: ResourceKind, lane: str) -> ResourceUsage:
        """Measure the resources of a kind in a lane."""
        return self._resources.measure(kind, lane)

    def commit(self, effects: Iterable[Effect]) -> None:
        """Apply effects in their order."""
        for effect in effects:
            self._apply[type(effect)](effect)

    def fork(self) -> MemoryStore:
        """Return an independent copy."""
        fork = MemoryStore(self._lane_bytes)
        drop = fork._notes.append
        parts = self._counters, self.limits, self._cache, self._threads, self._resources
        fork._use(*(part.fork(drop) for part in parts))  # type: ignore[arg-type]
        return fork

    def forget(self, lane: str | None = None) -> None:
        """Drop the counters, limits and resources of a lane, or everything."""
        if lane is None:
            self._clear()
        else:
            self._counters.forget(lane)
            self.limits.forget(lane)
            self._resources.forget(lane)

    def take_notes(self) -> tuple[str, ...]:
        """Return the notes on dropped values since the last call."""
        notes = tuple(self._notes)
        self._notes.clear()
        return notes
