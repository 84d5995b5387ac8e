"""How messages are made and counted: `POST /v1/messages` and `POST /v1/messages/count_tokens`.

In: a call and the scenario it goes to. Out: an `Answer`, or the API's error.
Knows nothing of sockets and of other paths.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from itertools import chain
from typing import NamedTuple, TypeAlias

import orjson

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.request import Body
from mockclaude.reply.breaking import break_
from mockclaude.reply.cache import InputUsage
from mockclaude.reply.compose import PLAIN, Asking, choose
from mockclaude.reply.draws import Draws
from mockclaude.reply.extras import extras
from mockclaude.reply.plan import Envelope
from mockclaude.reply.respond import Responded, respond
from mockclaude.reply.schedule import Position, counts_requests, due
from mockclaude.reply.script import Script, with_headers
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.fakes import Fakes, shared
from mockclaude.scenario.faults import Fault
from mockclaude.scenario.matching import closest, match, why_none
from mockclaude.scenario.pace import PACE_HEADER, Pace, parse_pace
from mockclaude.scenario.rules import Outline, Rule, Scenario, Step
from mockclaude.scenario.strictness import dependence
from mockclaude.scenario.templates import Scope
from mockclaude.server.admission import Admitted
from mockclaude.server.calls import Answer, Call
from mockclaude.server.fault_wishes import wishes
from mockclaude.server.limits import Asks, Entry, Refusal
from mockclaude.server.served import Served
from mockclaude.server.threads import Turn


class _Request(NamedTuple):
    """A request that was admitted, and everything that its answer follows from."""

    served: Served
    call: Call
    lane: str
    admitted: Admitted
    wished: tuple[Fault, ...]
    conversation: Conversation
    turn: Turn
    entry: Entry | None = None


def create(served: Served, call: Call) -> Answer:
    """Return the reply of the rule that answers, or the refusal of a limit. Raises `ApiError` for what the API refuses
    whoever else asks.
    """
    turn = served.threads.turn(call.now)
    admitted = served.admission.request(call, turn.resolve)
    wished = wishes(call.headers, admitted.wish) if served.scenario.policy.client_faults else ()
    conversation = Conversation(admitted.asked.body, call.headers, admitted.asked.input_tokens)
    request = _Request(served, call, call.lane, admitted, wished, conversation, turn)
    return _limited(request) if served.scenario.limits else _answered(request)


def _limited(request: _Request) -> Answer:
    """Return the answer to a request that the limits let in, or the API's error."""
    served, call, _, admitted, _, conversation, turn, _ = request
    asked, key = admitted.asked, admitted.access.key
    counted = InputUsage(asked.input_tokens)
    used = served.prompt_cache.peek(key, asked.body, call.now) if asked.breakpoints else counted
    entry = served.limits.enter(Asks(key, asked.body["model"], used, call.instant))
    if entry is None:
        return _answered(request)
    if isinstance(entry, Refusal):
        script = served.undecided(call, call.fingerprint(admitted.question)).error(entry.error)
        notes = (*_warnings(admitted), entry.note)
        return Answer(script, entry.error.message, notes=notes, whole=_whole(turn, conversation))
    try:
        given = _answered(request._replace(entry=entry))
    except BaseException:
        entry.leave()
        raise

    def ended() -> None:
        given.ended()
        entry.leave()

    return given._replace(ended=ended)


def _answered(request: _Request) -> Answer:
    served, call, lane, admitted, _, conversation, turn, _ = request
    rules = served.rules

    def answered(rule: Rule) -> int:
        return served.memory.answered(rule, lane)

    rule = match(rules, conversation, answered)
    if rule is not None:
        return _reply(request, rule)
    nearest = closest(rules, conversation, answered)
    error = served.scenario.policy.unmatched_error(why_none(nearest))
    script = served.undecided(call, call.fingerprint(admitted.question)).error(error)
    return Answer(
        script,
        error.message,
        notes=_warnings(admitted),
        unmatched=True,
        closest=nearest,
        whole=_whole(turn, conversation),
    )


class _Making(NamedTuple):
    """A reply in the making: the rule that gives it, and everything that it follows from."""

    request: _Request
    rule: Rule
    draws: Draws
    envelope: Envelope
    scope: Scope
    asking: Asking

    def answer(self, outline: Outline) -> Answer:
        """Return the answer with the reply that `outline` describes."""
        served, _, _, admitted, _, conversation, turn, entry = self.request
        try:
            responded = self.responded(outline)
        except ApiError as error:
            return self._given(self.envelope.error(error), f"{self.rule.label}: {error.message}")
        struck = _struck(self.request, _possible(self.request, self.rule), self.draws)
        script, faults = break_(responded.script, struck.faults, self.envelope, self.draws)
        if entry and script.status == 200:
            entry.settle(responded.usage)
        if responded.content is not None and script.status == 200:
            turn.store(self.envelope.message_id, responded.content)
            served.prompt_cache.remember(admitted.access.key, self.envelope.message_id, conversation.body)
        notes = (*responded.notes, *faults, *struck.notes)
        return self._given(script, self.rule.label, conversation.stream, notes)

    def responded(self, outline: Outline) -> Responded:
        """Return the response with the reply that `outline` describes, and remember nothing. Raises `ApiError`."""
        pace, entry = _pace(self.request.call, self.rule), self.request.entry
        made = respond(outline, pace, self.scope, self.draws, self.envelope, self.asking)
        return made._replace(script=with_headers(made.script, entry.headers(made.usage))) if entry else made

    def _given(self, script: Script, reason: str, stream: bool = False, notes: tuple[str, ...] = ()) -> Answer:
        request = self.request
        notes = (*_warnings(request.admitted), *notes)
        whole = _whole(request.turn, request.conversation)
        return Answer(script, reason, stream, notes, self.rule, self.draws, whole=whole, ended=request.turn.end)

    async def parts(self) -> AsyncGenerator[Answer, None]:
        """Yield the answer as far as the rule's `live` function has made it, and at last the whole."""
        assert self.rule.live
        steps: tuple[Step, ...] = ()
        try:
            async with aclosing(self.rule.live(self.request.conversation)) as made:
                async for outline in made:
                    steps += outline.steps
                    yield Answer(self.responded(Outline(steps, fixed=False)).script, live=self)
        except ApiError as error:
            yield self._given(self.envelope.error(error), f"{self.rule.label}: {error.message}")
        else:
            yield self.answer(Outline(steps, fixed=False))


