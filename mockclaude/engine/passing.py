"""The decision of a recorder: a rule answers a request, or another server does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockclaude.api.errors import ApiError
from mockclaude.api.media import OPENED
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.other_session import is_of_other_session
from mockclaude.engine.recorded_rules import decide_recorded, to_lenient
from mockclaude.engine.routes import commit, find_handler
from mockclaude.engine.scenario_state import ScenarioState

_NOT_FOUND = 404


class PassedOn(NamedTuple):
    """The decision to pass a request on to another server.

    Attributes:
        refusal: The message with which the API's rules, as known here, refuse a Messages request; '' for an accepted
            one, and for one with a thread or a file, which the other server has.
    """

    refusal: str = ""


def decide_or_pass(http: HttpRequest, state: ScenarioState, *, grows: bool = False) -> Decision | PassedOn:
    """Decide with a rule and commit, or decide to pass the request on.

    A request that is passed on leaves nothing in the store except its claim.

    Args:
        http: The request.
        state: The scenario and its store.
        grows: Whether a request of another session than the recorded one is passed on.
    """
    head, is_message, token = http.head, http.head.is_message, OPENED.set([])
    if grows and is_message and is_of_other_session(http, state):
        return PassedOn()
    try:
        handler = head.handler or find_handler(head)
        decision: Decision = handler(http, state)
    except ApiError as error:
        recorded = decide_recorded(http, state, error) if is_message and state.recorded_rules else None
        return PassedOn(_describe(error) if is_message else "") if recorded is None else commit(state, recorded)
    finally:
        OPENED.reset(token)
    if is_message and not decision.unmatched:
        return commit(state, decision)
    if not is_message and decision.rule is not None:
        return commit(state, decision)
    state.store.commit((*(decision.effects if is_message else ()), *decision.at_end))  # gives a thread and a place back
    return PassedOn()


def store_thread(http: HttpRequest, state: ScenarioState, message: Mapping[str, Any]) -> None:
    """Store the conversation that a message of another server ends.

    A request without a thread stores nothing. A rule may answer the request that continues the conversation.
    """
    try:
        _, thread = state.validator.request(to_lenient(http), state.store)
    except ApiError:
        return
    if thread is not None and message.get("id"):
        stored = thread.store_effects(str(message["id"]), message["content"])
        state.store.commit((*stored, *thread.end_effects()))


def _describe(error: ApiError) -> str:
    """Return the message of a refusal; '' if it is about something that the other server has."""
    is_elsewhere = error.status == _NOT_FOUND and not error.message.startswith("model:")
    return "" if is_elsewhere else error.message
