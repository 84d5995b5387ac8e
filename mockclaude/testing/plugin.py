"""The pytest plugin: the fixture `mockclaude`, and a report of the requests of a failed test.

Each run of pytest loads the plugin where mockclaude is installed, so the server is imported with the first test that
uses the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.testing.discovery import FIXTURE
from mockclaude.testing.session import Session, is_session_wide, mentions_fixture
from mockclaude.testing.settings import OPTIONS, Settings, add_options, locate_test, read_settings
from mockclaude.testing.tracebacks import hide_frames, is_user_error

if TYPE_CHECKING:
    from mockclaude.journal.entry import JournalEntry
    from mockclaude.testing.mock import MockClaude

UNUSED = "mockclaude_unused"
"""Property of a test report with the name of a rule that was never selected."""


@dataclass
class _Usage:
    """The use of the fixture by one test.

    `ended` are the journal entries at the end of the fixture, `ended_unmatched` those of unmatched requests. `checked`
    is the number of the last entry that a phase of the test has checked for unmatched requests.
    """

    mock: MockClaude
    settings: Settings
    ended: list[JournalEntry] | None = None
    ended_unmatched: list[JournalEntry] | None = None
    error: BaseException | None = None
    checked: int = 0

    @property
    def entries(self) -> list[JournalEntry]:
        return self.mock.journal if self.ended is None else self.ended

    @property
    def unmatched(self) -> list[JournalEntry]:
        return self.mock.unmatched_requests if self.ended_unmatched is None else self.ended_unmatched

    def end(self) -> None:
        """Save the data for the test report and reset the server."""
        self.ended, self.error = self.mock.journal, self.mock._take_callback_errors()
        self.ended_unmatched = self.mock.unmatched_requests
        self.mock._reconfigure()


_OUTCOMES = (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception)
"""Errors that decide the outcome of a test, even if another error follows from them."""

_USAGE = pytest.StashKey[_Usage]()
_SESSION = pytest.StashKey[Session | None]()
_SERVER = pytest.StashKey["MockClaude"]()
_EARLY = pytest.StashKey[bool]()
"""Whether the environment was pointed to the server before code under test was imported."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options to the command line and to the configuration file."""
    add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Point the environment to the server before `conftest.py` imports user code."""
    _point_early(early_config)
    yield


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark. Point the environment if a `conftest.py` loaded the plugin."""
    arguments = ", ".join(f"{name}=" for name in OPTIONS)
    config.addinivalue_line("markers", f"mockclaude(*files, {arguments}): settings of the fixture mockclaude")
    if not config.option.fulltrace:
        config.pluginmanager.register(_Tracebacks())
    _point_early(config)


def _point_early(config: pytest.Config) -> None:
    if _SESSION not in config.stash:
        config.stash[_SESSION] = None
        if is_session_wide(config) and mentions_fixture(config):
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
    """Restore the environment in the process that starts pytest-xdist workers."""
    reserved = session.config.stash[_SESSION]
    if reserved and session.config.pluginmanager.hasplugin("dsession"):
        reserved.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the fixture to each test with the mark."""
    for item in items:
        names = getattr(item, "fixturenames", None)
        if names is not None and FIXTURE not in names and item.get_closest_marker("mockclaude"):
            item.fixturenames = [FIXTURE, *names]  # type: ignore[attr-defined]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Restore the environment if no test uses the fixture."""
    config = session.config
    if any(FIXTURE in getattr(item, "fixturenames", ()) for item in session.items):
        if is_session_wide(config):
            _session(config).point()
    elif reserved := config.stash[_SESSION]:
        reserved.restore()


def _server(session: pytest.Session) -> MockClaude:
    """Return the server of the session, started for the first test. A fixture would cost time in each test."""
    stash = session.config.stash
    mock = stash.get(_SERVER, None)
    if mock is None:
        from mockclaude.testing.mock import MockClaude

        reserved = stash[_SESSION]
        mock = stash[_SERVER] = MockClaude(port=reserved.release() if reserved else 0).start()
        session.addfinalizer(partial(_stop, stash))  # before fixtures whose threads may wait for a response
    return mock


def _stop(stash: pytest.Stash) -> None:
    mock = stash[_SERVER]
    del stash[_SERVER]
    mock.stop()


@pytest.fixture
def mockclaude(request: pytest.FixtureRequest) -> Iterator[MockClaude]:
    """A server for the Messages API with the rules of the test.

    The environment of the SDKs points to the server.
    """
    mock = _server(request.session)
    try:
        settings = read_settings(request.node)
        mock._reconfigure(
            *settings.files,
            seed=settings.seed,
            validation=settings.validation,
            speed=settings.speed,
            retry_speed=settings.retry_speed,
            stale=settings.stale,
        )
    except pytest.UsageError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    except ScenarioError as error:
        message = f"{locate_test(request.node)}: mark mockclaude: invalid file, got {error}"
        raise pytest.fail.Exception(message, pytrace=False) from None
    usage = request.node.stash[_USAGE] = _Usage(mock, settings)
    with mock.environment():
        yield mock
    usage.end()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test with callback errors, unmatched or stale requests, or unused rules."""
    result = yield from _check_phase(item)
    usage = item.stash.get(_USAGE, None)
    if usage is not None:
        _check_rules(item, usage)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Check the requests that other fixtures sent in their teardown."""
    return (yield from _check_phase(item))


