"""What each call of the admin plane does.

In: what is served, the journal, the clock, and what a call says. Out: a status and JSON data. One table: path -> method
-> what may be said, and how it is answered. Knows nothing of HTTP beyond that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mockclaude import __version__
from mockclaude.api.errors import ApiError
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import as_data
from mockclaude.journal.journal import Journal
from mockclaude.journal.verification import Times, verify
from mockclaude.scenario.conditions.conditions import conditions
from mockclaude.scenario.diagnostics import ScenarioError, did_you_mean
from mockclaude.scenario.format.shorthand import Model
from mockclaude.scenario.rules import Rule, RuleKey
from mockclaude.server.admin import parameters as asked
from mockclaude.server.clock import Clock, ManualClock


class Plane(Protocol):
    """What is administered."""

    @property
    def served(self) -> Mapping[str, ScenarioState]:
        """The scenarios by name."""
        ...

    @property
    def journal(self) -> Journal:
        """What has happened."""
        ...

    @property
    def trust(self) -> Trust:
        """Who may administer it."""
        ...

    @property
    def clock(self) -> Clock:
        """What scripts are played by."""
        ...


class Outcome(NamedTuple):
    """What a call is answered with."""

    data: dict[str, Any]
    status: int = 200


class Route(NamedTuple):
    """What a call may say, and how it is answered."""

    says: type[Model]
    handle: Callable[[Plane, Any], Awaitable[Outcome]]


async def _health(plane: Plane, _: asked.Nothing) -> Outcome:
    return Outcome({"status": "ok", "version": __version__, "scenarios": len(plane.served)})


async def _scenarios(plane: Plane, _: asked.Nothing) -> Outcome:
    return Outcome({"scenarios": [_status(name, served) for name, served in sorted(plane.served.items())]})


async def _schema(_: Plane, __: asked.Nothing) -> Outcome:
    from mockclaude.scenario.format.json_schema import json_schema

    return Outcome(json_schema())


def _status(name: str, served: ScenarioState) -> dict[str, Any]:
    answers = served.store.totals()
    return {
        "name": name,
        "files": list(served.scenario.files),
        "seed": served.scenario.seed,
        "rules": [_rule(rule, answers) for rule in served.scenario.rules],
        "added": list(_added(served, answers, None)),
        "problem": served.problem or None,
    }


def _rule(rule: Rule, answers: Mapping[RuleKey, int]) -> dict[str, Any]:
    return {"id": rule.id, "name": rule.name, "place": str(rule.place), "answered": answers.get(rule.key, 0)}


def _added(served: ScenarioState, answers: Mapping[RuleKey, int], whose: str | None) -> Iterator[dict[str, Any]]:
    """Yield the rules that were added, or of them those of one lane."""
    for lane, additions in served.added.items():
        for rule in (rule for addition in additions for rule in addition.scenario.rules if whose in (None, lane)):
            yield {**_rule(rule, answers), "lane": lane}


async def _journal(plane: Plane, listing: asked.Listing) -> Outcome:
    after = listing.after
    kept = [entry for entry in _entries(plane, listing) if after is None or entry.number > after]
    return _found(plane, listing, kept[-listing.limit :] if after is None else kept[: listing.limit])


async def _entry(plane: Plane, asked_for: asked.Numbered) -> Outcome:
    numbers = {entry.number: entry for entry in plane.journal.entries()}
    entry = numbers.get(asked_for.number)
    if entry is None:
        kept = f"it has {min(numbers)} to {max(numbers)}" if numbers else "it is empty"
        raise ApiError("not_found_error", f"The journal has no request {asked_for.number}; {kept}")
    return Outcome(as_data(entry))


async def _query(plane: Plane, query: asked.Query) -> Outcome:
    return _found(plane, query, plane.journal.find(conditions(query.when), query.whose, _scenario(plane, query)))


async def _wait(plane: Plane, wait: asked.Wait) -> Outcome:
    wanted, scenario = conditions(wait.when), _scenario(plane, wait)
    try:
        async with asyncio.timeout(wait.timeout / 1e6):
            return _found(plane, wait, await plane.journal.wait_for(wait.count, wanted, wait.whose, scenario))
    except TimeoutError:
        verified = verify(_entries(plane, wait), wanted, Times(wait.count), plane.journal.forgotten_of(wait.whose))
        message = f"After {wait.timeout / 1e6:g} s: {verified.message}"
        raise ApiError("timeout_error", message, 408) from None


async def _clear(plane: Plane, scope: asked.Scope) -> Outcome:
    plane.journal.clear(scope.whose, _scenario(plane, scope))
    return Outcome({})


def _found(plane: Plane, scope: asked.Scope, entries: Sequence[JournalEntry]) -> Outcome:
    return Outcome({"entries": list(map(as_data, entries)), "forgotten": plane.journal.forgotten_of(scope.whose)})


def _entries(plane: Plane, scope: asked.Scope) -> Sequence[JournalEntry]:
    return plane.journal.entries(scope.whose, _scenario(plane, scope))


async def _add_rules(plane: Plane, new: asked.NewRules) -> Outcome:
    served = plane.served[_scenario(plane, new) or ""]
    try:
        rules = served.add(new.rules, new.said, new.whose)
    except ScenarioError as error:
        raise asked.refused(error) from None
    ids = [rule.id for rule in rules]
    if new.ttl is not None:
        plane.clock.call(plane.clock.begin(), new.ttl, lambda: served.take_back(rules))
    return Outcome({"ids": ids}, 201)


async def _rules(plane: Plane, scope: asked.Scope) -> Outcome:
    return Outcome(
        {
            "rules": [
                {**rule, "scenario": name}
                for name, served in _some(plane, scope)
                for rule in _added(served, served.store.totals(), scope.whose)
            ]
        }
    )


async def _remove_rule(plane: Plane, rule: asked.RuleId) -> Outcome:
    removed = [served.remove(rule.id, rule.whose) for _, served in _some(plane, rule)]
    if not any(removed):
        known = [each["id"] for _, served in _some(plane, rule) for each in _added(served, {}, rule.whose)]
        hint = did_you_mean(rule.id, known) or "; GET /_mockclaude/rules lists them"
        raise ApiError("not_found_error", f"No rule that was added has the id '{rule.id}'{hint}")
    return Outcome({})


async def _reset(plane: Plane, scope: asked.Scope) -> Outcome:
    for _, served in _some(plane, scope):
        served.reset(scope.whose)
    return await _clear(plane, scope)


async def _verify(plane: Plane, asked_for: asked.Verification) -> Outcome:
    wanted = conditions(asked_for.when)
    verified = verify(_entries(plane, asked_for), wanted, asked_for.bounds, plane.journal.forgotten_of(asked_for.whose))
    return Outcome(verified._asdict())


async def _clock(plane: Plane, _: asked.Nothing) -> Outcome:
    clock = plane.clock
    manual = isinstance(clock, ManualClock)
    return Outcome({"manual": manual, "speed": None if manual else clock.speed, "now": clock.now()})


async def _advance(plane: Plane, asked_for: asked.Advance) -> Outcome:
    if not isinstance(plane.clock, ManualClock):
        raise ApiError("conflict_error", "The clock goes by itself; start the server with --speed manual to advance it")
    plane.clock.advance(asked_for.advance / 1e6)
    return await _clock(plane, asked.Nothing())


def _scenario(plane: Plane, scope: asked.Scope) -> str | None:
    """Return the name of the scenario that is meant, None for any. Raises `ApiError` 404 for one that is not there."""
    name = scope.scenario
    if name is not None and name not in plane.served:
        hint = did_you_mean(name, plane.served) or "; GET /_mockclaude/scenarios lists them"
        raise ApiError("not_found_error", f"No scenario is named '{name}'{hint}")
    return name


def _some(plane: Plane, scope: asked.Scope) -> list[tuple[str, ScenarioState]]:
    name = _scenario(plane, scope)
    return sorted(each for each in plane.served.items() if name in (None, each[0]))


CALLS: dict[str, dict[str, Route]] = {
    "health": {"GET": Route(asked.Nothing, _health)},
    "scenarios": {"GET": Route(asked.Nothing, _scenarios)},
    "schema": {"GET": Route(asked.Nothing, _schema)},
    "journal": {"GET": Route(asked.Listing, _journal), "DELETE": Route(asked.Scope, _clear)},
    "journal/{number}": {"GET": Route(asked.Numbered, _entry)},
    "journal/query": {"POST": Route(asked.Query, _query)},
    "journal/wait": {"POST": Route(asked.Wait, _wait)},
    "rules": {"GET": Route(asked.Scope, _rules), "POST": Route(asked.NewRules, _add_rules)},
    "rules/{id}": {"DELETE": Route(asked.RuleId, _remove_rule)},
    "reset": {"POST": Route(asked.Scope, _reset)},
    "verify": {"POST": Route(asked.Verification, _verify)},
    "clock": {"GET": Route(asked.Nothing, _clock), "POST": Route(asked.Advance, _advance)},
}
"""Path -> method -> what is done."""
