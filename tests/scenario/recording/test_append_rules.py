"""New rules in a recording: the others stay byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mockclaude.proxy.check import check_recording
from mockclaude.scenario.digests import digest_request
from mockclaude.scenario.loading.loader import load, load_text
from mockclaude.scenario.recording.append_rules import EditedRecording, append_rules, find_contested
from mockclaude.scenario.recording.exchange import Exchange, Reception
from mockclaude.scenario.recording.recording_places import EditError
from mockclaude.scenario.recording.rule_text import WrittenRecording, write_recording
from tests.scenario.recording.tide import FRAMES, HTML, SESSION, exchanges_of, json_reply, number, put, stream

NEW = number([("And in Rome?", [json_reply()]), ("And in Nice?", [stream(*FRAMES)])], stream=True)


def append(text: str, stem: str = "tide") -> EditedRecording:
    return append_rules(text, load_text(text), NEW, stem)


HAND_WRITTEN = {
    "at the end": "rules:\n  - reply: Hi # ok\n    when: {user: Hi}\n",
    "without a margin": "rules:\n- when: {user: Hi}\n  reply: Hi\n",
    "wide": "rules:\n      # first\n      -   when:\n              user: Hi\n          reply: |\n            # Hi\n",
    "keys after": "rules:\n  - when: {user: Hi}\n    reply: Hi\n\n# the seed\nseed: 7\n",
    "keys before": "seed: 7\nrules:\n  - when: {user: Hi}\n    reply: Hi\n",
    "without an end": "rules:\n  - when: {user: Hi}\n    reply: Hi",
    "empty lines": "rules:\n  - when: {user: Hi}\n    reply: |+\n      Hi\n\n\n",
    "an end that counts": "rules:\n  - when: {user: Hi}\n    reply: |+\n      Hi\n",
    "carriage returns": "rules:\r\n  - when: {user: Hi}\r\n    reply: Hi\r\n",
}


@pytest.mark.parametrize("text", HAND_WRITTEN.values(), ids=HAND_WRITTEN)
def test_new_rules_stand_after_the_others(tmp_path: Path, text: str) -> None:
    edited = append(text)
    rest = edited.text
    for part in text.splitlines(keepends=True):
        _, found, rest = rest.partition(part)
        assert found, part
    file = put(tmp_path, WrittenRecording(edited.text, edited.bodies))

    assert check_recording(file, exchanges_of(NEW)) == []
    assert [rule.name for rule in load([file]).rules] == [None, "1 And in Rome?", "1 And in Nice?"]
    assert edited.notes == ()


@pytest.mark.parametrize("text", ["rules: []\n", "rules: [] # none\nseed: 7\n", "seed: 7\nrules:\n  [\n  ]"])
def test_an_empty_recording_gets_rules(text: str) -> None:
    assert [rule.name for rule in load_text(append(text).text).rules] == ["1 And in Rome?", "1 And in Nice?"]


def test_a_session_in_two_parts_has_the_text_of_one() -> None:
    first = write_recording(SESSION, "tide").text

    assert append(first).text == write_recording([*SESSION, *NEW], "tide").text


def test_a_rule_for_a_matched_request_stands_in_front() -> None:
    text = "rules:\n  - name: never\n    when: {user: never}\n    reply: a\n\n  # any\n  - name: any\n    reply: b\n"
    edited = append(text)

    assert [rule.name for rule in load_text(edited.text).rules] == ["never", "1 And in Rome?", "1 And in Nice?", "any"]
    assert edited.notes == (
        "rule '1 And in Rome?' stands in front of 'any' (scenario.yaml:7:5), which matches its request",
        "rule '1 And in Nice?' stands in front of 'any' (scenario.yaml:7:5), which matches its request",
    )
    assert edited.text.startswith(text.partition("  # any")[0])
    assert edited.text.endswith("\n\n  # any\n  - name: any\n    reply: b\n")


def test_a_rule_that_was_exhausted_stays_in_front() -> None:
    edited = append("rules:\n  - reply: a\n    times: 1\n")

    assert [rule.name for rule in load_text(edited.text).rules] == [None, "1 And in Rome?", "1 And in Nice?"]


def test_names_of_rules_and_files_stay_unique() -> None:
    pages = number([("Tides?", [Reception(502, HTML, b"\r")])])
    text = "rules:\n  - name: 1 Tides?\n    when: {user: {equals: tides}}\n    reply: a\n"
    edited = append_rules(text, load_text(text), [*pages, *pages], "tide")

    assert [line for line in edited.text.splitlines() if "name" in line or "file" in line] == [
        "  - name: 1 Tides?",
        "  - name: 1 Tides? (2)",
        "        file: tide/1-Tides-2.html",
        "  - name: 1 Tides? (3)",
        "        file: tide/1-Tides-3.html",
    ]


def test_files_of_other_rules_keep_their_content(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(number([("Tides?", [Reception(502, HTML, b"\r")])]), "tide"))
    other = number([("tides?", [Reception(502, HTML, b"\n\r")])])
    edited = append_rules(file.read_text(), load([file]), other, "tide")

    assert edited.bodies == {"tide/1-tides-2.html": b"\n\r"}


def test_a_request_that_is_no_message_matches_no_rule() -> None:
    broken = [rule._replace(exchanges=tuple(map(_break, rule.exchanges))) for rule in NEW]
    text = "rules:\n  - reply: a\n"

    assert append_rules(text, load_text(text), broken, "tide").notes == ()


def _break(exchange: Exchange) -> Exchange:
    return replace(exchange, body=b"[]")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: [{reply: Hi}]", "tide.yaml:1: a rule in flow style; expected `- name: NAME`"),
        (
            "rules:\n  - {reply: Hi}\n",
            "tide.yaml:2: a rule in flow style; expected `- name: NAME`",
        ),
        (
            "rules:\n  - when: {user: never}\n    reply: |+\n      Hi",
            "tide.yaml: no place for new rules; expected an empty line at the end of the file",
        ),
    ],
)
def test_another_layout_is_an_error(text: str, message: str) -> None:
    with pytest.raises(EditError) as raised:
        append(text)

    assert str(raised.value) == message


def test_a_request_with_too_much_work_is_not_contested() -> None:
    patterns = [f"order( {count}|) .*now" for count in range(200)]
    recorded = {"from": "api", "on": "2026-11-30", "request": digest_request({"messages": []})}
    rule = {"when": {"user": {"regex": patterns}}, "recorded": recorded, "reply": "a"}
    session = number([("order 7 is now", [json_reply()]), ("order " * 100_000, [json_reply()])])

    assert find_contested(load_text(json.dumps({"rules": [rule]})), exchanges_of(session)) == {1}
