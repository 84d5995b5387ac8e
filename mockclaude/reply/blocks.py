"""From the steps of a reply to the content blocks of the API.

In: a step's kind and its filled-in value. Out: content blocks in the API's form and key order.
Knows nothing of streaming or of what else happens in a reply. One table: kind of step -> how its blocks are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from mockclaude.api import models
from mockclaude.api.events import Block
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.draws import Draws
from mockclaude.reply.signatures import signature
from mockclaude.scenario.format import raw_blocks
from mockclaude.scenario.format.steps import FROM_SCHEMA, SERVER_TOOLS
from mockclaude.scenario.template.templates import FillError


class Maker(NamedTuple):
    """Makes the blocks of the step that is `position` blocks into the reply."""

    conversation: MessagesRequest
    reply_draws: Draws
    position: int
    as_written: bool = False

    @property
    def draws(self) -> Draws:
        """The step's own draws."""
        return self.reply_draws.scoped(str(self.position))

    def blocks(self, kind: str, value: Any) -> list[Block]:
        """Return the blocks of a step. Raises `FillError` if the values of placeholders do not fit in."""
        return list(BUILDERS[kind](self, value))

    def continued(self, text: str) -> str:
        """Return `text` without what the client has written of it already, as a prefill."""
        return text if self.as_written or self.position else text.removeprefix(self.conversation.prefill)

    def from_schema(self, schema: Mapping[str, Any]) -> Any:
        """Return data that fits `schema`."""
        from mockclaude.reply.generate.instances import instance

        return instance(schema, self.draws.content, self.conversation.typed_text)


