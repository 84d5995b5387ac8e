"""The store in the memory of this process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from mockclaude.engine.state.counters import Counters
from mockclaude.engine.state.limits import Limits
from mockclaude.engine.state.prompt_cache import PromptCache
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
    """A `Store` in memory. Its methods are atomic because they do not wait."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._notes: list[str] = []
        self.notes: Sequence[str] = self._notes
        drop = self._notes.append
        self._use(Counters(drop), Limits(drop), PromptCache(drop), Threads(drop))

    def _use(self, counters: Counters, limits: Limits, cache: PromptCache, threads: Threads) -> None:
        self._counters = counters
        self.limits = limits
        self._cache = cache
        self._threads = threads
        self.claim: Callable[[Claim], Ticket | None] = counters.claim
        self._apply: Mapping[type[Effect], Callable[[Any], None]] = {
            LimitSettled: limits.settle,
            FlightLeft: lambda effect: limits.leave(effect.permit),
            CacheUsed: cache.use,
            RequestRemembered: cache.remember,
            ThreadStored: threads.store,
            ThreadContinued: threads.end,
            ThreadRestored: threads.restore,
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

    def commit(self, effects: Iterable[Effect]) -> None:
        """Apply effects in their order."""
        for effect in effects:
            self._apply[type(effect)](effect)

    def fork(self) -> MemoryStore:
        """Return an independent copy."""
        fork = MemoryStore()
        drop = fork._notes.append
        parts = self._counters, self.limits, self._cache, self._threads
        fork._use(*(part.fork(drop) for part in parts))  # type: ignore[arg-type]
        return fork

    def forget(self, lane: str | None = None) -> None:
        """Drop the counters and limits of a lane, or everything."""
        if lane is None:
            self._clear()
        else:
            self._counters.forget(lane)
            self.limits.forget(lane)

    def take_notes(self) -> tuple[str, ...]:
        """Return the notes on dropped values since the last call."""
        notes = tuple(self._notes)
        self._notes.clear()
        return notes
