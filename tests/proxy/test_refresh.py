"""A recording with the replies of a new session: what differs is replaced, all else stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.proxy.check import check_recording
from mockclaude.proxy.session_replay import match_session
from mockclaude.scenario.digests import digest_request
from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.loading.source import read
from mockclaude.scenario.recording.append_rules import append_rules
from mockclaude.scenario.recording.exchange import Exchange, Reception, RecordedRule
from mockclaude.scenario.recording.recording_places import EditError
from mockclaude.scenario.recording.refresh import RefreshedRecording, refresh
from mockclaude.scenario.recording.rule_text import WrittenRecording, write_recording
from tests.scenario.recording.tide import (
    CALL,
    HTML,
    MESSAGE,
    OVERLOADED,
    exchange,
    exchanges_of,
    json_reply,
    number,
    put,
    receptions,
    rule,
    sessions,
)


def message(text: str, message_id: str = "msg_01RecordedE", **fields: Any) -> Reception:
    return json_reply({**MESSAGE, "id": message_id, "content": [{"type": "text", "text": text}], **fields})


TEXTS = ("Bergen?", "Oslo?", "Rome?")
OLD = number([(text, [message(f"At {at}.")]) for at, text in enumerate(TEXTS)])


def session(*texts: str, message_id: str = "msg_01Recorded2") -> list[Exchange]:
    return exchanges_of(
        number([(text, [message(reply, message_id)]) for text, reply in zip(TEXTS, texts, strict=True)])
    )


def refreshed(file: Path, exchanges: list[Exchange], *, prune: bool = False) -> RefreshedRecording:
    """Refresh a recording in its file."""
    scenario = load([file])
    result = refresh(file.read_text(), scenario, match_session(scenario, exchanges), file.stem, prune=prune)
    put(file.parent, WrittenRecording(result.text, result.bodies), file.name)
    return result


def test_an_equal_session_changes_no_byte(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(OLD, "tide"))
    before = file.read_text()
    again = session("At 0.", "At 1.", "At 2.")
    result = refreshed(file, again)

    assert (result.text, result.diffs, result.exact) == (before, {}, frozenset())
    assert check_recording(file, again, exact=result.exact) == []
    assert len(check_recording(file, again)) == 3


@pytest.mark.parametrize("position", [0, 1, 2])
def test_only_the_changed_reply_is_replaced(tmp_path: Path, position: int) -> None:
    file = put(tmp_path, write_recording(OLD, "tide"))
    parts = file.read_text().split("\n\n")
    texts = [f"At {at}." for at in range(3)]
    texts[position] = "At noon."
    again = session(*texts)
    result = refreshed(file, again)
    new_parts = result.text.split("\n\n")

    assert [at for at in range(3) if parts[at] != new_parts[at]] == [position]
    assert list(result.diffs) == [f"1 {TEXTS[position]}"]
    assert result.diffs[f"1 {TEXTS[position]}"] == (
        "@@ -2,5 +2,5 @@",
        " content-type: application/json",
        " text:",
        f"-  At {position}.",
        "+  At noon.",
        " {",
        '   "model": "claude-haiku-4-5-20251001",',
    )
    assert f'# message: text "At noon."; end_turn; 655 in, 14 out\n  - name: 1 {TEXTS[position]}' in result.text
    assert check_recording(file, again, exact=result.exact) == []


EDITED = """\
# my recording
seed: 7
rules:
  # this one is important
  - name: 1 Bergen?
    pace: {ttft: 1s}   # slow
    recorded: {from: api.anthropic.com, on: 2026-11-29}
    # the reply
    reply:
      respond: {body: 'a: {file: tide/x}'}
    # the fault
    fault: 529
    when: {turn: 1, user: Bergen?}

  - when: {user: Oslo?}
    reply: By hand.

  - recorded: {from: api.anthropic.com, on: 2026-11-29}
    when: {user: Rome?}
    reply: Readable steps.
