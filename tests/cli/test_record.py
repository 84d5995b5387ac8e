"""The command `record`: another mockclaude is the API."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockclaude.proxy.save import lock_recording
from mockclaude.scenario.loading.loader import load, load_text
from tests.cli.invoking import invoke, written
from tests.cli.test_run import ASK
from tests.serving import PATIENCE, Command, ForkedCommand, Running, ServerThread, asking, post, request

KEY = "sk-ant-api03-planted-key-0001"
UPSTREAM = """
rules:
  - {when: {user: busy}, sequence: [{error: {type: overloaded_error}}, Now it is quiet.]}
  - {when: {user: torn}, reply: Some words of it., fault: cut}
  - {when: {user: silent}, fault: empty_reply, reply: x}
  - {when: {user: denied}, reply: {error: authentication_error}}
  - reply: High water is at 14:10.
"""


@pytest.fixture
def upstream() -> Iterator[Running]:
    with ServerThread({"": load_text(UPSTREAM)}) as server:
        yield server


class Recorder:
    """The command in a folder of its own, with a client that sends requests."""

    def __init__(self, server: Running, folder: Path) -> None:
        self.server, self.folder, self.out = server, folder, folder / "tide.yaml"
        self.ask: tuple[object, ...] = ("--", sys.executable, written(folder / "ask.py", ASK))

    def __call__(self, *options: object, texts: tuple[str, ...] = ("tide",), **env: str) -> tuple[int, list[str]]:
        given = ("--to", self.server.url, "--out", self.out, *options)
        result = invoke("record", *given, *self.ask, *texts, **{"ANTHROPIC_API_KEY": KEY, **env})
        return result.exit_code, result.stderr.replace(f"{self.folder}/", "").splitlines()

    @property
    def count(self) -> int:
        return self.server.lines.qsize()


@pytest.fixture
def record(upstream: Running, tmp_path: Path) -> Recorder:
    return Recorder(upstream, tmp_path)


def test_record_writes_a_scenario_file(record: Recorder) -> None:
    code, lines = record(texts=("tide", "tide", "wind"))

    assert (code, lines) == (
        0,
        ["recorded 3 requests in tide.yaml: 3 messages", "tide.yaml: 3 of 3 replayed byte for byte"],
    )
    assert [rule.name for rule in load([record.out]).rules] == ["1 tide", "1 wind"]
    assert KEY not in record.out.read_text()
    assert sorted(os.listdir(record.folder)) == ["ask.py", "tide.yaml"]


def test_record_once_replays_without_the_api(record: Recorder) -> None:
    record()
    before = record.count

    replied = "tide.yaml replied; nothing was passed on; --mode all records anew"
    assert record() == (0, ["mockclaude: 1 request (200: 1)", replied])
    code, lines = record(texts=("Else",))
    assert (code, lines[0]) == (1, "mockclaude: 1 request (410: 1)")
    assert record.count == before


NO_NETWORK = """
import socket, sys
from mockclaude.cli import main
before = socket.socket.connect
def connect(self, address):
    assert address[0] == "127.0.0.1", f"connects to {address}"
    return before(self, address)
def look_up(*arguments, **options):
    raise AssertionError(f"looks up {arguments}")
