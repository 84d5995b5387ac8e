"""The command `record`: pass requests on to the real API, and save the responses as a scenario file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mockclaude.cli import options
from mockclaude.cli.options import F, exit_with_error, option, parse_option
from mockclaude.cli.run import COMMAND, WithCommand

MODES = ("once", "all", "new", "none")
_AGAIN = " Can be repeated."


def repeated(name: str, metavar: str, text: str) -> Callable[[F], F]:
    """Build an option whose values are collected."""
    return option(name, multiple=True, metavar=metavar, help=text + _AGAIN)


def flag(name: str, text: str, parameter: str | None = None) -> Callable[[F], F]:
    """Build an option without a value."""
    names = (name,) if parameter is None else (name, parameter)
    return option(*names, is_flag=True, help=text)


@click.command(cls=WithCommand, short_help="Record the real API as a scenario file.")
@options.files_argument()
@option("--to", metavar="URL", help="Base URL of the API or of a gateway, e.g. https://api.anthropic.com.")
@option("--out", metavar="FILE", help="The recording: a .yaml file, or with a last / a folder with one for each lane.")
@option(
    "--mode",
    type=click.Choice(MODES),
    default="once",
    show_default=True,
    help="all: record anew. new: append requests that the recording does not answer. none: replay only. once: none if "
    "the recording exists, or else all.",
)
@flag("--refresh", "Replace the replies of the recording by new ones, and print the differences.")
@flag("--dry-run", "With --refresh: print the differences only, with exit code 1 if there are any.")
@flag("--prune", "With --refresh: drop rules that no request matched.")
@repeated("--redact", "EXPR", "Redact the values of a JMESPath expression over request or message.")
@repeated("--redact-regex", "RE", "Redact the matches of a regular expression.")
@repeated("--not-secret", "RE", "Do not warn of texts that match a regular expression.")
@repeated("--volatile", "RE", "Never match on texts that match a regular expression.")
@repeated("--headers", "NAME", "Keep a further response header.")
@flag("--requests", "Keep the redacted bodies of requests, for `drift`.")
@flag("--drop-retries", "Of an identical request that failed with 408, 409, 429 or 5xx, keep only the last attempt.")
@flag("--no-times", "Record without `pace`.")
@flag("--steps", "Write replies as readable steps where these keep all values.")
@options.STALE
@options.file_option("--ca", "File with further certificate authorities, in PEM format.")
@option("--timeout", default="10m", show_default=True, help="Time without a byte after which a response is torn.")
@option("--port", type=click.IntRange(0, 65535), help="Port to listen on. Default: 4141, or a free one for COMMAND.")
@options.speed_option("1x", " It applies to rules, not to the API.")
@options.file_option("--recover", "Write the recording of a `FILE.part` that an interrupted recorder left.")
@flag("--import", "Convert FILES, which are cassettes of vcrpy or VCR, HAR files or streams.", "imports")
@click.pass_context
def record(ctx: click.Context, /, files: tuple[Path, ...], **given: Any) -> None:
    """Pass requests on to the API at --to, and save the responses as a scenario file.

    FILES are scenarios whose rules reply first. With COMMAND, its environment points the SDKs to the recorder; without
    it, the recorder runs until Ctrl-C.
    """
    from mockclaude.cli.record_options import RecordOptions
    from mockclaude.cli.recording import record_session
    from mockclaude.cli.recording_files import import_files, recover
    from mockclaude.proxy.save import SaveError

    settings = RecordOptions(files, tuple(ctx.meta[COMMAND]), **given)
    settings = settings._replace(seconds=parse_option("--timeout", _parse_seconds, settings.timeout))
    try:
        if settings.imports:
            sys.exit(import_files(settings))
        sys.exit(recover(settings) if settings.recover else record_session(settings))
    except SaveError as error:
        exit_with_error(error)


def _parse_seconds(text: str) -> float:
    from mockclaude.scenario.format.units import parse_duration

    microseconds = parse_duration(text)
    if not microseconds:
        raise ValueError("expected more than 0s")
    return microseconds / 1e6
