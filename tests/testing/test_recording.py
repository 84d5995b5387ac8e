"""Recordings of tests: each test here runs pytest, or `MockClaude`, before an upstream that is another `MockClaude`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockclaude.api.api_headers import api_key
from mockclaude.testing import MockClaude
from tests.testing.inner import PLUGINS, forget_objects

ASK = """
import os
import pytest
from anthropic import Anthropic, APIStatusError

def ask(text="Tide?", retries=0):
    with Anthropic(max_retries=retries) as client:
        messages = [{"role": "user", "content": text}]
        message = client.messages.create(model="claude-sonnet-5", max_tokens=100, messages=messages)
    return message.content[0].text

def stream(text="Tide?"):
    with Anthropic(max_retries=0) as client:
        messages = [{"role": "user", "content": text}]
        with client.messages.stream(model="claude-sonnet-5", max_tokens=100, messages=messages) as stream:
            return stream.get_final_text()
"""

KEY = "sk-ant-api03-planted-in-the-tests-of-recordings"

TIDE = """
@pytest.mark.mockclaude(record="once")
def test_tide(mockclaude):
    assert ask() == "High at 14:10."
    assert stream("And in Oslo?") == "No tide there."
"""


class Suite:
    """A project with one test module, and the API that it is recorded from."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.upstream = MockClaude().start()
        self.upstream.when(user="Tide").reply("High at 14:10.")
        self.upstream.when(user="Oslo").reply("No tide there.")
        self.url = self.upstream.url

    def run(self, tests: str, *arguments: str, ini: str = "", to: str | None = None) -> pytest.RunResult:
        """Run tests, which `ask` precedes."""
        forget_objects()
        ini = f"[pytest]\nasyncio_default_fixture_loop_scope = function\nmockclaude_record_to = {to or self.url}\n{ini}"
        self.pytester.makeini(ini)
        self.pytester.makepyfile(test_chat=ASK + tests)
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments, plugins=PLUGINS)

    def stop(self) -> None:
        """Stop the API."""
        self.upstream.stop()

    @property
    def keys(self) -> list[str]:
        """The keys of the requests that came to the API."""
        return [api_key(entry.http.headers) for entry in self.upstream.journal]

    @property
    def folder(self) -> Path:
        """The folder of recordings."""
        return self.pytester.path / "recordings"

    @property
    def files(self) -> list[str]:
        """The files of recordings."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def read(self, name: str = "test_chat/test_tide.yaml") -> str:
        """Read a file of recordings."""
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Suite]:
    """Return a project whose environment has a key."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    suite = Suite(pytester)
    yield suite
    suite.stop()


def test_a_test_is_recorded_once_and_then_replayed_offline(suite: Suite) -> None:
    first = suite.run(TIDE)
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(
        [
            "*= mockclaude: recordings =*",
            "test_chat.py::test_tide: recorded 2 requests in recordings/test_chat/test_tide.yaml: 1 stream, 1 message",
            "test_chat.py::test_tide: recordings/test_chat/test_tide.yaml: 2 of 2 replayed byte for byte",
        ]
    )
    assert suite.files == ["test_chat/test_tide.yaml"]
    assert suite.keys == [KEY, KEY]
    assert KEY not in suite.read()

    with socket.create_server(("127.0.0.1", 0)) as gone:
        gone.setblocking(False)
        suite.run(TIDE, to=f"http://127.0.0.1:{gone.getsockname()[1]}").assert_outcomes(passed=1)
        with pytest.raises(BlockingIOError):
            gone.accept()
    assert len(suite.keys) == 2


def test_an_edited_prompt_has_a_near_miss_in_the_recording(suite: Suite) -> None:
    suite.run(TIDE)
    before = suite.read()
    result = suite.run(TIDE.replace("Oslo", "Bergen"), "--mockclaude-record=none")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "   near miss: '1 And in Oslo[?]' (*/recordings/test_chat/test_tide.yaml:4:5)",
            "     ok   turn: expected 1, got 1",
            "     FAIL user: expected exactly 'And in Oslo[?]', got 'And in Bergen[?]'",
            "recordings/test_chat/test_tide.yaml has no rule for it; --mockclaude-record=new records it",
        ]
    )
    assert suite.read() == before


def test_mode_new_adds_what_the_recording_lacks(suite: Suite) -> None:
    suite.run(TIDE)
    before = suite.read()
    edited = TIDE + "    assert ask('Tide in Bergen?') == 'High at 14:10.'\n"
    suite.run(edited, "--mockclaude-record=new").assert_outcomes(passed=1)

    assert suite.read().startswith(before.rstrip("\n"))
    assert suite.read().count("- name:") == 3
    assert len(suite.keys) == 3
    suite.stop()
    suite.run(edited).assert_outcomes(passed=1)


def test_mode_all_records_anew_but_no_file_written_by_hand(suite: Suite) -> None:
    suite.run(TIDE)
    suite.upstream.reset()
    suite.upstream.reply("Low.")
    changed = TIDE.replace("High at 14:10.", "Low.").replace("No tide there.", "Low.")
    suite.run(changed, "--mockclaude-record=all").assert_outcomes(passed=1)
    assert "High at" not in suite.read()

    written = "rules: [{reply: By hand.}]\n"
    (suite.folder / "test_chat/test_tide.yaml").write_text(written)
    result = suite.run(changed, "--mockclaude-record=all")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*recordings/test_chat/test_tide.yaml was written by hand; expected a recording or *"])
    assert suite.read() == written