# the end
locale: de_DE
"""


def test_all_else_in_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "tide.yaml"
    file.write_text(EDITED)
    result = refreshed(file, session("a", "b", "c"))
    old, new = (
        "      respond: {body: 'a: {file: tide/x}'}\n",
        "      respond:\n        headers: {content-type: application/json, request-id: ",
    )

    assert result.text.startswith(EDITED.partition(old)[0] + new)
    assert result.text.endswith("\n" + EDITED.partition(old)[2])
    assert set(result.diffs) == {"1 Bergen?"}
    assert (result.exact, result.ignored) == (frozenset([1]), frozenset([2, 3]))
    assert result.notes == (f"{file}:18:5 has readable steps; its reply stays",)
    assert "fault: 529" in result.text


def test_a_hand_written_rule_is_not_compared(tmp_path: Path) -> None:
    file = tmp_path / "tide.yaml"
    file.write_text(EDITED.replace("    fault: 529\n", ""))
    again = session("a", "b", "c")
    result = refreshed(file, again)

    assert check_recording(file, again, exact=result.exact, ignored=result.ignored) == []


def test_rules_that_no_request_matches_can_be_dropped(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(OLD, "tide"))
    kept = write_recording(OLD[1:2], "tide").text
    result = refreshed(file, session("At 0.", "At 1.", "At 2.")[1:2], prune=True)

    assert result.text.strip() == kept.strip()
    assert result.diffs["1 Rome?"] == ("dropped: no request matched the rule",)


@pytest.mark.parametrize(("end", "data"), [("", {"rules": []}), ("\nseed: 7\n", {"rules": [], "seed": 7})])
def test_all_rules_can_be_dropped(tmp_path: Path, end: str, data: dict[str, Any]) -> None:
    file = put(tmp_path, write_recording(OLD, "tide"))
    file.write_text(file.read_text() + end)

    assert read("tide.yaml", refreshed(file, [], prune=True).text.encode()).data == data


def test_a_hand_written_rule_is_not_dropped(tmp_path: Path) -> None:
    file = tmp_path / "tide.yaml"
    file.write_text(EDITED)

    assert [rule.name for rule in load([file]).rules] == ["1 Bergen?", None, None]
    refreshed(file, [], prune=True)
    assert [rule.place.line for rule in load([file]).rules] == [4]


def test_a_sequence_has_the_replies_of_the_new_session(tmp_path: Path) -> None:
    retry = [json_reply(OVERLOADED, 529), message("a")]
    file = put(tmp_path, write_recording(number([("Bergen?", retry)]), "tide"))
    again = exchanges_of(number([("Bergen?", [message("a"), message("a", "msg_01Other9")])]))
    result = refreshed(file, again)

    assert "sequence:\n" not in result.text
    assert result.diffs["1 Bergen?"][1:4] == ("-reply 1:", "-status: 529", "-content-type: application/json")
    assert check_recording(file, again, exact=result.exact) == []


def test_a_changed_request_is_recorded_anew(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(OLD, "tide", requests=True))
    again = [exchange(1, "Bergen?", message("At 0."), system="New.")]
    result = refreshed(file, again)

    assert result.diffs == {"1 Bergen?": ("the request has changed: system",)}
    assert list(result.bodies) == ["tide/1-Bergen.request.json"]
    assert orjson.loads(result.bodies["tide/1-Bergen.request.json"])["system"] == "New."
    assert check_recording(file, again, exact=result.exact) == []


def test_paces_are_written_only_where_they_were(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(OLD, "tide", times=False))

    assert "pace:" not in refreshed(file, session("a", "b", "c")).text


def test_a_body_in_a_file_is_replaced(tmp_path: Path) -> None:
    pages = [
        number([("Bergen?", [Reception(502, HTML, body)]), ("Oslo?", [Reception(502, HTML, b"\r")])])
        for body in (b"\r1", b"\r2")
    ]
    file = put(tmp_path, write_recording(pages[0], "tide"))
    result = refreshed(file, exchanges_of(pages[1]))

    assert result.bodies == {"tide/1-Bergen.html": b"\r2"}
    assert result.text == write_recording(pages[1], "tide").text


def tool_session(
    call_id: str, answer: str, question: str = "Bergen", message_id: str = "msg_01A"
) -> list[RecordedRule]:
    """Return a session of two turns, the second of which refers to the call of the first."""
    call = {**CALL, "id": call_id, "input": {"harbour": question}}
    calling = json_reply({**MESSAGE, "id": message_id, "content": [call], "stop_reason": "tool_use"})
    first = exchange(1, "Tides?", calling)
    result = {"type": "tool_result", "tool_use_id": call_id, "content": "14:10"}
    asked = first.document["messages"]
    messages = [*asked, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    second = exchange(2, "", message(answer, "msg_01RecordedNewB" + call_id[-1]), messages=messages)
    when = {"turn": 2, "body": {"messages[-1].content[?type=='tool_result'].tool_use_id": [call_id]}}
    return [
        rule("1 Tides?", "Tides?", first),
        RecordedRule("2 get_tide", when, digest_request(second.document), (second,)),
    ]


@pytest.mark.parametrize(
    ("answer", "question", "changed"),
    [
        ("At 14:10.", "Bergen", []),
        ("At noon.", "Bergen", ["2 get_tide"]),
        ("At 14:10.", "Oslo", ["1 Tides?"]),
        ("At noon.", "Oslo", ["1 Tides?", "2 get_tide"]),
    ],
)
def test_later_requests_find_the_ids_of_earlier_replies(
    tmp_path: Path, answer: str, question: str, changed: list[str]
) -> None:
    file = put(tmp_path, write_recording(tool_session("toolu_01RecordedOld1", "At 14:10."), "tide"))
    again = exchanges_of(tool_session("toolu_01RecordedNew2", answer, question, "msg_01RecordedNewZ"))
    result = refreshed(file, again)

    assert [name for name, lines in result.diffs.items() if any("@@" in line for line in lines)] == changed
    assert check_recording(file, again, exact=result.exact) == []
    assert len(set(load([file]).rules)) == 2


def test_a_request_without_a_rule_is_named_by_the_match(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(OLD[:1], "tide"))
    matched = match_session(load([file]), session("a", "b", "c"))

    assert [item.rule for item in matched] == [0, None, None]
    assert [item.exchange.number for item in matched if item.rule is None] == [2, 3]
    assert set(refreshed(file, session("a", "b", "c")).diffs) == {"1 Bergen?"}


def test_a_difference_in_another_reply_is_found_without_ids(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(OLD, "tide"))
    found = check_recording(file, session("At 0.", "At 1.", "At noon."), exact=())

    assert [line.rpartition("line 25: ")[2] for line in found if "At" in line] == ["-  At noon.", "+  At 2."]


def test_a_rule_in_flow_style_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "tide.yaml"
    file.write_text("rules:\n  - {reply: {respond: {body: a}}, recorded: {from: a, on: 2026-11-29}}\n")
    with pytest.raises(EditError, match=r"tide\.yaml:2: a rule in flow style"):
        refreshed(file, session("a", "b", "c"))


def test_a_rule_that_no_request_matches_stays(tmp_path: Path) -> None:
    file = put(tmp_path, write_recording(OLD, "tide"))
    before = file.read_text()

    assert refreshed(file, session("At 0.", "At 1.", "At 2.")[1:2]).text == before


@given(st.data(), sessions())
def test_any_refreshed_recording_replays_the_new_session(data: st.DataObject, rules: list[RecordedRule]) -> None:
    old = exchanges_of(rules)
    new = [replace(one, reception=data.draw(receptions() | st.just(one.reception))) for one in old]

    with TemporaryDirectory() as folder:
        file = put(Path(folder), write_recording(rules, "tide"))
        assert refreshed(file, old).diffs == {}
        result = refreshed(file, new)
        assert check_recording(file, new, exact=result.exact) == []
        assert refreshed(file, new).diffs == {}


@given(sessions(), st.integers(0, 4))
def test_any_session_in_two_parts_is_one_recording(rules: list[RecordedRule], first: int) -> None:
    with TemporaryDirectory() as folder:
        written = write_recording(rules[:first], "tide")
        file = put(Path(folder), written)
        edited = append_rules(written.text, load([file]), rules[first:], "tide")
        assert written.bodies.keys().isdisjoint(edited.bodies)
        put(Path(folder), WrittenRecording(edited.text, edited.bodies))
        assert check_recording(file, exchanges_of(rules)) == []
