"""The journal: the newest requests, bounded by number and bytes.

The server writes each request into the journal. The log, the journal file, the summary and calls that wait for a
request subscribe to the journal.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter
from typing import Literal, TypeAlias

from mockclaude.engine.state.bounded import MAX_OWNERS
from mockclaude.journal.entry import MAX_BODY, UNREADABLE, JournalEntry
from mockclaude.scenario.conditions.conditions import Condition

MAX_ENTRIES = 1_000
"""The maximum number of entries of each lane."""

MAX_BYTES = 64 * 1024 * 1024
"""The maximum size of all entries together, in bytes by `JournalEntry.size`."""

MAX_UNMATCHED = 100
"""The maximum number of dropped entries of unmatched requests that stay known."""

Event: TypeAlias = Literal["decided", "grown", "ended"]
"""A change of an entry: its response was decided, a live response was completed, or the response has ended, even by an
error. Only requests to the API are decided; all requests end."""

Subscriber: TypeAlias = Callable[[JournalEntry], object]

_LOGGER = logging.getLogger(__name__)


Entry = JournalEntry
"""The former name."""


_FEW = 16
"""The number of entries up to which a lane keeps them in a list: an empty deque takes as much memory as an entry's
headers, and there may be a lane for each request."""


class _Lane:
    """The entries of one lane, oldest first, and their size."""

    __slots__ = ("dropped", "entries", "name", "size")

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.entries: list[JournalEntry] | deque[JournalEntry] = []
        self.size = 0
        self.dropped = 0

    def drop_oldest(self) -> JournalEntry:
        self.dropped += 1
        if isinstance(self.entries, list):
            if len(self.entries) <= _FEW:
                return self.entries.pop(0)
            self.entries = deque(self.entries)
        return self.entries.popleft()


class Journal:
    """The newest requests, and their subscribers.

    Above `max_bytes`, the largest lane loses its oldest entry, so that no lane displaces a smaller one. If no lane
    takes more than its share, the lane whose last request is the oldest loses one.

    Args:
        max_entries: The maximum number of entries of each lane.
        max_bytes: The maximum size of all entries together.
        max_body: The maximum number of bytes that an entry keeps of a request body, and of a response.

    Attributes:
        dropped_unmatched: The first dropped entries of unmatched requests, such as items of a large batch.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES, max_body: int = MAX_BODY) -> None:
        self.max_body = max_body
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._subscribers: dict[Event, tuple[Subscriber, ...]] = {"decided": (), "grown": (), "ended": ()}
        self._bytes = 0
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        self._newest = self._largest = _Lane()
        self._dropped: OrderedDict[str, int] = OrderedDict()
        """Number of dropped entries, for lanes without entries."""
        self.dropped_unmatched: list[JournalEntry] = []

    def __len__(self) -> int:
        return sum(len(lane.entries) for lane in tuple(self._lanes.values()))

    def keep(self, entry: JournalEntry) -> None:
        """Keep an entry with a decision, and drop the oldest entries above the bounds."""
        lane = self._newest
        if lane.name != entry.lane or not lane.entries:
            lane = self._select_lane(entry.lane)
        lane.entries.append(entry)
        entry.counted = size = entry.size
        lane.size += size
        self._bytes += size
        if len(lane.entries) > self._max_entries:
            self._drop_oldest(lane)
        if self._bytes > self._max_bytes:
            self._make_room()
        if self._subscribers["decided"]:
            self._publish("decided", entry)

    def grow(self, entry: JournalEntry) -> None:
        """Update the size of `entry`, whose live response was completed after `keep`."""
        if entry.counted:
            lane, size = self._lanes[entry.lane], entry.size
            lane.size += size - entry.counted
            self._bytes += size - entry.counted
            entry.counted = size
            self._largest = max(self._largest, lane, key=attrgetter("size"))
            self._make_room()
        self._publish("grown", entry)

    def end(self, entry: JournalEntry) -> None:
        """Publish the end of the response of `entry`, which the journal need not keep."""
        if self._subscribers["ended"]:
            self._publish("ended", entry)

    def subscribe(self, event: Event, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with the entry of each `event` from now on.

        The call delays the request, so `subscriber` must return immediately. Its exceptions are logged and do not
        change the response.

        Returns:
            A function that ends the subscription.
        """
        self._subscribers[event] = (*self._subscribers[event], subscriber)

        def unsubscribe() -> None:
            others = list(self._subscribers[event])
            others.remove(subscriber)
            self._subscribers[event] = tuple(others)

        return unsubscribe

    def _publish(self, event: Event, entry: JournalEntry) -> None:
        for subscriber in self._subscribers[event]:
            try:
                subscriber(entry)
            except Exception:
                _LOGGER.exception("a subscriber of the journal failed at request %d", entry.number)

    def _make_room(self) -> None:
        while self._bytes > self._max_bytes:
            self._drop_oldest(self._lane_to_shrink())

    def _select_lane(self, name: str) -> _Lane:
        """Select or create a lane as the newest."""
        if self._newest.size > self._largest.size:
            self._largest = self._newest
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane(name)
            lane.dropped = self._dropped.pop(name, 0)
        else:
            self._lanes.move_to_end(name)
        self._newest = lane
        return lane

    def _lane_to_shrink(self) -> _Lane:
        """Return the largest lane if it exceeds its share, or else the lane whose last request is the oldest."""
        largest = max(self._newest, self._largest, key=attrgetter("size"))
        return largest if largest.size * len(self._lanes) > self._bytes else next(iter(self._lanes.values()))

    def _drop_oldest(self, lane: _Lane) -> None:
        oldest = lane.drop_oldest()
        lane.size -= oldest.counted
        self._bytes -= oldest.counted
        if oldest.unmatched:
            self._keep_unmatched(oldest)
        oldest.counted = 0
        if not lane.entries:
            del self._lanes[lane.name]
            self._dropped[lane.name] = lane.dropped
            if len(self._dropped) > MAX_OWNERS:
                self._dropped.popitem(last=False)

    def _keep_unmatched(self, entry: JournalEntry) -> None:
        """Keep a dropped entry, unless it is large and another one is known."""
        known = self.dropped_unmatched
        is_small = entry.counted * MAX_UNMATCHED <= self._max_bytes
        if len(known) < MAX_UNMATCHED and (is_small or not known):
            known.append(entry)

    def count_dropped(self, lane: str | None = None) -> int:
        """Return the number of dropped entries, of one lane or of all."""
        lanes = [kept for kept in tuple(self._lanes.values()) if lane in (None, kept.name)]
        others = sum(self._dropped.values()) if lane is None else self._dropped.get(lane, 0)
        return others + sum(kept.dropped for kept in lanes)

    def entries(self, lane: str | None = None, scenario: str | None = None) -> Sequence[JournalEntry]:
        """Return the entries by number; None is every lane and every scenario."""
        lanes = [kept for kept in tuple(self._lanes.values()) if lane in (None, kept.name)]
        entries = [entry for kept in lanes for entry in tuple(kept.entries) if scenario in (None, entry.scenario)]
        return entries if len(lanes) == 1 else sorted(entries, key=attrgetter("number"))

    def find(
        self, conditions: Iterable[Condition], lane: str | None = None, scenario: str | None = None
    ) -> list[JournalEntry]:
        """Return the Messages requests that match all `conditions`."""
        expected = tuple(conditions)
        return [entry for entry in self.entries(lane, scenario) if entry_matches(expected, entry)]

    async def wait_for(
        self,
        count: int,
        conditions: Iterable[Condition] = (),
        lane: str | None = None,
        scenario: str | None = None,
    ) -> list[JournalEntry]:
        """Wait for `count` Messages requests that match all `conditions`; return them."""
        expected = tuple(conditions)
        entries = self.find(expected, lane, scenario)
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def collect(entry: JournalEntry) -> None:
            if entry.is_of(lane, scenario) and entry_matches(expected, entry):
                entries.append(entry)
                if len(entries) >= count and not reached.done():
                    reached.set_result(None)

        unsubscribe = self.subscribe("decided", collect)
        try:
            if len(entries) < count:
                await reached
        finally:
            unsubscribe()
        return entries

    def clear(self, lane: str | None = None, scenario: str | None = None) -> None:
        """Remove all entries, or those of one lane or of one scenario."""
        for kept in [kept for kept in self._lanes.values() if lane in (None, kept.name)]:
            entries, kept.entries = kept.entries, []
            for entry in entries:
                if entry.is_of(lane, scenario):
                    kept.size -= entry.counted
                    self._bytes -= entry.counted
                    entry.counted = 0
                else:
                    kept.entries.append(entry)
            if not kept.entries:
                del self._lanes[kept.name]
        self.dropped_unmatched = [entry for entry in self.dropped_unmatched if not entry.is_of(lane, scenario)]
        if lane is not None:
            self._dropped.pop(lane, None)
        elif not self._lanes:
            self._dropped.clear()


def entry_matches(conditions: Collection[Condition], entry: JournalEntry) -> bool:
    """Return whether `entry` is a readable request that matches `conditions`.

    Only Messages requests match, unless a condition names an endpoint.
    """
    request = entry.request if entry.can_match(conditions) else None
    try:
        return request is not None and all(condition.holds(condition.look(request)) for condition in conditions)
    except UNREADABLE:
        return False
