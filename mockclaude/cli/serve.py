"""The command `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockclaude.api.betas import AcceptedBetas
from mockclaude.api.mode import Mode
from mockclaude.cli import options
from mockclaude.cli.options import Loading, fail, option, read, warn

if TYPE_CHECKING:
    from mockclaude.server.log_writer import WriteEntries
    from mockclaude.server.run import Beside

PORT = 4141


@click.command(short_help="Serve scenario files; meant where no command is named.")
@options.files()
@option("--host", default="127.0.0.1", show_default=True)
@option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@option("--watch", is_flag=True, help="Load FILES again when they change; those that are wrong change nothing.")
@options.file("--journal", "Append each request, when it has ended, to this file, as a line of JSON.")
@options.SEED
@options.VALIDATION
@options.BETAS
@options.STRICT
@options.speed("1x", " `manual` lets it stand still until it is advanced.")
@options.RETRY_SPEED
@options.HOSTS
@options.ORIGINS
@options.ADMIN_TOKEN
def serve(
    files: tuple[Path, ...],
    host: str,
    port: int,
    watch: bool,
    journal: Path | None,
    seed: int | None,
    validation: Mode | None,
    betas: AcceptedBetas | None,
    strict_determinism: bool,
    speed: str,
    retry_speed: str,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    admin_token: str | None,
) -> None:
    """Serve FILES as one scenario, and each folder among them as a set of scenarios.

    Without FILES, the built-in scenario answers.
    """
    from mockclaude.journal.console import write_line
    from mockclaude.server.clock import clock_of, parse_speed
    from mockclaude.server.run import CannotListenError, PlaybackSettings, run, trust_of
    from mockclaude.server.run import serve as serve_forever

    trust = trust_of(host, hosts, origins, admin_token)
    playback = PlaybackSettings(read("--speed", clock_of, speed), read("--retry-speed", parse_speed, retry_speed))
    loading = Loading(files, seed, validation, strict_determinism, betas)
    watcher = _watch(loading) if watch else None
    scenarios = loading.loaded()
    warn(scenarios, err=True)
    write_entries = _open_journal(journal) if journal else None
    try:
        run(
            serve_forever(
                scenarios, host, port, write_line, playback, trust=trust, write_entries=write_entries, beside=watcher
            )
        )
    except CannotListenError as error:
        fail(error)


def _watch(loading: Loading) -> Beside:
    from mockclaude.server.file_watcher import FileWatcher

    return FileWatcher(loading.files, loading.load)


def _open_journal(journal: Path) -> WriteEntries:
    from mockclaude.journal.journal_file import JournalError, JournalFile

    try:
        return JournalFile(journal).write
    except JournalError as error:
        fail(error)
