"""A call to the API, as it arrived and as it is answered.

In: the parts of an HTTP request. Out: a `Call`, which says whose it is and hashes to what it asks; an `Answer`.
Knows nothing of aiohttp, and of scenarios only that rules answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, Protocol

from mockclaude.api.api_headers import api_key
from mockclaude.reply.draws import Draws
from mockclaude.reply.script import Script, Send
from mockclaude.scenario.match import Explanation
from mockclaude.scenario.rules import Rule

LANE_HEADER = "x-mockclaude-lane"
SCENARIO_HEADER = "x-mockclaude-scenario"


class Fingerprints(NamedTuple):
    """The hash of a whole request, from which ids are drawn, and that of its question; "" if that is the same."""

    whole: str
    question: str = ""


class Call(NamedTuple):
    """One request: `path` without the scenario, header names in any case, `now` in seconds since the epoch.

    `time` is microseconds since the server began, `reused` whether its connection has served another before, `fraction`
    what it is later than `now`, in microseconds. `page` is the origin of the page that sent it, if that may not control
    the server; `guest` says that it lacks the token that the server demands.
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
    guest: bool = False

    @property
    def instant(self) -> int:
        """When it arrived, in microseconds since the epoch."""
        return self.now * 1_000_000 + self.fraction

    @property
    def lane(self) -> str:
        """Whom the call belongs to."""
        return lane_of(self.headers)

    def fingerprints(self, question: bytes, beside: bytes = b"") -> Fingerprints:
        """Return the hashes of the path and the `question`, and of these with what is `beside`, and the query."""
        state = blake2b(f"{self.method} {self.path}\n".encode(), digest_size=16)
        state.update(question)
        asked = state.hexdigest()
        if not (beside or self.query):
            return Fingerprints(asked)
        query = "&".join(map("=".join, self.query.items()))
        state.update(f"\n{query}\n".encode("utf-8", "surrogatepass") + beside)
        return Fingerprints(state.hexdigest(), asked)

    def as_it_came(self, beside: str = "") -> Fingerprints:
        """Return the hashes of a request whose body is not read any further, which differ with what is `beside`."""
        return self.fingerprints(self.body or b"{}", beside.encode("utf-8", "surrogatepass"))


class Part(NamedTuple):
    """What is to be sent of a live answer after the parts before; the last part has the `whole` answer."""

    script: Script
    whole: Answer | None = None


class Live(Protocol):
    """An answer that is made while it is sent."""

    def parts(self) -> AsyncGenerator[Part, None]:
        """Yield the parts of the answer, each as soon as it is made."""
        ...

    def so_far(self) -> Answer:
        """Return the answer as far as it is made: all that there will be of it if the client goes."""
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
