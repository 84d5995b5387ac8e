"""Fixtures, and how tests are run: on every core, and in two parts (`.ci/quick` leaves out `process` and `slow`)."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import HealthCheck, settings

from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Scenario
from mockclaude.testing import MockClaude
from tests.serving import Command, ForkedCommand, Running, ServerThread

if TYPE_CHECKING:
    from anthropic import Anthropic

pytest.register_assert_rewrite("tests.page_player")
pytest_plugins = ["pytester"]
if "mockclaude.testing.plugin" not in sys.modules:  # with `-p no:mockclaude`, so that coverage sees it being imported
    pytest_plugins.append("mockclaude.testing.plugin")

Serve: TypeAlias = Callable[..., Running]
Start: TypeAlias = Callable[..., Command]


# A law holds or it does not, however busy the machine is.
settings.register_profile("unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", settings.get_profile("unhurried"), max_examples=5_000)
settings.register_profile("usual", settings.get_profile("unhurried"), max_examples=10)
settings.load_profile("usual")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden transcripts anew")


# Each client of an SDK loads the certificates, which takes 25 ms. No test uses TLS, and this folder has none.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use a process for each core and one more, since some tests wait; unless the command line has a number.

    If coverage was already started for one process, it stays one.
    """
    option = config.option
    in_one = hasattr(config, "workerinput") or config.pluginmanager.hasplugin("_cov")
    if getattr(option, "numprocesses", 0) is None and not in_one:
        option.numprocesses = (os.cpu_count() or 1) + 1
    if getattr(option, "numprocesses", 0) and option.dist == "no":
        option.dist = "loadfile"
        option.loadscopereorder = False


PROCESS_MODULES = ("anthropic", "subprocess", "tests.page_player", "tests.sdk", "tests.terminal")
"""Modules with which a test module starts processes or a real SDK."""
PROCESS_FIXTURES = {"client", "pytester", "start", "start_for_module", "start_interpreter", "store_process"}
LONG_MODULES = ("tests/cli/test_init.py", "tests/sdk/", "tests/test_page_blocks.py", "tests/test_user_pages.py")


def _uses_process(item: pytest.Item) -> bool:
    """Return whether the test's module imports from `PROCESS_MODULES`, or the test takes one of `PROCESS_FIXTURES`."""
    if not isinstance(item, pytest.Function):
        return False
    return not PROCESS_FIXTURES.isdisjoint(item.fixturenames) or _imports_process(item.module)


@cache
def _imports_process(module: ModuleType) -> bool:
    values = vars(module).values()
    names = {value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "") for value in values}
    roots = tuple(f"{name}." for name in PROCESS_MODULES)
    return any(f"{name}.".startswith(roots) for name in names)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the folder of the SDKs if no test with the mark `process` is selected: its imports take seconds."""
    return True if "not process" in config.option.markexpr and collection_path.name == "sdk" else None


@pytest.hookimpl(tryfirst=True)  # before `-m` selects by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that use a process. Put long modules first: at the end, one process would run them alone."""
    for item in items:
        if _uses_process(item):
            item.add_marker(pytest.mark.process)
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_MODULES))


_running: list[pytest.Item] = []
"""The test that runs in this process, if any."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note which test runs, for `_check_process`."""
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.remove(item)


def _check_process(event: str, arguments: tuple[object, ...]) -> None:
    """Raise `AssertionError` if a test without the mark `process` starts a process."""
    if event in ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"):
        for item in _running:
            assert item.get_closest_marker("process"), (
                f"{item.nodeid}: starts a process, got {arguments[:1]}; expected a test with mark `process`; "
                "import `subprocess` in its module"
            )


sys.addaudithook(_check_process)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exclude modules and collected tests from garbage collection, which visits each of them every time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture
def mock() -> Iterator[MockClaude]:
    with MockClaude() as mock:
        yield mock


@pytest.fixture
def client(mock: MockClaude) -> Iterator[Anthropic]:
    """Create a client of the server. Its retries take no time."""
    from anthropic import Anthropic

    with Anthropic(base_url=mock.url, api_key="mock") as client:
        yield client


@pytest.fixture
def serve(caplog: pytest.LogCaptureFixture) -> Iterator[Serve]:
    """Return a function that starts a server for the text of a scenario, or for scenarios by name.

    The servers end with the test, which fails if any of them left a traceback.
    """
    with ExitStack() as running:

        def start(scenario: str | dict[str, Scenario], **site: Any) -> Running:
            scenarios = {"": load_text(scenario)} if isinstance(scenario, str) else scenario
            return running.enter_context(ServerThread(scenarios, **site))

        yield start
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts the command with arguments and environment variables, in a forked process."""
    with _starting(ForkedCommand) as run:
        yield run


@pytest.fixture
def start_interpreter() -> Iterator[Start]:
    """Return the same for the command in a new interpreter, as a user starts it."""
    with _starting(Command) as run:
        yield run


@pytest.fixture(scope="module")
def start_for_module() -> Iterator[Start]:
    """Return the same as `start` for a process that the tests of a module share."""
    with _starting(ForkedCommand) as run:
        yield run


@contextmanager
def _starting(kind: type[Command]) -> Iterator[Start]:
    with ExitStack() as running:

        def run(*arguments: object, **env: str) -> Command:
            return running.enter_context(kind(*arguments, **env))

        yield run
