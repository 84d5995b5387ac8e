"""The command `serve`.

In: files and how to serve them. Out: a running server. Knows nothing of requests.
"""

from __future__ import annotations

from pathlib import Path

import click

from mockclaude.api.validation import MODES, Mode
from mockclaude.cli.options import fail, files, option, read, warn
from mockclaude.scenario.loader import load_all
from mockclaude.scenario.mistakes import ScenarioError
from mockclaude.scenario.strictness import refuse_order_dependent

PORT = 4141


@click.command()
@files()
@option("--host", default="127.0.0.1", show_default=True)
@option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@option("--seed", type=int, help="Seed of everything that is drawn, instead of the files' own.")
@option(
    "--validation",
    type=click.Choice(MODES),
    help="Refuse what the API refuses, less like a gateway, or nothing; instead of what the files say.",
)
@option("--strict-determinism", is_flag=True, help="Refuse what depends on the clock or on the order of requests.")
@option(
    "--speed",
    default="1x",
    show_default=True,
    help="How many times as fast time passes: 10x, or instant. `manual` lets it stand still until it is advanced.",
)
@option(
    "--retry-speed",
    default="1x",
    show_default=True,
    help="How many times as fast as is written clients are told to retry: 10x, or instant, which is 1 ms.",
)
def serve(
    files: tuple[Path, ...],
    host: str,
    port: int,
    seed: int | None,
    validation: Mode | None,
    strict_determinism: bool,
    speed: str,
    retry_speed: str,
) -> None:
    """Serve FILES as one scenario, and each folder among them as a set of scenarios.

    Without FILES, the built-in scenario answers.
    """
    from mockclaude.server.clock import clock_of, parse_speed
    from mockclaude.server.run import CannotListenError, Playing, run, write_line
    from mockclaude.server.run import serve as serve_forever

    playing = Playing(read("--speed", clock_of, speed), read("--retry-speed", parse_speed, retry_speed))
    try:
        scenarios = load_all(files, seed, validation)
        if strict_determinism:
            refuse_order_dependent(scenarios.values())
        warn(scenarios, err=True)
        run(serve_forever(scenarios, host, port, write_line, playing))
    except (ScenarioError, CannotListenError) as error:
        fail(error)