class _Tracebacks:
    """A plugin that ends tracebacks at the line of the test, before they are reported."""

    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        if call.excinfo is not None:
            hide_frames(call.excinfo.value)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the requests to the report of a failed test, and mark them as checked."""
    error = call.excinfo.value if call.excinfo else None
    is_invalid_call = error is not None and is_user_error(error)
    report = yield
    usage = item.stash.get(_USAGE, None)
    if report.failed:
        text = _describe_requests(item, usage, error, is_invalid_call) if usage else _describe_stray(item, error)
        report.sections.extend(("mockclaude", section) for section in (text,) if section)
    if usage is None:
        return report
    if report.failed or report.when == "call":
        usage.checked = max([entry.number for entry in usage.entries], default=0)
    if report.when == "teardown":
        del item.stash[_USAGE]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the rules that were never selected."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    unused = [(report.nodeid, value) for report in reports for name, value in report.user_properties if name == UNUSED]
    if unused:
        terminalreporter.section("mockclaude: rules never selected")
        for nodeid, rule in unused:
            terminalreporter.line(f"{nodeid}: {rule}")


def _check_phase(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a phase of a test with callback errors, unmatched or stale requests.

    If the phase has failed already, the callback errors are set as its cause.
    """
    try:
        result = yield
    except (Exception, pytest.fail.Exception) as error:
        cause = _take_callback_errors(item)
        if isinstance(cause, _OUTCOMES):
            raise cause from None
        if cause is not None:
            from mockclaude.testing.callbacks import set_cause

            set_cause(error, cause)
        raise
    callback_error = _take_callback_errors(item)
    if callback_error is not None:
        raise callback_error
    usage = item.stash.get(_USAGE, None)
    if usage is not None:
        allows = usage.settings.allow_unmatched
        unmatched = [
            entry.reason for entry in usage.unmatched if entry.number > usage.checked and (entry.is_stale or not allows)
        ]
        if unmatched:
            pytest.fail("\n".join(unmatched), pytrace=False)
    return result


def _take_callback_errors(item: pytest.Item) -> BaseException | None:
    usage = item.stash.get(_USAGE, None)
    return None if usage is None else usage.error or usage.mock._take_callback_errors()


def _describe_requests(item: pytest.Item, usage: _Usage, error: BaseException | None, is_invalid_call: bool) -> str:
    from mockclaude.testing.report import format_report
    from mockclaude.testing.unreached import describe_unreached

    mock = usage.mock
    if usage.ended is None:
        with suppress(RuntimeError):  # a callback blocks the server: the next call reports it
            mock._wait_until_journaled()
    unreached = []
    if not (usage.entries or mock._incomplete_rules or is_invalid_call):
        early = _EARLY in item.config.stash
        unreached = [describe_unreached(mock.url, error, early=early, test=item.nodeid)]
    report = format_report(usage.entries, [added.rule for added in mock.unused_rules])
    return "\n".join([*unreached, report, *map(_describe_incomplete, mock._incomplete_rules)]).rstrip()


def _describe_stray(item: pytest.Item, error: BaseException | None) -> str:
    """Explain a failed request to the URL of the server in a test without the fixture."""
    from mockclaude.testing.unreached import urls_of_requests

    session = item.config.stash[_SESSION]
    if session is None or not any(url.startswith(f"{session.url}/") for url in urls_of_requests(error)):
        return ""
    return (
        f"the failed request was sent to {session.url}, the server of the fixture `mockclaude`, which was not in use; "
        "request the fixture first, or set `mockclaude_environment = test`"
    )


def _describe_incomplete(where: str) -> str:
    return (
        f"{where}: rule without a reply; expected `.reply(...)`, `.sequence(...)`, `.turns(...)` or `.choice(...)`"
        " after `when(...)`"
    )


def _describe_unused(rule: str) -> str:
    return f"{rule}: rule was never selected; expected at least 1 request (`strict`); remove the rule"


def _check_rules(item: pytest.Item, usage: _Usage) -> None:
    incomplete = usage.mock._incomplete_rules
    if incomplete:
        pytest.fail("\n".join(map(_describe_incomplete, incomplete)), pytrace=False)
    unused = [added.rule.label for added in usage.mock.unused_rules]
    if unused and usage.settings.strict:
        pytest.fail("\n".join(map(_describe_unused, unused)), pytrace=False)
    item.user_properties.extend((UNUSED, label) for label in unused)
