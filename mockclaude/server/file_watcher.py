"""Scenario files that change while they are served.

In: paths, and how they are loaded. Out: a site that serves what the files say now, or, where that is wrong, what they
last said. Knows nothing of what they say. Running responses are not touched: everything of them was decided before, and
files are loaded in a thread, one load at a time, while the event loop goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from mockclaude.journal.console import write_error
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import files_of, name_of
from mockclaude.scenario.rules import Scenario
from mockclaude.server.site import Site

POLL = 0.25
"""Seconds between two looks at the files. A change counts once a second look finds no other: editors write twice."""

Stamps: TypeAlias = Mapping[str, tuple[int, int, int] | None]
"""File -> when it was changed, how long it is, and which one it is; None for one that is not there."""


def stamps(paths: Sequence[Path]) -> Stamps:
    """Return the state of every scenario file that `paths` name."""
    return {name_of(file): _stamp(file) for file in files_of(paths)}


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Watching:
    """Watches `paths` for a site. `load` returns the scenarios by name, `say` tells a person what has happened."""

    def __init__(
        self, paths: Sequence[Path], load: Callable[[], dict[str, Scenario]], say: Callable[[str], None] = write_error
    ) -> None:
        self._paths = paths
        self._load = load
        self._say = say
        self._failure = ""
        self._loaded = self._seen = stamps(paths)

    async def __call__(self, site: Site) -> None:
        """Keep `site` up to date, for ever."""
        while True:
            await asyncio.sleep(POLL)
            await self.look(site)

    async def look(self, site: Site) -> None:
        """Look once: load what has changed, if it was the same the last time. Says whatever is raised, and goes on."""
        try:
            await self._look(site)
        except Exception as error:
            self._say_once(" ".join(f"reload failed: {type(error).__name__}: {error}".split()))
        else:
            self._failure = ""

    async def _look(self, site: Site) -> None:
        before, self._seen = self._seen, stamps(self._paths)
        if self._seen == before and self._seen != self._loaded:
            loaded, self._loaded = self._loaded, self._seen
            await self._renew(site, {file for file, stamp in self._seen.items() if loaded.get(file) != stamp})

    def _say_once(self, failure: str) -> None:
        if failure != self._failure:
            self._failure = failure
            self._say(f"{failure}; serving the last valid version")

    async def _renew(self, site: Site, changed: set[str]) -> None:
        try:
            loaded = await asyncio.to_thread(self._load)
        except ScenarioError as error:
            _blame(site, error)
            self._say(f"{error}\nthe files are served as they last were without a mistake")
            return
        stays = {name: scenario for name, scenario in site.scenarios.items() if changed.isdisjoint(scenario.files)}
        site.use({name: _newer(stays.get(name), scenario) for name, scenario in loaded.items()})
        self._say(f"loaded again: {', '.join(sorted(changed)) or 'without the files that are gone'}")


def _newer(before: Scenario | None, now: Scenario) -> Scenario:
    """Return `before` if nothing has changed: it keeps what has happened in it."""
    return before if before is not None and before.files == now.files else now


def _blame(site: Site, error: ScenarioError) -> None:
    for served in site.served.values():
        own = [str(mistake) for mistake in error.mistakes if mistake.place.file in served.scenario.files]
        served.problem = "\n".join(own)
    others = {mistake.place.file for mistake in error.mistakes}.difference(
        file for served in site.served.values() for file in served.scenario.files
    )
    if others:
        root = site.served[""]
        root.problem = "\n".join(str(mistake) for mistake in error.mistakes)
