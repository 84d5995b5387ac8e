"""The command: in this process where nothing is served, as a process of its own where something is."""

from __future__ import annotations

import os
import pty
import runpy
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import mockclaude
from mockclaude import __version__
from tests.cli.invoking import HELLO, invoke, written
from tests.conftest import Start
from tests.serving import PATIENCE, Command, Running, announced, post, request

SLOW = "rules: [{pace: {tokens_per_second: 200}, reply: The tide comes and goes and comes again as it always has.}]"


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return written(tmp_path / "hello.yaml", HELLO)


def scenarios(command: Command) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = command.server.ask(request("GET", "/")).json["scenarios"]
    return listed


def test_the_version_is_told() -> None:
    assert invoke("--version").output == f"mockclaude {__version__}\n"


@pytest.mark.parametrize("arguments", [("--help",), ("-h",)])
def test_help_names_the_command(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments)

    assert result.exit_code == 0
    assert "serve" in result.output


@pytest.mark.parametrize("arguments", [("serve", "--help"), ("--port", "0", "--help")])
def test_help_of_serve_names_options_and_their_variables(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments)

    assert result.exit_code == 0
    for name in ("host", "port", "seed"):
        assert f"--{name}" in result.output
        assert f"MOCKCLAUDE_{name.upper()}" in result.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: [{repyl: Hello!}]", ":1:10: "),
        ("rules: [", ":2:1: "),
        ("", ":1:1: "),
        ("rules: []", ":1:8: "),
        ("\x00", ":1:1: "),
    ],
)
@pytest.mark.parametrize("command", [(), ("serve",)])
def test_a_bad_file_is_one_line_and_exit_code_2(
    tmp_path: Path, text: str, message: str, command: tuple[str, ...]
) -> None:
    file = written(tmp_path / "bad.yaml", text)
    result = invoke(*command, file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}{message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--speed", "--retry-speed"])
def test_a_speed_that_is_none_is_told_what_one_is(option: str) -> None:
    result = invoke(option, "fast")

    assert result.exit_code == 2
    assert f"Invalid value for {option}: invalid speed, got 'fast'; expected a factor, e.g. 10x" in result.stderr


def test_time_and_retries_can_be_faster(start: Start, tmp_path: Path) -> None:
    slow = written(tmp_path / "slow.yaml", "pace: {ttft: 1h}\nrules: [{times: 1, reply: x}, {reply: {error: 529}}]")
    server = start(slow, "--speed", "instant", MOCKCLAUDE_RETRY_SPEED="instant").server

    assert server.ask(post()).status == 200
    assert server.ask(post()).headers["retry-after-ms"] == "1"


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    result = invoke(tmp_path / "none.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{tmp_path}/none.yaml: cannot read this file: No such file or directory\n"


@pytest.mark.parametrize("option", [(), ("--watch",)])
def test_a_port_in_use_is_one_line_and_exit_code_2(hello: Path, option: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = invoke(hello, "--port", port, *option)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: address already in use; ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--port=65536", "--port=-1", "--port=x", "--seed=x", "--colour"])
def test_a_bad_option_is_told_and_exit_code_2(option: str) -> None:
    result = invoke(option)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_a_free_port_is_told_and_requests_are_logged(start: Start, hello: Path) -> None:
    command = start(hello)
    assert command.server.ask(post()).json["content"][0]["text"] == "Hello!"
    command.signal(signal.SIGTERM)
    code, out, err = command.end()

    assert (code, err) == (0, "")
    assert command.first_line == f"mockclaude {__version__} on {command.server.url}\n"
    assert out.splitlines()[-1].startswith(f"200        POST /v1/messages  'hello' ({hello}:1:9)  ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly_and_an_open_stream_gets_to_finish(start: Start, tmp_path: Path, number: int) -> None:
    command = start(written(tmp_path / "slow.yaml", SLOW))
    with command.server.connect() as wire:
        wire.send(post(stream=True))
        first = wire.head()
        command.signal(number)
        rest = wire.rest()

    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b'data: {"type":"message_stop"}\n\n\r\n0\r\n\r\n')
    code, _, err = command.end()
    assert (code, err) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly_from_the_first_line_on(start: Start, number: int) -> None:
    command = start()
    command.signal(number)
    code, _, err = command.end()

    assert (code, err) == (0, "")


def test_a_stream_that_hangs_is_cut_in_the_end(start: Start, tmp_path: Path) -> None:
    command = start(written(tmp_path / "hang.yaml", "rules: [{reply: [{text: Half a}, {pause: forever}]}]"))
    with command.server.connect() as wire:
        wire.send(post(stream=True))
        wire.head()
        command.signal(signal.SIGINT)
        assert not wire.rest().endswith(b"0\r\n\r\n")

    code, _, err = command.end()
    assert (code, err) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_at_once_and_leaves_no_traceback(start: Start, tmp_path: Path, number: int) -> None:
    command = start(written(tmp_path / "hang.yaml", "rules: [{reply: [{text: Half a}, {pause: forever}]}]"))
    with command.server.connect() as wire:
        wire.send(post(stream=True))
        wire.head()
        command.signal(number)
        command.server.wait_until_closed()
        command.signal(number)
        code, _, err = command.end()

    assert (code, err) == (-number, "")


def test_files_are_one_scenario_and_each_file_of_a_folder_is_one(start: Start, tmp_path: Path, hello: Path) -> None:
    more = written(tmp_path / "more.yaml", "seed: 5\nrules: [{when: {user: x}, reply: More}]")
    written(tmp_path / "set" / "one.yaml", HELLO)
    listed = scenarios(start(more, tmp_path / "set", hello))

    assert [(entry["name"], entry["files"], entry["seed"]) for entry in listed] == [
        ("", [str(more), str(hello)], 5),
        ("one", [str(tmp_path / "set" / "one.yaml")], 0),
    ]


def test_without_files_the_built_in_scenario_answers(start: Start) -> None:
    command = start()

    assert command.server.ask(post()).status == 200
    assert [entry["files"] for entry in scenarios(command)] == [[]]


def test_the_environment_gives_options_and_the_command_line_wins(start: Start) -> None:
    variables = {"MOCKCLAUDE_SEED": "7", "MOCKCLAUDE_HOST": "127.0.0.2", "MOCKCLAUDE_PORT": "1"}

    assert [entry["seed"] for entry in scenarios(start("--host", "127.0.0.1", **variables))] == [7]
    assert [entry["seed"] for entry in scenarios(start("--host", "127.0.0.1", "--seed", 8, **variables))] == [8]
    assert start(**variables).first_line.startswith(f"mockclaude {__version__} on http://127.0.0.2:")


def test_the_port_of_the_environment_is_used() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"cannot listen on 127.0.0.1:{port}: " in invoke(MOCKCLAUDE_PORT=port).stderr


def test_the_installed_command_is_the_same() -> None:
    installed = Path(sys.executable).with_name("mockclaude")
    run = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True)

    assert run.stdout == f"mockclaude {__version__}\n"


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_a_terminal_gets_colour_unless_no_color_is_set(env: dict[str, str], coloured: bool) -> None:
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "mockclaude", "--port", "0"]
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(command, stdout=end, env=plain | env) as process, open(terminal, "rb", 0) as screen:
        os.close(end)
        shown = screen.read(4096)
        announced(shown.decode()).ask(post())
        process.send_signal(signal.SIGTERM)
        while b" ms\r\n" not in shown:
            shown += screen.read(4096)

    assert (b"\x1b[32m200\x1b[0m" in shown) is coloured


def test_a_pipe_gets_no_colour(start: Start) -> None:
    command = start()
    command.server.ask(post())
    command.signal(signal.SIGTERM)

    assert "\x1b" not in command.end()[1]


def test_a_pipe_that_nobody_reads_any_more_does_not_disturb(start: Start) -> None:
    command = start()
    command.close_output()
    for _ in range(3):
        assert command.server.ask(post()).status == 200
    command.signal(signal.SIGTERM)

    code, _, err = command.end()
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("redirection", "problem"),
    [(">/dev/full", "standard output: the log ends here: No space left on device\n"), (">&-", ""), (">&- <&-", "")],
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
    return 0


def test_a_closed_standard_stream_becomes_the_null_device() -> None:
    saved = os.dup(0)
    os.close(0)
    try:
        result = invoke("schema")
        is_null = os.path.samestat(os.fstat(0), os.stat(os.devnull))
    finally:
        os.dup2(saved, 0)
        os.close(saved)

    assert (result.exit_code, is_null) == (0, True)


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["mockclaude", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(mockclaude.__file__).parent / "__main__.py"), run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out) == (0, f"mockclaude {__version__}\n")


