"""The path of a Messages request, decided before anything is sent: validate, admit, match, compose, break.

`decide` reads the store and takes from it by claims. What else a request changes is in the decision's effects.
"""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.engine.due_faults import attempts_of, due_faults, possible_faults
from mockclaude.engine.http_request import Call, Decision
from mockclaude.engine.live_reply import LiveReply
from mockclaude.engine.reply_builder import ReplyBuilder
from mockclaude.engine.request_context import RequestContext, admit, validate
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.store import Claim, Effect, FlightLeft, Refusal
from mockclaude.engine.state.threads import ThreadRequest
from mockclaude.reply.compose import choose
from mockclaude.reply.draws import Draws
from mockclaude.scenario.match import closest, matching, why_none
from mockclaude.scenario.rules import Outline


def decide(call: Call, state: ScenarioState) -> Decision:
    """Return the response to a Messages request, and everything that follows from it.

    Raises:
        ApiError: The request is invalid. Nothing is claimed then.
    """
    thread = ThreadRequest(state.store, call.now)
    claimed: list[Effect] = []
    try:
        context = validate(call, state, thread)
        permit = admit(context)
        if isinstance(permit, Refusal):
            return context.refuse(permit.error, permit.note)
        if permit is not None:
            claimed.append(FlightLeft(permit))
            context = context._replace(permit=permit)
        builder = _select(context)
        return _unmatched(context) if builder is None else _reply(builder)
    except BaseException:
        state.store.commit((*thread.restored(), *claimed))
        raise


def _select(context: RequestContext) -> ReplyBuilder | None:
    """Claim the first rule that matches and is not exhausted."""
    call, state, request = context.call, context.state, context.request
    whole, question = context.fingerprints
    for rule in matching(state.rules, request):
        possible = possible_faults(context.wished, rule, state.scenario.chaos, request)
        attempts = attempts_of(possible, rule, request) if possible else {}
        ticket = state.store.claim(Claim(call.lane, whole, rule.key, rule.times, True, tuple(attempts.values())))
        if ticket is not None:
            draws = Draws(state.scenario.seed, rule.id, whole, call.lane, ticket.occurrence, question)
            return ReplyBuilder(context, rule, ticket, draws, due_faults(possible, draws, call, ticket, attempts))
    return None


def _unmatched(context: RequestContext) -> Decision:
    state = context.state
    counts = state.store.counts(context.call.lane, [rule.key for rule in state.rules if rule.times is not None])
    nearest = closest(state.rules, context.request, counts)
    error = state.scenario.policy.unmatched_error(why_none(nearest))
    return context.refuse(error)._replace(unmatched=True, closest=nearest)


def _reply(builder: ReplyBuilder) -> Decision:
    """Return the decision with the reply of the rule, with the faults that are due."""
    rule = builder.rule
    if rule.function is None:
        return builder.decision(choose(rule, builder.ticket.position, builder.draws))
    try:
        pace = builder.pace()
        made = rule.function(builder.context.request)
    except ApiError as error:
        return builder.failed(error)
    return builder.decision(made) if isinstance(made, Outline) else LiveReply(builder, pace, made).begin()
