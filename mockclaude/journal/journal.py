"""What happened: which requests came, what was decided for each and why, what was planned, and how it went.

In: requests and answers as they come, and how each ended. Out: entries, the newest last, and those that a condition
holds for. Knows nothing of sockets, and of how an answer is decided. It forgets the oldest first. Conditions match
headers and bodies as they came, so those are kept; what shows one redacts its credentials.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

import orjson

from mockclaude.api.redaction import redact, redact_headers
from mockclaude.engine.http_request import Answer, Call
from mockclaude.engine.state.bounded import MAX_OWNERS
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import End
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.match import Explanation
from mockclaude.scenario.rules import Rule
from mockclaude.wire.script import Script

MAX_ENTRIES = 1_000
"""Requests that are kept of each lane."""

MAX_BYTES = 64 * 1024 * 1024
"""How many bytes all that is kept takes, as `Entry.size` counts them."""

MAX_BODY = 64 * 1024
"""How many bytes of the body of a request, or of a response, are kept."""

OVERHEAD = 4096
"""What an entry takes besides bodies and texts."""

MAX_TEXT = 10_000
"""How many characters are kept of each sentence on what was decided: some errors repeat what the client sent."""

OVERHEAD_OF_A_WRITE = 170
"""What the times of each write take."""

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, TooMuchWorkError)
"""What looking at a request raises that is no message: the journal has those too that were refused."""

PLAYING = "playing"
"""How an entry is said to have ended that has not."""


@dataclass(eq=False)
class Entry:
    """One request. `path` is as it was asked, with the base URL's path and the query; `scenario` the name it went to.

    `time`, `chunked`, `reused`, `page` and `guest` are as in `Call`.

    `planned` has the microseconds after the beginning and the bytes of each write, `sent` the microseconds at which
    they were written so far. `ending` is '' for a response that ended as HTTP has it. `closest` is the rule that came
    nearest, where none answered. `body` and `response` are cut at `MAX_BODY`; `body_size` is what came. `raw_headers`
    and bodies hold the credentials that came in them, and are not shown by `repr`.
    """

    number: int
    at: float
    method: str
    path: str
    raw_headers: Mapping[str, str] = field(repr=False)
    scenario: str = ""
    lane: str = ""
    endpoint: str = ""
    time: int = 0
    chunked: bool = True
    reused: bool = False
    page: str = ""
    guest: bool = False
    body: bytes = field(default=b"", repr=False)
    body_size: int = 0
    whole: bytes | None = field(default=None, repr=False)
    status: int = 0
    streamed: bool = False
    reason: str = ""
    notes: tuple[str, ...] = ()
    rule: Rule | None = None
    draws: Draws | None = None
    unmatched: bool = False
    closest: Explanation | None = None
    planned: tuple[tuple[int, int], ...] = ()
    end: End = End.KEEP
    response: bytes | None = field(default=None, repr=False)
    sent: list[int] = field(default_factory=list)
    ending: str = PLAYING
    seconds: float = 0.0
    counted: int = 0
    """The bytes that the journal counts for it; 0 where it does not keep it."""

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers, whatever the case of their names, without credentials."""
        return redact_headers(self.raw_headers)

    @property
    def is_question(self) -> bool:
        """Whether it asked for a message."""
        return self.endpoint == "/v1/messages" and self.method == "POST"

    def is_of(self, lane: str | None, scenario: str | None) -> bool:
        """Whether it is one of this lane and this scenario; None is any."""
        return lane in (None, self.lane) and scenario in (None, self.scenario)

    @property
    def conversation(self) -> Conversation | None:
        """What the request says, with all that a thread holds; None where it cannot be read."""
        if self.whole is None and len(self.body) < self.body_size:
            return None
        try:
            return Conversation(orjson.loads(self.whole or self.body), self.raw_headers)
        except UNREADABLE:
            return None

    @property
    def size(self) -> int:
        """How many bytes it counts for."""
        bodies = len(self.body) + len(self.whole or b"") + len(self.response or b"")
        texts = len(self.path) + len(self.reason) + sum(map(len, (*self.raw_headers.values(), *self.notes)))
        return OVERHEAD + bodies + texts + OVERHEAD_OF_A_WRITE * len(self.planned)


def _kept(text: str) -> str:
    """Return a text without credentials, of at most `MAX_TEXT` characters."""
    redacted = redact(text)
    return redacted if len(redacted) <= MAX_TEXT else f"{redacted[:MAX_TEXT]}…"


