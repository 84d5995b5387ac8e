"""The creation of a batch in slices, for a server that answers other requests meanwhile."""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.refusal import refuse
from mockclaude.engine.resources.batches import create_in_slices
from mockclaude.engine.routes import commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.slices import Slices


def answer_in_slices(http: HttpRequest, state: ScenarioState) -> Slices[Decision]:
    """Decide a request to create a batch as `routes.answer` does, but in slices.

    A reset of the state meanwhile drops the batch.
    """
    resets = state.resets
    try:
        decision = yield from create_in_slices(http, state)
    except ApiError as error:
        decision = refuse(http, state, error)
    return commit(state, decision) if state.resets == resets else decision
