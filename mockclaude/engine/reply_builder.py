"""The decision on a request with a selected rule: compose, stream, pace, limit headers, faults, effects."""

from __future__ import annotations

from mockclaude.api.errors import ApiError, invalid
from mockclaude.engine.decision import Decision, new_decision
from mockclaude.engine.fault_selection import SelectedFaults
from mockclaude.engine.reply_effects import build_limit_headers, list_effects, list_end_effects
from mockclaude.engine.reply_inputs import (
    CHUNK_SIZE_HEADER,
    describe_stale_parts,
    message_context,
    requested_chunk_size,
    requested_pace,
    template_context,
)
from mockclaude.engine.request_context import RequestContext
from mockclaude.reply.draws import Draws
from mockclaude.reply.prepared import render_prepared
from mockclaude.reply.render import (
    THINKING_COUNT_BETA,
    EventEdit,
    list_event_edits,
    render_as_recorded,
    render_response,
)
from mockclaude.reply.response import RenderedReply, Response, new_rendered_reply
from mockclaude.reply.response_context import new_response_context
from mockclaude.scenario.format.pace import PACE_HEADER, Pace
from mockclaude.scenario.rules import ReplyTemplate, Rule
from mockclaude.scenario.template.templates import FillError, TemplateContext


class ReplyBuilder:
    """Builds the decision on a request with its claimed rule.

    Attributes:
        context: The request.
        rule: The rule.
        match_count: Earlier selections of the rule in the lane.
        draws: The keys of the pseudo-random values.
        faults: The faults whose triggers fire.
        response_context: The ids, the time and the retry speed of every response to the request.
    """

    def __init__(
        self, context: RequestContext, rule: Rule, match_count: int, draws: Draws, faults: SelectedFaults
    ) -> None:
        self.context = context
        self.rule = rule
        self.match_count = match_count
        self.draws = draws
        self.faults = faults
        prompt = context.request.prompt
        lines = () if prompt is None else prompt.lines
        ids, now, speed = draws.ids(), context.http.now, context.state.retry_speed
        self.response_context = new_response_context((*ids, now, speed, lines))

    def template_context(self) -> TemplateContext:
        """Build the values of the placeholders of one reply."""
        return template_context(self.context, self.rule, self.draws)

    def select_reply(self) -> ReplyTemplate:
        """Select the reply by weight, by turn, or by the count of selections."""
        rule = self.rule
        if len(rule.replies) == 1:
            return rule.replies[0]
        if rule.weights:
            return rule.replies[self.draws.of_question.pick_weighted("choice", rule.weights)]
        position = self.context.request.turn - 1 if rule.by_turn else self.match_count
        return rule.replies[min(position, len(rule.replies) - 1)]

    def pace(self) -> Pace:
        """Return the pace in the request's header, or else the rule's pace.

        Raises:
            ApiError: 400; the pace in the header is invalid.
        """
        headers = self.context.http.headers
        return requested_pace(headers) if PACE_HEADER in headers else self.rule.pace

    def chunk_size(self) -> int | None:
        """Return the chunk size in the request's header, or else the rule's.

        Raises:
            ApiError: 400; the chunk size in the header is invalid.
        """
        headers = self.context.http.headers
        return requested_chunk_size(headers) if CHUNK_SIZE_HEADER in headers else self.rule.chunk_size

    def decide(self, template: ReplyTemplate) -> Decision:
        """Render `template` as a reply and decide to send it."""
        context, rule = self.context, self.rule
        stale = self.describe_stale() if rule.recorded else ""
        if stale and context.state.scenario.policy.stale == "error":
            return self.refuse(stale)
        try:
            pace = self.pace() if PACE_HEADER in context.http.headers else rule.pace
            size = self.chunk_size() if CHUNK_SIZE_HEADER in context.http.headers else rule.chunk_size
            ids, reply = self.response_context, None
            is_repeated = rule.function is None  # the reply of a function is new each time
            if template.recorded is not None:
                reply = render_as_recorded(template, pace, context.request, self.template_context, self.draws, ids)
            elif is_repeated and not rule.as_written and size == rule.chunk_size:
                scope, cached = self.template_context, context.cached
                reply = render_prepared(template, pace, context.request, ids, scope, cached, size)
            if reply is None:
                fields = message_context(context, rule, self.draws, size)
                reply = render_response(template, pace, self.template_context(), self.draws, ids, fields)
        except ApiError as error:
            return self.fail(error)
        if stale:
            reply = reply._replace(notes=(*reply.notes, stale))
        return self.complete(reply, is_recorded=template.recorded is not None)

    def complete(self, reply: RenderedReply, *, is_recorded: bool = False) -> Decision:
        """Add limit headers to a reply, apply its faults, and decide to send it.

        The events of a recorded reply have the form of the recording.
        """
        context, (faults, notes) = self.context, self.faults
        if context.permit is not None:
            reply = reply._replace(response=reply.response.with_values(build_limit_headers(context, reply.usage)))
        as_recorded, betas = context.state.scenario.policy.as_recorded, context.request.api_headers.betas
        if reply.response.is_stream and not is_recorded and (as_recorded or THINKING_COUNT_BETA in betas):
            for edit in self.event_edits():
                reply = reply._replace(response=edit(reply.response))
        if faults:
            from mockclaude.reply.faults.apply import apply_faults

            dialect = context.http.dialect
            response, applied = apply_faults(reply.response, faults, self.response_context, self.draws, dialect)
            reply, notes = reply._replace(response=response), (*applied, *notes)
        elif context.http.dialect is not None:
            reply = new_rendered_reply((context.http.translate(reply.response), *reply[1:]))
        return self.finish(reply, notes, self.rule.label)

    def event_edits(self) -> list[EventEdit]:
        """List the edits of the events of the stream, which come before its faults."""
        request, policy = self.context.request, self.context.state.scenario.policy
        weights, betas = request.constants.weights, request.api_headers.betas
        return list_event_edits(betas, weights, self.draws, as_recorded=policy.as_recorded)

    def finish(self, reply: RenderedReply, notes: tuple[str, ...], reason: str) -> Decision:
        """Decide to send a reply without further changes, and list its effects."""
        context = self.context
        notes = (*reply.notes, *notes) if notes else reply.notes
        if context.request.warnings:
            notes = (*context.warnings, *notes)
        is_free = context.permit is None and context.thread is None and "diagnostics" not in context.request.body
        if (
            is_free and not reply.files and (context.cached is None or not context.cache_effects)
        ):  # only the claimed counters change
            stream, rule, draws = context.request.stream, self.rule, self.draws
            return new_decision(
                (reply.response, reason, stream, notes, rule, draws, False, None, None, None, (), (), None, ())
            )
        return Decision(
            reply.response,
            reason,
            context.request.stream,
            notes,
            self.rule,
            self.draws,
            whole=context.whole,
            effects=list_effects(context, reply, reply.message_id or self.response_context.message_id),
            at_end=list_end_effects(context, reply),
        )

    def fail(self, error: ApiError) -> Decision:
        """Decide to respond with an error. The error of a placeholder names the rule."""
        context, rule = self.context, self.rule
        named = invalid(f"{rule.label}: {error.message}") if isinstance(error, FillError) else error
        return Decision(
            context.http.translate(self.response_context.error(named)),
            self.reason(error),
            notes=context.warnings,
            rule=rule,
            draws=self.draws,
            whole=context.whole,
            effects=(*context.cache_effects, *context.release_effects),
            at_end=context.at_end,
        )

    def describe_stale(self) -> str:
        """Describe the stale parts of the request, unless the policy ignores them."""
        if self.context.state.scenario.policy.stale == "ignore":
            return ""
        return describe_stale_parts(self.rule, self.context.request)

    def refuse(self, stale: str) -> Decision:
        """Decide to refuse a stale request with the error of an unmatched one."""
        message = f"{self.rule.label}: {stale}; record the reply again, or set `stale` to warn"
        return self.fail(self.context.state.scenario.policy.unmatched_error(message))._replace(unmatched=True)

    def interrupt(self, response: Response) -> Decision:
        """Decide on a live reply of which only `response` was sent.

        The end of the response returns the permit and the thread.
        """
        context = self.context
        return Decision(
            response,
            self.rule.label,
            context.request.stream,
            context.warnings,
            self.rule,
            self.draws,
            whole=context.whole,
            at_end=(*context.release_effects, *context.at_end),
        )

    def reason(self, error: ApiError | None = None) -> str:
        """Return the log's text for the response: the rule, and the error if it failed."""
        label = self.rule.label
        return f"{label}: {error.message.removeprefix(f'{label}: ')}" if error else label
