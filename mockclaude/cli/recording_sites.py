"""The sites of `record`: of a replay, and of a recorder with its client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mockclaude.cli.options import ScenarioLoader, exit_with_error, parse_option, print_warnings
from mockclaude.cli.record_options import RecordOptions
from mockclaude.journal.journal import Journal
from mockclaude.scenario.rules import Scenario
from mockclaude.server.clock import Clock, parse_speed
from mockclaude.server.request_body import MAX_BODY
from mockclaude.server.site import Site

if TYPE_CHECKING:
    from mockclaude.proxy.upstream import Upstream
    from mockclaude.server.relay import Relay


def create_replay_site(options: RecordOptions, files: Sequence[Path]) -> Site:
    """Create a site that serves files only."""
    return Site(_load(options, files), journal=Journal(max_body=MAX_BODY), clock=_create_clock(options), retry_speed=0)


def create_recording_site(options: RecordOptions, files: Sequence[Path], relay: Relay) -> Site:
    """Create a site that passes requests on if no rule of the files replies."""
    from mockclaude.server.recording_site import RecordingSite

    scenarios, journal = _load(options, files), Journal(max_body=MAX_BODY)
    grows = options.mode == "new"
    return RecordingSite(scenarios, relay, grows=grows, journal=journal, clock=_create_clock(options))


def create_upstream(url: str, options: RecordOptions) -> Upstream:
    """Create the client of the API, or print the mistake in `--ca` and exit."""
    from mockclaude.proxy.upstream import Upstream

    try:
        return Upstream(url, options.ca, options.seconds)
    except OSError as error:
        exit_with_error(
            f"--ca: {options.ca}: {error.strerror or error}; expected a file with certificates in PEM format"
        )


def _load(options: RecordOptions, files: Sequence[Path]) -> Mapping[str, Scenario]:
    scenarios = ScenarioLoader(files, no_built_in=True, stale=options.stale).load_or_exit()
    print_warnings(scenarios, err=True)
    return scenarios


def _create_clock(options: RecordOptions) -> Clock:
    return Clock(parse_option("--speed", parse_speed, options.speed))
