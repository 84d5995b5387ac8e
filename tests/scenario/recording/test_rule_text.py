"""A recording as text: readable, the same each time, and read back as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given

from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.loading.source import read
from mockclaude.scenario.recording.body_form import MAX_INLINE, MAX_INLINE_TOTAL, name_file
from mockclaude.scenario.recording.exchange import Arrival, Reception
from mockclaude.scenario.recording.rule_text import WrittenRecording, write_recording
from mockclaude.scenario.recording.unique_names import UniqueNames
from tests.scenario.recording.tide import (
    FRAMES,
    HTML,
    JSON,
    SESSION,
    SSE,
    STREAM,
    TEXTS,
    VALUES,
    exchange,
    json_reply,
    number,
    put,
    rule,
    stream,
)

TIDE = """\
# Recorded by mockclaude record. Replay: mockclaude tide.yaml
# `when` selects a reply. `recorded` only shows requests that have changed. The last gap of a pace repeats.
rules:
  # 529 overloaded_error, then 7 events in 1.0s: tool_use get_tide {"harbour":"Bergen"}; tool_use; 655 in, 38 out
  - name: 1 When is high water in Bergen?
    when: {turn: 1, user: {equals: 'When is high water in Bergen?'}}
    recorded: {from: api.anthropic.com, on: 2026-11-29, request: system - tools - messages f2b94cd4 settings 43e83169}
    sequence:
      - respond:
          status: 529
          headers: {content-type: application/json, request-id: req_01RecordedA}
          pace: {ttft: 6ms}
          body: {type: error, error: {details: null, type: overloaded_error, message: Overloaded}}
      - respond:
          headers: {content-type: text/event-stream; charset=utf-8, request-id: req_01RecordedB}
          pace: {ttft: 800ms, gaps: [33ms, 34ms, 33ms, 33ms, 34ms, 33ms]}
          body: |2+
