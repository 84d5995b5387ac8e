"""The pytest plugin: a fixture `mockclaude`, and what a failing test was asked.

In: pytest's hooks, options and marks. Out: one server for a session, like new for each test.
Knows nothing of how it answers. It is loaded by every run of pytest where mockclaude is installed, so the server is
imported with the first test that wants it.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mockclaude.scenario.mistakes import ScenarioError
from mockclaude.testing.environment import pointing_to
from mockclaude.testing.settings import ENVIRONMENT, OPTIONS, Settings, add_options, settings

if TYPE_CHECKING:
    from mockclaude.testing.mock import MockClaude

UNUSED = "mockclaude_unused"
"""The property of a test's report that names a rule it never used."""


class _Used(NamedTuple):
    """The fixture, as one test uses it."""

    mock: MockClaude
    chosen: Settings


class _Reserved(NamedTuple):
    """A port that is kept for the server, and what is undone at the end."""

    holder: socket.socket
    port: int
    undone: ExitStack


_USED = pytest.StashKey[_Used]()
_RESERVED = pytest.StashKey[_Reserved]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each to the command line and to the configuration file."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark; keep a port for code that makes its client when it is imported."""
    choices = ", ".join(f"{name}=" for name in OPTIONS)
    config.addinivalue_line("markers", f"mockclaude(*files, {choices}): how the mockclaude fixture answers")
    if config.getini(ENVIRONMENT) == "session":
        holder = socket.socket()
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        undone = ExitStack()
        undone.enter_context(pointing_to(f"http://127.0.0.1:{port}"))
        undone.callback(holder.close)
        config.stash[_RESERVED] = _Reserved(holder, port, undone)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the environment as it was."""
    if _RESERVED in config.stash:
        config.stash[_RESERVED].undone.close()


@pytest.fixture(scope="session")
def _mockclaude_server(request: pytest.FixtureRequest) -> Iterator[MockClaude]:
    from mockclaude.testing.mock import MockClaude

    reserved = request.config.stash.get(_RESERVED, None)
    if reserved:
        reserved.holder.close()
    mock = MockClaude(port=reserved.port if reserved else 0).start()
    yield mock
    mock.stop()


@pytest.fixture
def mockclaude(request: pytest.FixtureRequest, _mockclaude_server: MockClaude) -> Iterator[MockClaude]:
    """A server that speaks the Messages API and answers as the test says; the SDKs' environment points to it."""
    chosen = settings(request.node)
    mock = _mockclaude_server
    try:
        mock.prepare(
            *chosen.files,
            seed=chosen.seed,
            validation=chosen.validation,
            speed=chosen.speed,
            retry_speed=chosen.retry_speed,
        )
    except ScenarioError as error:
        pytest.fail(str(error), pytrace=False)
    request.node.stash[_USED] = _Used(mock, chosen)
    with mock.environment():
        yield mock
    del request.node.stash[_USED]
    mock.reset()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that was good but for what no rule answered, what its functions raised, or what it never used."""
    result = yield
    used = item.stash.get(_USED, None)
    if used is not None:
        _check(item, used)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what it asked, and what answered."""
    report = yield
    used = item.stash.get(_USED, None)
    if used is not None and report.failed and used.mock.journal:
        from mockclaude.testing.telling import told

        report.sections.append(("mockclaude", told(used.mock.journal)))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the rules that were never used."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    unused = [(report.nodeid, value) for report in reports for name, value in report.user_properties if name == UNUSED]
    if unused:
        terminalreporter.section("mockclaude: rules that were never used")
        for nodeid, rule in unused:
            terminalreporter.line(f"{nodeid}: {rule}")


def _check(item: pytest.Item, used: _Used) -> None:
    mock, chosen = used
    mock.raise_what_was_raised()
    if mock.unmatched and not chosen.allow_unmatched:
        pytest.fail("\n".join(entry.reason for entry in mock.unmatched), pytrace=False)
    unused = [added.rule.label for added in mock.unused]
    if unused and chosen.strict:
        pytest.fail(f"rules of this test were never used: {', '.join(unused)}", pytrace=False)
    item.user_properties.extend((UNUSED, label) for label in unused)