MANY = """
import unittest

@pytest.mark.mockclaude(record="once")
@pytest.mark.parametrize("text", ["Tide: a/b?", "Tide: a:b?", "Tide é", "../Tide", "Tide " * 40, "Tide " * 41, "Tide"])
def test_tide(text):
    assert ask(text) == "High at 14:10."

@pytest.mark.mockclaude(record="once")
class TestOne:
    def test_tide(self):
        assert ask() == "High at 14:10."

class TestTwo:
    class TestInner:
        @pytest.mark.mockclaude(record="once")
        def test_tide(self):
            assert ask("Tide of two?") == "High at 14:10."

@pytest.mark.mockclaude(record="once")
class TestCase(unittest.TestCase):
    def test_tide(self):
        self.assertEqual(ask(), "High at 14:10.")

@pytest.mark.mockclaude(record="once")
@pytest.mark.asyncio
async def test_async():
    from anthropic import AsyncAnthropic
    async with AsyncAnthropic() as client:
        messages = [{"role": "user", "content": "Tide?"}]
        message = await client.messages.create(model="claude-sonnet-5", max_tokens=100, messages=messages)
    assert message.content[0].text == "High at 14:10."
"""


def test_each_test_has_a_file_of_its_own(suite: Suite) -> None:
    suite.run(MANY).assert_outcomes(passed=11)
    assert len(suite.files) == len({name.lower() for name in suite.files}) == 11
    assert {"test_chat/TestOne.test_tide.yaml", "test_chat/TestTwo.TestInner.test_tide.yaml"} < set(suite.files)
    assert {"test_chat/test_tide[Tide].yaml", "test_chat/TestCase.test_tide.yaml"} < set(suite.files)

    suite.stop()
    suite.run(MANY).assert_outcomes(passed=11)


FAILED = {
    "assert": "assert not ask()",
    "skip": "ask(); pytest.skip('later')",
    "xfail": "ask(); pytest.xfail('one day')",
    "teardown": "ask(); request.addfinalizer(lambda: 1 / 0)",
    "earlier teardown": "ask(); broken[0] = True",
}


@pytest.mark.parametrize("body", FAILED.values(), ids=FAILED)
def test_a_failed_test_leaves_a_rejected_recording(suite: Suite, body: str) -> None:
    test = f"""
@pytest.fixture
def broken():
    yield (broken := [False])
    assert not broken[0]

@pytest.mark.mockclaude(record="once")
def test_tide(broken, mockclaude, request):
    {body}
"""
    result = suite.run(test)

    assert suite.files == ["test_chat/test_tide.yaml.rejected"]
    rejected = "recordings/test_chat/test_tide.yaml.rejected"
    result.stdout.fnmatch_lines(
        [f"test_chat.py::test_tide: not recorded, as the test failed; {rejected} has the 1 response"]
    )
    assert "High at" in suite.read("test_chat/test_tide.yaml.rejected")
    suite.run(TIDE).assert_outcomes(passed=1)
    assert suite.files == ["test_chat/test_tide.yaml"]


def test_rules_of_the_test_come_before_the_api(suite: Suite) -> None:
    test = """
@pytest.mark.mockclaude(record="once", strict=True)
def test_tide(mockclaude):
    mockclaude.when(user="Tide").reply({"error": 529}, times=2)
    assert ask(retries=2) == "High at 14:10."
    assert mockclaude.recording.exchanges == 1
    assert [entry.status for entry in mockclaude.journal] == [529, 529, 200]
"""
    suite.run(test).assert_outcomes(passed=1)
    assert len(suite.keys) == 1
    suite.stop()
    suite.run(test).assert_outcomes(passed=1)


def test_recording_says_path_mode_and_exchanges(suite: Suite) -> None:
    test = """
@pytest.mark.mockclaude(record="once", record_dir="tapes")
def test_tide(mockclaude):
    assert mockclaude.recording.path.parts[-3:] == ("tapes", "test_chat", "test_tide.yaml")
    assert (mockclaude.recording.mode, mockclaude.recording.exchanges) == (MODE, 0)
    ask()
    mockclaude.reset()
    ask("Oslo?")
    assert mockclaude.recording.exchanges == 1  # since the reset

def test_without(mockclaude):
    assert mockclaude.recording is None
"""
    suite.run(test.replace("MODE", "'all'")).assert_outcomes(passed=2)
    suite.run(test.replace("MODE", "'none'")).assert_outcomes(passed=2)


IN_CI = [
    (
        'record="once"',
        (),
        "no recording for test_tide (recordings/*/test_tide.yaml); run it once without CI, *",
    ),
    ('record="none"', (), "no recording for test_tide (*test_tide.yaml); run it *, with ANTHROPIC_API_KEY set"),
    ("", ("--mockclaude-record=once",), "no recording for test_tide (*); run it once without CI, *"),
    (
        'record="all"',
        (),
        'record="all" in CI would call the real API; expected none or once, or --mockclaude-record=all on the command '
        "line",
    ),
    (
        'record="new"',
        (),
        'record="new" in CI would call the real API; expected none or once, or --mockclaude-record=new on the command '
        "line",
    ),
]


@pytest.mark.parametrize(("mark", "arguments", "line"), IN_CI)
def test_ci_does_not_call_the_api(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, mark: str, arguments: tuple[str, ...], line: str
) -> None:
    monkeypatch.setenv("CI", "true")
    result = suite.run(TIDE.replace('record="once"', mark), *arguments)

    outcomes = result.parseoutcomes()
    assert outcomes.get("errors", 0) + outcomes.get("failed", 0) == 1
    result.stdout.fnmatch_lines([line])
    assert (suite.keys, suite.files) == ([], [])


def test_ci_replays_and_records_for_the_command_line_only(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    suite.run(TIDE, "--mockclaude-record=all").assert_outcomes(passed=1)
    suite.stop()
    suite.run(TIDE).assert_outcomes(passed=1)
