"""Headers of a response in a scenario file."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.diagnostics import format_value
from mockclaude.scenario.format import units

HEADER_NAME = compile_lazily(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def check_header_name(name: str) -> str:
    """Return `name`.

    Raises:
        ValueError: It is not a valid header name.
    """
    if not HEADER_NAME.fullmatch(name):
        raise ValueError(f"invalid header name {name!r}; expected letters, digits and dashes")
    return name


def header_to_text(value: Any) -> Any:
    """Return a number as text, and other values as they are."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


_NOT_IN_VALUE = compile_lazily(r"[\r\n\x00]|[^\x00-\xff]")
"""Characters that end a header, or that HTTP cannot send."""


def check_header_value(value: str) -> str:
    """Return `value`.

    Raises:
        ValueError: It has more than one line, or characters beyond Latin-1.
    """
    if _NOT_IN_VALUE.search(value):
        raise ValueError(f"invalid header value, got {format_value(value)}; expected one line of Latin-1 characters")
    return value


RETRY_AFTER = "retry-after"

MAX_RETRY_HOURS = 87_600
"""The longest time after which a date in `retry-after` can be: ten years."""


def parse_retry_in(value: Any) -> int | None:
    """Parse `in 30s`. Return microseconds; None for another value.

    Raises:
        ValueError: The text after `in` is not a duration, or a longer one than a date can have.
    """
    if not (isinstance(value, str) and value.startswith("in ")):
        return None
    delay = units.parse_duration(value.removeprefix("in "))
    if delay > MAX_RETRY_HOURS * 3_600_000_000:
        raise ValueError(f"a date too far ahead, got {format_value(value)}; expected at most {MAX_RETRY_HOURS}h")
    return delay


def check_retry_after(headers: dict[str, Any]) -> dict[str, Any]:
    """Return response headers.

    Raises:
        ValueError: `retry-after` has the form `in 30s` without a duration.
    """
    for name, value in headers.items():
        if name.lower() == RETRY_AFTER and "${{" not in str(value):
            try:
                parse_retry_in(value)
            except ValueError as error:
                raise ValueError(f"`{name}`: {error}") from None
    return headers


Header: TypeAlias = Annotated[str, BeforeValidator(header_to_text), AfterValidator(check_header_value)]
HeaderName: TypeAlias = Annotated[
    str,
    AfterValidator(check_header_name),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{HEADER_NAME.pattern})$"}),
]


ResponseHeaders: TypeAlias = Annotated[dict[HeaderName, Header], AfterValidator(check_retry_after)]
"""Headers of a response. `retry-after: in 30s` is the HTTP date this long after the response."""
