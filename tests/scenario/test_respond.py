"""The step `respond`: what a file may write, and what its mistakes say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.body_folder import MAX_BODY_FILE
from mockclaude.scenario.loading.loader import load, load_all, load_text
from mockclaude.scenario.recorded_reply import RecordedReply

START = 'event: message_start\ndata: {"message":{"content":[]}}\n\n'


def mistake(reply: str) -> str:
    with pytest.raises(ScenarioError) as raised:
        load_text(f"rules:\n- reply: {reply}")
    return str(raised.value).partition(": ")[2]


def recorded(file: Path) -> RecordedReply:
    found = load([file]).rules[0].replies[0].recorded
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            "[Hi, {respond: {body: Hi}}]",
            "`respond` beside other steps, got text and respond; expected `respond` alone, or followed by `disconnect` "
            "or `pause: forever`",
        ),
        (
            "[{respond: {body: Hi}}, {pause: 1s}]",
            "`respond` beside other steps, got respond and pause; expected `respond` alone, or followed by "
            "`disconnect` or `pause: forever`",
        ),
        (
            "{respond: {body: Hi, file: a.sse}}",
            "wrong keys, got body and file; expected one of body, file or base64",
        ),
        ("{respond: {base64: '?'}}", "`base64`: not valid bytes; expected base64"),
        (
            "{respond: {file: a.sse}}",
            "a file for a rule that is not in a scenario file; expected `body` or `base64`",
        ),
        (
            "{respond: {base64: SGk=, templates: true}}",
            "`templates` without a `body`; expected a text or JSON with placeholders",
        ),
        *(
            (
                f"{{respond: {{status: {status}, body: Hi}}}}",
                f"a body with the status {status}, which has none; expected no body; remove it, or set another status",
            )
            for status in (204, 304)
        ),
        *(
            (f"{{{step}: {{{more}headers: {{x-tide: {value}}}}}}}", "expected one line of Latin-1 characters")
            for step, more in (("respond", ""), ("error", "type: api_error, "))
            for value in ('"a\\nb"', '"a\\rb"', '"a\\0b"', "'→'")
        ),
        ("{respond: Hi}", "invalid value, got string 'Hi'; expected a mapping (`key: value`)"),
        ("{respond: {status: 99}}", "invalid value, got number 99; expected at least 200"),
        ("{respond: {body: '${{ usr }}', templates: true}}", "'usr' is unknown in ${{ }}; expected user, system"),
    ],
)
def test_a_mistake_says_what_to_write(reply: str, message: str) -> None:
    assert message in mistake(reply)


def test_a_recorded_text_needs_no_escape() -> None:
    assert load_text("rules: [{reply: {respond: {body: 'a ${{ b'}}}]").rules[0].replies[0].recorded is not None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.sse", "cannot read 'missing.sse': No such file or directory; expected a file, relative to"),
        (
            "../outside.sse",
            "a file outside the folder of the scenario file, got '../outside.sse'; expected one below it",
        ),
        ("/etc/passwd", "a file outside the folder of the scenario file, got '/etc/passwd'"),
        ("link.sse", "a file outside the folder of the scenario file, got 'link.sse'"),
        ("folder", "cannot read 'folder': Is a directory"),
        ('"a\\0b"', "a file outside the folder of the scenario file, got 'a\\x00b'"),
    ],
)
def test_a_file_is_below_the_folder_of_its_scenario(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "in" / "folder").mkdir(parents=True)
    (tmp_path / "outside.sse").write_text(START)
    (tmp_path / "in" / "link.sse").symlink_to(tmp_path / "outside.sse")
    file = tmp_path / "in" / "tide.yaml"
    file.write_text(f"rules:\n- reply: {{respond: {{file: {name}}}}}")

    with pytest.raises(ScenarioError) as raised:
        load([file])
    assert f"{file}:2:27: {message}" in str(raised.value)


def test_a_file_has_a_maximum_size(tmp_path: Path) -> None:
    (tmp_path / "large.bin").touch()
    os.truncate(tmp_path / "large.bin", MAX_BODY_FILE + 1)
    file = tmp_path / "tide.yaml"
    file.write_text("rules: [{reply: {respond: {file: large.bin}}}]")

    with pytest.raises(ScenarioError, match=r"'large\.bin' is larger than 64 MB; expected a smaller file"):
        load([file])


def test_a_file_is_read_when_the_scenario_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "tide").mkdir()
    body, file = tmp_path / "tide" / "get.sse", tmp_path / "tide.yaml"
    body.write_bytes(START.encode() + b"\xff")
    file.write_text("rules: [{reply: {respond: {file: tide/get.sse}}}]")
    reply = recorded(file)
    body.unlink()

    assert (reply.body, reply.is_stream) == (START.encode() + b"\xff", True)


@pytest.mark.parametrize("body", ['{"content": []}', '{"rules": []}'])
def test_a_body_in_a_folder_is_not_a_scenario(body: str, tmp_path: Path) -> None:
    (tmp_path / "tide").mkdir()
    (tmp_path / "tide" / "get.json").write_text(body)
    (tmp_path / "tide.yaml").write_text("rules: [{reply: {respond: {file: tide/get.json}}}]")

    assert sorted(load_all([tmp_path])) == ["", "tide"]


@pytest.mark.parametrize("is_stream", [True, False])
def test_thinking_of_a_recorded_reply_is_known(is_stream: bool) -> None:
    block = {"type": "thinking", "thinking": "Hm.", "signature": "EpAB"}
    start = f"event: content_block_start\ndata: {json.dumps({'index': 0, 'content_block': block})}\n\n"
    body = START + start if is_stream else {"content": [block]}
    scenario = load_text(json.dumps({"rules": [{"reply": {"respond": {"body": body}}}]}))

    assert scenario.known_signatures.signatures == {"EpAB"}


@pytest.mark.parametrize("key", ["respond", r'"resp\u006fnd"', r'"\x72espond"'])
@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_a_file_is_found_however_its_key_is_written(tmp_path: Path, key: str, suffix: str) -> None:
    if suffix == ".json" and "x72" in key:
        return
    (tmp_path / "get.sse").write_text(START)
    file = tmp_path / f"tide{suffix}"
    quoted = key if key.startswith('"') else f'"{key}"'
    file.write_text(f'{{"rules": [{{"reply": {{{quoted}: {{"file": "get.sse"}}}}}}]}}')

    assert load([file]).body_files == (str(tmp_path / "get.sse"),)


def test_the_place_of_a_body_is_that_of_the_step() -> None:
    with pytest.raises(ScenarioError, match=r"a\.yaml:2:21: a body with the status 204"):
        load_text("rules:\n- reply: [{respond: {status: 204, body: Hi}}]", "a.yaml")


def test_a_fault_can_have_a_body_that_its_status_forbids() -> None:
    assert load_text("rules: [{reply: Hi, fault: {respond: {status: 204, body: Hi}}}]").rules