def thinks(body: Mapping[str, Any]) -> bool:
    """Return whether the request asks the model to think."""
    return (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")


def shows_thinking(body: Mapping[str, Any]) -> bool:
    """Return whether thoughts are shown: as `thinking.display` says, else to those who ask a model to think that still
    takes `enabled`; newer ones leave them out (documented).
    """
    display = (body.get("thinking") or {}).get("display")
    model = models.find(body["model"])
    return display != "omitted" if display else model is None or "enabled" in model.thinking_modes or not thinks(body)


def output_schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema that the reply must fit: `output_config.format`, or the older beta's `output_format`."""
    chosen = (body.get("output_config") or {}).get("format") or body.get("output_format")
    return chosen["schema"] if chosen else None


def _text(maker: Maker, value: Any) -> Iterator[Block]:
    cited = {"citations": value["citations"]} if value["citations"] else {}
    yield {**cited, "type": "text", "text": maker.continued(as_text(value["text"]))}


def _thinking(maker: Maker, value: Any) -> Iterator[Block]:
    thought = as_text(value["thinking"])
    shown = thought if maker.as_written or shows_thinking(maker.conversation.body) else ""
    signed = as_text(value["signature"]) or signature(maker.draws.seed, thought, shown)
    yield {"type": "thinking", "thinking": shown, "signature": signed}


def _redacted_thinking(_: Maker, value: Any) -> Iterator[Block]:
    yield {"type": "redacted_thinking", "data": as_text(value["data"])}


def _tool_use(maker: Maker, value: Any) -> Iterator[Block]:
    name, given = as_text(value["name"]), value["input"]
    if given == FROM_SCHEMA:
        given = maker.from_schema(maker.conversation.tools.get(name, {}).get("input_schema") or {"type": "object"})
    block = {
        "type": "tool_use",
        "id": as_text(value["id"]) or maker.draws.identifier("toolu"),
        "name": name,
        "input": given,
        "caller": value["caller"],
    }
    yield {**block, "toolset_name": value["toolset_name"]} if value["toolset_name"] else block


def _json(maker: Maker, value: Any) -> Iterator[Block]:
    if value == FROM_SCHEMA:
        value = maker.from_schema(output_schema(maker.conversation.body) or {})
    yield {"type": "text", "text": maker.continued(orjson.dumps(value).decode())}


def _block(_: Maker, value: Any) -> Iterator[Block]:
    if problem := raw_blocks.find_problem(value):
        raise FillError(f"{problem}, after its placeholders are filled in")
    yield value


def _server_tool(maker: Maker, value: Any) -> Iterator[Block]:
    if value["server_name"] is not None or value["name"] not in SERVER_TOOLS:
        yield from _mcp_tool(maker, value)
        return
    name = value["name"]
    used = as_text(value["id"]) or maker.draws.identifier("srvtoolu")
    yield {"type": "server_tool_use", "id": used, "name": name, "input": value["input"]}
    family = "tool_search" if name.startswith("tool_search") else name
    if value["error"]:
        content = {"type": f"{family}_tool_result_error", "error_code": value["error"]}
    elif value["result"] is not None:
        content = RESULTS[family](value["result"], maker.draws.content)
    else:
        return
    yield {"type": f"{family}_tool_result", "tool_use_id": used, "content": content}


def _mcp_tool(maker: Maker, value: Any) -> Iterator[Block]:
    used = as_text(value["id"]) or maker.draws.identifier("mcptoolu")
    use = {"type": "mcp_tool_use", "id": used, "name": as_text(value["name"])}
    yield {**use, "input": value["input"], "server_name": as_text(value["server_name"])}
    said = value["error"] if value["error"] is not None else value["result"]
    if said is not None:
        content = said if isinstance(said, list) else [{"type": "text", "text": as_text(said)}]
        yield {
            "type": "mcp_tool_result",
            "tool_use_id": used,
            "is_error": value["error"] is not None,
            "content": content,
        }


def _web_search(result: Any, draws: Draws) -> list[Block]:
    return [
        {
            "type": "web_search_result",
            "url": "",
            "title": "",
            "encrypted_content": draws.opaque(f"page/{index}"),
            "page_age": None,
            **page,
        }
        for index, page in enumerate(result)
    ]


def _web_fetch(result: Any, _: Draws) -> Block:
    if "content" in result:
        return {"type": "web_fetch_result", "url": "", "retrieved_at": None, **result}
    source = {"type": "text", "media_type": "text/plain", "data": result.get("text", "")}
    document = {"type": "document", "source": source, "title": result.get("title"), "citations": None}
    return {
        "type": "web_fetch_result",
        "url": result.get("url", ""),
        "retrieved_at": result.get("retrieved_at"),
        "content": document,
    }


def _execution(kind: str) -> Callable[[Any, Draws], Block]:
    empty: Block = {"type": f"{kind}_result", "stdout": "", "stderr": "", "return_code": 0, "content": []}

    def made(result: Any, _: Draws) -> Block:
        given = result if isinstance(result, dict) else {"stdout": as_text(result)}
        return {**empty, **given} if given.get("type", empty["type"]) == empty["type"] else given

    return made


def _text_editor(result: Any, _: Draws) -> Block:
    kind = result.get("type") or _editor_kind(result)
    return {**_EDITOR_RESULTS.get(kind, {}), **result, "type": kind}


def _editor_kind(result: Mapping[str, Any]) -> str:
    action = "create" if "is_file_update" in result else "view" if "content" in result else "str_replace"
    return f"text_editor_code_execution_{action}_result"


_EDITOR_RESULTS: dict[str, Block] = {
    "text_editor_code_execution_view_result": {
        "type": "",
        "file_type": "text",
        "content": "",
        "num_lines": None,
        "start_line": None,
        "total_lines": None,
    },
    "text_editor_code_execution_create_result": {"type": "", "is_file_update": False},
    "text_editor_code_execution_str_replace_result": {
        "type": "",
        "old_start": None,
        "old_lines": None,
        "new_start": None,
        "new_lines": None,
        "lines": None,
    },
}


def _tool_search(result: Any, _: Draws) -> Block:
    references = [{"type": "tool_reference", "tool_name": name} for name in result]
    return {"type": "tool_search_tool_search_result", "tool_references": references}


def as_text(value: Any) -> str:
    """Return a filled-in value where the API wants text: a placeholder alone may have left a number or a list."""
    return value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()


RESULTS: dict[str, Callable[[Any, Draws], Any]] = {
    "web_search": _web_search,
    "web_fetch": _web_fetch,
    "code_execution": _execution("code_execution"),
    "bash_code_execution": _execution("bash_code_execution"),
    "text_editor_code_execution": _text_editor,
    "tool_search": _tool_search,
}
"""Server tool -> how the short form of its result becomes the API's (the SDKs' result block types)."""

BUILDERS: dict[str, Callable[[Maker, Any], Iterator[Block]]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
    "tool_use": _tool_use,
    "server_tool": _server_tool,
    "json": _json,
    "block": _block,
}
"""Kind of step -> how its blocks are made."""
