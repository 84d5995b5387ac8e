"""How messages are made and counted: `POST /v1/messages` and `POST /v1/messages/count_tokens`.

In: a call and the scenario it goes to. Out: an `Answer`, or the API's error.
Knows nothing of sockets and of other paths.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from itertools import chain
from typing import NamedTuple, TypeAlias

import orjson

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError, invalid
from mockclaude.engine.admission import Admitted
from mockclaude.engine.fault_header import wishes
from mockclaude.engine.http_request import Answer, Call, Fingerprints, Part
from mockclaude.engine.state.limits import Asks, Entry, Refusal
from mockclaude.engine.state.scenario_state import Served
from mockclaude.engine.state.threads import Turn
from mockclaude.engine.trust import refused_guest, refused_page
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.reply.compose import PLAIN, Asking, Reply, choose
from mockclaude.reply.draws import Draws
from mockclaude.reply.faults.apply import apply_faults
from mockclaude.reply.faults.select import TriggerContext, counts_requests, due
from mockclaude.reply.live.live_response import LiveResponse
from mockclaude.reply.optional_fields import extras
from mockclaude.reply.render import RenderedReply, render_response, rendered
from mockclaude.reply.response import End, Response, silent
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.format.faults import Fault
from mockclaude.scenario.format.pace import PACE_HEADER, Pace, parse_pace
from mockclaude.scenario.lint.determinism import dependence
from mockclaude.scenario.match import closest, match, why_none
from mockclaude.scenario.rules import Coming, Outline, Rule, Scenario
from mockclaude.scenario.template.fakes import Fakes
from mockclaude.scenario.template.templates import FillError, Scope
from mockclaude.scenario.volatile import turn_hash


class _Request(NamedTuple):
    """A request that was admitted, and everything that its answer follows from."""

    served: Served
    call: Call
    lane: str
    admitted: Admitted
    wished: tuple[Fault, ...]
    conversation: Conversation
    turn: Turn
    number: int
    entry: Entry | None = None

    @property
    def fingerprints(self) -> Fingerprints:
        """The hashes that everything about its answer is drawn from."""
        return self.call.fingerprints(self.admitted.question, self.admitted.beside)


def create(served: Served, call: Call) -> Answer:
    """Return the reply of the rule that answers, or the refusal of a limit. Raises `ApiError` for what the API refuses
    whoever else asks.
    """
    number = served.memory.request(call.lane)
    turn = served.threads.turn(call.now)
    admitted = served.admission.request(call, turn.resolve)
    wished = _wished(served, call, admitted)
    conversation = Conversation(admitted.asked.body, call.headers, admitted.asked.input_tokens)
    request = _Request(served, call, call.lane, admitted, wished, conversation, turn, number)
    return _limited(request) if served.scenario.limits else _answered(request)


def _wished(served: Served, call: Call, admitted: Admitted) -> tuple[Fault, ...]:
    if not served.scenario.policy.client_faults:
        return ()
    if call.page and admitted.wish:
        raise refused_page(call.page, "ask for a fault")
    wished = wishes(call.headers, admitted.wish)
    if call.guest and any(fault.strikes_others for fault in wished):
        raise refused_guest("refuse")
    return wished


def _limited(request: _Request) -> Answer:
    """Return the answer to a request that the limits let in, or the API's error."""
    served, call, _, admitted, _, conversation, turn, *_ = request
    asked, key = admitted.asked, admitted.access.key
    counted = InputUsage(asked.input_tokens)
    used = served.prompt_cache.peek(key, asked.body, call.now) if asked.breakpoints else counted
    entry = served.limits.enter(Asks(key, asked.body["model"], used, call.instant))
    if entry is None:
        return _answered(request)
    if isinstance(entry, Refusal):
        response = served.undecided(call, request.fingerprints).error(entry.error)
        notes = (*_warnings(admitted), entry.note)
        return Answer(response, entry.error.message, notes=notes, whole=_whole(turn, conversation))
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
    served, call, lane, admitted, _, conversation, turn, *_ = request
    rules = served.rules

    def answered(rule: Rule) -> int:
        return served.memory.answered(rule, lane)

    rule = match(rules, conversation, answered)
    if rule is not None:
        return _reply(request, rule)
    nearest = closest(rules, conversation, answered)
    error = served.scenario.policy.unmatched_error(why_none(nearest))
    response = served.undecided(call, request.fingerprints).error(error)
    return Answer(
        response,
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
    envelope: ResponseContext
    scope: Scope
    asking: Asking

    def answer(self, outline: Outline, struck: _Struck | None = None) -> Answer:
        """Return the answer with the reply that `outline` describes, and with the faults that strike."""
        try:
            return self.finished(self.responded(outline), struck or self.struck())
        except ApiError as error:
            return self.failed(error)

    def finished(self, responded: RenderedReply, struck: _Struck) -> Answer:
        """Return the answer with this response, with the faults that strike."""
        if not struck.faults:
            return self.settled(responded, tuple(struck.notes))
        response, notes = apply_faults(responded.response, struck.faults, self.envelope, self.draws)
        return self.settled(responded._replace(response=response), (*notes, *struck.notes))

    def settled(self, responded: RenderedReply, notes: tuple[str, ...]) -> Answer:
        """Return the answer with this response as it is, and remember what follows from it."""
        entry, turn, admitted = self.request.entry, self.request.turn, self.request.admitted
        conversation = self.request.conversation
        response = responded.response
        if entry and response.status == 200:
            entry.settle(responded.usage)
        if responded.content is not None and response.status == 200:
            turn.store(self.envelope.message_id, responded.content)
            cache = self.request.served.prompt_cache
            cache.remember(admitted.access.key, self.envelope.message_id, conversation.body)
        return self.given(response, self.rule.label, conversation.stream, (*responded.notes, *notes))

    def failed(self, error: ApiError) -> Answer:
        """Return the answer in which the reply fails; what a placeholder fails with is said with the rule's place."""
        shown = invalid(f"{self.rule.label}: {error.message}") if isinstance(error, FillError) else error
        return self.given(self.envelope.error(shown), _reason(self.rule, error))

    def struck(self) -> _Struck:
        """Return the faults that strike; the request is counted for them."""
        return _struck(self.request, _possible(self.request, self.rule), self.draws)

    def responded(self, outline: Outline) -> RenderedReply:
        """Return the response with the reply that `outline` describes, and remember nothing. Raises `ApiError`."""
        return self.limited(render_response(outline, self.pace(), self.scope, self.draws, self.envelope, self.asking))

    def planned(self, reply: Reply) -> RenderedReply:
        """Return the response with `reply`, in which its headers say what is left of the limits."""
        stream = self.request.conversation.stream
        return self.limited(
            rendered(reply, schedule_reply(reply, self.pace(), self.draws, self.envelope, stream=stream))
        )

    def limited(self, made: RenderedReply) -> RenderedReply:
        """Return `made` with what is left of the limits in its headers."""
        entry = self.request.entry
        return made._replace(response=made.response.with_values(entry.headers(made.usage))) if entry else made

    def called(self, function: Callable[[Conversation], Outline | Coming]) -> Answer:
        """Return the answer with what `function` makes, which may take time: then nobody else continues its thread."""
        try:
            self.pace()
        except ApiError as error:
            return self.failed(error)
        made = function(self.request.conversation)
        if isinstance(made, Outline):
            return self.answer(made)
        live = _LiveAnswer(self, made)
        self.request.turn.hold()
        return self.given(silent(End.KEEP, 0), self.rule.label, self.request.conversation.stream)._replace(live=live)

    def pace(self) -> Pace:
        """Return how fast the reply comes. Raises `ApiError` 400."""
        return _pace(self.request.call, self.rule)

    def given(self, response: Response, reason: str, stream: bool = False, notes: tuple[str, ...] = ()) -> Answer:
        request = self.request
        notes = (*_warnings(request.admitted), *notes)
        whole = _whole(request.turn, request.conversation)
        return Answer(response, reason, stream, notes, self.rule, self.draws, whole=whole, ended=request.turn.end)


class _LiveAnswer:
    """An answer whose reply is made while it is sent."""

    def __init__(self, making: _Making, coming: Coming) -> None:
        entry = making.request.entry
        self._making = making
        self._coming = coming
        self._struck = making.struck()
        self._response = LiveResponse(
            making.scope,
            making.pace(),
            making.draws,
            making.envelope,
            making.asking,
            self._struck.faults,
            entry.headers if entry else lambda _: {},
        )

    async def parts(self) -> AsyncGenerator[Part, None]:
        """Yield what each part of the reply adds, and at last the rest with the whole answer."""
        if not isinstance(self._coming, AsyncGenerator):
            answer = await self._at_once(self._coming)
            yield Part(answer.response, answer)
            return
        failure: ApiError | None = None
        async with aclosing(self._coming) as outlines:
            try:
                async for outline in outlines:
                    batch = self._response.add(outline)
                    if batch:
                        yield Part(batch)
                    if self._response.ended:
                        break
                    await asyncio.sleep(0)  # a function that never waits must not keep the server from its clients
            except ApiError as error:
                failure = error
        yield self._last(failure)

    def so_far(self) -> Answer:
        """Return the answer as far as it is made."""
        making = self._making
        return making.given(self._response.sent, making.rule.label, making.request.conversation.stream)

    async def _at_once(self, coming: Awaitable[Outline]) -> Answer:
        try:
            return self._making.answer(await coming, self._struck)
        except ApiError as error:
            return self._making.failed(error)

    def _last(self, failure: ApiError | None) -> Part:
        making, response = self._making, self._response
        batch = response.finish(failure)
        if batch is None:
            answer = (
                making.failed(failure) if failure else making.finished(making.planned(response.reply), self._struck)
            )
            return Part(answer.response, answer)
        sent = rendered(response.reply, response.sent)
        answer = making.settled(sent, (*response.notes, *self._struck.notes))
        return Part(batch, answer._replace(reason=_reason(making.rule, failure)))


def _reply(request: _Request, rule: Rule) -> Answer:
    served, call, lane, admitted, _, conversation, *_ = request
    before = served.memory.answer(rule, lane)
    draws = served.draws(rule.id, request.fingerprints, lane)
    scope = Scope(conversation, lambda: _groups(rule, conversation), lambda: _fakes(served.scenario, draws))
    asking = _asking(served, call, admitted, rule, draws)
    making = _Making(request, rule, draws, served.envelope(call, draws), scope, asking)
    return making.called(rule.function) if rule.function else making.answer(choose(rule, before, draws))


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


def _reason(rule: Rule, error: ApiError | None) -> str:
    """Return what the log says of the answer: its rule, and why that failed."""
    return f"{rule.label}: {error.message}" if error else rule.label


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
    position = TriggerContext(request.number, call.time, call.reused)
    attempts = _attempts(request, possible, draws.rule)
    strike = {
        label: due(faults, draws, position._replace(attempt=attempts.get(label, 0)), label)
        for label, faults in possible.items()
    }
    notes = list(_decided_by(chain.from_iterable(possible.values()), position))
    notes += _attempt_notes(attempts)
    return _Struck(strike["wish"] or [*strike["fault"], *strike["chaos"]], notes)


def _attempts(request: _Request, possible: _Possible, rule: str) -> dict[str, int]:
    """Return how many attempts of the same turn came before, where a script depends on it: under this rule, or under
    any rule for scripts of chaos and of the client.
    """
    scripted = [label for label, faults in possible.items() if any(fault.attempts for fault in faults)]
    if not scripted:
        return {}
    turn, memory, lane = turn_hash(request.conversation.body), request.served.memory, request.lane
    return {label: memory.attempt((label, rule if label == "fault" else "", turn), lane) for label in scripted}


def _attempt_notes(attempts: Mapping[str, int]) -> Iterator[str]:
    """Yield which attempt the request is, once if all scripts count it alike."""
    if len(set(attempts.values())) == 1:
        attempts = {"": next(iter(attempts.values()))}
    for label, before in attempts.items():
        yield f"attempt {before + 1} of its turn" + (f", for `{label}`" if label else "")


def _decided_by(faults: Iterable[Fault], position: TriggerContext) -> Iterator[str]:
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
    """Return a source of one reply's own: its values follow each other in the order of the placeholders."""
    return Fakes(scenario.locale, draws.content.seed_for("fake"))


def count_tokens(served: Served, call: Call) -> Answer:
    """Return how many input tokens a request has. Raises `ApiError` for what the API refuses."""
    admitted = served.admission.request(call, served.threads.turn(call.now).resolve, counting=True)
    asked = admitted.asked
    counted: Body = {"input_tokens": asked.input_tokens}
    if asked.body.get("context_management") is not None:
        counted["context_management"] = {"original_input_tokens": asked.input_tokens}
    envelope = served.undecided(call, call.fingerprints(admitted.question, admitted.beside))
    return Answer(envelope.json(counted), "count_tokens", notes=_warnings(admitted))
