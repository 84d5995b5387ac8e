"""Build content blocks from the steps of a reply, in the API's form and key order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from mockclaude.api import models
from mockclaude.api.events import Block, HiddenThinking, StreamedBlock, streamed_text
from mockclaude.api.request import MessagesRequest
from mockclaude.api.tool_json import parse_tool_json
from mockclaude.reply.chunks import measure_chunks
from mockclaude.reply.draws import Draws
from mockclaude.reply.signatures import sign
from mockclaude.scenario.format import raw_blocks
from mockclaude.scenario.format.steps import FROM_SCHEMA
from mockclaude.scenario.template.templates import FillError


class BlockBuilder(NamedTuple):
    """A builder for the blocks of one step, which comes after the blocks of `content`."""

    request: MessagesRequest
    reply_draws: Draws
    content: Sequence[Block]
    as_written: bool = False

    @property
    def position(self) -> int:
        """The number of blocks before the step."""
        return len(self.content)

    @property
    def draws(self) -> Draws:
        """The step's own draws."""
        return self.reply_draws.with_scope(str(self.position))

    def blocks(self, kind: str, value: Any) -> list[Block]:
        """Build the blocks of a step.

        Raises:
            FillError: The value of a placeholder does not fit the step.
        """
        return list(BUILDERS[kind](self, value))

    def remove_prefill(self, text: str) -> str:
        """Remove the client's prefill from the beginning of the first block."""
        return text if self.as_written or self.position else text.removeprefix(self.request.prefill)

    def generate_from_schema(self, schema: Mapping[str, Any]) -> Any:
        """Generate data that fits `schema`."""
        from mockclaude.reply.generate.instances import generate_instance

        return generate_instance(schema, self.draws.content, self.request.typed_text.strip())


def is_thinking(body: Mapping[str, Any]) -> bool:
    """Return whether the request or a default makes the model think (recorded)."""
    kind = (body.get("thinking") or {}).get("type")
    model = models.find(body["model"])
    return is_thinking_enabled(body) or (kind is None and model is not None and model.abilities.thinks_by_default)


def is_thinking_enabled(body: Mapping[str, Any]) -> bool:
    """Return whether the request enables thinking."""
    return (body.get("thinking") or {}).get("type") in ("enabled", "adaptive", "between_tools")


def is_thinking_shown(request: MessagesRequest) -> bool:
    """Return whether thinking shows its text, by `display` or the model's default."""
    display = find_display(request)
    return bool(display != "omitted") if display else request.constants.shows_thinking


def find_display(request: MessagesRequest) -> Any:
    """Return `thinking.display` of the request, None without it."""
    return (request.body.get("thinking") or {}).get("display")


def find_output_schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema of `output_config.format` or of the beta's `output_format`."""
    chosen = (body.get("output_config") or {}).get("format") or body.get("output_format")
    return chosen["schema"] if chosen else None


def build_citations(request: MessagesRequest, value: Mapping[str, Any]) -> Block:
    """Build the citations of a text, with the ids of the files that they cite."""
    citations = value["citations"]
    if not citations:
        return {}
    documents = [block for _, block in request.blocks.get("document", ())]
    return {"citations": [_add_file_id(citation, documents) for citation in citations]}


def _add_file_id(citation: Block, documents: Sequence[Block]) -> Block:
    index = citation.get("document_index", len(documents))
    if index >= len(documents) or citation.get("file_id") is not None:
        return citation
    source = documents[index].get("source")
    return {**citation, "file_id": source.get("file_id")} if isinstance(source, dict) else citation


def _text(builder: BlockBuilder, value: Any) -> Iterator[Block]:
    cited = build_citations(builder.request, value)
    text = builder.remove_prefill(_join_text("text", value) or "")
    block = {**cited, "type": "text", "text": text}
    yield block if value.get("chunks") is None else _add_chunks(block, value)


def _thinking(builder: BlockBuilder, value: Any) -> Iterator[Block]:
    text = _join_text("thinking", value) or ""
    is_shown = builder.as_written or is_thinking_shown(builder.request)
    shown_text = text if is_shown else ""
    signature = to_text(value["signature"])
    if not signature:
        signature = sign(builder.reply_draws.seed, builder.request, builder.content, text, shown_text)
    block = {"type": "thinking", "thinking": shown_text, "signature": signature}
    if not is_shown:
        block = HiddenThinking(block, text)
    yield block if not is_shown or value.get("chunks") is None else _add_chunks(block, value)


def _redacted_thinking(_: BlockBuilder, value: Any) -> Iterator[Block]:
    yield {"type": "redacted_thinking", "data": to_text(value["data"])}


