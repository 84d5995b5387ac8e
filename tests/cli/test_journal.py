"""The journal of a running server is printed, a recorded one is compared."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mockclaude.journal.entry_json import entry_to_json
from tests.cli.invoking import HELLO, invoke, written
from tests.conftest import Start
from tests.journal.entries import journal_entry
from tests.resources.batching import PATH, frame, params
from tests.resources.files_client import FORM, build_form, build_part
from tests.serving import post, request

ENTRY = journal_entry(status=200, reason="'hello' (a.yaml:1:9)", seconds=0.001)


class Admin(BaseHTTPRequestHandler):
    """Answers as the admin plane does, with one entry."""

    def do_GET(self) -> None:
        asked = (self.path, self.headers["accept"])
        found = asked == ("/_mockclaude/journal?limit=1000", "application/x-ndjson")
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(json.dumps(entry_to_json(ENTRY)).encode() + b"\n" if found else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def admin() -> Iterator[str]:
    """Return the address of a server with a journal."""
    with HTTPServer(("127.0.0.1", 0), Admin) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_journal_is_printed_as_json_or_log_lines(admin: str) -> None:
    assert json.loads(invoke("journal", "--url", admin).output) == entry_to_json(ENTRY)
    assert invoke("journal", "--pretty", MOCKCLAUDE_URL=f"{admin}/").output == (
        "200        POST /v1/messages  'hello' (a.yaml:1:9)  1.0 ms\n"
    )


def test_journal_of_a_real_server_is_printed(start: Start, tmp_path: Path) -> None:
    command = start(written(tmp_path / "hello.yaml", HELLO))
    for _ in range(2):
        command.server.ask(post())
    printed = invoke("journal", "--url", command.server.url).output.splitlines()

    assert [json.loads(line)["number"] for line in printed] == [1, 2]


def test_server_without_a_journal_is_reported(admin: str) -> None:
    result = invoke("journal", "--url", f"{admin}/other")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"{admin}/other: unexpected status, got 404; expected a mockclaude server; pass its base URL with --url\n"
    )


def test_unreachable_server_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
    result = invoke("journal", "--url", url)

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"cannot reach {url}: ")
    assert invoke("journal", "--url", "nowhere").stderr.startswith("cannot reach nowhere: ")


@pytest.fixture(scope="module")
def recording(start_for_module: Start, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the journal of a server that was asked twice, beside its file."""
    folder = tmp_path_factory.mktemp("recording")
    command = start_for_module(written(folder / "hello.yaml", HELLO), MOCKCLAUDE_JOURNAL=str(folder / "journal.jsonl"))
    for _ in range(2):
        command.server.ask(post())
    command.signal(signal.SIGTERM)
    command.end()
    return folder / "journal.jsonl"


def test_recording_has_no_key_and_no_differences(recording: Path) -> None:
    result = invoke("recheck", recording, recording.with_name("hello.yaml"))

    assert '"x-api-key":"[redacted]"' in recording.read_text()
    assert (result.exit_code, result.output) == (0, "2 requests: answered as recorded\n")


def test_the_former_command_replay_names_both_others() -> None:
    result = invoke("replay", "recording.jsonl", "--pace", "1x")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "replay is now recheck; to replay a recording to a client: mockclaude serve RECORDING\n"


def test_difference_is_reported_with_exit_code_1(recording: Path, tmp_path: Path) -> None:
    changed = written(
        tmp_path / "changed.yaml", "rules: [{name: hello, times: 1, reply: Hello!}, {reply: {error: 529}}]"
    )
    result = invoke("recheck", recording, changed)

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"request 2, POST /v1/messages: the rule was 'hello' ({recording.parent}/hello.yaml:1:9), is {changed}:1:49; "
        "the status was 200, is 529",
        "2 requests: 1 answered differently",
    ]


def test_refusal_for_requests_in_flight_is_no_difference(start: Start, tmp_path: Path) -> None:
    file = written(tmp_path / "busy.yaml", "limits: {in_flight: 1}\nrules: [{reply: [Half, {pause: forever}]}]")
    command = start(file, MOCKCLAUDE_JOURNAL=str(tmp_path / "busy.jsonl"))
    with command.server.connect() as wire:
        wire.send(post(stream=True))
        wire.head()
        assert command.server.ask(post()).status == 529
    command.signal(signal.SIGTERM)
    command.end()
    result = invoke("recheck", tmp_path / "busy.jsonl", file)

    summary = "2 requests: answered as recorded (1 refused for requests in flight, as recorded)\n"
    assert (result.exit_code, result.output) == (0, summary)


