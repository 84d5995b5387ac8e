"""Parser of the faults that a client requests, in a header or after the model name.

A requested fault is a preset (`reset`), keys and values (`disconnect=reset; after=3 events`), or the mapping of the
scenario file as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from mockclaude.api.errors import invalid
from mockclaude.api.memo import remember
from mockclaude.scenario.format import assignments

if TYPE_CHECKING:
    from mockclaude.scenario.format.faults import Fault

FAULT_HEADER = "x-mockclaude-fault"

MAX_LENGTH = 2_000
"""Characters of requested faults in one request."""


def parse_fault_header(headers: Mapping[str, str], after_model: str) -> tuple[Fault, ...]:
    """Parse the faults in the header and `after_model`.

    Raises:
        ApiError: 400; a fault is unknown, invalid or too long.
    """
    text = headers.get(FAULT_HEADER)
    in_header = () if text is None else _parse(FAULT_HEADER, text)
    return (*in_header, *_parse("model", after_model)) if after_model else in_header


@remember(256, MAX_LENGTH)
def _parse(where: str, text: str) -> tuple[Fault, ...]:
    if len(text) > MAX_LENGTH:
        raise invalid(f"{where}: a fault has at most {MAX_LENGTH} characters, got {len(text)}; ask for fewer faults")
    try:
        data = assignments.parse_assignments(text)
        return tuple(_adapter().validate_python(re.split(r"\s*,\s*", data) if isinstance(data, str) else data))
    except ValidationError as error:
        from mockclaude.scenario.format.faults import Fault

        raise invalid(f"{where}: {assignments.first_problem(error, Fault)}") from None
    except ValueError as error:
        raise invalid(f"{where}: {error}") from None


@cache
def _adapter() -> TypeAdapter[list[Fault]]:
    from mockclaude.scenario.format.faults import Faults

    return TypeAdapter(Faults)
