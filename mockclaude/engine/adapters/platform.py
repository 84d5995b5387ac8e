"""Messages requests below `/anthropic` and with a signature of AWS: Foundry, Bedrock Mantle and Claude on AWS."""

from __future__ import annotations

from collections.abc import Callable

from mockclaude.api.platform_models import find_model_name
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.platform_body import describe_model, write_object
from mockclaude.engine.count_tokens import count_tokens as count_in_core
from mockclaude.engine.decide import decide
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import HttpRequest, read_fields
from mockclaude.engine.scenario_state import ScenarioState


def create_message(http: HttpRequest, state: ScenarioState) -> Decision:
    """Answer a Messages request with the API's name of its model.

    Raises:
        ApiError: The request is invalid.
    """
    return _answer(http, state, decide)


def count_tokens(http: HttpRequest, state: ScenarioState) -> Decision:
    """Count the input tokens of a request with the API's name of its model.

    Raises:
        ApiError: The request is invalid.
    """
    return _answer(http, state, count_in_core)


def _answer(
    http: HttpRequest, state: ScenarioState, answer: Callable[[HttpRequest, ScenarioState], Decision]
) -> Decision:
    fields = {**read_fields(http.body)}
    written, profile = fields.get("model"), fields.pop("user_profile_id", None)
    name = find_model_name(written) if isinstance(written, str) else ""
    if name in ("", written) and profile is None:
        return answer(http, state)
    body = write_object({**fields, "model": name} if name else fields)
    headers = (("anthropic-user-profile-id", profile),) if isinstance(profile, str) else ()
    request = CoreRequest(body, headers, http.head.path)
    return decide_in_dialect(http, state, request, None, answer, describe_model(written or "", name))
