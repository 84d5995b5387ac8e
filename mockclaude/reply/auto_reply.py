"""What the mock says when nobody has told it what to say.

In: a conversation and the draws. Out: steps of a reply, as a scenario file could have written them.
Knows nothing of rules. It does what a caller can rely on: uses a tool when it must or is plainly asked to, ends a tool
loop after its result, answers in JSON where a schema is set, thinks first where thinking is on, and repeats what it was
asked, so that a person sees which question an answer belongs to.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.request import MessagesRequest
from mockclaude.reply.blocks import output_schema, thinks
from mockclaude.reply.draws import Draws
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes

Improvised: TypeAlias = tuple[str, Any]
"""A step: its kind, and its value in the long form."""

_ATOMS = re.compile(r"\w+|\W")
"""Words, and every other character."""
_MAX_ATOMS = 16
"""How many atoms a tool's name has that is looked for in a text; most have one, those with hyphens a few."""
_MAX_COMPARED = 1_000_000
"""How many atoms of a text are compared with names of tools: at each atom, with all names that begin with it."""
_SENTENCE_ENDS = frozenset(".!?")
_VERBS = frozenset({"use", "call", "run", "invoke"})
_TOOL = [" ", "tool"]
_READ = 200_000
"""How many characters of a text are searched for tools."""
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


def improvise(conversation: MessagesRequest, draws: Draws) -> Iterator[Improvised]:
    """Yield the steps of a plausible reply."""
    asked = conversation.typed_text
    if thinks(conversation.body):
        yield "thinking", {"thinking": _thought(asked, draws), "signature": None}
    tool = None if conversation.results else _wanted_tool(conversation, asked)
    if tool:
        yield "tool_use", _tool_use(tool)
    elif output_schema(conversation.body):
        yield "json", "from_schema"
    else:
        yield "text", {"text": _answer(conversation, asked, draws), "citations": []}


def _thought(asked: str, draws: Draws) -> str:
    about = f"The question is: {_shortened(asked)} " if asked else ""
    return about + _prose(draws, "thinking", 1)


def _wanted_tool(conversation: MessagesRequest, asked: str) -> str | None:
    """Return the tool that `tool_choice` demands or that the text plainly asks for."""
    choice = conversation.body.get("tool_choice") or {"type": "auto"}
    callable_tools = [name for name, tool in conversation.tools.items() if "input_schema" in tool]
    if choice["type"] == "tool":
        return str(choice.get("name", ""))
    if choice["type"] == "none" or not callable_tools:
        return None
    return _named_tool(callable_tools, asked) or (callable_tools[0] if choice["type"] == "any" else None)


def _named_tool(tools: list[str], asked: str) -> str | None:
    """Return the first of `tools` that is asked for in the plainest way."""
    said = _said(asked[:_READ], tools)
    for names in (said.called, said.used):
        found = next((tool for tool in tools if tool.lower() in names), None)
        if found is not None:
            return found
    return next((tool for tool in tools if _speaks_of_it(tool, said.words)), None)


class _Said(NamedTuple):
    """How a text speaks of tools, in lower case: those that it calls `<name> tool`, those named in a sentence after a
    verb of use, and all its words.
    """

    called: set[str]
    used: set[str]
    words: set[str]


def _said(text: str, tools: list[str]) -> _Said:
    """Return what `text` says of `tools`, in one pass: it costs the same for one tool as for thousands.

    Names are looked for up to a number of comparisons, which text that people write does not reach.
    """
    names = {tuple(_ATOMS.findall(tool.lower())): tool.lower() for tool in tools}
    lengths = _lengths(names)
    atoms = _ATOMS.findall(text.lower())
    called: set[str] = set()
    used: set[str] = set()
    verb = False
    left = _MAX_COMPARED
    for at, atom in enumerate(atoms):
        for length in lengths.get(atom, ()) if left > 0 else ():
            left -= length
            name = names.get(tuple(atoms[at : at + length]))
            if name is not None:
                used.update([name] if verb else ())
                called.update([name] if atoms[at + length : at + length + 2] == _TOOL else ())
        verb = atom in _VERBS or (verb and atom not in _SENTENCE_ENDS)
    return _Said(called, used, {word.lower() for word in _WORDS.findall(text)})


def _lengths(names: Iterable[tuple[str, ...]]) -> dict[str, set[int]]:
    """Return how many atoms the names have that begin with an atom. Longer names are left out: see `_MAX_ATOMS`."""
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for name in names:
        if 0 < len(name) <= _MAX_ATOMS:
            lengths[name[0]].add(len(name))
    return lengths


def _speaks_of_it(tool: str, words: set[str]) -> bool:
    """Tell whether `words` has those of a name such as `get_stock_price`, but for the common ones."""
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


def _answer(conversation: MessagesRequest, asked: str, draws: Draws) -> str:
    if conversation.results:
        said = "; ".join(f"{result.name or 'the tool'}: {result.content}" for result in conversation.results)
        return f"Here is what I found. {_shortened(said)}"
    about = f"You asked: “{_shortened(asked)}”\n\n" if asked and not conversation.prefill else ""
    return about + _prose(draws, "answer", 3)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1]}…"


def _prose(draws: Draws, label: str, sentences: int) -> str:
    fakes = Fakes(DEFAULT_LOCALE, draws.content.seed_for(label))
    return str(fakes.value("paragraph", (), {"nb_sentences": sentences}))
