"""The forms in which a scenario has a reply: a rule with its steps, or a function that returns or yields them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any, TypeAlias

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.store import Store
from mockclaude.scenario.loading.loader import load_text
from mockclaude.testing.callbacks import Callbacks
from mockclaude.testing.types import ReplyFunction

Steps: TypeAlias = list[Any]


def returning(steps: Steps) -> ReplyFunction:
    return lambda _: steps


def returning_later(steps: Steps) -> ReplyFunction:
    async def function(_: Any) -> Steps:
        return steps

    return function


def yielding(steps: Steps) -> ReplyFunction:
    return lambda _: iter(steps)


def yielding_later(steps: Steps) -> ReplyFunction:
    async def function(_: Any) -> AsyncIterator[Any]:
        for step in steps:
            yield step

    return function


Form: TypeAlias = Callable[[Steps], ReplyFunction]
FORMS: list[Form] = [returning, returning_later, yielding, yielding_later]


def state_of(form: Form | None, steps: Steps, head: str = "", store: Store | None = None) -> ScenarioState:
    """Return a scenario with one reply; None as a form is a rule."""
    scenario = load_text(f"{head}rules: [{{reply: {json.dumps(steps)}}}]")
    if form is None:
        return ScenarioState(scenario, store=store)
    rule = replace(scenario.rules[0], replies=(), function=Callbacks().build_reply(form(steps), "test"))
    return ScenarioState(scenario._replace(rules=(rule,)), store=store)
