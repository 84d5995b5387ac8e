"""A reply that a function makes while it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from functools import partial

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import Decision, Part
from mockclaude.engine.reply_builder import ReplyBuilder
from mockclaude.engine.reply_effects import headers_of_limit
from mockclaude.engine.reply_inputs import message_context
from mockclaude.reply.live.live_response import LiveResponse
from mockclaude.reply.render import to_rendered_reply
from mockclaude.reply.response import End, build_silent
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import PendingReply, ReplyTemplate


class LiveReply:
    """The reply to one request, which comes as a whole or part by part."""

    def __init__(self, builder: ReplyBuilder, pace: Pace, coming: PendingReply) -> None:
        self._builder = builder
        self._coming = coming
        self._response = LiveResponse(
            builder.template_context,
            pace,
            builder.draws,
            builder.response_context,
            message_context(builder.context, builder.rule, builder.draws),
            builder.faults.faults,
            partial(headers_of_limit, builder.context),
        )

    def begin(self) -> Decision:
        """Return the decision that is made so far: which rule, and that its reply is live."""
        decision = self._builder.interrupt(build_silent(End.KEEP, 0))
        return decision._replace(live=self, effects=self._builder.context.cache_effects)

    async def parts(self) -> AsyncGenerator[Part, None]:
        """Yield what each part of the reply adds, and at last the rest with the whole decision."""
        if not isinstance(self._coming, AsyncGenerator):
            decision = await self._at_once(self._coming)
            yield Part(decision.response, decision)
            return
        failure: ApiError | None = None
        async with aclosing(self._coming) as outlines:
            try:
                async for outline in outlines:
                    batch = self._response.add(outline)
                    if batch:
                        yield Part(batch)
                    if self._response.ended:
                        break
                    await asyncio.sleep(0)  # a function that never waits must not keep the server from its clients
            except ApiError as error:
                failure = error
        yield self._last(failure)

    def so_far(self) -> Decision:
        """Return the decision as far as it is made, for a client that has gone."""
        return self._builder.interrupt(self._response.sent)

    async def _at_once(self, coming: Awaitable[ReplyTemplate]) -> Decision:
        try:
            return self._builder.decide(await coming)
        except ApiError as error:
            return self._builder.fail(error)

    def _last(self, failure: ApiError | None) -> Part:
        builder, response = self._builder, self._response
        batch = response.finish(failure)
        if batch is None:
            decision = builder.fail(failure) if failure else self._whole()
            return Part(decision.response, decision)
        sent = to_rendered_reply(response.reply, response.sent)
        notes = (*response.notes, *builder.faults.notes)
        return Part(batch, builder.finish(sent, notes, builder.reason(failure)))

    def _whole(self) -> Decision:
        """Return the decision with the reply as a whole, of which nothing was sent."""
        builder, reply, stream = self._builder, self._response.reply, self._builder.context.request.stream
        response = schedule_reply(reply, builder.pace(), builder.draws, builder.response_context, stream=stream)
        return builder.complete(to_rendered_reply(reply, response))