def test_strict_determinism_refuses_what_depends_on_the_clock(start: Start, tmp_path: Path) -> None:
    timed = written(tmp_path / "timed.yaml", "chaos: [{error: 529, time: 1s..2s}]\nrules: [{reply: x}]")
    result = invoke(timed, "--strict-determinism")

    assert result.exit_code == 2
    assert (
        "timed.yaml:1:8: the fault 'error overloaded_error' depends on the clock; expected a window in" in result.output
    )
    assert start(written(tmp_path / "hello.yaml", HELLO), "--strict-determinism").server.ask(post()).status == 200


LONG_WAIT = "rules: [{reply: {error: {type: rate_limit_error, headers: {retry-after: 120}}}}]"


def test_warnings_are_told_before_anything_is_served(start: Start, tmp_path: Path) -> None:
    command = start(written(tmp_path / "wait.yaml", LONG_WAIT))
    command.signal(signal.SIGTERM)
    code, _, err = command.end()

    assert code == 0
    assert err.startswith(f"warning: {tmp_path}/wait.yaml:1:73: retry-after is 120 s")
    assert err.count("\n") == 1


def test_limits_are_refused_where_only_what_is_the_same_every_time_will_do(tmp_path: Path) -> None:
    file = written(tmp_path / "limits.yaml", "limits: {requests_per_minute: 1}\nrules: [{reply: Hello!}]")
    result = invoke("--strict-determinism", file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}:1:9: limits depend on the order of requests and on the clock; ")


