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

_EDITED = frozenset({"block:thinking", "block:redacted_thinking", "block:compaction", "context_management"})
_FILE_SOURCES = ("file", "content")
"""The types of sources that are a file or may have one."""


def check_and_edit(
    request: MessagesRequest, result: ValidationResult, policy: Policy, http: HttpRequest, store: Store
) -> MessagesRequest:
    """Read the files, check body, prompt and size, edit the prompt, find the skills.

    Raises:
        ApiError: The request is invalid.
    """
    if "block:document" in request.traits:
        check_documents(request)
    checked = _check_and_edit_with_files(request, result, policy, http, store)
    if not result.is_off and isinstance(request.body.get("container"), dict):
        from mockclaude.engine.resources.container_skills import resolve_skills

        resolve_skills(checked, result, http, store)
    return checked


def _check_and_edit_with_files(
    request: MessagesRequest, result: ValidationResult, policy: Policy, http: HttpRequest, store: Store
) -> MessagesRequest:
    if result.is_off or not _may_name_files(request):
        return _check_and_edit(request, result, policy)
    from mockclaude.engine.resources.stored_files import read_files, restore_ids

    judged = read_files(request, result, http, store)
    edited = _check_and_edit(judged, result, policy)
    return edited if judged is request else restore_ids(request, edited)


def _may_name_files(request: MessagesRequest) -> bool:
    blocks = request.blocks
    for kind in ("image", "document"):
        for _, block in blocks.get(kind, ()):
            source = block.get("source")
            if isinstance(source, dict) and source.get("type") in _FILE_SOURCES:
                return True
    return "container_upload" in blocks


def _check_and_edit(request: MessagesRequest, result: ValidationResult, policy: Policy) -> MessagesRequest:
    if _EDITED.isdisjoint(request.traits):
        if not result.is_off:
            report_failures(request, result)
        return request
    if not result.is_off:
        report_failures(request, result, "body")
    if result.mode == "anthropic":
        request = bind_thinking(request, policy.account)
    request = edit_context(request)
    if not result.is_off:
        report_failures(request, result, "size")
    return request
