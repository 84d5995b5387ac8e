"""Rules between the fields of a request, each as data: a condition, the API's message, and the source of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest

Details: TypeAlias = Mapping[str, object]
"""The values for the placeholders of a message."""


class Check(NamedTuple):
    """A condition under which the API rejects a request of the right shape.

    Attributes:
        condition: A description of the condition.
        message: The API's message: a template for `str.format`.
        source: How the wording is known: "recorded" (in a recording of the API), "documented" (by Anthropic),
            "reported" (by users of the API), or "assumed" (the condition is known, its wording is not).
        find: Returns the values for `message`, or None if the request is valid.
        needs: One of `MessagesRequest.traits`, without which the check is skipped; '' for every request.
        gateway: Whether the mode `gateway` tolerates a failure, since it depends on the model or the API's version.
        type: The error type.
    """

    condition: str
    message: str
    source: str
    find: Callable[[MessagesRequest], Details | None]
    needs: str = ""
    gateway: bool = False
    type: str = "invalid_request_error"

    @property
    def gateway_accepts(self) -> bool:
        """Whether the mode `gateway` tolerates a failure, e.g. of an assumed check."""
        return self.gateway or self.source == "assumed"


class CheckFailure(NamedTuple):
    """A check that fails for a request, and the API's message."""

    check: Check
    message: str

    @property
    def error(self) -> ApiError:
        """The API's error."""
        return ApiError(self.check.type, self.message)
