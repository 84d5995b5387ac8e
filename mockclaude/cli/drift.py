"""The command `drift`: compare recordings of the API with the mock."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockclaude.cli import options
from mockclaude.cli.options import exit_with_error, option, parse_option
from mockclaude.scenario.diagnostics import ScenarioError

if TYPE_CHECKING:
    from mockclaude.proxy.drift_cases import DriftCase
    from mockclaude.proxy.drift_report import DriftReport


@click.command(short_help="Compare recordings of the API with the mock.")
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.file_option("--allow", "Known differences, one on each line. Only others change the exit code.")
@options.file_option("--write-allow", "Write all differences to this file, for --allow.")
@option("--tokens", default="20%", show_default=True, help="Distance of the mock's input tokens, as a median.")
@option("--json", "as_json", is_flag=True, help="Print JSON.")
def drift(
    recordings: tuple[Path, ...], allow: Path | None, write_allow: Path | None, tokens: str, as_json: bool
) -> None:
    """Compare RECORDINGS of the API with the responses of the mock, without a server.

    RECORDINGS are written by `record --requests`, vcrpy, Ruby's VCR, a browser (HAR) or `serve --journal`. The exit
    code is 1 if there are new differences.
    """
    from mockclaude.proxy.drift_report import format_drift, format_known, parse_known, report_to_json

    tolerance = parse_option("--tokens", _parse_share, tokens)
    known = parse_known(_read_text(allow)) if allow else frozenset[str]()
    report = _build_report(recordings, known, tolerance)
    if write_allow:
        _write_text(write_allow, format_known(report))
    if as_json:
        import orjson

        click.echo(orjson.dumps(report_to_json(report), option=orjson.OPT_INDENT_2))
    else:
        click.echo("\n".join(format_drift(report)))
    sys.exit(1 if report.has_new else 0)


def _build_report(recordings: tuple[Path, ...], known: frozenset[str], tolerance: float) -> DriftReport:
    from mockclaude.proxy.drift import compare_cases
    from mockclaude.proxy.drift_files import read_recordings
    from mockclaude.proxy.drift_report import build_report
    from mockclaude.scenario.loading.loader import load_all

    scenario = load_all([], validation="anthropic")[""]
    try:
        files: Iterable[list[DriftCase]] = read_recordings(recordings, _warn)
        report = build_report((case for cases in files for case in compare_cases(cases, scenario)), known, tolerance)
    except ScenarioError as error:
        exit_with_error(error)
    if not report.requests:
        exit_with_error("no requests with bodies in these recordings; expected some, such as of `record --requests`")
    return report


def _warn(warning: object) -> None:
    from mockclaude.journal.console import write_error

    write_error(f"warning: {warning}")


def _parse_share(text: str) -> float:
    """Parse a percentage.

    Raises:
        ValueError: The text is not a percentage.
    """
    try:
        share = float(text.removesuffix("%")) / 100 if text.endswith("%") else float("nan")
    except ValueError:
        share = float("nan")
    if not 0 <= share <= 1000:
        raise ValueError(f"not a percentage, got {text!r}; expected such as 20%")
    return share


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        exit_with_error(f"{file}: cannot read this file: {getattr(error, 'strerror', None) or 'not UTF-8'}")


def _write_text(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        exit_with_error(f"{file}: cannot write this file: {error.strerror}")
