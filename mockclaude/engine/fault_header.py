"""What fault a client asks for: in a header, or, if it cannot set headers, after the name of the model.

In: header lines, a model's name. Out: faults, and the name without them. Raises `ApiError` 400 for what is no fault.
Knows nothing of how a fault is done. A wish is a fault's name (`reset`), keys and values (`disconnect=reset; after=3
events`), or the mapping of the scenario file as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from mockclaude.api.errors import invalid
from mockclaude.api.memo import remember
from mockclaude.scenario.format import assignments
from mockclaude.scenario.format.faults import Fault, Faults

FAULT_HEADER = "x-mockclaude-fault"

MAX_WISH = 2_000
"""How many characters of faults a client may ask for."""


def wishes(headers: Mapping[str, str], after_model: str) -> tuple[Fault, ...]:
    """Return the faults that a request asks for, in its header or `after_model`. Raises `ApiError` 400."""
    text = headers.get(FAULT_HEADER)
    asked = () if text is None else _read(FAULT_HEADER, text)
    return (*asked, *_read("model", after_model)) if after_model else asked


@remember(256, MAX_WISH)
def _read(where: str, text: str) -> tuple[Fault, ...]:
    if len(text) > MAX_WISH:
        raise invalid(f"{where}: a fault has at most {MAX_WISH} characters, got {len(text)}; ask for fewer faults")
    try:
        data = assignments.parse_assignments(text)
        return tuple(_FAULTS.validate_python(re.split(r"\s*,\s*", data) if isinstance(data, str) else data))
    except ValidationError as error:
        raise invalid(f"{where}: {assignments.first_problem(error, Fault)}") from None
    except ValueError as error:
        raise invalid(f"{where}: {error}") from None


_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(Faults)
