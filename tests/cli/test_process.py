"""The command as a process of its own: its signals, its standard streams, and its options at work."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mockclaude import __version__
from tests.cli.invoking import HELLO, invoke, written
from tests.conftest import Start
from tests.forked import ForkedProcess
from tests.serving import PATIENCE, Command, Running, announced, asking, post, request

TIDE = "The tide comes and goes and comes again as it always has."
STREAMS = f"""
rules:
  - {{when: {{user: slow}}, pace: {{tokens_per_second: 200}}, reply: {TIDE}}}
  - {{reply: [{{text: Half a}}, {{pause: forever}}]}}
"""
OPTIONS = """
pace: {ttft: 1h}
betas: known
seed: 5
rules: [{when: {user: overloaded}, reply: {error: 529}}, {reply: Hello!}]
"""


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return written(tmp_path / "hello.yaml", HELLO)


@pytest.fixture(scope="module")
def command_with_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    file = written(tmp_path_factory.mktemp("options") / "options.yaml", OPTIONS)
    variables = {
        "MOCKCLAUDE_HOST": "127.0.0.2",
        "MOCKCLAUDE_PORT": "1",
        "MOCKCLAUDE_SEED": "7",
        "MOCKCLAUDE_RETRY_SPEED": "instant",
        "MOCKCLAUDE_ALLOW_HOST": "mock.test other.test",
        "MOCKCLAUDE_ALLOW_ORIGIN": "http://a.test http://b.test",
    }
    betas = "of-a-gateway, interleaved-thinkin-2025-05-14"
    with Command(file, "--host", "127.0.0.1", "--speed", "instant", "--betas", betas, **variables) as command:
        yield command


def scenarios(command: Command) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = command.server.ask(request("GET", "/")).json["scenarios"]
    return listed


def test_options_win_over_the_environment_and_that_over_files(command_with_options: Command) -> None:
    assert command_with_options.first_line.startswith(f"mockclaude {__version__} on http://127.0.0.1:")
    assert [entry["seed"] for entry in scenarios(command_with_options)] == [7]


def test_time_and_retries_can_be_faster(command_with_options: Command) -> None:
    assert command_with_options.server.ask(post()).status == 200
    assert command_with_options.server.ask(post("overloaded")).headers["retry-after-ms"] == "1"


def test_named_hosts_and_origins_are_trusted(command_with_options: Command) -> None:
    server = command_with_options.server

    assert server.ask(post(host="mock.test:80", origin="http://b.test", x_mockclaude_lane="x")).status == 200
    assert server.ask(post(host="evil.test")).status == 403
    assert server.ask(post(origin="http://evil.test", x_mockclaude_lane="x")).status == 403


def test_option_betas_takes_names(command_with_options: Command) -> None:
    server = command_with_options.server

    assert server.ask(post(anthropic_beta="of-a-gateway,interleaved-thinkin-2025-05-14")).status == 200
    assert server.ask(post(anthropic_beta="of-another-gateway")).status == 400


def test_files_are_one_scenario_and_a_folder_has_several(start: Start, tmp_path: Path, hello: Path) -> None:
    more = written(tmp_path / "more.yaml", "seed: 5\nrules: [{when: {user: x}, reply: More}]")
    written(tmp_path / "set" / "one.yaml", HELLO)
    command = start(more, tmp_path / "set", hello)
    assert [(entry["name"], entry["files"], entry["seed"]) for entry in scenarios(command)] == [
        ("", [str(more), str(hello)], 5),
        ("one", [str(tmp_path / "set" / "one.yaml")], 0),
    ]
    assert command.server.ask(post()).json["content"][0]["text"] == "Hello!"
    command.signal(signal.SIGTERM)
    code, out, err = command.end()

    assert (code, err) == (0, "")
    assert command.first_line == f"mockclaude {__version__} on {command.server.url}\n"
    assert out.splitlines()[-1].startswith(f"200        POST /v1/messages  'hello' ({hello}:1:9)  ")
    assert "\x1b" not in out


def test_a_signal_lets_streams_finish_and_cuts_hanging_ones(start_interpreter: Start, tmp_path: Path) -> None:
    command = start_interpreter(written(tmp_path / "streams.yaml", STREAMS))
    with command.server.connect() as slow, command.server.connect() as hanging:
        for wire, content in ((slow, "slow"), (hanging, "hang")):
            wire.send(post(content, stream=True))
            assert wire.head().startswith(b"HTTP/1.1 200 OK\r\n")
        command.signal(signal.SIGINT)
        assert slow.rest().endswith(b'data: {"type":"message_stop"}\n\n\r\n0\r\n\r\n')
        assert not hanging.rest().endswith(b"0\r\n\r\n")

    code, _, err = command.end()
    assert (code, err) == (0, "")


def test_a_second_signal_ends_it_at_once_and_leaves_no_traceback(start_interpreter: Start, tmp_path: Path) -> None:
    command = start_interpreter(written(tmp_path / "streams.yaml", STREAMS))
    with command.server.connect() as wire:
        wire.send(post("hang", stream=True))
        wire.head()
        command.signal(signal.SIGINT)
        command.server.wait_until_closed()
        command.signal(signal.SIGINT)
        code, _, err = command.end()

    assert (code, err) == (-signal.SIGINT, "")


def test_a_signal_ends_it_quietly_after_the_first_line(start_interpreter: Start) -> None:
    command = start_interpreter()
    command.signal(signal.SIGINT)
    code, _, err = command.end()

    assert (code, err) == (0, "")


def test_closed_pipe_does_not_stop_the_server(start_interpreter: Start) -> None:
    command = start_interpreter()
    command.close_output()
    for _ in range(3):
        assert command.server.ask(post()).status == 200
    assert [entry["files"] for entry in scenarios(command)] == [[]]
    command.signal(signal.SIGTERM)

    code, _, err = command.end()
    assert (code, err) == (0, "")


def test_a_terminal_gets_colour() -> None:
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "mockclaude", "--port", "0"]
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(command, stdout=end, env=env) as process, open(terminal, "rb", 0) as screen:
        os.close(end)
        shown = screen.read(4096)
        announced(shown.decode()).ask(post())
        process.send_signal(signal.SIGTERM)
        while b" ms\r\n" not in shown:
            shown += screen.read(4096)

    assert b"\x1b[32m200\x1b[0m" in shown


@pytest.mark.parametrize(
    ("redirection", "problem"),
    [(">/dev/full", "standard output: the log ends here: No space left on device\n"), (">&- <&-", "")],
)
def test_output_that_cannot_be_written_ends_nothing_else(
    tmp_path: Path, hello: Path, redirection: str, problem: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    journal = tmp_path / "journal.jsonl"
    command = [sys.executable, "-m", "mockclaude", hello, "--port", port, "--journal", journal]
    shell = f"exec {shlex.join(map(str, command))} {redirection}"
    with subprocess.Popen(["/bin/sh", "-c", shell], stderr=subprocess.PIPE, text=True) as process:
        status = ask_once_it_listens(port, process)
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)

    assert (status, process.returncode, err) == (200, 0, problem)
    assert len(journal.read_text().splitlines()) == 1


def ask_once_it_listens(port: int, process: subprocess.Popen[str]) -> int:
    while process.poll() is None:
        with suppress(ConnectionRefusedError):
            return Running(port).ask(post()).status
        time.sleep(0.01)
    return 0


def test_files_are_watched(start: Start, hello: Path) -> None:
    command = start(hello, "--watch")
    written(hello, "rules: [{reply: Goodbye!}]")
    while command.server.ask(post()).json["content"][0]["text"] != "Goodbye!":
        time.sleep(0.01)
    command.signal(signal.SIGTERM)

    assert command.end()[2] == f"reloaded: {hello}\n"


def test_scenario_removed_while_a_body_arrives_is_not_found(start: Start, tmp_path: Path) -> None:
    written(tmp_path / "set" / "one.yaml", HELLO)
    removed = written(tmp_path / "set" / "two.yaml", HELLO)
    command = start(tmp_path / "set", "--watch")
    head = request("POST", "/two/v1/messages", content_length=str(len(asking())), expect="100-continue")
    with command.server.connect() as wire:
        for status in (200, 404):
            wire.send(head)
            assert wire.response().raw == b"HTTP/1.1 100 Continue\r\n\r\n"
            while status == 404 and "two" in [entry["name"] for entry in scenarios(command)]:
                removed.unlink(missing_ok=True)
                time.sleep(0.01)
            wire.send(asking())
            assert wire.response().status == status


def test_journal_of_an_open_server_needs_its_token(start: Start, hello: Path) -> None:
    command = start(hello, "--host", "0.0.0.0", "--admin-token", "t")
    command.server.ask(post())
    url = command.server.url
    refused, answered = invoke("journal", "--url", url), invoke("journal", "--url", url, MOCKCLAUDE_ADMIN_TOKEN="t")

    assert (refused.exit_code, refused.stderr) == (
        2,
        f"{url}: unexpected status, got 401; pass the token that the server prints at its start with --admin-token\n",
    )
    assert (answered.exit_code, answered.output.count("\n")) == (0, 1)


def test_the_installed_command_is_the_same() -> None:
    installed = Path(sys.executable).with_name("mockclaude")
    run = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True)

    assert run.stdout == f"mockclaude {__version__}\n"


def test_a_forked_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    process = ForkedProcess(["--port", "0"], tmp_path, os.environ)
    process.communicate(timeout=0.1)

    assert process.returncode == -signal.SIGKILL
