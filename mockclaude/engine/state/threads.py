"""Message threads: conversations that the server keeps between requests.

In: a request body with `thread`, the key it comes from, the second it is answered in. Out: the whole request, or the
API's error. Knows nothing of replies but their content. Sources: the SDKs' types and helpers, Anthropic's documentation
of message threads; the texts of errors as reported, or else after the SDKs' descriptions of them.

A request goes: `turn`, `resolve`, `hold` if its reply takes time to be made, and then `store` if it has a reply, and
`end` once that is sent: from `hold` or `store` to `end`, nobody else can continue what it continues. Without `store` it
leaves nothing behind, so that another attempt, such as an SDK's after a 529, can continue the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block
from mockclaude.engine.state.bounded import Owned
from mockclaude.reply.cache_usage import without_cache_control

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

_Address: TypeAlias = tuple[str, str]
"""A key, and the id of a message that it got."""


class _State(Enum):
    READY = auto()
    IN_FLIGHT = auto()
    CONTINUED = auto()


class _Kept(NamedTuple):
    state: _State
    data: bytes
    until: int


class Threads:
    """The threads of every API key: for each, `max_threads` replies and `max_bytes` of JSON.

    `drop` is called with a note for everything that is dropped.
    """

    def __init__(
        self,
        drop: Callable[[str], None] = lambda _: None,
        *,
        max_threads: int = MAX_THREADS,
        max_bytes: int = KEY_BYTES,
    ) -> None:
        self._kept: Owned[str, _Kept] = Owned("threads", (max_threads, max_bytes), MAX_BYTES, drop)

    def turn(self, now: int) -> Turn:
        """Return what a request that arrives `now` does to threads."""
        return Turn(self, now)

    def continued(self, address: _Address, body: Body, now: int) -> Body:
        """Return `body` as the whole request that continues the reply at `address`. Raises `ApiError`."""
        kept = self._kept.get(*address)
        if kept is None or now >= kept.until:
            raise _refusal("thread_not_found", "not_found_error")
        if kept.state is not _State.READY:
            raise _refusal(_NOT_READY[kept.state])
        stored: Body = orjson.loads(kept.data)
        _check_fingerprint(stored, body)
        inherited = {field: stored[field] for field in _FROM_CREATE if field in stored and body.get(field) is None}
        return {**body, **inherited, "messages": stored["messages"] + body["messages"]}

    def mark(self, address: _Address, state: _State, *, stored: bool = True) -> None:
        """Note what the reply at `address` is. Once the next reply is `stored`, nobody needs its conversation."""
        kept = self._kept.get(*address)
        if kept is not None:
            self._put(address, kept._replace(state=state, data=b"" if stored else kept.data))

    def keep(self, address: _Address, conversation: Body, now: int) -> None:
        """Let the reply at `address`, at the end of `conversation`, be continued."""
        self._put(address, _Kept(_State.READY, orjson.dumps(conversation), now + LIFETIME))

    def _put(self, address: _Address, kept: _Kept) -> None:
        self._kept.put(*address, kept, len(kept.data))


class Turn:
    """One request: the reply that it continues, and what its own reply lets others continue.

    All but `resolve` do nothing for a request without `thread`.
    """

    def __init__(self, threads: Threads, now: int) -> None:
        self._threads = threads
        self._now = now
        self._key = ""
        self._previous: _Address | None = None
        self._whole: Body | None = None
        self._held = self._stored = False

    def resolve(self, key: str, body: Body) -> Body:
        """Return the whole request that `key` makes, without `thread`. Raises `ApiError` 400 or 404."""
        thread = body.get("thread")
        if thread is None:
            return body
        _check_supported(body)
        whole = {field: value for field, value in body.items() if field != "thread"}
        if thread.get("type") == "continue":
            self._previous = key, str(thread.get("previous_message_id"))
            whole = self._threads.continued(self._previous, whole, self._now)
        self._key, self._whole = key, whole
        return whole

    @property
    def continues(self) -> bool:
        """Whether the request continues a thread, so that there is more to it than what came."""
        return self._previous is not None

    def hold(self) -> None:
        """Let nobody else continue what the request continues until `end`."""
        self._held = True
        self._mark(_State.IN_FLIGHT, stored=False)

    def store(self, message_id: str, content: Sequence[Block]) -> None:
        """Let the reply to this request be continued, and what it continues by nobody else while it is being sent."""
        if self._whole is None:
            return
        self._stored = True
        self._mark(_State.IN_FLIGHT)
        self._threads.keep((self._key, message_id), _conversation(self._whole, content), self._now)

    def end(self) -> None:
        """Note that the reply, if there is one, is sent: what it continues was continued, or can be again."""
        if self._stored:
            self._mark(_State.CONTINUED)
        elif self._held:
            self._mark(_State.READY, stored=False)

    def _mark(self, state: _State, *, stored: bool = True) -> None:
        if self._previous is not None:
            self._threads.mark(self._previous, state, stored=stored)


def _conversation(whole: Body, content: Sequence[Block]) -> Body:
    """Return what is kept of a request and its reply. Breakpoints of the cache hold for one request only."""
    messages = [*whole["messages"], {"role": "assistant", "content": list(content)}] if content else whole["messages"]
    kept = {field: whole[field] for field in _FINGERPRINT if whole.get(field) is not None}
    return {field: without_cache_control(value) for field, value in {**kept, "messages": messages}.items()}


def _check_supported(body: Body) -> None:
    unsupported = [field for field in _UNSUPPORTED if body.get(field) is not None]
    if unsupported:
        raise _refusal("thread_unsupported_request", fields=", ".join(unsupported), unsupported=unsupported)


def _check_fingerprint(stored: Body, body: Body) -> None:
    """Raise `ApiError` 400 for a field with another value than the thread's; those of its creation may be left out."""
    given = [field for field in _FINGERPRINT if field not in _FROM_CREATE or body.get(field) is not None]
    differing = [field for field in given if without_cache_control(body.get(field)) != stored.get(field)]
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
_NOT_READY = {_State.IN_FLIGHT: "thread_continue_in_flight", _State.CONTINUED: "thread_already_continued"}


def _refusal(code: str, kind: str = "invalid_request_error", *, fields: str = "", **details: Any) -> ApiError:
    message = _MESSAGES[code].replace("{fields}", fields)
    return ApiError(kind, message, details={"error_code": code, **details})
