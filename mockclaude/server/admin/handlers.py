"""The handlers of the admin API, and their table by path and method."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mockclaude import __version__
from mockclaude.api.errors import ApiError
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.verification import CountRange, verify
from mockclaude.scenario.conditions.conditions import conditions
from mockclaude.scenario.diagnostics import ScenarioError, did_you_mean
from mockclaude.scenario.format.shorthand import FormatModel
from mockclaude.scenario.rules import Rule, RuleKey
from mockclaude.server.admin import parameters
from mockclaude.server.clock import Clock, ManualClock


class AdminApi(Protocol):
    """The state that the admin API reads and changes."""

    @property
    def served(self) -> Mapping[str, ScenarioState]:
        """The scenarios by name."""
        ...

    @property
    def journal(self) -> Journal:
        """The journal."""
        ...

    @property
    def trust(self) -> Trust:
        """The access rules of the server."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock of responses."""
        ...

    def forget_heads(self) -> None:
        """Drop the known heads of requests."""
        ...


class AdminResponse(NamedTuple):
    """The JSON data and the HTTP status of a response."""

    data: dict[str, Any]
    status: int = 200


class AdminHandler(NamedTuple):
    """A handler and the model of its parameters."""

    parameters: type[FormatModel]
    handle: Callable[[AdminApi, Any], Awaitable[AdminResponse]]


async def _health(admin: AdminApi, _: parameters.NoParameters) -> AdminResponse:
    return AdminResponse({"status": "ok", "version": __version__, "scenarios": len(admin.served)})


async def _scenarios(admin: AdminApi, _: parameters.NoParameters) -> AdminResponse:
    return AdminResponse({"scenarios": [_status(name, served) for name, served in sorted(admin.served.items())]})


async def _schema(_: AdminApi, __: parameters.NoParameters) -> AdminResponse:
    from mockclaude.scenario.format.json_schema import json_schema

    return AdminResponse(json_schema())


def _status(name: str, served: ScenarioState) -> dict[str, Any]:
    totals = served.store.totals()
    return {
        "name": name,
        "files": list(served.scenario.files),
        "seed": served.scenario.seed,
        "rules": [_rule(rule, totals) for rule in served.scenario.rules],
        "added": list(_list_added(served, totals, None)),
        "problem": served.problem or None,
    }


def _rule(rule: Rule, totals: Mapping[RuleKey, int]) -> dict[str, Any]:
    return {"id": rule.id, "name": rule.name, "place": str(rule.place), "answered": totals.get(rule.key, 0)}


def _list_added(served: ScenarioState, totals: Mapping[RuleKey, int], lane: str | None) -> Iterator[dict[str, Any]]:
    """Yield the added rules of one lane; None is every lane."""
    for owner, batches in served.added.items():
        for rule in (rule for batch in batches for rule in batch.scenario.rules if lane in (None, owner)):
            yield {**_rule(rule, totals), "lane": owner}


async def _journal(admin: AdminApi, listing: parameters.Listing) -> AdminResponse:
    after = listing.after
    kept = [entry for entry in _entries(admin, listing) if after is None or entry.number > after]
    return _list_entries(admin, listing, kept[-listing.limit :] if after is None else kept[: listing.limit])


async def _entry(admin: AdminApi, call: parameters.EntryNumber) -> AdminResponse:
    numbers = {entry.number: entry for entry in admin.journal.entries()}
    entry = numbers.get(call.number)
    if entry is None:
        kept = f"it has {min(numbers)} to {max(numbers)}" if numbers else "it is empty"
        raise ApiError("not_found_error", f"The journal has no request {call.number}; {kept}")
    return AdminResponse(dict(entry_to_json(entry)))


async def _query(admin: AdminApi, query: parameters.JournalQuery) -> AdminResponse:
    return _list_entries(
        admin, query, admin.journal.find(conditions(query.when), query.lane_name, _scenario(admin, query))
    )


async def _wait(admin: AdminApi, wait: parameters.Wait) -> AdminResponse:
    expected, scenario = conditions(wait.when), _scenario(admin, wait)
    try:
        async with asyncio.timeout(wait.timeout / 1e6):
            return _list_entries(
                admin, wait, await admin.journal.wait_for(wait.count, expected, wait.lane_name, scenario)
            )
    except TimeoutError:
        verified = verify(
            _entries(admin, wait), expected, CountRange(wait.count), admin.journal.count_dropped(wait.lane_name)
        )
        message = f"After {wait.timeout / 1e6:g} s: {verified.message}"
        raise ApiError("timeout_error", message, 408) from None


async def _clear(admin: AdminApi, scope: parameters.JournalScope) -> AdminResponse:
    admin.journal.clear(scope.lane_name, _scenario(admin, scope))
    return AdminResponse({})


def _list_entries(admin: AdminApi, scope: parameters.JournalScope, entries: Sequence[JournalEntry]) -> AdminResponse:
    return AdminResponse(
        {"entries": list(map(entry_to_json, entries)), "forgotten": admin.journal.count_dropped(scope.lane_name)}
    )


