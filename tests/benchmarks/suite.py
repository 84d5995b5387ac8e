"""What a test costs that uses the fixture, beside the same test with a server that is running already.

One pytest runs the suites of a round, each a module. It measures from the end of a suite's first test
to the end of its last. The time to add a rule is measured within the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from tests.benchmarks.effort import Effort
from tests.benchmarks.servers import MOCKCLAUDE, ROOT, Workplace
from tests.benchmarks.table import Results

_CONFTEST = """
import json, statistics, time
from collections import defaultdict

ends, spent = defaultdict(list), []

def pytest_runtest_logfinish(location):
    ends[location[0].removeprefix("test_").removesuffix(".py")].append(time.perf_counter())

def pytest_unconfigure():
    seconds = {name: (times[-1] - times[0]) / (len(times) - 1) for name, times in ends.items()}
    print("seconds", json.dumps(seconds | {"rule": statistics.median(spent)}))
"""
_ONLY_OUR_PLUGIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_CLIENT = """
import os
from anthropic import Anthropic

client = Anthropic(api_key="mock")
TEXT = "nineteen-characters " * 100
MESSAGES = [{"role": "user", "content": "The benchmark."}]

def ask(base_url):
    used = client.with_options(base_url=base_url)
    return used.messages.create(model="claude-sonnet-5", max_tokens=4096, messages=MESSAGES).content[0].text
"""
_HEAD = """
import conftest, pytest, time

@pytest.mark.parametrize("number", range({tests}))
"""
_TESTS = {
    "nothing": "def test(number): pass\n",
    "fixture": "def test(mockclaude, number): pass\n",
    "rule": """def test(mockclaude, number):
    begun = time.perf_counter()
    mockclaude.reply("Hi!")
    conftest.spent.append(time.perf_counter() - begun)
""",
    "request": "def test(mockclaude, number):\n    mockclaude.reply(TEXT)\n    assert ask(mockclaude.url) == TEXT\n",
    "running": "def test(number): assert ask(os.environ['BASE_URL']) == TEXT\n",
}


def _write(folder: Path, tests: int) -> None:
    """Write suites of so many equal tests."""
    (folder / "conftest.py").write_text(_CONFTEST)
    for name, test in _TESTS.items():
        text = (_CLIENT if "ask(" in test else "") + _HEAD.format(tests=tests) + test
        (folder / f"test_{name}.py").write_text(text)


def _milliseconds(folder: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """Run the suites, and return the time of one test of each.

    Raises:
        RuntimeError: A test fails.
    """
    plugins = ("-p", "no:cacheprovider", "-p", "mockclaude.testing.plugin")
    files = [f"test_{name}.py" for name in _TESTS]
    command = [sys.executable, "-m", "pytest", "-q", "-s", *plugins, "--rootdir", str(folder), *files]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{done.stdout[-800:]}{done.stderr[-800:]}")
    seconds = json.loads(done.stdout.rpartition("seconds ")[2])
    return {name: value * 1e3 for name, value in seconds.items()}


def measure(effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure the fixture. The server for the other tests runs in a process of its own."""
    times: dict[str, list[float]] = defaultdict(list)
    folder = workplace.folder / "suite"
    folder.mkdir(exist_ok=True)
    _write(folder, effort.tests)
    with workplace.running(MOCKCLAUDE) as (server,):
        environment = {"BASE_URL": f"http://127.0.0.1:{server.port}", "PYTHONPATH": str(ROOT), **_ONLY_OUR_PLUGIN}
        for _ in range(effort.rounds):
            for name, value in _milliseconds(folder, environment).items():
                times[name].append(value)
    setups = [more - less for more, less in zip(times["fixture"], times["nothing"], strict=True)]
    results.add("fixture-setup", setups, f"a test that does nothing: {median(times['nothing']):.2f} ms")
    results.add("fixture-rule", times["rule"])
    ratios = [with_fixture / other for with_fixture, other in zip(times["request"], times["running"], strict=True)]
    results.add("fixture-test", ratios, f"{median(times['request']):.2f} ms and {median(times['running']):.2f} ms")
