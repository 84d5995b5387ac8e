"""The steps of a reply that change its response: an error, the stop reason, and the usage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mockclaude.api.errors import STATUS
from mockclaude.scenario.diagnostics import did_you_mean, join_words
from mockclaude.scenario.format.api_form import Count
from mockclaude.scenario.format.response_headers import ResponseHeaders
from mockclaude.scenario.format.shorthand import FormatModel


class Error(FormatModel):
    """An error of the API.

    The default of `status` follows from `type`; an unknown type requires a status.
    """

    type: str
    """An error type of the API, or another type."""
    message: str = ""
    """The error message."""
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    """The HTTP status. Default: that of the type."""
    headers: ResponseHeaders = Field(default_factory=dict)
    """Headers of the response."""
    details: dict[str, Any] | None = None
    """Details of the error."""

    @model_validator(mode="after")
    def _known(self) -> Error:
        if self.status is None and self.type not in STATUS:
            hint = did_you_mean(self.type, STATUS) or "; add `status` for another type"
            raise ValueError(f"unknown error type '{self.type}'; expected {join_words(STATUS)}{hint}")
        return self


class StopReason(FormatModel):
    """The stop reason of the message.

    A refusal has `category` and `explanation` in `stop_details`.
    """

    type: Literal[
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
        "compaction",
    ]
    """The stop reason."""
    stop_sequence: str | None = None
    """The stop sequence in the text."""
    category: str | None = None
    """The category of a refusal."""
    explanation: str | None = None
    """The explanation of a refusal."""


class Usage(FormatModel):
    """Token counts that replace the computed ones."""

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: dict[str, Count] | None = None
    output_tokens: Count | None = None
    output_tokens_details: dict[str, Count] | None = None
    server_tool_use: dict[str, Count] | None = None
    service_tier: Literal["standard", "priority", "batch"] | None = None
    inference_geo: str | None = None
    speed: Literal["standard", "fast"] | None = None
    iterations: list[dict[str, Any]] | None = None
    fallback_credit: dict[str, Any] | None = None
