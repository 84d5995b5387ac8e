"""What each path of the API answers.

In: a `Call` and the scenario it goes to. Out: an `Answer`. One table: method and path -> how it is answered.
Knows nothing of sockets. Everything here follows from its arguments and from the counters of the scenario's memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mockclaude.api import models, tokens
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.headers import CORS_PREFLIGHT, date
from mockclaude.api.request import Body, parse_count_tokens, parse_create
from mockclaude.reply.compose import choose
from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope
from mockclaude.reply.respond import respond
from mockclaude.reply.script import head_only
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.fakes import Fakes, shared
from mockclaude.scenario.matching import match, why_none
from mockclaude.scenario.rules import Rule, Scenario
from mockclaude.scenario.templates import Scope
from mockclaude.server.calls import Answer, Call
from mockclaude.server.memory import Memory


@dataclass(frozen=True)
class Served:
    """A scenario that is being served, and what has happened in it."""

    scenario: Scenario
    memory: Memory = field(default_factory=Memory)

    def draws(self, rule: str, fingerprint: str, lane: str) -> Draws:
        """Return the draws for the answer that a rule gives to a request, counting its occurrence."""
        occurrence = self.memory.occurrence(rule, fingerprint, lane)
        return Draws(self.scenario.seed, rule, fingerprint, lane, occurrence)


def answer(served: Served, call: Call) -> Answer:
    """Return the answer to `call`: the API's, or the API's error."""
    if call.method == "OPTIONS":
        return Answer(head_only(204, date(call.now) + CORS_PREFLIGHT), "CORS preflight")
    try:
        return _handler(call.method, call.path)(served, call)
    except ApiError as error:
        envelope = _envelope(served.draws("", call.fingerprint(), call.lane), call)
        return Answer(envelope.error(error), error.message)


_NO_THREADS = "Message threads are not supported here; send the whole conversation without `thread`"
_THREADS_UNSUPPORTED = {"error_code": "thread_unsupported_request", "unsupported": []}
"""How the API says so; the SDKs' tool runners then go on without a thread (measured with both)."""


def _create(served: Served, call: Call) -> Answer:
    body = parse_create(call.body)
    if body.get("thread") is not None:
        raise ApiError("invalid_request_error", _NO_THREADS, details=_THREADS_UNSUPPORTED)
    conversation = Conversation(body, call.headers)
    lane, fingerprint = call.lane, call.fingerprint(body)
    rules = served.scenario.rules

    def answered(rule: Rule) -> int:
        return served.memory.answered(rule, lane)

    rule = match(rules, conversation, answered)
    if rule is None:
        reason = why_none(rules, conversation, answered)
        envelope = _envelope(served.draws("", fingerprint, lane), call)
        return Answer(envelope.error(ApiError("not_found_error", reason)), reason)
    before = served.memory.answer(rule, lane)
    draws = served.draws(rule.id, fingerprint, lane)
    envelope = _envelope(draws, call)
    scope = Scope(conversation, lambda: _groups(rule, conversation), lambda: _fakes(served.scenario, draws))
    try:
        script = respond(choose(rule, before, draws), rule.pace, scope, draws, envelope)
    except ApiError as error:
        return Answer(envelope.error(error), f"{rule.label}: {error.message}")
    return Answer(script, rule.label, conversation.stream)


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


def _count_tokens(served: Served, call: Call) -> Answer:
    body = parse_count_tokens(call.body)
    envelope = _envelope(served.draws("", call.fingerprint(body), call.lane), call)
    return Answer(envelope.json({"input_tokens": tokens.of_input(body)}), "count_tokens")


def _list_models(served: Served, call: Call) -> Answer:
    envelope = _envelope(served.draws("", call.fingerprint(), call.lane), call)
    return Answer(envelope.json(models_page(call.query)), "models")


def _retrieve_model(served: Served, call: Call) -> Answer:
    name = call.path.removeprefix("/v1/models/")
    model = models.find(name)
    if model is None:
        raise ApiError("not_found_error", f"model: {name}")
    envelope = _envelope(served.draws("", call.fingerprint(), call.lane), call)
    return Answer(envelope.json(model.info()), "models")


def models_page(query: Mapping[str, str]) -> Body:
    """Return the page of the model list that `query` asks for (the SDKs' `Page`). Raises `ApiError` 400."""
    listed = [model.info() for model in models.CATALOGUE if model.lifecycle != "retired"]
    ids = [model["id"] for model in listed]
    limit = _limit(query.get("limit", "20"))
    if "before_id" in query:
        end = _index(ids, query["before_id"], "before_id")
        begin, has_more = max(0, end - limit), end > limit
    else:
        begin = _index(ids, query["after_id"], "after_id") + 1 if "after_id" in query else 0
        end, has_more = begin + limit, begin + limit < len(ids)
    page = listed[begin:end]
    first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
    return {"data": page, "has_more": has_more, "first_id": first, "last_id": last}


def _limit(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise invalid("limit: Input should be a valid integer, unable to parse string as an integer")
    limit = int(text)
    if limit < 1:
        raise invalid("limit: Input should be greater than or equal to 1")
    if limit > 1000:
        raise invalid("limit: Input should be less than or equal to 1000")
    return limit


def _index(ids: list[Any], model: str, parameter: str) -> int:
    if model not in ids:
        raise invalid(f"{parameter}: '{model}' is not the id of a listed model")
    return ids.index(model)


def _envelope(draws: Draws, call: Call) -> Envelope:
    return Envelope(*draws.ids(), call.now, call.chunked)


Handler: TypeAlias = Callable[[Served, Call], Answer]

ENDPOINTS: dict[str, dict[str, Handler]] = {
    "/v1/messages": {"POST": _create},
    "/v1/messages/count_tokens": {"POST": _count_tokens},
    "/v1/models": {"GET": _list_models},
    "/v1/models/{model_id}": {"GET": _retrieve_model},
}
"""Path -> method -> how it is answered."""

_MODEL = re.compile(r"/v1/models/[^/]+")


def _handler(method: str, path: str) -> Handler:
    handlers = ENDPOINTS.get(path) or (ENDPOINTS["/v1/models/{model_id}"] if _MODEL.fullmatch(path) else None)
    if handlers is None:
        hint = "; the base URL ends before /v1" if path.startswith("/v1/v1/") else ""
        raise ApiError("not_found_error", f"Not found: {method} {path}{hint}")
    if method not in handlers:
        allowed = ", ".join(handlers)
        message = f"Method not allowed: {method} {path}; use {allowed}"
        raise ApiError("invalid_request_error", message, 405, {"allow": allowed})
    return handlers[method]
