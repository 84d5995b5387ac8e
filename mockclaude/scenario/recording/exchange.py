"""A request to another server, and the response that has arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from mockclaude.api.assemble import AssembledMessage
from mockclaude.api.events import Event
from mockclaude.scenario.recorded_reply import RecordedReply

Ending: TypeAlias = Literal["", "close"]
"""How a response ended: '' as its framing says, `close` before that."""


class Arrival(NamedTuple):
    """A part of a body that arrived.

    Attributes:
        at_us: The microseconds from the request to its arrival.
        end: The number of bytes of the body that had arrived by then.
    """

    at_us: int
    end: int


class Reception(NamedTuple):
    """A response as it arrived.

    Attributes:
        status: The status.
        headers: The names in lower case and the values, in the order in which they came, without `connection`,
            `keep-alive`, `transfer-encoding`, and `content-length`. `content-encoding` is there only if the body could
            not be decoded.
        body: The bytes of the body, decoded.
        head_us: The microseconds from the request to the arrival of the head.
        arrivals: The parts of the body in their order. None of a body that was decoded, or has no times.
        ending: How the response ended.
        is_delayed: Whether a slow client delayed the arrivals.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head_us: int = 0
    arrivals: tuple[Arrival, ...] = ()
    ending: Ending = ""
    is_delayed: bool = False


@dataclass(frozen=True, eq=False)
class Exchange:
    """A request to another server, and the response that has arrived.

    Attributes:
        number: The position of the request among all that the recorder has received, from 1.
        method: The HTTP method.
        path: The path of the API with the query, without the path of the base URL.
        headers: The headers of the request that are not secret and that the API reads: `anthropic-beta`,
            `anthropic-version` and `content-type`, with names in lower case.
        body: The bytes of the request's body.
        reception: The response.
        host: The host that sent the response.
        on: The day, e.g. `2026-11-30`.
        lane: The name of the lane (isolation key); '' without one.
        events_sent: The number of events after which the client left; None if it stayed.
        refusal: The message with which mockclaude would have refused the request; '' if it accepts it.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    reception: Reception
    host: str
    on: str
    lane: str = ""
    events_sent: int | None = None
    refusal: str = ""

    @cached_property
    def document(self) -> Any:
        """The JSON of the request's body; None for other bytes."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    @cached_property
    def reply(self) -> RecordedReply:
        """The response as the reply that sends it."""
        response = self.reception
        return RecordedReply(response.status, dict(response.headers), response.body, None, True, response.ending)

    @property
    def events(self) -> Sequence[Event]:
        """The events of a stream; none of another body."""
        return self.reply.events

    @property
    def assembled(self) -> AssembledMessage | None:
        """The message in the response; None for an error and another body."""
        return self.reply.assembled


class RecordedRule(NamedTuple):
    """A rule of a recording for one exchange, or for several with equal requests.

    Attributes:
        name: The name of the rule, unique in its file.
        when: The conditions, as in a scenario file.
        request: The hashes of the parts of the first request.
        exchanges: The exchanges in the order in which their requests arrived.
        problem: The reason why the rule also matches a request of another rule; '' if it does not.
    """

    name: str
    when: Mapping[str, Any]
    request: str
    exchanges: tuple[Exchange, ...]
    problem: str = ""
