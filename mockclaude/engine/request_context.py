"""A validated Messages request, and what its response follows from besides the rule."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.fault_header import wishes
from mockclaude.engine.http_request import Call, Decision, Fingerprints
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.limits import limit_request
from mockclaude.engine.state.prompt_cache import look_up
from mockclaude.engine.state.store import CacheUsed, Effect, FlightLeft, Permit, Refusal
from mockclaude.engine.state.threads import ThreadRequest
from mockclaude.engine.trust import refused_guest, refused_page
from mockclaude.reply.cache_usage import InputUsage, Use
from mockclaude.scenario.format.faults import Fault


class RequestContext(NamedTuple):
    """A validated request, what it wishes, and what was read and claimed for it."""

    call: Call
    state: ScenarioState
    thread: ThreadRequest
    request: MessagesRequest
    fingerprints: Fingerprints
    wished: tuple[Fault, ...]
    cached: Use | None
    permit: Permit | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes on what the API would have refused."""
        return tuple([f"warning: {warning}" for warning in self.request.warnings])

    @property
    def whole(self) -> bytes | None:
        """The request with all that its thread holds; None where that is what came."""
        return orjson.dumps(self.request.body) if self.thread.continues else None

    @property
    def cache_effects(self) -> tuple[Effect, ...]:
        """What the request changes in the prompt cache, whatever becomes of its reply."""
        if self.cached is None:
            return ()
        return (CacheUsed(self.request.access.key, self.cached.renewed, self.cached.written, self.call.now),)

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
    request = state.admission.request(call, thread.resolve)
    cached = look_up(state.store, request, call.now) if request.breakpoints else None
    fingerprints = call.fingerprints(request.canonical, request.excluded_fields)
    return RequestContext(call, state, thread, request, fingerprints, _wished(call, state, request), cached)


def _wished(call: Call, state: ScenarioState, request: MessagesRequest) -> tuple[Fault, ...]:
    if not state.scenario.policy.client_faults:
        return ()
    if call.page and request.requested_fault:
        raise refused_page(call.page, "ask for a fault")
    wished = wishes(call.headers, request.requested_fault)
    if call.guest and any(fault.strikes_others for fault in wished):
        raise refused_guest("refuse")
    return wished


def admit(context: RequestContext) -> Permit | Refusal | None:
    """Ask for admission under the first limit that applies; None where none does."""
    state, request = context.state, context.request
    limits = state.scenario.limits
    if not limits:
        return None
    usage = InputUsage(request.input_tokens) if context.cached is None else context.cached.usage
    key, model, now_us = request.access.key, request.body["model"], context.call.instant
    under = limit_request(limits, state.limits_revision, key, model, usage, now_us)
    return None if under is None else state.store.admit(under)
