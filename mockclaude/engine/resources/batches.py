"""The Message Batches API. A batch is decided at its creation, and the clock reveals it."""

from __future__ import annotations

from functools import partial

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError, invalid
from mockclaude.engine.decision import DecidedBatch, Decision
from mockclaude.engine.endpoint_reply import Answer, Content, decide_document
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.request_context import RequestContext, resource_request
from mockclaude.engine.resources.batch_frame import parse_frame
from mockclaude.engine.resources.batch_items import decide_items
from mockclaude.engine.resources.batch_views import DEFAULT_US, BatchFacts, has_results, view_batch, view_results
from mockclaude.engine.resources.pages import list_cursors, page_by_id
from mockclaude.engine.scenario_state import ENDS_AT_POLL, ScenarioState
from mockclaude.engine.slices import Slices, finish
from mockclaude.engine.state.resources import Resource, ResourceDeleted, ResourcePut
from mockclaude.engine.state.store import Effect
from mockclaude.reply.draws import Draws

_PATH = "/v1/messages/batches"
_STORED = (0, 200)
"""Statuses of responses to a create call that has made a batch: it is also made if its response is lost."""


def create_batch(http: HttpRequest, state: ScenarioState) -> Decision:
    """Create a batch, and decide all of its items.

    Raises:
        ApiError: 400; the body is not a frame. 413; the results exceed the bound of a lane.
    """
    return finish(create_in_slices(http, state))


def create_in_slices(http: HttpRequest, state: ScenarioState) -> Slices[Decision]:
    """Do what `create_batch` does, in slices."""
    requests = parse_frame(http.body, state.validator.headers(http.head).result)
    plan, ids = state.scenario.policy.batches, list[str]()
    takes_us = plan.takes_us
    ends_at_poll = takes_us is None and (state.is_instant or plan.polls > 0)
    if takes_us is None and not ends_at_poll:
        takes_us = DEFAULT_US
    facts = BatchFacts(http.now_us, takes_us, plan.polls, plan.order, "s" * len(requests))

    def announce(draws: Draws) -> Answer:
        ids.append(draws.identifier("msgbatch"))
        return Answer(view_batch(ids[0], facts._replace(takes_us=None), http.now_us, ""))

    decision = decide_document(_context(http, state), announce)
    if decision.response.status not in _STORED:
        return decision
    try:
        decided = yield from decide_items(http, state, requests)
    except BaseException:
        state.store.commit(decision.at_end)
        raise
    content = decided.content
    facts = facts._replace(kinds=decided.kinds)
    created = Resource("batch", http.head.lane, ids[0], http.now_us, facts.to_json(), content, len(content))
    notes = (f"batch {ids[0]}, {decided.summary}", *((ENDS_AT_POLL,) if ends_at_poll else ()))
    return decision._replace(
        notes=(*decision.notes, *notes),
        effects=(*decision.effects, ResourcePut(created)),
        batch=DecidedBatch(ids[0], decided.items),
    )


def retrieve_batch(http: HttpRequest, state: ScenarioState, batch_id: str) -> Decision:
    """Return a batch. The call is a poll.

    Raises:
        ApiError: 404.
    """
    facts, effects = _poll(http, state, _find(http, state, batch_id))
    retry = () if facts.status(http.now_us) == "ended" else (("retry-after", "10"),)
    return _decide(http, state, Answer(_view(http, batch_id, facts), retry, effects))


def list_batches(http: HttpRequest, state: ScenarioState) -> Decision:
    """Return a page of the lane's batches, newest first. The call polls all of them.

    Raises:
        ApiError: 400; a parameter is invalid.
    """
    validation = state.validator.headers(http.head).result
    views: list[Body] = []
    effects: list[Effect] = []
    batches = state.store.list_resources("batch", http.head.lane)
    for batch in batches:
        facts, changes = _poll(http, state, batch)
        views.append(_view(http, batch.id, facts))
        effects.extend(changes)
    cursors = list_cursors(batches, http.head.query, partial(state.store.find_deleted, "batch", http.head.lane))
    page = page_by_id(views, http.head.query, validation, "batch", cursors)
    return _decide(http, state, Answer(page, effects=tuple(effects)))


