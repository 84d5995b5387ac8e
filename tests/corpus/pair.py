"""A request, and what is known of the API's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

MESSAGES, COUNT_TOKENS = "/v1/messages", "/v1/messages/count_tokens"
SUNNY = "rules: [reply: Sunny.]"


class Accepted(NamedTuple):
    """An answer with status 200. A path such as `usage.input_tokens` or `content.0` leads from the message.

    In a stream a path leads from the list of events: `0.message.usage`, `-2.delta.stop_reason`.

    Attributes:
        fields: Path -> its value; `...` for an absent field.
        keys: Path -> the keys in their order; '' is the message.
        counts: Path -> a number that the answer meets within `bar`.
        bar: The relative error of the counts.
        headers: Headers of the response; None for an absent one.
        warning: A part of the warning in the journal; '' for no warning.
    """

    fields: Mapping[str, Any] = {}
    keys: Mapping[str, Sequence[str]] = {}
    counts: Mapping[str, int] = {}
    bar: float = 0.0
    headers: Mapping[str, str | None] = {}
    warning: str = ""


class Refused(NamedTuple):
    """An error.

    Attributes:
        details: The object `error.details`; None if it is absent.
        headers: Headers of the response.
    """

    message: str
    status: int = 400
    type: str = "invalid_request_error"
    details: Mapping[str, Any] | None = None
    headers: Mapping[str, str | None] = {}


class Pair(NamedTuple):
    """A request, and what is known of its answer.

    Attributes:
        name: What the pair shows.
        source: The fact: a recording, an issue or a page.
        request: The fields of the body, on top of those of a plain question; `...` leaves one out.
        expected: The answer.
        headers: The headers of the request, on top of a client's.
        path: The path of the endpoint.
        scenario: The scenario that answers.
    """

    name: str
    source: str
    request: Mapping[str, Any]
    expected: Accepted | Refused
    headers: Mapping[str, str | None] = {}
    path: str = MESSAGES
    scenario: str = SUNNY