def asked(entry: Entry, call: Call, scenario: str, max_body: int = MAX_BODY) -> None:
    """Write into `entry` what was asked of the API."""
    entry.scenario, entry.lane, entry.endpoint = scenario, call.lane, call.path
    entry.time, entry.chunked, entry.reused = call.time, call.chunked, call.reused
    entry.page, entry.guest = call.page, call.guest
    entry.body, entry.body_size = call.body[:max_body], len(call.body)


def decided(entry: Entry, answer: Answer, script: Script, max_body: int = MAX_BODY) -> None:
    """Write into `entry` what was decided for it, and what is sent."""
    entry.status, entry.streamed, entry.reason, entry.notes = (
        script.status,
        answer.streamed,
        _kept(answer.reason),
        tuple(map(_kept, answer.notes)),
    )
    entry.rule, entry.draws, entry.whole = answer.rule, answer.draws, answer.whole
    entry.unmatched, entry.closest = answer.unmatched, answer.closest
    entry.planned = tuple([(send.at, len(send.data)) for send in script.sends])
    entry.end = script.end
    if sum([size for _, size in entry.planned]) <= max_body:
        entry.response = script.sends[0].data if len(script.sends) == 1 else b"".join([s.data for s in script.sends])


class _Lane:
    """What is kept of a lane, the oldest first, and its size."""

    __slots__ = ("entries", "forgotten", "name", "size")

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.entries: deque[Entry] = deque()
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
        self._waiting: list[Callable[[Entry], None]] = []
        self._bytes = 0
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        self._newest = self._largest = _Lane()
        self._forgotten: dict[str, int] = {}
        """Of the lanes of which nothing is kept."""

    def __len__(self) -> int:
        return sum(len(lane.entries) for lane in tuple(self._lanes.values()))

    def keep(self, entry: Entry) -> None:
        """Keep `entry`, and forget what is too much."""
        lane = self._newest
        if lane.name != entry.lane or not lane.entries:
            lane = self._turn_to(entry.lane)
        lane.entries.append(entry)
        self._count(entry, lane)
        if len(lane.entries) > self._max_entries:
            self._forget_oldest(lane)
        self._make_room()
        for hear in tuple(self._waiting):
            hear(entry)

    def grown(self, entry: Entry) -> None:
        """Count `entry` anew, which has got its response since it was kept."""
        if entry.counted:
            lane = self._lanes[entry.lane]
            self._count(entry, lane)
            self._largest = max(self._largest, lane, key=attrgetter("size"))
            self._make_room()

    def _count(self, entry: Entry, lane: _Lane) -> None:
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

    def entries(self, lane: str | None = None, scenario: str | None = None) -> Sequence[Entry]:
        """Return what is kept, or of it what one lane has asked, or what was asked of one scenario."""
        lanes = [each for each in tuple(self._lanes.values()) if lane in (None, each.name)]
        kept = [entry for each in lanes for entry in tuple(each.entries) if scenario in (None, entry.scenario)]
        return kept if len(lanes) == 1 else sorted(kept, key=attrgetter("number"))

    def find(
        self, conditions: Iterable[Condition], lane: str | None = None, scenario: str | None = None
    ) -> list[Entry]:
        """Return the questions that all `conditions` hold for."""
        wanted = tuple(conditions)
        return [entry for entry in self.entries(lane, scenario) if entry.is_question and holds(wanted, entry)]

    async def wait_for(
        self,
        count: int,
        conditions: Iterable[Condition] = (),
        lane: str | None = None,
        scenario: str | None = None,
    ) -> list[Entry]:
        """Return the questions that all `conditions` hold for, once there are `count` of them, those kept included."""
        wanted = tuple(conditions)
        found = self.find(wanted, lane, scenario)
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def hear(entry: Entry) -> None:
            if entry.is_question and entry.is_of(lane, scenario) and holds(wanted, entry):
                found.append(entry)
                if len(found) >= count and not reached.done():
                    reached.set_result(None)

        self._waiting.append(hear)
        try:
            if len(found) < count:
                await reached
        finally:
            self._waiting.remove(hear)
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


def holds(conditions: Iterable[Condition], entry: Entry) -> bool:
    """Return whether all `conditions` hold for what `entry` asked; not for one that cannot be read."""
    conversation = entry.conversation
    try:
        return conversation is not None and all(each.holds(each.look(conversation)) for each in conditions)
    except UNREADABLE:
        return False
