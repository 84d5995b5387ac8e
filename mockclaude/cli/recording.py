"""A session of `record`, from its options to its exit code."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial

from mockclaude.cli.record_options import RecordOptions, check_overwritten, find_output, find_target, resolve_mode
from mockclaude.cli.recording_files import create_recorder_or_exit, report
from mockclaude.cli.recording_server import RunningRecorder
from mockclaude.cli.recording_sites import create_recording_site, create_replay_site, create_upstream
from mockclaude.journal.console import write_error, write_line
from mockclaude.journal.summary import Summary
from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.save import SaveError
from mockclaude.proxy.session import RecordingSession, drop_retries
from mockclaude.proxy.session_end import EndOfSession, Output, describe_part, save_session
from mockclaude.proxy.target_url import is_on_this_machine

_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


def record_session(options: RecordOptions) -> int:
    """Run a session; return the exit code.

    Raises:
        SaveError: The session cannot be begun.
    """
    output = find_output(options)
    mode = resolve_mode(options, output)
    return replay(options, output) if mode == "none" else _record(options, output, mode)


def replay(options: RecordOptions, output: Output) -> int:
    """Serve the recording without another server; return the exit code."""
    if problem := describe_part(output):
        write_error(f"warning: {problem}")
    summary = Summary()
    site = create_replay_site(options, (*options.files, output.path))
    site.journal.subscribe("ended", summary.add)
    server = RunningRecorder(site, options.listen_port, options.command)
    code = server.run(f"replays {output.path}", {_KEYS[0]: "mock"} if not _has_key() else {})
    server.stop()
    write_error(f"{summary}\n{output.path} replied; nothing was passed on; {_find_next_mode(summary.unmatched)}")
    return code or int(bool(summary.unmatched or summary.stale))


def _find_next_mode(unmatched: int) -> str:
    if unmatched:
        return f"--mode new records the unmatched request{'s' * (unmatched > 1)}"
    return "--mode all records anew"


def _record(options: RecordOptions, output: Output, mode: str) -> int:
    from mockclaude.server.relay import Relay

    url = find_target(options)
    if problem := describe_part(output):
        raise SaveError(problem)
    if mode == "all" and not options.refresh:
        check_overwritten(output)
    recorder = create_recorder_or_exit(options)
    files = (*options.files, output.path) if mode == "new" and output.exists else options.files
    upstream = create_upstream(url, options)
    with recorder.lock(output.path):
        session = RecordingSession(upstream.host, output.part, recorder, options.recorder_settings().action)
        relay = Relay(upstream, session)
        site = create_recording_site(options, files, relay)
        summary = Summary()
        site.journal.subscribe("ended", summary.add)
        server = RunningRecorder(site, options.listen_port, options.command, partial(session.log, write=write_line))
        variables = _choose_key(url, options)
        code = server.run(f"records {upstream.host} in {output.path} (mode {mode})", variables, relay)
        server.stop()
        ended = _end_session(session, options, output, recorder, mode, summary)
    return report(ended, recorder, code)


def _end_session(
    session: RecordingSession, options: RecordOptions, output: Output, recorder: Recorder, mode: str, summary: Summary
) -> EndOfSession:
    """Save the session; explain an empty one."""
    exchanges = session.finish()
    requests, problems = summary.count, session.summary.problems
    passed = [*summary.list_warnings(), *session.summary.list_passed()]
    if options.drop_retries:
        exchanges = drop_retries(exchanges)
    if exchanges:
        saved = save_session(exchanges, output, recorder, output.part)
        return EndOfSession([*saved.notes, *passed], [*problems, *saved.problems])
    if problems:
        return EndOfSession(passed, ["nothing was recorded", *problems])
    if requests and mode == "new":
        return EndOfSession([f"nothing was recorded: rules replied to all requests ({requests})", *passed], [])
    return EndOfSession(passed, [_explain_nothing(options.command, requests, session.summary.list_passed())])


def _explain_nothing(command: Sequence[str], requests: int, passed: Sequence[str]) -> str:
    if not requests:
        return "nothing was recorded: no request came" + (
            ". Does COMMAND read ANTHROPIC_BASE_URL?" if command else "; point a client to the recorder's URL"
        )
    if passed:
        return "nothing was recorded: no request to POST /v1/messages came"
    return f"nothing was recorded: rules of FILES replied to all requests ({requests})"


def _has_key() -> bool:
    return any(os.environ.get(name) for name in _KEYS)


def _choose_key(url: str, options: RecordOptions) -> Mapping[str, str]:
    """Return a key for COMMAND if it has none and the server is on this machine; else warn."""
    if not options.command or _has_key():
        return {}
    if is_on_this_machine(url):
        return {_KEYS[0]: "mock"}
    write_error(f"warning: neither {' nor '.join(_KEYS)} is set; COMMAND may have no key")
    return {}
