"""Message threads: conversations that the server keeps between requests.

Sources: the SDKs' types and helpers, Anthropic's documentation of message threads; the texts of errors as reported, or
else after the SDKs' descriptions of them.

A request that continues a reply holds it, so that no other request can continue it. If the request gets a reply, that
reply is stored. Otherwise the continued reply is restored for another attempt, such as an SDK's after a 529.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

import orjson

from mockclaude.api.body import (
    FROM_CREATE,
    THREAD_FINGERPRINT,
    Body,
    build_conversation,
    continue_conversation,
    remove_cache_control,
)
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.state.bounded import OwnerMap
from mockclaude.engine.state.store import (
    Address,
    Store,
    ThreadContinued,
    ThreadProblem,
    ThreadRestored,
    ThreadStored,
)

MAX_THREADS = 10_000
"""The maximum number of replies of an API key, including continued ones. The oldest is dropped first."""

KEY_BYTES = 32 * 1024 * 1024
"""The maximum size of an API key's conversations, in bytes of JSON. The oldest is dropped first."""

MAX_BYTES = 4 * KEY_BYTES
"""The maximum size of all conversations, in bytes of JSON. Those of the key used longest ago are dropped first."""

LIFETIME = 300
"""Seconds in which a reply can be continued, as documented."""

_UNSUPPORTED = ("context_management",)
"""Fields that the API refuses in a thread. The SDKs' types also name `cache_control`, `fallbacks` and `thinking`, which
Anthropic's documentation and its own clients use in threads.
"""


class _State(Enum):
    READY = auto()
    IN_FLIGHT = auto()
    CONTINUED = auto()


class _Kept(NamedTuple):
    state: _State
    data: bytes
    until: int


class Threads:
    """The threads of every API key.

    A reply is ready, then in flight while a request continues it, and then continued, or ready again if that request
    got no reply.

    Args:
        drop: Called with a note on dropped threads.
    """

    def __init__(self, drop: Callable[[str], None]) -> None:
        self._kept: OwnerMap[str, _Kept] = OwnerMap("threads", (MAX_THREADS, KEY_BYTES), MAX_BYTES, drop)

    def find_conversation(self, address: Address, now: int, *, hold: bool) -> bytes | ThreadProblem:
        """Return the conversation up to a reply; `hold` marks the reply as in flight."""
        kept = self._kept.get(*address)
        if kept is None or now >= kept.until:
            return "thread_not_found"
        if kept.state is not _State.READY:
            return _NOT_READY[kept.state]
        if hold:
            self._put(address, kept._replace(state=_State.IN_FLIGHT))
        return kept.data

    def store(self, effect: ThreadStored) -> None:
        """Store a reply, and drop the conversation of the reply that it continues."""
        if effect.previous is not None:
            self._mark(effect.previous, _State.IN_FLIGHT)
        self._put(effect.address, _Kept(_State.READY, effect.conversation, effect.now + LIFETIME))

    def end(self, effect: ThreadContinued) -> None:
        """Mark a reply as continued, after its successor was sent."""
        self._mark(effect.address, _State.CONTINUED)

    def restore(self, effect: ThreadRestored) -> None:
        """Mark a reply as ready again, unless its successor is stored."""
        kept = self._kept.get(*effect.address)
        if kept is not None and kept.data:
            self._put(effect.address, kept._replace(state=_State.READY))

    def fork(self, drop: Callable[[str], None]) -> Threads:
        """Return an independent copy."""
        fork = Threads(drop)
        fork._kept = self._kept.fork(drop)
        return fork

    def _mark(self, address: Address, state: _State) -> None:
        """Set the state of a reply whose successor is stored, and drop its conversation."""
        kept = self._kept.get(*address)
        if kept is not None:
            self._put(address, kept._replace(state=state, data=b""))

    def _put(self, address: Address, kept: _Kept) -> None:
        self._kept.put(*address, kept, len(kept.data))


