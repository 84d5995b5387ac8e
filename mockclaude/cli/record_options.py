"""The options of `record`, and the mistakes in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mockclaude.cli.options import exit_with_error, parse_option
from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.proxy.session_end import PART, Output, is_replaceable
from mockclaude.proxy.target_url import find_clear_text, is_on_port, parse_target

if TYPE_CHECKING:
    from mockclaude.scenario.format.policy import Stale

_SUFFIXES = (".yaml", ".yml")
_PORT = 4141


class RecordOptions(NamedTuple):
    """The arguments and options of `record`, as click parses them.

    Attributes:
        seconds: `timeout` in seconds.
    """

    files: tuple[Path, ...]
    command: tuple[str, ...]
    to: str | None
    out: str | None
    mode: str
    refresh: bool
    dry_run: bool
    prune: bool
    redact: tuple[str, ...]
    redact_regex: tuple[str, ...]
    not_secret: tuple[str, ...]
    volatile: tuple[str, ...]
    headers: tuple[str, ...]
    requests: bool
    drop_retries: bool
    no_times: bool
    steps: bool
    stale: Stale | None
    ca: Path | None
    timeout: str
    port: int | None
    speed: str
    recover: Path | None
    imports: bool
    seconds: float = 600.0

    @property
    def listen_port(self) -> int:
        """The port to listen on. 0: a free one."""
        return (0 if self.command else _PORT) if self.port is None else self.port

    def recorder_settings(self) -> RecorderSettings:
        """Return the settings of the recorder."""
        return RecorderSettings(
            action="refresh" if self.refresh else "append" if self.mode == "new" else "write",
            is_dry_run=self.dry_run,
            prunes=self.prune,
            has_times=not self.no_times,
            has_requests=self.requests,
            writes_steps=self.steps,
            headers=self.headers,
            volatile=self.volatile,
            redact=self.redact,
            redact_regex=self.redact_regex,
            not_secret=self.not_secret,
        )


def find_output(options: RecordOptions) -> Output:
    """Return the output of a session, or report that it is missing."""
    if options.out is None:
        if options.recover is not None and options.recover.name.endswith(PART):
            return Output(options.recover.with_name(options.recover.name.removesuffix(PART)), is_folder=False)
        raise click.UsageError("missing --out; expected the file to record in, e.g. --out tide.yaml")
    path = Path(options.out)
    is_folder = options.out.endswith("/") or path.is_dir()
    if not is_folder and path.suffix not in _SUFFIXES:
        fix = f"pass --out {path}.yaml, or --out {path}/ for a file for each lane"
        raise click.UsageError(f"--out: '{path}' ends otherwise; expected a file that ends in .yaml; {fix}")
    if not options.imports and path.absolute() in (file.absolute() for file in options.files):
        raise click.UsageError(f"FILES: {path} is the recording itself; expected other scenario files; remove it")
    return Output(path, is_folder)


def resolve_mode(options: RecordOptions, output: Output) -> str:
    """Return `all`, `new` or `none`, or report options that do not fit together."""
    if options.refresh:
        if options.mode not in ("once", "all"):
            raise click.UsageError(f"--refresh: asks the API again, got --mode {options.mode}; expected --mode all")
        if not output.exists:
            raise click.UsageError(f"--refresh: {output.path} does not exist; expected a recording")
    elif options.dry_run or options.prune:
        raise click.UsageError(f"{'--dry-run' if options.dry_run else '--prune'}: expected with --refresh")
    mode = "all" if options.refresh else options.mode
    if mode == "once":
        mode = "none" if output.exists else "all"
    if mode == "none" and not output.exists:
        raise click.UsageError(f"{output.path} does not exist; expected a recording; record it with --mode once")
    if output.is_folder and mode != "all":
        raise click.UsageError(_describe_folder(options.mode, output.path))
    return mode


def _describe_folder(mode: str, path: Path) -> str:
    if mode == "once":
        fix = f"replay them with `mockclaude {path}`, or pass --mode all to record anew"
        return f"--out: {path} has recordings; expected a folder without; {fix}"
    return f"--mode {mode}: {path} is a folder; expected a file; pass --out FILE.yaml"


def find_target(options: RecordOptions) -> str:
    """Return the base URL of `--to`, or report its mistake; warn of clear text."""
    if options.to is None:
        raise click.UsageError("missing --to; expected a base URL, e.g. --to https://api.anthropic.com")
    url = parse_option("--to", parse_target, options.to)
    if options.listen_port and is_on_port(url, options.listen_port):
        raise click.UsageError("--to is this recorder itself")
    if warning := find_clear_text(url):
        click.echo(f"warning: {warning}", err=True)
    return url


def check_overwritten(output: Output) -> None:
    """Report a file that was written by hand, so that a recording must not replace it."""
    paths = sorted(output.path.glob("*.yaml")) if output.is_folder else [output.path]
    if path := next((path for path in paths if not is_replaceable(path)), None):
        exit_with_error(f"{path} was written by hand; expected a recording or a new file: --out another")
