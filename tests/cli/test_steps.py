"""`steps` prints a recording with readable steps, and what they do not keep."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockclaude.proxy.check import check_recording
from mockclaude.scenario.loading.loader import load, load_text
from mockclaude.scenario.recording.exchange import Reception
from mockclaude.scenario.recording.rule_text import write_recording
from tests.cli.invoking import invoke, written
from tests.scenario.recording.tide import HTML, OVERLOADED, WHOLE_FRAMES, exchanges_of, json_reply, number, put, stream

USAGE = {"input_tokens": 601, "output_tokens": 14}
MESSAGE: dict[str, Any] = {
    "id": "msg_01Tide",
    "type": "message",
    "role": "assistant",
    "model": "claude-tide-1",
    "stop_reason": "end_turn",
}
MESSAGE |= {
    "content": [{"type": "text", "text": "At 14:10."}],
    "stop_sequence": None,
    "stop_details": None,
    "usage": USAGE,
}
RESPOND: dict[str, Any] = {"respond": {"headers": {"request-id": "req_01"}, "body": MESSAGE, "pace": {"ttft": "812ms"}}}
ERROR = {"type": "error", "error": {"type": "api_error", "message": "Low"}, "request_id": "req_01"}
FAILED: dict[str, Any] = {"respond": {"status": 500, "body": ERROR, "pace": {"ttft": "80ms"}}}
PAGE = {"respond": {"status": 502, "body": "<h1>Bad gateway</h1>"}}
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "At 14:10."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": USAGE},
    {"type": "message_stop"},
]
STREAM = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS)


def convert(tmp_path: Path, *rules: Any, only: str | None = None, **head: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the printed file as data, which is valid, and the notes without the places."""
    from mockclaude.scenario.loading.source import read

    file = written(tmp_path / "tide.yaml", json.dumps({**head, "rules": list(rules)}))
    result = invoke("steps", file, *([] if only is None else [only]))
    assert result.exit_code == 0, result.output
    load_text(result.stdout)
    notes = [line.partition("): ")[2] or line.partition(": ")[2] for line in result.stderr.splitlines()]
    return read("out.yaml", result.stdout.encode()).data, notes


def test_a_reply_becomes_steps_and_a_pace(tmp_path: Path) -> None:
    data, notes = convert(tmp_path, {"name": "tide", "when": {"turn": 1}, "reply": RESPOND}, models="any")
    [rule] = data["rules"]

    assert (data["models"], notes) == ("any", ["not kept: the headers request-id"])
    assert (rule["when"], rule["as_written"], rule["pace"]) == ({"turn": 1}, True, {"ttft": "812ms"})
    assert rule["reply"][0] == {"text": "At 14:10."}
    assert rule["reply"][-1]["message"]["id"] == "msg_01Tide"


@pytest.mark.parametrize("key", ["sequence", "turns"])
def test_each_reply_of_a_rule_becomes_steps(tmp_path: Path, key: str) -> None:
    slow = {"respond": {**RESPOND["respond"], "pace": {"ttft": "9s"}}}
    data, notes = convert(tmp_path, {"name": "tide", key: [FAILED, RESPOND, "Hi", PAGE, slow, slow]})
    [rule] = data["rules"]

    assert rule[key][0] == [{"pause": "80ms"}, {"error": {"type": "api_error", "message": "Low"}}]
    assert rule[key][2:4] == ["Hi", PAGE]
    assert rule["pace"] == {"ttft": "812ms"}
    assert notes == [
        "reply 2: not kept: the headers request-id",
        "reply 4: kept as it is: not a message or an error of the API",
        *(f"reply {number}: not kept: the headers request-id, its own pace" for number in (5, 6)),
    ]


def test_replies_of_a_choice_become_steps(tmp_path: Path) -> None:
    choice = [{"weight": 1, "reply": FAILED}, {"weight": 2, "reply": "Hi"}]
    data, _ = convert(tmp_path, {"choice": choice, "times": 2})

    assert data["rules"][0]["choice"][0]["reply"][1] == {"error": {"type": "api_error", "message": "Low"}}
    assert data["rules"][0]["choice"][1] == choice[1]


