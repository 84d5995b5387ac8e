"""Errors of the Messages API: types, statuses, messages, and the headers that control an SDK's retries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATUS: dict[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""Error type -> HTTP status, as both SDKs map them."""

MESSAGES: dict[str, str] = {
    "invalid_request_error": "Invalid request",
    "authentication_error": "invalid x-api-key",
    "billing_error": "Your credit balance is too low to access the Anthropic API. "
    "Please go to Plans & Billing to upgrade or purchase credits.",
    "permission_error": "Your API key does not have permission to use the specified resource",
    "not_found_error": "Not found",
    "conflict_error": "Conflict",
    "request_too_large": "Request exceeds the maximum size",
    "rate_limit_error": "This request would exceed your organization's rate limit. Please reduce the prompt length "
    "or the maximum tokens requested, or try again later.",
    "api_error": "Internal server error",
    "timeout_error": "Request timed out",
    "overloaded_error": "Overloaded",
    "forbidden": "Request not allowed",
}
"""Error type -> default message, in the API's words if known."""

EDGE_TYPE = "forbidden"
"""The type of the 403 that the network edge before the API sends to some regions. Its body has no outer `type`."""

BATCH_RESULT = "batch_result"
"""The key in `details` of the result that an item of a batch has instead of the error."""

RETRIED = (408, 409, 429)
"""Statuses below 500 that the SDKs retry."""


@dataclass(eq=False)
class ApiError(Exception):
    """An error that the client receives as the API's JSON.

    Attributes:
        type: The error type of the API.
        message: Default: the API's own words for `type`.
        status: Default: the status of `type`.
        headers: Headers in addition to the usual ones.
        details: The object `error.details`; None omits it, except that the API sends null with an overload.
        hint: A fix for the log, which the client does not receive.
    """

    type: str
    message: str = ""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] | None = None
    hint: str = ""

    def __post_init__(self) -> None:
        self.status = self.status or STATUS.get(self.type, 500)
        message = self.message or MESSAGES.get(self.type, self.type)
        self.message = message.encode("utf-8", "replace").decode()  # a header may contain characters that JSON cannot

    def envelope(self, request_id: str) -> dict[str, Any]:
        """Build the body of the response, in the API's key order."""
        error: dict[str, Any] = {"type": self.type, "message": self.message}
        if self.type == EDGE_TYPE:
            return {"error": error}
        if self.details is not None or self.type == "overloaded_error":
            error = {"details": self.details and dict(self.details), **error}
        return {"type": "error", "error": error, "request_id": request_id}

    @property
    def should_retry(self) -> bool:
        """Whether the SDKs retry the status (their `_should_retry`)."""
        return self.status in RETRIED or self.status >= 500


def type_of(status: int) -> str:
    """Return the error type of a status, or else the general type of its class."""
    general = "api_error" if status >= 500 else "invalid_request_error"
    return next((kind for kind, own in STATUS.items() if own == status), general)


def invalid(message: str) -> ApiError:
    """Build the 400 with which the API rejects a request."""
    return ApiError("invalid_request_error", message)
