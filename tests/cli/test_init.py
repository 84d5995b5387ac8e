"""`mockclaude init` writes set-ups that work, and never changes a file."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import mockclaude
from mockclaude.cli.init import SETUPS
from tests.cli.invoking import invoke
from tests.conftest import Start
from tests.sdk import node
from tests.serving import PROGRAM_PATIENCE, post
from tests.testing.inner import load_only_our_plugin, run_pytest

SETUP_NAMES = list(SETUPS)
EXPECTED = "expected pytest, unittest, vitest, jest, playwright, github-actions or compose"
PACKAGES = Path(__file__).parent / "setups"
TEMPLATES = Path(mockclaude.__file__).parent / "cli" / "templates"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str, **env: str) -> str:
    """Run a command of a set-up, with the Python and the mockclaude of the tests. Return its output."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        shlex.split(command),
        env={**os.environ, "PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=PROGRAM_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def printed_commands(output: str) -> list[str]:
    return [line.strip() for line in output.splitlines() if line.startswith("  ")]


def workflow_commands() -> list[str]:
    workflow = read_yaml(".github/workflows/mockclaude.yml")
    return [step["run"] for step in workflow["jobs"]["tests"]["steps"] if "run" in step]


def read_yaml(path: str) -> Any:
    return yaml.safe_load(Path(path).read_text())


@pytest.mark.parametrize("name", SETUP_NAMES)
def test_init_writes_files_and_prints_commands(name: str) -> None:
    output = invoke("init", name).output
    written = sorted(str(path) for path in Path().rglob("*") if path.is_file())

    assert sorted(re.findall(r"^wrote    (.+)$", output, re.MULTILINE)) == written == sorted(SETUPS[name].files)
    assert printed_commands(output) == list(SETUPS[name].commands)
    assert not [path for path in written if "@MOCKCLAUDE@" in Path(path).read_text()]


def test_several_setups_share_files() -> None:
    output = invoke("init", "pytest", "unittest").output

    assert output.count("tests/support.yaml") == 1
    assert len(list(Path("tests").iterdir())) == 3


def test_existing_files_are_never_changed() -> None:
    Path("tests").mkdir()
    Path("tests/support.yaml").symlink_to("missing")
    Path("tests/test_mockclaude.py").write_text("mine")
    result = invoke("init", "pytest")

    assert "kept     tests/support.yaml, which exists; compare it with /" in result.output
    assert Path("tests/test_mockclaude.py").read_text() == "mine"
    assert Path("tests/support.yaml").is_symlink()
    assert not Path("missing").exists()
    assert result.exit_code == 0


def test_a_second_run_keeps_the_files_without_a_hint() -> None:
    invoke("init", "compose")
    output = invoke("init", "compose").output

    assert output.count(", which exists\n") == 4
    assert "note" not in output


@pytest.mark.parametrize(
    ("setup", "rival", "text", "kept"),
    [
        ("jest", "jest.config.ts", "", "jest.config.ts instead of jest.config.mjs"),
        ("jest", "package.json", '{"jest": {}}', "package.json instead of jest.config.mjs"),
        ("playwright", "playwright.config.mjs", "", "playwright.config.mjs instead of playwright.config.ts"),
        ("compose", "compose.yml", "", "compose.yml instead of compose.yaml"),
        ("compose", "docker-compose.yaml", "", "docker-compose.yaml instead of compose.yaml"),
    ],
)
def test_no_file_beside_a_rival_that_its_tool_reads(setup: str, rival: str, text: str, kept: str) -> None:
    Path(rival).write_text(text)
    output = invoke("init", setup).output
    [template] = re.findall(f"^kept     {kept}; compare it with (.*)$", output, re.MULTILINE)

    assert Path(template).is_file()
    assert not Path(kept.split()[-1]).exists()


def test_no_test_runner_or_compiler_takes_a_template_for_its_own() -> None:
    """A virtual environment within a project has the templates below the project."""
    names = [path.name for path in TEMPLATES.iterdir()]

    assert "mockclaude.ts" in names
    assert not [name for name in names if re.search(r"\.(test|spec|config)\.\w?ts$|^test_.*\.py$", name)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], f"missing SETUP...; {EXPECTED}"),
        (["pytets"], f"unknown set-up 'pytets'; {EXPECTED}; did you mean 'pytest'?"),
        (["pytest", "docker"], f"unknown set-up 'docker'; {EXPECTED}"),
    ],
)
def test_an_unknown_setup_writes_nothing(arguments: list[str], message: str) -> None:
    result = invoke("init", *arguments)

    assert result.stderr.splitlines()[-1] == f"Error: {message}"
    assert (result.exit_code, os.listdir()) == (2, [])


def test_a_folder_that_cannot_be_written_is_an_error() -> None:
    Path("tests").write_text("")
    result = invoke("init", "pytest")

    message = "tests/test_mockclaude.py: cannot be written: File exists; expected a writable folder\n"
    assert (result.stderr, result.exit_code) == (message, 2)


def test_pytest_setup_passes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in this process. `test_commands_of_the_workflow_pass` runs pytest in its own."""
    load_only_our_plugin(monkeypatch)
    invoke("init", "pytest")
    *python, folder = shlex.split(SETUPS["pytest"].commands[-1])

    assert python == ["python", "-m", "pytest"]
    assert "4 passed" in run_pytest(project, folder)[1]


@pytest.mark.tools
def test_unittest_setup_passes() -> None:
    invoke("init", "unittest")

    assert "Ran 4 tests" in run(SETUPS["unittest"].commands[-1], PYTHONWARNINGS="error")


@pytest.fixture
def node_project(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project with the packages that the set-ups for TypeScript install."""
    with tempfile.TemporaryDirectory(dir=node.installed(PACKAGES)) as folder:
        monkeypatch.chdir(folder)
        yield
        monkeypatch.undo()