def _tool_use(builder: BlockBuilder, value: Any) -> Iterator[Block]:
    name, arguments, json = to_text(value["name"]), value["input"], _join_text("json_", value)
    if json is not None:
        arguments = parse_tool_json(json)
    elif arguments == FROM_SCHEMA:
        schema = builder.request.tools.get(name, {}).get("input_schema")
        arguments = builder.generate_from_schema(schema or {"type": "object"})
    block = {
        "type": "tool_use",
        "id": to_text(value["id"]) or builder.draws.identifier("toolu"),
        "name": name,
        "input": arguments,
        "caller": value["caller"],
    }
    if value["toolset_name"]:
        block["toolset_name"] = value["toolset_name"]
    yield block if json is None and value.get("chunks") is None else _add_chunks(block, value, json)


def _join_text(key: str, value: Mapping[str, Any]) -> str | None:
    """Return the text of `key`, or of the list of chunks in its place; None without both."""
    chunks, text = value.get("chunks"), value.get(key)
    if isinstance(chunks, list):
        return "".join(map(to_text, chunks))
    return None if text is None else to_text(text)


def _add_chunks(block: Block, value: Mapping[str, Any], json: str | None = None) -> Block:
    """Return the block with the chunks of its step; `json` is the JSON text of a tool call, if not that of `input`."""
    chunks = value.get("chunks")
    texts = [to_text(chunk) for chunk in chunks] if isinstance(chunks, list) else chunks
    text = streamed_text(block) if json is None else json
    return StreamedBlock(block, json, measure_chunks(texts, text) if texts and text else ())


def _json(builder: BlockBuilder, value: Any) -> Iterator[Block]:
    if value == FROM_SCHEMA:
        value = builder.generate_from_schema(find_output_schema(builder.request.body) or {})
    yield {"type": "text", "text": builder.remove_prefill(orjson.dumps(value).decode())}


def _block(_: BlockBuilder, value: Any) -> Iterator[Block]:
    if problem := raw_blocks.find_problem(value):
        raise FillError(f"{problem}, after its placeholders are filled in")
    yield value


def _server_tool(builder: BlockBuilder, value: Any) -> Iterator[Block]:
    from mockclaude.scenario.format.tool_steps import SERVER_TOOLS

    if value["server_name"] is not None or value["name"] not in SERVER_TOOLS:
        yield from _mcp_tool(builder, value)
        return
    name = value["name"]
    use_id = to_text(value["id"]) or builder.draws.identifier("srvtoolu")
    yield {"type": "server_tool_use", "id": use_id, "name": name, "input": value["input"]}
    family = "tool_search" if name.startswith("tool_search") else name
    if value["error"]:
        content = {"type": f"{family}_tool_result_error", "error_code": value["error"]}
    elif value["result"] is not None or value["files"]:
        content = RESULTS[family](value["result"], builder.draws.content)
    else:
        return
    block = {"type": f"{family}_tool_result", "tool_use_id": use_id, "content": content}
    if value["files"]:
        from mockclaude.reply.made_files import add_files

        block = add_files(block, value["files"], builder.draws)
    yield block


def _mcp_tool(builder: BlockBuilder, value: Any) -> Iterator[Block]:
    use_id = to_text(value["id"]) or builder.draws.identifier("mcptoolu")
    use = {"type": "mcp_tool_use", "id": use_id, "name": to_text(value["name"])}
    yield {**use, "input": value["input"], "server_name": to_text(value["server_name"])}
    result = value["error"] if value["error"] is not None else value["result"]
    if result is not None:
        content = result if isinstance(result, list) else [{"type": "text", "text": to_text(result)}]
        yield {
            "type": "mcp_tool_result",
            "tool_use_id": use_id,
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


def _execution_result(kind: str) -> Callable[[Any, Draws], Block]:
    empty: Block = {"type": f"{kind}_result", "stdout": "", "stderr": "", "return_code": 0, "content": []}

    def build(result: Any, _: Draws) -> Block:
        block = result if isinstance(result, dict) else {"stdout": to_text(result)}
        return {**empty, **block} if block.get("type", empty["type"]) == empty["type"] else block

    return build


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


def to_text(value: Any) -> str:
    """Convert a value to text: a string that is one placeholder may yield a number."""
    return value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()


RESULTS: dict[str, Callable[[Any, Draws], Any]] = {
    "web_search": _web_search,
    "web_fetch": _web_fetch,
    "code_execution": _execution_result("code_execution"),
    "bash_code_execution": _execution_result("bash_code_execution"),
    "text_editor_code_execution": _text_editor,
    "tool_search": _tool_search,
}
"""Server tool -> builder of the API's result from its short form. Source: the SDKs' result block types."""

BUILDERS: dict[str, Callable[[BlockBuilder, Any], Iterator[Block]]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
    "tool_use": _tool_use,
    "server_tool": _server_tool,
    "json": _json,
    "block": _block,
}
"""Kind of step -> builder of its blocks."""
