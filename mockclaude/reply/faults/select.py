"""Select the faults that are applied to a request: by probability, occurrence, script, window or burst.

A decision follows from its arguments alone, so that it can be made again without a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mockclaude.reply.draws import Draws
from mockclaude.scenario.format.faults import Burst, Fault, NothingFault, Ramp

BURST_BLOCK = 1_000
"""Requests of a lane after which it is drawn anew whether there is a burst, with the probability that it has then."""


class TriggerContext(NamedTuple):
    """Where a request stands.

    Attributes:
        request: How many Messages requests of its lane came before.
        time: Microseconds since the server began.
        reused: Whether its connection has served another request.
        attempt: How many attempts of its turn came before.
    """

    request: int = 0
    time: int = 0
    reused: bool = False
    attempt: int = 0


def due(faults: Iterable[Fault], draws: Draws, position: TriggerContext, label: str) -> list[Fault]:
    """Return the `faults` that are applied: all without a probability, and at most one of those with a probability.

    One draw decides among the latter, over intervals that do not overlap: the probabilities written are the real ones,
    and to raise one only adds failures.
    """
    selected: list[Fault] = []
    luck: float | None = None
    for fault in (fault for fault in faults if _in_window(fault, draws, position)):
        share = probability(fault, position.request)
        if share is None:
            selected += _scripted(fault, position.attempt)
            continue
        before = draws.uniform(label) if luck is None else luck
        luck = before - share
        if before >= 0 > luck:
            selected += _scripted(fault, position.attempt)
    return selected


def uses_request_count(fault: Fault) -> bool:
    """Return whether the fault's trigger depends on the lane's request count."""
    return fault.requests is not None or fault.ramp is not None or fault.burst is not None


def probability(fault: Fault, request: int) -> float | None:
    """Return the probability of `fault` after `request` requests of the lane; None if it has none."""
    return fault.p if fault.ramp is None else _ramped(fault.ramp, request)


def _ramped(ramp: Ramp, request: int) -> float:
    return ramp.start + (ramp.end - ramp.start) * min(1.0, request / ramp.over)


def _scripted(fault: Fault, attempt: int) -> Iterator[Fault]:
    """Yield the fault, or that of a script for the request after `attempt` attempts."""
    due_now = fault.attempts[attempt : attempt + 1] if fault.attempts else [fault]
    yield from (each for each in due_now if not isinstance(each, NothingFault))


def _in_window(fault: Fault, draws: Draws, position: TriggerContext) -> bool:
    if fault.occurrence is not None and draws.occurrence + 1 not in fault.occurrence:
        return False
    if fault.requests is not None and not fault.requests[0] <= position.request + 1 <= fault.requests[1]:
        return False
    if fault.time is not None and not fault.time[0] <= position.time < fault.time[1]:
        return False
    if fault.connection is not None and not position.reused:
        return False
    return fault.burst is None or in_burst(fault.burst, draws._replace(rule=str(fault)), position.request)


def in_burst(burst: Burst, draws: Draws, request: int) -> bool:
    """Return whether a burst includes the request after `request` requests of the lane.

    Each request has one draw, shared by both states: it means a burst whatever came before, or none whatever came
    before, or depends on the request before. So it is enough to look back until a draw that depends on nothing. The
    first of every `BURST_BLOCK` requests is one, whatever the probabilities, so that no request looks back further.
    """
    enter, stay = burst.enter, 1 - burst.leave
    draws = draws._replace(fingerprint="", occurrence=0)
    flips = 0
    for number in range(request, -1, -1):
        drawn = draws.uniform(f"burst/{number}")
        if number and number % BURST_BLOCK == 0:
            return (drawn < _share_in_burst(burst, number)) ^ bool(flips % 2)
        if drawn < min(enter, stay) or drawn >= max(enter, stay):
            return (drawn < enter) ^ bool(flips % 2)
        flips += enter > stay
    return bool(flips % 2)


def _share_in_burst(burst: Burst, request: int) -> float:
    """Return the probability that a burst includes the request after `request` requests of the lane."""
    both = burst.enter + burst.leave
    return burst.enter / both * (1 - (1 - both) ** (request + 1)) if both else 0.0
