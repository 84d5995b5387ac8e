"""`python -m tests.benchmarks.suite`: what a test costs that uses the fixture, beside its rivals, in one run.

Every suite is the same: so many tests, each of which asks once with the Python SDK and checks the answer. In every
round each is run once by a pytest of its own; figures are compared within a round. Prints medians (least..greatest).
"""

import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.__main__ import CACHE
from tests.benchmarks.load import CASES
from tests.benchmarks.servers import MOCKCLAUDE, SERVERS, running, write_files

_ASK = """
import os, pytest
from anthropic import Anthropic

client = Anthropic(base_url=os.environ.get("BASE_URL", "http://127.0.0.1:1"), api_key="mock")
ASKED = [{{"role": "user", "content": "benchmark"}}]

def ask(base_url=None):
    asked = client if base_url is None else client.with_options(base_url=base_url)
    return asked.messages.create(model="claude-sonnet-5", max_tokens=4096, messages=ASKED).content[0].text

@pytest.mark.parametrize("number", range({tests}))
"""
_HTTPSERVER = """def test(httpserver, number):
    content = [{"type": "text", "text": "Hi!"}]
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content, "usage": usage}
    httpserver.expect_request("/v1/messages", method="POST").respond_with_json(message)
    assert ask(httpserver.url_for("").rstrip("/")) == "Hi!"
"""
_RUNNING = """def test(number):
    assert len(ask()) > 1
"""
_FIXTURE = """def test(mockclaude, number):
    mockclaude.reply("Hi!")
    assert ask(mockclaude.url) == "Hi!"
"""


class Suite(NamedTuple):
    """A test, the server that is already running for it, if any, and what its environment needs."""

    name: str
    test: str
    server: str = ""
    package: str = ""


SUITES = (
    Suite("a server that is running already", _RUNNING, server="mockclaude"),
    Suite("the fixture", _FIXTURE),
    Suite("pytest-httpserver", _HTTPSERVER, package="pytest-httpserver==1.1.3"),
    Suite("aimock, running already", _RUNNING, server="aimock"),
    Suite("tests that do nothing", "def test(number): pass\n"),
    Suite("tests that use the fixture and ask nothing", "def test(mockclaude, number): pass\n"),
)


def seconds(suite: Suite, tests: int, folder: Path, environment: Mapping[str, str]) -> float:
    """Return how long pytest takes for the tests of `suite`, without its own start. Raises `RuntimeError`."""
    return _timed(suite, tests, folder, environment) - _timed(suite, 1, folder, environment)


def _timed(suite: Suite, tests: int, folder: Path, environment: Mapping[str, str]) -> float:
    (folder / "test_suite.py").write_text(_ASK.format(tests=tests) + suite.test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_suite.py"]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{suite.name}: {done.stdout[-800:]}")
    return time.perf_counter() - begun


def measured(suite: Suite, tests: int, folder: Path) -> float:
    """Return the milliseconds that a test of `suite` takes."""
    environment = {"PYTHONPATH": str(_packages(suite.package))} if suite.package else {}
    if not suite.server:
        return seconds(suite, tests, folder, environment) / (tests - 1) * 1e3
    write_files(folder)
    server = next(server for server in (MOCKCLAUDE, *SERVERS) if server.name == suite.server)
    with running(server, folder, CACHE, CASES[0].data) as (port, _):
        return seconds(suite, tests, folder, {"BASE_URL": f"http://127.0.0.1:{port}"}) / (tests - 1) * 1e3


def _packages(package: str) -> Path:
    home = CACHE / f"suite-{package}"
    if not home.exists():
        command = f"{sys.executable} -m pip install -qq --no-deps --target {home} {package} werkzeug markupsafe"
        subprocess.run(command.split(), check=True)
    return home


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tests", type=int, default=1000)
    given = parser.parse_args()
    figures: dict[str, list[float]] = {suite.name: [] for suite in SUITES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            for suite in SUITES:
                figures[suite.name].append(measured(suite, given.tests, Path(folder)))
    base = figures[SUITES[0].name]
    for name, found in figures.items():
        ratios = [one / other for one, other in zip(found, base, strict=True)]
        print(f"{name:45} {_row(found, '{:.2f} ms a test')}   {_row(ratios, '{:.2f} times the first')}")
    fixture, nothing = figures[SUITES[5].name], figures[SUITES[4].name]
    beyond = [one - other for one, other in zip(fixture, nothing, strict=True)]
    print(f"set-up and teardown of the fixture            {_row(beyond, '{:.2f} ms')}")


def _row(values: list[float], form: str) -> str:
    return f"{form.format(median(values))} ({min(values):.2f}..{max(values):.2f})"


if __name__ == "__main__":
    main()