def cancel_batch(http: HttpRequest, state: ScenarioState, batch_id: str) -> Decision:
    """Cancel a batch. The body is ignored. A batch that has ended stays as it is.

    Raises:
        ApiError: 404.
    """
    batch = _find(http, state, batch_id)
    before = BatchFacts.from_json(batch.facts)
    facts = before.cancel(http.now_us)
    effects = _list_changes(http, state, batch, facts)
    return _decide(http, state, Answer(_view(http, batch_id, facts), effects=effects))


def delete_batch(http: HttpRequest, state: ScenarioState, batch_id: str) -> Decision:
    """Delete a batch that has ended.

    Raises:
        ApiError: 404; 400 before the end.
    """
    facts = BatchFacts.from_json(_find(http, state, batch_id).facts)
    if facts.status(http.now_us) != "ended":
        raise invalid("In progress batches cannot be deleted. Consider canceling the batch instead.")
    document = {"id": batch_id, "type": "message_batch_deleted"}
    return _decide(http, state, Answer(document, effects=(ResourceDeleted("batch", http.head.lane, batch_id),)))


def download_results(http: HttpRequest, state: ScenarioState, batch_id: str) -> Decision:
    """Return the results as JSON lines.

    Raises:
        ApiError: 404, also before the end and after the end of the archive.
    """
    batch = _find(http, state, batch_id)
    facts = BatchFacts.from_json(batch.facts)
    if not has_results(facts, http.now_us):
        raise ApiError("not_found_error", f"Message Batch {batch_id} has no available results.")
    lines = view_results(batch_id, facts, batch.content)
    disposition = ("content-disposition", f"attachment; filename*=utf-8''{batch_id}_results.jsonl")
    return _decide(http, state, Answer(Content(lines, "application/x-jsonl"), (disposition,)))


def _find(http: HttpRequest, state: ScenarioState, batch_id: str) -> Resource:
    """Validate the headers, and find a batch of the lane.

    Without validation an unknown batch is made up: it has ended, without items.

    Raises:
        ApiError: 404; a header is missing or invalid.
    """
    lane, validation = http.head.lane, state.validator.headers(http.head).result
    batch = state.store.find_resource("batch", lane, batch_id)
    if batch is not None:
        return batch
    error = ApiError("not_found_error", f"Message Batch {batch_id} not found.")
    if state.store.is_deleted(lane, batch_id):
        raise error
    validation.report(error, gateway_accepts=False)
    facts = BatchFacts(http.now_us, 0, 0, "as_sent", "")
    return Resource("batch", lane, batch_id, http.now_us, facts.to_json())


def _poll(http: HttpRequest, state: ScenarioState, batch: Resource) -> tuple[BatchFacts, tuple[Effect, ...]]:
    """Return the facts of a batch after a poll, and the change that they are."""
    facts = BatchFacts.from_json(batch.facts).poll(http.now_us)
    return facts, _list_changes(http, state, batch, facts)


def _list_changes(http: HttpRequest, state: ScenarioState, batch: Resource, facts: BatchFacts) -> tuple[Effect, ...]:
    changed = facts.to_json()
    if changed == batch.facts:
        return ()
    whole = state.store.find_resource("batch", http.head.lane, batch.id)  # a list has no contents
    return () if whole is None else (ResourcePut(whole._replace(facts=changed)),)


def _view(http: HttpRequest, batch_id: str, facts: BatchFacts) -> Body:
    """Return the batch at the time of the request, with the URL of its results on the request's own host."""
    headers, path = http.headers, f"{http.head.prefix}{_PATH}/{batch_id}/results"
    scheme = "https" if headers.get("x-forwarded-proto") == "https" else "http"
    host = headers.get("host")
    return view_batch(batch_id, facts, http.now_us, f"{scheme}://{host}{path}" if host else path)


def _context(http: HttpRequest, state: ScenarioState) -> RequestContext:
    request = resource_request("batches", http.head.path, http.headers)
    return RequestContext(http, state, request, http.raw_fingerprints())


def _decide(http: HttpRequest, state: ScenarioState, answer: Answer) -> Decision:
    return decide_document(_context(http, state), lambda _: answer)
