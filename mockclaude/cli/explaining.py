"""The command `explain`.

In: a request in a file. Out: what a server would answer, and why. Knows nothing of servers.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from mockclaude.cli.options import fail, files, option
from mockclaude.scenario.loader import load_all
from mockclaude.scenario.mistakes import ScenarioError


@click.command()
@files()
@option("--request", type=click.File("rb"), required=True, help="The JSON body; - is the standard input.")
@option("--header", "-H", multiple=True, help="A header of the request, such as 'x-api-key: mock'.")
@option("--lane", help="The lane of the request, as the log names it; else it follows from the API key.")
@option("--occurrence", type=click.IntRange(1, 100_000), default=1, help="How often the request has come.")
@option("--seed", type=int, help="Instead of the files' own.")
def explain(
    files: tuple[Path, ...],
    request: BinaryIO,
    header: tuple[str, ...],
    lane: str | None,
    occurrence: int,
    seed: int | None,
) -> None:
    """Say what a server with FILES would answer to a request, and why, without a server."""
    from mockclaude.server.calls import LANE_HEADER, Call
    from mockclaude.server.explaining import explained

    given = [line.partition(":") for line in header]
    headers = {name.strip().lower(): value.strip() for name, _, value in given}
    usual = {"x-api-key": "mock", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    asked = usual | headers | ({LANE_HEADER: lane} if lane is not None else {})
    try:
        scenario = load_all(files, seed)[""]
    except ScenarioError as error:
        fail(error)
    click.echo(explained(scenario, Call("POST", "/v1/messages", {}, asked, request.read(), 0), occurrence))
