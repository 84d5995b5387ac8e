"""Every named fault and incident of another mockclaude: direct, with a recorder in between, and replayed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load, load_text
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.recording.recorded_headers import list_headers
from mockclaude.scenario.recording.redaction import KEPT_HEADERS
from mockclaude.scenario.rules import Scenario
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

INCIDENTS = sorted((Path(__file__).parents[2] / "scenarios" / "incidents").glob("*.yaml"))
ENDLESS_INCIDENTS = ("only_pings", "silence_for_ever")
RESET_INCIDENT = "reset_before_headers"

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
DECODED = ("gzip", "gzip_held_back")
"""Presets whose body is compressed, and is recorded and replayed without."""

ENDLESS = ("hang", "hang_before_body", "stall", "pings_forever", "comments_forever")
SILENCE = 0.5 * TIME_SCALE
"""Seconds without a byte after which the recorder gives up."""
WATCHED = 1000
"""The bytes of an endless body that are enough."""
SPEED = 1000


class Relayed(NamedTuple):
    outcome: Outcome
    exchanges: list[Exchange]
    problems: list[str]


def serving(scenarios: Mapping[str, Scenario]) -> ServerThread:
    return ServerThread(scenarios, clock=Clock(SPEED, lambda: NOW))


def load_fault(preset: str) -> Scenario:
    return load_text(f"{SCENARIO}    fault: {preset}\n")


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """Yield the ports of two equal servers, which have a scenario for each fault and each incident."""
    faults = {preset: load_fault(preset) for preset in PRESETS}
    scenarios = faults | {f"incident_{file.stem}": load([file]) for file in INCIDENTS}
    with serving(scenarios) as direct, serving(scenarios) as behind:
        yield direct.port, behind.port


def relay(port: int, folder: Path, *, stream: bool, endless: bool, path: str = "") -> Relayed:
    """Send a request through a recorder to a server."""
    timeout, size = (SILENCE, WATCHED) if endless else (PATIENCE, None)
    with recording(port, folder, timeout=timeout, path=path) as made:
        outcome = fetch(made.server.port, post("Hello", stream=stream, connection="close"), size=size)
        return Relayed(outcome, made.finish(), made.session.summary.problems)


def check_twice(ports: tuple[int, int], name: str, folder: Path, *, stream: bool, endless: bool) -> None:
    """Check that a response is the same without a recorder, with one in between, and replayed."""
    relayed, exchanges, _ = relay(ports[1], folder, stream=stream, endless=endless, path=f"/{name}")
    if name in AFTER_HEAD and " 502 " in relayed.status:
        return
    size = len(relayed.body) if endless else None
    direct = fetch(ports[0], post("Hello", f"/{name}/v1/messages", stream=stream, connection="close"), size=size)
    assert relayed == direct._replace(body=direct.body[:size])
    check_replay(exchanges[0], relayed, folder, stream=stream, is_decoded=name in DECODED)


def replay(exchanges: Sequence[Exchange], folder: Path, *, stream: bool) -> Outcome:
    """Save a recording, and send the request to a server of it."""
    recorder, path = Recorder(RecorderSettings(), {}), folder / "tide.yaml"
    saved = recorder.save(path, [recorder.redact(exchange) for exchange in exchanges])
    assert list(saved.problems) == []
    with serving({"": load([path])}) as server:
        return fetch(server.port, post("Hello", stream=stream, connection="close"))


def show_kept(outcome: Outcome, exchange: Exchange) -> Outcome:
    """Return an outcome with the code of its status and the headers that a recording keeps, if the API sent them."""
    sent = list_headers(exchange.reception)
    pairs = [line.split(": ", 1) for line in outcome.headers]
    kept = sorted(
        f"{name.lower()}: {value}" for name, value in pairs if sent.get(name.lower()) and name.lower() in KEPT_HEADERS
    )
    return outcome._replace(status=outcome.status.split(" ")[1], headers=tuple(kept))


def list_cases(*, failed: bool) -> list[tuple[str, bool]]:
    cases = [(preset, stream) for preset in PRESETS for stream in (True, False)]
    return [case for case in cases if (case in FAILED or (case[0], None) in FAILED) == failed]


@pytest.mark.parametrize(("preset", "stream"), list_cases(failed=False))
def test_fault_is_relayed_and_replayed_as_it_comes(
    preset: str, stream: bool, ports: tuple[int, int], tmp_path: Path
) -> None:
    check_twice(ports, preset, tmp_path, stream=stream, endless=preset in ENDLESS)


def check_replay(recorded: Exchange, relayed: Outcome, folder: Path, *, stream: bool, is_decoded: bool = False) -> None:
    """Check that an exchange is recorded and replayed as the recorder's client has got it."""
    reception = recorded.reception
    assert reception.ending == ("" if relayed.ending == "whole" else "close")
    assert reception.body.startswith(relayed.body) or is_decoded
    assert f" {reception.status} " in relayed.status
    replayed = replay([recorded], folder, stream=stream)
    expected = relayed._replace(body=reception.body)  # an endless one is recorded longer than it is watched
    assert show_kept(replayed, recorded) == show_kept(expected, recorded)


@pytest.mark.parametrize("name", [file.stem for file in INCIDENTS if file.stem != RESET_INCIDENT])
def test_incident_is_relayed_and_replayed_as_it_comes(name: str, ports: tuple[int, int], tmp_path: Path) -> None:
    check_twice(ports, f"incident_{name}", tmp_path, stream=True, endless=name in ENDLESS_INCIDENTS)


def test_incident_without_a_response_is_a_502(ports: tuple[int, int], tmp_path: Path) -> None:
    relayed, exchanges, problems = relay(
        ports[1], tmp_path, stream=True, endless=False, path=f"/incident_{RESET_INCIDENT}"
    )

    assert (relayed.status, exchanges, len(problems)) == ("HTTP/1.1 502 Bad Gateway", [], 1)
    assert f"is not recorded: {RESET}" in problems[0]


@pytest.mark.parametrize(("preset", "stream"), list_cases(failed=True))
def test_malformed_response_is_a_502(preset: str, stream: bool, tmp_path: Path) -> None:
    with serving({"": load_fault(preset)}) as server:
        relayed, exchanges, problems = relay(server.port, tmp_path, stream=stream, endless=preset in ENDLESS)
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
