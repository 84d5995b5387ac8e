"""Rules between the fields of a request, each as data: a condition, the API's message, and the source of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.content_blocks import format_path
from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest

Details: TypeAlias = Mapping[str, Any]
"""The values for the placeholders of a message.

A `path` that is a tuple, and a `number` of a message, are those of the request as it was sent. `details` is the object
`error.details`.
"""


class Check(NamedTuple):
    """A condition under which the API rejects a request of the right shape.

    Attributes:
        condition: A description of the condition.
        message: The API's message: a template for `str.format`.
        source: How the wording is known: "recorded" (in a recording of the API), "documented" (by Anthropic),
            "reported" (by users of the API), or "assumed" (the condition is known, its wording is not).
        find: Returns the values for `message`, or None if the request is valid.
        needs: One of `MessagesRequest.traits`, without which the check is skipped; '' for every request.
        gateway: Whether the mode `gateway` tolerates a failure, since it depends on the model, the client or the
            API's version.
        type: The error type.
        citation: The evidence: a recording, an issue or a page.
    """

    condition: str
    message: str
    source: str
    find: Callable[[MessagesRequest], Details | None]
    needs: str = ""
    gateway: bool = False
    type: str = "invalid_request_error"
    citation: str = ""

    @property
    def gateway_accepts(self) -> bool:
        """Whether the mode `gateway` tolerates a failure, e.g. of an assumed check."""
        return self.gateway or self.source == "assumed"


class CheckFailure(NamedTuple):
    """A check that fails for a request, and the API's message.

    Attributes:
        details: The object `error.details`; None omits it.
    """

    check: Check
    message: str
    details: Mapping[str, Any] | None = None

    @property
    def error(self) -> ApiError:
        """The API's error."""
        return ApiError(self.check.type, self.message, details=self.details)


def format_merged(request: MessagesRequest, path: tuple[Any, ...]) -> str:
    """Format a path of the request as the API counts it."""
    from mockclaude.api.merged_paths import merge_path

    return format_path(merge_path(request.messages, path))


def build_failure(check: Check, request: MessagesRequest, found: Details) -> CheckFailure:
    """Build the failure of a check, with paths as the API counts them."""
    values = dict(found)
    if isinstance(path := values.get("path"), tuple):
        values["path"] = format_merged(request, path)
    if isinstance(number := values.get("number"), int):
        values["number"] = format_merged(request, ("messages", number)).rpartition(".")[2]
    details = values.pop("details", None)
    return CheckFailure(check, check.message.format(**values), details)
