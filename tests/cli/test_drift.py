"""The command `drift`: recordings of each kind, known differences, and its mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.journal_file import JournalFile
from mockclaude.scenario.loading.loader import load_all
from tests.cli.invoking import invoke, written
from tests.scenario.recording.cassette_writers import Recorded, to_har, to_ruby, to_vcrpy
from tests.serving import NOW, ServerThread, asking

VERSION = {"anthropic-version": "2023-06-01", "content-type": "application/json"}
QUESTION = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": "Hi"}]}


def respond(body: dict[str, Any], **headers: str) -> Recorded:
    """Return a request with the response that the mock gives to it."""
    state = ScenarioState(load_all([], validation="anthropic")[""])
    sent = {**VERSION, **headers, "x-api-key": "mock"}
    content = orjson.dumps(body)
    response = answer(HttpRequest(Head("POST", "/v1/messages", {}, sent), sent, content, NOW), state).response
    lines = (*response.headers.lines, ("request-id", response.request_id))
    return Recorded(content, response.data, response.status, lines)


def cassette(folder: Path, *recorded: Recorded, name: str = "tide.yaml") -> Path:
    return written(folder / name, yaml.safe_dump(to_vcrpy(recorded)))


def edited(recorded: Recorded, **changes: Any) -> Recorded:
    """Return the exchange with other keys in its message; None removes a key."""
    message = {**orjson.loads(recorded.body), **changes}
    return recorded._replace(body=orjson.dumps({key: value for key, value in message.items() if value != "absent"}))


REFUSED = {**QUESTION, "max_tokens": 0, "messages": []}
TOLD = "input tokens, mock to API: 1.00 (p10), 1.00 (median), 1.00 (p90) of "


def test_responses_of_the_mock_itself_do_not_differ(tmp_path: Path) -> None:
    exchanges = [respond(QUESTION), respond({**QUESTION, "stream": True}), respond(REFUSED)]
    for write, name in [(to_vcrpy, "a.yaml"), (to_ruby, "b.yml"), (to_har, "c.har")]:
        written(tmp_path / name, json.dumps(write(exchanges), default=bytes.decode))
    result = invoke("drift", tmp_path)
    assert (result.stdout, result.exit_code) == (f"{TOLD}6 responses\n9 requests: no differences\n", 0)


def test_differences_are_grouped_with_an_example(tmp_path: Path) -> None:
    other = edited(respond(QUESTION), stop_details="absent", container=None)
    refused = edited(respond(REFUSED), error={"type": "invalid_request_error", "message": "no"})
    path = cassette(tmp_path, other, refused, other, respond(REFUSED)._replace(status=529))
    result = invoke("drift", path)
    assert result.stdout.splitlines() == [
        "2  message: only the mock sends `stop_details`",
        f"   {path}:3:5",
        "2  message: the mock does not send `container`",
        f"   {path}:3:5",
        "1  error text: no; mock: messages: at least one message is required",
        f"   {path}:{line_of(path, 2) + 1}:5",
        f"{TOLD}2 responses",
        "4 requests: 3 new differences, 1 not compared (status 529)",
    ]
    assert result.exit_code == 1


def line_of(path: Path, number: int) -> int:
    """Return the line of a request in a cassette of vcrpy."""
    lines = [line for line, text in enumerate(path.read_text().splitlines(), 1) if "request:" in text]
    return lines[number - 1]


def test_known_differences_do_not_fail(tmp_path: Path) -> None:
    path, allow = cassette(tmp_path, edited(respond(QUESTION), container=None)), tmp_path / "known.txt"
    assert invoke("drift", path, "--write-allow", allow).exit_code == 1
    assert allow.read_text().splitlines()[1:] == ["message: the mock does not send `container`"]
    result = invoke("drift", path, "--allow", allow)
    assert (result.stdout, result.exit_code) == (f"{TOLD}1 response\n1 request: 1 known difference\n", 0)
    allow.write_text("# a list\n- 'message: the mock does not send `container`'\n- gone\n")
    assert invoke("drift", path, "--allow", allow).stdout.splitlines()[1:] == [
        "1 of the known differences no longer occur, such as: gone",
        "1 request: 1 known difference",
    ]


@pytest.mark.parametrize(("tokens", "code"), [("20%", 1), ("60%", 0), ("0%", 1)])
def test_input_tokens_differ_by_their_median(tmp_path: Path, tokens: str, code: int) -> None:
    recorded = respond(QUESTION)
    usage = orjson.loads(recorded.body)["usage"]
    path = cassette(tmp_path, edited(recorded, usage={**usage, "input_tokens": usage["input_tokens"] * 2}))
    result = invoke("drift", path, "--tokens", tokens)
    expected = f"; expected a median within {tokens} of 1" if code else ""
    text = "input tokens, mock to API: 0.50 (p10), 0.50 (median), 0.50 (p90) of 1 response"
    assert (result.stdout, result.exit_code) == (f"{text}{expected}\n1 request: no differences\n", code)


def test_json_has_the_whole_report(tmp_path: Path) -> None:
    path = cassette(tmp_path, edited(respond(QUESTION), container=None))
    report = json.loads(invoke("drift", path, "--json").stdout)
    assert report == {
        "requests": 1,
        "different": 1,
        "skipped": {},
        "differences": [
            {
                "difference": "message: the mock does not send `container`",
                "requests": 1,
                "example": f"{path}:3:5",
                "is_known": False,
            }
        ],
        "input_tokens": {"responses": 1, "p10": 1.0, "median": 1.0, "p90": 1.0, "tolerance": 0.2},
        "no_longer": [],
        "passed": False,
    }


def test_betas_that_the_recorder_dropped_are_supplied(tmp_path: Path) -> None:
    body = {**QUESTION, "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}
    beta = "context-management-2025-06-27"
    accepted = respond(body, **{"anthropic-beta": beta})
    assert accepted.status == 200
    result = invoke("drift", cassette(tmp_path, accepted, respond(REFUSED)._replace(status=200)))
    assert "status 200; mock: 400; messages: at least one message is required" in result.stdout
    assert "2 requests: 1 new difference" in result.stdout


def test_thread_continues_the_message_of_the_mock(tmp_path: Path) -> None:
    beta = {"anthropic-beta": "message-threads-2026-08-12"}
    first = respond({**QUESTION, "thread": {"type": "create"}}, **beta)
    recorded = edited(first, id="msg_01OfTheRealApi0000000000")
    body = {**QUESTION, "thread": {"type": "continue", "previous_message_id": "msg_01OfTheRealApi0000000000"}}
    unknown = {**QUESTION, "thread": {"type": "continue", "previous_message_id": "msg_01Unknown00000000000000"}}
    later = recorded._replace(sent=orjson.dumps(body))
    refused = respond(unknown, **beta)
    broken = respond(QUESTION)._replace(sent=b'"previous_message_id')
    path = cassette(tmp_path, recorded, later, refused, broken)
    assert invoke("drift", path).stdout.splitlines()[-1].startswith("4 requests: 1 new difference")


def recording(folder: Path, rules: list[dict[str, Any]]) -> Path:
    return written(folder / "tide.yaml", yaml.safe_dump({"rules": rules}, sort_keys=False))


def rule(recorded: Recorded, *names: str, **keys: Any) -> dict[str, Any]:
    origin = {"from": "api.anthropic.com", "on": "2026-11-29", "requests": list(names)}
    step = {"respond": {"status": recorded.status, "headers": {"content-type": "application/json"}}}
    step["respond"]["body"] = recorded.body.decode()
    return {"recorded": origin, **(keys or {"reply": step}), "_": step}


def test_recording_with_requests_is_compared(tmp_path: Path) -> None:
    good, bad = respond(QUESTION), edited(respond(QUESTION), container=None)
    (tmp_path / "tide").mkdir()
    for name in ("one", "two"):
        (tmp_path / "tide" / f"{name}.request.json").write_bytes(good.sent)
    (tmp_path / "tide" / "one.sse").write_text("event: x\n\n")
    one, two = rule(good)["_"], rule(bad)["_"]
    rules: list[dict[str, Any]] = [
        {**rule(good, "tide/one.request.json"), "reply": [one, {"disconnect": "close"}]},
        {**rule(good, "tide/one.request.json", "tide/two.request.json", "tide/two.request.json", sequence=[one, two])},
        {"reply": "Hello"},
        {"recorded": {"from": "a", "on": "2026-11-29"}, **one},
    ]
    path = recording(tmp_path, [{key: value for key, value in item.items() if key != "_"} for item in rules])
    result = invoke("drift", tmp_path)
    assert result.stdout.splitlines()[0] == "2  message: the mock does not send `container`"
    assert result.stdout.splitlines()[1].startswith(f"   {path}:")
    assert result.stdout.splitlines()[-1] == "4 requests: 1 new difference"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recorded": {"on": 1, "requests": ["absent.json"]}}, "cannot read 'absent.json': No such file or directory"),
        ({"reply": "Hello"}, "recorded requests without a reply; expected `respond`"),
        ({"reply": {"respond": {"status": 7}}}, "invalid `respond`: Input should be greater than or equal to 200"),
        ({"reply": {"respond": {"base64": "*"}}}, "invalid `respond`: `base64`: not valid bytes"),
    ],
)
def test_mistake_in_a_recording_has_its_place(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    good = respond(QUESTION)
    written(tmp_path / "one.request.json", good.sent.decode())
    item = {**rule(good, "one.request.json"), **change}
    item.pop("_")
    path = recording(tmp_path, [item])
    result = invoke("drift", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{path}:")
    assert message in result.stderr


def journal(folder: Path) -> Path:
    path = folder / "recording.log"
    file = JournalFile(path)
    rules = "rules: [{when: {user: teapot}, reply: {error: {type: not_found_error, message: No}}}, {reply: Hi}]"
    scenarios = load_all([written(folder / "rules.yaml", rules)])
    with ServerThread(scenarios) as server:
        for body in (asking("Hi"), asking("teapot"), asking("Hi", max_tokens=0), asking("é").replace(b"\xc3", b"")):
            head = f"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: k\r\ncontent-length: {len(body)}\r\n"
            headers = "".join(f"{name}: {value}\r\n" for name, value in VERSION.items())
            server.ask(f"{head}{headers}\r\n".encode() + body)
            file.write([server.line()])
    file.close()
    return path


def test_journal_is_compared_by_status(tmp_path: Path) -> None:
    path = journal(tmp_path)
    result = invoke("drift", path)
    assert (result.stdout, result.exit_code) == ("3 requests: no differences\n", 0)
    text = path.read_text().replace('"status":200', '"status":404')
    text = text.replace('"rule":{"id"', '"rule":null,"was":{"id"', 1)
    lines = [line for line in text.splitlines() if '"rule":null,"was"' in line]
    changed = written(tmp_path / "changed.jsonl", "\n".join(lines))
    assert invoke("drift", changed).stdout == (
        f"1  status 404; mock: 200\n   {changed}:1\n1 request: 1 new difference\n"
    )


def test_files_that_are_not_recordings_are_left_out_of_folders(tmp_path: Path) -> None:
    cassette(tmp_path, respond(QUESTION), Recorded(sent=b""), Recorded(method="GET"))
    (tmp_path / "tide.sse").write_text("event: x\n\n")
    written(tmp_path / "notes.yaml", "notes: [1]")
    written(tmp_path / "torn.jsonl", "not a journal")
    result = invoke("drift", tmp_path)
    assert result.stdout.splitlines()[-1] == "3 requests: no differences, 2 not compared (request without a body)"
    assert [line.partition(str(tmp_path))[2] for line in result.stderr.splitlines()] == [
        "/notes.yaml: left out: not a cassette; expected `interactions`, `http_interactions` or the `log` of a HAR",
        "/tide.yaml: left out 1 request other than POST /v1/messages: 1 to GET https://api.anthropic.com/v1/messages",
        "/torn.jsonl:1:1: left out: not a journal entry; expected a JSON line written by `serve --journal`",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.yaml"], "absent.yaml: cannot read this cassette: No such file or directory"),
        (
            ["notes.yaml"],
            "notes.yaml: not a cassette; expected `interactions`, `http_interactions` or the `log` of a HAR",
        ),
        (["empty.yaml"], "no requests with bodies in these recordings; expected some, such as of `record --requests`"),
        (["empty.yaml", "--allow", "absent"], "absent: cannot read this file: No such file or directory"),
        (["empty.yaml", "--allow", "latin"], "latin: cannot read this file: not UTF-8"),
        (["tide.yaml", "--write-allow", "a/b"], "a/b: cannot write this file: No such file or directory"),
        (
            ["tide.yaml", "--tokens", "20"],
            "Error: Invalid value for --tokens: not a percentage, got '20'; expected such as 20%",
        ),
        (
            ["tide.yaml", "--tokens", "x%"],
            "Error: Invalid value for --tokens: not a percentage, got 'x%'; expected such as 20%",
        ),
    ],
)
def test_mistake_ends_with_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "notes.yaml", "notes: [1]")
    written(tmp_path / "empty.yaml", "interactions: []")
    (tmp_path / "latin").write_bytes(b"\xff")
    cassette(tmp_path, respond(QUESTION))
    result = invoke("drift", *arguments)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, message)