class ThreadRequest:
    """The use of threads by one request.

    A request that continues a reply holds it from `resolve` on. `store_effects` or `restore_effects` release it.

    Args:
        store: Holds the threads.
        now: The time of the request, in seconds since the epoch.
        hold: Whether to hold the continued reply; count_tokens only reads it.
    """

    def __init__(self, store: Store, now: int, *, hold: bool = True) -> None:
        self._store = store
        self._now = now
        self._hold = hold
        self._key = ""
        self._previous: Address | None = None
        self._held = False
        self._whole: Body | None = None

    def resolve(self, key: str, body: Body, validation: ValidationResult) -> Body:
        """Return the body with all messages of its thread, without `thread`.

        Raises:
            ApiError: 404, the continued reply is unknown; 400, it cannot be continued by this request.
        """
        thread = body.get("thread")
        if thread is None:
            return body
        _check_supported(body, validation)
        whole = {field: value for field, value in body.items() if field != "thread"}
        if thread.get("type") == "continue":
            self._previous = Address(key, str(thread.get("previous_message_id")))
            whole = self._continue(self._previous, whole, validation)
        self._key, self._whole = key, whole
        return whole

    def _continue(self, address: Address, body: Body, validation: ValidationResult) -> Body:
        result = self._store.continue_thread(address, self._now, hold=self._hold)
        if not isinstance(result, bytes):
            raise _refusal(result, "not_found_error" if result == "thread_not_found" else "invalid_request_error")
        self._held = self._hold
        stored: Body = orjson.loads(result)
        _check_fingerprint(stored, body, validation)
        return continue_conversation(stored, body)

    @property
    def continues(self) -> bool:
        """Whether the request continues a thread."""
        return self._previous is not None

    def store_effects(self, message_id: str, content: Sequence[Block]) -> tuple[ThreadStored, ...]:
        """Return the effect that stores a reply to the request."""
        if self._whole is None:
            return ()
        conversation = orjson.dumps(build_conversation(self._whole, content))
        return (ThreadStored(Address(self._key, message_id), conversation, self._previous, self._now),)

    def end_effects(self) -> tuple[ThreadContinued, ...]:
        """Return the effect of the end of a stored reply."""
        return (ThreadContinued(self._previous),) if self._held and self._previous else ()

    def restore_effects(self) -> tuple[ThreadRestored, ...]:
        """Return the effect of a request without a reply: it releases the thread."""
        return (ThreadRestored(self._previous),) if self._held and self._previous else ()


def _check_supported(body: Body, validation: ValidationResult) -> None:
    unsupported = [field for field in _UNSUPPORTED if body.get(field) is not None]
    if unsupported:
        error = _refusal("thread_unsupported_request", fields=", ".join(unsupported), unsupported=unsupported)
        validation.report(error, gateway_accepts=False)


def _check_fingerprint(stored: Body, body: Body, validation: ValidationResult) -> None:
    """Check that no field differs from the thread's. The fields of its creation may be omitted."""
    compared = [field for field in THREAD_FINGERPRINT if field not in FROM_CREATE or body.get(field) is not None]
    differing = [field for field in compared if remove_cache_control(body.get(field)) != stored.get(field)]
    if differing:
        error = _refusal("thread_fingerprint_mismatch", fields=", ".join(differing))
        validation.report(error, gateway_accepts=False)


_REPLAY = 'the full conversation with thread: {"type": "create"}'
_MESSAGES = {
    "thread_not_found": "No thread state was found for the requested `previous_message_id`. "
    f"Replay {_REPLAY} to start a new Thread.",
    "thread_already_continued": "The response that `previous_message_id` names has already been continued, and each "
    "response can be continued only once. Continue from the Thread's most recent response `id`.",
    "thread_continue_in_flight": "Another request is still continuing from the same `previous_message_id`. "
    f"Wait for it to complete and continue from its response `id`, or replay {_REPLAY}.",
    "thread_fingerprint_mismatch": "The request does not match the stored Thread; differing field(s): {fields}. "
    f"Send the stored values, or replay {_REPLAY} to change them.",
    "thread_unsupported_request": "Threads do not support this request: {fields}. "
    "Send the full conversation without `thread`, or change that field.",
}
_NOT_READY: dict[_State, ThreadProblem] = {
    _State.IN_FLIGHT: "thread_continue_in_flight",
    _State.CONTINUED: "thread_already_continued",
}


def _refusal(code: str, kind: str = "invalid_request_error", *, fields: str = "", **details: Any) -> ApiError:
    message = _MESSAGES[code].replace("{fields}", fields)
    return ApiError(kind, message, details={"error_code": code, **details})
