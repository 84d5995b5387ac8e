"""The server of `MockClaude`: one scenario that a test can replace, with a journal and a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from mockclaude.api.mode import Mode
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.journal import Journal
from mockclaude.scenario.format.policy import Stale
from mockclaude.scenario.loading.loader import load, override
from mockclaude.scenario.rules import Rule, RuleKey, Scenario
from mockclaude.server.clock import ManualClock, create_clock, parse_speed
from mockclaude.server.site import Site
from mockclaude.testing.background import BackgroundServer


class LocalServer(BackgroundServer):
    """A background server for one scenario.

    Raises:
        ScenarioError: A file is unreadable or invalid.
        ValueError: A speed is invalid.
    """

    def __init__(
        self,
        files: Iterable[str | Path],
        *,
        seed: int | None,
        validation: Mode | None,
        speed: str,
        retry_speed: str,
        stale: Stale,
        port: int,
        max_body: int,
        max_upload: int,
    ) -> None:
        self._seed, self._validation, self._stale = seed, validation, stale
        scenarios, clock = {"": self._load(files)}, create_clock(speed)
        journal = Journal(max_body=max_body)
        site = Site(
            scenarios, clock=clock, journal=journal, retry_speed=parse_speed(retry_speed), max_upload=max_upload
        )
        super().__init__(site, port)

    @property
    def journal(self) -> Journal:
        """The journal since the last reset."""
        return self.site.journal

    @property
    def _state(self) -> ScenarioState:
        return self.site.served[""]

    def configure(
        self,
        files: Iterable[str | Path],
        *,
        seed: int | None,
        validation: Mode | None,
        speed: str,
        retry_speed: str,
        stale: Stale,
    ) -> None:
        """Reset the server and serve `files` with these settings.

        Raises:
            ScenarioError: A file is unreadable or invalid. The server keeps its rules and requests.
        """
        self._seed, self._validation, self._stale = seed, validation, stale
        scenario, clock = self._load(files), create_clock(speed)
        self.replace_site(self.site.renew({"": scenario}, clock, parse_speed(retry_speed)))

    def load(self, files: Iterable[str | Path]) -> None:
        """Serve `files` in place of the files before. Rules added from Python stay.

        Raises:
            ScenarioError: A file is unreadable or invalid.
        """
        scenario = self._load(files)

        def begin() -> None:
            self._state.use(scenario)
            self.site.forget_heads()

        self.call(begin)

    def add_rule(self, rule: Any, where: str, bind: Callable[[Rule], Rule] | None) -> Rule:
        """Add a rule before the rules of the files.

        Args:
            rule: The rule as in a scenario file.
            where: The call site, for messages.
            bind: Adds Python functions to the rule. None: it has none.

        Raises:
            ScenarioError: The rule is invalid.
            RuntimeError: The server does not run, or runs in another process.
        """
        self.check_running()
        (added,) = self._state.add(rule, where, bind=bind)
        return added

    def count_matches(self) -> Mapping[RuleKey, int]:
        """Return how often each rule was selected, by the key of the rule."""
        return self._state.store.totals()

    def advance(self, seconds: float) -> None:
        """Advance the manual clock.

        Raises:
            RuntimeError: The clock is not manual.
        """
        clock = self.site.clock
        if not isinstance(clock, ManualClock):
            raise RuntimeError(
                '`advance()`: the clock is not manual; expected `speed="manual"`; pass it to the mark or to MockClaude'
            )
        clock.advance(seconds)

    def reset(self) -> None:
        """Remove the rules added from Python, the counters and the journal."""
        site, state = self.site, self._state
        self.replace_site(site.renew(site.scenarios, site.clock, state.retry_speed))

    def _load(self, files: Iterable[str | Path]) -> Scenario:
        paths = [Path(file) for file in files]
        if not paths:
            return _empty(self._seed, self._validation, self._stale)
        return override(load(paths), self._seed, validation=self._validation, stale=self._stale)


@lru_cache
def _empty(seed: int | None, validation: Mode | None, stale: Stale) -> Scenario:
    return override(Scenario(()), seed, validation=validation, stale=stale)
