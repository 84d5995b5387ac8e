"""A reply that a function makes while the server sends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from functools import partial

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import Decision, Part
from mockclaude.engine.reply_builder import ReplyBuilder
from mockclaude.engine.reply_effects import build_limit_headers
from mockclaude.engine.reply_inputs import message_context
from mockclaude.reply.live.live_faults import LiveFaults
from mockclaude.reply.live.live_response import LiveResponse
from mockclaude.reply.render import to_rendered_reply
from mockclaude.reply.response import End, build_silent
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import PendingReply, ReplyTemplate


class LiveReply:
    """The reply of a coroutine as a whole, or of an async generator by part."""

    def __init__(self, builder: ReplyBuilder, pace: Pace, chunk_size: int | None, pending: PendingReply) -> None:
        self._builder = builder
        self._pending = pending
        context, draws = builder.response_context, builder.draws
        self._response = LiveResponse(
            builder.template_context(),
            pace,
            draws,
            context,
            message_context(builder.context, builder.rule, draws, chunk_size),
            LiveFaults(builder.faults.faults, context, draws, builder.context.http.dialect),
            partial(build_limit_headers, builder.context),
            builder.event_edits(),
        )

    def begin(self) -> Decision:
        """Return the decision on the rule, before the function has run."""
        decision = self._builder.interrupt(build_silent(End.KEEP, 0))
        return decision._replace(live=self, effects=self._builder.context.cache_effects)

    async def parts(self) -> AsyncGenerator[Part, None]:
        """Yield the parts of the reply; the last one has the whole decision."""
        if not isinstance(self._pending, AsyncGenerator):
            decision = await self._decide_awaited(self._pending)
            yield Part(decision.response, decision)
            return
        failure: ApiError | None = None
        async with aclosing(self._pending) as templates:
            try:
                async for template in templates:
                    batch = self._response.add(template)
                    if batch:
                        yield Part(batch)
                    if self._response.ended:
                        break
                    await asyncio.sleep(0)  # a function that never waits must not block other requests
            except ApiError as error:
                failure = error
        yield self._finish(failure)

    def partial_decision(self) -> Decision:
        """Return the decision with the parts sent so far, for a client that has gone."""
        return self._builder.interrupt(self._response.sent)

    async def _decide_awaited(self, pending: Awaitable[ReplyTemplate]) -> Decision:
        try:
            return self._builder.decide(await pending)
        except ApiError as error:
            return self._builder.fail(error)

    def _finish(self, failure: ApiError | None) -> Part:
        builder, response = self._builder, self._response
        batch = response.finish(failure)
        if batch is None:
            decision = builder.fail(failure) if failure else self._decide_unsent()
            return Part(decision.response, decision)
        sent = to_rendered_reply(response.reply, response.sent)._replace(message_id=response.sent_id)
        notes = (*response.notes, *builder.faults.notes)
        return Part(batch, builder.finish(sent, notes, builder.reason(failure)))

    def _decide_unsent(self) -> Decision:
        """Decide with the whole reply, of which no part was sent."""
        builder, reply = self._builder, self._response.reply
        if builder.context.request.stream:
            response = schedule_reply(reply, builder.pace(), builder.draws, builder.response_context, stream=True)
        else:
            response = self._response.build_json()
        return builder.complete(to_rendered_reply(reply, response))