def _entries(admin: AdminApi, scope: parameters.JournalScope) -> Sequence[JournalEntry]:
    return admin.journal.entries(scope.lane_name, _scenario(admin, scope))


async def _add_rules(admin: AdminApi, new: parameters.NewRules) -> AdminResponse:
    served = admin.served[_scenario(admin, new) or ""]
    try:
        rules = served.add(new.rules, new.place, new.lane_name)
    except ScenarioError as error:
        raise parameters.invalid_parameters(error) from None
    ids = [rule.id for rule in rules]
    if new.ttl is not None:
        admin.clock.call(admin.clock.begin(), new.ttl, lambda: served.remove_rules(rules))
    return AdminResponse({"ids": ids}, 201)


async def _rules(admin: AdminApi, scope: parameters.JournalScope) -> AdminResponse:
    return AdminResponse(
        {
            "rules": [
                {**rule, "scenario": name}
                for name, served in _select_scenarios(admin, scope)
                for rule in _list_added(served, served.store.totals(), scope.lane_name)
            ]
        }
    )


async def _remove_rule(admin: AdminApi, rule: parameters.RuleId) -> AdminResponse:
    removed = [served.remove(rule.id, rule.lane_name) for _, served in _select_scenarios(admin, rule)]
    if not any(removed):
        states = [served for _, served in _select_scenarios(admin, rule)]
        known = [added["id"] for served in states for added in _list_added(served, {}, rule.lane_name)]
        hint = did_you_mean(rule.id, known) or "; GET /_mockclaude/rules lists them"
        raise ApiError("not_found_error", f"No rule that was added has the id '{rule.id}'{hint}")
    return AdminResponse({})


async def _reset(admin: AdminApi, scope: parameters.JournalScope) -> AdminResponse:
    for _, served in _select_scenarios(admin, scope):
        served.reset(scope.lane_name)
    admin.forget_heads()
    return await _clear(admin, scope)


async def _verify(admin: AdminApi, call: parameters.Verification) -> AdminResponse:
    expected = conditions(call.when)
    verified = verify(_entries(admin, call), expected, call.bounds, admin.journal.count_dropped(call.lane_name))
    return AdminResponse(verified._asdict())


async def _clock(admin: AdminApi, _: parameters.NoParameters) -> AdminResponse:
    clock = admin.clock
    manual = isinstance(clock, ManualClock)
    return AdminResponse({"manual": manual, "speed": None if manual else clock.speed, "now": clock.now()})


async def _advance(admin: AdminApi, call: parameters.Advance) -> AdminResponse:
    if not isinstance(admin.clock, ManualClock):
        raise ApiError("conflict_error", "advance: the clock is not manual; start the server with `--speed manual`")
    admin.clock.advance(call.advance / 1e6)
    return await _clock(admin, parameters.NoParameters())


def _scenario(admin: AdminApi, scope: parameters.JournalScope) -> str | None:
    """Return the name of the selected scenario, None for any.

    Raises:
        ApiError: 404 for an unknown scenario.
    """
    name = scope.scenario
    if name is not None and name not in admin.served:
        hint = did_you_mean(name, admin.served) or "; GET /_mockclaude/scenarios lists them"
        raise ApiError("not_found_error", f"No scenario is named '{name}'{hint}")
    return name


def _select_scenarios(admin: AdminApi, scope: parameters.JournalScope) -> list[tuple[str, ScenarioState]]:
    name = _scenario(admin, scope)
    return sorted(item for item in admin.served.items() if name in (None, item[0]))


HANDLERS: dict[str, dict[str, AdminHandler]] = {
    "health": {"GET": AdminHandler(parameters.NoParameters, _health)},
    "scenarios": {"GET": AdminHandler(parameters.NoParameters, _scenarios)},
    "schema": {"GET": AdminHandler(parameters.NoParameters, _schema)},
    "journal": {
        "GET": AdminHandler(parameters.Listing, _journal),
        "DELETE": AdminHandler(parameters.JournalScope, _clear),
    },
    "journal/{number}": {"GET": AdminHandler(parameters.EntryNumber, _entry)},
    "journal/query": {"POST": AdminHandler(parameters.JournalQuery, _query)},
    "journal/wait": {"POST": AdminHandler(parameters.Wait, _wait)},
    "rules": {
        "GET": AdminHandler(parameters.JournalScope, _rules),
        "POST": AdminHandler(parameters.NewRules, _add_rules),
    },
    "rules/{id}": {"DELETE": AdminHandler(parameters.RuleId, _remove_rule)},
    "reset": {"POST": AdminHandler(parameters.JournalScope, _reset)},
    "verify": {"POST": AdminHandler(parameters.Verification, _verify)},
    "clock": {"GET": AdminHandler(parameters.NoParameters, _clock), "POST": AdminHandler(parameters.Advance, _advance)},
}
"""Path pattern below `/_mockclaude/` -> method -> handler."""
