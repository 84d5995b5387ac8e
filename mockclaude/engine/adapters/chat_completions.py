"""OpenAI's chat completions: requests in their form, answered by the API's core."""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import read_object
from mockclaude.engine.adapters.adapter import CoreRequest, decide_in_dialect
from mockclaude.engine.adapters.chat_body import to_messages
from mockclaude.engine.adapters.chat_dialect import ChatCompletion
from mockclaude.engine.adapters.platform_body import write_object
from mockclaude.engine.decision import Decision, HeaderLines
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.valid_headers import VALIDATION_HEADER

_HEADERS = (("anthropic-version", "2023-06-01"),)
_LENIENT = (*_HEADERS, (VALIDATION_HEADER, "gateway"))
"""OpenAI's clients send parameters that some models refuse."""


def create(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide the response to a request for a chat completion.

    Raises:
        ApiError: The body or a header is invalid.
    """
    try:
        chat = read_object(http.body)
        request = CoreRequest(write_object(to_messages(chat)), choose_headers(http, state))
    except ApiError:
        check_headers(http, state)
        raise
    options = chat.get("stream_options")
    dialect = ChatCompletion(
        str(chat.get("model")),
        http.now,
        with_usage=isinstance(options, dict) and options.get("include_usage") is True,
        is_legacy="functions" in chat,
    )
    return decide_in_dialect(http, state, request, dialect)


def choose_headers(http: HttpRequest, state: ScenarioState) -> HeaderLines:
    """Return the headers of the core: its version, and a mode unless one is chosen."""
    is_chosen = VALIDATION_HEADER in http.head.headers or state.scenario.policy.validation == "off"
    return _HEADERS if is_chosen else _LENIENT


def check_headers(http: HttpRequest, state: ScenarioState) -> None:
    """Validate the headers, whose errors precede those of a body.

    Raises:
        ApiError: A header is invalid.
    """
    state.validator.headers(http.head.to_core("/v1/messages", choose_headers(http, state)))
