"""Select the faults for a request by probability, occurrence, script, window or burst.

The selection depends on its arguments only, so that it can be reproduced without a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mockclaude.reply.draws import Draws

if TYPE_CHECKING:
    from mockclaude.scenario.format.faults import Burst, Fault, Ramp

BURST_BLOCK = 1_000
"""Requests of a lane after which the state of a burst is drawn independently, which bounds the cost of a draw."""


class TriggerContext(NamedTuple):
    """The inputs of triggers.

    Attributes:
        request: The number of earlier Messages requests in the lane.
        time: Microseconds since the start of the server.
        reused: Whether the connection has served another request.
        attempt: The number of earlier attempts of the turn.
    """

    request: int = 0
    time: int = 0
    reused: bool = False
    attempt: int = 0


def select_faults(faults: Iterable[Fault], draws: Draws, context: TriggerContext, label: str) -> list[Fault]:
    """Select all faults without a probability, and at most one with a probability.

    One draw decides between the faults with a probability, over intervals that do not overlap: each fault has exactly
    its probability, and a higher probability only adds faults.

    Args:
        faults: The faults whose conditions match the request.
        draws: The draws of the request.
        context: The inputs of the triggers.
        label: The label of the draw.
    """
    selected: list[Fault] = []
    rest: float | None = None
    for fault in (fault for fault in faults if _is_in_window(fault, draws, context)):
        probability = find_probability(fault, context.request)
        if probability is None:
            selected += _select_attempt(fault, context.attempt)
            continue
        begin = draws.uniform(label) if rest is None else rest
        rest = begin - probability
        if begin >= 0 > rest:
            selected += _select_attempt(fault, context.attempt)
    return selected


def uses_request_count(fault: Fault) -> bool:
    """Return whether the fault's trigger depends on the lane's request count."""
    return fault.requests is not None or fault.ramp is not None or fault.burst is not None


def find_probability(fault: Fault, request: int) -> float | None:
    """Return the probability of `fault`; None for a fault that always applies.

    Args:
        fault: A fault.
        request: The number of earlier requests in the lane.
    """
    return fault.p if fault.ramp is None else _interpolate(fault.ramp, request)


def _interpolate(ramp: Ramp, request: int) -> float:
    return ramp.start + (ramp.end - ramp.start) * min(1.0, request / ramp.over)


def _select_attempt(fault: Fault, attempt: int) -> Iterator[Fault]:
    """Yield the fault, or the fault of its script after `attempt` attempts."""
    faults = fault.scripted[attempt : attempt + 1] if fault.scripted else [fault]
    yield from (selected for selected in faults if selected.kind != "nothing")


def _is_in_window(fault: Fault, draws: Draws, context: TriggerContext) -> bool:
    if fault.occurrence is not None and draws.occurrence + 1 not in fault.occurrence:
        return False
    if fault.requests is not None and not fault.requests[0] <= context.request + 1 <= fault.requests[1]:
        return False
    if fault.time is not None and not fault.time[0] <= context.time < fault.time[1]:
        return False
    if fault.connection is not None and not context.reused:
        return False
    return fault.burst is None or is_in_burst(fault.burst, draws._replace(rule=fault.label), context.request)


def is_in_burst(burst: Burst, draws: Draws, request: int) -> bool:
    """Return whether a burst includes a request after `request` earlier requests.

    Each request has one draw. The probability of a burst is `enter` after a request without a burst, and 1 - `leave`
    after a request in a burst. A draw outside the interval between these two decides the state alone; a draw inside
    keeps or inverts the previous state. The search for a draw that decides alone goes back to the first of
    `BURST_BLOCK` requests, which always does.
    """
    enter, stay = burst.enter, 1 - burst.leave
    draws = draws._replace(fingerprint="", occurrence=0)
    flips = 0
    for number in range(request, -1, -1):
        drawn = draws.uniform(f"burst/{number}")
        if number and number % BURST_BLOCK == 0:
            return (drawn < _compute_burst_probability(burst, number)) ^ bool(flips % 2)
        if drawn < min(enter, stay) or drawn >= max(enter, stay):
            return (drawn < enter) ^ bool(flips % 2)
        flips += enter > stay
    return bool(flips % 2)


def _compute_burst_probability(burst: Burst, request: int) -> float:
    """Return the probability of a burst after `request` requests, averaged over all earlier draws."""
    both = burst.enter + burst.leave
    return burst.enter / both * (1 - (1 - both) ** (request + 1)) if both else 0.0
