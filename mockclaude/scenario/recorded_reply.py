"""A reply that another server has sent: its bytes, its events and its message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import orjson

from mockclaude.api.assemble import AssembledMessage, assemble
from mockclaude.api.events import Event
from mockclaude.api.frames import split_frames
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.format.respond import Respond, encode_body
from mockclaude.scenario.format.steps import StepModel
from mockclaude.scenario.recorded_message import is_message, read_usage
from mockclaude.scenario.template.templates import Template, TemplateContext, compile_template

_STREAM = "text/event-stream"

FRAMING_HEADERS = ("connection", "content-length", "keep-alive", "transfer-encoding")
"""Headers of a response that only frame its body. The server sends its own."""


@dataclass(frozen=True, eq=False)
class RecordedReply:
    """A response as another server has sent it.

    Attributes:
        headers: The headers, with names in lower case; false leaves out one of the usual headers.
        body: The bytes of the body.
        pace: The pace; None for that of the rule.
        usual_headers: Whether the API's own headers are sent, too.
        ending: The end after the last byte; '' for a complete response.
        keeps_form: Whether a message is sent as a stream, or without streaming, only as recorded.
        template: The body with placeholders, whose values the body does not have.
    """

    status: int
    headers: Mapping[str, str | Literal[False]]
    body: bytes
    pace: Pace | None
    usual_headers: bool
    ending: str = ""
    keeps_form: bool = False
    template: Template | None = None

    @cached_property
    def is_stream(self) -> bool:
        """Whether the body is a stream, by its `content-type` or its beginning."""
        kind = self.headers.get("content-type")
        return kind.lower().startswith(_STREAM) if kind else self.body.startswith((b"event:", b"data:"))

    @cached_property
    def events(self) -> Sequence[Event]:
        """The events of a stream."""
        return split_frames(self.body) if self.is_stream else ()

    @cached_property
    def document(self) -> Any:
        """The JSON of a body that is not a stream; None for other bytes."""
        return None if self.is_stream else find_json(self.body)

    @cached_property
    def assembled(self) -> AssembledMessage | None:
        """The message in the body; None for an error and another body."""
        if self.is_stream:
            assembled = assemble(self.events)
        else:
            assembled = AssembledMessage(self.document, is_complete=not self.ending)
        return assembled if assembled and is_message(assembled.message) else None

    @cached_property
    def usage(self) -> dict[str, Any]:
        """The usage of the message. Without a count, its output tokens are 0."""
        return read_usage(self.assembled.message if self.assembled else {})

    def fill(self, scope: TemplateContext) -> RecordedReply:
        """Return a reply with placeholders as one with their values.

        Raises:
            FillError: A value does not fit in the reply.
        """
        assert self.template is not None
        return replace(self, body=encode_body(self.template.fill(scope)), template=None)


def compile_recorded(steps: Sequence[StepModel], *, keeps_form: bool) -> RecordedReply:
    """Compile a reply whose first step is `respond`."""
    written = steps[0].respond
    assert written is not None
    recorded = build_recorded(written, usual_headers=written.usual_headers is not False)
    headers = {name: value for name, value in recorded.headers.items() if name not in FRAMING_HEADERS}
    template = compile_template(written.body) if written.templates else None
    ending = "" if len(steps) == 1 else steps[1].disconnect or "forever"
    return replace(recorded, headers=headers, ending=ending, keeps_form=keeps_form, template=template)


def build_recorded(written: Respond, *, usual_headers: bool) -> RecordedReply:
    """Build the reply that sends a response."""
    headers = {name.lower(): value for name, value in written.headers.items()}
    return RecordedReply(written.status, headers, written.content, written.pace, usual_headers)


def find_json(body: bytes) -> Any:
    """Return the JSON of a body; None for other bytes."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
