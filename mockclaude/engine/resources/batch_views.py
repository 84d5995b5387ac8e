"""The views of a batch at a time: its status, its counts and its lines follow from the facts of its creation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from mockclaude.scenario.format.policy import BatchOrder

Kind: TypeAlias = Literal["succeeded", "errored", "canceled", "expired"]
Status: TypeAlias = Literal["in_progress", "canceling", "ended"]

KINDS: dict[str, Kind] = {"s": "succeeded", "e": "errored", "c": "canceled", "x": "expired"}
"""Letter in the facts of a batch -> kind of a result."""

DEFAULT_US = 120_000_000
"""The time from the creation to the end, if the clock is not instant and the scenario sets none."""

DAY_US = 86_400_000_000
ARCHIVED_US = 29 * DAY_US
"""The time from the creation to the end of the results."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BatchFacts(NamedTuple):
    """The facts about a batch. Only polls and a cancellation change them.

    Attributes:
        created_us: The time of the creation, in microseconds since the epoch.
        takes_us: The time from the creation to the end; None if a poll ends it.
        polls: The number of polls that still find it in progress.
        order: The order of its lines.
        kinds: The letter of each result, unless the item is canceled or expires.
        polled: The number of polls that found it in progress.
        canceled_us: The time of the cancellation.
        ended_us: The time of the end, if a poll has found it.
    """

    created_us: int
    takes_us: int | None
    polls: int
    order: BatchOrder
    kinds: str
    polled: int = 0
    canceled_us: int | None = None
    ended_us: int | None = None

    @classmethod
    def from_json(cls, data: bytes) -> BatchFacts:
        """Read the facts that `to_json` wrote."""
        return cls(*orjson.loads(data))

    def to_json(self) -> bytes:
        """Write the facts for the store."""
        return orjson.dumps(tuple(self))

    @property
    def end_us(self) -> int:
        """The time of the end, as far as the clock alone determines it."""
        expires_us = self.created_us + DAY_US
        if self.ended_us is not None:
            return self.ended_us
        if self.takes_us is None or self.polls or self.canceled_us is not None:
            return expires_us
        return min(self.created_us + self.takes_us, expires_us)

    def status(self, now_us: int) -> Status:
        """Return the status."""
        if now_us >= self.end_us:
            return "ended"
        return "in_progress" if self.canceled_us is None else "canceling"

    def poll(self, now_us: int) -> BatchFacts:
        """Return the facts after a poll, which may find the end."""
        if self.status(now_us) == "ended":
            return self
        if self.canceled_us is not None:
            return self._replace(ended_us=now_us)
        if self.takes_us is not None and not self.polls:
            return self
        if self.polled >= self.polls and now_us >= self.created_us + (self.takes_us or 0):
            return self._replace(ended_us=now_us)
        return self._replace(polled=min(self.polled + 1, self.polls))

    def cancel(self, now_us: int) -> BatchFacts:
        """Return the facts after a cancellation. It counts once, before the end."""
        return self._replace(canceled_us=now_us) if self.status(now_us) == "in_progress" else self

    def results(self) -> list[Kind]:
        """Return the kind of each result at the end, in the order of the requests."""
        takes, count = self.takes_us, len(self.kinds)
        kinds = [KINDS[letter] for letter in self.kinds]
        if self.canceled_us is None and (takes or 0) <= DAY_US:
            return kinds
        for index in range(count):
            finished = 0 if takes is None else takes * (index + 1) // count
            if self.canceled_us is not None and (takes is None or self.created_us + finished > self.canceled_us):
                kinds[index] = "canceled"
            elif finished > DAY_US:
                kinds[index] = "expired"
        return kinds


def view_batch(batch_id: str, facts: BatchFacts, now_us: int, results_url: str) -> dict[str, Any]:
    """Return the batch at a time, in the API's key order."""
    status, created_us = facts.status(now_us), facts.created_us
    has_ended, is_archived = status == "ended", now_us >= created_us + ARCHIVED_US
    counts = dict.fromkeys(("processing", *KINDS.values()), 0)
    counts |= Counter(facts.results()) if has_ended else {"processing": len(facts.kinds)}
    return {
        "id": batch_id,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": counts,
        "ended_at": _time(facts.end_us) if has_ended else None,
        "created_at": _time(created_us),
        "expires_at": _time(created_us + DAY_US),
        "archived_at": _time(created_us + ARCHIVED_US) if is_archived else None,
        "cancel_initiated_at": None if facts.canceled_us is None else _time(facts.canceled_us),
        "results_url": results_url if has_ended and not is_archived else None,
    }


def has_results(facts: BatchFacts, now_us: int) -> bool:
    """Return whether the results can be read at a time."""
    return facts.status(now_us) == "ended" and now_us < facts.created_us + ARCHIVED_US


def view_results(batch_id: str, facts: BatchFacts, content: bytes) -> bytes:
    """Return the results as JSON lines, in the order of the batch.

    Args:
        batch_id: The id, which the order is drawn from.
        facts: The facts.
        content: The lines of all items, in the order of the requests.
    """
    lines = content.split(b"\n")[:-1]
    for index, kind in enumerate(facts.results()):
        if kind in ("canceled", "expired"):
            lines[index] = build_line(orjson.loads(lines[index])["custom_id"], {"type": kind})
    order = range(len(lines)) if facts.order == "as_sent" else draw_order(batch_id, len(lines))
    return b"".join([lines[index] + b"\n" for index in order])


def build_line(custom_id: str, result: dict[str, Any]) -> bytes:
    """Return the line of one item."""
    return orjson.dumps({"custom_id": custom_id, "result": result})


def draw_order(batch_id: str, count: int) -> Sequence[int]:
    """Draw an order of the items other than their own."""
    order = sorted(range(count), key=lambda index: blake2b(f"{batch_id}/{index}".encode(), digest_size=8).digest())
    return order if order != list(range(count)) else [*order[1:], *order[:1]]


def _time(at_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat(timespec="microseconds")
