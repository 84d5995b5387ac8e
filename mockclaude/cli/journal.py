"""Commands about what has happened: `journal` asks a running server, `replay` makes what was recorded again.

In: the address of a server, or a file that one has written. Out: lines. Knows nothing of how a journal is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import click

from mockclaude.api.betas import Accepted
from mockclaude.api.mode import Mode
from mockclaude.cli import options
from mockclaude.cli.options import Loading, entries_of, fail, option, read

JOURNAL = "/_mockclaude/journal?limit=1000"
"""A server keeps no more requests than that."""

NDJSON = "application/x-ndjson"
TOKEN_HEADER = "x-mockclaude-token"
TIMEOUT = 30.0
"""Seconds that a server may be silent."""


@click.command(short_help="Print what a running server has answered.")
@option("--url", default="http://127.0.0.1:4141", show_default=True, help="Where the server is.")
@option("--pretty", is_flag=True, help="As lines of the log, instead of JSON.")
@option("--admin-token", help="The token that the server prints at its start, if others can reach it.")
def journal(url: str, pretty: bool, admin_token: str | None) -> None:
    """Print the requests that a running server has answered, each as a line of JSON."""
    for line in _fetched(url.rstrip("/"), admin_token):
        click.echo(_pretty(url, line) if pretty else line, nl=False)


def _fetched(url: str, token: str | None) -> Iterator[bytes]:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import ProxyHandler, Request, build_opener

    from mockclaude.api.redaction import redact

    shown = redact(url)
    try:
        asked = Request(url + JOURNAL, headers={"accept": NDJSON, **({TOKEN_HEADER: token} if token else {})})
        with closing(build_opener(ProxyHandler({})).open(asked, timeout=TIMEOUT)) as response:
            for line in response:
                if not line.endswith(b"\n"):
                    raise HTTPException("the answer breaks off")
                yield line
    except HTTPError as error:
        with error:
            fail(f"{shown} answers with a {error.code}; {_REMEDIES.get(error.code, _REMEDY)}")
    except (URLError, ValueError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error or type(error).__name__
        fail(f"cannot reach {shown}: {reason}; start a server there, or name the address of one with --url")


_REMEDY = "expected mockclaude: name its address with --url"
_REMEDIES = {
    401: "pass the token that the server prints at its start with --admin-token",
    403: "name the server by its address, such as --url http://127.0.0.1:4141",
}


def _pretty(url: str, line: bytes) -> str:
    import orjson

    from mockclaude.journal.console import log_line, wants_colour
    from mockclaude.journal.entry_json import log_fields

    try:
        entry = log_fields(orjson.loads(line))
    except (ValueError, KeyError, TypeError):
        fail(f"{url} sends no entries of a journal; {_REMEDY}")
    return f"{log_line(entry, colour=wants_colour())}\n"


@click.command(short_help="Make recorded requests again, and compare.")
@click.argument("recording", type=click.Path(path_type=Path, dir_okay=False))
@options.files()
@options.SEED
@options.VALIDATION
@options.BETAS
@options.RETRY_SPEED
def replay(
    recording: Path,
    files: tuple[Path, ...],
    seed: int | None,
    validation: Mode | None,
    betas: Accepted | None,
    retry_speed: str,
) -> None:
    """Make the requests of RECORDING, a journal of `serve --journal`, again to FILES, without a server.

    What is decided, and every byte that is sent, is compared with what was recorded; the exit code is 1 if something
    is different.
    """
    from mockclaude.journal.recheck import is_crowded, is_redacted
    from mockclaude.journal.recheck import replay as again
    from mockclaude.server.clock import parse_speed

    speed = read("--retry-speed", parse_speed, retry_speed)
    scenarios = Loading(files, seed, validation, betas=betas).loaded()
    entries = entries_of(recording)
    different = again(scenarios, entries, speed)
    for difference in different:
        click.echo(str(difference))
    notes = {
        "with redacted credentials: rule, status and ending compared": sum(map(is_redacted, entries)),
        "refused for requests in flight, as recorded": sum(map(is_crowded, entries)),
    }
    click.echo(_summary(len(entries), len(different), notes))
    sys.exit(1 if different else 0)


def _summary(count: int, different: int, notes: Mapping[str, int]) -> str:
    """Return how the requests were answered; `notes` are on those that were not compared in all, with their number."""
    requests = f"{count} request{'s' * (count != 1)}"
    partly = "; ".join(f"{number} {note}" for note, number in notes.items() if number)
    answered = f"{different} answered differently" if different else "answered as recorded"
    return f"{requests}: {answered}{f' ({partly})' if partly else ''}"
