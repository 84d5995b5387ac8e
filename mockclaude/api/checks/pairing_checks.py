"""Checks of tool calls and tool results: each call has a result, and each result a call, in the right place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockclaude.api.checks.check import Check, Details, format_merged
from mockclaude.api.content_blocks import Located
from mockclaude.api.request import MessagesRequest
from mockclaude.api.tool_pairs import OF_MESSAGES

_RESULTS_OF_SERVERS = (
    ("web_search_tool_result", "server_tool_use"),
    ("web_fetch_tool_result", "server_tool_use"),
    ("code_execution_tool_result", "server_tool_use"),
    ("bash_code_execution_tool_result", "server_tool_use"),
    ("text_editor_code_execution_tool_result", "server_tool_use"),
    ("tool_search_tool_result", "server_tool_use"),
    ("advisor_tool_result", "server_tool_use"),
    ("mcp_tool_result", "mcp_tool_use"),
)


_CITED = {"advisor_tool_result": "anthropics/claude-code#64383"}
"""The results without a call that users have reported; the words of the others are alike."""


def _message_blocks(request: MessagesRequest, kind: str) -> list[Located]:
    """Return the blocks of a `kind` that are part of a message, not of a tool result, with their paths."""
    return [located for located in request.blocks.get(kind, ()) if len(located[0]) == OF_MESSAGES]


def _is_continued(request: MessagesRequest) -> bool:
    """Return whether the request continues a thread, whose earlier messages it does not contain."""
    thread = request.body.get("thread")
    return isinstance(thread, dict) and thread.get("type") == "continue"


def _same_id(request: MessagesRequest) -> Details | None:
    repeated = _find_repeated(request, "tool_use", [name for _, name in request.pairs.calls])
    if repeated is None:
        return None
    within = _find_repeated(request, "tool_use", request.pairs.calls)
    if within is None:
        path = format_merged(request, repeated["path"])
        request.warn(f"{path}: `tool_use` id of another turn; the API accepts it")
    return within


def _find_repeated(request: MessagesRequest, kind: str, keys: Sequence[object]) -> Details | None:
    """Find the second block of a `kind` with a key that an earlier block has."""
    if len(set(keys)) == len(keys):
        return None
    first = {key: index for index, key in reversed([*enumerate(keys)])}
    second = next(index for index, key in enumerate(keys) if first[key] != index)
    path, block = _message_blocks(request, kind)[second]
    return {"path": path, "id": block.get("tool_use_id")}


def _find_unanswered(request: MessagesRequest) -> Details | None:
    calls, _, answers = request.pairs
    if answers.issuperset(calls):
        return None
    missing = [index for index, key in enumerate(calls) if key not in answers]
    turn, _ = calls[missing[0]]
    ids = [str(calls[index][1]) for index in missing if calls[index][0] == turn]
    return {"number": _message_blocks(request, "tool_use")[missing[0]][0][1], "ids": ", ".join(ids)}


def _find_unexpected(request: MessagesRequest) -> Details | None:
    calls, results, _ = request.pairs
    expected = set(calls)
    if expected.issuperset(results):
        return None
    for index, (turn, name) in enumerate(results):
        if (turn, name) not in expected and not (turn == 0 and _is_continued(request)):
            return {"path": _message_blocks(request, "tool_result")[index][0], "id": name}
    return None


def _two_results(request: MessagesRequest) -> Details | None:
    return _find_repeated(request, "tool_result", request.pairs.results)


def _without_source(request: MessagesRequest) -> Details | None:
    called = [block for _, block in request.blocks["tool_use"] if block.get("caller")]
    known = {block.get("id") for _, block in _message_blocks(request, "server_tool_use")} if called else set()
    for block in called:
        source = _calling_id(block["caller"])
        if source is not None and source not in known and not _is_continued(request):
            return {"source": source, "id": block.get("id")}
    return None


def _calling_id(caller: object) -> str | None:
    """Return the id of the call whose code made another call, None for a call of the model."""
    source = caller.get("tool_id") if isinstance(caller, dict) else None
    return None if source is None else str(source)


def _find_unfinished(request: MessagesRequest) -> Details | None:
    """Find a call of a server tool without a result, though the user has ended the turn."""
    done = {block.get("tool_use_id") for kind, _ in _RESULTS_OF_SERVERS for _, block in _message_blocks(request, kind)}
    numbers = [
        n for n, message in enumerate(request.messages) if message["role"] == "user" and _has_more(message["content"])
    ]
    for path, block in _message_blocks(request, "server_tool_use"):
        if block.get("id") not in done and numbers and path[1] < numbers[-1]:
            name = str(block.get("name"))
            return {"number": path[1], "name": name, "id": block.get("id"), "result": _result_type(name)}
    return None


def _has_more(content: Any) -> bool:
    """Return whether a content has other blocks than tool results."""
    return isinstance(content, str) or any(block["type"] != "tool_result" for block in content)


def _result_type(name: str) -> str:
    return "tool_search_tool_result" if name.startswith("tool_search_tool") else f"{name}_tool_result"


def _server_check(result: str, call: str) -> Check:
    """Build the check for a `result` without its `call` before it."""

    def find(request: MessagesRequest) -> Details | None:
        before = {block.get("id"): path for path, block in reversed(_message_blocks(request, call))}
        for path, block in _message_blocks(request, result):
            if before.get(block.get("tool_use_id"), path) >= path and not _is_continued(request):
                return {"path": path, "id": block.get("tool_use_id")}
        return None

    citation = _CITED.get(result, "")
    return Check(
        f"a {result} without a call",
        f"{{path}}: unexpected `tool_use_id` found in `{result}` blocks: {{id}}. "
        f"Each `{result}` block must have a corresponding `{call}` block before it.",
        "reported" if citation else "assumed",
        find,
        f"block:{result}",
        citation=citation,
    )


CHECKS: tuple[Check, ...] = (
    Check(
        "two calls of one id",
        "{path}: `tool_use` ids must be unique",
        "reported",
        _same_id,
        "block:tool_use",
        citation="trycua/cua#524",
    ),
    Check(
        "a call without a result",
        "messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        "reported",
        _find_unanswered,
        "block:tool_use",
        citation="anthropics/claude-code#7929",
    ),
    Check(
        "a result without a call",
        "{path}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. "
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
        "recorded",
        _find_unexpected,
        "block:tool_result",
        citation="anthropics/anthropic-sdk-python TestSyncRunTools",
    ),
    Check(
        "two results of one call",
        "{path}: each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}",
        "reported",
        _two_results,
        "block:tool_result",
        citation="boldsoftware/shelley server/duplicate_tool_result_test.go",
    ),
    Check(
        "a call from code that never ran",
        "source tool `{source}` not found for tool use block `{id}`",
        "reported",
        _without_source,
        "block:tool_use",
        citation="UKGovernmentBEIS/inspect_ai test_anthropic_dynamic_filtering.py",
    ),
    *(_server_check(result, call) for result, call in _RESULTS_OF_SERVERS),
    Check(
        "a call of a server's tool without a result",
        "messages.{number}: `{name}` tool use with id `{id}` was found without a corresponding `{result}` block",
        "reported",
        _find_unfinished,
        "block:server_tool_use",
        citation="gsd-build/gsd-2#2869",
    ),
)
"""Results of the client's tools in the next turn, results of server tools anywhere after their calls."""
