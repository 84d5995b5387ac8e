"""The items of a batch, each decided by the path of a message, in the order of the requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from mockclaude.api.errors import BATCH_RESULT, MESSAGES, ApiError, invalid
from mockclaude.api.fingerprint import TOO_DEEP
from mockclaude.engine.decision import DecidedItem, Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.refusal import refuse
from mockclaude.engine.resources.batch_frame import BatchItem
from mockclaude.engine.resources.batch_views import KINDS, build_line
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.slices import Slices

_NO_RETRY = (("x-stainless-retry-count", "0"),)
"""The create call may be a retry of an SDK. An item never is."""


_MAX_FACTS = 200
"""Bytes of the facts of a batch, which are stored with the results, beside the letter of each result."""

_ONLY_LIVE = ("speed", "fallbacks")
"""Fields of a message that an item must not have."""

_LETTERS = {kind: letter for letter, kind in KINDS.items()}


class DecidedItems(NamedTuple):
    """The items of a batch.

    Attributes:
        kinds: The letter of each result, as in the facts of a batch.
        content: The line of each result.
        items: The request and the decision of each item, without the body of the response.
    """

    kinds: str
    content: bytes
    items: tuple[DecidedItem, ...]

    @property
    def summary(self) -> str:
        """The number of items of each kind of result."""
        counts = {kind: self.kinds.count(letter) for letter, kind in KINDS.items()}
        named = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
        return f"{len(self.kinds):,} item{'s' * (len(self.kinds) != 1)}: {named or 'none'}"


def decide_items(http: HttpRequest, state: ScenarioState, items: Sequence[BatchItem]) -> Slices[DecidedItems]:
    """Decide the items in slices, and commit the effects of each before the next.

    Raises:
        ApiError: A header is missing or invalid. 413; the results exceed the bound of a lane.
    """
    core = http.head.to_core("/v1/messages", _NO_RETRY)
    is_off = state.validator.headers(core).result.is_off
    kinds, content, decided = [], bytearray(), []
    for item in items:
        body, problem = b"", "" if is_off else _find_problem(item.params)
        try:
            body = _encode(item.params, is_off=is_off or bool(problem and state.recorded_rules))
        except TypeError:  # orjson reads deeper than it writes
            problem = TOO_DEEP
        request = http._replace(head=core.with_custom_id(item.custom_id), headers=core.headers, body=body)
        decision = refuse(request, state, invalid(problem)) if problem else answer(request, state)
        state.store.commit(decision.at_end)
        result = _build_result(decision)
        kinds.append(_LETTERS[result["type"]])
        content += build_line(item.custom_id, result) + b"\n"
        if len(content) + len(items) + _MAX_FACTS > state.max_upload:
            raise ApiError("request_too_large", hint="raise it with `--max-upload`")
        decided.append(DecidedItem(request, decision._replace(response=decision.response._replace(body=()))))
        yield
    return DecidedItems("".join(kinds), bytes(content), tuple(decided))


def _encode(params: Any, *, is_off: bool) -> bytes:
    """Return the body of an item. A rule may answer although it asks for a stream, which an item never has."""
    if is_off and isinstance(params, dict):
        params = {**params, "stream": False}
    return bytes(memoryview(orjson.dumps(params)))  # the bytes that orjson returns take 4 KB


def _find_problem(params: Any) -> str:
    """Return the message on what only an item must not have."""
    if not isinstance(params, dict):
        return ""  # as for a message
    if params.get("stream") is True:
        return "`stream=True` is not supported in the Message Batches API"
    if params.get("max_tokens") == 0:
        return "max_tokens: must be greater than or equal to 1"
    policy = params.get("billing_policy")
    if isinstance(policy, dict) and policy.get("bill_to") == "user_profile":
        return "billing_policy.bill_to: 'user_profile' is not supported in the Message Batches API"
    refused = (name for name in _ONLY_LIVE if params.get(name) is not None)
    return next((f"{name}: Extra inputs are not permitted" for name in refused), "")


def _build_result(decision: Decision) -> dict[str, Any]:
    """Build the result of an item from the response to it."""
    status, document = decision.response.status, _find_document(decision)
    if status == 200 and isinstance(document, dict):
        usage = {**document["usage"], "service_tier": "batch"} if isinstance(document.get("usage"), dict) else {}
        return {"type": "succeeded", "message": {**document, "usage": usage} if usage else document}
    error: dict[str, Any] = {"type": "api_error", "message": MESSAGES["api_error"]}
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        error = document["error"]
    details = error.get("details")
    if isinstance(details, dict) and BATCH_RESULT in details:
        return {"type": details[BATCH_RESULT]}
    draws = decision.draws
    if draws is None:  # refused before the execution
        error = {"details": {"error_visibility": "user_facing"}, **error}
    request_id = None if draws is None else draws.identifier("workerreq")
    return {"type": "errored", "error": {"type": "error", "error": error, "request_id": request_id}}


def _find_document(decision: Decision) -> Any:
    """Return the JSON of a whole response; None for other bytes."""
    pieces = decision.response.take_apart().body
    return getattr(pieces[0].piece, "document", None) if len(pieces) == 1 else None
