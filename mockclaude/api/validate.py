"""Whether the API takes a request: its shape first, then the rules that a schema cannot say.

In: a body, what the headers say, and how strictly to judge. Out: nothing, or the API's error; in `gateway` mode also
warnings. One problem a response, in the API's order.
Knows nothing of scenarios and of replies.
"""

from __future__ import annotations

import re

from mockclaude.api import schema
from mockclaude.api.access import Access
from mockclaude.api.body import Body, check_usable
from mockclaude.api.checks.check import problems
from mockclaude.api.checks.table import applying
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.mode import Validation
from mockclaude.api.request import MessagesRequest

_LOOKS_LIKE_A_MODEL = re.compile(r"claude-(?=.*(haiku|sonnet|opus|fable|mythos))[a-z0-9-]+")


def check_shape(body: Body, access: Access, validation: Validation, *, counting: bool) -> None:
    """Raise `ApiError` 400 for a body that is not of the shape the API wants.

    Where a mode tolerates that, everything that the program reads must still be of the type it expects.
    """
    if validation.mode != "anthropic":
        check_usable(body)
    if not validation.off:
        problem = schema.problem(body, access.version, access.betas, counting=counting)
        if problem is not None:
            validation.object(invalid(problem), gateways_take_it=True)


def looks_like_a_model(name: str) -> bool:
    """Return whether `name` is made as the names that the SDKs list are: `claude-`, and one of the model lines."""
    return _LOOKS_LIKE_A_MODEL.fullmatch(name) is not None


def check_model(name: str, validation: Validation, *, known: bool) -> None:
    """Raise `ApiError` 404 for a model that is not `known`."""
    if not known:
        validation.object(ApiError("not_found_error", f"model: {name}"), gateways_take_it=True)


def check_rules(request: MessagesRequest, validation: Validation) -> None:
    """Raise `ApiError` for the first rule of the table that `request` breaks."""
    if not validation.off:
        for problem in problems(applying(request.traits), request):
            validation.object(problem.error, gateways_take_it=problem.check.gateway)
