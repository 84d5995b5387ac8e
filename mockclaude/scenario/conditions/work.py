"""The limit on the work of one request in conditions and placeholders.

Work is counted from the rules and the request, never measured: a result does not depend on the machine.
"""

from __future__ import annotations

from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest

MAX_WORK = 10_000_000
"""Units of work for one request, about 0.15 s. A unit is about 15 ns."""


_TOO_MUCH = (
    "this request takes too much work to match; expected a shorter request, or fewer rules that search its texts with "
    "`regex`"
)


class TooMuchWorkError(ApiError):
    """A request that causes too much work.

    It is a 400, since a shorter request may cause less.
    """

    def __init__(self, message: str) -> None:
        super().__init__("invalid_request_error", message)


class Work:
    """The rest of the work for one request."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, price: int) -> None:
        """Subtract `price`.

        Raises:
            TooMuchWorkError: Less than `price` is left.
        """
        self._left -= price
        if self._left < 0:
            raise TooMuchWorkError(_TOO_MUCH)


def work_of(request: MessagesRequest) -> Work:
    """Return the work that is left for the conditions and placeholders of `request`."""
    work: Work | None = request.memo.get(Work)
    if work is None:
        work = request.memo[Work] = Work()
    return work
