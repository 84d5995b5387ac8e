"""Requests of another session than the recorded one, which a recording that grows must not answer."""

from __future__ import annotations

from collections.abc import Iterable

from mockclaude.api.errors import ApiError
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.recorded_rules import to_lenient
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.digests import find_stale_parts
from mockclaude.scenario.match import find_matches
from mockclaude.scenario.recording.request_facts import answered_calls
from mockclaude.scenario.rules import Rule, list_blocks


def is_of_other_session(http: HttpRequest, state: ScenarioState) -> bool:
    """Return whether a recorded rule matches a request of another session.

    A client that repeats the recorded session sends equal messages, or at least the ids of the recorded tool calls.
    """
    try:
        request, thread = state.validator.request(to_lenient(http), state.store)
        if thread is not None:
            state.store.commit(thread.restore_effects())
        rule = next(find_matches(state.rules, request), None)
    except ApiError:
        return False
    if rule is None or not rule.recorded or "messages" not in find_stale_parts(rule.recorded, request.body):
        return False
    _, ids = answered_calls(request)
    return list_call_ids(state.rules).isdisjoint(ids)


def list_call_ids(rules: Iterable[Rule]) -> frozenset[str]:
    """List the ids of tool calls in the replies of rules."""
    blocks = (block for rule in rules for reply in rule.replies for block in list_blocks(reply))
    return frozenset(str(block["id"]) for block in blocks if isinstance(block, dict) and "id" in block)
