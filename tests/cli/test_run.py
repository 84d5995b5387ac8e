"""A command runs with a server to which its environment points it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mockclaude.cli import run
from tests.cli.invoking import HELLO, invoke, written
from tests.serving import PROGRAM_PATIENCE, TIME_SCALE

ASK = """
import os, sys, urllib.request
from urllib.error import HTTPError
for text in sys.argv[1:]:
    body = '{"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "%s"}]}' % text
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
    headers["x-api-key"] = os.environ["ANTHROPIC_API_KEY"]
    url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
    try:
        print(urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers)).status)
    except HTTPError as error:
        error.close()
"""


@pytest.fixture
def ask(tmp_path: Path) -> tuple[object, ...]:
    """Return a command that sends a request with each of its arguments."""
    return ("--", sys.executable, written(tmp_path / "ask.py", ASK))


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return written(tmp_path / "hello.yaml", HELLO.replace("reply", "when: {user: Hello}, reply"))


def shell(script: str) -> tuple[str, ...]:
    return ("--", sys.executable, "-c", textwrap.dedent(script))


def test_run_prints_a_summary_of_requests(hello: Path, ask: tuple[object, ...]) -> None:
    result = invoke("run", hello, *ask, "Hello", "Hello")

    assert (result.exit_code, result.stderr) == (0, "mockclaude: 2 requests (200: 2)\n")


@pytest.mark.parametrize(("option", "code"), [((), 1), (("--allow-unmatched",), 0)])
def test_run_reports_unmatched_requests_with_exit_code_1(
    hello: Path, ask: tuple[object, ...], option: tuple[str, ...], code: int
) -> None:
    result = invoke("run", hello, *option, *ask, "Hello", "hello")

    assert result.exit_code == code
    assert result.stderr.splitlines() == [
        "mockclaude: 2 requests (200: 1, 410: 1)",
        f"unmatched: no rule matched; near miss 'hello' ({hello}:1:9): user: expected text that contains "
        "'Hello', got 'hello'; 'hello' differs in case; use {regex: '(?i)Hello'}",
    ]


STALE = "system - tools - messages 00000000 settings 00000000"


@pytest.mark.parametrize(
    ("options", "code", "status"),
    [((), 0, 200), (("--stale", "ignore"), 0, 200), (("--stale", "error", "--allow-unmatched"), 1, 410)],
    ids=str,
)
def test_run_reports_stale_requests_with_exit_code_1(
    tmp_path: Path, ask: tuple[object, ...], options: tuple[str, ...], code: int, status: int
) -> None:
    origin = f"{{from: localhost, on: 2026-11-30, request: {STALE}}}"
    tide = written(tmp_path / "tide.yaml", f"rules: [{{name: tide, reply: Hi, recorded: {origin}}}]")
    result = invoke("run", tide, *options, *ask, "Hello")
    message = f"'tide' ({tide}:1:9): stale: messages, settings differ from what was recorded"

    assert result.exit_code == code
    assert f"({status}: 1)" in result.stderr
    assert (f"\nstale: {message}; record the reply again" in result.stderr) is (code == 1)
    assert (f"\nwarning: {message}\n" in result.stderr) is (not options)


def test_an_unknown_result_of_stale_requests_is_an_error(hello: Path) -> None:
    result = invoke("run", hello, "--stale", "eror", "--", "true")

    assert result.exit_code == 2
    assert "unknown result, got 'eror'; expected warn, error or ignore; did you mean 'error'?" in result.output


@pytest.mark.parametrize("files", [("--no-built-in",), ("nothing.yaml",)])
def test_run_without_built_in_replies_with_rules_only(
    ask: tuple[object, ...], files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "nothing.yaml", "rules: []")
    result = invoke("run", *files, *ask, "Hello")

    assert result.exit_code == 1
    assert "unmatched: no rule matched: no rules are defined; add one with" in result.stderr
    assert invoke("run", *ask, "Hello", MOCKCLAUDE_NO_BUILT_IN="1").exit_code == 1
    assert invoke("run", *ask, "Hello").exit_code == 0


RETRY = """
import os, sys, urllib.request
url = os.environ["ANTHROPIC_BASE_URL"] + "/_mockclaude/rules"
rule = b'{"rules": {"reply": {"error": 529}}}'
urllib.request.urlopen(urllib.request.Request(url, rule, {"content-type": "application/json"})).close()
body = b'{"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}'
headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "mock"}
try:
    urllib.request.urlopen(urllib.request.Request(url.replace("_mockclaude/rules", "v1/messages"), body, headers))
except urllib.error.HTTPError as error:
    error.close()
    sys.exit(error.code * 1000 + int(error.headers.get("retry-after-ms", "0")) - 529_000)
