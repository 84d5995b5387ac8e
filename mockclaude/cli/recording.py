"""A session of `record`, from its options to its exit code."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mockclaude.cli.options import ScenarioLoader, exit_with_error, parse_option, print_warnings
from mockclaude.cli.record_options import RecordOptions, check_overwritten, find_output, find_target, resolve_mode
from mockclaude.cli.recording_server import RunningRecorder
from mockclaude.journal.console import write_error
from mockclaude.journal.journal import Journal
from mockclaude.journal.summary import Summary
from mockclaude.proxy.recorder import Recorder, RecorderSettings, RecordingError
from mockclaude.proxy.saving import EndOfSession, Output, describe_part, save_session
from mockclaude.proxy.session import RecordingSession, drop_retries
from mockclaude.scenario.rules import Scenario
from mockclaude.server.clock import Clock, parse_speed
from mockclaude.server.request_body import MAX_BODY
from mockclaude.server.site import Site

if TYPE_CHECKING:
    from mockclaude.proxy.upstream import Upstream

_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


def create_recorder(settings: RecorderSettings) -> Recorder:
    """Create the recorder with these settings.

    Raises:
        ValueError: An expression is invalid.
    """
    raise RecordingError(f"no recorder for {settings.action}")


def record_session(options: RecordOptions) -> int:
    """Run a session; return the exit code.

    Raises:
        RecordingError: The session cannot be begun.
    """
    output = find_output(options)
    mode = resolve_mode(options, output)
    return replay(options, output) if mode == "none" else _record(options, output, mode)


def replay(options: RecordOptions, output: Output) -> int:
    """Serve the recording without another server; return the exit code."""
    scenarios = _load((*options.files, output.path))
    summary = Summary()
    site = Site(scenarios, journal=Journal(max_body=MAX_BODY), clock=_clock(options), retry_speed=0)
    site.journal.subscribe("ended", summary.add)
    server = RunningRecorder(site, options.port, options.command)
    code = server.run(f"replays {output.path}", {_KEYS[0]: "mock"} if not _has_key() else {})
    server.stop()
    write_error(str(summary))
    return code or int(bool(summary.unmatched))


def _record(options: RecordOptions, output: Output, mode: str) -> int:
    from mockclaude.server.recording_site import RecordingSite
    from mockclaude.server.relay import Relay

    url = find_target(options)
    if problem := describe_part(output):
        raise RecordingError(problem)
    if mode == "all" and not options.refresh:
        check_overwritten(output)
    recorder = _create_recorder(options)
    scenarios = _load((*options.files, output.path) if mode == "new" and output.exists else options.files)
    upstream = _create_upstream(url, options)
    with recorder.lock(output.path):
        session = RecordingSession(upstream.host, output.part, recorder)
        relay = Relay(upstream, session)
        site = RecordingSite(scenarios, relay, journal=Journal(max_body=MAX_BODY), clock=_clock(options))
        summary = Summary()
        site.journal.subscribe("ended", summary.add)
        server = RunningRecorder(site, options.port, options.command)
        _warn_of_missing_key(options)
        code = server.run(f"records {upstream.host} in {output.path} (mode {mode})", {}, relay)
        server.stop()
        ended = _end_session(session, options, output, recorder, mode, summary.count)
    return _report(ended, code)


def _end_session(
    session: RecordingSession, options: RecordOptions, output: Output, recorder: Recorder, mode: str, requests: int
) -> EndOfSession:
    """Save the session; explain an empty one."""
    exchanges = session.finish()
    passed, problems = session.summary.list_passed(), session.summary.problems
    if options.drop_retries:
        exchanges = drop_retries(exchanges)
    if exchanges:
        saved = save_session(exchanges, output, recorder)
        return EndOfSession([*saved.notes, *passed], [*problems, *saved.problems])
    if problems:
        return EndOfSession(passed, ["nothing was recorded", *problems])
    if requests and mode == "new":
        return EndOfSession([f"nothing was recorded: rules replied to all requests ({requests})", *passed], [])
    return EndOfSession(passed, [_explain_nothing(options.command, requests, passed)])


def _explain_nothing(command: Sequence[str], requests: int, passed: Sequence[str]) -> str:
    if not requests:
        return "nothing was recorded: no request came" + (
            ". Does COMMAND read ANTHROPIC_BASE_URL?" if command else "; point a client to the recorder's URL"
        )
    if passed:
        return "nothing was recorded: no request to POST /v1/messages came"
    return f"nothing was recorded: rules of FILES replied to all requests ({requests})"


def recover(options: RecordOptions) -> int:
    """Write the recording of a `FILE.part`; return the exit code.

    Raises:
        RecordingError: The file cannot be read, or the recording cannot be written.
    """
    assert options.recover is not None
    output, recorder = find_output(options), _create_recorder(options)
    try:
        exchanges = recorder.read_lines(options.recover.read_bytes())
    except OSError as error:
        raise RecordingError(f"{options.recover}: cannot read: {error.strerror}") from None
    exchanges.sort(key=lambda exchange: exchange.number)
    if not exchanges:
        raise RecordingError(f"{options.recover}: holds no exchange; expected one in each line; delete it")
    check_overwritten(output)
    with recorder.lock(output.path):
        ended = save_session(drop_retries(exchanges) if options.drop_retries else exchanges, output, recorder)
        if ended.is_saved:
            options.recover.unlink(missing_ok=True)
    return _report(ended, 0)


def import_files(options: RecordOptions) -> int:
    """Convert cassettes; return the exit code.

    Raises:
        RecordingError: A file cannot be read.
    """
    raise RecordingError(f"--import: cannot convert {len(options.files)} files")


def _report(ended: EndOfSession, code: int) -> int:
    for line in (*ended.notes, *ended.problems):
        write_error(line)
    return code or int(bool(ended.problems))


def _create_recorder(options: RecordOptions) -> Recorder:
    try:
        return create_recorder(options.recorder_settings())
    except ValueError as error:
        exit_with_error(error)


def _create_upstream(url: str, options: RecordOptions) -> Upstream:
    from mockclaude.proxy.upstream import Upstream

    try:
        return Upstream(url, options.ca, options.seconds)
    except OSError as error:
        exit_with_error(
            f"--ca: {options.ca}: {error.strerror or error}; expected a file with certificates in PEM format"
        )


def _load(files: Sequence[Path]) -> Mapping[str, Scenario]:
    scenarios = ScenarioLoader(files, no_built_in=True).load_or_exit()
    print_warnings(scenarios, err=True)
    return scenarios


def _clock(options: RecordOptions) -> Clock:
    return Clock(parse_option("--speed", parse_speed, options.speed))


def _has_key() -> bool:
    return any(os.environ.get(name) for name in _KEYS)


def _warn_of_missing_key(options: RecordOptions) -> None:
    if options.command and not _has_key():
        write_error(f"warning: neither {' nor '.join(_KEYS)} is set; COMMAND may have no key")