@pytest.mark.parametrize(
    ("pace", "expected"),
    [
        ({"ttft": "1s", "gaps": ["0ms", "0ms", "1s"]}, {"ttft": "1s", "tokens_per_second": 2.0}),
        ({"gaps": ["0ms"]}, None),
        ({"ttft": "1s", "gap": "9ms"}, {"ttft": "1s", "gap": "9ms"}),
        ("instant", "instant"),
    ],
    ids=str,
)
def test_a_pace_has_a_speed_in_place_of_single_times(tmp_path: Path, pace: Any, expected: Any) -> None:
    respond = {"headers": {"content-type": "text/event-stream"}, "body": STREAM, "pace": pace}
    data, _ = convert(tmp_path, {"reply": {"respond": respond}})
    if isinstance(expected, dict) and "tokens_per_second" in expected:
        expected["tokens_per_second"] = data["rules"][0]["pace"]["tokens_per_second"]

    assert data["rules"][0].get("pace") == expected


@pytest.mark.parametrize("pace", [{"gaps": ["1ms"]}, "instant"], ids=str)
def test_an_error_without_a_first_time_has_no_pause(tmp_path: Path, pace: Any) -> None:
    data, _ = convert(tmp_path, {"reply": {"respond": {**FAILED["respond"], "pace": pace}}})

    assert "error" in data["rules"][0]["reply"][0]


def test_a_rule_can_be_selected_by_its_name(tmp_path: Path) -> None:
    rules = [{"name": "tide", "when": {"turn": 1}, "reply": RESPOND}, {"name": "page", "reply": PAGE}]

    assert [rule["name"] for rule in convert(tmp_path, *rules, only="page", models="any")[0]["rules"]] == ["page"]


def test_an_unknown_rule_is_an_error(tmp_path: Path) -> None:
    file = written(tmp_path / "tide.yaml", json.dumps({"rules": [{"name": "tide", "reply": RESPOND}]}))
    result = invoke("steps", file, "tides")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "RULE: unknown rule, got 'tides'; expected the name of a rule; did you mean 'tide'?\n"


def test_a_rule_that_is_not_recorded_is_printed_as_written(tmp_path: Path) -> None:
    data, notes = convert(tmp_path, {"when": {"user": "Hi"}, "reply": "Hello"})

    assert (data, notes) == ({"rules": [{"when": {"user": "Hi"}, "reply": "Hello"}]}, [])


def test_a_session_replays_from_its_steps(tmp_path: Path) -> None:
    """A session with an error, a torn stream, bodies in files, and rules that a person has written."""
    torn = stream(*WHOLE_FRAMES[:4], ending="close")
    long = json_reply({**MESSAGE, "content": [{"type": "text", "text": "High water. " * 900}]})
    page = Reception(502, HTML, b"\r\n" + b"<p>" * 2_000)
    replies = [json_reply(OVERLOADED, 529), stream(*WHOLE_FRAMES)]
    rules = [
        *number([("Bergen?", replies), ("Oslo?", [torn]), ("Rome?", [page])], stream=True),
        *(each._replace(exchanges=(replace(each.exchanges[0], number=9),)) for each in number([("Paris?", [long])])),
    ]
    file = put(tmp_path, write_recording(rules, "tide"))
    by_hand = """
  - when: {user: Nice?}
    reply: {respond: {templates: true, body: "${{ user }}"}}
  - {when: {user: Lyon?}, reply: [At noon., {stop_reason: refusal}]}
"""
    written(file, file.read_text() + by_hand)
    result = invoke("steps", str(file))
    written(file, result.stdout)

    assert sorted(path.name for path in (tmp_path / "tide").iterdir()) == ["1-Paris.json", "1-Rome.html"]
    assert check_recording(file, exchanges_of(rules)) == []
    assert [rule.as_written for rule in load([file]).rules] == [True, True, False, True, False, False]
    assert "kept as it is: a body with placeholders" in result.stderr


@pytest.mark.parametrize("data", ["[" * 45 + "]" * 45, "{" + "x" * 600 + ": 1}"], ids=["depth", "key"])
def test_data_that_cannot_be_written_are_an_error(tmp_path: Path, data: str) -> None:
    tool = "{name: tide, input: {x: " + data + "}}"
    file = written(tmp_path / "tide.yaml", "rules:\n  - reply: {tool_use: " + tool + "}\n")
    result = invoke("steps", file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}: ")
    assert result.stderr.count("\n") == 1
