"""Build the auto reply: steps for a plausible reply to any request.

Clients can rely on its form. The reply calls a tool if `tool_choice` or the text requires it. It ends a tool loop after
the first result, returns JSON for an output schema and thinks first if thinking is enabled. It quotes the user's text,
so that a person can tell replies apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.request import MessagesRequest
from mockclaude.reply.blocks import find_output_schema, is_thinking_enabled
from mockclaude.reply.draws import Draws
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes

AutoStep: TypeAlias = tuple[str, Any]
"""The kind of a step, and its value in the long form."""

_ATOMS = re.compile(r"\w+|\W")
"""Words, and every other character."""
_MAX_ATOMS = 16
"""Atoms of the longest tool name that is searched for. Most names have one atom, names with hyphens a few."""
_MAX_COMPARED = 1_000_000
"""Atoms of a text that are compared with tool names: at each atom, with all names that begin with that atom."""
_SENTENCE_ENDS = frozenset(".!?")
_VERBS = frozenset({"use", "call", "run", "invoke"})
_TOOL = [" ", "tool"]
_READ = 200_000
"""Characters of a text that are searched for tool names."""
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
"""Words of tool names that do not identify a tool."""

_QUOTED = 120


def build_auto_reply(request: MessagesRequest, draws: Draws) -> Iterator[AutoStep]:
    """Yield the steps of the auto reply to `request`."""
    text = request.typed_text.strip()
    if is_thinking_enabled(request.body):
        yield "thinking", {"thinking": _build_thinking(text, draws), "signature": None}
    tool = None if request.results else _select_tool(request, text)
    if tool:
        yield "tool_use", _tool_use(tool)
    elif find_output_schema(request.body):
        yield "json", "from_schema"
    else:
        yield "text", {"text": _build_text(request, text, draws), "citations": []}


def _build_thinking(text: str, draws: Draws) -> str:
    about = f"The question is: {_shorten(text)} " if text else ""
    return about + _generate_paragraph(draws, "thinking", 1)


def _select_tool(request: MessagesRequest, text: str) -> str | None:
    """Select the tool that `tool_choice` demands or that the text names."""
    choice = request.body.get("tool_choice") or {"type": "auto"}
    callable_tools = [name for name, tool in request.tools.items() if "input_schema" in tool]
    if choice["type"] == "tool":
        return str(choice.get("name", ""))
    if choice["type"] == "none" or not callable_tools:
        return None
    return _find_named_tool(callable_tools, text) or (callable_tools[0] if choice["type"] == "any" else None)


def _find_named_tool(tools: list[str], text: str) -> str | None:
    """Find a tool by the clearest mention: before the noun "tool", else after a verb of use, else by its words."""
    mentions = _find_mentions(text[:_READ], tools)
    for names in (mentions.before_noun, mentions.after_verb):
        name = next((tool for tool in tools if tool.lower() in names), None)
        if name is not None:
            return name
    return next((tool for tool in tools if _has_words_of(tool, mentions.words)), None)


class _ToolMentions(NamedTuple):
    """Lower-case tool names in a text, by their place in a sentence, and all words of the text."""

    before_noun: set[str]
    after_verb: set[str]
    words: set[str]


def _find_mentions(text: str, tools: list[str]) -> _ToolMentions:
    """Find the names of `tools` in `text` in one pass, at a cost that does not depend on the number of tools.

    The comparisons are limited to a number that text written by people does not reach.
    """
    names = {tuple(_ATOMS.findall(tool.lower())): tool.lower() for tool in tools}
    lengths = _group_lengths(names)
    atoms = _ATOMS.findall(text.lower())
    before_noun: set[str] = set()
    after_verb: set[str] = set()
    verb = False
    left = _MAX_COMPARED
    for at, atom in enumerate(atoms):
        for length in lengths.get(atom, ()) if left > 0 else ():
            left -= length
            name = names.get(tuple(atoms[at : at + length]))
            if name is not None:
                after_verb.update([name] if verb else ())
                before_noun.update([name] if atoms[at + length : at + length + 2] == _TOOL else ())
        verb = atom in _VERBS or (verb and atom not in _SENTENCE_ENDS)
    return _ToolMentions(before_noun, after_verb, {word.lower() for word in _WORDS.findall(text)})


def _group_lengths(names: Iterable[tuple[str, ...]]) -> dict[str, set[int]]:
    """Group the lengths of names in atoms by the first atom, without names longer than `_MAX_ATOMS`."""
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for name in names:
        if 0 < len(name) <= _MAX_ATOMS:
            lengths[name[0]].add(len(name))
    return lengths


def _has_words_of(tool: str, words: set[str]) -> bool:
    """Return whether `words` includes all words of a name such as `get_stock_price`, except common words."""
    own = [word.lower() for word in _WORDS.findall(tool)]
    nouns = [word for word in own if word not in _COMMON]
    return len(own) > 1 and bool(nouns) and words.issuperset(nouns)


def _tool_use(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "input": "from_schema",
        "id": None,
        "caller": {"type": "direct"},
        "toolset_name": None,
    }


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
