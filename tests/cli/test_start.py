"""A plain start: it imports little, and builds no model of the file format."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from mockclaude.cli.options import ScenarioLoader
from mockclaude.scenario.garbage import without_garbage_collection

pytestmark = pytest.mark.process

MODULES = 189
"""The most modules of the package that a start without files imports. Lower it when you can."""

IMPORTED_WHEN_NEEDED = {
    "ahocorasick_rs",
    "faker",
    "imagesize",
    "jmespath",
    "jsonschema_rs",
    "pypdf",
    "re2",
    "rstr",
    "yaml",
}

START = """
import sys
import mockclaude.cli.serve, mockclaude.server.run
from mockclaude.scenario.loading.loader import load_all
from pydantic import BaseModel

load_all([])
models, built = [BaseModel], []
while models:
    models += (model := models.pop()).__subclasses__()
    if model.__module__.startswith("mockclaude") and model.__pydantic_complete__:
        built.append(model.__name__)
import orjson
sys.stdout.buffer.write(orjson.dumps({"modules": sorted(sys.modules), "built": built}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, list[str]]:
    output = subprocess.run([sys.executable, "-c", START], capture_output=True, check=True).stdout
    names: dict[str, list[str]] = orjson.loads(output)
    return names


def test_a_plain_start_keeps_to_its_budget(started: dict[str, list[str]]) -> None:
    own = [name for name in started["modules"] if name.partition(".")[0] == "mockclaude"]
    assert len(own) <= MODULES, own


def test_a_plain_start_imports_no_library_that_it_does_not_need(started: dict[str, list[str]]) -> None:
    assert not IMPORTED_WHEN_NEEDED.intersection(started["modules"])


def test_a_plain_start_builds_no_model(started: dict[str, list[str]]) -> None:
    assert started["built"] == []


COMMAND = """
import sys
from mockclaude.cli import main
main(sys.argv[2:], standalone_mode=False)
print(*set(sys.argv[1].split()).intersection(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("command", "unneeded"),
    [("--help", "aiohttp pydantic"), ("check @hello", "aiohttp mockclaude.engine")],
)
def test_a_command_does_not_import_what_it_does_not_need(command: str, unneeded: str) -> None:
    arguments = [sys.executable, "-c", COMMAND, unneeded, *command.split()]
    assert subprocess.run(arguments, capture_output=True, check=True, text=True).stderr.split() == []


def test_plugins_of_pydantic_are_neither_loaded_nor_kept_from_a_command(tmp_path: Path) -> None:
    (tmp_path / "loud-1.dist-info").mkdir()
    (tmp_path / "loud-1.dist-info" / "entry_points.txt").write_text("[pydantic]\nloud = loud\n")
    (tmp_path / "loud.py").write_text("print('loaded')\nnew_schema_validator = lambda *_: (None, None, None)\n")
    model = "import pydantic\nclass Model(pydantic.BaseModel): pass"
    commands = (["check", "@hello"], ["run", "--", sys.executable, "-c", model])
    inherited = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}

    outputs = [
        subprocess.run(
            [sys.executable, "-m", "mockclaude", *command],
            env=inherited | {"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for command in commands
    ]

    assert ["loaded" in output for output in outputs] == [False, True]


def test_garbage_collection_is_enabled_when_files_are_loaded() -> None:
    with without_garbage_collection():
        ScenarioLoader(()).load_or_exit()
        assert gc.isenabled()


IN_THREADS = """
from threading import Barrier, Thread
from mockclaude.scenario.loading.loader import load_text

def load():
    together.wait()
    loaded.append([rule.id for rule in load_text(FILE).rules])

import sys
sys.setswitchinterval(1e-6)
together, loaded = Barrier(8), []
threads = [Thread(target=load) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert loaded == loaded[:1] * 8, loaded
"""

FILE = """
pace: {ttft: 3ms}
chaos: {disconnect: reset, p: 10%}
rules:
  - when: {user: Hello, tool_result: time}
    reply: [{text: Hi, citations: [{type: char_location, cited_text: Hi}]}, {tool_use: time}, error: 529]
    fault: [{stall: 1s, p: 10%}, 529]
  - choice: [{reply: Hi}, {reply: Hello}]
    fault: {script: [529, ok, {insert: x}]}
"""


def test_threads_can_be_the_first_to_load_files() -> None:
    subprocess.run([sys.executable, "-c", f"FILE = {FILE!r}\n{IN_THREADS}"], check=True)
