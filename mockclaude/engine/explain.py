"""What a server would answer, and why, without a server.

In: a scenario, and calls. Out: text for a person.
Knows nothing of files and sockets. It asks the same functions that a server asks, so it says what a server does; limits
are left out, since they depend on who else asks and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mockclaude.api.body import parse
from mockclaude.api.errors import ApiError
from mockclaude.api.redaction import redact
from mockclaude.engine.http_request import Answer, Call
from mockclaude.engine.routes import answer
from mockclaude.engine.state.scenario_state import Served
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.match import Explanation, explain
from mockclaude.scenario.rules import Rule, Scenario
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script


def explained(scenario: Scenario, calls: Sequence[Call]) -> str:
    """Return which rule answers the last of `calls`, after the others have come, why not the other rules, and what is
    sent.
    """
    served = Served(replace(scenario, limits=()))
    *before, call = calls
    for earlier in before:
        answer(served, earlier).ended()
    counts = {rule: served.memory.answered(rule, call.lane) for rule in scenario.rules}
    given = answer(served, call)
    script = encode(given.response, http11=call.chunked)
    return redact("\n".join([*_decision(given), *_not_chosen(scenario, call, given, counts), *_sent(script)]))


def _decision(given: Answer) -> Iterator[str]:
    yield f"rule    {given.reason}" if given.rule else f"no rule {given.reason}"
    if given.draws:
        yield f"drawn   {given.draws}"
    yield from (f"note    {note}" for note in given.notes)


def _not_chosen(scenario: Scenario, call: Call, given: Answer, counts: dict[Rule, int]) -> Iterator[str]:
    """Yield the rules above the one that answers, each with what it wanted and what came, and those that it shadows."""
    above = True
    for explanation in _explanations(scenario, given.whole or call.body, call.headers, counts):
        above = above and explanation.rule is not given.rule
        if explanation.failed and (above or explanation.shadowed):
            yield f"not     {explanation.rule.label}: {'; '.join(map(str, explanation.failed))}"


def _explanations(
    scenario: Scenario, body: bytes, headers: Mapping[str, str], counts: dict[Rule, int]
) -> list[Explanation]:
    try:
        return explain(scenario.rules, Conversation(parse(body).body, headers), counts.__getitem__)
    except (ApiError, KeyError, TypeError, AttributeError):
        return []


def _sent(script: Script) -> Iterator[str]:
    yield f"sent    status {script.status or 'none'}, in {len(script.sends)} pieces, {script.end.value}"
    yield f"        after {script.end_at / 1e6:g} s"
    yield ""
    yield b"".join(send.data for send in script.sends).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
