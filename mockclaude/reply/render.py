"""Render a reply template as the response to one request."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from mockclaude.api.request import MessagesRequest
from mockclaude.api.token_weights import Weights
from mockclaude.reply.compose import PLAIN, Reply, ReplyContext, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import RenderedReply, Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.scenario.template.templates import TemplateContext

THINKING_COUNT_BETA = "thinking-token-count-2026-05-13"
"""The beta for `estimated_tokens`."""

EventEdit: TypeAlias = Callable[[Response], Response]
"""A change of the events of a response, or of one batch after the other."""

_COMPACTING = frozenset({"compaction", "context_management"})
"""Fields of a request that can ask for a compaction."""


def render_response(
    template: ReplyTemplate,
    pace: Pace,
    scope: TemplateContext,
    draws: Draws,
    context: ResponseContext,
    reply_context: ReplyContext = PLAIN,
) -> RenderedReply:
    """Compose the reply of `template`, which has steps, and build its response.

    Raises:
        FillError: The value of a placeholder does not fit its step.
    """
    if reply_context.as_written or _COMPACTING.isdisjoint(scope.request.body):
        reply = compose(template, scope, draws, context.message_id, reply_context)
    else:
        from mockclaude.reply.compacted_reply import compose_compacted

        reply = compose_compacted(template, scope, draws, context.message_id, reply_context)
    return to_rendered_reply(reply, schedule_reply(reply, pace, draws, context, stream=scope.request.stream))


def render_as_recorded(
    template: ReplyTemplate,
    pace: Pace,
    request: MessagesRequest,
    make_scope: Callable[[], TemplateContext],
    draws: Draws,
    context: ResponseContext,
) -> RenderedReply:
    """Build the response of a recorded reply.

    Of the request, only `stream` and its own pace change the response.

    Raises:
        FillError: The value of a placeholder does not fit in the reply.
    """
    from mockclaude.reply.recorded import render_recorded

    assert template.recorded is not None
    return render_recorded(template.recorded, pace, request, make_scope, draws, context)


def to_rendered_reply(reply: Reply, response: Response) -> RenderedReply:
    """Add the notes, content, usage and files of a reply to its response."""
    content = reply.message["content"] if reply.is_complete else None
    return RenderedReply(response, reply.notes, content, reply.message["usage"], reply.files, reply.message["id"])


def list_event_edits(betas: Collection[str], weights: Weights, draws: Draws, *, as_recorded: bool) -> list[EventEdit]:
    """List the edits of the events of one stream."""
    edits: list[EventEdit] = []
    if THINKING_COUNT_BETA in betas:
        from mockclaude.reply.thinking_counts import ThinkingCounts

        edits.append(ThinkingCounts(weights).add)
    if as_recorded:
        from mockclaude.reply.padding import Padding

        edits.append(Padding(draws).pad)
    return edits
