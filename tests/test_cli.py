"""The command: in this process where nothing is served, as a process of its own where something is."""

from __future__ import annotations

import os
import pty
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockclaude import __version__
from mockclaude.cli import main
from tests.conftest import Start
from tests.serving import Command, announced, post, request

HELLO = "rules: [{name: hello, reply: Hello!}]"
SLOW = "rules: [{pace: {tokens_per_second: 200}, reply: The tide comes and goes and comes again as it always has.}]"


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return written(tmp_path / "hello.yaml", HELLO)


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def invoke(*arguments: object, **env: str) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)), env=env, prog_name="mockclaude")


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


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    result = invoke(tmp_path / "none.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{tmp_path}/none.yaml: cannot read this file: No such file or directory\n"


def test_a_port_in_use_is_one_line_and_exit_code_2(hello: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = invoke(hello, "--port", port)

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


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["mockclaude", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("mockclaude", run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out) == (0, f"mockclaude {__version__}\n")
