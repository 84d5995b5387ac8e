"""One request in the journal: its bytes, the decision, and the sent response.

An entry never holds a parsed body, which takes about five times its bytes. Conditions match the original headers and
bodies, so an entry keeps their credentials. All output of an entry is redacted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache

import orjson

from mockclaude.api.redaction import redact, redact_headers
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.decision import Decision, HeaderLines
from mockclaude.engine.http_request import Head, HttpRequest, replace_headers
from mockclaude.engine.paths import RESOURCES, AdapterName
from mockclaude.engine.request_context import resource_request
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import End
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.match import MatchResult
from mockclaude.scenario.rules import Rule
from mockclaude.wire.script import Script

MAX_BODY = 64 * 1024
"""The maximum number of bytes that an entry keeps of a request body, and of a response."""

OVERHEAD = 10 * 1024
"""Bytes of an entry without bodies and texts, with all that the process keeps elsewhere for a request in a new lane."""

OVERHEAD_OF_A_WRITE = 190
"""Bytes of an entry for each write, without the written bytes."""

MAX_TEXT = 10_000
"""The maximum number of characters of the reason and of each note: some errors repeat parts of the request."""

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, TooMuchWorkError)
"""Exceptions of reading an invalid Messages request: the journal also has refused requests."""

PLAYING = "playing"
"""`ending` of an entry while its response is sent."""

_NO_REQUEST = HttpRequest(Head("", "", {}, {}), {}, b"", 0)
_NO_RESPONSE = Script(0, ())


class JournalEntry:
    """One request, its decision and the sent response.

    Attributes:
        number: The number of the request, from 1.
        at: The time of arrival, in seconds since the epoch.
        method: The HTTP method.
        path: The path of the request with its query, redacted.
        raw_headers: The headers with their credentials.
        scenario: The name of the scenario, '' for the one at the root.
        lane: The lane (isolation key) of the request.
        http: The request to the API, its body cut at the journal's `max_body`; empty for the page at the root.
        body_size: Bytes of the whole body.
        streamed: Whether the response is a stream of events.
        raw_reason: The reason of the decision, with the credentials in it.
        raw_notes: Notes on the decision, with the credentials in them.
        rule: The selected rule, if any.
        draws: The keys of the pseudo-random values of the response, if any.
        unmatched: Whether no rule matched a Messages request, or its rule refused it as stale.
        closest: The near miss of an unmatched request, if any.
        whole: The body with all messages of its thread, if the request continues one; of a request in another dialect,
            the body in the API's own.
        core_headers: Of a request in another dialect, the headers in the API's own that differ from the client's.
        script: The planned writes; none if the response is longer than the journal's `max_body`.
        sent: The time of each write, in microseconds from the start of the response.
        ending: How the connection ended; '' if it ended as HTTP specifies.
        seconds: Seconds from the arrival of the request to the end of the response.
        counted: Bytes that the journal counts for the entry; 0 if the journal does not keep it.
        batch: The id of the batch and the `custom_id`, if the request is an item of a batch.
    """

    scenario = lane = ""
    http = _NO_REQUEST
    body_size = 0
    streamed = unmatched = False
    raw_reason = ""
    raw_notes: tuple[str, ...] = ()
    rule: Rule | None = None
    draws: Draws | None = None
    closest: MatchResult | None = None
    whole: bytes | None = None
    core_headers: HeaderLines = ()
    script: Script = _NO_RESPONSE
    ending = PLAYING
    seconds = 0.0
    counted = 0
    batch: tuple[str, str] | None = None
    _response_size = 0
    _writes: tuple[tuple[int, int], ...] | None = None

    def __init__(self, number: int, at: float, method: str, path: str, headers: Mapping[str, str]) -> None:
        self.number = number
        self.at = at
        self.method = method
        self.path = path
        self.raw_headers = headers
        self.sent: list[int] = []

    def __repr__(self) -> str:
        return f"<JournalEntry {self.number}: {self.method} {self.path} -> {self.status}>"

    def record_request(self, http: HttpRequest, scenario: str, max_body: int = MAX_BODY) -> None:
        """Record a request to the API, with up to `max_body` bytes of its body."""
        body = http.body
        self.scenario, self.lane, self.body_size = scenario, http.head.lane, len(body)
        self.http = http
        if len(body) > max_body:
            self.http = http._replace(body=body[:max_body])
            self.whole = None if http.head.adapter != "anthropic" or http.head.is_platform else self.whole

    def record_decision(self, decision: Decision, script: Script, max_body: int = MAX_BODY) -> None:
        """Record the decision, and the planned writes of up to `max_body` bytes."""
        _, reason, self.streamed, notes, self.rule, self.draws, unmatched, closest, whole, *_ = decision
        self.unmatched, self.closest = unmatched, closest
        if whole is not None:
            self.whole, self.core_headers = whole, decision.core_headers or self.core_headers
        self.raw_reason = reason if len(reason) <= MAX_TEXT else _shorten(reason)
        self.raw_notes = tuple(map(_shorten, notes)) if notes else ()
        sends = script.sends
        size = len(sends[0].data) if len(sends) == 1 else sum([len(send.data) for send in sends])
        if size <= max_body:
            self.script, self._response_size, self._writes = script, size, None
        else:
            self._writes = _writes(script)
            self.script, self._response_size = script._replace(sends=()), 0

    @property
    def reason(self) -> str:
        """The selected rule, the endpoint, or the error, without credentials."""
        rule, reason = self.rule, self.raw_reason
        return _redact_label(reason) if rule is not None and reason is rule.label else redact(reason)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the decision, without credentials."""
        return tuple(map(redact, self.raw_notes))

    @property
    def status(self) -> int:
        """The HTTP status of the response; 0 if none is sent."""
        return self.script.status

    @property
    def is_stale(self) -> bool:
        """Whether the rule refused the request, as it differs from the recorded one."""
        return self.unmatched and self.rule is not None

    @property
    def planned(self) -> Sequence[tuple[int, int]]:
        """The time of each planned write, in microseconds, and its number of bytes."""
        return _writes(self.script) if self._writes is None else self._writes

    @property
    def response(self) -> bytes | None:
        """The bytes of the response; None if they exceed the journal's `max_body`."""
        return b"".join([send.data for send in self.script.sends]) if self._writes is None else None

    @property
    def end(self) -> End:
        """The effect of the end of the response on the connection."""
        return self.script.end

    @property
    def endpoint(self) -> str:
        """The path of the API, without the scenario; '' for the page at the root."""
        return self.http.head.path

    @property
    def adapter(self) -> AdapterName:
        """The dialect of the client."""
        return self.http.head.adapter

    @property
    def body(self) -> bytes:
        """The kept bytes of the request body."""
        return self.http.body

    @property
    def time(self) -> int:
        """Microseconds from the start of the server to the arrival of the request."""
        return self.http.since_start_us

    @property
    def chunked(self) -> bool:
        """Whether the client speaks HTTP/1.1, so that a response may have chunks."""
        return self.http.head.http11

    @property
    def reused(self) -> bool:
        """Whether the connection had served another request."""
        return self.http.reused

    @property
    def page(self) -> str:
        """The origin of the page that sent the request; '' if it has control."""
        return self.http.head.page

    @property
    def guest(self) -> bool:
        """Whether the request lacks the server's token."""
        return self.http.head.guest

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers without credentials; names are case-insensitive."""
        return redact_headers(self.raw_headers)

    @property
    def is_messages_request(self) -> bool:
        """Whether the request is a Messages request."""
        return self.http.head.endpoint == "messages" and self.method == "POST"

    is_question = is_messages_request
    """The former name."""

    def is_of(self, lane: str | None, scenario: str | None) -> bool:
        """Return whether the request has this lane and this scenario; None is any."""
        return lane in (None, self.lane) and scenario in (None, self.scenario)

    def can_match(self, conditions: Collection[Condition]) -> bool:
        """Return whether the request is a Messages request.

        If `conditions` name an endpoint, return whether the request has one.
        """
        if any(condition.key == "endpoint" for condition in conditions):
            return self.http.head.endpoint != ""
        return self.is_messages_request

    @property
    def request(self) -> MessagesRequest | None:
        """The request with all messages of its thread; None if it cannot be read."""
        endpoint, headers, adapter = self.http.head.endpoint, self.http.headers, self.adapter
        if self.core_headers:
            headers = replace_headers(headers, self.core_headers)
        if endpoint in RESOURCES:
            return resource_request(endpoint, self.endpoint, headers, adapter)
        if self.whole is None and len(self.body) < self.body_size:
            return None
        try:
            read = MessagesRequest(orjson.loads(self.whole or self.body), headers, endpoint=endpoint, adapter=adapter)
        except UNREADABLE:
            return None
        read.custom_id = self.http.head.custom_id
        return read

    conversation = request
    """The former name."""

    @property
    def size(self) -> int:
        """The bytes that the journal counts for the entry."""
        head, headers = self.http.head, self.raw_headers
        values = head.headers_size if headers is head.headers else sum(map(len, headers.values()))
        texts = values + len(self.path) + len(self.raw_reason)
        if self.raw_notes:
            texts += sum(map(len, self.raw_notes))
        writes = len(self.script.sends) if self._writes is None else len(self._writes)
        if self.core_headers:
            texts += sum([len(value) for _, value in self.core_headers])
        bodies = len(self.http.body) + len(self.whole or b"") + self._response_size
        return OVERHEAD + bodies + texts + OVERHEAD_OF_A_WRITE * writes


_redact_label = lru_cache(maxsize=1024)(redact)


def _shorten(text: str) -> str:
    """Truncate a text after `MAX_TEXT` characters; redact it first, lest half a credential is left."""
    redacted = text if len(text) <= MAX_TEXT else redact(text)
    return redacted if len(redacted) <= MAX_TEXT else f"{redacted[:MAX_TEXT]}…"


def _writes(script: Script) -> tuple[tuple[int, int], ...]:
    return tuple([(send.at, len(send.data)) for send in script.sends])
