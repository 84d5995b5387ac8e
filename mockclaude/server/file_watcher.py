"""Reload of scenario files that change while they are served.

Invalid files change nothing: the last valid version is served. Responses that are being sent do not change. Files are
loaded in a thread, one load at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from mockclaude.journal.console import write_error
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.body_folder import collecting_bodies
from mockclaude.scenario.loading.loader import find_files
from mockclaude.scenario.loading.shipped import display_name
from mockclaude.scenario.rules import Scenario
from mockclaude.server.site import Site

POLL = 0.25
"""Seconds between two polls. Files are loaded at the second poll without a further change: editors write twice."""

FileStates: TypeAlias = Mapping[str, tuple[int, int, int] | None]
"""File -> time of change in ns, size in bytes and inode; None for a missing file."""


def read_file_states(paths: Sequence[Path]) -> FileStates:
    """Read the state of every scenario file in `paths`."""
    return {display_name(file): _read_state(file) for file in find_files(paths)}


def _read_states(bodies: Iterable[str]) -> FileStates:
    return {body: _read_state(Path(body)) for body in bodies}


def _read_state(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class FileWatcher:
    """Reloads the scenarios of a server when files change.

    Args:
        paths: Scenario files and folders.
        load: Loads the scenarios, by name.
        report: Prints a message. Default: `write_error`.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        load: Callable[[], dict[str, Scenario]],
        report: Callable[[str], None] = write_error,
    ) -> None:
        self._paths = paths
        self._load = load
        self._report = report
        self._failure = ""
        self._bodies: frozenset[str] = frozenset()
        self._named: frozenset[str] = frozenset()
        self._loaded = self._seen = read_file_states(paths)

    async def __call__(self, site: Site) -> None:
        """Reload the scenarios of `site` after changes, until cancelled."""
        while True:
            await asyncio.sleep(POLL)
            await self.poll(site)

    async def poll(self, site: Site) -> None:
        """Reload changed files, unless they changed again since the last poll.

        All exceptions are reported.
        """
        try:
            await self._poll(site)
        except Exception as error:
            self._report_once(" ".join(f"reload failed: {type(error).__name__}: {error}".split()))
        else:
            self._failure = ""

    async def _poll(self, site: Site) -> None:
        self._follow(site)
        before, self._seen = self._seen, {**read_file_states(self._paths), **_read_states(self._bodies)}
        if self._seen == before and self._seen != self._loaded:
            loaded, self._loaded = self._loaded, self._seen
            await self._reload(site, {file for file, state in self._seen.items() if loaded.get(file) != state})

    def _follow(self, site: Site) -> None:
        """Watch the bodies of the replies that are served now, and bodies in invalid files."""
        bodies = self._named.union(*(scenario.body_files for scenario in site.scenarios.values()))
        if bodies != self._bodies:
            old, new = self._bodies - bodies, _read_states(bodies - self._bodies)
            self._bodies = bodies
            self._loaded, self._seen = (
                {**{file: state for file, state in states.items() if file not in old}, **new}
                for states in (self._loaded, self._seen)
            )

    def _report_once(self, failure: str) -> None:
        if failure != self._failure:
            self._failure = failure
            self._report(f"{failure}; serving the last valid version")

    async def _reload(self, site: Site, changed: set[str]) -> None:
        try:
            with collecting_bodies() as named:
                loaded = await asyncio.to_thread(self._load)
        except ScenarioError as error:
            self._named = frozenset(map(display_name, map(Path, named)))
            self._follow(site)
            _set_problems(site, error)
            self._report(f"{error}\nreload failed, serving the last valid version")
            return
        self._named = frozenset()
        unchanged = {
            name: scenario for name, scenario in site.scenarios.items() if changed.isdisjoint(_list_files(scenario))
        }
        site.use({name: _keep_if_equal(unchanged.get(name), scenario) for name, scenario in loaded.items()})
        self._follow(site)
        self._report(f"reloaded: {', '.join(sorted(changed)) or 'removed files are no longer served'}")


def _list_files(scenario: Scenario) -> Sequence[str]:
    return (*scenario.files, *scenario.body_files)


def _keep_if_equal(before: Scenario | None, loaded: Scenario) -> Scenario:
    """Return the earlier scenario if it has the same files, so that its state is kept."""
    return before if before is not None and _list_files(before) == _list_files(loaded) else loaded


def _set_problems(site: Site, error: ScenarioError) -> None:
    for served in site.served.values():
        own = [str(diagnostic) for diagnostic in error.diagnostics if diagnostic.place.file in served.scenario.files]
        served.problem = "\n".join(own)
    others = {diagnostic.place.file for diagnostic in error.diagnostics}.difference(
        file for served in site.served.values() for file in served.scenario.files
    )
    if others:
        root = site.served[""]
        root.problem = "\n".join(str(diagnostic) for diagnostic in error.diagnostics)
