"""Validation of the shape and the model of a request."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from mockclaude.api import models, schema
from mockclaude.api.api_headers import ApiHeaders
from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.mode import ValidationResult
from mockclaude.api.request import MessagesRequest
from mockclaude.api.tokens import MAX_DOCUMENTS

_VERSIONED = compile_lazily(r"claude-(haiku|sonnet|opus|fable|mythos)-(\d{1,2})(?:-(\d{1,2}))?(?:-\d{8})?")
_SUFFIX = compile_lazily(r"-(?![\d-]+$)[a-z0-9-]+")


def check_shape(body: Body, api_headers: ApiHeaders, validation: ValidationResult, *, counting: bool) -> Body:
    """Validate the types and fields of a body; return it.

    The mode `gateway` requires the right types of the fields that replies depend on. The mode `off` drops wrong ones.

    Raises:
        ApiError: 400, with the API's message.
    """
    if validation.mode != "anthropic":
        from mockclaude.api.usable import check_usable, drop_unusable

        if validation.is_off:
            return drop_unusable(body)
        check_usable(body)
    problem = schema.find_error(body, api_headers.version, api_headers.betas, counting=counting)
    if problem is not None:
        validation.report(invalid(problem), gateway_accepts=True)
    return body


def looks_like_a_model(name: str) -> bool:
    """Return whether `name` may be a model that is newer than the catalogue.

    Its version is newer than each listed version of its line, or a listed name has a suffix, e.g. `-thinking`.
    """
    version = _find_version(name)
    if version is not None:
        return version > _newest_versions()[version[0]]
    return any(_SUFFIX.fullmatch(name[len(listed) :]) for listed in models.list_names() if name.startswith(listed))


_Version: TypeAlias = tuple[str, int, int]


def _find_version(name: str) -> _Version | None:
    """Return the line of a model and the two numbers of its version."""
    match = _VERSIONED.fullmatch(name)
    return match and (match[1], int(match[2]), int(match[3] or 0))


@cache
def _newest_versions() -> dict[str, _Version]:
    return {version[0]: version for version in sorted(filter(None, map(_find_version, models.list_names())))}


def check_model(name: str, validation: ValidationResult, *, known: bool, hint: str = "") -> None:
    """Reject a model that is not `known`.

    Args:
        name: The name of the model.
        validation: The validation of the request.
        known: Whether the scenario accepts the name.
        hint: The hint of the error.

    Raises:
        ApiError: 404.
    """
    if not known:
        validation.report(ApiError("not_found_error", f"model: {name}", hint=hint), gateway_accepts=True)


def check_documents(request: MessagesRequest) -> None:
    """Reject a request with more documents than are counted, in every mode.

    Raises:
        ApiError: 400.
    """
    if len(request.blocks["document"]) > MAX_DOCUMENTS:
        raise invalid(f"A maximum of {MAX_DOCUMENTS} documents may be provided.")
