"""What a server would answer, and why, without a server.

In: a scenario, a call, and how often it was made before. Out: text for a person.
Knows nothing of files and sockets. It asks the same functions that a server asks, so it says what a server does; limits
are left out, since they depend on who else asks and when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mockclaude.api.errors import ApiError
from mockclaude.api.request import parse
from mockclaude.reply.script import Script
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.matching import Explanation, explain
from mockclaude.scenario.rules import Rule, Scenario
from mockclaude.server.calls import Answer, Call
from mockclaude.server.endpoints import answer
from mockclaude.server.served import Served


def explained(scenario: Scenario, call: Call, occurrence: int = 1) -> str:
    """Return which rule answers `call` the `occurrence`th time it comes, why not those above it, and what is sent."""
    served = Served(replace(scenario, limits=()))
    given = Answer(Script(0, ()))
    counts: dict[Rule, int] = {}
    for _ in range(occurrence):
        counts = {rule: served.memory.answered(rule, call.lane) for rule in scenario.rules}
        given = answer(served, call)
    return "\n".join([*_decision(given), *_not_chosen(scenario, call, given, counts), *_sent(given.script)])


def _decision(given: Answer) -> Iterator[str]:
    yield f"rule    {given.reason}" if given.rule else f"no rule {given.reason}"
    if given.draws:
        yield f"drawn   {given.draws}"
    yield from (f"note    {note}" for note in given.notes)


def _not_chosen(scenario: Scenario, call: Call, given: Answer, counts: dict[Rule, int]) -> Iterator[str]:
    """Yield the rules above the one that answers, each with what it wanted and what came."""
    for explanation in _explanations(scenario, call, counts):
        if explanation.rule is given.rule:
            return
        reasons = "; ".join(map(str, explanation.failed))
        yield f"not     {explanation.rule.label}: {reasons}"


def _explanations(scenario: Scenario, call: Call, counts: dict[Rule, int]) -> list[Explanation]:
    try:
        body = parse(call.body).body
        return explain(scenario.rules, Conversation(body, call.headers), lambda rule: counts.get(rule, 0))
    except (ApiError, KeyError, TypeError, AttributeError):
        return []


def _sent(script: Script) -> Iterator[str]:
    yield f"sent    status {script.status or 'none'}, in {len(script.sends)} pieces, {script.end.value}"
    yield f"        after {script.end_at / 1e6:g} s"
    yield ""
    yield b"".join(send.data for send in script.sends).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