@pytest.mark.parametrize(("word", "hint"), [("sreve", "; did you mean 'serve'?"), ("nothing", "")])
def test_a_word_that_is_neither_a_command_nor_a_file_is_told(word: str, hint: str) -> None:
    result = invoke(word, "x.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        f"Error: '{word}' is no command, and there is no such file; expected serve, check, explain, schema, run, "
        f"journal or recheck, or scenario files to serve{hint}\n"
    ) in result.stderr


def test_a_file_that_is_called_like_a_command_almost_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "sreve", "rules: []")

    assert "sreve:1:8: this is empty" in invoke("sreve").stderr


def test_files_are_watched(start: Start, hello: Path) -> None:
    command = start(hello, "--watch")
    written(hello, "rules: [{reply: Goodbye!}]")
    while command.server.ask(post()).json["content"][0]["text"] != "Goodbye!":
        time.sleep(0.01)
    command.signal(signal.SIGTERM)

    assert command.end()[2] == f"reloaded: {hello}\n"


def test_open_server_demands_its_token_of_the_command_journal(start: Start, hello: Path) -> None:
    command = start(hello, "--host", "0.0.0.0", "--admin-token", "t")
    command.server.ask(post())
    url = command.server.url
    refused, answered = invoke("journal", "--url", url), invoke("journal", "--url", url, MOCKCLAUDE_ADMIN_TOKEN="t")

    assert (refused.exit_code, refused.stderr) == (
        2,
        f"{url}: unexpected status, got 401; pass the token that the server prints at its start with --admin-token\n",
    )
    assert (answered.exit_code, answered.output.count("\n")) == (0, 1)


def test_named_hosts_and_origins_are_trusted(start: Start, hello: Path) -> None:
    names = {"MOCKCLAUDE_ALLOW_HOST": "mock.test other.test", "MOCKCLAUDE_ALLOW_ORIGIN": "http://a.test http://b.test"}
    server = start(hello, **names).server

    assert server.ask(post(host="mock.test:80", origin="http://b.test", x_mockclaude_lane="x")).status == 200
    assert server.ask(post(host="evil.test")).status == 403
    assert server.ask(post(origin="http://evil.test", x_mockclaude_lane="x")).status == 403


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--allow-origin", "*", "'*' is not an origin; expected scheme, host and port, such as http://localhost:3000"),
        ("--allow-host", "http://a", "'http://a' is not a host name; expected such as mock.example.com"),
    ],
)
def test_wrong_host_or_origin_is_told(option: str, value: str, message: str) -> None:
    result = invoke(option, value)

    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("given", "statuses"),
    [({}, [200, 400]), ({"MOCKCLAUDE_BETAS": "strict"}, [400, 400]), ({"MOCKCLAUDE_BETAS": "any"}, [200, 200])],
)
def test_option_betas_overrides_the_files(
    start: Start, tmp_path: Path, given: dict[str, str], statuses: list[int]
) -> None:
    file = written(tmp_path / "hello.yaml", f"betas: known\n{HELLO}")
    server = start(file, **given).server

    names = ("new-2027-01-01", "interleaved-thinkin-2025-05-14")
    assert [server.ask(post(anthropic_beta=name)).status for name in names] == statuses


def test_option_betas_takes_names(start: Start) -> None:
    server = start("--betas", "of-a-gateway, interleaved-thinkin-2025-05-14").server

    assert server.ask(post(anthropic_beta="of-a-gateway,interleaved-thinkin-2025-05-14")).status == 200
    assert server.ask(post(anthropic_beta="of-another-gateway")).status == 400


@pytest.mark.parametrize("command", [("serve",), ("run",), ("recheck", "recording.jsonl")])
def test_wrong_option_betas_is_an_error(command: tuple[str, ...]) -> None:
    more = ("--", "true") if command == ("run",) else ()
    result = invoke(*command, "--betas", "strct", *more)

    assert result.exit_code == 2
    assert (
        "Invalid value for --betas: unknown betas, got 'strct'; expected known, strict, any, or names, "
        "e.g. [new-beta-2026-11-29]; did you mean 'strict'?" in result.stderr
    )
