"""Validation of a request: its shape, its model, then the rules that a schema cannot express.

Only the first error is reported, in the API's order.
"""

from __future__ import annotations

import re

from mockclaude.api import schema
from mockclaude.api.api_headers import ApiHeaders
from mockclaude.api.body import Body, check_usable
from mockclaude.api.checks.check import find_failures
from mockclaude.api.checks.table import checks_for
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import ValidationResult
from mockclaude.api.request import MessagesRequest

_LOOKS_LIKE_A_MODEL = re.compile(r"claude-(?=.*(haiku|sonnet|opus|fable|mythos))[a-z0-9-]+")


def check_shape(body: Body, api_headers: ApiHeaders, validation: ValidationResult, *, counting: bool) -> None:
    """Validate the types and fields of a body.

    Fields that replies depend on must have the right type in every mode.

    Raises:
        ApiError: 400, with the API's message.
    """
    if validation.mode != "anthropic":
        check_usable(body)
    if not validation.is_off:
        problem = schema.find_error(body, api_headers.version, api_headers.betas, counting=counting)
        if problem is not None:
            validation.report(invalid(problem), gateway_accepts=True)


def looks_like_a_model(name: str) -> bool:
    """Return whether `name` has the form of the names in the SDKs: `claude-`, and the name of a model family."""
    return _LOOKS_LIKE_A_MODEL.fullmatch(name) is not None


def check_model(name: str, validation: ValidationResult, *, known: bool) -> None:
    """Reject a model that is not `known`.

    Raises:
        ApiError: 404.
    """
    if not known:
        validation.report(ApiError("not_found_error", f"model: {name}"), gateway_accepts=True)


def check_rules(request: MessagesRequest, validation: ValidationResult) -> None:
    """Validate the rules between the fields of a request.

    Raises:
        ApiError: The first check that fails.
    """
    if not validation.is_off:
        for failure in find_failures(checks_for(request.traits), request):
            validation.report(failure.error, gateway_accepts=failure.check.gateway)
