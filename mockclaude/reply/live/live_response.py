"""Build a live response in batches of new events; each event is built and sent once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.reply.compose import Reply, ReplyContext
from mockclaude.reply.draws import Draws
from mockclaude.reply.live.live_draft import Addition, LiveDraft
from mockclaude.reply.live.live_faults import LiveFaults
from mockclaude.reply.live.live_stream import LiveStream
from mockclaude.reply.pace_clock import PaceClock
from mockclaude.reply.render import EventEdit
from mockclaude.reply.response import End, Response, TimedPiece, build_silent
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import json_response, stream_response
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.scenario.template.templates import TemplateContext

LimitHeaders: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""A function from the usage of a message to the values of limit headers."""


class LiveResponse:
    """The response so far.

    Nothing is sent without streaming, or before the first event.

    Attributes:
        ended: Whether nothing can be added; `finish` then returns the rest.
        sent: The last batch without its body: the status and the ending of the response so far.
        sent_id: The id of the message in the events; '' without events.
    """

    def __init__(
        self,
        scope: TemplateContext,
        pace: Pace,
        draws: Draws,
        context: ResponseContext,
        reply_context: ReplyContext,
        faults: LiveFaults,
        limit_headers: LimitHeaders,
        event_edits: Sequence[EventEdit] = (),
    ) -> None:
        self.ended = False
        self.sent_id = ""
        self._is_stream = scope.request.stream
        self._context = context
        self._limit_headers = limit_headers
        self._event_edits = event_edits
        self._draft = LiveDraft(scope, draws, reply_context)
        clock = PaceClock(pace.for_model(self.reply.message["model"]), draws.of_question)
        constants = scope.request.constants
        if self._draft.shows_thinking:
            constants = constants._replace(empty_thinking_delta=False)
        self._stream = LiveStream(clock, constants, reply_context.chunk_size)
        self._faults = faults
        self._unsent: list[TimedPiece] = []
        self._head: Response | None = None
        self._head_sent = False
        self._rest: Response | None = None
        self.sent = build_silent(End.KEEP, 0)

    @property
    def reply(self) -> Reply:
        """The reply so far."""
        return self._draft.reply(self._context.message_id)

    @property
    def has_begun(self) -> bool:
        """Whether the response has events, so that only events can follow."""
        return self._is_stream and self._stream.has_begun

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes on the faults."""
        return self._faults.notes

    def add(self, template: ReplyTemplate) -> Response | None:
        """Continue the reply with `template`; return the batch to send, if any.

        Raises:
            FillError: The value of a placeholder does not fit its step.
        """
        self._take(self._draft.add(template))
        self.ended = self._draft.ended
        if not self.has_begun:
            return None
        return self._send(self._context.stream(self._take_unsent(), End.KEEP, self._stream.clock.now, complete=False))

    def finish(self, error: ApiError | None = None) -> Response | None:
        """Return the rest of the response with `error` if any; None without events."""
        self._take(self._draft.end() if error is None else self._draft.close())
        if error is not None:
            self._draft.fail(error)
        if not self.has_begun:
            return None
        if self._rest is not None:
            return self._make_batch(self._rest, last=True)
        incident = self._draft.incident
        if incident is None:
            self._unsent.append(self._stream.end(self.reply.message))
        now = self._stream.clock.now
        rest, _ = self._faults.apply(
            self._with_head(stream_response(self._take_unsent(), now, incident, self._context)), last=True
        )
        return self._make_batch(rest, last=True)

    def build_json(self) -> Response:
        """Build the JSON response at the time of the end of the stream."""
        incident, reply = self._draft.incident, self.reply
        if incident is None:
            self._stream.end(reply.message)
        return json_response(reply, self._stream.clock.now, incident, self._context)

    def _take(self, additions: Iterable[Addition]) -> None:
        """Schedule the events of `additions`. Without a stream they only set the time of the response."""
        for addition in additions:
            if isinstance(addition, dict) and not self._stream.has_begun:
                message = self.reply.message
                self.sent_id = message["id"]
                self._unsent.append(self._stream.begin(message))
            self._unsent += self._stream.add(addition)
        if not self._is_stream:
            self._unsent.clear()

    def _take_unsent(self) -> Sequence[TimedPiece]:
        new, self._unsent = self._unsent, []
        return new

    def _send(self, response: Response) -> Response | None:
        batch, ended = self._faults.apply(self._with_head(response), last=False)
        if ended:
            self._rest, self.ended = batch, True
            return None
        return self._make_batch(batch, last=False) if batch.body or self._head_sent else None

    def _with_head(self, response: Response) -> Response:
        """Return `response` with edited events and the head of the first batch."""
        for edit in self._event_edits:
            response = edit(response)
        if self._head is None:
            response = response.with_values(self._limit_headers(self.reply.message["usage"]))
        if self._faults.notes:
            response = response.take_apart()
        self._head = self._head or response._replace(body=())
        return response._replace(headers=self._head.headers, head_at=self._head.head_at)

    def _make_batch(self, response: Response, *, last: bool) -> Response:
        """Return `response` as the next batch."""
        batch = response._replace(framing=response.framing._replace(is_batch=True, head_sent=self._head_sent))
        self._head_sent = self._head_sent or last or len(batch.body) > 0
        self.sent = batch._replace(body=())
        return batch
