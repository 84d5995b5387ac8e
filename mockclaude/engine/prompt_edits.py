"""Checks of a request whose prompt the API may edit, or whose body refers to stored objects."""

from __future__ import annotations

from mockclaude.api.checks.report import report_failures
from mockclaude.api.context_edits import edit_context
from mockclaude.api.mode import ValidationResult
from mockclaude.api.request import MessagesRequest
from mockclaude.api.thinking_binding import bind_thinking
from mockclaude.api.validate import check_documents
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.state.store import Store
from mockclaude.scenario.format.policy import Policy


def check_and_edit(
    request: MessagesRequest, result: ValidationResult, policy: Policy, _http: HttpRequest, _store: Store
) -> MessagesRequest:
    """Check the body of a request, edit its prompt, then check its size.

    Raises:
        ApiError: The request is invalid.
    """
    if "block:document" in request.traits:
        check_documents(request)
    if not result.is_off:
        report_failures(request, result, "body")
    if result.mode == "anthropic":
        request = bind_thinking(request, policy.account)
    request = edit_context(request)
    if not result.is_off:
        report_failures(request, result, "size")
    return request
