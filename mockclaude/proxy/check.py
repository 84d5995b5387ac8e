"""Replay a written recording without a server, and compare the responses with the recorded ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from mockclaude.engine.decision import Decision
from mockclaude.proxy.session_replay import SessionReplay, find_ending, to_reply
from mockclaude.reply.readable_reply import compare_values
from mockclaude.reply.response import Response
from mockclaude.scenario.diagnostics import ScenarioError, format_value
from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.recording.exchange import Exchange, Reception
from mockclaude.scenario.recording.recorded_headers import list_headers, to_written_reply
from mockclaude.scenario.recording.reply_view import diff_lines, list_lines

_SHOWN = 20
"""The bytes of a body that a difference shows."""

REQUEST = "request "
"""The beginning of a difference in the response to a request; its number follows."""

_OTHER_RESPONSE = ("stale: ", "not as recorded: ")
"""The beginnings of notes that a recorded request must not get."""


def check_recording(
    path: Path,
    exchanges: Sequence[Exchange],
    *,
    exact: Collection[int] | None = None,
    ignored: Collection[int] = (),
) -> list[str]:
    """Load a recording and decide the requests of its session, in their order.

    Args:
        path: The scenario file.
        exchanges: All exchanges of the session that the file has recorded. A response of readable steps is compared as
            values, ids included.
        exact: The numbers of the exchanges whose bytes the file has. The others are compared without ids, as a refresh
            keeps replies that differ in nothing else. None: all.
        ignored: The numbers of the exchanges whose responses are not compared.

    Returns:
        Each difference between the file's response and the recorded one, and each note that the request is not the
        recorded one. None if the file replays the session.
    """
    try:
        replay = SessionReplay(load([path]))
    except ScenarioError as error:
        return [str(diagnostic) for diagnostic in error.diagnostics]
    differences = []
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        decision = replay.decide(exchange)
        if exchange.number not in ignored:
            is_exact = exact is None or exchange.number in exact
            differences += [_describe(exchange, decision, each) for each in _compare(exchange, decision, is_exact)]
    return differences


def _describe(exchange: Exchange, decision: Decision, problem: str) -> str:
    rule = decision.rule
    name = f"rule '{rule.name}' in line {rule.place.line}" if rule else "no rule"
    return f"{REQUEST}{exchange.number}, {exchange.method} {exchange.path}: {name}: {problem}"


def _compare(exchange: Exchange, decision: Decision, is_exact: bool) -> Iterator[str]:
    response, recorded = decision.response, exchange.reception
    if decision.rule is None:
        yield f"status {response.status}, got '{decision.reason}'; expected the recorded response"
        return
    if _has_steps(decision):
        yield from compare_values(exchange.reply, response)
        yield from _compare_endings(recorded, response)
    elif is_exact:
        yield from _compare_bytes(recorded, response)
    else:
        expected, sent = to_written_reply(exchange), _list_headers(response)
        kept = {name: sent[name] for name in expected.headers if name in sent}
        yield from diff_lines(list_lines(expected), list_lines(to_reply(response, kept)))
    yield from (note for note in decision.notes if note.startswith(_OTHER_RESPONSE))


def _has_steps(decision: Decision) -> bool:
    """Return whether the rule has readable steps, which do not keep all bytes."""
    return decision.rule is not None and any(reply.recorded is None for reply in decision.rule.replies)


def _compare_bytes(recorded: Reception, response: Response) -> Iterator[str]:
    if response.status != recorded.status:
        yield f"status {response.status}; expected {recorded.status}"
    yield from _compare_headers(list_headers(recorded), response)
    yield from _compare_bodies(recorded.body, response.data)
    yield from _compare_endings(recorded, response)


def _compare_endings(recorded: Reception, response: Response) -> Iterator[str]:
    if (ending := find_ending(response)) != recorded.ending:
        yield f"ending {ending or 'complete'}; expected {recorded.ending or 'complete'}"


def _compare_headers(expected: Mapping[str, str | bool], response: Response) -> Iterator[str]:
    sent = _list_headers(response)
    for name, value in expected.items():
        if sent.get(name, "") != (value or ""):
            yield f"header {name} {format_value(sent.get(name, ''))}; expected {format_value(value or '')}"


def _list_headers(response: Response) -> dict[str, str]:
    return {**dict(response.headers.lines), "request-id": response.request_id}


def _compare_bodies(expected: bytes, sent: bytes) -> Iterator[str]:
    if sent != expected:
        pairs = enumerate(zip(expected, sent, strict=False))
        first = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(sent)))
        shown = [body[first : first + _SHOWN] for body in (sent, expected)]
        yield f"body differs at byte {first:,}, got {shown[0]!r}; expected {shown[1]!r}"
