"""A validated Messages request, and what its response follows from besides the rule."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import Fingerprints
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decision import Decision
from mockclaude.engine.fault_header import FAULT_HEADER, wishes
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.limits import limit_request
from mockclaude.engine.state.prompt_cache import look_up
from mockclaude.engine.state.store import CacheUsed, Effect, FlightLeft, Permit, Refusal
from mockclaude.engine.state.threads import ThreadRequest
from mockclaude.engine.trust import refused_guest, refused_page
from mockclaude.reply.cache_usage import CacheUsage, InputUsage
from mockclaude.scenario.format.faults import Fault


class RequestContext(NamedTuple):
    """A validated request, what it wishes, and what was read and claimed for it."""

    http: HttpRequest
    state: ScenarioState
    request: MessagesRequest
    fingerprints: Fingerprints
    thread: ThreadRequest | None = None
    wished: tuple[Fault, ...] = ()
    cached: CacheUsage | None = None
    permit: Permit | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes on what the API would have refused."""
        return tuple([f"warning: {warning}" for warning in self.request.warnings])

    @property
    def whole(self) -> bytes | None:
        """The request with all that its thread holds; None where that is what came."""
        return orjson.dumps(self.request.body) if self.thread is not None and self.thread.continues else None

    @property
    def is_diagnosed(self) -> bool:
        """Whether the request asks for `diagnostics` of the prompt cache."""
        return self.request.body.get("diagnostics") is not None

    @property
    def has_no_effects(self) -> bool:
        """Whether a reply changes nothing but the counters that were claimed."""
        is_free = self.permit is None and self.thread is None and self.cached is None
        return is_free and "diagnostics" not in self.request.body

    @property
    def cache_effects(self) -> tuple[Effect, ...]:
        """What the request changes in the prompt cache, whatever becomes of its reply."""
        if self.cached is None:
            return ()
        return (CacheUsed(self.request.api_headers.key, self.cached.renewed, self.cached.written, self.http.now),)

    @property
    def released(self) -> tuple[Effect, ...]:
        """What gives back the thread that the request continues, as it got no reply."""
        return () if self.thread is None else self.thread.restored()

    @property
    def at_end(self) -> tuple[Effect, ...]:
        """What changes when the response has ended, whatever becomes of it."""
        return () if self.permit is None else (FlightLeft(self.permit),)

    def refuse(self, error: ApiError, *notes: str) -> Decision:
        """Return the decision to respond with an error, for a limit or for lack of a rule that matches."""
        return Decision(
            self.state.undecided(self.http, self.fingerprints).error(error),
            error.message,
            notes=(*self.warnings, *notes),
            whole=self.whole,
            effects=self.released,
            at_end=self.at_end,
        )


def complete(context: RequestContext) -> RequestContext:
    """Return the request with the faults that it wishes and what the prompt cache holds of it. Raises `ApiError`."""
    request, http = context.request, context.http
    if request.requested_fault or FAULT_HEADER in http.head.headers:
        context = context._replace(wished=_wished(context))
    if request.breakpoints:
        context = context._replace(cached=look_up(context.state.store, request, http.now))
    return context


def _wished(context: RequestContext) -> tuple[Fault, ...]:
    """Return the faults that the client requests, which a scenario may not allow."""
    head, fault = context.http.head, context.request.requested_fault
    if not context.state.scenario.policy.client_faults:
        return ()
    if head.page and fault:
        raise refused_page(head.page, "ask for a fault")
    wished = wishes(head.headers, fault)
    if head.guest and any(fault.strikes_others for fault in wished):
        raise refused_guest("refuse")
    return wished


def admit(context: RequestContext) -> Permit | Refusal | None:
    """Ask for admission under the first limit that applies; None where none does."""
    state, request = context.state, context.request
    usage = InputUsage(request.input_tokens) if context.cached is None else context.cached.usage
    key, limits, revision = request.api_headers.key, state.scenario.limits, state.limits_revision
    under = limit_request(limits, revision, key, request.body["model"], usage, context.http.now_us)
    return None if under is None else state.store.admit(under)
