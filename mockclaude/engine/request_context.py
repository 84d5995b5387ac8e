"""A validated Messages request with its faults, prompt cache use and permit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import orjson

from mockclaude.api.api_headers import api_key
from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import Fingerprints
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decision import Decision
from mockclaude.engine.fault_header import FAULT_HEADER, parse_fault_header
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.limits import lane_owner, limit_call, limit_request
from mockclaude.engine.state.prompt_cache import look_up
from mockclaude.engine.state.store import CacheUsed, Effect, FlightLeft, LimitRequest, Permit, Refusal
from mockclaude.engine.state.threads import ThreadRequest
from mockclaude.engine.trust import guest_error, page_error
from mockclaude.reply.cache_usage import CacheUsage, InputUsage

if TYPE_CHECKING:
    from mockclaude.scenario.format.faults import Fault


class RequestContext(NamedTuple):
    """A validated request, its requested faults and the results of the store.

    Attributes:
        http: The HTTP request.
        state: The scenario and its store.
        request: The Messages request.
        fingerprints: The hashes that key draws and counters.
        thread: The thread that the request creates or continues.
        requested_faults: The faults that the client requests.
        cached: The use of the prompt cache; None without breakpoints.
        permit: The admission under a limit; None if no limit applies.
    """

    http: HttpRequest
    state: ScenarioState
    request: MessagesRequest
    fingerprints: Fingerprints
    thread: ThreadRequest | None = None
    requested_faults: tuple[Fault, ...] = ()
    cached: CacheUsage | None = None
    permit: Permit | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Notes on rules of the API that the validation mode does not enforce."""
        return tuple([f"warning: {warning}" for warning in self.request.warnings])

    @property
    def whole(self) -> bytes | None:
        """The body with all messages of its thread; None if it continues no thread."""
        return orjson.dumps(self.request.body) if self.thread is not None and self.thread.continues else None

    @property
    def is_diagnosed(self) -> bool:
        """Whether the request has `diagnostics`, for the prompt cache."""
        return self.request.body.get("diagnostics") is not None

    @property
    def cache_effects(self) -> tuple[Effect, ...]:
        """The change of the prompt cache, which does not depend on the reply."""
        cached = self.cached
        if cached is None or not (cached.renewed or cached.written):
            return ()
        return (CacheUsed(self.request.api_headers.key, cached.renewed, cached.written, self.http.now),)

    @property
    def release_effects(self) -> tuple[Effect, ...]:
        """The effect of a request without a reply: its thread can be continued again."""
        return () if self.thread is None else self.thread.restore_effects()

    @property
    def at_end(self) -> tuple[Effect, ...]:
        """The effect that returns the permit when the response has ended."""
        return () if self.permit is None else (FlightLeft(self.permit),)

    def refuse(self, error: ApiError, *notes: str) -> Decision:
        """Decide to respond with an error that no rule causes: a limit, or no match."""
        return Decision(
            self.http.translate(self.state.response_context(self.http, self.fingerprints).error(error)),
            error.message,
            notes=(*self.warnings, *notes),
            whole=self.whole,
            effects=self.release_effects,
            at_end=self.at_end,
        )


new_request_context: Callable[
    [
        tuple[
            *tuple[HttpRequest, ScenarioState, MessagesRequest, Fingerprints, ThreadRequest | None],
            *tuple[tuple[Fault, ...], CacheUsage | None, Permit | None],
        ]
    ],
    RequestContext,
] = partial(tuple.__new__, RequestContext)
"""A constructor that calls no Python code."""


def resource_request(
    endpoint: str, path: str, headers: Mapping[str, str], adapter: str = "anthropic"
) -> MessagesRequest:
    """Return the request to an endpoint without a message, for conditions."""
    model = unquote(path.removeprefix("/v1/models").removeprefix("/")) if endpoint == "models" else ""
    return MessagesRequest({"model": model, "messages": []}, headers, endpoint=endpoint, adapter=adapter)


def add_faults_and_cache_usage(context: RequestContext) -> RequestContext:
    """Add the faults that the client requests, and the use of the prompt cache.

    Raises:
        ApiError: The request has an invalid fault, or may not have one.
    """
    http, state, request, fingerprints, thread, faults, *_ = add_requested_faults(context)
    cached = look_up(state.store, request, http.now) if request.breakpoints else None
    return RequestContext(http, state, request, fingerprints, thread, faults, cached)


def add_requested_faults(context: RequestContext) -> RequestContext:
    """Add the faults that the client requests.

    Raises:
        ApiError: The request has an invalid fault, or may not have one.
    """
    if context.request.requested_fault or FAULT_HEADER in context.http.head.headers:
        return context._replace(requested_faults=_requested_faults(context))
    return context


def _requested_faults(context: RequestContext) -> tuple[Fault, ...]:
    """Parse the faults that the client requests. A scenario without `client_faults` ignores them."""
    head, fault = context.http.head, context.request.requested_fault
    if not context.state.scenario.policy.client_faults:
        return ()
    if head.page and fault:
        raise page_error(head.page, "ask for a fault")
    requested_faults = parse_fault_header(head.headers, fault)
    if head.guest and any(fault.affects_others for fault in requested_faults):
        raise guest_error("refuse")
    return requested_faults


def admit(context: RequestContext) -> Permit | Refusal | None:
    """Request admission under the first limit that applies; return None without one."""
    state, request = context.state, context.request
    usage = InputUsage(request.input_tokens) if context.cached is None else context.cached.usage
    key, limits, revision = request.api_headers.key, state.scenario.limits, state.limits_revision
    limited = limit_request(limits, revision, key, request.body["model"], usage, context.http.now_us)
    return _admit(context, limited)


def admit_call(context: RequestContext) -> Permit | Refusal | None:
    """Request admission of a call without a message; return None without a limit."""
    state, http = context.state, context.http
    key, endpoint = api_key(http.headers), context.request.endpoint
    return _admit(context, limit_call(state.scenario.limits, state.limits_revision, key, endpoint, http.now_us))


def _admit(context: RequestContext, limited: LimitRequest | None) -> Permit | Refusal | None:
    if limited is not None and context.state.scenario.policy.lane_from:
        limited = limited._replace(key=lane_owner(limited.key, context.http.head.lane))
    return None if limited is None else context.state.store.admit(limited)
