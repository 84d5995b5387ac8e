"""New decisions on recorded requests, and their differences from the recorded ones.

Each request is decided at its recorded time and in the recorded order, so that unchanged scenarios give the same bytes.
The journal has no API keys: each lane gets a generated key. It has no credentials in bodies either: for a redacted
body, results that depend on all of its bytes are not compared. The number of requests in flight is not reproduced: a
request that was refused for this number is refused again if the scenario has such a limit.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from multidict import CIMultiDict, MultiDict

from mockclaude.api.api_headers import MISSING_KEY
from mockclaude.api.redaction import REDACTED
from mockclaude.engine.http_request import LANE_HEADER, Head, HttpRequest, hash_key_to_lane
from mockclaude.engine.paths import ApiAddress, find_address
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ENDS_AT_POLL, ScenarioState
from mockclaude.engine.state.limits import IN_FLIGHT
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.resources import MAX_LANE_BYTES
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.scenario.format.policy import Policy
from mockclaude.scenario.rules import Scenario
from mockclaude.wire.encode import encode

Data = Mapping[str, Any]

_SAME_RUN = 1e-3
"""Seconds by which the start of one server may differ between its entries."""


class Difference(NamedTuple):
    """A recorded request with another decision now.

    Attributes:
        number: The number of the request.
        request: Its method and path.
        reasons: Each difference.
    """

    number: int
    request: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"request {self.number}, {self.request}: {'; '.join(self.reasons)}"


def recheck(
    scenarios: Mapping[str, Scenario],
    entries: Sequence[Data],
    retry_speed: float = 1.0,
    max_upload: int = MAX_LANE_BYTES,
) -> list[Difference]:
    """Decide recorded requests again; return the differences.

    Args:
        scenarios: The scenarios by name.
        entries: The recorded requests.
        retry_speed: Divides the retry delays sent to clients.
        max_upload: The maximum number of bytes of an upload, and of the files of a lane.
    """
    return [
        Difference(entry["number"], f"{entry['request']['method']} {entry['request']['path']}", tuple(reasons))
        for run in split_runs(entries)
        for entry, reasons in _recheck_run(scenarios, run, retry_speed, max_upload)
        if reasons
    ]


def split_runs(entries: Sequence[Data]) -> list[list[Data]]:
    """Group entries by the server that wrote them, in the order of requests."""
    groups: list[tuple[float, list[Data]]] = []
    for entry in entries:
        start = entry["at"] - entry["request"]["since_start_us"] / 1e6
        run = next((run for other, run in groups if abs(other - start) < _SAME_RUN), None)
        if run is None:
            groups.append((start, run := []))
        run.append(entry)
    return [sorted(run, key=lambda entry: int(entry["number"])) for _, run in groups]


def select_entries(entries: Sequence[Data], number: int | None = None) -> list[Data]:
    """Select the entries of one scenario up to a request; none for an unknown number.

    Items of batches are left out, because their create call decides them. If the request is an item, the create call
    is left out, and the items of its batch are selected.

    Args:
        entries: Entries of one or more servers. If several servers have the number, the last one is used.
        number: The number of the request. None: the last one.
    """
    for run in reversed(split_runs(entries)):
        matching = [entry for entry in run if number in (None, entry["number"])]
        if matching:
            last = matching[-1]
            batch_id = _find_batch(last)
            return [
                entry
                for entry in run
                if entry["number"] <= last["number"]
                and entry["scenario"] == last["scenario"]
                and _find_batch(entry) in ("", batch_id)
                and not (batch_id and _has_created(entry, batch_id))
            ]
    return []


def _find_batch(entry: Data) -> str:
    """Return the id of the batch of an item; '' for another request."""
    return str(entry["request"].get("batch", {}).get("id", ""))


def _has_created(entry: Data, batch_id: str) -> bool:
    return any(note.startswith(f"batch {batch_id}, ") for note in entry["decision"]["notes"])


def _recheck_run(
    scenarios: Mapping[str, Scenario], run: Sequence[Data], retry_speed: float, max_upload: int
) -> Iterator[tuple[Data, list[str]]]:
    stores = {name: MemoryStore(max_upload) for name in scenarios}
    served = {
        name: ScenarioState(scenario, retry_speed, stores[name], max_upload) for name, scenario in scenarios.items()
    }
    for entry in run:
        if _find_batch(entry):
            continue  # the create call decides its items again
        state = served.get(entry["scenario"])
        if state is None:
            yield entry, [f"unknown scenario '{entry['scenario']}'; expected one that is served"]
        elif not is_complete(entry):
            answer(rebuild_request(entry, state.scenario.policy), state)  # refused, but raises counters
            yield entry, ["skipped, its body was truncated in the journal"]
        else:
            yield entry, list(_differences(entry, _decide_again(state, stores[entry["scenario"]], entry)))


def is_complete(entry: Data) -> bool:
    """Return whether the journal has the whole body of the request."""
    request = entry["request"]
    if is_redacted(entry) and "body_base64" not in request:
        return bool(request["whole"])
    return len(_read_body(request)) == int(request["body_size"])


def _read_body(request: Data) -> bytes:
    encoded = request.get("body_base64")
    return str(request["body"]).encode() if encoded is None else b64decode(encoded)


def is_redacted(entry: Data) -> bool:
    """Return whether credentials in the request are redacted."""
    return bool(entry["request"].get("redacted"))


def is_refused_in_flight(entry: Data) -> bool:
    """Return whether the request was refused for the number of requests in flight."""
    return IN_FLIGHT in entry["decision"]["notes"]


def ends_at_poll(entry: Data) -> bool:
    """Return whether the request has created a batch that a poll ends."""
    return ENDS_AT_POLL in entry["decision"]["notes"]


def _decide_again(served: ScenarioState, store: MemoryStore, entry: Data) -> Data:
    http = rebuild_request(entry, served.scenario.policy)
    method = http.head.method
    again = JournalEntry(entry["number"], entry["at"], method, entry["request"]["path"], {})
    store.limits.crowded = is_refused_in_flight(entry)
    served.is_instant = ends_at_poll(entry)
    decision = answer(http, served)
    if method == "HEAD":
        decision = decision.without_body()
    store.commit(decision.at_end)
    again.record_decision(decision, encode(decision.response, http11=http.head.http11), sys.maxsize)
    return entry_to_json(again)


def rebuild_request(entry: Data, policy: Policy) -> HttpRequest:
    """Build the recorded request.

    It gets an API key that `policy` accepts, unless the request was refused for its key.
    """
    request = entry["request"]
    path, _, query = request["path"].partition("?")
    address = find_address(path, entry["scenario"], (entry["scenario"],)) or ApiAddress("", "")
    headers = _headers(entry, policy)
    head = Head(
        request["method"],
        request["endpoint"],
        MultiDict(parse_qsl(query, keep_blank_values=True)),
        headers,
        http11=request["http"] != "1.0",
        page=request.get("page") or "",
        guest=request.get("guest", False),
        prefix=address.prefix,
        is_platform=address.is_platform,
    )
    head.custom_id = request.get("batch", {}).get("custom_id")
    at, since_start_us = entry["at"], request["since_start_us"]
    body, reused = _read_body(request), request["reused_connection"]
    return HttpRequest(head, headers, body, int(at), since_start_us, reused, int(at % 1 * 1e6))


_KEYS = ("x-api-key", "api-key", "authorization")


def _headers(entry: Data, policy: Policy) -> Mapping[str, str]:
    headers = CIMultiDict(entry["request"]["headers"])
    if entry["decision"]["reason"] != MISSING_KEY:  # else the header has no bearer token
        key = REDACTED if _is_key_refused(entry) else _key(entry["lane"], policy)
        keys = dict(zip(_KEYS, (key, key, f"Bearer {key}"), strict=True))
        headers.update({name: value for name, value in keys.items() if headers.get(name) == REDACTED})
    headers[LANE_HEADER] = entry["lane"]
    return headers


def _is_key_refused(entry: Data) -> bool:
    """Return whether the request was refused for its API key: a 401 that no rule asked for, in Bedrock a 403."""
    refused = 403 if entry["request"].get("adapter") == "bedrock" else 401
    return entry["decision"]["rule"] is None and entry["response"]["status"] == refused


def _key(lane: str, policy: Policy) -> str:
    """Return the API key in `policy` with this lane, or else any key; without keys the lane itself."""
    known = sorted(policy.api_keys, key=lambda key: (hash_key_to_lane(key) != lane, key))
    return known[0] if known else lane


_COMPARED: Mapping[str, Callable[[Data], Any]] = {
    "the rule": lambda entry: entry["decision"]["rule"] and entry["decision"]["rule"]["id"],
    "the draws": lambda entry: entry["decision"]["drawn"],
    "the status": lambda entry: entry["response"]["status"],
    "the bytes": lambda entry: entry["response"]["digest"],
    "the times": lambda entry: [send["at_us"] for send in entry["response"]["planned"]],
    "the ending": lambda entry: entry["response"]["end"],
}
"""Compared property -> its value in an entry."""


_WITHOUT_BODY = ("the rule", "the status", "the ending")
"""Compared properties of a request with a redacted body: all others depend on all of its bytes."""


def _differences(was: Data, now: Data) -> Iterator[str]:
    different = {what: (look(was), look(now)) for what, look in _COMPARED.items() if look(was) != look(now)}
    if was["response"]["digest"] is None:
        different.pop("the bytes", None)
    if is_redacted(was):
        different = {what: both for what, both in different.items() if what in _WITHOUT_BODY}
    for what, (before, after) in different.items():
        if what == "the rule":
            yield f"{what} was {_rule(was)}, is {_rule(now)}{_redacted_parts(was)}"
        elif what in ("the status", "the ending"):
            yield f"{what} was {before}, is {after}"
        elif not different.keys() & {"the rule", "the status"}:
            yield f"{what} {'is' if what == 'the ending' else 'are'} different"


def _redacted_parts(entry: Data) -> str:
    """Name the redacted parts that conditions cannot match, which excludes the API key."""
    headers = [name for name, value in entry["request"]["headers"].items() if REDACTED in value and name not in _KEYS]
    hidden = [*headers, *(["its body"] if is_redacted(entry) else [])]
    return f" (redacted: {', '.join(hidden)})" if hidden else ""


def _rule(entry: Data) -> str:
    rule = entry["decision"]["rule"]
    if rule is None:
        return "none"
    return f"'{rule['name']}' ({rule['place']})" if rule["name"] else str(rule["place"])
