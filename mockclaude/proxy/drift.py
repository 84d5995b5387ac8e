"""Ask the mock each request of a recording, and compare the responses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson
from multidict import CIMultiDict, MultiDict

from mockclaude.api.betas import HEADER, KNOWN, LISTED
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.proxy.drift_cases import DriftCase, ObservedResponse, observe
from mockclaude.proxy.drift_shape import list_differences
from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.cassettes.cassette_formats import DEFAULT_HEADERS, MESSAGES
from mockclaude.scenario.rules import Scenario

_KEY = {"x-api-key": "mock"}
_NOW = 1_767_225_600
"""The time of requests without a day, in seconds since the epoch: 2026-01-01."""

_NOT_COMPARED = (401, 403, 408, 409, 429)
"""Statuses that depend on the account or the moment, as those from 500 do."""

_GATES = tuple(beta.name for beta in LISTED.betas if beta.opens)
"""The betas that open fields of a request."""

_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class ComparedCase(NamedTuple):
    """The result for one request.

    Attributes:
        place: The place in the recording.
        differences: The differences in shape.
        skipped: The reason why the responses were not compared; '' if they were.
        token_ratio: The mock's input tokens, divided by the recorded ones; None without both.
    """

    place: str
    differences: tuple[str, ...] = ()
    skipped: str = ""
    token_ratio: float | None = None


def compare_cases(cases: Iterable[DriftCase], scenario: Scenario) -> Iterator[ComparedCase]:
    """Yield the result for each request of a recording, in order.

    Ids of messages in later requests are replaced by those of the mock, so that it knows the messages.

    Args:
        cases: The requests of one recording.
        scenario: The scenario whose responses are compared.
    """
    state, ids = ScenarioState(scenario), dict[str, str]()
    for case in cases:
        if skipped := _find_obstacle(case):
            yield ComparedCase(case.place, skipped=skipped)
            continue
        mock = _ask(case._replace(body=_replace_ids(case.body, ids)), state)
        if (known := _find_id(case.response)) and (own := _find_id(mock)):
            ids[known] = own
        differences = tuple(list_differences(case.response, mock))
        yield ComparedCase(case.place, differences, token_ratio=_find_ratio(case.response, mock))


def _find_obstacle(case: DriftCase) -> str:
    """Return the reason why a response cannot be compared; '' if it can."""
    status = case.response.status
    if not case.body:
        return "request without a body"
    return f"status {status}" if status in _NOT_COMPARED or status >= 500 else ""


def _ask(case: DriftCase, state: ScenarioState) -> ObservedResponse:
    """Return the mock's response.

    If it refuses a request for which the recorder has kept no betas, each beta that opens fields is tried, then all.
    """
    response = _decide(case, state, {})
    if response.status == 400 and case.response.status != 400 and HEADER not in case.headers:
        for betas in (*_GATES, ",".join(sorted(KNOWN))):
            with_betas = _decide(case, state, {HEADER: betas})
            if with_betas.status == case.response.status:
                return with_betas
    return response


def _decide(case: DriftCase, state: ScenarioState, more: Mapping[str, str]) -> ObservedResponse:
    headers = CIMultiDict({**DEFAULT_HEADERS, **case.headers, **more, **_KEY})
    query = MultiDict(parse_qsl(case.path.partition("?")[2], keep_blank_values=True))
    decision = answer(HttpRequest(Head("POST", MESSAGES, query, headers), headers, case.body, _find_time(case)), state)
    state.store.commit(decision.at_end)
    response = decision.response
    sent = {**dict(response.headers.lines), "request-id": response.request_id}
    reply = RecordedReply(response.status, sent, response.data, None, usual_headers=True)
    return observe(reply, frozenset(sent))


def _find_time(case: DriftCase) -> int:
    try:
        return int(datetime.fromisoformat(case.day).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return _NOW


def _replace_ids(body: bytes, ids: Mapping[str, str]) -> bytes:
    """Replace ids of messages that a request continues or compares itself with."""
    if b"previous_message_id" not in body:
        return body
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    for part in (document.get("thread"), document.get("diagnostics")) if isinstance(document, dict) else ():
        if isinstance(part, dict) and isinstance(previous := part.get("previous_message_id"), str):
            part["previous_message_id"] = ids.get(previous, previous)
    return orjson.dumps(document)


def _find_id(response: ObservedResponse) -> str:
    message = _find_message(response)
    return str(message.get("id") or "")


def _find_message(response: ObservedResponse) -> Mapping[str, Any]:
    assembled = response.reply.assembled if response.reply else None
    return assembled.message if assembled else {}


def _find_ratio(recorded: ObservedResponse, mock: ObservedResponse) -> float | None:
    tokens, own = _count_input(recorded), _count_input(mock)
    return own / tokens if tokens and own else None


def _count_input(response: ObservedResponse) -> int:
    usage = _find_message(response).get("usage") or {}
    return sum(usage.get(key) or 0 for key in _INPUT)
