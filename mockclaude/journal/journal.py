"""The newest requests, bounded by number and bytes, and the one way to observe them.

The server writes each request into the journal. The log, the journal file, the summary and calls that wait for a
request subscribe to the journal.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Literal, TypeAlias

from mockclaude.engine.state.bounded import MAX_OWNERS
from mockclaude.journal.entry import MAX_BODY, UNREADABLE, JournalEntry
from mockclaude.scenario.conditions.conditions import Condition

MAX_ENTRIES = 1_000
"""Requests that are kept of each lane."""

MAX_BYTES = 64 * 1024 * 1024
"""Bytes that all entries together take, as `JournalEntry.size` counts them."""

Event: TypeAlias = Literal["decided", "grown", "ended"]
"""What happened to an entry: its response was decided, a response generated while it is sent was completed, or the
response has ended, however that happened. Only requests to the API are decided; all requests end."""

Subscriber: TypeAlias = Callable[[JournalEntry], object]

_LOGGER = logging.getLogger(__name__)


Entry = JournalEntry
"""The former name."""


class _Lane:
    """What is kept of a lane, the oldest first, and its size."""

    __slots__ = ("entries", "forgotten", "name", "size")

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.entries: deque[JournalEntry] = deque()
        self.size = 0
        self.forgotten = 0


class Journal:
    """The newest requests: at most `max_entries` of each lane, and `max_bytes` of all lanes together.

    If all take too much, the lane that takes most loses its oldest, so that no lane pushes out a smaller one. If none
    stands out, that is the lane whose last request is the oldest.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES, max_body: int = MAX_BODY) -> None:
        self.max_body = max_body
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._subscribers: dict[Event, tuple[Subscriber, ...]] = {"decided": (), "grown": (), "ended": ()}
        self._bytes = 0
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        self._newest = self._largest = _Lane()
        self._forgotten: dict[str, int] = {}
        """Of the lanes of which nothing is kept."""

    def __len__(self) -> int:
        return sum(len(lane.entries) for lane in tuple(self._lanes.values()))

    def keep(self, entry: JournalEntry) -> None:
        """Keep `entry`, whose response is decided, and drop the oldest entries above the bounds."""
        lane = self._newest
        if lane.name != entry.lane or not lane.entries:
            lane = self._turn_to(entry.lane)
        lane.entries.append(entry)
        self._count(entry, lane)
        if len(lane.entries) > self._max_entries:
            self._forget_oldest(lane)
        self._make_room()
        self._publish("decided", entry)

    def grow(self, entry: JournalEntry) -> None:
        """Count `entry` again: its response was completed after it was kept."""
        if entry.counted:
            lane = self._lanes[entry.lane]
            self._count(entry, lane)
            self._largest = max(self._largest, lane, key=attrgetter("size"))
            self._make_room()
        self._publish("grown", entry)

    def end(self, entry: JournalEntry) -> None:
        """Publish that the response of `entry` has ended. The journal need not keep the entry."""
        self._publish("ended", entry)

    def subscribe(self, event: Event, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with the entry of each `event` from now on.

        It is called while the request is handled, so it must return at once; the journal queues nothing. An exception
        is logged and does not change the response.

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

    def _count(self, entry: JournalEntry, lane: _Lane) -> None:
        size = entry.size
        lane.size += size - entry.counted
        self._bytes += size - entry.counted
        entry.counted = size

    def _make_room(self) -> None:
        while self._bytes > self._max_bytes:
            self._forget_oldest(self._most_spacious())

    def _turn_to(self, name: str) -> _Lane:
        """Return a lane as the newest."""
        if self._newest.size > self._largest.size:
            self._largest = self._newest
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane(name)
            lane.forgotten = self._forgotten.pop(name, 0)
        else:
            self._lanes.move_to_end(name)
        self._newest = lane
        return lane

    def _most_spacious(self) -> _Lane:
        """Return a lane that takes more than its share, or else the one whose last request is the oldest."""
        largest = max(self._newest, self._largest, key=attrgetter("size"))
        return largest if largest.size * len(self._lanes) > self._bytes else next(iter(self._lanes.values()))

    def _forget_oldest(self, lane: _Lane) -> None:
        oldest = lane.entries.popleft()
        lane.size -= oldest.counted
        self._bytes -= oldest.counted
        oldest.counted = 0
        lane.forgotten += 1
        if not lane.entries:
            del self._lanes[lane.name]
            self._forgotten[lane.name] = lane.forgotten
            if len(self._forgotten) > MAX_OWNERS:
                del self._forgotten[next(iter(self._forgotten))]

    @property
    def forgotten(self) -> int:
        """How many requests were too many to be kept."""
        return self.forgotten_of(None)

    def forgotten_of(self, lane: str | None) -> int:
        """Return how many requests of one lane, or with None of all, were too many to be kept."""
        lanes = [each for each in tuple(self._lanes.values()) if lane in (None, each.name)]
        gone = sum(self._forgotten.values()) if lane is None else self._forgotten.get(lane, 0)
        return gone + sum(each.forgotten for each in lanes)

    def entries(self, lane: str | None = None, scenario: str | None = None) -> Sequence[JournalEntry]:
        """Return what is kept, or of it what one lane has asked, or what was asked of one scenario."""
        lanes = [each for each in tuple(self._lanes.values()) if lane in (None, each.name)]
        kept = [entry for each in lanes for entry in tuple(each.entries) if scenario in (None, entry.scenario)]
        return kept if len(lanes) == 1 else sorted(kept, key=attrgetter("number"))

    def find(
        self, conditions: Iterable[Condition], lane: str | None = None, scenario: str | None = None
    ) -> list[JournalEntry]:
        """Return the questions that all `conditions` hold for."""
        wanted = tuple(conditions)
        return [entry for entry in self.entries(lane, scenario) if entry.is_messages_request and holds(wanted, entry)]

    async def wait_for(
        self,
        count: int,
        conditions: Iterable[Condition] = (),
        lane: str | None = None,
        scenario: str | None = None,
    ) -> list[JournalEntry]:
        """Return the questions that all `conditions` hold for, once there are `count` of them, those kept included."""
        wanted = tuple(conditions)
        found = self.find(wanted, lane, scenario)
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def hear(entry: JournalEntry) -> None:
            if entry.is_messages_request and entry.is_of(lane, scenario) and holds(wanted, entry):
                found.append(entry)
                if len(found) >= count and not reached.done():
                    reached.set_result(None)

        unsubscribe = self.subscribe("decided", hear)
        try:
            if len(found) < count:
                await reached
        finally:
            unsubscribe()
        return found

    def clear(self, lane: str | None = None, scenario: str | None = None) -> None:
        """Forget everything, or what one lane has asked, or what was asked of one scenario."""
        for each in [each for each in self._lanes.values() if lane in (None, each.name)]:
            entries, each.entries = each.entries, deque()
            for entry in entries:
                if entry.is_of(lane, scenario):
                    each.size -= entry.counted
                    self._bytes -= entry.counted
                    entry.counted = 0
                else:
                    each.entries.append(entry)
            if not each.entries:
                del self._lanes[each.name]
        if lane is not None:
            self._forgotten.pop(lane, None)
        elif not self._lanes:
            self._forgotten.clear()


def holds(conditions: Iterable[Condition], entry: JournalEntry) -> bool:
    """Return whether all `conditions` hold for what `entry` asked; not for one that cannot be read."""
    conversation = entry.conversation
    try:
        return conversation is not None and all(each.holds(each.look(conversation)) for each in conditions)
    except UNREADABLE:
        return False
