"""The reply of an endpoint other than `/v1/messages`: its document, unless a rule or a fault changes it."""

from __future__ import annotations

from collections.abc import Mapping

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decide import select_rule
from mockclaude.engine.decision import Decision
from mockclaude.engine.reply_builder import ReplyBuilder
from mockclaude.engine.request_context import RequestContext, add_requested_faults
from mockclaude.reply.compose import Drafter
from mockclaude.reply.response import Response
from mockclaude.reply.schedule import schedule_document
from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.format.steps import DOCUMENT_STEPS
from mockclaude.scenario.rules import ReplyTemplate, Rule

_DEFAULT = Rule("", Place("default"), replies=(ReplyTemplate((), fixed=True),))
"""The rule of a request that no rule matches. It has no counters."""


def resource_request(
    endpoint: str, path: str, headers: Mapping[str, str], adapter: str = "anthropic"
) -> MessagesRequest:
    """Return the request to an endpoint without a message, for conditions."""
    model = path.removeprefix("/v1/models").removeprefix("/") if endpoint == "models" else ""
    return MessagesRequest({"model": model, "messages": []}, headers, endpoint=endpoint, adapter=adapter)


def decide_document(context: RequestContext, document: Body) -> Decision:
    """Decide to send a document, with the rules and faults for its endpoint.

    Raises:
        ApiError: The request has an invalid fault, or may not have one.
    """
    from mockclaude.reply.faults.apply import apply_faults

    context = add_requested_faults(context)
    chaos = context.state.endpoint_chaos
    builder = select_rule(context, context.state.endpoint_rules, chaos) or select_rule(context, (_DEFAULT,), chaos)
    assert builder is not None, "the default rule matches every request"
    try:
        response = _render(builder, document)
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
    )


def _render(builder: ReplyBuilder, document: Body) -> Response:
    """Build the response with `document` and the incidents of the rule's reply."""
    drafter = Drafter(builder.context.request, builder.draws, as_written=True)
    scope = builder.template_context()
    for step in builder.select_reply().steps:
        if step.kind in DOCUMENT_STEPS:
            drafter.add(step.kind, step.value.fill(scope))
    tokens = drafter.usage.get("input_tokens")
    if tokens is not None and "input_tokens" in document:
        document = {**document, "input_tokens": tokens}
    incidents = [part for part in drafter.parts if not isinstance(part, dict)]
    return schedule_document(document, incidents, builder.response_context)
