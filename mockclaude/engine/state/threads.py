"""Message threads: conversations that the server keeps between requests.

Sources: the SDKs' types and helpers, Anthropic's documentation of message threads; the texts of errors as reported, or
else after the SDKs' descriptions of them.

A request that continues a reply holds it, so that nobody else can continue the same one. If it gets a reply, that is
stored; otherwise what it continues is restored, so that another attempt, such as an SDK's after a 529, can continue it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

import orjson

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block
from mockclaude.engine.state.bounded import Owned
from mockclaude.engine.state.store import (
    Address,
    Store,
    ThreadContinued,
    ThreadProblem,
    ThreadRestored,
    ThreadStored,
)
from mockclaude.reply.cache_usage import remove_cache_control

MAX_THREADS = 10_000
"""Replies of an API key that can be continued, or could be once; the one used longest ago is dropped first."""

KEY_BYTES = 32 * 1024 * 1024
"""Bytes of JSON that the conversations of an API key take; the same one goes first."""

MAX_BYTES = 4 * KEY_BYTES
"""Bytes of JSON that all conversations take; those of the key used longest ago go first."""

LIFETIME = 300
"""Seconds after which a reply cannot be continued any more, as documented."""

_FROM_CREATE = ("system", "tools")
"""What a request that continues leaves out: it is taken from the one that created the thread."""

_FINGERPRINT = (*_FROM_CREATE, "output_config")
"""What no request of a thread may change (reported for `output_config`; the SDKs let every other field be changed)."""

_UNSUPPORTED = ("context_management",)
"""What the API refuses in a thread. The SDKs' types also name `cache_control`, `fallbacks` and `thinking`, which
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
        drop: Called with a note for everything that is dropped.
    """

    def __init__(self, drop: Callable[[str], None]) -> None:
        self._kept: Owned[str, _Kept] = Owned("threads", (MAX_THREADS, KEY_BYTES), MAX_BYTES, drop)

    def continued(self, address: Address, now: int, *, hold: bool) -> bytes | ThreadProblem:
        """Return the conversation up to the reply at `address`; with `hold`, the reply is in flight from now on."""
        kept = self._kept.get(*address)
        if kept is None or now >= kept.until:
            return "thread_not_found"
        if kept.state is not _State.READY:
            return _NOT_READY[kept.state]
        if hold:
            self._put(address, kept._replace(state=_State.IN_FLIGHT))
        return kept.data

    def store(self, effect: ThreadStored) -> None:
        """Keep a reply; the conversation up to the one that it continues is not needed any more."""
        if effect.previous is not None:
            self._mark(effect.previous, _State.IN_FLIGHT)
        self._put(effect.address, _Kept(_State.READY, effect.conversation, effect.now + LIFETIME))

    def end(self, effect: ThreadContinued) -> None:
        """Note that the successor of a reply was sent."""
        self._mark(effect.address, _State.CONTINUED)

    def restore(self, effect: ThreadRestored) -> None:
        """Let a reply be continued again, unless its successor is stored."""
        kept = self._kept.get(*effect.address)
        if kept is not None and kept.data:
            self._put(effect.address, kept._replace(state=_State.READY))

    def fork(self, drop: Callable[[str], None]) -> Threads:
        """Return a copy, which changes apart from this."""
        fork = Threads(drop)
        fork._kept = self._kept.fork(drop)
        return fork

    def _mark(self, address: Address, state: _State) -> None:
        """Note what became of a reply whose successor is stored."""
        kept = self._kept.get(*address)
        if kept is not None:
            self._put(address, kept._replace(state=state, data=b""))

    def _put(self, address: Address, kept: _Kept) -> None:
        self._kept.put(*address, kept, len(kept.data))


class ThreadRequest:
    """What one request does to threads.

    Nothing, for a request without `thread`. One that continues a reply holds it from `resolve` on; `stored` or
    `restored` are the effects with which it is let go, once.

    Args:
        store: Where the threads are.
        now: The second of the request.
        hold: Whether nobody else can continue the same reply; count_tokens only reads it.
    """

    def __init__(self, store: Store, now: int, *, hold: bool = True) -> None:
        self._store = store
        self._now = now
        self._hold = hold
        self._key = ""
        self._previous: Address | None = None
        self._held = False
        self._whole: Body | None = None

    def resolve(self, key: str, body: Body) -> Body:
        """Return the whole request that `key` makes, without `thread`. Raises `ApiError` 400 or 404."""
        thread = body.get("thread")
        if thread is None:
            return body
        _check_supported(body)
        whole = {field: value for field, value in body.items() if field != "thread"}
        if thread.get("type") == "continue":
            self._previous = Address(key, str(thread.get("previous_message_id")))
            whole = self._continued(self._previous, whole)
        self._key, self._whole = key, whole
        return whole

    def _continued(self, address: Address, body: Body) -> Body:
        found = self._store.continue_thread(address, self._now, hold=self._hold)
        if not isinstance(found, bytes):
            raise _refusal(found, "not_found_error" if found == "thread_not_found" else "invalid_request_error")
        self._held = self._hold
        stored: Body = orjson.loads(found)
        _check_fingerprint(stored, body)
        inherited = {field: stored[field] for field in _FROM_CREATE if field in stored and body.get(field) is None}
        return {**body, **inherited, "messages": stored["messages"] + body["messages"]}

    @property
    def continues(self) -> bool:
        """Whether the request continues a thread, so that there is more to it than what came."""
        return self._previous is not None

    def stored(self, message_id: str, content: Sequence[Block]) -> tuple[ThreadStored, ...]:
        """Return the effect of a reply: it can be continued, and nobody else can continue what it continues."""
        if self._whole is None:
            return ()
        conversation = orjson.dumps(_conversation(self._whole, content))
        return (ThreadStored(Address(self._key, message_id), conversation, self._previous, self._now),)

    def ended(self) -> tuple[ThreadContinued, ...]:
        """Return the effect of a reply that was stored and sent."""
        return (ThreadContinued(self._previous),) if self._held and self._previous else ()

    def restored(self) -> tuple[ThreadRestored, ...]:
        """Return the effect of a request that gets no reply: what it continues can be continued again."""
        return (ThreadRestored(self._previous),) if self._held and self._previous else ()


def _conversation(whole: Body, content: Sequence[Block]) -> Body:
    """Return what is kept of a request and its reply. Breakpoints of the cache hold for one request only."""
    messages = [*whole["messages"], {"role": "assistant", "content": list(content)}] if content else whole["messages"]
    kept = {field: whole[field] for field in _FINGERPRINT if whole.get(field) is not None}
    return {field: remove_cache_control(value) for field, value in {**kept, "messages": messages}.items()}


def _check_supported(body: Body) -> None:
    unsupported = [field for field in _UNSUPPORTED if body.get(field) is not None]
    if unsupported:
        raise _refusal("thread_unsupported_request", fields=", ".join(unsupported), unsupported=unsupported)


def _check_fingerprint(stored: Body, body: Body) -> None:
    """Raise `ApiError` 400 for a field with another value than the thread's; those of its creation may be left out."""
    given = [field for field in _FINGERPRINT if field not in _FROM_CREATE or body.get(field) is not None]
    differing = [field for field in given if remove_cache_control(body.get(field)) != stored.get(field)]
    if differing:
        raise _refusal("thread_fingerprint_mismatch", fields=", ".join(differing))


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
