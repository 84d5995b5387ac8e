"""Write the times at which the parts of a response arrived as a pace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from mockclaude.api import tokens
from mockclaude.api.events import Event
from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.exchange import Arrival, Exchange

MAX_GAPS = 100_000
"""The maximum number of gaps in a file. Later replies have the mean gap."""


class PaceWriter:
    """A writer of the paces of one file."""

    def __init__(self) -> None:
        self._gaps = 0

    def format(self, exchange: Exchange) -> str:
        """Write the pace of a response; '' if it is instant or has no times.

        Times are whole milliseconds. Each is rounded from the beginning, so that errors do not add up.
        """
        response, events = exchange.reception, exchange.events
        times = [round(at_us / 1_000) for at_us in _list_times(events, len(response.body), response.arrivals)]
        if not times:
            first = round(response.head_us / 1_000)
            return f"{{ttft: {first}ms}}" if first else ""
        gaps = [later - earlier for earlier, later in pairwise(times)]
        if not times[-1]:
            return ""
        return f"{{ttft: {times[0]}ms{self._format_gaps(gaps)}}}"

    def _format_gaps(self, gaps: list[int]) -> str:
        if not any(gaps):
            return ""
        count = len(gaps)
        while count > 1 and gaps[count - 1] == gaps[count - 2]:  # the last gap repeats
            count -= 1
        self._gaps += count
        if self._gaps > MAX_GAPS:
            return f", gap: {round(sum(gaps) / len(gaps))}ms"
        return f", gaps: [{', '.join([f'{gap}ms' for gap in gaps[:count]])}]"


def measure_speed(exchange: Exchange) -> dict[str, Any]:
    """Return the pace of a reply with readable steps; {} if it is instant.

    It has the time of the first event, and the speed.
    """
    response = exchange.reception
    times = list(_list_times(exchange.events, len(response.body), response.arrivals)) or [response.head_us]
    first = round(times[0] / 1_000)
    return {**({"ttft": f"{first}ms"} if first else {}), **find_speed(exchange.reply, times[-1] - times[0])}


def find_speed(recorded: RecordedReply, duration_us: int) -> dict[str, float]:
    """Return the speed of a reply as the key of a pace; {} if it is unlimited.

    Args:
        recorded: The reply.
        duration_us: The microseconds from its first event to its last.
    """
    message = recorded.assembled.message if recorded.assembled else {"content": []}
    weights = MessagesRequest({"model": message.get("model") or "", "messages": []}).constants.weights
    count = sum([tokens.of_output(block, weights) for block in message["content"]])
    return {"tokens_per_second": max(0.1, round(count * 1_000_000 / duration_us, 1))} if duration_us and count else {}


def _list_times(events: Sequence[Event], size: int, arrivals: Sequence[Arrival]) -> Iterator[int]:
    """Yield the time of each event's last byte; of a body without events, that of its own."""
    if not arrivals or not size:
        return
    later = iter(arrivals)
    arrival, end, at_us = next(later), 0, 0
    for length in [len(event.encoded) for event in events] or [size]:
        end += length
        while arrival.end < end and (following := next(later, None)):
            arrival = following
        at_us = max(at_us, arrival.at_us)
        yield at_us
