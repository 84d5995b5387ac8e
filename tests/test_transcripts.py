"""Every fault, at every moment, in every form of an answer, is written as its line of the golden file says.

A line has the fault, the form, and what is written: the status, the number of writes and of bytes, the first writes as
`time:bytes`, how and when the response ends, what the log says of it, and a hash of every byte with its time. A line
that changes by itself is a defect. `pytest --update-golden` writes the file anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.encode import encode
from tests.serving import CLIENT, http_request

GOLDEN = Path(__file__).parent / "golden" / "faults.txt"
REPLY = [
    {"thinking": "It greets me."},
    {"text": "Good morning, Zoë! Here is the file."},
    {"tool_use": {"name": "read", "input": {"path": "a.txt", "lines": [1, 2]}}},
]
MOMENTS: list[dict[str, str]] = [
    *({"before": place} for place in ("headers", "body", "end", "message_stop", "last content_block_delta")),
    *({"after": place} for place in ("0 events", "3 events", "text_delta 2", "1 byte", "700 bytes", "50%", "150ms")),
]
PLACED: list[dict[str, Any]] = [
    {"disconnect": "reset"},
    {"disconnect": "close"},
    {"disconnect": "clean"},
    {"stall": "2s"},
    {"stall": "forever"},
    {"stall": "1s", "pings": "300ms"},
    {"stall": "1s", "comments": "300ms"},
    {"error": "overloaded_error"},
    {"error": {"type": "api_error", "message": "Oh", "status": 503}},
    {"insert": {"event": "hologram", "data": {"a": 1}}},
    {"restart": True},
    {"corrupt": 2},
    {"garbage": 20},
    {"raw": {"hex": "00ff"}},
]
UNPLACED: list[dict[str, Any]] = [
    {"respond": {"status": 418, "headers": {"a": "b"}, "body": "short and stout"}},
    {"drop": "every text_delta"},
    {"drop": "last content_block_stop"},
    {"duplicate": "text_delta 2", "copies": 3},
    {"swap": ["content_block_start", "last content_block_stop"]},
    {"edit": "body", "set": {"usage.output_tokens": 7, "content.0.text": "?"}, "delete": "stop_reason"},
    {"edit": "message_delta", "set": {"delta.stop_reason": "end"}, "delete": ["usage.output_tokens"]},
    {"headers": {"request-id": False, "x-a": "b", "content-type": "text/plain"}},
    {"slice": 5, "every": "1ms"},
    {"slice": 700},
    {"rate": "1KB/s"},
    {"content_length": 3},
    {"refuse": "3s"},
    {"script": ["ok", 529]},
]
FORMS: dict[str, dict[str, Any]] = {
    "stream": {"stream": True},
    "message": {},
    "stream, HTTP/1.0": {"stream": True, "chunked": False},
    "message, HTTP/1.0": {"chunked": False},
    "stream, paced": {"stream": True, "pace": "ttft=100ms, tokens_per_second=50, jitter=20%"},
    "message, paced": {"pace": "ttft=100ms, tokens_per_second=50"},
}
COMPRESSED = ("broken_gzip", "truncated_gzip")
"""Faults whose bytes depend on the version of zlib."""
TOGETHER = [
    *("reset", "short", "stall", "pings_forever", "dribble", "slow", "bytewise", "corrupt", "error_event", "restart"),
    *("no_usage", "drop_block_start", "duplicate_delta", "done", "wrong_content_type", "content_length_too_long"),
    *("529", "garbage_after_headers", "not_gzip"),
]


def rows() -> Iterator[tuple[list[Any], str]]:
    """Yield faults that meet in one answer, and its form."""
    named = [name for name in PRESETS if name not in COMPRESSED]
    yield from (([fault], form) for fault in ("nothing", *named, *UNPLACED, *PLACED) for form in FORMS)
    yield from (([{**kind, **at}], form) for kind in PLACED for at in MOMENTS for form in ("message", "stream, paced"))
    yield from (([*pair], "stream, paced") for pair in combinations(TOGETHER, 2))


def served(faults: dict[str, list[Any]]) -> ScenarioState:
    """Return a scenario that answers each text with the faults that it stands for."""
    rules = [
        {"name": text, "when": {"user": {"equals": text}}, "reply": REPLY, "as_written": True}
        | ({} if text == "nothing" else {"fault": together})
        for text, together in faults.items()
    ]
    return ScenarioState(load_text(json.dumps({"rules": rules})))


def written(faults: list[Any]) -> str:
    return " + ".join(fault if isinstance(fault, str) else json.dumps(fault) for fault in faults)


def call(text: str, *, chunked: bool = True, pace: str = "", stream: bool = False) -> HttpRequest:
    lane = sha256(f"{text} {chunked} {pace} {stream}".encode()).hexdigest()
    headers = CLIENT | {"x-mockclaude-lane": lane} | ({"x-mockclaude-pace": pace} if pace else {})
    body = {
        "model": "claude-sonnet-5",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": text}],
        "tools": [{"name": "read", "input_schema": {"type": "object"}}],
        "stream": stream,
    }
    return http_request("POST", "/v1/messages", {}, headers, json.dumps(body).encode(), 1_795_262_400, chunked)


def line(given: Decision, *, http11: bool) -> str:
    script = encode(given.response, http11=http11)
    first = " ".join(f"{at}:{len(data)}" for at, data in script.sends[:4])
    more = " ..." if len(script.sends) > 4 else ""
    size = sum(len(send.data) for send in script.sends)
    digest = sha256(b"".join(b"%d\n%b" % send for send in script.sends)).hexdigest()[:12]
    down = f", down {script.down_us}" if script.down_us else ""
    ending = f"{script.end.name} at {script.end_at}{down}"
    notes = "; ".join(note for note in given.notes if note.startswith("fault: "))
    return f"{script.status}, {len(script.sends)} writes, {size} bytes, {first}{more}, {ending}, {digest}, {notes}"


def lines() -> list[str]:
    found = [(written(faults), faults, form) for faults, form in rows()]
    scenario = served({text: faults for text, faults, _ in found})
    return [f"{text} | {form} | {written_to(scenario, call(text, **FORMS[form]))}" for text, _, form in found]


def written_to(scenario: ScenarioState, request: HttpRequest) -> str:
    return line(answer(request, scenario), http11=request.head.http11)


def test_a_fault_is_written_as_ever(pytestconfig: pytest.Config) -> None:
    renewed = lines()
    if pytestconfig.getoption("--update-golden"):
        GOLDEN.write_text("\n".join(renewed) + "\n")

    assert renewed == GOLDEN.read_text().splitlines()
