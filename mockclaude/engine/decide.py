"""The path of a Messages request: validate, admit, match, claim, select faults, compose, stream, pace, apply faults.

`decide` reads the store and takes from it what must be unique: `continue_thread` in validation, `admit` under a limit,
`claim` for the rule. If it fails, it gives the thread and the place in flight back. All other changes are effects of
the decision.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import hash_request
from mockclaude.engine.decision import Decision
from mockclaude.engine.fault_header import FAULT_HEADER
from mockclaude.engine.fault_selection import NO_FAULTS, find_possible_faults, list_attempts, select_faults_to_apply
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.reply_builder import ReplyBuilder
from mockclaude.engine.request_context import RequestContext, add_faults_and_cache_usage, admit, new_request_context
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.store import Refusal, new_claim
from mockclaude.reply.draws import new_draws
from mockclaude.scenario.conditions.rule_index import RuleList
from mockclaude.scenario.match import describe_unmatched, find_matches, find_near_miss
from mockclaude.scenario.rules import ConditionalFault, ReplyTemplate, Rule


def decide(http: HttpRequest, state: ScenarioState, rules: RuleList | None = None) -> Decision:
    """Decide the response to a Messages request and its effects.

    Args:
        http: The request.
        state: The scenario and its store.
        rules: The rules that may answer. Default: all rules of the scenario.

    Raises:
        ApiError: The request is invalid. No rule has been claimed.
    """
    request, thread = state.validator.request(http, state.store)
    head = http.head
    if head.custom_id is not None:
        request.custom_id = head.custom_id
    fingerprints = hash_request(head.method, head.path, head.query, request.canonical, request.excluded_fields)
    context = new_request_context((http, state, request, fingerprints, thread, (), None, None))
    try:
        if request.requested_fault or request.breakpoints or FAULT_HEADER in http.headers:
            context = add_faults_and_cache_usage(context)
        if state.scenario.limits and head.custom_id is None:
            admitted = admit(context)
            if isinstance(admitted, Refusal):
                return context.refuse(admitted.error, admitted.note)
            context = context._replace(permit=admitted)
        rules = state.rules if rules is None else rules
        builder = select_rule(context, rules, state.scenario.chaos)
        if builder is None:
            return _refuse_unmatched(context, rules)
        if builder.rule.function is not None:
            return _call_function(builder)
        return builder.decide(builder.select_reply())
    except BaseException:
        state.store.commit((*context.release_effects, *context.at_end))
        raise


def select_rule(
    context: RequestContext, rules: Sequence[Rule], chaos: Sequence[ConditionalFault]
) -> ReplyBuilder | None:
    """Claim the first of `rules` that matches and is not exhausted.

    A rule without an id has no counters.
    """
    http, state, request, requested = context.http, context.state, context.request, context.requested_faults
    (fingerprint, canonical), lane, is_message = context.fingerprints, http.head.lane, http.head.is_message
    for rule in find_matches(rules, request):
        possible = find_possible_faults(requested, rule, chaos, request) if requested or rule.faults or chaos else {}
        attempts = list_attempts(possible, rule, request) if possible else {}
        key, counted = rule.key if rule.id else None, tuple(attempts.values()) if attempts else ()
        ticket = state.store.claim(new_claim((lane, fingerprint, key, rule.times, is_message, counted)))
        if ticket is not None:
            draws = new_draws((state.scenario.seed, rule.id, fingerprint, lane, ticket.occurrence, canonical))
            faults = select_faults_to_apply(possible, draws, http, ticket, attempts) if possible else NO_FAULTS
            return ReplyBuilder(context, rule, ticket.match_count, draws, faults)
    return None


def _refuse_unmatched(context: RequestContext, rules: RuleList) -> Decision:
    state = context.state
    if state.endpoint_rules:
        rules = RuleList(rule for rule in rules if rule.is_for("messages")) or rules
    exhaustible = [rule.key for rule in rules if rule.times is not None]
    counts = state.store.counts(context.http.head.lane, exhaustible)
    nearest = find_near_miss(rules, context.request, counts)
    error = state.scenario.policy.unmatched_error(describe_unmatched(nearest))
    return context.refuse(error)._replace(unmatched=True, closest=nearest)


def _call_function(builder: ReplyBuilder) -> Decision:
    """Decide with the reply that the rule's function returns. A coroutine or an async generator makes it live."""
    function = builder.rule.function
    assert function is not None
    try:
        pace, chunk_size = builder.pace(), builder.chunk_size()  # invalid ones are errors before the function is called
        reply = function(builder.context.request)
    except ApiError as error:
        return builder.fail(error)
    if isinstance(reply, ReplyTemplate):
        return builder.decide(reply)
    if builder.context.request.custom_id is not None:
        if isinstance(reply, Coroutine):
            reply.close()
        return builder.fail(ApiError("api_error", "an async function cannot reply to an item of a batch"))
    from mockclaude.engine.live_reply import LiveReply

    return LiveReply(builder, pace, chunk_size, reply).begin()
