"""A recording with readable steps replays the values of its session; other replies stay as recorded."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given

from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.recorder_settings import RecorderSettings, SavedRecording
from mockclaude.proxy.step_choice import MAX_SIZE
from mockclaude.scenario.loading.source import read
from mockclaude.scenario.recording.exchange import Exchange, Reception, RecordedRule
from tests.scenario.recording.tide import (
    HTML,
    MESSAGE,
    OVERLOADED,
    WHOLE,
    WHOLE_FRAMES,
    exchange,
    exchanges_of,
    json_reply,
    sessions,
    stream,
)

ANSWER = json_reply(WHOLE)
CALLING = stream(*WHOLE_FRAMES)
PAGE = Reception(502, HTML, b"<h1>Bad gateway</h1>")


def record(folder: Path, *exchanges: Exchange, **settings: Any) -> tuple[SavedRecording, dict[str, Any]]:
    """Save a recording with steps. Return the result, and the data of each rule by its name."""
    path = folder / "tide.yaml"
    settings = {"writes_steps": True, **settings}
    saved = Recorder(RecorderSettings(**settings), {}).save(path, exchanges)
    rules = read("tide.yaml", path.read_bytes()).data["rules"]
    shown = [note.removeprefix(f"{path}: ") for note in saved.notes]
    return saved._replace(notes=shown), {rule["name"][2:]: rule for rule in rules}


def test_replies_become_steps(tmp_path: Path) -> None:
    overloaded = json_reply(OVERLOADED, 529, 6_000)
    saved, rules = record(
        tmp_path,
        exchange(1, "Bergen?", overloaded, stream=True),
        exchange(2, "Bergen?", CALLING, stream=True),
        exchange(3, "Oslo?", ANSWER),
    )
    calling, answer = rules["Bergen?"], rules["Oslo?"]
    call = {"name": "get_tide", "input": {"harbour": "Bergen"}, "id": "toolu_01Recorded"}

    assert (saved.notes, saved.problems) == (
        [
            "3 of 3 replayed with equal values",
            "steps do not keep headers (3 replies)",
            "steps do not keep the cuts of deltas (1 reply)",
            "steps do not keep the padding of events (1 reply)",
            "steps do not keep the spaces in the JSON of tool inputs (1 reply)",
            "steps do not keep the times of events (1 reply)",
        ],
        [],
    )
    assert calling["sequence"][0] == [
        {"pause": "6ms"},
        {"error": {"type": "overloaded_error", "message": "Overloaded"}},
    ]
    assert calling["sequence"][1][:2] == [{"tool_use": call}, {"stop_reason": "tool_use"}]
    assert (calling["as_written"], calling["pace"]) == (True, {"ttft": "800ms", "tokens_per_second": 185.0})
    assert (answer["pace"], answer["reply"][0]) == ({"ttft": "1304ms"}, {"text": MESSAGE["content"][0]["text"]})


def test_a_rule_with_another_reply_stays_as_recorded(tmp_path: Path) -> None:
    saved, rules = record(
        tmp_path, exchange(1, "Bergen?", PAGE), exchange(2, "Bergen?", ANSWER), exchange(3, "Oslo?", ANSWER)
    )

    assert [set(reply) for reply in rules["Bergen?"]["sequence"]] == [{"respond"}] * 2
    assert "as_written" in rules["Oslo?"]
    assert "1 rule has no steps, which would change values or be too long" in saved.notes


@pytest.mark.parametrize(
    "asked",
    [
        exchange(1, "Bergen?", ANSWER, stream=True),
        exchange(1, "Bergen?", ANSWER, max_tokens=-1),
    ],
    ids=["in another form", "refused in the replay"],
)
def test_a_request_that_steps_cannot_answer_is_recorded(tmp_path: Path, asked: Exchange) -> None:
    saved, rules = record(tmp_path, asked, exchange(2, "Oslo?", ANSWER))

    assert (saved.problems, saved.notes[0]) == ([], "2 of 2 replayed with equal values")
    assert ("respond" in rules["Bergen?"]["reply"], "as_written" in rules["Oslo?"]) == (True, True)
    assert not (tmp_path / "tide.yaml.rejected").exists()


def test_equal_replies_become_one(tmp_path: Path) -> None:
    saved, rules = record(tmp_path, *(exchange(number, "Bergen?", CALLING, stream=True) for number in (1, 2, 3)))

    assert (saved.problems, saved.notes[0]) == ([], "3 of 3 replayed with equal values")
    assert rules["Bergen?"]["reply"][0].keys() == {"tool_use"}


def test_long_replies_stay_as_recorded(tmp_path: Path) -> None:
    long = json_reply({**WHOLE, "content": [{"type": "text", "text": "x" * MAX_SIZE}]})
    saved, rules = record(tmp_path, exchange(1, "Bergen?", long), exchange(2, "Oslo?", ANSWER))

    assert saved.problems == []
    assert ("respond" in rules["Bergen?"]["reply"], "as_written" in rules["Oslo?"]) == (True, True)


def test_a_further_pace_is_not_kept(tmp_path: Path) -> None:
    receptions = [CALLING, stream(*WHOLE_FRAMES, gap_us=99_000), json_reply(OVERLOADED, 529, 0)]
    saved, rules = record(tmp_path, *(exchange(n, "Bergen?", reply, stream=True) for n, reply in enumerate(receptions)))

    assert "steps do not keep the paces of further replies (1 reply)" in saved.notes
    assert [reply[0].keys() for reply in rules["Bergen?"]["sequence"][1:]] == [{"tool_use"}, {"error"}]


def test_replies_without_times_have_no_pace(tmp_path: Path) -> None:
    _, rules = record(tmp_path, exchange(1, "Bergen?", CALLING, stream=True), has_times=False)

    assert "pace" not in rules["Bergen?"]


def test_requests_are_kept_beside_steps(tmp_path: Path) -> None:
    _, rules = record(tmp_path, exchange(1, "Bergen?", ANSWER), has_requests=True)
    [file] = rules["Bergen?"]["recorded"]["requests"]

    assert read("a.json", (tmp_path / file).read_bytes()).data["messages"][0]["content"] == "Bergen?"


def test_rules_with_steps_are_appended(tmp_path: Path) -> None:
    record(tmp_path, exchange(1, "Bergen?", ANSWER))
    before = (tmp_path / "tide.yaml").read_text()
    saved, rules = record(tmp_path, exchange(1, "Oslo?", CALLING, stream=True), action="append")

    assert (tmp_path / "tide.yaml").read_text().startswith(before)
    assert (saved.problems, set(rules)) == ([], {"Bergen?", "Oslo?"})
    assert "as_written" in rules["Oslo?"]


def test_a_refresh_leaves_steps_and_says_so(tmp_path: Path) -> None:
    record(tmp_path, exchange(1, "Bergen?", ANSWER), exchange(2, "Oslo?", PAGE))
    later = json_reply({**WHOLE, "content": [{"type": "text", "text": "At noon."}]})
    again = (exchange(1, "Bergen?", later), exchange(2, "Oslo?", later))
    saved, rules = record(tmp_path, *again, writes_steps=False, action="refresh")

    assert saved.problems == []
    assert any(note.endswith(" has readable steps; its reply stays") for note in saved.notes)
    assert rules["Bergen?"]["reply"][0] == {"text": MESSAGE["content"][0]["text"]}
    assert rules["Oslo?"]["reply"]["respond"]["body"]["content"][0]["text"] == "At noon."


def test_a_refresh_cannot_write_steps() -> None:
    with pytest.raises(ValueError, match=r"^--steps: --refresh writes replies as recorded; expected one of them$"):
        Recorder(RecorderSettings(action="refresh", writes_steps=True), {})


@given(sessions())
def test_any_recording_with_steps_replays(rules: list[RecordedRule]) -> None:
    with TemporaryDirectory() as folder:
        saved, _ = record(Path(folder), *exchanges_of(rules))

    assert saved.problems == []
