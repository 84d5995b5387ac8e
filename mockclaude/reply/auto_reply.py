"""Build the auto reply: steps for a plausible reply to any request.

Clients can rely on its form. The reply calls a tool if `tool_choice` or the text requires it, or if the tool is for the
final answer. It ends a tool loop after the first result, returns JSON for an output schema or for a schema in the
prompt, and thinks first if the model thinks. It quotes the user's text, so that a person can tell replies apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from mockclaude.api.growing_text import cut
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.blocks import find_output_schema, is_thinking
from mockclaude.reply.draws import Draws
from mockclaude.reply.prompt_schema import find_prompt_schema
from mockclaude.reply.tool_mention import asks_for_call, find_tool
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes

AutoStep: TypeAlias = tuple[str, Any]
"""The kind of a step, and its value in the long form."""

_FINAL_ANSWER = re.compile(r"\bfinal[ _-]?(?:answer|output|response|result)", re.IGNORECASE)
_DESCRIPTION = 1_000
"""Characters of a tool that are searched for a final answer."""
_QUOTED = 120


def build_auto_reply(request: MessagesRequest, draws: Draws) -> Iterator[AutoStep]:
    """Yield the steps of the auto reply to `request`."""
    text = request.typed_text.strip()
    if thinking := _build_thinking(request, text, draws):
        yield "thinking", {"thinking": thinking, "signature": None}
    tool = _select_tool(request, text)
    if tool:
        yield "tool_use", _tool_use(tool)
    elif find_output_schema(request.body):
        yield "json", "from_schema"
    else:
        answer = _build_json(request, text, draws) or _build_text(request, text, draws)
        yield "text", {"text": answer, "citations": []}


def _build_thinking(request: MessagesRequest, text: str, draws: Draws) -> str:
    """Build the thinking, which takes at most a quarter of `max_tokens`; '' if the model does not think."""
    if not is_thinking(request.body) or request.prefill or _forces_tool(request.body):
        return ""
    about = f"The question is: {_shorten(text)} " if text else ""
    thinking = about + _generate_paragraph(draws, "thinking", 1)
    most = request.body.get("max_tokens")
    return thinking if most is None else cut(thinking, most // 4, request.constants.weights)


def _forces_tool(body: Mapping[str, Any]) -> bool:
    return (body.get("tool_choice") or {}).get("type") in ("any", "tool")


def _select_tool(request: MessagesRequest, text: str) -> str | None:
    """Select the tool that `tool_choice` demands, that the text asks for, or whose call replaces the answer."""
    choice = request.body.get("tool_choice") or {"type": "auto"}
    tools = [name for name, tool in request.tools.items() if "input_schema" in tool]
    if request.results:
        return _select_last_tool(request, tools, choice["type"])
    if choice["type"] == "tool":
        return str(choice.get("name", ""))
    if choice["type"] == "none" or not tools:
        return None
    named = find_tool(tools, text) or _find_output_tool(request, tools)
    return named or (tools[0] if choice["type"] == "any" or asks_for_call(text) else None)


def _select_last_tool(request: MessagesRequest, tools: Sequence[str], choice: str) -> str | None:
    """Select the tool that ends a tool loop; None after its result or an unknown result.

    If a call is forced, that is the last tool: frameworks add the tool for their output after the other tools.
    """
    if not tools or choice not in ("auto", "any"):
        return None
    last = _find_output_tool(request, tools) or (tools[-1] if choice == "any" else None)
    names = [result.name for result in request.results]
    return last if all(names) and last not in names else None


def _find_output_tool(request: MessagesRequest, tools: Sequence[str]) -> str | None:
    """Find a tool whose call is the final answer, by its name or its description."""
    return next((name for name in tools if _is_output_tool(name, request.tools[name])), None)


def _is_output_tool(name: str, tool: Mapping[str, Any]) -> bool:
    return bool(_FINAL_ANSWER.search(f"{name} {tool.get('description') or ''}"[:_DESCRIPTION]))


def _tool_use(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "input": "from_schema",
        "id": None,
        "caller": {"type": "direct"},
        "toolset_name": None,
    }


def _build_json(request: MessagesRequest, text: str, draws: Draws) -> str:
    """Build the JSON for a schema in the text or in the system prompt; '' without a schema."""
    own = find_prompt_schema(text)
    prompt = own or find_prompt_schema(request.system)
    if prompt is None:
        return ""
    from mockclaude.reply.generate.instances import generate_instance

    hints = own.rest if own else text
    json = orjson.dumps(generate_instance(prompt.schema, draws.content.with_scope("json"), hints)).decode()
    return f"```json\n{json}\n```" if prompt.is_fenced else json


def _build_text(request: MessagesRequest, text: str, draws: Draws) -> str:
    if request.results:
        results = "; ".join(f"{result.name or 'the tool'}: {result.content}" for result in request.results)
        return f"Here is what I found. {_shorten(results)}"
    about = f"You asked: “{_shorten(text)}”\n\n" if text and not request.prefill else ""
    return about + _generate_paragraph(draws, "answer", 3)


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"


def _generate_paragraph(draws: Draws, label: str, sentences: int) -> str:
    fakes = Fakes(DEFAULT_LOCALE, draws.content.seed_for(label), ("faker.providers.lorem",))
    return str(fakes.value("paragraph", (), {"nb_sentences": sentences}))
