"""Render a reply template as the response to one request."""

from __future__ import annotations

from mockclaude.reply.compose import PLAIN, Asking, Reply, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import RenderedReply, Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.scenario.template.templates import TemplateContext


def render_response(
    template: ReplyTemplate,
    pace: Pace,
    scope: TemplateContext,
    draws: Draws,
    context: ResponseContext,
    reply_context: Asking = PLAIN,
) -> RenderedReply:
    """Return the response with the reply. Raises `FillError` if the values of placeholders do not fit in."""
    reply = compose(template, scope, draws, context.message_id, reply_context)
    return rendered(reply, schedule_reply(reply, pace, draws, context, stream=scope.request.stream))


def rendered(reply: Reply, response: Response) -> RenderedReply:
    """Return `response`, which sends `reply`."""
    content = reply.message["content"] if reply.arrives else None
    return RenderedReply(response, reply.notes, content, reply.message["usage"])
