"""The command `serve`: serve scenario files until a signal."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockclaude.cli import options
from mockclaude.cli.options import ScenarioLoader, exit_with_error, option, parse_option, print_warnings

if TYPE_CHECKING:
    from mockclaude.api.betas import AcceptedBetas
    from mockclaude.api.mode import Mode
    from mockclaude.scenario.format.policy import Stale
    from mockclaude.server.log_writer import WriteEntries
    from mockclaude.server.run import SideTask, SiteSettings

PORT = 4141


@click.command(short_help="Serve scenario files. The default command.")
@options.files_argument()
@option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on. 0: a free port."
)
@option("--watch", is_flag=True, help="Reload FILES when they change. Invalid files are ignored.")
@options.file_option("--journal", "Append each request to this file as a line of JSON, after its response.")
@options.NO_BUILT_IN
@options.SEED
@options.VALIDATION
@options.BETAS
@options.STALE
@options.STRICT
@options.speed_option("1x", " manual: advanced by the admin API only.")
@options.retry_speed_option("1x")
@options.MAX_UPLOAD
@option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep uploaded files and skills in this folder, for one server at a time.",
)
@options.HOSTS
@options.ORIGINS
@options.ADMIN_TOKEN
def serve(
    files: tuple[Path, ...],
    host: str,
    port: int,
    watch: bool,
    journal: Path | None,
    no_built_in: bool,
    seed: int | None,
    validation: Mode | None,
    betas: AcceptedBetas | None,
    stale: Stale | None,
    strict_determinism: bool,
    speed: str,
    retry_speed: str,
    max_upload: int,
    data: Path | None,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    admin_token: str | None,
) -> None:
    """Serve FILES as one scenario, and each file in a folder as a separate scenario.

    Default FILES: the built-in scenario. A name such as @hello is a scenario of the package; `mockclaude scenarios`
    lists them, and @scenarios is the folder with all.
    """
    from mockclaude.journal.console import write_line
    from mockclaude.server.run import create_trust
    from mockclaude.server.run import serve as serve_forever

    trust = create_trust(host, hosts, origins, admin_token)
    settings = _parse_settings(speed, retry_speed, max_upload, data)
    loader = ScenarioLoader(files, seed, validation, strict_determinism, betas, no_built_in, stale)
    watcher = _watch(loader) if watch else None
    scenarios = loader.load_or_exit()
    print_warnings(scenarios, err=True)
    writer = _open_journal(journal) if journal else None
    _run_or_exit(
        serve_forever(scenarios, host, port, write_line, settings, trust=trust, write_entries=writer, side_task=watcher)
    )


def _run_or_exit(serving: Coroutine[Any, Any, None]) -> None:
    from mockclaude.server.run import CannotListenError, run

    try:
        run(serving)
    except CannotListenError as error:
        exit_with_error(error)


def _parse_settings(speed: str, retry_speed: str, max_upload: int, data: Path | None) -> SiteSettings:
    from mockclaude.server.clock import create_clock, parse_speed
    from mockclaude.server.run import SiteSettings

    return SiteSettings(
        parse_option("--speed", create_clock, speed),
        parse_option("--retry-speed", parse_speed, retry_speed),
        max_upload,
        data,
    )


def _watch(loader: ScenarioLoader) -> SideTask:
    from mockclaude.server.file_watcher import FileWatcher

    return FileWatcher(loader.files, loader.load)


def _open_journal(journal: Path) -> WriteEntries:
    from mockclaude.journal.journal_file import JournalError, JournalFile

    try:
        return JournalFile(journal).write
    except JournalError as error:
        exit_with_error(error)
