"""A validated Messages request, and what its response follows from besides the rule."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.engine.admission import Admitted
from mockclaude.engine.fault_header import wishes
from mockclaude.engine.http_request import Call, Decision, Fingerprints
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.limits import limit_request
from mockclaude.engine.state.prompt_cache import look_up
from mockclaude.engine.state.store import CacheUsed, Effect, FlightLeft, Permit, Refusal
from mockclaude.engine.state.threads import ThreadRequest
from mockclaude.engine.trust import refused_guest, refused_page
from mockclaude.reply.cache_usage import InputUsage, Use
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.format.faults import Fault


class RequestContext(NamedTuple):
    """A validated request, what it wishes, and what was read and claimed for it."""

    call: Call
    state: ScenarioState
    thread: ThreadRequest
    admitted: Admitted
    fingerprints: Fingerprints
    wished: tuple[Fault, ...]
    conversation: Conversation
    cached: Use | None
    permit: Permit | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes on what the API would have refused."""
        return tuple([f"warning: {warning}" for warning in self.admitted.warnings])

    @property
    def whole(self) -> bytes | None:
        """The request with all that its thread holds; None where that is what came."""
        return orjson.dumps(self.conversation.body) if self.thread.continues else None

    @property
    def cache_effects(self) -> tuple[Effect, ...]:
        """What the request changes in the prompt cache, whatever becomes of its reply."""
        if self.cached is None:
            return ()
        return (CacheUsed(self.admitted.access.key, self.cached.renewed, self.cached.written, self.call.now),)

    @property
    def at_end(self) -> tuple[Effect, ...]:
        """What changes when the response has ended, whatever becomes of it."""
        return () if self.permit is None else (FlightLeft(self.permit),)

    def refuse(self, error: ApiError, *notes: str) -> Decision:
        """Return the decision to respond with an error, for a limit or for lack of a rule that matches."""
        return Decision(
            self.state.undecided(self.call, self.fingerprints, is_message=True).error(error),
            error.message,
            notes=(*self.warnings, *notes),
            whole=self.whole,
            effects=self.thread.restored(),
            at_end=self.at_end,
        )


def validate(call: Call, state: ScenarioState, thread: ThreadRequest) -> RequestContext:
    """Return the validated request. Raises `ApiError` for what the API refuses whoever else sends requests."""
    admitted = state.admission.request(call, thread.resolve)
    asked = admitted.asked
    cached = look_up(state.store, admitted.access.key, asked.body, call.now) if asked.breakpoints else None
    return RequestContext(
        call,
        state,
        thread,
        admitted,
        call.fingerprints(admitted.question, admitted.beside),
        _wished(call, state, admitted),
        Conversation(asked.body, call.headers, asked.input_tokens),
        cached,
    )


def _wished(call: Call, state: ScenarioState, admitted: Admitted) -> tuple[Fault, ...]:
    if not state.scenario.policy.client_faults:
        return ()
    if call.page and admitted.wish:
        raise refused_page(call.page, "ask for a fault")
    wished = wishes(call.headers, admitted.wish)
    if call.guest and any(fault.strikes_others for fault in wished):
        raise refused_guest("refuse")
    return wished


def admit(request: RequestContext) -> Permit | Refusal | None:
    """Ask for admission under the first limit that applies; None where none does."""
    state, asked, key = request.state, request.admitted.asked, request.admitted.access.key
    limits = state.scenario.limits
    if not limits:
        return None
    usage = InputUsage(asked.input_tokens) if request.cached is None else request.cached.usage
    under = limit_request(limits, state.limits_revision, key, asked.body["model"], usage, request.call.instant)
    return None if under is None else state.store.admit(under)
