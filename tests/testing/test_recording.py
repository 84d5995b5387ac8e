"""Recordings of tests: each test here runs pytest, or `MockClaude`, before an upstream that is another `MockClaude`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockclaude.api.api_headers import api_key
from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.reply.faults import apply
from mockclaude.testing import MockClaude, recording_run
from tests.testing.inner import PLUGINS, forget_objects, load_only_our_plugin

IMPORTED = (apply, recording_run)
"""What a run in this process must not import for itself, as `tests/testing/inner.py` says."""

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
        self.write(tests, ini, to)
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments, plugins=PLUGINS)

    def write(self, tests: str, ini: str = "", to: str | None = None) -> None:
        """Write the test module and the configuration."""
        ini = f"[pytest]\nasyncio_default_fixture_loop_scope = function\nmockclaude_record_to = {to or self.url}\n{ini}"
        self.pytester.makeini(ini)
        self.pytester.makepyfile(test_chat=ASK + tests)

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
            "   near miss: '1 And in Oslo[?]' (*/recordings/test_chat/test_tide.yaml:5:5)",
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


def test_a_test_without_recording_is_as_before(suite: Suite) -> None:
    result = suite.run(
        TIDE
        + """
def test_scripted(mockclaude):
    mockclaude.when(user="Hello").reply("Hi!", pace={"ttft": "300s"})
    assert ask("Hello") == "Hi!"
    assert ask("Hello") == "Hi!"
    assert os.environ["ANTHROPIC_API_KEY"] == "mock"

def test_unmatched(mockclaude):
    ask("Tide?")
"""
    )

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["1. 410        POST /v1/messages  no rule matched: no rules are defined; *"])
    assert len(suite.keys) == 2
    assert suite.files == ["test_chat/test_tide.yaml"]


def test_files_and_rules_come_before_a_replay(suite: Suite) -> None:
    suite.pytester.path.joinpath("oslo.yaml").write_text("rules: [{when: {user: Oslo}, reply: From the file.}]")
    marked = TIDE.replace('record="once"', '"oslo.yaml", record="once"')
    test = marked.replace("No tide there.", "From the file.").replace("    assert ask", "    LOAD\n    assert ask")
    suite.run(test.replace("LOAD", "pass")).assert_outcomes(passed=1)
    assert "Oslo" not in suite.read()

    suite.stop()
    suite.run(test.replace("LOAD", "mockclaude.load('oslo.yaml')")).assert_outcomes(passed=1)
    changed = test.replace("High at 14:10.", "Low.").replace("LOAD", "mockclaude.when(user='Tide').reply('Low.')")
    suite.run(changed).assert_outcomes(passed=1)


def test_all_tests_are_recorded_by_configuration(suite: Suite) -> None:
    """A test that sends no request to the API needs no file."""
    tests = """
CLIENT = Anthropic(max_retries=0)

def test_tide(mockclaude):
    messages = [{"role": "user", "content": "Tide?"}]
    assert CLIENT.messages.create(model="claude-sonnet-5", max_tokens=9, messages=messages).usage.output_tokens

def test_scripted(mockclaude):
    mockclaude.reply("Hi!")
    assert ask() == "Hi!"
"""
    suite.run(tests, ini="mockclaude_record = once").assert_outcomes(passed=2)
    assert suite.files == ["test_chat/test_tide.yaml"]
    assert suite.keys == [KEY]
    suite.stop()
    suite.run(tests, "--mockclaude-record=none").assert_outcomes(passed=2)


def test_a_marked_test_without_requests_has_a_recording_without_rules(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = """
@pytest.mark.mockclaude(record="once")
def test_tide(mockclaude):
    mockclaude.reply("Hi!")
    assert ask() == "Hi!"
