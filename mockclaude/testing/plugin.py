"""The pytest plugin: a fixture `mockclaude`, and what a failing test was asked.

In: pytest's hooks, options and marks. Out: one server for a session, like new for each test.
Knows nothing of how it answers. It is loaded by every run of pytest where mockclaude is installed, so the server is
imported with the first test that wants it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.testing.discovery import FIXTURE
from mockclaude.testing.session import Session, mentions_fixture, points_for_session
from mockclaude.testing.settings import OPTIONS, Settings, add_options, line_of, settings
from mockclaude.testing.tracebacks import hide_frames, is_mistake

if TYPE_CHECKING:
    from mockclaude.journal.entry import JournalEntry
    from mockclaude.testing.mock import MockClaude

UNUSED = "mockclaude_unused"
"""The property of a test's report that names a rule it never used."""


@dataclass
class _Used:
    """The fixture, as one test uses it; what was asked and raised, once it has ended; and how much of it was judged."""

    mock: MockClaude
    chosen: Settings
    asked: list[JournalEntry] | None = None
    raised: BaseException | None = None
    judged: int = 0

    @property
    def entries(self) -> list[JournalEntry]:
        return self.mock.journal if self.asked is None else self.asked

    def end(self) -> None:
        """Keep what is reported of it, and forget its rules and files: other tests must not be answered by them."""
        self.asked, self.raised = self.mock.journal, self.mock.what_was_raised()
        self.mock.prepare()


_DECIDED = (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception)
"""What decides about a test, whatever else is raised because of it."""

_USED = pytest.StashKey[_Used]()
_SESSION = pytest.StashKey[Session | None]()
_EARLY = pytest.StashKey[bool]()
"""Whether the environment was pointed to the server before code under test was imported."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each to the command line and to the configuration file."""
    add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Point the environment to the server before the first `conftest.py` imports code under test."""
    _point_early(early_config)
    yield


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark; point the environment to the server if a `conftest.py` has loaded the plugin."""
    choices = ", ".join(f"{name}=" for name in OPTIONS)
    config.addinivalue_line("markers", f"mockclaude(*files, {choices}): how the mockclaude fixture answers")
    if not config.option.fulltrace:
        config.pluginmanager.register(_Tracebacks())
    _point_early(config)


def _point_early(config: pytest.Config) -> None:
    if _SESSION not in config.stash:
        config.stash[_SESSION] = None
        if points_for_session(config) and mentions_fixture(config):
            _session(config).point()
            config.stash[_EARLY] = True


def _session(config: pytest.Config) -> Session:
    session = config.stash[_SESSION]
    if session is None:
        session = config.stash[_SESSION] = Session()
        config.add_cleanup(session.close)
    return session


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Restore the environment in the process that starts the workers of pytest-xdist: they run the tests."""
    reserved = session.config.stash[_SESSION]
    if reserved and session.config.pluginmanager.hasplugin("dsession"):
        reserved.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the fixture to each test that has the mark."""
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is not None and FIXTURE not in names and item.get_closest_marker("mockclaude"):
            item.fixturenames = [FIXTURE, *names]  # type: ignore[attr-defined]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave the environment to a session in which no test uses the fixture."""
    config = session.config
    if any(FIXTURE in getattr(item, "fixturenames", ()) for item in session.items):
        if points_for_session(config):
            _session(config).point()
    elif reserved := config.stash[_SESSION]:
        reserved.restore()


@pytest.fixture(scope="session")
def _mockclaude_server(request: pytest.FixtureRequest) -> Iterator[MockClaude]:
    from mockclaude.testing.mock import MockClaude

    session = request.config.stash[_SESSION]
    mock = MockClaude(port=session.release() if session else 0).start()
    yield mock
    mock.stop()


@pytest.fixture
def mockclaude(request: pytest.FixtureRequest, _mockclaude_server: MockClaude) -> Iterator[MockClaude]:
    """A server that speaks the Messages API and answers as the test says; the SDKs' environment points to it."""
    mock = _mockclaude_server
    try:
        chosen = settings(request.node)
        mock.prepare(
            *chosen.files,
            seed=chosen.seed,
            validation=chosen.validation,
            speed=chosen.speed,
            retry_speed=chosen.retry_speed,
        )
    except pytest.UsageError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    except ScenarioError as error:
        told = f"{line_of(request.node)}: mark mockclaude: invalid file, got {error}"
        raise pytest.fail.Exception(told, pytrace=False) from None
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


class _Tracebacks:
    """Ends tracebacks at the line of the test, before they are reported."""

    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        if call.excinfo is not None:
            hide_frames(call.excinfo.value)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what it asked, and what answered; from here on only the teardown is judged."""
    error = call.excinfo.value if call.excinfo else None
    mistaken = error is not None and is_mistake(error)
    report = yield
    used = item.stash.get(_USED, None)
    if report.failed:
        told = _told(item, used, error, mistaken=mistaken) if used else _misdirected(item, error)
        report.sections.extend(("mockclaude", text) for text in (told,) if text)
    if used is None:
        return report
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
        if isinstance(raised, _DECIDED):
            raise raised from None
        if raised is not None:
            from mockclaude.testing.callbacks import blame

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


def _told(item: pytest.Item, used: _Used, error: BaseException | None, *, mistaken: bool) -> str:
    from mockclaude.testing.report import told
    from mockclaude.testing.unreached import describe_unreached

    if used.asked is None:
        with suppress(RuntimeError):  # a function keeps the server busy: the next call says so
            used.mock.settle()
    rules = [added.rule for added in used.mock.unused]
    unreached = []
    if not (used.entries or used.mock.unfinished or mistaken):
        early = _EARLY in item.config.stash
        unreached = [describe_unreached(used.mock.url, error, early=early, test=item.nodeid)]
    return "\n".join([*unreached, told(used.entries, rules), *map(_unfinished, used.mock.unfinished)]).rstrip()


def _misdirected(item: pytest.Item, error: BaseException | None) -> str:
    """Return why a request failed that was sent to the address of the server while no test used it."""
    from mockclaude.testing.unreached import urls_of_requests

    session = item.config.stash[_SESSION]
    if session is None or not any(url.startswith(f"{session.url}/") for url in urls_of_requests(error)):
        return ""
    return (
        f"the failed request was sent to {session.url}, the server of the fixture `mockclaude`, which was not in use; "
        "request the fixture first, or set `mockclaude_environment = test`"
    )


def _unfinished(where: str) -> str:
    return f"{where}: `when` says what is asked; expected what is answered, such as .reply(...)"


def _check_rules(item: pytest.Item, used: _Used) -> None:
    if used.mock.unfinished:
        pytest.fail("\n".join(map(_unfinished, used.mock.unfinished)), pytrace=False)
    unused = [added.rule.label for added in used.mock.unused]
    if unused and used.chosen.strict:
        pytest.fail(f"rules of this test were never used: {', '.join(unused)}", pytrace=False)
    item.user_properties.extend((UNUSED, label) for label in unused)
