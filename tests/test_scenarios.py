"""Every shipped scenario, asked what its golden transcript asks, answers the very bytes that the transcript holds.

A transcript is a text file: lines that begin with `>>>` are requests (`>>> [header: value; ...] {body}`), what follows
is the response, byte for byte, with the planned times. `pytest --update-golden` writes the responses anew.
"""

import json
import re
from pathlib import Path

import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load
from mockclaude.wire.encode import encode
from tests.serving import CLIENT, http_request

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
NOW = 1_795_262_400
REQUEST = re.compile(rb"^>>> (?:\[(?P<headers>.*?)\] )?(?P<body>\{.*\})$", re.MULTILINE)


def golden_file(scenario: Path) -> Path:
    return GOLDEN / scenario.relative_to(ROOT / "scenarios").with_suffix(".txt")


def call(request: re.Match[bytes]) -> HttpRequest:
    headers = dict(pair.split(": ") for pair in request["headers"].decode().split("; ")) if request["headers"] else {}
    return http_request("POST", "/v1/messages", {}, CLIENT | headers, request["body"], NOW)


def written(given: Decision) -> bytes:
    script = encode(given.response, http11=True)
    sends = [b"<<< at %d us\n%b\n" % (at, data) for at, data in script.sends]
    ending = f"=== {script.end.name} at {script.end_at} us, {given.reason}\n".replace(f"{ROOT}/", "")
    return b"".join([*sends, ending.encode()])


def transcript(scenario: Path, requests: list[re.Match[bytes]]) -> bytes:
    served = ScenarioState(load([scenario]))
    return b"\n".join(request[0] + b"\n" + written(answer(call(request), served)) for request in requests)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_answers_byte_for_byte(scenario: Path, pytestconfig: pytest.Config) -> None:
    golden = golden_file(scenario).read_bytes()
    renewed = transcript(scenario, list(REQUEST.finditer(golden)))
    if pytestconfig.getoption("--update-golden"):
        golden_file(scenario).write_bytes(renewed)
    assert renewed == golden_file(scenario).read_bytes()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_a_transcript_asks_for_every_rule_streamed_and_not(scenario: Path) -> None:
    golden = golden_file(scenario).read_bytes()
    asked = [json.loads(request["body"]).get("stream", False) for request in REQUEST.finditer(golden)]
    assert {True, False} == set(asked)
    places = [str(rule.place).removeprefix(f"{ROOT}/") for rule in load([scenario]).rules]
    assert not [place for place in places if place not in golden.decode()]
