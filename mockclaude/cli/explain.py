"""The command `explain`.

In: a request in a file, or one of a journal. Out: what a server would answer, and why. Knows nothing of servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from mockclaude.cli import options
from mockclaude.cli.options import Loading, entries_of, fail, option

if TYPE_CHECKING:
    from mockclaude.api.betas import AcceptedBetas
    from mockclaude.api.mode import Mode
    from mockclaude.engine.http_request import HttpRequest
    from mockclaude.scenario.rules import Scenario

_USUAL = {"x-api-key": "mock", "anthropic-version": "2023-06-01", "content-type": "application/json"}


class _Header(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has none to give
    """A header line. Several of them in the environment variable are lines of it."""

    name = "text"
    envvar_list_splitter = "\n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, colon, text = str(value).partition(":")
        if not colon or not name.strip():
            self.fail(f"{value!r} is no header; expected a name and a value, such as 'x-api-key: mock'", param, ctx)
        return name.strip().lower(), text.strip()


@click.command(short_help="Say what is answered to a request, and why.")
@options.files()
@option("--request", type=click.File("rb"), help="The JSON body; - is the standard input.")
@option("--header", "-H", multiple=True, type=_Header(), help="A header of the request, such as 'x-api-key: mock'.")
@option("--lane", help="The lane of the request, as the log names it; else it follows from the API key.")
@option("--occurrence", type=click.IntRange(1, 100_000), default=1, help="How often the request has come.")
@options.file("--journal", "A journal of `serve --journal`, of which a request is explained.")
@option("--entry", type=int, help="The number of that request; else it is the last one.")
@options.SEED
@options.VALIDATION
@options.BETAS
def explain(
    files: tuple[Path, ...],
    request: BinaryIO | None,
    header: tuple[tuple[str, str], ...],
    lane: str | None,
    occurrence: int,
    journal: Path | None,
    entry: int | None,
    seed: int | None,
    validation: Mode | None,
    betas: AcceptedBetas | None,
) -> None:
    """Say what a server with FILES would answer to a request, and why, without a server."""
    from mockclaude.engine.explain import explained
    from mockclaude.engine.http_request import LANE_HEADER, Head, HttpRequest

    scenarios = Loading(files, seed, validation, betas=betas).loaded()
    if request is not None:
        headers = {**_USUAL, **dict(header), **({LANE_HEADER: lane} if lane is not None else {})}
        http = HttpRequest(Head("POST", "/v1/messages", {}, headers), headers, request.read(), 0)
        click.echo(explained(scenarios[""], [http] * occurrence))
    elif journal is not None:
        click.echo(explained(*_recorded(scenarios, journal, entry)))
    else:
        raise click.UsageError("a request is missing; expected --request or --journal")


def _recorded(
    scenarios: Mapping[str, Scenario], journal: Path, number: int | None
) -> tuple[Scenario, list[HttpRequest]]:
    """Return the scenario that a recorded request went to, and the calls up to it."""
    from mockclaude.journal.recheck import entries_up_to, is_complete, is_redacted, rebuild_request

    entries = entries_up_to(entries_of(journal), number)
    if not entries:
        fail(f"{journal}: there is no request {number} here" if number else f"{journal}: there are no requests here")
    scenario = scenarios.get(entries[-1]["scenario"])
    if scenario is None:
        fail(f"{journal}: no scenario is named '{entries[-1]['scenario']}'; expected the files it was answered from")
    if not is_complete(entries[-1]):
        fail(f"{journal}: the body of the request was truncated in the journal")
    if is_redacted(entries[-1]):
        click.echo(
            f"warning: {journal}: credentials in this request are redacted, so conditions on them fail", err=True
        )
    return scenario, [rebuild_request(entry, scenario.policy) for entry in entries]