def test_uploads_and_batches_are_decided_as_the_server_did(start: Start, tmp_path: Path) -> None:
    file, recording = written(tmp_path / "hello.yaml", HELLO), tmp_path / "journal.jsonl"
    server = (command := start(file, "--max-upload", 1, "--speed", "instant", "--journal", recording)).server
    form = build_form(build_part("file", b"a" * 700_000, filename="a", media_type="text/plain"))
    upload = request("POST", "/v1/files", form, content_type=FORM)
    statuses = [server.ask(each).status for each in (upload, upload)]
    batch_id = server.ask(request("POST", PATH, frame(params()))).json["id"]
    statuses += [server.ask(request("GET", f"{PATH}/{batch_id}{end}")).status for end in ("", "/results")]
    command.signal(signal.SIGTERM)
    command.end()
    same = invoke("recheck", recording, file, "--max-upload", 1)
    other = invoke("recheck", recording, file)

    assert statuses == [200, 400, 200, 200]
    assert (same.exit_code, same.output) == (0, "6 requests: answered as recorded\n")
    assert other.output.startswith("request 2, POST /v1/files: the status was 400, is 200\n")
    assert '"succeeded"' in invoke("explain", "--journal", recording, file).output
    assert "status 400" in invoke("explain", "--journal", recording, file, "--entry", 2, "--max-upload", 1).output


@pytest.mark.parametrize(("option", "value"), [("--retry-speed", "fast"), ("--validation", "some")])
def test_invalid_option_is_reported(recording: Path, option: str, value: str) -> None:
    assert invoke("recheck", recording, option, value).exit_code == 2


def test_unreadable_recording_is_reported(tmp_path: Path) -> None:
    result = invoke("recheck", tmp_path / "none.jsonl")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_unwritable_journal_is_reported(tmp_path: Path) -> None:
    result = invoke("--journal", tmp_path / "none" / "journal.jsonl")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{tmp_path}/none/journal.jsonl: cannot write this journal: ")


def test_torn_line_is_left_out_with_a_warning(recording: Path, tmp_path: Path) -> None:
    journal, file = tmp_path / "journal.jsonl", recording.with_name("hello.yaml")
    journal.write_bytes(recording.read_bytes()[:-9])
    torn = len(journal.read_bytes().splitlines()[1])
    warning = f"warning: {journal}:2: incomplete entry, {torn} bytes without their end; it is left out\n"
    rechecked = invoke("recheck", journal, file)
    explained = invoke("explain", file, "--journal", journal)

    assert (rechecked.exit_code, rechecked.stdout) == (0, "1 request: answered as recorded\n")
    assert (explained.exit_code, rechecked.stderr, explained.stderr) == (0, warning, warning)


class Broken(BaseHTTPRequestHandler):
    """Sends what is no journal, or less than it says."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "99" if self.path.startswith("/short") else "6")
        self.end_headers()
        self.wfile.write(b"<html>" if "short" in self.path else b"<htm>\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def broken() -> Iterator[str]:
    """Return the address of a server that sends no journal."""
    with HTTPServer(("127.0.0.1", 0), Broken) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_response_that_is_not_a_journal_is_reported(broken: str) -> None:
    result = invoke("journal", "--pretty", "--url", broken)

    assert (result.exit_code, result.stderr) == (
        2,
        f"{broken}: not a journal; expected a mockclaude server; pass its base URL with --url\n",
    )


def test_incomplete_response_is_reported(broken: str) -> None:
    result = invoke("journal", "--url", f"{broken}/short")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"cannot reach {broken}/short: the response is incomplete; ")


def test_credentials_of_an_address_are_not_printed() -> None:
    result = invoke("journal", "--url", "http://me:hunter2@127.0.0.1:1")

    assert result.stderr.startswith("cannot reach http://me:[redacted]@127.0.0.1:1: ")
