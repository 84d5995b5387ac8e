"""Recorded requests, made again without a server: whether the answers are those that were recorded.

In: entries of a journal as JSON data, and scenarios. Out: calls, and what is different now.
Knows nothing of files and sockets. Each call is made at the time at which it was recorded, in the order in which they
came, so that what does not change gives the same bytes. Keys are not recorded: a lane stands for the key it comes from.
Nor are credentials in bodies: of such a request, what follows from every byte of its body is not compared. How many
requests were in flight is not made again: one that was refused because of them is refused where such a limit is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from multidict import CIMultiDict, MultiDict

from mockclaude.api.redaction import REDACTED
from mockclaude.engine.http_request import LANE_HEADER, Call, for_method, lane_of_key
from mockclaude.engine.routes import answer
from mockclaude.engine.state.limits import IN_FLIGHT
from mockclaude.engine.state.scenario_state import Served
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.scenario.format.policy import Policy
from mockclaude.scenario.rules import Scenario

Data = Mapping[str, Any]

_SAME_RUN = 1e-3
"""Seconds by which the beginnings of a server, as its entries tell them, may differ."""


class Difference(NamedTuple):
    """What is not as it was recorded: the number of the request, what was asked, and each thing in words."""

    number: int
    asked: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"request {self.number}, {self.asked}: {'; '.join(self.reasons)}"


def replay(scenarios: Mapping[str, Scenario], entries: Sequence[Data], retry_speed: float = 1.0) -> list[Difference]:
    """Return what is different when the requests of `entries` are made again, to `scenarios` as they are now."""
    return [
        Difference(entry["number"], f"{entry['request']['method']} {entry['request']['path']}", tuple(reasons))
        for run in runs(entries)
        for entry, reasons in _again(scenarios, run, retry_speed)
        if reasons
    ]


def runs(entries: Sequence[Data]) -> list[list[Data]]:
    """Return the entries of each server that wrote them, in the order in which its requests came."""
    found: list[tuple[float, list[Data]]] = []
    for entry in entries:
        began = entry["at"] - entry["request"]["since_start_us"] / 1e6
        run = next((run for other, run in found if abs(other - began) < _SAME_RUN), None)
        if run is None:
            found.append((began, run := []))
        run.append(entry)
    return [sorted(run, key=lambda entry: int(entry["number"])) for _, run in found]


def leading_to(entries: Sequence[Data], number: int | None = None) -> list[Data]:
    """Return the entry of this number, or else the last one, after those of its scenario that came before it; nothing
    where there is none. Of several servers that wrote it, the last one counts.
    """
    for run in reversed(runs(entries)):
        found = [entry for entry in run if number in (None, entry["number"])]
        if found:
            last = found[-1]
            return [
                entry for entry in run if entry["number"] <= last["number"] and entry["scenario"] == last["scenario"]
            ]
    return []


def _again(
    scenarios: Mapping[str, Scenario], run: Sequence[Data], retry_speed: float
) -> Iterator[tuple[Data, list[str]]]:
    served = {name: Served(scenario, retry_speed) for name, scenario in scenarios.items()}
    for entry in run:
        called = served.get(entry["scenario"])
        if called is None:
            yield entry, [f"no scenario is named '{entry['scenario']}' any more"]
        elif not is_whole(entry):
            answer(called, call_of(entry, called.scenario.policy))  # is refused, but counts in its lane
            yield entry, ["its body is not whole in the journal, so it cannot be made again"]
        else:
            yield entry, list(_differences(entry, _answered(called, entry)))


def is_whole(entry: Data) -> bool:
    """Return whether the body of the request was kept to its end."""
    asked = entry["request"]
    return bool(asked["whole"] if is_redacted(entry) else len(asked["body"].encode()) == asked["body_size"])


def is_redacted(entry: Data) -> bool:
    """Return whether the body of the request was kept without credentials that it had."""
    return bool(entry["request"].get("redacted"))


def is_crowded(entry: Data) -> bool:
    """Return whether the request was refused because of those that were being answered."""
    return IN_FLIGHT in entry["decision"]["notes"]


def _answered(served: Served, entry: Data) -> Data:
    call = call_of(entry, served.scenario.policy)
    again = JournalEntry(entry["number"], entry["at"], call.method, entry["request"]["path"], {})
    served.limits.crowded = is_crowded(entry)
    given = for_method(answer(served, call), call.method)
    given.ended()
    again.record_decision(given, given.script, sys.maxsize)
    return entry_to_json(again)


def call_of(entry: Data, policy: Policy) -> Call:
    """Return the call that was recorded, with a key that `policy` takes unless it was refused."""
    asked = entry["request"]
    return Call(
        asked["method"],
        asked["endpoint"],
        MultiDict(parse_qsl(asked["path"].partition("?")[2], keep_blank_values=True)),
        _headers(entry, policy),
        asked["body"].encode(),
        int(entry["at"]),
        asked["http"] != "1.0",
        asked["since_start_us"],
        asked["reused_connection"],
        int(entry["at"] % 1 * 1e6),
        asked.get("page") or "",
        asked.get("guest", False),
    )


_KEYS = ("x-api-key", "authorization")


def _headers(entry: Data, policy: Policy) -> Mapping[str, str]:
    headers = CIMultiDict(entry["request"]["headers"])
    if entry["response"]["status"] != 401:
        key = _key(entry["lane"], policy)
        given = dict(zip(_KEYS, (key, f"Bearer {key}"), strict=True))
        headers.update({name: value for name, value in given.items() if headers.get(name) == REDACTED})
    headers[LANE_HEADER] = entry["lane"]
    return headers


def _key(lane: str, policy: Policy) -> str:
    """Return the one of the keys of `policy` that a lane comes from, or any of them; the lane itself if it has none."""
    known = sorted(policy.api_keys, key=lambda key: (lane_of_key(key) != lane, key))
    return known[0] if known else lane


_COMPARED: Mapping[str, Callable[[Data], Any]] = {
    "the rule": lambda entry: entry["decision"]["rule"] and entry["decision"]["rule"]["id"],
    "the draws": lambda entry: entry["decision"]["drawn"],
    "the status": lambda entry: entry["response"]["status"],
    "the bytes": lambda entry: entry["response"]["digest"],
    "the times": lambda entry: [send["at_us"] for send in entry["response"]["planned"]],
    "the ending": lambda entry: entry["response"]["end"],
}
"""What is compared -> where it is."""


_WITHOUT_BODY = ("the rule", "the status", "the ending")
"""What is compared of a request whose body was redacted: the rest follows from every byte of it."""


def _differences(was: Data, now: Data) -> Iterator[str]:
    different = {what: (look(was), look(now)) for what, look in _COMPARED.items() if look(was) != look(now)}
    if was["response"]["digest"] is None:
        different.pop("the bytes", None)
    if is_redacted(was):
        different = {what: both for what, both in different.items() if what in _WITHOUT_BODY}
    for what, (before, after) in different.items():
        if what == "the rule":
            yield f"{what} was {_rule(was)}, is {_rule(now)}{_what_is_hidden(was)}"
        elif what in ("the status", "the ending"):
            yield f"{what} was {before}, is {after}"
        elif not different.keys() & {"the rule", "the status"}:
            yield f"{what} {'is' if what == 'the ending' else 'are'} different"


def _what_is_hidden(entry: Data) -> str:
    """Return what conditions cannot see of a recorded request: its credentials, but for the key, which is made anew."""
    headers = [name for name, value in entry["request"]["headers"].items() if REDACTED in value and name not in _KEYS]
    hidden = [*headers, *(["its body"] if is_redacted(entry) else [])]
    return f" (redacted: {', '.join(hidden)})" if hidden else ""


def _rule(entry: Data) -> str:
    rule = entry["decision"]["rule"]
    if rule is None:
        return "none"
    return f"'{rule['name']}' ({rule['place']})" if rule["name"] else str(rule["place"])
