"""Parts of a body that only Bedrock and Vertex have, and headers that only the API sends."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from mockclaude.api.api_headers import NEW_VERSION, OLD_VERSION
from mockclaude.api.errors import invalid
from mockclaude.api.headers import Headers
from mockclaude.api.mode import Mode

_OF_THE_API = ("anthropic-", "cf-")
_EDGE = ("server", "cloudflare")


def write_object(fields: Any) -> bytes:
    """Encode the body of a request to the API, or a part of it.

    Raises:
        ApiError: 400; the body is nested deeper than orjson can write.
    """
    try:
        return orjson.dumps(fields)
    except TypeError:
        raise invalid("The request body is nested too deeply") from None


def take_version(fields: dict[str, Any], platform_version: str, mode: Mode) -> str:
    """Remove `anthropic_version` from a body; return the version of the API.

    Args:
        fields: The fields of the body.
        platform_version: The platform's name of the old version, such as `vertex-2023-10-16`.
        mode: The validation mode.

    Raises:
        ApiError: 400; the version is missing or unknown, in the mode `anthropic`.
    """
    version = fields.pop("anthropic_version", None)
    if version == NEW_VERSION:
        return NEW_VERSION
    if version != platform_version and mode == "anthropic":
        problem = "Field required" if version is None else f"Input should be '{platform_version}'"
        raise invalid(f"anthropic_version: {problem}")
    return OLD_VERSION


def take_betas(fields: dict[str, Any], header: str) -> tuple[tuple[str, str], ...]:
    """Remove `anthropic_beta` from a body; return the header with all betas.

    Args:
        fields: The fields of the body.
        header: The client's header `anthropic-beta`; '' for none.

    Raises:
        ApiError: 400; the field is not a text or a list of texts.
    """
    betas = fields.pop("anthropic_beta", None)
    if not betas:
        return ()
    names = betas if isinstance(betas, list) else [betas]
    if not all(isinstance(name, str) for name in names):
        raise invalid("anthropic_beta: Input should be a valid list")
    return (("anthropic-beta", ",".join(filter(None, [header, *names]))),)


def refuse_extra(fields: dict[str, Any], names: Iterable[str], mode: Mode) -> None:
    """Refuse fields that the path specifies; the modes `gateway` and `off` drop them.

    Raises:
        ApiError: 400; the body has one of the fields, in the mode `anthropic`.
    """
    for name in names:
        if name in fields and mode == "anthropic":
            raise invalid(f"{name}: Extra inputs are not permitted")
        fields.pop(name, None)


@lru_cache(maxsize=64)
def drop_api_headers(headers: Headers) -> Headers:
    """Drop the headers that only the API sends. The same object gives the same object."""
    return Headers([line for line in headers.lines if not line[0].startswith(_OF_THE_API) and line != _EDGE])


def describe_model(written: str, name: str) -> str:
    """Return a note on another name of a model; '' for the API's name."""
    return "" if written == name else f"model {written} is {name}"
