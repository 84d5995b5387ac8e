"""Recordings without a server: from an interrupted session, and from the cassettes of other recorders."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mockclaude.cli.options import exit_with_error
from mockclaude.cli.record_options import RecordOptions, check_overwritten, find_output
from mockclaude.journal.console import write_error
from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.part_file import read_part
from mockclaude.proxy.recorder_settings import Action
from mockclaude.proxy.recording_summary import describe_recorded
from mockclaude.proxy.save import SaveError
from mockclaude.proxy.session import drop_retries
from mockclaude.proxy.session_end import EndOfSession, Output, save_session
from mockclaude.scenario.recording.exchange import Exchange


def recover(options: RecordOptions) -> int:
    """Write the recording of a `FILE.part`; return the exit code.

    Raises:
        SaveError: The file cannot be read, or the recording cannot be written.
    """
    assert options.recover is not None
    output = find_output(options)
    try:
        action, lines = read_part(options.recover.read_bytes())
    except OSError as error:
        raise SaveError(f"{options.recover}: cannot read: {error.strerror}") from None
    given = options.recorder_settings().action
    action = (action if given == "write" else given) if output.exists else "write"
    recorder = create_recorder_or_exit(options, action)
    exchanges, broken = recorder.read_lines(lines, str(options.recover))
    exchanges.sort(key=lambda exchange: exchange.number)
    if not exchanges:
        raise SaveError(f"{options.recover}: holds no exchange; expected one in each line; delete it")
    if action == "write":
        check_overwritten(output)
    with recorder.lock(output.path):
        kept = drop_retries(exchanges) if options.drop_retries else exchanges
        ended = save_session(kept, output, recorder, options.recover)
    return report(ended._replace(problems=[*broken, *ended.problems]), recorder, 0)


def import_files(options: RecordOptions) -> int:
    """Convert cassettes to a recording each; return the exit code.

    Raises:
        SaveError: A recording cannot be written.
    """
    from mockclaude.scenario.diagnostics import ScenarioError
    from mockclaude.scenario.recording.cassettes.cassette_files import import_cassettes

    if not options.files:
        raise click.UsageError(
            "--import: missing FILES; expected cassettes, e.g. record --import tests/cassettes --out recordings/"
        )
    output, recorder = find_output(options), create_recorder_or_exit(options)
    try:
        imported = import_cassettes(options.files)
    except ScenarioError as error:
        exit_with_error(error)
    notes, problems = [f"warning: {warning}" for warning in imported.warnings], list[str]()
    if len(imported.files) > 1 and not output.is_folder:
        raise click.UsageError(
            f"--out: {len(imported.files)} recordings, got the file {output.path}; pass --out FOLDER/"
        )
    for name, exchanges in imported.files.items():
        path = output.path / f"{name}.yaml" if output.is_folder else output.path
        check_overwritten(Output(path, is_folder=False))
        ended = _save_imported(path, exchanges, options, recorder)
        notes += ended.notes
        problems += ended.problems
    if not imported.files:
        problems.append("nothing was imported: no request to POST /v1/messages")
    return report(EndOfSession(notes, problems), recorder, 0)


def _save_imported(path: Path, exchanges: list[Exchange], options: RecordOptions, recorder: Recorder) -> EndOfSession:
    redacted = [recorder.redact(exchange) for exchange in exchanges]
    kept = drop_retries(redacted) if options.drop_retries else redacted
    with recorder.lock(path):
        saved = recorder.save(path, kept)
    recorded = [exchange for exchange in kept if exchange.number not in saved.left_out]
    return EndOfSession([describe_recorded(recorded, path, saved.is_saved), *saved.notes], list(saved.problems))


def report(ended: EndOfSession, recorder: Recorder, code: int) -> int:
    """Print the end of a session without secrets; return the exit code.

    After problems it is 1, unless the command failed with another one.
    """
    for line in (*ended.notes, *ended.problems):
        write_error(recorder.redact_text(line))
    return code or int(bool(ended.problems))


def create_recorder_or_exit(options: RecordOptions, action: Action | None = None) -> Recorder:
    """Create the recorder, or print the mistake in an option and exit.

    Args:
        options: The options.
        action: How exchanges change the recording. Default: as the options say.
    """
    try:
        settings = options.recorder_settings()
        return Recorder(settings if action is None else settings._replace(action=action), os.environ)
    except ValueError as error:
        exit_with_error(error)
