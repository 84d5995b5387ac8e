"""Every named fault of another mockclaude, with and without a recorder in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.server.clock import Clock
from tests.proxy.outcomes import Outcome, fetch
from tests.proxy.relaying import recording
from tests.serving import NOW, PATIENCE, TIME_SCALE, ServerThread, post

pytestmark = pytest.mark.slow

SCENARIO = """
rules:
  - reply:
      - text: Grüße aus 東京, and a few more words so that there are several pieces of it.
      - tool_use: {name: get_weather, input: {city: Kyōto, unit: celsius, days: 7}}
"""
MALFORMED, CLOSED, RESET = "malformed HTTP/1.1: ", "the connection was closed before", "connection reset by peer"
SILENT = "nothing arrived for"

FAILED: dict[tuple[str, bool | None], str] = {
    ("status_line", None): MALFORMED,
    ("header_name", None): MALFORMED,
    ("double_content_length", None): MALFORMED,
    ("no_head", None): MALFORMED,
    ("garbage", None): MALFORMED,
    ("chunk_size", None): MALFORMED,
    ("garbage_after_headers", None): MALFORMED,
    ("content_length_too_short", True): MALFORMED,
    ("empty_reply", None): CLOSED,
    ("no_message_stop", False): CLOSED,
    ("no_message_delta", False): CLOSED,
    ("reset_at_once", None): RESET,
    ("refuse", None): RESET,
    ("hang", None): SILENT,
    ("pings_forever", False): SILENT,
    ("comments_forever", False): SILENT,
}
"""Preset, and whether streamed (None: both) -> the reason of the 502 that a client of the recorder gets."""

TORN = ("torn", "close")
AFTER_HEAD = {"chunk_size": TORN, "garbage_after_headers": TORN, "content_length_too_short": ("whole", "")}
"""Preset -> the ending that client and recording see if the head comes before the malformed bytes."""

ENDLESS = ("hang", "hang_before_body", "stall", "pings_forever", "comments_forever")
SECONDS = 1.0 * TIME_SCALE
SPEED = 200


class Relayed(NamedTuple):
    direct: Outcome
    relayed: Outcome
    exchanges: list[Exchange]
    problems: list[str]


def exchange(preset: str, folder: Path, *, stream: bool) -> Relayed:
    """Send one request to a server, and the same through a recorder to another one."""
    scenario = {"": load_text(f"{SCENARIO}    fault: {preset}\n")}
    clock = Clock(SPEED, lambda: NOW)
    request = post("Hello", stream=stream, connection="close")
    seconds = SECONDS if preset in ENDLESS else PATIENCE
    with ServerThread(scenario, clock=clock) as server:
        direct = fetch(server.port, request, seconds)
    with ServerThread(scenario, clock=clock) as server, recording(server.port, folder, timeout=seconds / 2) as made:
        relayed = fetch(made.server.port, request, seconds * 2)
        return Relayed(direct, relayed, made.finish(), made.session.summary.problems)


def list_cases(*, failed: bool) -> list[tuple[str, bool]]:
    cases = [(preset, stream) for preset in PRESETS for stream in (True, False)]
    return [case for case in cases if (case in FAILED or (case[0], None) in FAILED) == failed]


@pytest.mark.parametrize(("preset", "stream"), list_cases(failed=False))
def test_fault_is_relayed_as_it_comes(preset: str, stream: bool, tmp_path: Path) -> None:
    direct, relayed, exchanges, _ = exchange(preset, tmp_path, stream=stream)

    if preset in ENDLESS:  # more of it arrives the longer it is watched
        size = min(len(direct.body), len(relayed.body))
        direct, relayed = (outcome._replace(body=outcome.body[:size]) for outcome in (direct, relayed))
    assert relayed == direct
    (recorded,) = exchanges
    reception = recorded.reception
    assert reception.ending == ("" if relayed.ending == "whole" else "close")
    assert reception.body.startswith(relayed.body) or "gzip" in preset
    assert f" {reception.status} " in relayed.status


@pytest.mark.parametrize(("preset", "stream"), list_cases(failed=True))
def test_malformed_response_is_a_502(preset: str, stream: bool, tmp_path: Path) -> None:
    _, relayed, exchanges, problems = exchange(preset, tmp_path, stream=stream)

    if preset in AFTER_HEAD and exchanges:
        assert (relayed.ending, exchanges[0].reception.ending) == AFTER_HEAD[preset]
        return
    reason = FAILED.get((preset, stream)) or FAILED[preset, None]
    error = json.loads(relayed.body)["error"]
    assert (relayed.status, error["type"]) == ("HTTP/1.1 502 Bad Gateway", "api_error")
    assert f": {reason}" in error["message"]
    assert "x-should-retry: false" in relayed.headers
    assert exchanges == []
    assert len(problems) == 1
    assert f"request 1 (POST /v1/messages) is not recorded: {reason}" in problems[0]
