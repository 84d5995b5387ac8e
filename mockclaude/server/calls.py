"""A call to the API, as it arrived and as it is answered.

In: the parts of an HTTP request. Out: a `Call`, which says whose it is and hashes to what it asks; an `Answer`.
Knows nothing of aiohttp, and of scenarios only that rules answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, Protocol

from mockclaude.api.access import api_key
from mockclaude.reply.draws import Draws
from mockclaude.reply.script import Script, Send
from mockclaude.scenario.matching import Explanation
from mockclaude.scenario.rules import Rule

LANE_HEADER = "x-mockclaude-lane"
SCENARIO_HEADER = "x-mockclaude-scenario"


class Call(NamedTuple):
    """One request: `path` without the scenario, header names in any case, `now` in seconds since the epoch.

    `time` is microseconds since the server began, `reused` whether its connection has served another before, `fraction`
    what it is later than `now`, in microseconds. `page` is the origin of the page that sent it, if that may not control
    the server.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: int
    chunked: bool = True
    time: int = 0
    reused: bool = False
    fraction: int = 0
    page: str = ""

    @property
    def instant(self) -> int:
        """When it arrived, in microseconds since the epoch."""
        return self.now * 1_000_000 + self.fraction

    @property
    def lane(self) -> str:
        """Whom the call belongs to."""
        return lane_of(self.headers)

    def fingerprint(self, question: bytes = b"{}") -> str:
        """Return the hash of what is asked: the path, and the `question` of the body."""
        state = blake2b(f"{self.method} {self.path}\n".encode(), digest_size=16)
        state.update(question)
        return state.hexdigest()


class Live(Protocol):
    """An answer that is made while it is sent."""

    def parts(self) -> AsyncGenerator[Answer, None]:
        """Yield the answer as far as it is made, again and again; the last one is whole."""
        ...


def nothing() -> None:
    """Do nothing."""


class Answer(NamedTuple):
    """The script that answers a call, and what the log says of it: which rule answered, or why none did, and `notes`
    on what the API would have refused, or what of the reply gave way to the request.

    `rule` is the one that answered and `draws` are what it drew from: seed, fingerprint, lane and occurrence. Where
    none did, the request is `unmatched`, and `closest` the rule that came nearest. `whole` is the request with all that
    its thread holds, if it continues one. A `live` answer has no script yet: it is made while it is sent.
    `ended` is called once, when the script was played, however that ended.
    """

    script: Script
    reason: str = ""
    streamed: bool = False
    notes: tuple[str, ...] = ()
    rule: Rule | None = None
    draws: Draws | None = None
    unmatched: bool = False
    closest: Explanation | None = None
    whole: bytes | None = None
    live: Live | None = None
    ended: Callable[[], None] = nothing


NOTHING = Answer(Script(0, ()))
"""No answer: nothing is sent."""


def lane_of(headers: Mapping[str, str]) -> str:
    """Return whom a request with these headers belongs to: what its lane header says, or else the lane of its key."""
    named = headers.get(LANE_HEADER)
    return lane_of_key(api_key(headers)) if named is None else named


def for_method(given: Answer, method: str) -> Answer:
    """Return `given`, or to `HEAD` its headers alone."""
    if method != "HEAD":
        return given
    head, end_of_head, _ = given.script.sends[0].data.partition(b"\r\n\r\n")
    return given._replace(script=given.script._replace(sends=[Send(0, head + end_of_head)]))


@lru_cache(maxsize=1024)
def lane_of_key(key: str) -> str:
    """Return the lane of requests with this API key: a hash of it, '' for none."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest() if key else ""
