"""Recordings of `MockClaude` without pytest, before an upstream that is another `MockClaude`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic, AsyncAnthropic
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.testing import MockClaude, RecordingError
from mockclaude.testing.recording_path import find_recording, to_file_name
from mockclaude.testing.recording_plan import RecordingPlan, RecordMode, is_in_ci
from mockclaude.testing.recording_run import RecordingRun

ASK: dict[str, Any] = {"model": "claude-sonnet-5", "max_tokens": 100}


def ask(mock: MockClaude, text: str = "Tide?") -> str:
    with Anthropic(base_url=mock.url, api_key="sk-ant-api03-planted", max_retries=0) as client:
        message = client.messages.create(**ASK, messages=[{"role": "user", "content": text}])
    return str(message.content[0].text)


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def upstream() -> Iterator[MockClaude]:
    with MockClaude() as upstream:
        upstream.when(user="Tide").reply("High at 14:10.")
        yield upstream


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "recordings" / "tide.yaml"


def test_mockclaude_records_once_and_then_replays(upstream: MockClaude, out: Path) -> None:
    with MockClaude(record="once", record_to=upstream.url, out=out) as mock:
        assert ask(mock) == "High at 14:10."
        assert mock.recording == (out, "all", 1)
    with MockClaude(record="once", record_to=upstream.url, out=out) as mock:
        assert ask(mock) == "High at 14:10."
        assert mock.recording == (out, "none", 1)
    assert len(upstream.journal) == 1
    assert [path.name for path in out.parent.iterdir()] == ["tide.yaml"]


def test_stop_saves_the_recording(upstream: MockClaude, out: Path) -> None:
    mock = MockClaude(record="all", record_to=upstream.url, out=out).start()
    ask(mock)
    mock.stop()
    assert out.is_file()
    mock.stop()
    mock._server.stop()


def test_an_asynchronous_context_records_tools_and_streams(upstream: MockClaude, out: Path) -> None:
    upstream.when(tools="get_tide", user="Harbour").reply(
        {"tool_use": {"name": "get_tide", "input": {"harbour": "Bergen"}}}
    )
    tools: Any = [{"name": "get_tide", "input_schema": {"type": "object"}}]

    async def talk() -> list[Any]:
        async with (
            MockClaude(record="once", record_to=upstream.url, out=out) as mock,
            AsyncAnthropic(base_url=mock.url, api_key="sk-ant-api03-planted") as client,
        ):
            messages: Any = [{"role": "user", "content": "Harbour?"}]
            async with client.messages.stream(**ASK, messages=messages, tools=tools) as stream:
                message = await stream.get_final_message()
            return [event.to_dict() for event in message.content]

    recorded = asyncio.run(talk())
    upstream.stop()
    assert asyncio.run(talk()) == recorded


def test_an_error_rejects_the_recording(upstream: MockClaude, out: Path) -> None:
    def fail() -> None:
        with MockClaude(record="once", record_to=upstream.url, out=out) as mock:
            ask(mock)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in out.parent.iterdir()] == ["tide.yaml.rejected"]


def test_a_recording_that_is_not_whole_is_an_error(out: Path) -> None:
    with (
        pytest.raises(RecordingError, match=r"^request 1 \(POST /v1/messages\) is not recorded: "),
        MockClaude(record="once", record_to="http://127.0.0.1:9", out=out) as mock,
        pytest.raises(Exception, match="No response from"),
    ):
        ask(mock)


def test_a_recording_that_cannot_be_saved_is_an_error(upstream: MockClaude, out: Path) -> None:
    with (
        pytest.raises(RecordingError, match="a folder; expected a file"),
        MockClaude(record="all", record_to=upstream.url, out=out),
    ):
        out.mkdir()


def test_an_interrupt_while_it_stops_ends_the_recorder(out: Path) -> None:
    def interrupt(coroutine: Coroutine[Any, Any, None]) -> None:
        stops.append(coroutine)
        coroutine.close()
        if len(stops) == 1:
            raise KeyboardInterrupt

    stops: list[Any] = []
    run = RecordingRun(RecordingPlan("all", out, "http://127.0.0.1:9"), 0)
    with pytest.raises(KeyboardInterrupt):
        run.stop(interrupt, is_failed=False)
    run.save()
    assert [stop.__name__ for stop in stops] == ["finish", "cancel"]


def test_credentials_of_the_environment_are_kept_while_recording(
    upstream: MockClaude, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-planted")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "planted")
    for key in ("sk-ant-api03-planted", "mock"):
        with MockClaude(record="once", record_to=upstream.url, out=out) as mock, mock.environment():
            ask(mock)
            assert os.environ["ANTHROPIC_API_KEY"] == mock.env["ANTHROPIC_API_KEY"] == key
            assert os.environ.get("ANTHROPIC_AUTH_TOKEN") == (None if key == "mock" else "planted")
    assert os.environ["ANTHROPIC_AUTH_TOKEN"] == "planted"


def test_time_is_real_or_manual_while_recording(upstream: MockClaude, out: Path) -> None:
    with MockClaude(record="all", record_to=upstream.url, out=out, speed="manual") as mock:
        mock.advance(1)
        ask(mock)
    with MockClaude(record="new", record_to=upstream.url, out=out) as mock:
        mock.when(user="Slow").reply("Slow.", pace={"ttft": "40ms"})
        begin = time.monotonic()
        ask(mock, "Slow?")
        assert time.monotonic() - begin >= 0.04


MISTAKES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"record": "twice"}, ValueError, "`record`: unknown mode, got 'twice'; expected once, all, new or none"),
    ({"record": "once", "out": None}, ValueError, "`record`: needs a file; expected `out`, e.g. out='recordings/*'"),
    ({"record": "none"}, RecordingError, 'no recording (tide.yaml); run it once with record="once", with *_KEY set'),
    ({"record": "once", "record_to": "x"}, RecordingError, "record_to: expected such as https://api.anthropic.com; *"),
    ({"record": "all", "out": "hand.yaml"}, RecordingError, "hand.yaml was written by hand; expected a recording *"),
    ({"record": "all", "out": "bad.yaml"}, RecordingError, "bad.yaml was written by hand; expected a recording *"),
    ({"record": "all", "out": "a_file/tide.yaml"}, RecordingError, "*a_file*: *; expected *"),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), MISTAKES)
def test_mistakes_are_errors_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], kind: type[Exception], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hand.yaml").write_text("rules: [{reply: By hand.}]")
    Path("bad.yaml").write_text("rules: 3")
    Path("a_file").touch()
    with pytest.raises(kind) as caught:
        MockClaude(**{"out": "tide.yaml", **arguments}).start()
    pytest.LineMatcher([str(caught.value)]).fnmatch_lines([message])


def test_a_server_does_not_record_from_itself(out: Path) -> None:
    with pytest.raises(RecordingError, match="record_to: http://localhost:4141 is the server of the test itself; "):
        RecordingRun(RecordingPlan("all", out, "http://localhost:4141"), 4141)


@pytest.mark.parametrize(("value", "is_ci"), [("true", True), ("1", True), ("", False), ("false", False), ("0", False)])
def test_ci_is_a_variable(value: str, is_ci: bool) -> None:
    assert is_in_ci({"CI": value}) is is_ci
    assert not is_in_ci({})


def test_ci_does_not_record_without_pytest(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(RecordingError, match=r'^record="all" in CI would call the real API; expected none or once$'):
        MockClaude(record="all", out=out)
    with pytest.raises(RecordingError, match=r"^no recording \(.*tide.yaml\); run it once without CI, with "):
        MockClaude(record="once", out=out)


@given(name=st.text(min_size=1))
def test_names_of_files_are_safe(name: str) -> None:
    safe = to_file_name(name)
    assert 0 < len(safe.encode()) <= 130
    assert not set(safe) & set('/\\:*?"<>|\0\n')
    assert safe not in (".", "..")
    assert to_file_name(safe) == safe


@given(names=st.lists(st.text("aA/:. é\ud800", min_size=1), unique=True, max_size=20))
def test_names_of_files_differ(names: list[str]) -> None:
    assert len({to_file_name(name) for name in names}) == len(names)


def test_a_common_folder_keeps_the_folders_of_modules(tmp_path: Path) -> None:
    one, other = (find_recording(tmp_path / name / "test_a.py", ["test_x"], "/tapes", tmp_path) for name in "ab")
    assert (one, other) == (Path("/tapes/a/test_a/test_x.yaml"), Path("/tapes/b/test_a/test_x.yaml"))


def test_mode_new_records_another_session_with_the_same_tool(upstream: MockClaude, out: Path) -> None:
    for harbour in ("Bergen", "Oslo"):
        upstream.when(user=harbour).reply({"tool_use": {"name": "get_tide", "input": {"harbour": harbour}}})
        upstream.when(tool_result={"content": harbour}).reply(f"High in {harbour}.")

    runs: list[tuple[RecordMode, list[str]]]
    runs = [("once", ["Bergen"]), ("new", ["Bergen", "Oslo"]), ("none", ["Oslo", "Bergen"])]
    for mode, harbours in runs:
        with MockClaude(record=mode, record_to=upstream.url, out=out) as mock:
            assert [tell_tide(mock, harbour) for harbour in harbours] == [f"High in {each}." for each in harbours]
    assert len(upstream.journal) == 4


def test_mode_new_replays_a_session_whose_tool_has_another_result(upstream: MockClaude, out: Path) -> None:
    upstream.when(user="Oslo").reply({"tool_use": {"name": "get_tide", "input": {"harbour": "Oslo"}}})
    upstream.when(tool_result="get_tide").reply("High.")

    runs: list[tuple[RecordMode, str]] = [("once", "low"), ("new", "high")]
    for mode, result in runs:
        with MockClaude(record=mode, record_to=upstream.url, out=out) as mock:
            assert tell_tide(mock, "Oslo", result) == "High."
    assert len(upstream.journal) == 2


def tell_tide(mock: MockClaude, harbour: str, result: str = "") -> str:
    """Ask for a tide, run the tool, and return the reply to its result."""
    tools: Any = [{"name": "get_tide", "input_schema": {"type": "object"}}]
    messages: Any = [{"role": "user", "content": f"{harbour}?"}]
    with Anthropic(base_url=mock.url, api_key="sk-ant-api03-planted", max_retries=0) as client:
        called = client.messages.create(**ASK, messages=messages, tools=tools)
        answer = {"type": "tool_result", "tool_use_id": called.content[0].id, "content": result or harbour}
        messages += [{"role": "assistant", "content": called.content}, {"role": "user", "content": [answer]}]
        return str(client.messages.create(**ASK, messages=messages, tools=tools).content[0].text)
