"""The pytest plugin: the fixture `mockclaude`, and a report of the requests of a failed test.

Each run of pytest loads the plugin where mockclaude is installed, so the server is imported with the first test that
uses the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.testing.discovery import FIXTURE
from mockclaude.testing.environment import read_keys
from mockclaude.testing.fixture_use import FixtureUse
from mockclaude.testing.recording import FAILURE
from mockclaude.testing.recording_plan import RecordingError
from mockclaude.testing.session import Session, is_session_wide, mentions_fixture
from mockclaude.testing.settings import (
    OPTIONS,
    add_options,
    locate_test,
    plan_recording,
    read_settings,
    records_all,
)
from mockclaude.testing.tracebacks import hide_frames, is_user_error

if TYPE_CHECKING:
    from mockclaude.testing.mock import MockClaude

UNUSED = "mockclaude_unused"
"""Property of a test report with the name of a rule that was never selected."""

RECORDED = "mockclaude_recorded"
"""Property of a test report with a line about its recording."""


_OUTCOMES = (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception)
"""Errors that decide the outcome of a test, even if another error follows from them."""

_USAGE = pytest.StashKey[FixtureUse]()
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
        session = config.stash[_SESSION] = Session(keeps_keys=records_all(config))
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


def _find_keys(config: pytest.Config) -> dict[str, str]:
    session = config.stash[_SESSION]
    return read_keys() if session is None else session.find_keys()


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
        recording = plan_recording(request.node, settings, _find_keys(request.config))
        mock._reconfigure(
            *settings.files,
            seed=settings.seed,
            validation=settings.validation,
            speed=settings.speed,
            retry_speed=settings.retry_speed,
            stale=settings.stale,
            recording=recording,
        )
    except (pytest.UsageError, RecordingError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    except ScenarioError as error:
        message = f"{locate_test(request.node)}: mark mockclaude: invalid file, got {error}"
        raise pytest.fail.Exception(message, pytrace=False) from None
    usage = request.node.stash[_USAGE] = FixtureUse(mock, settings, recording=recording)
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
    """Check the requests of the teardown of other fixtures, and save the recording."""
    try:
        result = yield from _check_phase(item)
    except BaseException:
        _save_recording(item, FAILURE)
        raise
    if problems := _save_recording(item):
        pytest.fail("\n".join(problems), pytrace=False)
    return result


def _save_recording(item: pytest.Item, failure: str = "") -> Sequence[str]:
    """Save the recording of a test; return problems."""
    usage = item.stash.get(_USAGE, None)
    if usage is None:
        return ()
    problems = usage.save_recording(failure)
    item.user_properties.extend((RECORDED, note) for note in usage.notes)
    return problems


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
    if report.when == "call":
        usage.has_passed = report.passed
    if report.failed or report.when == "call":
        usage.checked = max([entry.number for entry in usage.entries], default=0)
    if report.when == "teardown":
        del item.stash[_USAGE]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the rules that were never selected, and the recordings."""
    for title, name, when in ("rules never selected", UNUSED, "call"), ("recordings", RECORDED, "teardown"):
        reports = (report for reports in terminalreporter.stats.values() for report in reports)
        properties = [
            (report.nodeid, value)
            for report in reports
            if isinstance(report, pytest.TestReport) and report.when == when
            for key, value in report.user_properties
            if key == name
        ]
        if properties:
            terminalreporter.section(f"mockclaude: {title}")
        for nodeid, value in properties:
            terminalreporter.line(f"{nodeid}: {value}")


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


def _describe_requests(item: pytest.Item, usage: FixtureUse, error: BaseException | None, is_invalid_call: bool) -> str:
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
    recorded = usage.recording.explain(usage.entries) if usage.recording else []
    return "\n".join([*unreached, report, *recorded, *map(_describe_incomplete, mock._incomplete_rules)]).rstrip()


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


def _check_rules(item: pytest.Item, usage: FixtureUse) -> None:
    incomplete = usage.mock._incomplete_rules
    if incomplete:
        pytest.fail("\n".join(map(_describe_incomplete, incomplete)), pytrace=False)
    unused = [added.rule.label for added in usage.mock.unused_rules]
    if unused and usage.settings.strict:
        pytest.fail("\n".join(map(_describe_unused, unused)), pytrace=False)
    item.user_properties.extend((UNUSED, label) for label in unused)
