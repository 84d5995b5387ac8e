"""The decision on one request: a response, its effects, and notes for the journal."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from mockclaude.engine.state.store import Effect
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import End, Response, build_silent
from mockclaude.scenario.match import MatchResult
from mockclaude.scenario.rules import Rule

if TYPE_CHECKING:
    from mockclaude.engine.http_request import HttpRequest

HeaderLines: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values of headers."""


class Part(NamedTuple):
    """One part of a live reply. The last part has the `whole` decision."""

    response: Response
    whole: Decision | None = None


class Live(Protocol):
    """A reply that a function makes while the server sends it."""

    def parts(self) -> AsyncGenerator[Part, None]:
        """Yield the parts of the reply, each as soon as it is complete."""
        ...

    def partial_decision(self) -> Decision:
        """Return the decision with the parts sent so far, for a client that has gone."""
        ...


class DecidedItem(NamedTuple):
    """An item of a batch and its decision, without the body of the response."""

    http: HttpRequest
    decision: Decision


class DecidedBatch(NamedTuple):
    """A new batch and its decided items."""

    id: str
    items: tuple[DecidedItem, ...]


class Decision(NamedTuple):
    """The response to one request, its effects and its notes for the journal.

    Attributes:
        response: The response.
        reason: The log's text: the selected rule, the endpoint, or the error.
        streamed: Whether the response is a stream of events.
        notes: Notes for the journal: warnings, truncations, faults, draws.
        rule: The selected rule.
        draws: The keys of the pseudo-random values.
        unmatched: Whether no rule matched, or the rule refuses a stale request.
        closest: The near miss of an unmatched request.
        whole: The body with all messages of its thread, if the request continues one; of a request in another dialect,
            the body in the API's own.
        live: The reply that a function makes while the server sends it. The response is then empty.
        effects: Changes of the store, committed immediately.
        at_end: Changes of the store, committed when the response has ended, even by an error.
        batch: The batch that the request has created.
        core_headers: Of a request in another dialect, the headers in the API's own that differ from the client's.
    """

    response: Response
    reason: str = ""
    streamed: bool = False
    notes: tuple[str, ...] = ()
    rule: Rule | None = None
    draws: Draws | None = None
    unmatched: bool = False
    closest: MatchResult | None = None
    whole: bytes | None = None
    live: Live | None = None
    effects: tuple[Effect, ...] = ()
    at_end: tuple[Effect, ...] = ()
    batch: DecidedBatch | None = None
    core_headers: HeaderLines = ()

    def without_body(self) -> Decision:
        """Return the decision for a HEAD request: the response without its body."""
        return self._replace(response=self.response.without_body())


new_decision: Callable[
    [
        tuple[
            *tuple[Response, str, bool, tuple[str, ...], Rule | None, Draws | None],
            *tuple[bool, MatchResult | None, bytes | None, Live | None, tuple[Effect, ...], tuple[Effect, ...]],
            *tuple[DecidedBatch | None, HeaderLines],
        ]
    ],
    Decision,
] = partial(tuple.__new__, Decision)
"""A constructor that calls no Python code."""

NO_RESPONSE = Decision(build_silent(End.KEEP, 0))
