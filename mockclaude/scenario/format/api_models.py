"""The models of content blocks and messages in the API's own form."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_serializer,
    model_validator,
)

from mockclaude.scenario.diagnostics import did_you_mean
from mockclaude.scenario.format import raw_blocks
from mockclaude.scenario.format.api_form import Count, expand_content, reject_steps
from mockclaude.scenario.format.deferred import DeferredModel


class ApiFormModel(DeferredModel):
    """A mapping in the API's own form, with unknown keys and in its own order."""

    model_config = ConfigDict(extra="allow", frozen=True)

    _written: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_written(cls, value: Any, handler: ModelWrapValidatorHandler[ApiFormModel]) -> ApiFormModel:
        model = handler(value)
        model._written.update(value)
        return model

    @model_serializer(mode="plain")
    def _dump_written(self) -> dict[str, Any]:
        return self._written


class RawBlock(ApiFormModel):
    """A content block in the API's own form, sent unchanged."""

    type: Annotated[str, Field(min_length=1, strict=True)]

    @model_validator(mode="after")
    def _complete(self) -> RawBlock:
        if problem := raw_blocks.find_problem({"type": self.type, **(self.model_extra or {})}, templated=True):
            raise ValueError(problem)
        return self


class MessageUsage(ApiFormModel):
    """The usage of a message in the API's own form. A null is a computed count."""

    model_config = ConfigDict(strict=True)

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    output_tokens: Count | None = None


_FIELDS = (
    *("id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage"),
    *("container", "context_management", "diagnostics", "input_transformations"),
)
"""The fields of a message."""


class MessageFields(ApiFormModel):
    """A message in the API's own form, or fields for the message of other steps.

    A message with a `type` is whole: it has `content`, and keeps the order of its keys.
    """

    content: Annotated[list[RawBlock], BeforeValidator(expand_content)] = Field(default=[])
    """The content blocks, or text. Default: those of the other steps."""
    type: Literal["message"] | None = None
    role: Literal["assistant"] | None = None
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: MessageUsage | None = None

    @model_validator(mode="before")
    @classmethod
    def _check_fields(cls, value: Any) -> Any:
        if isinstance(value, dict) and "content" not in value and value.get("type") is None:
            reject_steps(value)
            if not value:
                raise ValueError("a message without fields; expected `content`, or a field, e.g. `{id: msg_01Tide}`")
            for key in value:
                if key not in _FIELDS and (hint := did_you_mean(str(key), _FIELDS)):
                    raise ValueError(f"unknown field '{key}' of a message; expected a field of the API{hint}")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> MessageFields:
        if self.type is not None and "content" not in self.model_fields_set:
            raise ValueError("missing key 'content'; expected it beside the other keys; add `content: ...`")
        return self

    @model_serializer(mode="plain")
    def _dump_written(self) -> dict[str, Any]:
        if "content" not in self._written:
            return self._written
        return {**self._written, "content": expand_content(self._written["content"])}


class Message(MessageFields):
    """A message in the API's own form, sent as written."""

    content: Annotated[list[RawBlock], BeforeValidator(expand_content)]
    """The content blocks, or text."""
