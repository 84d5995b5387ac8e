"""The types of a journal entry as JSON data."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class EntryRequestDict(TypedDict):
    """A request, without credentials."""

    method: str
    path: str
    """The path with the query."""
    endpoint: str
    """The path of the API, without the scenario."""
    adapter: NotRequired[str]
    """The dialect of the client, unless it is the API's own."""
    http: Literal["1.0", "1.1"]
    reused_connection: bool
    since_start_us: int
    page: str | None
    """The origin of the web page that sent the request."""
    guest: bool
    """Whether the request lacks the server's token."""
    headers: dict[str, str]
    body: str
    body_size: int
    """The size of the body in bytes, before it was truncated."""
    whole: bool
    """Whether `body` is the whole body."""
    redacted: bool
    """Whether credentials were redacted."""


class SelectedRuleDict(TypedDict):
    """The selected rule."""

    id: str
    name: str | None
    place: str
    """File, line and column."""


class DrawsDict(TypedDict):
    """The keys that reproduce the pseudo-random values of a response."""

    seed: int
    rule: str
    fingerprint: str
    lane: str
    occurrence: int
    question: NotRequired[str]


class ConditionResultDict(TypedDict):
    """The result of one condition."""

    key: str
    wanted: str
    got: str
    held: bool
    hint: str


class MatchResultDict(TypedDict):
    """The result of each condition of a rule."""

    rule: str
    checks: list[ConditionResultDict]


class DecisionDict(TypedDict):
    """The decision on a request."""

    rule: SelectedRuleDict | None
    reason: str
    notes: list[str]
    drawn: DrawsDict | None
    closest: MatchResultDict | None
    """The near miss of an unmatched request."""


class WriteDict(TypedDict):
    """A planned write."""

    at_us: int
    bytes: int


class EntryResponseDict(TypedDict):
    """A response, as planned and as sent."""

    status: int
    streamed: bool
    planned: list[WriteDict]
    sent_us: list[int]
    end: str
    digest: str | None
    """The hash of the response. None: the journal does not keep the bytes."""


class EntryDict(TypedDict):
    """A journal entry."""

    number: int
    at: float
    """The arrival, in seconds since the epoch."""
    scenario: str
    lane: str
    request: EntryRequestDict
    decision: DecisionDict
    response: EntryResponseDict
    ending: str
    """How the connection ended. '': as HTTP specifies."""
    seconds: float
