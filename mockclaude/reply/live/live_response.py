"""The response to a request whose reply is made while it is sent.

In: outlines one after the other, of which each is composed once. Out: the scripts that send what each adds, and at last
the whole response as it was sent. Times in a script count from the end of the script before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.reply.compose import Asking, Reply
from mockclaude.reply.draws import Draws
from mockclaude.reply.exchange import LAST_CHUNK, Exchange, apart, chunk, whole_head
from mockclaude.reply.live.live_draft import Addition, LiveDraft
from mockclaude.reply.live.live_faults import Batch, LiveFaults
from mockclaude.reply.live.live_stream import LiveStream
from mockclaude.reply.pace_clock import Timing
from mockclaude.reply.plan import Envelope, streamed
from mockclaude.reply.script import End, Script, Send, joined, with_headers
from mockclaude.scenario.format.faults import Fault
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import Outline
from mockclaude.scenario.template.templates import Scope

LimitHeaders: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, str]]
"""From the usage of a message to values for headers that the response has."""


class LiveResponse:
    """A response so far. It has `ended` when nothing can be added; `finish` then returns the rest of it.

    Nothing is sent to a client that does not stream, nor before there is an event.
    """

    def __init__(
        self,
        scope: Scope,
        pace: Pace,
        draws: Draws,
        envelope: Envelope,
        asking: Asking,
        faults: Sequence[Fault],
        limit_headers: LimitHeaders,
    ) -> None:
        self.ended = False
        self._is_stream = scope.request.stream
        self._envelope = envelope
        self._limit_headers = limit_headers
        self._draft = LiveDraft(scope, draws, asking)
        self._stream = LiveStream(Timing(pace.for_model(self.reply.message["model"]), draws.of_question))
        self._faults = LiveFaults(faults, envelope, draws)
        self._unsent: list[Send] = []
        self._head: Exchange | None = None
        self._rest: Batch | None = None
        self._sends: list[Send] = []
        self._sent = Script(0, ())

    @property
    def reply(self) -> Reply:
        """The reply so far."""
        return self._draft.reply(self._envelope.message_id)

    @property
    def begun(self) -> bool:
        """Whether there are events, so that nothing but events can come."""
        return self._stream.begun

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of the faults."""
        return self._faults.notes

    @property
    def sent(self) -> Script:
        """All that was to be sent so far, in one script."""
        return self._sent._replace(sends=tuple(self._sends))

    def add(self, outline: Outline) -> Script | None:
        """Return what is to be sent now that the reply goes on with `outline`, if there is something.

        Raises `FillError` if the values of placeholders do not fit in.
        """
        self._take(self._draft.add(outline))
        self.ended = self._draft.ended
        if not self.begun:
            return None
        return self._send(self._envelope.stream(self._new(), End.KEEP, self._stream.timing.now, complete=False))

    def finish(self, error: ApiError | None = None) -> Script | None:
        """Return the rest of the response, which ends with `error` if there is one. Without any event, return None."""
        self._take(self._draft.close())
        if error is not None:
            self._draft.fail(error)
        if not self.begun:
            return None
        if self._rest is not None:
            return self._script(self._rest, last=True)
        incident = self._draft.incident
        if incident is None:
            self._unsent.append(self._stream.end(self.reply.message))
        now = self._stream.timing.now
        rest, _ = self._faults.apply(self._batch(streamed(self._new(), now, incident, self._envelope)), last=True)
        return self._script(rest, last=True)

    def _take(self, additions: Iterable[Addition]) -> None:
        for addition in additions:
            if self._is_stream:
                if isinstance(addition, dict) and not self.begun:
                    self._unsent.append(self._stream.begin(self.reply.message))
                self._unsent += self._stream.add(addition)

    def _new(self) -> Sequence[Send]:
        new, self._unsent = self._unsent, []
        return new

    def _send(self, script: Script) -> Script | None:
        batch, ended = self._faults.apply(self._batch(script), last=False)
        if ended:
            self._rest, self.ended = batch, True
            return None
        is_new = isinstance(batch, Exchange) and batch.body
        return self._script(batch, last=False) if is_new or self._sends else None

    def _batch(self, script: Script) -> Exchange:
        """Return the events of `script`, after the head that the response has."""
        if self._head is None:
            script = with_headers(script, self._limit_headers(self.reply.message["usage"]))
        batch = apart(script)
        assert batch
        self._head = self._head or batch._replace(body=())
        return batch._replace(headers=self._head.headers, head_at=self._head.head_at)

    def _script(self, batch: Batch, *, last: bool) -> Script:
        """Return the script of what is new, and keep it."""
        if isinstance(batch, Exchange):
            script = self._framed(batch, last=last)
        else:
            script = batch._replace(sends=batch.sends[1:]) if self._sends else batch
        before = self._sent.end_at
        end_at = max(before, script.end_at, script.sends[-1].at if script.sends else 0)
        self._sent = script._replace(sends=(), end_at=end_at)
        self._sends += script.sends
        later = [Send(max(0, at - before), data) for at, data in script.sends]
        return script._replace(sends=later, end_at=end_at - before)

    def _framed(self, batch: Exchange, *, last: bool) -> Script:
        sends = list(batch.body if self._faults.notes else joined(batch.body))
        if batch.chunked:
            sends = [*map(chunk, sends)]
        if not self._sends and (sends or last):
            sends.insert(0, Send(batch.head_at, whole_head(batch)))
        if last and batch.chunked and batch.complete:
            sends.append(Send(max(batch.end_at, sends[-1].at if sends else 0), LAST_CHUNK))
        end = End.CLOSE if last and batch.end is End.KEEP and not batch.chunked else batch.end
        return Script(batch.status, sends if self._faults.notes else joined(sends), end, batch.end_at)
