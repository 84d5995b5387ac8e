"""One row of the table of what the API refuses.

In: a request whose shape is right. Out: the first row that refuses it, and the API's message.
Knows nothing of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest

Details: TypeAlias = Mapping[str, object]
"""What a message is filled in with."""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition under which the API refuses a request whose shape is right.

    `message` is a template for `str.format`, filled with what `find` returns; `find` returns None where nothing is
    wrong. `source` says how the wording is known: "recorded" (in a recording of the API), "documented" (by Anthropic),
    "reported" (by people who met it), "assumed" (the condition is known, its wording is not). `needs` names one of
    `MessagesRequest.traits` without which there is nothing to find: a top-level field, `role:system`, `block:image`,
    `cached`. `gateway` says that a gateway may let it through, as what it asks depends on the model or the API's
    version.
    """

    condition: str
    message: str
    source: str
    find: Callable[[MessagesRequest], Details | None]
    needs: str = ""
    gateway: bool = False
    type: str = "invalid_request_error"


class Problem(NamedTuple):
    """A check that refuses a request, and the API's words for it."""

    check: Check
    message: str

    @property
    def error(self) -> ApiError:
        """The API's error."""
        return ApiError(self.check.type, self.message)


def problems(checks: Sequence[Check], request: MessagesRequest) -> Iterator[Problem]:
    """Yield what is wrong with `request`, in the order of `checks`, all of which must apply to it."""
    for check in checks:
        details = check.find(request)
        if details is not None:
            yield Problem(check, check.message.format(**details))


def that_apply(checks: Sequence[Check], traits: frozenset[str]) -> tuple[Check, ...]:
    """Return those of `checks` that can find something in a request with these `traits`."""
    return tuple(check for check in checks if not check.needs or check.needs in traits)
