"""What fault a client asks for: in a header, or, if it cannot set headers, after the name of the model.

In: header lines, a model's name. Out: faults, and the name without them. Raises `ApiError` 400 for what is no fault.
Knows nothing of how a fault is done. A wish is a fault's name (`reset`), keys and values (`disconnect=reset; after=3
events`), or the mapping of the scenario file as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from mockclaude.api.errors import invalid
from mockclaude.scenario.faults import Fault, Faults

FAULT_HEADER = "x-mockclaude-fault"


def wishes(headers: Mapping[str, str], after_model: str) -> tuple[Fault, ...]:
    """Return the faults that a request asks for, in its header or `after_model`. Raises `ApiError` 400."""
    text = headers.get(FAULT_HEADER)
    asked = () if text is None else _read(text, FAULT_HEADER)
    return (*asked, *_read(after_model, "model")) if after_model else asked


@lru_cache(maxsize=256)
def _read(text: str, where: str) -> tuple[Fault, ...]:
    try:
        return tuple(_FAULTS.validate_python(_data(text.strip())))
    except (ValidationError, ValueError) as error:
        raise invalid(f"{where}: {_problem(error)}") from None


_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(Faults)


def _data(text: str) -> Any:
    if text.startswith(("{", "[")):
        return orjson.loads(text)
    if "=" not in text:
        return [part.strip() for part in text.split(",")]
    pairs = (pair.partition("=") for pair in text.split(";") if pair.strip())
    return {key.strip(): _value(value.strip()) for key, _, value in pairs}


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return text


def _problem(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return f"this is not JSON: {error}"
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    return f"{where}: {first['msg']}".removeprefix(": ").replace("Value error, ", "")
