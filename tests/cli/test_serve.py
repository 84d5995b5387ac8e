"""The command `serve` in the process of the tests, which ends before it serves."""

from __future__ import annotations

import os
import runpy
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import mockclaude
from mockclaude import __version__
from mockclaude.api.betas import AcceptedBetas
from mockclaude.scenario.loading.loader import load_all
from tests.cli.invoking import HELLO, invoke, written
from tests.conftest import Serve
from tests.serving import post


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return written(tmp_path / "hello.yaml", HELLO)


@pytest.fixture
def used_port() -> Iterator[int]:
    """Return a port on which nothing can be served: a command that gets so far ends."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port: int = other.getsockname()[1]
        yield port


def test_version_is_printed() -> None:
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
        ("rules: 1", ":1:8: "),
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
def test_invalid_speed_is_an_error(option: str) -> None:
    result = invoke(option, "fast")

    assert result.exit_code == 2
    assert f"Invalid value for {option}: invalid speed, got 'fast'; expected a factor, e.g. 10x" in result.stderr


def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    result = invoke(tmp_path / "none.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    problem = "cannot read the file: No such file or directory; expected a scenario file or a folder"
    assert result.stderr == f"{tmp_path}/none.yaml: {problem}\n"


@pytest.mark.parametrize("option", [(), ("--watch",)])
def test_a_port_in_use_is_one_line_and_exit_code_2(hello: Path, option: tuple[str, ...], used_port: int) -> None:
    result = invoke(hello, "--port", used_port, *option)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"cannot listen on 127.0.0.1:{used_port}: address already in use; ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--port=65536", "--port=-1", "--port=x", "--seed=x", "--colour"])
def test_invalid_option_is_exit_code_2(option: str) -> None:
    result = invoke(option)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_the_port_of_the_environment_is_used(used_port: int) -> None:
    assert f"cannot listen on 127.0.0.1:{used_port}: " in invoke(MOCKCLAUDE_PORT=str(used_port)).stderr


def test_the_host_of_the_environment_is_used() -> None:
    with socket.create_server(("127.0.0.2", 0)) as other:
        port = str(other.getsockname()[1])
        result = invoke(MOCKCLAUDE_HOST="127.0.0.2", MOCKCLAUDE_PORT=port)

    assert f"cannot listen on 127.0.0.2:{port}: " in result.stderr


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


def test_strict_determinism_refuses_what_depends_on_the_clock(tmp_path: Path, hello: Path, used_port: int) -> None:
    timed = written(tmp_path / "timed.yaml", "chaos: [{error: 529, time: 1s..2s}]\nrules: [{reply: x}]")
    result = invoke(timed, "--strict-determinism")

    assert result.exit_code == 2
    assert (
        "timed.yaml:1:8: the fault 'error overloaded_error' depends on the clock; expected a window in" in result.output
    )
    assert "cannot listen" in invoke(hello, "--strict-determinism", "--port", used_port).stderr


LONG_WAIT = "rules: [{reply: {error: {type: rate_limit_error, headers: {retry-after: 120}}}}]"


def test_warnings_are_printed_before_the_start(tmp_path: Path, used_port: int) -> None:
    warning, problem = invoke(written(tmp_path / "wait.yaml", LONG_WAIT), "--port", used_port).stderr.splitlines()

    assert warning.startswith(f"warning: {tmp_path}/wait.yaml:1:73: `retry-after`: clients wait 120 s")
    assert problem.startswith("cannot listen")


def test_strict_determinism_rejects_limits(tmp_path: Path) -> None:
    file = written(tmp_path / "limits.yaml", "limits: {requests_per_minute: 1}\nrules: [{reply: Hello!}]")
    result = invoke("--strict-determinism", file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}:1:9: limits depend on the order of requests and on the clock; ")


@pytest.mark.parametrize(
    ("word", "hint"), [("sreve", "; did you mean 'serve'?"), ("hello", "; did you mean '@hello'?"), ("nothing", "")]
)
def test_unknown_command_is_an_error(word: str, hint: str) -> None:
    result = invoke(word, "x.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        f"Error: unknown command or file '{word}'; expected serve, init, check, explain, schema, scenarios, run, "
        f"record, journal, recheck, drift or steps, or a scenario file{hint}\n"
    ) in result.stderr


def test_file_with_a_name_like_a_command_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "sreve", "rules: 1")

    assert "sreve:1:8: invalid value" in invoke("sreve").stderr


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--allow-origin", "*", "'*' is not an origin; expected scheme, host and port, such as http://localhost:3000"),
        ("--allow-host", "http://a", "'http://a' is not a host name; expected such as mock.example.com"),
    ],
)
def test_invalid_host_or_origin_is_an_error(option: str, value: str, message: str) -> None:
    result = invoke(option, value)

    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


@pytest.mark.parametrize(("betas", "statuses"), [(None, [200, 400]), ("strict", [400, 400]), ("any", [200, 200])])
def test_option_betas_overrides_the_files(
    serve: Serve, tmp_path: Path, betas: AcceptedBetas | None, statuses: list[int]
) -> None:
    server = serve(load_all([written(tmp_path / "hello.yaml", f"betas: known\n{HELLO}")], betas=betas))

    names = ("new-2027-01-01", "interleaved-thinkin-2025-05-14")
    assert [server.ask(post(anthropic_beta=name)).status for name in names] == statuses


@pytest.mark.parametrize("command", [("serve",), ("run",), ("recheck", "recording.jsonl")])
def test_wrong_option_betas_is_an_error(command: tuple[str, ...]) -> None:
    more = ("--", "true") if command == ("run",) else ()
    result = invoke(*command, "--betas", "strct", *more)

    assert result.exit_code == 2
    assert (
        "Invalid value for --betas: unknown betas, got 'strct'; expected known, strict, any, or names, "
        "e.g. [new-beta-2026-11-29]; did you mean 'strict'?" in result.stderr
    )
