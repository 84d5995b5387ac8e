"""The reply of an endpoint other than `/v1/messages`: its document, unless a rule or a fault changes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError
from mockclaude.engine.decide import select_rule
from mockclaude.engine.decision import Decision
from mockclaude.engine.reply_builder import ReplyBuilder
from mockclaude.engine.request_context import RequestContext, add_requested_faults, admit_call
from mockclaude.engine.state.store import Effect, Refusal
from mockclaude.reply.compose import Drafter
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Response
from mockclaude.reply.schedule import schedule_document
from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.format.steps import DOCUMENT_STEPS
from mockclaude.scenario.rules import ReplyTemplate, Rule

_DEFAULT = Rule("", Place("default"), replies=(ReplyTemplate((), fixed=True),))
"""The rule of a request that no rule matches. It has no counters."""


class Content(NamedTuple):
    """A body that is not JSON."""

    data: bytes
    media_type: str


class Answer(NamedTuple):
    """The answer of an endpoint without a message.

    Attributes:
        body: The JSON document or the content.
        headers: The headers in addition to the usual ones.
        effects: Changes of the store, unless a rule or a fault makes the response an error.
    """

    body: Body | Content
    headers: tuple[tuple[str, str], ...] = ()
    effects: tuple[Effect, ...] = ()


def decide_document(context: RequestContext, answer: Body | Callable[[Draws], Answer]) -> Decision:
    """Decide to send a document, with the rules and faults for its endpoint.

    Args:
        context: The request.
        answer: The document, or a function of the draws, which key the ids that it creates.

    Raises:
        ApiError: The request has an invalid fault, or may not have one.
    """
    from mockclaude.reply.faults.apply import apply_faults

    context = add_requested_faults(context)
    if context.state.scenario.limits:
        admitted = admit_call(context)
        if isinstance(admitted, Refusal):
            return context.refuse(admitted.error, admitted.note)
        context = context._replace(permit=admitted)
    chaos = context.state.endpoint_chaos
    builder = select_rule(context, context.state.endpoint_rules, chaos) or select_rule(context, (_DEFAULT,), chaos)
    assert builder is not None, "the default rule matches every request"
    try:
        answered = answer(builder.draws) if callable(answer) else Answer(answer)
        response = _render(builder, answered)
    except ApiError as error:
        return builder.fail(error)
    faults, dialect = builder.faults.faults, context.http.dialect
    response, notes = apply_faults(response, faults, builder.response_context, builder.draws, dialect)
    rule = None if builder.rule is _DEFAULT else builder.rule
    return Decision(
        response,
        context.request.endpoint if rule is None else rule.label,
        notes=(*context.warnings, *notes, *builder.faults.notes),
        rule=rule,
        draws=builder.draws if rule or notes else None,
        effects=answered.effects if response.status in (0, 200) else (),
        at_end=context.at_end,
    )


def _render(builder: ReplyBuilder, answer: Answer) -> Response:
    """Build the response with the answer and the incidents of the rule's reply."""
    drafter = Drafter(builder.context.request, builder.draws, as_written=True)
    scope = builder.template_context()
    for step in builder.select_reply().steps:
        if step.kind in DOCUMENT_STEPS:
            drafter.add(step.kind, step.value.fill(scope))
    responses, tokens, body = builder.response_context, drafter.usage.get("input_tokens"), answer.body
    if isinstance(body, Content):
        build = partial(responses.content, *body)
    else:
        replaced = {"input_tokens": tokens} if tokens is not None and "input_tokens" in body else {}
        build = partial(responses.json, {**body, **replaced})
    incidents = [part for part in drafter.parts if not isinstance(part, dict)]
    response = schedule_document(build, incidents, responses)
    if response.status == 200 and answer.headers:
        response = response._replace(headers=response.headers.put(dict(answer.headers)))
    return response
