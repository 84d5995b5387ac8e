"""The required fields of content blocks in the API's own form.

Source: the response types of the SDK 2.14, beta namespace, and for `compaction` the API's responses. Unlisted kinds may
have any fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from mockclaude.scenario.diagnostics import join_words, shorten

Kinds: TypeAlias = tuple[type, ...]

_KINDS: dict[type, str] = {
    str: "text",
    dict: "a mapping",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_TEXT, _MAPPING, _LIST, _EITHER = (str,), (dict,), (list,), (dict, list)
_TOOL_USE = {"id": _TEXT, "name": _TEXT, "input": _MAPPING}
_TOOL_RESULT = {"tool_use_id": _TEXT, "content": _MAPPING}

REQUIRED: Mapping[str, Mapping[str, Kinds]] = {
    "text": {"text": _TEXT},
    "thinking": {"thinking": _TEXT, "signature": _TEXT},
    "redacted_thinking": {"data": _TEXT},
    "tool_use": _TOOL_USE,
    "server_tool_use": _TOOL_USE,
    "mcp_tool_use": {**_TOOL_USE, "server_name": _TEXT},
    "web_search_tool_result": {"tool_use_id": _TEXT, "content": _EITHER},
    "web_fetch_tool_result": _TOOL_RESULT,
    "code_execution_tool_result": _TOOL_RESULT,
    "bash_code_execution_tool_result": _TOOL_RESULT,
    "text_editor_code_execution_tool_result": _TOOL_RESULT,
    "tool_search_tool_result": _TOOL_RESULT,
    "advisor_tool_result": _TOOL_RESULT,
    "mcp_tool_result": {"tool_use_id": _TEXT, "is_error": (bool,), "content": (str, list)},
    "mcp_tool_listing": {"mcp_server_name": _TEXT, "tools": _LIST},
    "container_upload": {"file_id": _TEXT},
    "compaction": {"content": (str, type(None))},
    "fallback": {"from": _MAPPING, "to": _MAPPING, "trigger": _MAPPING},
}
"""Kind of block -> its required fields and their types."""


def find_problem(block: Mapping[str, Any], *, templated: bool = False) -> str | None:
    """Return the problem of a block in the API's own form, or None.

    If `templated`, a text with a placeholder counts as any type: its value is known in a reply only.
    """
    kind = block["type"]
    if "${{" in kind and templated:
        return (
            f"the type of a block is a placeholder, got '{shorten(kind)}'; expected a literal such as text or tool_use"
        )
    required = REQUIRED.get(kind, {})
    if missing := [name for name in required if name not in block]:
        return f"{kind} block without {_names(missing)}; expected {_described(required)}"
    for name, kinds in required.items():
        value = block[name]
        if not isinstance(value, kinds) and not (templated and isinstance(value, str) and "${{" in value):
            got = _KINDS.get(type(value), "something else")
            return f"`{name}` of a {kind} block: wrong type, got {got}; expected {_kinds(kinds)}"
    return None


def _names(names: Iterable[str]) -> str:
    return join_words(f"`{name}`" for name in names).replace(" or ", " and ")


def _described(required: Mapping[str, Kinds]) -> str:
    return join_words(f"`{name}` ({_kinds(kinds)})" for name, kinds in required.items()).replace(") or ", ") and ")


def _kinds(kinds: Kinds) -> str:
    return join_words(_KINDS[kind] for kind in kinds)
