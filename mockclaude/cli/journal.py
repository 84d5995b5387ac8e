"""Commands about what has happened: `journal` asks a running server, `replay` makes what was recorded again.

In: the address of a server, or a file that one has written. Out: lines. Knows nothing of how a journal is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from mockclaude.api.betas import Accepted
from mockclaude.api.validation import Mode
from mockclaude.cli import options
from mockclaude.cli.options import Loading, fail, option, read

JOURNAL = "/_mockclaude/journal?limit=1000"
"""A server keeps no more requests than that."""

NDJSON = "application/x-ndjson"
TIMEOUT = 30.0
"""Seconds that a server may be silent."""


@click.command(short_help="Print what a running server has answered.")
@option("--url", default="http://127.0.0.1:4141", show_default=True, help="Where the server is.")
@option("--pretty", is_flag=True, help="As lines of the log, instead of JSON.")
def journal(url: str, pretty: bool) -> None:
    """Print the requests that a running server has answered, each as a line of JSON."""
    for line in _fetched(url.rstrip("/")):
        click.echo(_pretty(line) if pretty else line, nl=False)


def _fetched(url: str) -> Iterator[bytes]:
    from urllib.error import HTTPError, URLError
    from urllib.request import ProxyHandler, Request, build_opener

    try:
        asked = Request(url + JOURNAL, headers={"accept": NDJSON})
        with closing(build_opener(ProxyHandler({})).open(asked, timeout=TIMEOUT)) as response:
            yield from response
    except HTTPError as error:
        with error:
            fail(f"{url} answers with a {error.code}; expected mockclaude: name its address with --url")
    except (URLError, ValueError, OSError) as error:
        reason = getattr(error, "reason", error)
        fail(f"cannot reach {url}: {reason}; start a server there, or name the address of one with --url")


def _pretty(line: bytes) -> str:
    import orjson

    from mockclaude.server.console import log_line, wants_colour
    from mockclaude.server.journal_data import logged

    return f"{log_line(logged(orjson.loads(line)), colour=wants_colour())}\n"


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
    from mockclaude.server.clock import parse_speed
    from mockclaude.server.journal_file import JournalError, read_journal
    from mockclaude.server.replaying import replay as again

    speed = read("--retry-speed", parse_speed, retry_speed)
    scenarios = Loading(files, seed, validation, betas=betas).loaded()
    try:
        entries = [recorded.data for recorded in read_journal(recording)]
    except JournalError as error:
        fail(error)
    different = again(scenarios, entries, speed)
    for difference in different:
        click.echo(str(difference))
    click.echo(_summary(len(entries), len(different)))
    sys.exit(1 if different else 0)


def _summary(count: int, different: int) -> str:
    requests = f"{count} request{'s' * (count != 1)}"
    return f"{requests}: {different} answered differently" if different else f"{requests}: answered as recorded"