def _reply(request: _Request, rule: Rule) -> Answer:
    served, call, lane, admitted, _, conversation, *_ = request
    before = served.memory.answer(rule, lane)
    draws = served.draws(rule.id, call.fingerprint(admitted.question), lane)
    scope = Scope(conversation, lambda: _groups(rule, conversation), lambda: _fakes(served.scenario, draws))
    asking = _asking(served, call, admitted, rule, draws)
    making = _Making(request, rule, draws, served.envelope(call, draws), scope, asking)
    if rule.live:
        return Answer(
            Script(0, ()), rule.label, conversation.stream, rule=rule, draws=draws, live=making, ended=request.turn.end
        )
    return making.answer(rule.function(conversation) if rule.function else choose(rule, before, draws))


def _pace(call: Call, rule: Rule) -> Pace:
    """Return the pace that the request asks for, or else that of the rule. Raises `ApiError` 400."""
    asked = call.headers.get(PACE_HEADER)
    if asked is None:
        return rule.pace
    try:
        return parse_pace(asked)
    except ValueError as error:
        raise invalid(f"{PACE_HEADER}: {error}") from None


def _whole(turn: Turn, conversation: Conversation) -> bytes | None:
    """Return the request with all that its thread holds, where that is more than what came."""
    return orjson.dumps(conversation.body) if turn.continues else None


_Possible: TypeAlias = Mapping[str, Sequence[Fault]]


def _possible(request: _Request, rule: Rule) -> _Possible:
    """Return the faults that may strike: those that the client asks for, and those of the rule and of chaos."""
    chaos = request.served.scenario.chaos
    if not (request.wished or rule.faults or chaos):
        return {}
    of_rule, of_chaos = (
        [each.fault for each in faults if each.applies(request.conversation)] for faults in (rule.faults, chaos)
    )
    return {"wish": request.wished, "fault": of_rule, "chaos": of_chaos}


class _Struck(NamedTuple):
    """The faults that strike, and what has to be known, besides the draws, to decide so again."""

    faults: Sequence[Fault]
    notes: Sequence[str]


def _struck(request: _Request, possible: _Possible, draws: Draws) -> _Struck:
    """Return the faults that strike: those that the client asks for, or else the others."""
    if not possible:
        return _Struck((), ())
    call = request.call
    position = Position(request.served.memory.request(request.lane), call.time, call.reused)
    strike = {label: due(faults, draws, position, label) for label, faults in possible.items()}
    notes = list(_decided_by(chain.from_iterable(possible.values()), position))
    return _Struck(strike["wish"] or [*strike["fault"], *strike["chaos"]], notes)


def _decided_by(faults: Iterable[Fault], position: Position) -> Iterator[str]:
    counted = False
    for fault in faults:
        counted = counted or counts_requests(fault)
        if why := dependence(fault):
            yield f"not the same each time: the fault '{fault}' {why}"
    if counted:
        yield f"request {position.request + 1} of its lane"


def _asking(served: Served, call: Call, admitted: Admitted, rule: Rule, draws: Draws) -> Asking:
    """Return what the message tells of the request: what the prompt cache made of it, and what it asked to be told."""
    body, key = admitted.asked.body, admitted.access.key
    if not (rule.as_written or admitted.asked.breakpoints or not _TOLD.isdisjoint(body)):
        return PLAIN
    told = extras(body, draws, call.now)
    if body.get("diagnostics") is not None:
        told["diagnostics"] = served.prompt_cache.diagnose(key, body, body["diagnostics"].get("previous_message_id"))
    used = served.prompt_cache.use(key, body, call.now) if admitted.asked.breakpoints else None
    return Asking(used, told, rule.as_written)


_TOLD = frozenset({"container", "context_management", "diagnostics", "thinking"})


def _warnings(admitted: Admitted) -> tuple[str, ...]:
    return tuple([f"warning: {warning}" for warning in admitted.warnings])


def _groups(rule: Rule, conversation: Conversation) -> Mapping[str, str]:
    groups: dict[str, str] = {}
    for condition in rule.conditions:
        if condition.groups:
            groups = {**condition.groups(condition.look(conversation)), **groups}
    return groups


def _fakes(scenario: Scenario, draws: Draws) -> Fakes:
    """Return Faker, seeded once for a reply: its values follow each other in the order of the placeholders."""
    fakes = shared(scenario.locale)
    fakes.seed(draws.content.seed_for("fake"))
    return fakes


def count_tokens(served: Served, call: Call) -> Answer:
    """Return how many input tokens a request has. Raises `ApiError` for what the API refuses."""
    admitted = served.admission.request(call, served.threads.turn(call.now).resolve, counting=True)
    asked = admitted.asked
    counted: Body = {"input_tokens": asked.input_tokens}
    if asked.body.get("context_management") is not None:
        counted["context_management"] = {"original_input_tokens": asked.input_tokens}
    envelope = served.undecided(call, call.fingerprint(admitted.question))
    return Answer(envelope.json(counted), "count_tokens", notes=_warnings(admitted))
