"""The pytest plugin: a fixture `mockclaude`, and what a failing test was asked.

In: pytest's hooks, options and marks. Out: one server for a session, like new for each test.
Knows nothing of how it answers. It is loaded by every run of pytest where mockclaude is installed, so the server is
imported with the first test that wants it.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mockclaude.scenario.mistakes import ScenarioError
from mockclaude.testing.environment import pointing_to
from mockclaude.testing.settings import ENVIRONMENT, OPTIONS, Settings, add_options, settings

if TYPE_CHECKING:
    from mockclaude.server.journal import Entry
    from mockclaude.testing.mock import MockClaude

UNUSED = "mockclaude_unused"
"""The property of a test's report that names a rule it never used."""


@dataclass
class _Used:
    """The fixture, as one test uses it; what was asked and raised, once it has ended; and how much of it was judged."""

    mock: MockClaude
    chosen: Settings
    asked: list[Entry] | None = None
    raised: BaseException | None = None
    judged: int = 0

    @property
    def entries(self) -> list[Entry]:
        return self.mock.journal if self.asked is None else self.asked

    def end(self) -> None:
        """Keep what is to be told of it, and let it begin anew for others."""
        self.asked, self.raised = self.mock.journal, self.mock.what_was_raised()
        self.mock.reset()


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
    used = request.node.stash[_USED] = _Used(mock, chosen)
    with mock.environment():
        yield mock
    used.end()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that was good but for what no rule answered, what its functions raised, or what it never used."""
    result = yield from _judged(item)
    used = item.stash.get(_USED, None)
    if used is not None:
        _check_rules(item, used)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Judge in the same way what other fixtures asked at their end."""
    return (yield from _judged(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what it asked, and what answered; from here on only the teardown is judged."""
    report = yield
    used = item.stash.get(_USED, None)
    if used is None:
        return report
    if report.failed and used.entries:
        report.sections.append(("mockclaude", _told(used)))
    if report.failed or report.when == "call":
        used.judged = max([entry.number for entry in used.entries], default=0)
    if report.when == "teardown":
        del item.stash[_USED]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the rules that were never used."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    unused = [(report.nodeid, value) for report in reports for name, value in report.user_properties if name == UNUSED]
    if unused:
        terminalreporter.section("mockclaude: rules that were never used")
        for nodeid, rule in unused:
            terminalreporter.line(f"{nodeid}: {rule}")


def _judged(item: pytest.Item) -> Generator[None, object, object]:
    """Fail what is good so far by what its functions raised, which else is the cause, or by what no rule answered."""
    try:
        result = yield
    except (Exception, pytest.fail.Exception) as error:
        raised = _raised(item)
        if raised is not None:
            from mockclaude.testing.functions import blame

            blame(error, raised)
        raise
    raised = _raised(item)
    if raised is not None:
        raise raised
    used = item.stash.get(_USED, None)
    if used is not None and not used.chosen.allow_unmatched:
        unmatched = [entry.reason for entry in used.entries if entry.unmatched and entry.number > used.judged]
        if unmatched:
            pytest.fail("\n".join(unmatched), pytrace=False)
    return result


def _raised(item: pytest.Item) -> BaseException | None:
    used = item.stash.get(_USED, None)
    return None if used is None else used.raised or used.mock.what_was_raised()


def _told(used: _Used) -> str:
    from mockclaude.testing.telling import told

    if used.asked is None:
        with suppress(RuntimeError):  # a function keeps the server busy: the next call says so
            used.mock.settle()
    rules = [added.rule for added in used.mock.unused]
    return "\n".join([told(used.entries, rules), *map(_unfinished, used.mock.unfinished)])


def _unfinished(where: str) -> str:
    return f"{where}: `when` says what is asked; expected what is answered, such as .reply(...)"


def _check_rules(item: pytest.Item, used: _Used) -> None:
    if used.mock.unfinished:
        pytest.fail("\n".join(map(_unfinished, used.mock.unfinished)), pytrace=False)
    unused = [added.rule.label for added in used.mock.unused]
    if unused and used.chosen.strict:
        pytest.fail(f"rules of this test were never used: {', '.join(unused)}", pytrace=False)
    item.user_properties.extend((UNUSED, label) for label in unused)
