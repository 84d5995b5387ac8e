"""The interface to everything that is remembered between requests.

Deciding reads the store and changes it by one `claim` (and `admit` where limits apply, `continue_thread` where a thread
goes on): these are atomic, so that a position, a slot of `times` or a place under a limit is given out once. All else
that a request changes is an effect: a value that is committed after the decision, or when its response has ended.
Arguments and results are plain data, so that a store can live in another process.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple, Protocol, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.engine.state.token_bucket import Pool
from mockclaude.reply.cache_usage import InputUsage, Ttl
from mockclaude.scenario.format.limits import Limit
from mockclaude.scenario.rules import RuleKey

Attempt: TypeAlias = tuple[str, str, bytes]
"""The scripts that count: `fault`, `chaos` or `wish`; the id of the rule, "" for all; the hash of the turn."""


class Claim(NamedTuple):
    """Everything of one request that must be unique: a slot of `times`, positions and occurrences.

    Attributes:
        lane: The lane (isolation key) whose counters are raised.
        fingerprint: The hash of the whole request.
        rule: The rule that matches; None for a request that no rule decides.
        times: How often the rule may be selected in a lane.
        is_message: Whether the request is a Messages request, which `requests`, `ramp` and `burst` count.
        attempts: Fault scripts whose attempts are counted.
    """

    lane: str
    fingerprint: str
    rule: RuleKey | None = None
    times: int | None = None
    is_message: bool = True
    attempts: tuple[Attempt, ...] = ()


class Ticket(NamedTuple):
    """The counts before a claim raised them.

    Attributes:
        position: How often the rule had been selected in the lane.
        occurrence: How often the rule had been selected for this fingerprint in the lane.
        request: How many Messages requests of the lane came before.
        attempts: How many attempts came before, for each of the claim's `attempts`.
    """

    position: int
    occurrence: int
    request: int
    attempts: tuple[int, ...] = ()


class LimitRequest(NamedTuple):
    """A request that asks for admission under a limit.

    Attributes:
        revision: The number of the scenario's limits, which changes when they do.
        position: The position of `limit` among them.
        limit: The limit.
        key: The API key.
        model: The request's model, by its full name.
        input_usage: The input tokens, by what the prompt cache would make of them.
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
    """The admission of a request, with what is left of its limit; `number` is given out once."""

    request: LimitRequest
    pool: Pool
    number: int


class Refusal(NamedTuple):
    """The API's error for a request that is not admitted, and the journal's note on it."""

    error: ApiError
    note: str


class Address(NamedTuple):
    """An API key, and the id of a message that it received."""

    key: str
    message_id: str


ThreadProblem: TypeAlias = Literal["thread_not_found", "thread_already_continued", "thread_continue_in_flight"]


class RequestHashes(NamedTuple):
    """A request as `diagnostics` compares it: hashes of its parts, and the tokens of its tools and of each message.

    `messages` are the hashes of all messages, one after the other.
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
    """A message counts under its limit, with tokens in addition to those taken at admission."""

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
    """A request with `diagnostics` was answered with a message."""

    address: Address
    hashes: RequestHashes


class ThreadStored(NamedTuple):
    """A reply can be continued; `conversation` is JSON. Nobody needs what is `previous` to it any more."""

    address: Address
    conversation: bytes
    previous: Address | None
    now: int


class ThreadContinued(NamedTuple):
    """A continued reply stays continued: its successor was sent."""

    address: Address


class ThreadRestored(NamedTuple):
    """A reply can be continued again, as the request that continued it got no reply."""

    address: Address


Effect: TypeAlias = (
    LimitSettled | FlightLeft | CacheUsed | RequestRemembered | ThreadStored | ThreadContinued | ThreadRestored
)
"""A change of the store. Each names its keys or its permit, and each alone is atomic.

Doing one twice is harmless, except that `ThreadStored` and `ThreadRestored` free a reply that another request has
continued since.
"""


class Store(Protocol):
    """The state of one scenario. Everything in it is bounded; what a bound drops is noted.

    Attributes:
        has_notes: Whether there are notes to take. A store in another process learns that with each result.
    """

    has_notes: bool

    def counts(self, lane: str, rules: Collection[RuleKey]) -> Mapping[RuleKey, int]:
        """Return how often rules have been selected in a lane."""

    def totals(self) -> Mapping[RuleKey, int]:
        """Return how often each rule has been selected, in all lanes together."""

    def claim(self, claim: Claim) -> Ticket | None:
        """Raise the counters of a request, atomically. Return None, and change nothing, if the rule is exhausted."""

    def admit(self, request: LimitRequest) -> Permit | Refusal:
        """Test a limit and take from it, atomically."""

    def continue_thread(self, address: Address, now: int, *, hold: bool = True) -> bytes | ThreadProblem:
        """Return the conversation up to a reply, as JSON; with `hold`, nobody else can continue the reply."""

    def alive(self, key: str, digests: Iterable[bytes], now: int) -> frozenset[bytes]:
        """Return which prefixes of an API key the prompt cache holds."""

    def earlier_request(self, address: Address) -> RequestHashes | None:
        """Return the request that was answered with a message."""

    def commit(self, effects: Iterable[Effect]) -> None:
        """Apply effects in their order."""

    def fork(self) -> Store:
        """Return a store that begins with this one's state and whose changes are nobody else's."""

    def forget(self, lane: str | None = None) -> None:
        """Forget the counters of a lane, or everything."""

    def take_notes(self) -> tuple[str, ...]:
        """Return notes on what bounds have dropped since the last call."""
