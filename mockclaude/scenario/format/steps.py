"""The steps of a reply in a scenario file."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from mockclaude.api.errors import type_of
from mockclaude.scenario.diagnostics import join_words
from mockclaude.scenario.format import units
from mockclaude.scenario.format.api_form import expand_api_form
from mockclaude.scenario.format.chunks import Chunks, require_text
from mockclaude.scenario.format.deferred import Deferred, DeferredType
from mockclaude.scenario.format.shorthand import FormatModel, each_short_for, require_exactly_one, short_for

if TYPE_CHECKING:
    from mockclaude.scenario.format.api_models import MessageFields, RawBlock
    from mockclaude.scenario.format.citations import Citation
    from mockclaude.scenario.format.respond import Respond
    from mockclaude.scenario.format.response_steps import Error, StopReason, Usage
    from mockclaude.scenario.format.tool_steps import ServerTool, ToolUse
else:
    Citation = Annotated[Any, DeferredType("citations", "Citation")]
    RawBlock = Annotated[Any, DeferredType("api_models", "RawBlock")]
    MessageFields = Annotated[Any, DeferredType("api_models", "MessageFields")]
    Respond = Annotated[Any, DeferredType("respond", "Respond")]
    Error = Annotated[Any, DeferredType("response_steps", "Error")]
    StopReason = Annotated[Any, DeferredType("response_steps", "StopReason")]
    Usage = Annotated[Any, DeferredType("response_steps", "Usage")]
    ServerTool = Annotated[Any, DeferredType("tool_steps", "ServerTool")]
    ToolUse = Annotated[Any, DeferredType("tool_steps", "ToolUse")]

FROM_SCHEMA = "from_schema"

_BODILESS = (204, 304)
"""Statuses of responses that HTTP frames without a body: a client would read it as the next response."""


class Text(FormatModel):
    """A `text` block."""

    text: str | None = None
    """The text."""
    chunks: Chunks | None = None
    """The number of its deltas, or instead of `text` a list with the text of each delta."""
    citations: list[Citation] = Field(default=[])
    """The citations."""

    @model_validator(mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return require_text("a text", "text", value)


class Thinking(FormatModel):
    """A `thinking` block. Default of the signature: a generated one."""

    thinking: str | None = None
    """The thinking."""
    chunks: Chunks | None = None
    """The number of its deltas, or instead of `thinking` a list with the text of each delta."""
    signature: str | None = None
    """The signature. Default: a generated one."""

    @model_validator(mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return require_text("a thinking", "thinking", value)


class RedactedThinking(FormatModel):
    """A `redacted_thinking` block."""

    data: str
    """The redacted data."""


def expand_status(value: Any) -> Any:
    """Expand a status to the API's error with that status."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    return {"type": type_of(value), "status": value}


AnyError: TypeAlias = Annotated[Error, BeforeValidator(short_for("type")), BeforeValidator(expand_status)]
"""An error by its type, by its status, or as a mapping."""


class StepModel(FormatModel):
    """A step of a reply: exactly one key."""

    text: Annotated[Deferred[Text], BeforeValidator(short_for("text"))] | None = None
    """A text block."""
    thinking: Annotated[Deferred[Thinking], BeforeValidator(short_for("thinking"))] | None = None
    """A thinking block, signed."""
    redacted_thinking: Annotated[Deferred[RedactedThinking], BeforeValidator(short_for("data"))] | None = None
    """A redacted_thinking block: its data."""
    tool_use: Annotated[ToolUse, BeforeValidator(short_for("name"))] | None = None
    """A tool_use block: the name of the tool, or a mapping with the input."""
    server_tool: ServerTool | None = None
    """A call of a tool that the API runs, and its result."""
    json_: Any = Field(default=None, alias="json")
    """A text block with this JSON; `from_schema` generates it from the requested output format."""
    block: RawBlock | None = None
    """A block in the API's own form, sent unchanged."""
    message: MessageFields | None = None
    """A message in the API's own form, sent as written, or fields for the message of other steps."""
    respond: Respond | None = None
    """A whole response as another server has sent it; only `disconnect` or `pause: forever` may follow."""
    generate: Literal["auto"] | None = None
    """The auto reply of the built-in scenario."""
    error: AnyError | None = None
    """An HTTP error as the first step, an error event later in a stream."""
    pause: Annotated[int | Literal["forever"], BeforeValidator(units.parse_pause)] | None = None
    """A pause of this duration."""
    disconnect: Literal["reset", "close", "clean"] | None = None
    """The end of the connection: a TCP reset, a cut body, or a regular end of the body before the message ends."""
    stop_reason: Annotated[StopReason, BeforeValidator(short_for("type"))] | None = None
    """The stop reason, if it differs from that of the content."""
    batch: Literal["canceled", "expired"] | None = None
    """The result of an item of a batch that has no reply."""
    usage: Usage | None = None
    """Token counts that replace the computed ones."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("a step", STEPS, value, STEPS)

    @field_validator("respond")
    @classmethod
    def _can_have_body(cls, respond: Any) -> Any:
        if respond.status in _BODILESS and respond.content:
            problem = f"a body with the status {respond.status}, which has none"
            raise ValueError(f"{problem}; expected no body; remove it, or set another status")
        return respond

    @property
    def kind(self) -> str:
        """The step's key, one of `STEPS`."""
        (field,) = self.model_fields_set
        return _KINDS[field]


_KINDS = {name: field.alias or name for name, field in StepModel.model_fields.items()}
STEPS: tuple[str, ...] = tuple(_KINDS.values())

DOCUMENT_STEPS = ("error", "pause", "disconnect", "usage")
"""The steps that change the response of an endpoint other than `messages`."""

CONTENT_STEPS = tuple(step for step in STEPS if step not in (*DOCUMENT_STEPS, "stop_reason", "batch"))
"""The steps that add content blocks."""

AnyStep: TypeAlias = Annotated[Deferred[StepModel], BeforeValidator(expand_api_form)]
"""A step: one key, or a block, a message or an error in the API's own form."""


def check_respond(steps: list[StepModel]) -> list[StepModel]:
    """Return the steps.

    Raises:
        ValueError: The reply has a `respond` and a step that cannot stand beside it.
    """
    kinds = [step.kind for step in steps]
    if "respond" not in kinds or (kinds[0] == "respond" and not steps[1:]):
        return steps
    last = steps[1] if len(steps) == 2 and kinds[0] == "respond" else None
    if last is None or not (last.disconnect or last.pause == units.FOREVER):
        got = join_words(kinds).replace(" or ", " and ")
        raise ValueError(
            f"`respond` beside other steps, got {got}; expected `respond` alone, or followed by `disconnect` or "
            "`pause: forever`"
        )
    return steps


Reply: TypeAlias = Annotated[
    list[AnyStep], BeforeValidator(each_short_for("text")), Field(min_length=1), AfterValidator(check_respond)
]
"""The reply, executed in order: a text, a step, or a list of steps."""
