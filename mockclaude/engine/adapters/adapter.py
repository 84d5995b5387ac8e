"""The entrance and the exit of every adapter: it decides a translated request by the path of the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mockclaude.api.errors import ApiError
from mockclaude.engine.decide import decide
from mockclaude.engine.decision import Decision, HeaderLines, new_decision
from mockclaude.engine.http_request import HttpRequest, new_http_request
from mockclaude.engine.refusal import refuse
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.dialect import Dialect


class CoreRequest(NamedTuple):
    """A request in the API's own dialect.

    Attributes:
        body: The body.
        headers: The headers that differ from the client's: `anthropic-version`, `anthropic-beta`, the mode.
        path: The path of the API.
    """

    body: bytes
    headers: HeaderLines = (("anthropic-version", "2023-06-01"),)
    path: str = "/v1/messages"


def decide_in_dialect(
    http: HttpRequest,
    state: ScenarioState,
    request: CoreRequest,
    dialect: Dialect | None,
    answer: Callable[[HttpRequest, ScenarioState], Decision] = decide,
    note: str = "",
) -> Decision:
    """Decide a request of an adapter by the path of the core.

    The response is in the dialect, and the journal has body and headers in the API's own, and the note.
    """
    head = http.head.to_core(request.path, request.headers)
    since_start_us, reused, fraction_us = http.since_start_us, http.reused, http.fraction_us
    core = new_http_request((head, head.headers, request.body, http.now, since_start_us, reused, fraction_us, dialect))
    try:
        decision = answer(core, state)
    except ApiError as error:
        decision = refuse(core, state, error)
    notes = (*decision.notes, note) if note else decision.notes
    whole = decision.whole or request.body
    return new_decision((*decision[:3], notes, *decision[4:8], whole, *decision[9:-1], request.headers))
