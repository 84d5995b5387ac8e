"""The command `explain`: explain the response to a request, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from mockclaude.cli import options
from mockclaude.cli.options import ScenarioLoader, exit_with_error, option, read_entries

if TYPE_CHECKING:
    from mockclaude.api.betas import AcceptedBetas
    from mockclaude.api.mode import Mode
    from mockclaude.engine.http_request import HttpRequest
    from mockclaude.scenario.rules import Scenario

_DEFAULT_HEADERS = {"x-api-key": "mock", "anthropic-version": "2023-06-01", "content-type": "application/json"}


class _Header(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has none to give
    """A header line. The environment variable has a line for each header."""

    name = "text"
    envvar_list_splitter = "\n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, colon, text = str(value).partition(":")
        if not colon or not name.strip():
            self.fail(f"not a header, got {value!r}; expected a name and a value, e.g. 'x-api-key: mock'", param, ctx)
        return name.strip().lower(), text.strip()


@click.command(short_help="Explain the response to a request.")
@options.files_argument()
@option("--request", type=click.File("rb"), help="File with the JSON body. -: standard input.")
@option("--header", "-H", multiple=True, type=_Header(), help="Header of the request, e.g. 'x-api-key: mock'.")
@option("--lane", help="Lane of the request, as in the log. Default: the lane of the API key.")
@option("--occurrence", type=click.IntRange(1, 100_000), default=1, help="Occurrence of the request, from 1.")
@options.file_option("--journal", "Journal of `serve --journal` with the request.")
@option("--entry", type=int, help="Number of the request in the journal. Default: the last one.")
@options.SEED
@options.VALIDATION
@options.BETAS
@options.MAX_UPLOAD
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
    max_upload: int,
) -> None:
    """Explain the response to a request, without a server.

    Prints the selected rule, the reasons against other rules, and the bytes of the response.
    """
    from mockclaude.engine.explain import explain_response
    from mockclaude.engine.http_request import LANE_HEADER, Head, HttpRequest

    scenarios = ScenarioLoader(files, seed, validation, betas=betas).load_or_exit()
    if request is not None:
        headers = {**_DEFAULT_HEADERS, **dict(header), **({LANE_HEADER: lane} if lane is not None else {})}
        body, lane_from = request.read(), scenarios[""].policy.lane_from
        head = Head("POST", "/v1/messages", {}, headers, lane_from=lane_from).with_lane_of(body)
        http = HttpRequest(head, headers, body, 0)
        click.echo(explain_response(scenarios[""], [http] * occurrence))
    elif journal is not None:
        scenario, requests, is_instant = _read_recorded(scenarios, journal, entry)
        click.echo(explain_response(scenario, requests, max_upload=max_upload, is_instant=is_instant))
    else:
        raise click.UsageError("missing request; expected --request or --journal")


def _read_recorded(
    scenarios: Mapping[str, Scenario], journal: Path, number: int | None
) -> tuple[Scenario, list[HttpRequest], bool]:
    """Return the scenario of a recorded request, the requests up to it, and whether polls ended batches."""
    from mockclaude.journal.recheck import ends_at_poll, is_complete, is_redacted, rebuild_request, select_entries

    entries = select_entries(read_entries(journal), number)
    if not entries:
        problem = f"request {number} not found" if number else "no requests"
        exit_with_error(f"{journal}: {problem}; expected a journal with the request")
    entry = entries[-1]
    where = f"{journal}: request {entry['number']}"
    scenario = scenarios.get(entry["scenario"])
    if scenario is None:
        exit_with_error(f"{where}: unknown scenario '{entry['scenario']}'; expected the FILES that were served")
    if not is_complete(entry):
        exit_with_error(f"{where}: its body was truncated in the journal; expected a complete body")
    if is_redacted(entry):
        click.echo(f"warning: {where}: credentials are redacted, so conditions on them fail", err=True)
    requests = [rebuild_request(entry, scenario.policy) for entry in entries]
    return scenario, requests, any(map(ends_at_poll, entries))