"""
    suite.run(test).stdout.fnmatch_lines(["*: recordings/test_chat/test_tide.yaml: no request came; *"])
    monkeypatch.setenv("CI", "true")
    suite.run(test).assert_outcomes(passed=1)


UNRECORDED = {
    "record_to": (
        'record_to="ftp://host"',
        "pass",
        "record_to: expected such as https://api.anthropic.com; keys are the client's, not the URL's, got 'ftp://host'",
    ),
    "record": (
        'record="twice"',
        "pass",
        "*: mark mockclaude: invalid record, got 'twice'; expected once, all, new or none*",
    ),
    "gone": (
        'record_to="http://127.0.0.1:9"',
        "pytest.raises(APIStatusError, ask)",
        "request 1 (POST /v1/messages) is not recorded: *",
    ),
    "refused": ("", "pytest.raises(APIStatusError, ask, 'refuse me')", "nothing was recorded: every request was *401*"),
    "torn": ("", "pytest.raises(Exception, stream, 'tear me')", "request 1 was torn after * bytes; *"),
    "other paths": ("", "Anthropic().models.list()", "*: 1 request to GET /v1/models was passed through and is not *"),
}


@pytest.mark.parametrize(("mark", "body", "line"), UNRECORDED.values(), ids=UNRECORDED)
def test_what_cannot_be_recorded_is_an_error(suite: Suite, mark: str, body: str, line: str) -> None:
    suite.upstream.when(user="refuse").reply({"error": {"type": "authentication_error"}})
    suite.upstream.when(user="tear").reply("Torn apart.", fault={"disconnect": "close", "after": "text_delta 1"})
    arguments = mark if mark.startswith("record=") else f'record="once", {mark}'
    result = suite.run(f"""
@pytest.mark.mockclaude({arguments})
def test_tide(mockclaude):
    {body}
""")

    result.stdout.fnmatch_lines([line])
    assert result.parseoutcomes().get("errors", 0) == (body != "Anthropic().models.list()")


def test_a_missing_key_is_explained(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    test = TIDE.replace("ask()", "CLIENT.models.list()") + "\nCLIENT = Anthropic(max_retries=0)\n"
    suite.upstream.when(adapter="anthropic").reply({"error": {"type": "authentication_error"}})
    suite.run(test).stdout.fnmatch_lines(["request 1 has the key of the mock, as its client was created before *"])

    monkeypatch.delenv("ANTHROPIC_API_KEY")
    suite.run(TIDE, to="https://api.invalid").stdout.fnmatch_lines(
        ["neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set; expected the key of the API to record"]
    )


def test_an_authentication_token_is_the_environments_own(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", KEY)
    suite.run(TIDE).assert_outcomes(passed=1)
    assert suite.keys == [KEY, KEY]


@pytest.mark.tools
def test_workers_do_not_share_recordings(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    load_only_our_plugin(monkeypatch)
    tests = """
@pytest.mark.mockclaude(record="once")
@pytest.mark.parametrize("number", range(8))
def test_tide(number):
    assert ask(f"Tide {number}?") == "High at 14:10."
"""
    suite.write(tests)
    suite.pytester.runpytest_subprocess("-n2", "-p", "no:cacheprovider").assert_outcomes(passed=8)
    assert len(suite.files) == len(suite.keys) == 8
    suite.stop()
    suite.run(tests).assert_outcomes(passed=8)


def test_an_interrupted_test_is_rejected(suite: Suite) -> None:
    with pytest.raises(KeyboardInterrupt):
        suite.run(TIDE + "    raise KeyboardInterrupt\n")
    assert suite.files == ["test_chat/test_tide.yaml.rejected"]


def test_an_interrupt_ends_the_wait_for_responses(suite: Suite) -> None:
    with pytest.raises(KeyboardInterrupt):
        suite.run("""
@pytest.mark.mockclaude(record="once")
def test_tide(mockclaude):
    server, run = mockclaude._server, mockclaude._server.run

    def interrupt(coroutine):
        coroutine.close()
        server.run = run
        raise KeyboardInterrupt

    ask()
    while server.recording._recorder._relay.waiting:  # the client has its response before the recorder
        pass
    server.run = interrupt
""")
    assert suite.files == ["test_chat/test_tide.yaml.rejected"]


def test_two_tests_do_not_record_in_one_file(suite: Suite) -> None:
    path = suite.folder / "test_chat" / "test_tide.yaml"
    with Recorder(RecorderSettings(), {}).lock(path):
        result = suite.run(TIDE)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_tide.yaml: another recorder writes the file; *"])