"""


def texts(written: WrittenRecording) -> list[str]:
    return written.text.splitlines()


def written(*receptions: Reception, **options: Any) -> WrittenRecording:
    return write_recording(number([("Tides?", list(receptions))]), "tide", **options)


def respond(reception: Reception) -> dict[str, Any]:
    """Return the step of the only rule, as the file has it."""
    data = read("tide.yaml", written(reception).text.encode()).data
    reply = data["rules"][0]["reply"]
    step: dict[str, Any] = (reply[0] if isinstance(reply, list) else reply)["respond"]
    return step


def test_a_recording_is_readable() -> None:
    first, _, second = write_recording(SESSION, "tide").text.partition("            event: message_start\n")

    assert first == TIDE
    assert second.splitlines()[-9:] == [
        '  # message: text "High water in Bergen is at 14:10."; end_turn; 655 in, 14 out',
        "  - name: 1 And in Oslo?",
        "    when: {turn: 1, user: {equals: 'And in Oslo?'}}",
        "    recorded: {from: api.anthropic.com, on: 2026-11-29, request: system - tools - messages 4010fe8d settings "
        "43e83169}",
        "    reply:",
        "      respond:",
        "        headers: {content-type: application/json, request-id: req_01RecordedA}",
        "        pace: {ttft: 1304ms}",
        "        body: {model: claude-haiku-4-5-20251001, id: msg_01RecordedE, type: message, role: assistant, "
        "content: [{type: text, text: High water in Bergen is at 14:10.}], stop_reason: end_turn, stop_sequence: null, "
        "usage: {input_tokens: 655, output_tokens: 14}}",
    ]


def test_times_can_be_left_out() -> None:
    text = write_recording(SESSION, "tide", times=False).text

    assert "pace:" not in text
    assert "then 7 events: tool_use" in text


def test_a_recording_of_nothing_has_no_rules() -> None:
    assert read("tide.yaml", write_recording([], "tide").text.encode()).data == {"rules": []}


def test_the_name_of_the_file_is_quoted_for_the_shell() -> None:
    assert texts(write_recording([], "high tide\n"))[0].endswith("Replay: mockclaude 'high tide .yaml'")


def test_a_torn_response_ends_with_a_disconnect() -> None:
    whole, torn = stream(*FRAMES), stream(*FRAMES[:2], ending="close")

    assert texts(written(torn))[-1] == "      - disconnect: close"
    assert texts(written(torn, whole))[-1] == ""
    assert [line for line in texts(written(whole, torn)) if line.endswith(("- respond:", "close"))] == [
        "      - respond:",
        "      - - respond:",
        "        - disconnect: close",
    ]


def test_requests_are_kept_beside_the_recording(tmp_path: Any) -> None:
    recording = written(json_reply(), Reception(200, HTML, b"\r"), requests=True)
    names = ["tide/1-Tides.request.json", "tide/1-Tides-2.html", "tide/1-Tides-2.request.json"]

    assert list(recording.bodies) == names
    assert f"requests: [{names[0]}, {names[2]}]" in recording.text
    assert orjson.loads(recording.bodies[names[0]])["max_tokens"] == 99
    assert set(load([put(tmp_path, recording)]).body_files) == {str(tmp_path / name) for name in names}


def test_the_reason_why_a_rule_is_ambiguous_is_a_comment() -> None:
    [only] = number([("Tides?", [json_reply()])])
    text = write_recording([only._replace(problem="also matches request 2,\nof another rule")], "tide").text

    assert "\n  # also matches request 2, of another rule\n  - name: 1 Tides?\n" in text


def test_a_rule_without_conditions_and_request_has_neither_key() -> None:
    [only] = number([("Tides?", [json_reply()])])
    text = write_recording([only._replace(when={}, request="")], "tide").text

    assert "when:" not in text
    assert "recorded: {from: api.anthropic.com, on: 2026-11-29}\n" in text


def test_json_for_a_client_that_wants_a_stream_has_the_condition() -> None:
    asks = [exchange(at, "Tides?", json_reply(), stream=at != 3) for at in (1, 2, 3)]

    assert "stream: true}" in write_recording([rule("a", "Tides?", *asks[:2])], "tide").text
    assert "stream: " not in write_recording([rule("a", "Tides?", *asks)], "tide").text
    assert "stream: " not in written(json_reply()).text


@pytest.mark.parametrize(
    ("content_type", "body", "step"),
    [
        (JSON[0], b'{"a":1.5,"b":[null,true,"x"]}', {"body": {"a": 1.5, "b": [None, True, "x"]}}),
        (JSON[0], b'{"a": 1}', {"body": '{"a": 1}'}),
        (JSON[0], b'{"a":1,"a":1}', {"body": '{"a":1,"a":1}'}),
        (JSON[0], b'"text"', {"body": '"text"'}),
        (JSON[0], b"[" * 60 + b"]" * 60, {"body": "[" * 60 + "]" * 60}),
        (JSON[0], b"[" * 300 + b"]" * 300, {"body": "[" * 300 + "]" * 300}),
        (JSON[0], b'{"%b":1}' % (b"k" * 600), {"body": '{"%s":1}' % ("k" * 600)}),
        (JSON[0], b'{"a":"\\u2028\\r"}', {"body": '{"a":"\\u2028\\r"}'}),
        (JSON[0], b"", {}),
        (SSE[0], STREAM, {"body": STREAM.decode()}),
        (HTML[0], b"<h1>\n  Bad", {"body": "<h1>\n  Bad"}),
        (HTML[0], b"<h1>\r\n  Bad", {"file": "tide/1-Tides.html"}),
        (JSON[0], b"{\r}", {"file": "tide/1-Tides.json"}),
        (("content-type", ""), b'{"a":"\xc2\x85"}', {"body": {"a": "\x85"}}),
        (("content-type", ""), b"\xe2\x80\xa8", {"file": "tide/1-Tides.txt"}),
        (SSE[0], b"data: \xff\n\n", {"base64": "ZGF0YTog/woK"}),
        (SSE[0], b"\r", {"file": "tide/1-Tides.sse"}),
        (HTML[0], b"\xff" * 301, {"file": "tide/1-Tides.bin"}),
        (HTML[0], b"x" * MAX_INLINE, {"body": "x" * MAX_INLINE}),
        (HTML[0], b"x" * (MAX_INLINE + 1), {"file": "tide/1-Tides.html"}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_body_has_the_shortest_readable_form(content_type: Any, body: bytes, step: dict[str, Any]) -> None:
    kept = respond(Reception(200, (content_type,), body))

    assert {key: kept[key] for key in kept if key != "headers"} == step


def test_the_longest_bodies_move_out_of_a_large_file() -> None:
    size = MAX_INLINE_TOTAL // 1_000
    pages = [Reception(502, HTML, b"x" * (size + at % 3)) for at in range(1_005)]
    recording = written(*pages)

    assert sum(len(body) for body in recording.bodies.values()) >= 5 * size
    assert {len(body) for body in recording.bodies.values()} == {size + 2}
    assert len(recording.text) > MAX_INLINE_TOTAL


def test_a_file_has_not_too_many_keys(tmp_path: Any) -> None:
    document = {str(number): 0 for number in range(400)}
    recording = write_recording(number([(f"Tides {at}?", [json_reply(document)]) for at in range(200)]), "tide")

    load([put(tmp_path, recording)])
    assert recording.text.count("'399': 0") == 126
    assert recording.text.count('"399":0') == 74


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), {"content-type": False}),
        ((*JSON, ("content-length", "7"), ("a b", "c")), dict(JSON)),
        ((*HTML, ("retry-after", "in 3s")), dict(HTML)),
        ((*HTML, ("x-name", "Øre\udcff")), {**dict(HTML), "x-name": "Ã\x98re\xff"}),
        ((*HTML, ("x-name", "a\r\nb: c")), {**dict(HTML), "x-name": "a  b: c"}),
    ],
)
def test_headers_are_those_that_a_client_reads(headers: Any, expected: dict[str, Any]) -> None:
    assert respond(Reception(200, headers, b""))["headers"] == expected


@pytest.mark.parametrize(
    ("reception", "pace"),
    [
        (Reception(200, SSE, STREAM), None),
        (Reception(200, SSE, STREAM, 7_400), {"ttft": "7ms"}),
        (Reception(200, SSE, STREAM, 0, (Arrival(400, len(STREAM)),)), None),
        (Reception(200, SSE, b"", 3_000, (Arrival(9_000, 0),)), {"ttft": "3ms"}),
        (Reception(200, SSE, STREAM, 0, (Arrival(8_600, len(STREAM)),)), {"ttft": "9ms"}),
        (Reception(200, SSE, STREAM, 0, (Arrival(8_600, 9), Arrival(12_500, 9_000))), {"ttft": "12ms"}),
        (stream(*FRAMES, gap_us=10_000), {"ttft": "800ms", "gaps": ["10ms"]}),
        (stream(*FRAMES[:3], gap_us=333_500), {"ttft": "800ms", "gaps": ["334ms", "333ms"]}),
        (json_reply(at_us=1_304_400), {"ttft": "1304ms"}),
    ],
)
def test_the_pace_is_that_of_the_arrivals(reception: Reception, pace: Any) -> None:
    assert respond(reception).get("pace") == pace


def test_a_file_has_not_too_many_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockclaude.scenario.recording.recorded_pace.MAX_GAPS", 6)
    text = written(stream(*FRAMES), stream(*FRAMES)).text

    assert "gaps: [33ms, 34ms, 33ms, 33ms, 34ms, 33ms]}" in text
    assert "pace: {ttft: 800ms, gap: 33ms}" in text


@given(TEXTS, VALUES)
def test_names_and_conditions_are_read_back(name: str, value: Any) -> None:
    [only] = number([("Tides?", [json_reply()])])
    changed = only._replace(name=name, when={name: value, "text": name})
    [data] = read("tide.yaml", write_recording([changed], "tide").text.encode()).data["rules"]

    assert (data["name"], data["when"]) == (name, {name: value, "text": name})


def test_half_a_surrogate_pair_is_replaced() -> None:
    [only] = number([("Tides?", [json_reply()])])
    text = write_recording([only._replace(name="a\ud800b")], "tide").text

    assert read("tide.yaml", text.encode()).data["rules"][0]["name"] == "a\ufffdb"


def test_names_of_files_are_safe_and_unique() -> None:
    names = UniqueNames(["get_tide"])
    rules = ["2 get_tide", "get_tide", "Get_Tide", "a/../b", "潮", "", "con", "CON", "x" * 99, "潮"]

    assert [names.create(name_file(name)) for name in rules] == [
        "2-get_tide",
        "get_tide-2",
        "Get_Tide-3",
        "a-b",
        "rule",
        "rule-2",
        "rule-con",
        "rule-CON-2",
        "x" * 60,
        "rule-3",
    ]


def test_equal_names_are_numbered() -> None:
    names = UniqueNames()

    assert {names.create("a") for _ in range(3_000)} == {"a", *(f"a-{number}" for number in range(2, 3_001))}


def test_a_request_that_is_not_json_is_written() -> None:
    [only] = number([("Tides?", [json_reply()])])
    raw = replace(only.exchanges[0], body=b"\xff")
    recording = write_recording([only._replace(exchanges=(raw,))], "tide", requests=True)

    assert recording.bodies == {"tide/1-Tides.request.json": b"\xff"}