@pytest.mark.tools
@pytest.mark.parametrize(
    ("name", "package_json", "expected"),
    [
        ("vitest", '{"type": "module"}', r"Tests\s+3 passed"),
        ("jest", "{}", "3 passed"),
        ("jest", '{"type": "module"}', "3 passed"),
        ("playwright", '{"type": "module"}', "3 passed"),
    ],
)
@pytest.mark.usefixtures("node_project")
def test_typescript_setup_passes(name: str, package_json: str, expected: str) -> None:
    Path("package.json").write_text(package_json)
    invoke("init", name)
    install, *_, test = SETUPS[name].commands
    browser = find_chromium() if name == "playwright" else ""

    packages = set(json.loads((PACKAGES / "package.json").read_text())["dependencies"])
    assert set(install.removeprefix("npm install --save-dev ").split()) <= packages
    assert re.search(expected, run(test, CHROMIUM=browser, NO_COLOR="1"))


def find_chromium() -> str:
    program = shutil.which("chromium")
    if program is None:
        node.give_up("chromium is not installed")
    return program


@pytest.mark.tools
def test_commands_of_the_workflow_pass() -> None:
    invoke("init", "github-actions")
    install, check, test = workflow_commands()

    assert install == 'pip install pytest anthropic "mockclaude"'
    assert "3 rules" in run(check)
    assert "4 passed" in run(test, PYTEST_PLUGINS="mockclaude.testing.plugin")


@pytest.mark.tools
@pytest.mark.usefixtures("node_project")
def test_the_workflow_beside_package_json_runs_npm_test() -> None:
    """The project is CommonJS, the one of `test_typescript_setup_passes` has ES modules."""
    Path("package.json").write_text('{"scripts": {"test": "vitest run"}}')
    invoke("init", "vitest", "github-actions")
    *install, test = workflow_commands()

    assert install == ['pip install "mockclaude"', "npm ci"]
    assert re.search(r"Tests\s+3 passed", run(test, NO_COLOR="1"))


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "mockclaude"),
        ('{"url": "file:///home/me/mockclaude", "dir_info": {}}', "mockclaude"),
        (
            '{"url": "https://example.com/mockclaude.whl", "archive_info": {}}',
            "mockclaude @ https://example.com/mockclaude.whl",
        ),
        (
            '{"url": "https://example.com/mockclaude", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}',
            "mockclaude @ git+https://example.com/mockclaude@c0ffee",
        ),
    ],
)
def test_requirement_is_the_origin_of_mockclaude(
    origin: str | None, requirement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.Distribution.read_text", lambda *_: origin, raising=False)
    monkeypatch.setattr("importlib.metadata.PathDistribution.read_text", lambda *_: origin)
    output = invoke("init", "compose").output

    assert f'pip install --no-cache-dir "{requirement}"\n' in Path("Containerfile.mockclaude").read_text()
    assert ("note     Containerfile.mockclaude installs mockclaude by name" in output) == (requirement == "mockclaude")


def test_compose_has_a_gateway_in_front() -> None:
    invoke("init", "compose")
    services = read_yaml("compose.yaml")["services"]
    mounts = [mount.split(":")[0] for service in services.values() for mount in service["volumes"]]
    [model] = read_yaml("litellm.yaml")["model_list"]

    assert list(services) == ["mockclaude", "gateway"]
    assert all(Path(mount).exists() for mount in mounts)
    assert model["litellm_params"]["api_base"] == "http://mockclaude:4141"


def test_commands_of_compose_serve_and_are_healthy(start: Start) -> None:
    invoke("init", "compose")
    service = read_yaml("compose.yaml")["services"]["mockclaude"]
    server = start(*service["command"][1:], MOCKCLAUDE_ADMIN_TOKEN="secret").server
    _, *check = service["healthcheck"]["test"]

    assert run(shlex.join(check).replace("4141", str(server.port))) == ""
    assert b"It is on its way." in server.ask(post("Where is order 17?")).body


def test_gateway_of_compose_asks_mockclaude(start: Start) -> None:
    """Runs with LiteLLM's proxy only, which has more packages than all others."""
    if shutil.which("litellm") is None:
        pytest.skip("litellm is not installed")
    invoke("init", "compose")
    [curl] = re.findall(r"^#   (curl .*\n).*?( .*)$", Path("compose.yaml").read_text(), re.MULTILINE)
    service = read_yaml("compose.yaml")["services"]["gateway"]
    mock = start("scenarios/support.yaml").server
    config = Path("litellm.yaml")
    config.write_text(config.read_text().replace("mockclaude:4141", f"127.0.0.1:{mock.port}"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    arguments = [word.removeprefix("/app/").replace("4000", port) for word in service["command"]]
    gateway = subprocess.Popen(
        ["litellm", "--host", "127.0.0.1", *arguments], env={**os.environ, **service["environment"]}
    )
    try:
        retry = f"--retry {PROGRAM_PATIENCE:.0f} --retry-delay 1 --retry-all-errors"
        assert "It is on its way." in run("".join(curl).replace("\\\n", "").replace("4000", port) + f" -s {retry}")
    finally:
        gateway.terminate()
        gateway.wait()