socket.socket.connect, socket.create_connection = connect, look_up
numeric = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: numeric(host, *rest, **more) if host == "127.0.0.1" else look_up(host)
import aiohttp
aiohttp.ClientSession.__init__ = look_up
sys.exit(main(sys.argv[1:], standalone_mode=True))
"""


def test_mode_none_has_no_client_and_looks_up_no_name(record: Recorder) -> None:
    record()
    script = written(record.folder / "quiet.py", NO_NETWORK)
    words = ("record", "--to", "https://api.anthropic.com", "--out", record.out, "--mode", "none", *record.ask, "tide")
    done = subprocess.run([sys.executable, script, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE)

    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "mockclaude: 1 request (200: 1)")


def test_mode_new_appends_and_changes_nothing_else(record: Recorder) -> None:
    record()
    before = record.out.read_text()
    code, lines = record("--mode", "new", texts=("tide", "wind"))

    assert (code, lines[0]) == (0, "recorded 1 request in tide.yaml: 1 message")
    assert record.out.read_text().startswith(before.rstrip("\n"))
    assert [rule.name for rule in load([record.out]).rules] == ["1 tide", "1 wind"]
    assert record("--mode", "new") == (0, ["nothing was recorded: rules replied to all requests (1)"])


def test_mode_new_without_a_file_writes_one(record: Recorder) -> None:
    assert record("--mode", "new")[0] == 0
    assert record.out.exists()


def test_mode_all_records_anew(record: Recorder) -> None:
    record()

    assert record("--mode", "all", texts=("wind",))[0] == 0
    assert [rule.name for rule in load([record.out]).rules] == ["1 wind"]


def test_refresh_reports_differences(record: Recorder) -> None:
    record()
    before = record.out.read_text()
    record.out.write_text(before.replace("High water", "Low water"))

    code, lines = record("--refresh", "--dry-run")
    assert code == 1, lines
    assert "rule '1 tide':" in lines
    assert record.out.read_text() != before
    assert record("--refresh")[0] == 0
    assert "High water" in record.out.read_text()
    assert "no reply differs" in record("--refresh")[1]


def test_rules_of_files_reply_first(record: Recorder) -> None:
    rules = written(record.folder / "rules.yaml", "rules: [{when: {user: tide}, reply: scripted}]")

    code, lines = record(rules, texts=("tide", "wind"))
    assert (code, lines[0]) == (0, "recorded 1 request in tide.yaml: 1 message")
    code, lines = record(rules, "--mode", "all")
    assert (code, lines) == (1, ["nothing was recorded: rules of FILES replied to all requests (1)"])


@pytest.mark.parametrize(("options", "kinds"), [((), "1 message, 1 error (529)"), (("--drop-retries",), "1 message")])
def test_retries_are_recorded_or_dropped(record: Recorder, options: tuple[str, ...], kinds: str) -> None:
    code, lines = record(*options, texts=("busy", "busy"))

    assert (code, lines[0].partition(": ")[2]) == (0, kinds)


def test_torn_response_makes_the_exit_code_1(record: Recorder) -> None:
    code, lines = record(texts=("tide", "torn"))

    assert code == 1
    assert re.fullmatch("request 2 was torn after [0-9]+ bytes; the recording is torn there", lines[-1])
    assert "disconnect: close" in record.out.read_text()


def test_missing_response_makes_the_exit_code_1(record: Recorder) -> None:
    code, lines = record(texts=("tide", "silent"))

    problem = "request 2 (POST /v1/messages) is not recorded: the connection was closed before the response"
    assert (code, lines[-1]) == (1, problem)


def test_only_refused_requests_are_a_mistake(record: Recorder) -> None:
    assert record(texts=("denied",)) == (1, ["nothing was recorded: every request was refused (401)"])
    assert not record.out.exists()


def test_no_request_is_a_mistake(record: Recorder) -> None:
    message = "nothing was recorded: no request came. Does COMMAND read ANTHROPIC_BASE_URL?"

    assert record(texts=()) == (1, [message])


def test_exit_code_of_the_command_comes_first(record: Recorder) -> None:
    record.ask = ("--", sys.executable, "-c", "raise SystemExit(7)")

    assert record(texts=())[0] == 7


ENVIRONMENT = """
import os
names = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK"]
print([os.environ.get(name) for name in names], file=open("environment", "w"))
"""


def test_client_keeps_its_own_keys(record: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(record.folder)
    record.ask = ("--", sys.executable, "-c", ENVIRONMENT)
    record(texts=(), ANTHROPIC_AUTH_TOKEN="token", CLAUDE_CODE_USE_BEDROCK="1")

    assert Path("environment").read_text() == f"['{KEY}', 'token', None]\n"


def test_client_of_a_server_on_this_machine_gets_a_key(record: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(record.folder)
    record.ask = ("--", sys.executable, "-c", ENVIRONMENT)
    record(texts=(), ANTHROPIC_API_KEY="", ANTHROPIC_AUTH_TOKEN="")

    assert Path("environment").read_text() == "['mock', '', None]\n"


def test_missing_key_is_reported(record: Recorder) -> None:
    record.ask = ("--", sys.executable, "-c", "")
    api = ("--to", "https://api.example.com")
    _, lines = record(*api, texts=(), ANTHROPIC_API_KEY="", ANTHROPIC_AUTH_TOKEN="")

    assert lines[0] == ("warning: neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set; COMMAND may have no key")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "api.anthropic.com"), "--to: expected such as https://api.anthropic.com; keys are the client's, not"),
        (("--to", "https://a:b@api.anthropic.com"), "--to: expected such as https://api.anthropic.com; keys are"),
        (("--to", "https://api.anthropic.com#x"), "--to: expected such as https://api.anthropic.com; keys are"),
        (("--to", "https://api.anthropic.com:x"), "--to: expected such as https://api.anthropic.com; keys are"),
        (("--to", "https://api.anthropic.com/v1"), "remove /v1, which clients add"),
        (("--to", "https://api.anthropic.com?"), "--to: expected such as https://api.anthropic.com; keys are"),
        (("--to", "https://api.anthropic.com/a b"), "--to: expected such as https://api.anthropic.com; keys are"),
        (("--to", "https://api.anthropic.com/\N{LATIN SMALL LETTER U WITH DIAERESIS}"), "--to: expected such as"),
        (("--to", "http://localhost:4242", "--port", "4242"), "--to is this recorder itself"),
        (("--to", "http://0.0.0.0:4242", "--port", "4242"), "--to is this recorder itself"),
        (("--to", "http://[::]:4242", "--port", "4242"), "--to is this recorder itself"),
        (("--to", "http://localhost:4141"), "--to is this recorder itself"),
        (("./tide.yaml",), "FILES: tide.yaml is the recording itself; expected other scenario files; remove it"),
        (("--out", "tide"), "--out: 'tide' ends otherwise; expected a file that ends in .yaml"),
        (("--mode", "none"), "tide.yaml does not exist; expected a recording; record it with --mode once"),
        (("--refresh",), "--refresh: "),
        (("--refresh", "--mode", "new"), "--refresh: asks the API again, got --mode new; expected --mode all"),
        (("--dry-run",), "--dry-run: expected with --refresh"),
        (("--prune",), "--prune: expected with --refresh"),
        (("--timeout", "0s"), "expected more than 0s"),
        (("--timeout", "soon"), "not a duration, got 'soon'"),
        (("--ca", __file__), "--ca: "),
        (("--redact-regex", "("), "("),
        (("--volatile", "("), "("),
        (("--not-secret", "("), "("),
        (("--redact", "a b"), "a b"),
        (("--import",), "--import: missing FILES"),
        (("--recover", "missing.part"), "missing.part: cannot read: No such file or directory"),
    ],
)
def test_mistake_ends_with_exit_code_2(
    options: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("record", "--to", "https://127.0.0.1:1", "--out", "tide.yaml", *options)

    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert os.listdir(tmp_path) in ([], ["tide.yaml.lock"])


@pytest.mark.parametrize("missing", ["--to", "--out"])
def test_missing_option_is_named(missing: str) -> None:
    given = {"--to": "https://127.0.0.1:1", "--out": "tide.yaml"}
    del given[missing]
    result = invoke("record", *(word for pair in given.items() for word in pair))

    assert (result.exit_code, f"missing {missing}; expected" in result.stderr) == (2, True)


def test_keys_in_clear_text_are_warned_of(record: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKCLAUDE_TIMEOUT", "100ms")
    record.ask = ("--", sys.executable, "-c", "")
    _, lines = record("--to", "http://mock.example:1", texts=())

    assert lines[0] == "warning: --to http://mock.example:1: keys travel in clear; expected https"


def test_file_written_by_hand_is_kept(record: Recorder) -> None:
    text = "rules: [{reply: by hand}]\n"
    written(record.out, text)
    message = "tide.yaml was written by hand; expected a recording or a new file: --out another"

    assert record("--mode", "all") == (2, [message])
    assert record.out.read_text() == text


def leave_part(record: Recorder) -> Path:
    """Leave the file of a recorder that was killed after one exchange."""
    with ForkedCommand("record", "--to", record.server.url, "--out", record.out) as command:
        command.server.ask(post("tide", x_api_key=KEY))
        command.server.ask(request("GET", "/v1/models"))
        part = record.out.with_name("tide.yaml.part")
        while not (part.exists() and part.read_bytes().endswith(b"\n")):
            pass
    return part


def test_part_of_a_crash_is_reported_and_recovered(record: Recorder) -> None:
    part = leave_part(record)
    assert KEY.encode() not in part.read_bytes()
    fix = "mockclaude record --recover tide.yaml.part writes them, or delete it"
    assert record() == (2, [f"tide.yaml.part holds 1 exchange of a recording that did not end; {fix}"])

    result = invoke("record", "--recover", part)
    assert result.exit_code == 0, result.stderr
    assert "recorded 1 request in" in result.stderr
    assert [rule.name for rule in load([record.out]).rules] == ["1 tide"]
    assert not part.exists()


def test_second_recorder_of_a_file_is_refused(record: Recorder) -> None:
    with lock_recording(record.out):
        code, lines = record()

    assert (code, len(lines)) == (2, 1)
    assert "another recorder" in lines[0]


def test_recorder_without_command_runs_until_a_signal(record: Recorder) -> None:
    with Command("record", "--to", record.server.url, "--out", record.out) as command:
        assert command.server.ask(post("tide", x_api_key=KEY)).status == 200
        command.signal(signal.SIGTERM)
        code, out, err = command.end()

    assert code == 0
    assert "POST /v1/messages  passed on  " in out
    assert err.splitlines()[0] == f"recorded 1 request in {record.out}: 1 message"


def test_a_folder_keeps_recordings_and_files_written_by_hand(record: Recorder) -> None:
    folder = record.folder / "tides"
    file = written(folder / "north.yaml", "rules: [{reply: Hi}]")
    record_again = ("record", "--to", record.server.url, "--out", f"{folder}/", *record.ask, "tide")
    once, anew = invoke(*record_again), invoke("record", "--mode", "all", *record_again[1:])

    assert (once.exit_code, anew.exit_code) == (2, 2)
    assert f"tides has recordings; expected a folder without; replay them with `mockclaude {folder}`" in once.stderr
    assert anew.stderr.startswith(f"{file} was written by hand; expected a recording")


def test_port_in_use_is_a_mistake(record: Recorder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, lines = record("--port", taken.getsockname()[1])

    assert (code, "cannot listen on 127.0.0.1:" in lines[-1]) == (2, True)


def test_import_converts_cassettes(tmp_path: Path) -> None:
    written(tmp_path / "tide.sse", 'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    (tmp_path / "tide.request.json").write_bytes(asking("tide"))
    result = invoke("record", "--import", tmp_path / "tide.sse", "--out", f"{tmp_path}/made/")

    assert result.exit_code == 0, result.stderr
    assert [rule.name for rule in load([tmp_path / "made" / "tide.yaml"]).rules] == ["1 tide"]
