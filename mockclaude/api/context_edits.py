"""The edits of `context_management` that the API makes before the model reads the prompt."""

from __future__ import annotations

from mockclaude.api.request import MessagesRequest


def edit_context(request: MessagesRequest) -> MessagesRequest:
    """Return the request with the prompt that its edits leave."""
    return request
