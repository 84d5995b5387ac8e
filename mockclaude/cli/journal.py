"""The commands `journal` (print the journal of a running server) and `recheck` (compare a recorded journal)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockclaude.cli import options
from mockclaude.cli.options import ScenarioLoader, exit_with_error, option, parse_option, read_entries

if TYPE_CHECKING:
    from mockclaude.api.betas import AcceptedBetas
    from mockclaude.api.mode import Mode
    from mockclaude.scenario.format.policy import Stale

JOURNAL = "/_mockclaude/journal?limit=1000"
"""The path of the journal. A server keeps 1,000 requests of a lane."""

NDJSON = "application/x-ndjson"
TOKEN_HEADER = "x-mockclaude-token"
TIMEOUT = 30.0
"""Seconds without data after which the server counts as unreachable."""


@click.command(short_help="Print the journal of a running server.")
@option("--url", default="http://127.0.0.1:4141", show_default=True, help="Base URL of the server.")
@option("--pretty", is_flag=True, help="Print log lines instead of JSON.")
@option("--admin-token", help="Admin token of the server, printed at its start.")
def journal(url: str, pretty: bool, admin_token: str | None) -> None:
    """Print the journal of a running server, one JSON line for each request."""
    for line in _fetch(url.rstrip("/"), admin_token):
        click.echo(_pretty(url, line) if pretty else line, nl=False)


def _fetch(url: str, token: str | None) -> Iterator[bytes]:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import ProxyHandler, Request, build_opener

    from mockclaude.api.redaction import redact

    shown = redact(url)
    try:
        request = Request(url + JOURNAL, headers={"accept": NDJSON, **({TOKEN_HEADER: token} if token else {})})
        with closing(build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT)) as response:
            for line in response:
                if not line.endswith(b"\n"):
                    raise HTTPException("the response is incomplete")
                yield line
    except HTTPError as error:
        with error:
            exit_with_error(f"{shown}: unexpected status, got {error.code}; {_REMEDIES.get(error.code, _REMEDY)}")
    except (URLError, ValueError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error or type(error).__name__
        exit_with_error(f"cannot reach {shown}: {reason}; start a server there, or pass its base URL with --url")


_REMEDY = "expected a mockclaude server; pass its base URL with --url"
_REMEDIES = {
    401: "pass the token that the server prints at its start with --admin-token",
    403: "pass the address of the server, e.g. --url http://127.0.0.1:4141",
}


def _pretty(url: str, line: bytes) -> str:
    import orjson

    from mockclaude.journal.console import log_line, wants_colour
    from mockclaude.journal.entry_json import log_fields

    try:
        entry = log_fields(orjson.loads(line))
    except (ValueError, KeyError, TypeError):
        exit_with_error(f"{url}: not a journal; {_REMEDY}")
    return f"{log_line(entry, colour=wants_colour())}\n"


@click.command(short_help="Compare a recorded journal with FILES.")
@click.argument("recording", type=click.Path(path_type=Path, dir_okay=False))
@options.files_argument()
@options.SEED
@options.VALIDATION
@options.BETAS
@options.STALE
@options.retry_speed_option("1x")
@options.MAX_UPLOAD
def recheck(
    recording: Path,
    files: tuple[Path, ...],
    seed: int | None,
    validation: Mode | None,
    betas: AcceptedBetas | None,
    stale: Stale | None,
    retry_speed: str,
    max_upload: int,
) -> None:
    """Compare RECORDING with the decisions and responses of FILES, without a server.

    RECORDING is a journal of `serve --journal`. Every decision and every byte of the responses is compared. The exit
    code is 1 if there is a difference.
    """
    from mockclaude.journal.recheck import is_redacted, is_refused_in_flight
    from mockclaude.journal.recheck import recheck as find_differences
    from mockclaude.server.clock import parse_speed

    speed = parse_option("--retry-speed", parse_speed, retry_speed)
    scenarios = ScenarioLoader(files, seed, validation, betas=betas, stale=stale).load_or_exit()
    entries = read_entries(recording)
    differences = find_differences(scenarios, entries, speed, max_upload)
    for difference in differences:
        click.echo(str(difference))
    notes = {
        "with redacted credentials: rule, status and ending compared": sum(map(is_redacted, entries)),
        "refused for requests in flight, as recorded": sum(map(is_refused_in_flight, entries)),
    }
    click.echo(_summary(len(entries), len(differences), notes))
    sys.exit(1 if differences else 0)


def _summary(count: int, different: int, notes: Mapping[str, int]) -> str:
    """Summarize the comparison.

    Args:
        count: The number of requests.
        different: The number of requests with a difference.
        notes: Note on requests that were compared in part -> their number.
    """
    requests = f"{count} request{'s' * (count != 1)}"
    partly = "; ".join(f"{number} {note}" for note, number in notes.items() if number)
    answered = f"{different} answered differently" if different else "answered as recorded"
    return f"{requests}: {answered}{f' ({partly})' if partly else ''}"