"""


LONG = """
import json, os, urllib.request
url, long = os.environ["MOCKCLAUDE_URL"], "word " * 20_000
messages = [{"role": "user", "content": long + "end"}]
body = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": messages}
headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "mock"}
query = {"when": {"user": "end"}}
for path, data in [("v1/messages", body), ("_mockclaude/journal/query", query)]:
    made = urllib.request.Request(f"{url}/{path}", json.dumps(data).encode(), headers)
    with urllib.request.urlopen(made) as response:
        reply = json.load(response)
assert [entry["request"]["whole"] for entry in reply["entries"]] == [True]
"""


def test_run_keeps_whole_bodies_for_verification() -> None:
    result = invoke("run", *shell(LONG))

    assert (result.exit_code, result.stderr) == (0, "mockclaude: 1 request (200: 1)\n")


@pytest.mark.parametrize(("option", "delay"), [((), 1), (("--retry-speed", "1x"), 0)])
def test_run_shortens_retry_delays_by_default(option: tuple[str, ...], delay: int) -> None:
    assert invoke("run", "--no-built-in", *option, *shell(RETRY)).exit_code == delay


@pytest.mark.parametrize(
    ("script", "code"),
    [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 15)", 143), ("", 0)],
)
def test_run_returns_the_exit_code_of_the_command(script: str, code: int) -> None:
    result = invoke("run", *shell(script))

    assert (result.exit_code, result.stderr) == (code, "mockclaude: no requests\n")


ENVIRONMENT = """
    import os
    names = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "NO_PROXY", "no_proxy"]
    assert os.environ["MOCKCLAUDE_URL"] == os.environ["ANTHROPIC_BASE_URL"]
    open(os.environ["OUT"], "w").write(" ".join(str(os.environ.get(name)) for name in names))
"""


def test_run_sets_the_environment_and_keeps_a_key(tmp_path: Path) -> None:
    variables = {"OUT": str(tmp_path / "out"), "NO_PROXY": "example.com", "no_proxy": "", "ANTHROPIC_AUTH_TOKEN": "x"}
    invoke("run", *shell(ENVIRONMENT), ANTHROPIC_API_KEY="mine", **variables)

    local = "127.0.0.1,localhost,example.com"
    assert (tmp_path / "out").read_text() == f"mine None {local} {local}"
    invoke("run", *shell(ENVIRONMENT), ANTHROPIC_API_KEY="", **variables)
    assert (tmp_path / "out").read_text().startswith("mock ")


def test_run_of_a_missing_command_returns_the_code_of_a_shell(tmp_path: Path) -> None:
    missing, plain = tmp_path / "missing", written(tmp_path / "plain", "")

    assert invoke("run", "--", missing).exit_code == 127
    assert f"cannot run {missing}: No such file or directory\n" in invoke("run", "--", missing).stderr
    assert invoke("run", "--", plain).exit_code == 126


@pytest.mark.parametrize("arguments", [(), ("--",), ("x.yaml",)])
def test_run_without_a_command_is_an_error(arguments: tuple[str, ...]) -> None:
    result = invoke("run", *arguments)

    assert result.exit_code == 2
    assert "missing COMMAND; expected `mockclaude run [FILES] -- COMMAND`; add e.g. `-- pytest`" in result.stderr


def test_a_command_without_dashes_is_recognised() -> None:
    result = invoke("run", "hello.yaml", "env", "a")

    assert "put `--` before the command: `mockclaude run hello.yaml -- env a`" in result.stderr


def test_run_with_an_invalid_file_runs_nothing(tmp_path: Path) -> None:
    wrong = written(tmp_path / "wrong.yaml", "rules: 1")
    result = invoke("run", wrong, *shell("raise SystemExit(7)"))

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "COMMAND [ARGS]..." in invoke("run", "--help").output


WAITING = """
    import os, signal, sys
    signal.signal(signal.%(name)s, lambda *_: sys.exit(5))
    os.kill(%(pid)s, signal.%(name)s)
    signal.sigtimedwait([], 10)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_run_forwards_signals(name: str) -> None:
    before = signal.getsignal(signal.SIGTERM)
    result = invoke("run", *shell(WAITING % {"name": name, "pid": "os.getppid()"}))

    assert result.exit_code == 5
    assert signal.getsignal(signal.SIGTERM) is before


def test_run_does_not_forward_signals_of_the_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "TERMINAL", written(tmp_path / "tty", ""))
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    script = f"import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep({0.2 * TIME_SCALE})"

    assert invoke("run", *shell(script)).exit_code == 0


def test_run_adds_only_its_summary_to_the_output(hello: Path) -> None:
    command = [sys.executable, "-m", "mockclaude", "run", str(hello), *shell("print('in between')")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_PATIENCE, check=True)

    assert (ended.stdout, ended.stderr) == ("in between\n", "mockclaude: no requests\n")
