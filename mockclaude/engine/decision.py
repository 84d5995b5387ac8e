"""The result of deciding one request: a response, and everything that follows from it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import NamedTuple, Protocol

from mockclaude.engine.state.store import Effect
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import End, Response, build_silent
from mockclaude.scenario.match import MatchResult
from mockclaude.scenario.rules import Rule


class Part(NamedTuple):
    """What is sent of a live reply after the parts before; the last part has the `whole` decision."""

    response: Response
    whole: Decision | None = None


class Live(Protocol):
    """A reply that is made while it is sent."""

    def parts(self) -> AsyncGenerator[Part, None]:
        """Yield the parts of the reply, each as soon as it is made."""
        ...

    def so_far(self) -> Decision:
        """Return the decision as far as it is made, for a client that has gone."""
        ...


class Decision(NamedTuple):
    """The response to one request, and everything that follows from it.

    Attributes:
        response: The response.
        reason: The log's words: the rule that was selected, or why none was.
        streamed: Whether the response is a stream of events.
        notes: Notes for the journal: warnings, where the reply gave way to the request, faults.
        rule: The rule that was selected.
        draws: The keys of the pseudo-random values.
        unmatched: Whether no rule matched.
        closest: The near miss of an unmatched request.
        whole: The body with all messages of its thread, if the request continues one.
        live: The reply that is made while it is sent; then there is no response yet.
        effects: Changes of the store, committed at once.
        at_end: Changes of the store, committed when the response has ended, however that happened.
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

    def without_body(self) -> Decision:
        """Return the decision for HEAD: the headers of the response alone."""
        return self._replace(response=self.response.without_body())


NO_RESPONSE = Decision(build_silent(End.KEEP, 0))
