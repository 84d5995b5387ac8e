"""The reply of a selected rule, from what it describes to the decision: compose, stream, pace, limits, faults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decision import Decision
from mockclaude.engine.due_faults import DueFaults
from mockclaude.engine.request_context import RequestContext
from mockclaude.engine.state.limits import limit_headers, settled
from mockclaude.engine.state.prompt_cache import diagnose, request_hashes
from mockclaude.engine.state.store import Address, Effect, RequestRemembered, Ticket
from mockclaude.reply.compose import PLAIN, Asking, Reply
from mockclaude.reply.draws import Draws
from mockclaude.reply.faults.apply import apply_faults
from mockclaude.reply.optional_fields import extras
from mockclaude.reply.prepared import render_prepared
from mockclaude.reply.render import render_response, rendered
from mockclaude.reply.response import RenderedReply, Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.pace import PACE_HEADER, Pace, parse_pace
from mockclaude.scenario.rules import ReplyTemplate, Rule
from mockclaude.scenario.template.fakes import Fakes
from mockclaude.scenario.template.templates import FillError, TemplateContext

_OPTIONAL = frozenset({"container", "context_management", "diagnostics", "thinking"})
"""Fields of a request that give its message fields of their own."""


class ReplyBuilder:
    """Builds the decision for a request with the rule that was claimed for it."""

    def __init__(self, context: RequestContext, rule: Rule, ticket: Ticket, draws: Draws, faults: DueFaults) -> None:
        self.context = context
        self.rule = rule
        self.ticket = ticket
        self.draws = draws
        self.faults = faults
        http, state = context.http, context.state
        self.response_context = ResponseContext(*draws.ids(), http.now, state.retry_speed)

    @cached_property
    def scope(self) -> TemplateContext:
        """What placeholders are filled from. Fakes follow each other in the order of the placeholders."""
        request, scenario, draws = self.context.request, self.context.state.scenario, self.draws
        return TemplateContext(
            request,
            lambda: _groups(self.rule, request),
            lambda: Fakes(scenario.locale, draws.content.seed_for("fake")),
        )

    @cached_property
    def asking(self) -> Asking:
        """What the message tells of the request: the use of the prompt cache, and fields that the request asks for."""
        context, as_written = self.context, self.rule.as_written
        request, cached = context.request, context.cached
        if not (as_written or cached is not None or not _OPTIONAL.isdisjoint(request.body)):
            return PLAIN
        fields = extras(request.body, self.draws, context.http.now)
        if self.diagnosed:
            fields["diagnostics"] = diagnose(context.state.store, request, request_hashes(request.body))
        return Asking(cached and cached.usage, fields, as_written)

    @property
    def diagnosed(self) -> bool:
        """Whether the request asks for `diagnostics` of the prompt cache."""
        return self.context.request.body.get("diagnostics") is not None

    def pace(self) -> Pace:
        """Return the pace that the request asks for, or else that of the rule. Raises `ApiError` 400."""
        text = self.context.http.headers.get(PACE_HEADER)
        if text is None:
            return self.rule.pace
        try:
            return parse_pace(text)
        except ValueError as error:
            raise invalid(f"{PACE_HEADER}: {error}") from None

    def decision(self, outline: ReplyTemplate) -> Decision:
        """Return the decision with the reply that `outline` describes."""
        context, rule = self.context, self.rule
        is_plain = context.cached is None and not rule.as_written
        try:
            pace = self.pace() if PACE_HEADER in context.http.headers else rule.pace
            reply = render_prepared(outline, pace, context.request, self.response_context) if is_plain else None
            if reply is None:
                reply = render_response(outline, pace, self.scope, self.draws, self.response_context, self.asking)
        except ApiError as error:
            return self.failed(error)
        is_usual = context.permit is None and context.thread is None and is_plain
        if is_usual and not (self.faults.faults or self.faults.notes or context.request.warnings or self.diagnosed):
            return Decision(reply.response, rule.label, context.request.stream, reply.notes, rule, self.draws)
        return self.finished(reply)

    def of_reply(self, reply: Reply) -> Decision:
        """Return the decision with a reply that is composed already."""
        stream = self.context.request.stream
        response = schedule_reply(reply, self.pace(), self.draws, self.response_context, stream=stream)
        return self.finished(rendered(reply, response))

    def finished(self, reply: RenderedReply) -> Decision:
        """Return the decision with this response, after the limit's headers and the faults that are due."""
        if self.context.permit is not None:
            reply = reply._replace(response=reply.response.with_values(self.limit_headers(reply.usage)))
        faults, notes = self.faults
        if faults:
            response, applied = apply_faults(reply.response, faults, self.response_context, self.draws)
            reply, notes = reply._replace(response=response), (*applied, *notes)
        return self.sent(reply, notes, self.rule.label)

    def sent(self, reply: RenderedReply, notes: tuple[str, ...], reason: str) -> Decision:
        """Return the decision with this response as it is, and its effects."""
        context = self.context
        decision = self._decision(reply.response, reason, context.request.stream, (*reply.notes, *notes))
        if context.permit is None and context.thread is None and context.cached is None and not self.diagnosed:
            return decision
        is_stored = reply.response.status == 200 and reply.content is not None
        ended = context.thread.ended() if context.thread is not None and is_stored else ()
        effects = (*context.cache_effects, *self._effects(reply))
        return decision._replace(effects=effects, at_end=(*ended, *context.at_end))

    def failed(self, error: ApiError) -> Decision:
        """Return the decision in which the reply fails; a placeholder that fails is named by the rule's place."""
        context = self.context
        named = invalid(f"{self.rule.label}: {error.message}") if isinstance(error, FillError) else error
        decision = self._decision(self.response_context.error(named), self.reason(error))
        return decision._replace(effects=(*context.cache_effects, *context.released), at_end=context.at_end)

    def unfinished(self, response: Response) -> Decision:
        """Return the decision for a live reply of which `response` was sent; its end gives back what was claimed."""
        context = self.context
        decision = self._decision(response, self.rule.label, context.request.stream)
        return decision._replace(at_end=(*context.released, *context.at_end))

    def _decision(self, response: Response, reason: str, stream: bool = False, notes: tuple[str, ...] = ()) -> Decision:
        context = self.context
        notes = (*context.warnings, *notes)
        whole = None if context.thread is None else context.whole
        return Decision(response, reason, stream, notes, self.rule, self.draws, whole=whole)

    def reason(self, error: ApiError | None = None) -> str:
        """Return the log's words for the response: its rule, and why that failed."""
        return f"{self.rule.label}: {error.message}" if error else self.rule.label

    def limit_headers(self, usage: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the headers on what is left of the limit once a message with this `usage` counts."""
        return limit_headers(self.context.permit, usage) if self.context.permit else {}

    def _effects(self, reply: RenderedReply) -> tuple[Effect, ...]:
        """Return what a response changes: only one with status 200 counts under limits and goes into threads."""
        context, content = self.context, reply.content
        if reply.response.status != 200:
            return context.released
        counted = () if context.permit is None else (settled(context.permit, reply.usage),)
        if content is None:
            return (*counted, *context.released)
        request, message_id = context.request, self.response_context.message_id
        stored = () if context.thread is None else context.thread.stored(message_id, content)
        if not self.diagnosed:
            return (*counted, *stored)
        hashes = request_hashes(request.body)
        return (*counted, *stored, RequestRemembered(Address(request.api_headers.key, message_id), hashes))


def _groups(rule: Rule, request: MessagesRequest) -> Mapping[str, str]:
    groups: dict[str, str] = {}
    for condition in rule.conditions:
        if condition.groups:
            groups = {**condition.groups(condition.look(request)), **groups}
    return groups
