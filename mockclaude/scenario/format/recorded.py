"""The origin of a recorded rule, in a scenario file."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.format.body_folder import register_file
from mockclaude.scenario.format.policy import parse_today
from mockclaude.scenario.format.shorthand import FormatModel

PARTS = ("system", "tools", "messages", "settings")
"""The parts of a request whose hashes a recording keeps."""

VARIES = "varies"
"""In place of the hash of a part that differs each time, such as one with a redacted secret."""

_DIGESTS = compile_lazily(" ".join(f"{part} (?:-|{VARIES}|[0-9a-f]{{8}})" for part in PARTS))


def check_digests(text: str) -> str:
    """Return the hashes of the parts of a request.

    Raises:
        ValueError: They have another form.
    """
    if not _DIGESTS.fullmatch(text):
        form = " ".join(f"{part} {'01234567' if part == 'messages' else '-'}" for part in PARTS)
        raise ValueError(f"invalid hashes of a request, got {text[:100]!r}; expected such as '{form}'")
    return text


class Recorded(FormatModel):
    """The origin of a recorded rule. No condition looks at it."""

    from_: Annotated[str, Field(alias="from", min_length=1)]
    """The host whose response was recorded."""
    on: Annotated[str, AfterValidator(parse_today)]
    """The day of the recording."""
    request: Annotated[str, AfterValidator(check_digests)] | None = None
    """The hashes of the system prompt, the tools, the messages and the settings of the recorded request. Default: the
    request is unknown, and no request differs from it."""
    requests: list[Annotated[str, Field(min_length=1), AfterValidator(register_file)]] | None = None
    """The files with the bodies of the recorded requests, relative to the scenario file. Only tools read them."""
