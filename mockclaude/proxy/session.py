"""A recording while it is made: the exchanges that have ended, and the file with those so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

from mockclaude.api.api_headers import api_key
from mockclaude.engine.http_request import LANE_HEADER
from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.part_file import PartFile
from mockclaude.proxy.passed_request import PassedRequest
from mockclaude.proxy.recorder_settings import Action
from mockclaude.proxy.recording_summary import RecordingSummary
from mockclaude.proxy.upstream import ReceivedBody
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.lanes import KEY_LANE

MAX_WAIT = 1.0
"""Seconds for which an ended exchange waits until no response is in progress, as its redaction takes their time."""

MAX_SESSION = 1024 * 1024 * 1024
"""The maximum number of bytes of all bodies of a session, which stay in memory until its end."""

MAX_SEARCHED = 256 * 1024 * 1024
"""The maximum number of bytes that are searched again for the credentials of later requests, before the end."""


class RecordingSession:
    """Collects exchanges, and appends each to `FILE.part` when it ends.

    A thread redacts and writes, so that other responses keep their times.

    Args:
        host: The host of the other server.
        part: The path of `FILE.part`.
        recorder: Redacts the exchanges.
        action: How the exchanges change the recording.

    Attributes:
        summary: The requests that the recording lacks.
    """

    def __init__(self, host: str, part: Path, recorder: Recorder, action: Action = "write") -> None:
        self.summary = RecordingSummary()
        self._host = host
        self._part = PartFile(part, action)
        self._recorder = recorder
        self._exchanges: list[Exchange] = []
        self._lanes: dict[str, str] = {}
        self._size = self._searched = 0
        self._in_progress = 0
        self._idle = Event()
        self._thread = ThreadPoolExecutor(1, "mockclaude-recording")

    def begin(self) -> None:
        """Count a request that is passed on. A call of `add` or `add_failure` follows."""
        self._in_progress += 1
        self._idle.clear()

    def _end(self) -> None:
        self._in_progress -= 1
        if not self._in_progress:
            self._idle.set()

    def add(self, passed: PassedRequest, received: ReceivedBody, bytes_sent: int | None) -> Exchange | None:
        """Add a request whose response has ended; return the exchange if it is recorded.

        Args:
            passed: The request.
            received: The response.
            bytes_sent: The bytes of the body that the client got before it left; None if it stayed.
        """
        self._end()
        self._thread.submit(self._add_request, passed.http.headers)
        if not passed.is_recorded:
            self.summary.count_passed(passed)
            return None
        exchange = passed.build_exchange(received, self._host, self._find_lane(passed), bytes_sent)
        size = 0 if exchange is None else len(exchange.body) + len(exchange.reception.body)
        if exchange is None or self._size + size > MAX_SESSION:
            self.summary.count_too_large(passed)
            return None
        self._size += size
        self._thread.submit(self._keep, exchange)
        return exchange

    def add_failure(self, passed: PassedRequest, reason: str) -> None:
        """Add a request without a response."""
        self._end()
        self.summary.count_failure(passed, reason)

    def _find_lane(self, passed: PassedRequest) -> str:
        """Return the lane: the name in the header, or '' for the first API key and for none."""
        headers = passed.http.headers
        named = headers.get(LANE_HEADER)
        if named:
            return named
        key = api_key(headers)
        return self._lanes.setdefault(key, f"{KEY_LANE}{len(self._lanes) + 1}" if self._lanes else "") if key else ""

    def log(self, text: str, write: Callable[[str], None]) -> None:
        """Write a text for the user, without the secrets of the requests so far."""
        self._thread.submit(lambda: write(self._recorder.redact_text(text)))

    def _add_request(self, headers: Mapping[str, str]) -> None:
        if self._recorder.add_request(headers) and self._size + self._searched <= MAX_SEARCHED:
            self._searched += self._size
            self._redact_again()

    def _redact_again(self) -> None:
        """Redact the exchanges so far: one of them may have the new secret."""
        with suppress(Exception):  # what has failed is told already, and the end of the session redacts again
            redacted = [self._recorder.redact(exchange) for exchange in self._exchanges]
            if redacted != self._exchanges:
                self._exchanges = redacted
                self._part.rewrite(map(self._recorder.to_line, redacted))

    def _keep(self, exchange: Exchange) -> None:
        self._idle.wait(MAX_WAIT)
        try:
            redacted = self._recorder.redact(exchange)
        except Exception as error:  # an exchange that may hold a secret is not written
            self.summary.problems.append(f"request {exchange.number} is not recorded: {type(error).__name__}: {error}")
            return
        self._exchanges.append(redacted)
        self._part.append(self._recorder.to_line(redacted))

    def finish(self) -> list[Exchange]:
        """Wait for the thread; return the exchanges in the order of their requests."""
        self._idle.set()
        self._thread.shutdown(wait=True)
        self._part.close()
        if self._part.problem and self._part.problem not in self.summary.problems:
            self.summary.problems.append(self._part.problem)
        return sorted(self._exchanges, key=lambda exchange: exchange.number)


def drop_retries(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Drop the failed attempts of requests that came again.

    An attempt has failed if its status is 408, 409, 429 or 5xx.
    """
    later: Counter[tuple[str, str, bytes]] = Counter(map(_identity, exchanges))
    kept = []
    for exchange in exchanges:
        later[_identity(exchange)] -= 1
        status = exchange.reception.status
        has_failed = status in (408, 409, 429) or status >= 500
        if not (has_failed and later[_identity(exchange)]):
            kept.append(exchange)
    return kept


def _identity(exchange: Exchange) -> tuple[str, str, bytes]:
    return exchange.lane, exchange.path, exchange.body
