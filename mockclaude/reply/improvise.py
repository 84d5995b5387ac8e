"""What the mock says when nobody has told it what to say.

In: a conversation and the draws. Out: steps of a reply, as a scenario file could have written them.
Knows nothing of rules. It does what a caller can rely on: uses a tool when it must or is plainly asked to, ends a tool
loop after its result, answers in JSON where a schema is set, thinks first where thinking is on, and repeats what it was
asked, so that a person sees which question an answer belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from mockclaude.reply.blocks import output_schema, thinks
from mockclaude.reply.draws import Draws
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.fakes import DEFAULT_LOCALE, Fakes

Improvised: TypeAlias = tuple[str, Any]
"""A step: its kind, and its value in the long form."""

_SENTENCE_END = re.compile(r"[.!?]")
_TO_USE = re.compile(r"\b(use|call|run|invoke)\b", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_COMMON = {
    "get",
    "fetch",
    "find",
    "look",
    "lookup",
    "search",
    "query",
    "list",
    "read",
    "make",
    "create",
    "run",
    "use",
    "tool",
}
"""Words of tools' names that do not say what a tool is about."""

_QUOTED = 120


def improvise(conversation: Conversation, draws: Draws) -> Iterator[Improvised]:
    """Yield the steps of a plausible reply."""
    asked = conversation.question
    if thinks(conversation.body):
        yield "thinking", {"thinking": _thought(asked, draws), "signature": None}
    tool = None if conversation.tool_results else _wanted_tool(conversation, asked)
    if tool:
        yield "tool_use", _tool_use(tool)
    elif output_schema(conversation.body):
        yield "json", "from_schema"
    else:
        yield "text", {"text": _answer(conversation, asked, draws), "citations": []}


def _thought(asked: str, draws: Draws) -> str:
    about = f"The question is: {_shortened(asked)} " if asked else ""
    return about + _prose(draws, "thinking", 1)


def _wanted_tool(conversation: Conversation, asked: str) -> str | None:
    """Return the tool that `tool_choice` demands or that the text plainly asks for."""
    choice = conversation.body.get("tool_choice") or {"type": "auto"}
    callable_tools = [name for name, tool in conversation.tools.items() if "input_schema" in tool]
    if choice["type"] == "tool":
        return str(choice.get("name", ""))
    if choice["type"] == "none" or not callable_tools:
        return None
    named = (name for asks_for in _ASKS_FOR for name in callable_tools if asks_for(name, asked))
    return next(named, None) or (callable_tools[0] if choice["type"] == "any" else None)


def _calls_it_a_tool(tool: str, asked: str) -> bool:
    return re.search(rf"\b{re.escape(tool)} tool\b", asked, re.IGNORECASE) is not None


def _says_to_use_it(tool: str, asked: str) -> bool:
    """Tell whether a sentence of `asked` has a verb of use before the tool's name, in time linear in its length."""
    named = re.compile(rf"\b{re.escape(tool)}\b", re.IGNORECASE)
    verbs = ((sentence, _TO_USE.search(sentence)) for sentence in _SENTENCE_END.split(asked))
    return any(verb and named.search(sentence, verb.end()) for sentence, verb in verbs)


def _speaks_of_it(tool: str, asked: str) -> bool:
    """Tell whether `asked` has the words of a name such as `get_stock_price`, but for the common ones."""
    words = [word.lower() for word in _WORDS.findall(tool)]
    nouns = [word for word in words if word not in _COMMON]
    said = {word.lower() for word in _WORDS.findall(asked)}
    return len(words) > 1 and bool(nouns) and all(noun in said for noun in nouns)


_ASKS_FOR = (_calls_it_a_tool, _says_to_use_it, _speaks_of_it)
"""How a text can ask for a tool, the plainest way first."""


def _tool_use(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "input": "from_schema",
        "id": None,
        "caller": {"type": "direct"},
        "toolset_name": None,
    }


def _answer(conversation: Conversation, asked: str, draws: Draws) -> str:
    if conversation.tool_results:
        said = "; ".join(f"{result.name or 'the tool'}: {result.content}" for result in conversation.tool_results)
        return f"Here is what I found. {_shortened(said)}"
    about = f"You asked: “{_shortened(asked)}”\n\n" if asked and not conversation.prefill else ""
    return about + _prose(draws, "answer", 3)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"


def _prose(draws: Draws, label: str, sentences: int) -> str:
    fakes = Fakes(DEFAULT_LOCALE, draws.content.seed_for(label))
    return str(fakes.value("paragraph", (), {"nb_sentences": sentences}))
