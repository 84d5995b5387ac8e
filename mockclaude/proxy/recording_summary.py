"""The summary of a recording session: recorded requests, and all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from mockclaude.api.redaction import redact
from mockclaude.proxy.passed_request import PassedRequest
from mockclaude.scenario.recording.exchange import Exchange

_NAMED = 10
"""The maximum number of lines of one kind."""

_JUDGED = (400, 404, 413)
"""Statuses with which the API refuses a request for its content."""


class RecordingSummary:
    """Collects the requests that the recording lacks.

    Attributes:
        problems: Lines that make the exit code 1.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._passed: Counter[tuple[str, bool]] = Counter()
        self._too_large = False

    def count_passed(self, passed: PassedRequest) -> None:
        """Count a request that is passed on only."""
        head = passed.http.head
        path = redact(passed.path.partition("?")[0])
        self._passed[f"{head.method} {path}", passed.is_known and head.endpoint != ""] += 1

    def count_too_large(self, passed: PassedRequest) -> None:
        """Report the first exchange that is too large, or an undecodable body."""
        encoding = passed.http.headers.get("content-encoding")
        if passed.body is None and encoding:
            self.problems.append(f"{passed.label} is not recorded: cannot decompress its body ({encoding[:40]})")
        elif not self._too_large:
            self._too_large = True
            self.problems.append(
                f"{passed.label} is not recorded: over 64 MB, or 1 GB in all; other such requests are not listed"
            )

    def count_failure(self, passed: PassedRequest, reason: str) -> None:
        """Report a request without a response."""
        if passed.is_recorded:
            self.problems.append(f"{passed.label} is not recorded: {reason}")
        else:
            self.count_passed(passed)

    def list_passed(self) -> list[str]:
        """Describe the requests that were passed on only."""
        return _cut(_describe_passed(name, count, known) for (name, known), count in self._passed.items())


def _describe_passed(name: str, count: int, known: bool) -> str:
    begin = f"{count} request{'s' * (count != 1)} to {name} {'were' if count != 1 else 'was'} passed through and "
    end = ": mockclaude answers " + ("them itself" if count != 1 else "it itself") if known else ""
    return f"{begin}{'are' if count != 1 else 'is'} not recorded{end}"


def describe_recorded(exchanges: Sequence[Exchange], path: Path, is_saved: bool) -> str:
    """Describe the number of recorded requests and the kinds of their responses."""
    kinds = Counter(map(_find_kind, exchanges))
    statuses = dict.fromkeys(exchange.reception.status for exchange in exchanges if _find_kind(exchange) == "error")
    parts = [f"{kinds[kind]} {kind}{'s' * (kinds[kind] != 1)}" for kind in _KINDS if kinds[kind]]
    if statuses:
        parts[-1 if not kinds["other response"] else -2] += f" ({', '.join(map(str, statuses))})"
    requests = f"{len(exchanges)} request{'s' * (len(exchanges) != 1)}"
    if not is_saved:
        return f"{requests}: {', '.join(parts)}; {path} is not changed"
    return f"recorded {requests} in {path}: {', '.join(parts)}"


_KINDS = ("stream", "message", "error", "other response")


def _find_kind(exchange: Exchange) -> str:
    if exchange.reception.status >= 400:
        return "error"
    if exchange.reply.is_stream:
        return "stream"
    return "message" if exchange.assembled is not None else "other response"


def list_torn(exchanges: Sequence[Exchange]) -> list[str]:
    """Describe the responses that ended early."""
    return _cut(
        f"request {exchange.number} was torn after {len(exchange.reception.body):,} bytes; the recording is torn there"
        for exchange in exchanges
        if exchange.reception.ending
    )


def list_notes(exchanges: Sequence[Exchange]) -> list[str]:
    """Describe unfinished streams, and judgements that differ from the API's."""
    unfinished = (
        f"request {exchange.number} ended without `message_stop`; recorded as it came"
        for exchange in exchanges
        if not exchange.reception.ending and _is_unfinished(exchange)
    )
    return [*_cut(unfinished), *_cut(filter(None, map(_compare_judgement, exchanges)))]


def _is_unfinished(exchange: Exchange) -> bool:
    if _find_kind(exchange) != "stream":
        return False
    last = next((event.name for event in reversed(exchange.events) if event.data is not None), "")
    return last not in ("message_stop", "error")


def _compare_judgement(exchange: Exchange) -> str:
    status = exchange.reception.status
    if exchange.refusal and status < 300:
        return f"request {exchange.number}: the API accepts it; mockclaude refuses it: {redact(exchange.refusal)}"
    if not exchange.refusal and status in _JUDGED:
        return f"request {exchange.number}: the API refuses it ({status}); mockclaude accepts it"
    return ""


def _cut(lines: Iterable[str]) -> list[str]:
    listed = list(lines)
    more = len(listed) - _NAMED
    return [*listed[:_NAMED], f"and {more} more"] if more > 0 else listed
