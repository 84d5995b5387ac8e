"""A response as another server has sent it, in a scenario file."""

from __future__ import annotations

from base64 import b64decode
from functools import cached_property
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, Field, model_validator

from mockclaude.scenario.format.body_folder import check_body_file, read_body
from mockclaude.scenario.format.pace import AnyPace
from mockclaude.scenario.format.response_headers import Header, HeaderName, check_retry_after
from mockclaude.scenario.format.shorthand import FormatModel

BODIES = ("body", "file", "base64")
"""The keys of which a response has at most one."""


class Respond(FormatModel):
    """A response as another server has sent it: a proxy, or the API in a recording."""

    status: Annotated[int, Field(ge=200, le=999)] = 200
    """The status."""
    headers: Annotated[dict[HeaderName, Header | Literal[False]], AfterValidator(check_retry_after)] = Field(
        default_factory=dict
    )
    """The headers; false leaves out one of the usual headers."""
    body: str | dict[str, Any] | list[Any] = ""
    """The body: a text, or JSON, sent without spaces in the order written."""
    file: Annotated[str, AfterValidator(check_body_file)] | None = None
    """The file with the body, relative to the scenario file and below its folder."""
    base64: str | None = None
    """The body as base64, for bytes that are not text."""
    pace: AnyPace | None = None
    """The time to the first byte, and the gaps before each following event. Default: instant."""
    usual_headers: bool | None = None
    """Whether the API's own headers are sent, too. Default: true for a reply, false for a fault."""
    templates: bool = False
    """Whether a text body of a reply has placeholders. Default: false."""

    @model_validator(mode="before")
    @classmethod
    def _one_body(cls, value: Any) -> Any:
        if isinstance(value, dict):
            present = [key for key in BODIES if key in value]
            if len(present) > 1:
                raise ValueError(f"wrong keys, got {' and '.join(present)}; expected one of body, file or base64")
            if value.get("templates") is True and present != ["body"]:
                raise ValueError("`templates` without a `body`; expected a text or JSON with placeholders")
        return value

    @model_validator(mode="after")
    def _readable(self) -> Respond:
        _ = self.content
        return self

    @cached_property
    def content(self) -> bytes:
        """The bytes of the body."""
        if self.file is not None:
            return read_body(self.file)
        if self.base64 is not None:
            try:
                return b64decode(self.base64, validate=True)
            except ValueError:
                raise ValueError("`base64`: not valid bytes; expected base64") from None
        return encode_body(self.body)


def encode_body(body: Any) -> bytes:
    """Encode a text, or JSON without spaces."""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else orjson.dumps(body)
