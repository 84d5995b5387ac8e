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

from mockclaude.scenario.format import raw_blocks
from mockclaude.scenario.format.api_form import Count, expand_content
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


class Message(ApiFormModel):
    """A message in the API's own form, sent as written.

    A message with a `type` keeps the order of its keys.
    """

    content: Annotated[list[RawBlock], BeforeValidator(expand_content)]
    """The content blocks, or text."""
    type: Literal["message"] | None = None
    role: Literal["assistant"] | None = None
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: MessageUsage | None = None

    @model_serializer(mode="plain")
    def _dump_written(self) -> dict[str, Any]:
        return {**self._written, "content": expand_content(self._written["content"])}
