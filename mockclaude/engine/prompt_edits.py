"""Checks of a request whose prompt the API may edit before the model reads it."""

from __future__ import annotations

from mockclaude.api.checks.report import report_failures
from mockclaude.api.context_edits import edit_context
from mockclaude.api.mode import ValidationResult
from mockclaude.api.model_constants import Account
from mockclaude.api.request import MessagesRequest
from mockclaude.api.thinking_binding import bind_thinking


def check_and_edit(request: MessagesRequest, result: ValidationResult, account: Account) -> MessagesRequest:
    """Check the body of a request, edit its prompt, then check its size.

    Raises:
        ApiError: The request is invalid.
    """
    if not result.is_off:
        report_failures(request, result, "body")
    if result.mode == "anthropic":
        request = bind_thinking(request, account)
    request = edit_context(request)
    if not result.is_off:
        report_failures(request, result, "size")
    return request
