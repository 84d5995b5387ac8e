"""The interface to the state that remains between requests.

A decision reads the store and changes it by one `claim`, by `admit` if a limit applies, and by `continue_thread` if the
request continues a thread. These calls are atomic: each position, slot of `times` and place under a limit is returned
once. All other changes are effects: values committed after the decision, or when the response has ended. Arguments and
results are plain data, so that a store can be in another process.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.engine.state.resources import Resource, ResourceDeleted, ResourceKind, ResourcePut, ResourceUsage
from mockclaude.engine.state.token_bucket import LimitPool
from mockclaude.reply.cache_usage import InputUsage, Ttl
from mockclaude.scenario.rules import RuleKey

if TYPE_CHECKING:
    from mockclaude.scenario.format.limits import Limit

Attempt: TypeAlias = tuple[str, str, bytes]
"""The key of an attempt: the source of its faults, the id of the rule ("" for all), the hash of the turn."""


class Claim(NamedTuple):
    """The counters that one request raises.

    Attributes:
        lane: The lane (isolation key) of the counters.
        fingerprint: The hash of the whole request.
        rule: The rule that matches; None for a request without a rule.
        times: The maximum number of selections of the rule in a lane; None for no maximum.
        is_message: Whether the request is a Messages request, which the triggers `requests`, `ramp` and `burst` count.
        attempts: The attempts that fault scripts count.
    """

    lane: str
    fingerprint: str
    rule: RuleKey | None = None
    times: int | None = None
    is_message: bool = True
    attempts: tuple[Attempt, ...] = ()


new_claim: Callable[[tuple[str, str, RuleKey | None, int | None, bool, tuple[Attempt, ...]]], Claim]
new_claim = partial(tuple.__new__, Claim)
"""A constructor that calls no Python code."""


class Ticket(NamedTuple):
    """The counts before a claim raised them.

    Attributes:
        match_count: Earlier selections of the rule in the lane.
        occurrence: Earlier selections of the rule for this fingerprint in the lane.
        request: Earlier Messages requests of the lane.
        attempts: The number of earlier attempts, for each of the claim's `attempts`.
    """

    match_count: int
    occurrence: int
    request: int
    attempts: tuple[int, ...] = ()


new_ticket: Callable[[tuple[int, int, int, tuple[int, ...]]], Ticket] = partial(tuple.__new__, Ticket)
"""A constructor that calls no Python code."""


class LimitRequest(NamedTuple):
    """A request for admission under a limit.

    Attributes:
        revision: A number that changes when the limits of the scenario do.
        position: The position of `limit` in the scenario; negative for a limit of calls without a message.
        limit: The limit.
        key: The API key.
        model: The full name of the request's model; '' for a call without a message.
        input_usage: The input tokens, by their use of the prompt cache.
        now_us: The time of the request, in microseconds since the epoch.
    """

    revision: int
    position: int
    limit: Limit
    key: str
    model: str
    input_usage: InputUsage
    now_us: int


class Permit(NamedTuple):
    """The admission of a request. No other permit has its `number`.

    Attributes:
        request: The request for admission.
        pool: The limit after the admission.
        number: The number of the permit.
    """

    request: LimitRequest
    pool: LimitPool
    number: int


class Refusal(NamedTuple):
    """The API's error for a refused request, and the note for the journal."""

    error: ApiError
    note: str


class Address(NamedTuple):
    """An API key, and the id of a message that it received."""

    key: str
    message_id: str


ThreadProblem: TypeAlias = Literal["thread_not_found", "thread_already_continued", "thread_continue_in_flight"]


class RequestHashes(NamedTuple):
    """Hashes and token counts of a request, which `diagnostics` compares.

    `messages` has the concatenated hashes of all messages.
    """

    model: str
    system: bytes
    tools: bytes
    settings: bytes
    messages: bytes
    tool_tokens: int
    system_tokens: int
    message_tokens: array[int]


class LimitSettled(NamedTuple):
    """A message is counted, with tokens in addition to those of its admission."""

    permit: Permit
    more: Mapping[str, int]


class FlightLeft(NamedTuple):
    """The response to an admitted request has ended."""

    permit: Permit


class CacheUsed(NamedTuple):
    """A request renews prefixes of the prompt cache and writes others."""

    key: str
    renewed: tuple[bytes, ...]
    written: tuple[tuple[bytes, Ttl], ...]
    now: int


class RequestRemembered(NamedTuple):
    """A request with `diagnostics` has received a message."""

    address: Address
    hashes: RequestHashes


class ThreadStored(NamedTuple):
    """A reply can be continued. Its `conversation` is JSON and replaces the previous."""

    address: Address
    conversation: bytes
    previous: Address | None
    now: int


class ThreadContinued(NamedTuple):
    """A reply was continued: its successor has been sent."""

    address: Address


class ThreadRestored(NamedTuple):
    """A reply can be continued again: the request that continued it got no reply."""

    address: Address


Effect: TypeAlias = (
    LimitSettled
    | FlightLeft
    | CacheUsed
    | RequestRemembered
    | ThreadStored
    | ThreadContinued
    | ThreadRestored
    | ResourcePut
    | ResourceDeleted
)
"""A change of the store, with its keys or its permit. Each effect is atomic.

A repeated effect changes nothing, except that `ThreadStored` and `ThreadRestored` release a reply that another request
has continued since.
"""


class Store(Protocol):
    """The bounded state of one scenario, with notes on dropped values.

    Attributes:
        notes: The notes to take. A store in another process updates them with each result.
    """

    notes: Sequence[str]

    def counts(self, lane: str, rules: Collection[RuleKey]) -> Mapping[RuleKey, int]:
        """Return the number of selections of rules in a lane."""

    def totals(self) -> Mapping[RuleKey, int]:
        """Return the number of selections of each rule in all lanes."""

    def claim(self, claim: Claim) -> Ticket | None:
        """Raise the counters of a request, atomically; None if the rule is exhausted."""

    def admit(self, request: LimitRequest) -> Permit | Refusal:
        """Admit or refuse a request, atomically. Admission takes its estimated tokens."""

    def continue_thread(self, address: Address, now: int, *, hold: bool = True) -> bytes | ThreadProblem:
        """Return the conversation up to a reply, as JSON; `hold` keeps others from it."""

    def find_live_prefixes(self, key: str, digests: Iterable[bytes], now: int) -> frozenset[bytes]:
        """Return the prefixes of an API key that the prompt cache holds."""

    def earlier_request(self, address: Address) -> RequestHashes | None:
        """Return the request with this reply."""

    def find_resource(self, kind: ResourceKind, lane: str, resource_id: str) -> Resource | None:
        """Return a resource with its content."""

    def is_deleted(self, lane: str, resource_id: str) -> bool:
        """Return whether a resource with the id has been deleted."""

    def find_deleted(self, kind: ResourceKind, lane: str, resource_id: str) -> int | None:
        """Return the number of a deleted resource; None for another id."""

    def list_resources(self, kind: ResourceKind, lane: str) -> Sequence[Resource]:
        """List the resources of a kind without their content, newest first."""

    def measure_resources(self, kind: ResourceKind, lane: str) -> ResourceUsage:
        """Measure the resources of a kind in a lane."""

    def commit(self, effects: Iterable[Effect]) -> None:
        """Apply effects in their order."""

    def fork(self) -> Store:
        """Return an independent copy."""

    def forget(self, lane: str | None = None) -> None:
        """Drop the counters, limits and resources of a lane, or everything."""

    def take_notes(self) -> tuple[str, ...]:
        """Return the notes on dropped values since the last call."""
