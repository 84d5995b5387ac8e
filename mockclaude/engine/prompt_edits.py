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

_FILE_BLOCKS = frozenset({"block:image", "block:document", "block:container_upload"})


def check_and_edit(
    request: MessagesRequest, result: ValidationResult, policy: Policy, http: HttpRequest, store: Store
) -> MessagesRequest:
    """Read the files, check the body, edit the prompt, then check the size.

    Raises:
        ApiError: The request is invalid.
    """
    if "block:document" in request.traits:
        check_documents(request)
    if result.is_off or _FILE_BLOCKS.isdisjoint(request.traits):
        return _check_and_edit(request, result, policy)
    from mockclaude.engine.resources.stored_files import read_files, restore_ids

    judged = read_files(request, result, http, store)
    edited = _check_and_edit(judged, result, policy)
    return edited if judged is request else restore_ids(request, edited)


def _check_and_edit(request: MessagesRequest, result: ValidationResult, policy: Policy) -> MessagesRequest:
    if not result.is_off:
        report_failures(request, result, "body")
    if result.mode == "anthropic":
        request = bind_thinking(request, policy.account)
    request = edit_context(request)
    if not result.is_off:
        report_failures(request, result, "size")
    return request
