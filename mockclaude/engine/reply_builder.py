"""The reply of a selected rule, from what it describes to the decision: compose, stream, pace, limits, faults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.due_faults import DueFaults
from mockclaude.engine.http_request import Decision
from mockclaude.engine.request_context import RequestContext
from mockclaude.engine.state.limits import limit_headers, settled
from mockclaude.engine.state.prompt_cache import diagnose, request_hashes
from mockclaude.engine.state.store import Address, Effect, RequestRemembered, Ticket
from mockclaude.reply.compose import PLAIN, Asking, Reply
from mockclaude.reply.draws import Draws
from mockclaude.reply.faults.apply import break_
from mockclaude.reply.optional_fields import extras
from mockclaude.reply.plan import plan
from mockclaude.reply.respond import Responded, respond, responded
from mockclaude.reply.script import Script, with_headers
from mockclaude.scenario.format.pace import PACE_HEADER, Pace, parse_pace
from mockclaude.scenario.rules import Outline, Rule
from mockclaude.scenario.template.fakes import Fakes
from mockclaude.scenario.template.templates import FillError, Scope

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
        self.response_context = context.state.context(context.call, draws)

    @cached_property
    def scope(self) -> Scope:
        """What placeholders are filled from. Fakes follow each other in the order of the placeholders."""
        request, scenario, draws = self.context.request, self.context.state.scenario, self.draws
        return Scope(
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
        fields = extras(request.body, self.draws, context.call.now)
        if request.body.get("diagnostics") is not None:
            fields["diagnostics"] = diagnose(context.state.store, request, request_hashes(request.body))
        return Asking(cached and cached.usage, fields, as_written)

    def pace(self) -> Pace:
        """Return the pace that the request asks for, or else that of the rule. Raises `ApiError` 400."""
        text = self.context.call.headers.get(PACE_HEADER)
        if text is None:
            return self.rule.pace
        try:
            return parse_pace(text)
        except ValueError as error:
            raise invalid(f"{PACE_HEADER}: {error}") from None

    def decision(self, outline: Outline) -> Decision:
        """Return the decision with the reply that `outline` describes."""
        try:
            rendered = respond(outline, self.pace(), self.scope, self.draws, self.response_context, self.asking)
        except ApiError as error:
            return self.failed(error)
        return self.with_faults(self._with_limit_headers(rendered))

    def of_reply(self, reply: Reply) -> Decision:
        """Return the decision with a reply that is composed already."""
        script = plan(reply, self.pace(), self.draws, self.response_context, stream=self.context.request.stream)
        return self.with_faults(self._with_limit_headers(responded(reply, script)))

    def with_faults(self, rendered: Responded) -> Decision:
        """Return the decision with this response, after the faults that are due."""
        faults, notes = self.faults
        if not faults:
            return self.finished(rendered, notes)
        script, applied = break_(rendered.script, faults, self.response_context, self.draws)
        return self.finished(rendered._replace(script=script), (*applied, *notes))

    def finished(self, rendered: Responded, notes: tuple[str, ...], reason: str = "") -> Decision:
        """Return the decision with this response as it is, and its effects."""
        effects = self._effects(rendered)
        is_stored = rendered.script.status == 200 and rendered.content is not None
        thread = self.context.thread
        at_end = (*(thread.ended() if is_stored else ()), *self.context.at_end)
        reason = reason or self.rule.label
        stream = self.context.request.stream
        return self.undone(rendered.script, reason, stream, (*rendered.notes, *notes))._replace(
            effects=(*self.context.cache_effects, *effects), at_end=at_end
        )

    def failed(self, error: ApiError) -> Decision:
        """Return the decision in which the reply fails; a placeholder that fails is named by the rule's place."""
        named = invalid(f"{self.rule.label}: {error.message}") if isinstance(error, FillError) else error
        decision = self.undone(self.response_context.error(named), self.reason(error))
        return decision._replace(
            effects=(*self.context.cache_effects, *self.context.thread.restored()), at_end=self.context.at_end
        )

    def undone(self, script: Script, reason: str, stream: bool = False, notes: tuple[str, ...] = ()) -> Decision:
        """Return a decision without effects of its reply, which undoes what was claimed when it ends."""
        context = self.context
        return Decision(
            script,
            reason,
            stream,
            (*context.warnings, *notes),
            self.rule,
            self.draws,
            whole=context.whole,
            at_end=(*context.thread.restored(), *context.at_end),
        )

    def reason(self, error: ApiError | None = None) -> str:
        """Return the log's words for the response: its rule, and why that failed."""
        return f"{self.rule.label}: {error.message}" if error else self.rule.label

    def limit_headers(self, usage: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the headers on what is left of the limit once a message with this `usage` counts."""
        return limit_headers(self.context.permit, usage) if self.context.permit else {}

    def _with_limit_headers(self, rendered: Responded) -> Responded:
        if self.context.permit is None:
            return rendered
        return rendered._replace(script=with_headers(rendered.script, self.limit_headers(rendered.usage)))

    def _effects(self, rendered: Responded) -> tuple[Effect, ...]:
        """Return what a response changes: only one with status 200 counts under limits and goes into threads."""
        context, content = self.context, rendered.content
        if rendered.script.status != 200:
            return context.thread.restored()
        counted = (settled(context.permit, rendered.usage),) if context.permit else ()
        if content is None:
            return (*counted, *context.thread.restored())
        request, message_id = context.request, self.response_context.message_id
        remembered: tuple[Effect, ...] = ()
        if request.body.get("diagnostics") is not None:
            remembered = (RequestRemembered(Address(request.access.key, message_id), request_hashes(request.body)),)
        return (*counted, *context.thread.stored(message_id, content), *remembered)


def _groups(rule: Rule, request: MessagesRequest) -> Mapping[str, str]:
    groups: dict[str, str] = {}
    for condition in rule.conditions:
        if condition.groups:
            groups = {**condition.groups(condition.look(request)), **groups}
    return groups
