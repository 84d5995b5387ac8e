"""Find the tool that a text asks for.

A text asks for a tool if it names the tool in an instruction ("use get_order"), or if a verb or a question word leads
to the nouns of the name in one sentence ("look up order 5" for `get_order`). A sentence that merely shares a word, the
part of a sentence after a negation, and a sentence about the tool ("explain how get_order works") ask for nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from mockclaude.api.memo import remember
from mockclaude.reply.sentences import (
    ATOMS,
    CONDITIONS,
    JOINS,
    KNOWN_VERBS,
    MAKE,
    READ,
    USE,
    Sentence,
    read_sentences,
    to_set,
)

_MAX_ATOMS = 16
"""Atoms of the longest tool name that is searched for. Most names have one atom, names with hyphens a few."""
_MAX_COMPARED = 1_000_000
"""Atoms of a text that are compared with tool names: at each atom, with all names that begin with that atom."""
_MAX_ASKS = 10_000
"""Asks of a text that are compared with tools."""
_REST = 4
"""Atoms after the name of a tool in which a question about the tool ends."""
_WINDOW = 8
"""Atoms after a verb in which its object is searched."""
_HEADLINE = 5
"""Atoms at the beginning of a sentence in which its headline ends."""

_NAME_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


_QUESTIONS = to_set("what whats how hows which when where wheres who")
_COMMON = to_set("get fetch find look lookup search query list read make create run use tool")
"""Words of tool names that do not identify a tool."""
_LIGHT = to_set(
    "a an the this these those my your our their his her its me us you is are was were s will do does did can"
    " could up for out of at all one any some more to be please current latest today"
)
_SUBJECTS = to_set("i we they he she it")
_LEAVES_OBJECT = to_set(", about with without if whether because before after than like in on from into")
_ABOUT = to_set("what whats how hows which")
_ASKS_IF = to_set("is are does did should")
_MODALS = to_set("can could may")
_AUXILIARIES = to_set("is are was were must should may can need does did will shall")
_NOT_BEFORE_NOUNS = _SUBJECTS | {"to", "in"}
"""Words after which a word such as "order" is a verb or part of "in order to"."""
_BEFORE_VERB = JOINS | {"please", "you", "to", "me"}
_ENDS_HEADLINE = to_set("? in of for at on from please")
_LEADS_TO_CALL = to_set("with in as by make")


class _Ask(NamedTuple):
    """A verb or a question word, the words that can be its object, and the words of its sentence."""

    verb: str
    objects: frozenset[str]
    words: frozenset[str]


class _Mention(NamedTuple):
    """A name of a tool in a sentence: where it begins and ends, and whether a verb of use comes before it."""

    name: str
    sentence: Sentence
    start: int
    end: int
    is_used: bool


class _ToolMentions(NamedTuple):
    """Tools that a text names, by the place of the name in a sentence."""

    before_noun: set[str]
    after_verb: set[str]
    elsewhere: set[str]


def find_tool(tools: Sequence[str], text: str) -> str | None:
    """Return the tool that `text` asks for by the clearest mention, or None.

    A name before the noun "tool" is clearer than a name after a verb of use, this is clearer than an ask for the
    nouns of a name, and this is clearer than a name of several words elsewhere.
    """
    sentences = read_sentences(text)
    mentions = _find_mentions(sentences, tools)
    for names in (mentions.before_noun, mentions.after_verb):
        if names:
            return next(tool for tool in tools if tool in names)
    asked = _find_asked(sentences, tools)
    return asked or next((tool for tool in tools if tool in mentions.elsewhere), None)


def asks_for_call(text: str) -> bool:
    """Return whether `text` asks for a call of any tool ("use a tool")."""
    return any(map(_has_call, read_sentences(text)))


def _has_call(sentence: Sentence) -> bool:
    """Return whether a sentence asks for a call of any tool: "respond with a tool call", "use a tool".

    A use on a condition ("use tools if needed") asks for nothing.
    """
    atoms, excluded = sentence
    nouns = [at for at, atom in enumerate(atoms) if atom in ("tool", "tools", "function") and not excluded[at]]
    if any(atoms[at + 1 : at + 2] == ["call"] and _leads_to_call(atoms, at) for at in nouns):
        return True
    return CONDITIONS.isdisjoint(atoms) and any(_is_used(atoms, at) for at in nouns)


def _leads_to_call(atoms: Sequence[str], at: int) -> bool:
    return atoms[at - 1 : at] == ["a"] and not _LEADS_TO_CALL.isdisjoint(atoms[max(at - 2, 0) : at - 1])


def _is_used(atoms: Sequence[str], at: int) -> bool:
    """Return whether the noun at `at` is the object of a verb of use, beyond a permission ("you can use tools")."""
    verb = next((place for place in range(at - 1, max(at - 5, -1), -1) if atoms[place] not in _LIGHT), at)
    is_permitted = not _MODALS.isdisjoint(atoms[max(verb - 1, 0) : verb])
    return atoms[verb] in USE and _asks(atoms, verb) and not is_permitted and atoms[at + 1 : at + 2] != ["call"]


def _find_mentions(sentences: Iterable[Sentence], tools: Sequence[str]) -> _ToolMentions:
    mentions = _ToolMentions(set(), set(), set())
    for name, (atoms, excluded), at, end, is_used in _find_names(sentences, tools):
        if excluded[at] or _is_about(atoms, at, end):
            continue
        if atoms[end : end + 1] == ["tool"]:
            mentions.before_noun.add(name)
        if is_used:
            mentions.after_verb.add(name)
        if len(_split_name(name)) > 1 or _is_instruction(atoms, at):
            mentions.elsewhere.add(name)
    return mentions


def _find_names(sentences: Iterable[Sentence], tools: Sequence[str]) -> Iterator[_Mention]:
    """Yield the mentions of `tools`, in one pass.

    The comparisons are limited to a number that text written by people does not reach.
    """
    names: dict[tuple[str, ...], str] = {}
    for tool in tools:
        for spelling in _spell(tool):
            names.setdefault(spelling, tool)
    lengths = _group_lengths(names)
    left = _MAX_COMPARED
    for sentence in sentences:
        is_used = False
        for at, atom in enumerate(sentence.atoms):
            for length in lengths.get(atom, ()) if left > 0 else ():
                left -= length
                name = names.get(tuple(sentence.atoms[at : at + length]))
                if name is not None:
                    yield _Mention(name, sentence, at, at + length, is_used)
            is_used = is_used or atom in USE


def _is_instruction(atoms: Sequence[str], at: int) -> bool:
    """Return whether the name at `at` is the verb of an instruction: "search for cats" for `search`."""
    is_verb = atoms[at] in KNOWN_VERBS and (at == 0 or atoms[at - 1] in _BEFORE_VERB)
    after = atoms[at + 1 : at + 3]
    return is_verb and after[:1] != [] and after[0] not in JOINS and _AUXILIARIES.isdisjoint(after)


def _is_about(atoms: Sequence[str], at: int, end: int) -> bool:
    """Return whether the sentence is about the named tool: "what does get_order do?", "get_order must not be used"."""
    if _is_negated_after(atoms, end) or atoms[at - 1 : at] == ["about"]:
        return True
    rest = atoms[end : end + _REST]
    is_end = len(rest) < _REST or any(atom in JOINS or atom == "?" for atom in rest)
    return is_end and _begins_question(atoms, at)


def _begins_question(atoms: Sequence[str], end: int) -> bool:
    """Return whether a question begins in the clause before `end`, near it."""
    for at in range(end - 1, max(end - _WINDOW, 0) - 1, -1):
        atom = atoms[at]
        if atom in JOINS or atom in ("using", "with"):
            return False
        is_first = at == 0 or atoms[at - 1] in JOINS
        if atom in _ABOUT or (is_first and (atom in _ASKS_IF or (atom in _QUESTIONS and _asks(atoms, at)))):
            return True
    return False


def _is_negated_after(atoms: Sequence[str], at: int) -> bool:
    """Return whether a negation follows a name: "get_order must not be used", "the search tool isn't needed"."""
    rest = atoms[at + 1 : at + 4] if atoms[at : at + 1] == ["tool"] else atoms[at : at + 3]
    if rest[:1] and rest[0] in _AUXILIARIES:
        return rest[1:2] in (["not"], ["never"])
    return len(rest) == 3 and rest[0].removesuffix("n") in _AUXILIARIES and rest[2] == "t"


def _group_lengths(names: Iterable[tuple[str, ...]]) -> dict[str, set[int]]:
    """Group the lengths of names in atoms by the first atom, without names longer than `_MAX_ATOMS`."""
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for name in names:
        if 0 < len(name) <= _MAX_ATOMS:
            lengths[name[0]].add(len(name))
    return lengths


@remember(entries=4_096, longest=256)
def _spell(tool: str) -> tuple[tuple[str, ...], ...]:
    """Return the atoms of a name, and of the same words with other separators."""
    words = _split_name(tool)
    spellings = [tool, "_".join(words), "-".join(words), "".join(words)] if len(words) > 1 else [tool]
    return tuple(dict.fromkeys(tuple(ATOMS.findall(spelling.lower())) for spelling in spellings))


@remember(entries=4_096, longest=256)
def _split_name(tool: str) -> tuple[str, ...]:
    """Return the words of a name, without the server of an MCP tool."""
    return tuple(word.lower() for word in _NAME_WORDS.findall(tool.rpartition("__")[2]))


def _find_asked(sentences: Sequence[Sentence], tools: Sequence[str]) -> str | None:
    """Find the first tool all of whose nouns are in one sentence, where its verb or a question leads to one of them.

    A tool whose name begins with the verb of the sentence comes first: "list files" is for `list_files`, even after
    `read_file`.
    """
    words = _strip_plurals({atom for sentence in sentences for atom in sentence.atoms})
    candidates = [(tool, nouns) for tool in tools if (nouns := _find_nouns(tool)) and words.issuperset(nouns)]
    if not candidates:
        return None
    verbs = {verb for tool, _ in candidates for verb in _find_verbs(tool)}
    asks = (ask for sentence in sentences for ask in _find_asks(sentence, verbs))
    compared = list(islice(asks, _MAX_ASKS // len(candidates)))
    verbs_of = {tool: {ask.verb for ask in compared if _is_for(ask, tool, nouns)} for tool, nouns in candidates}
    asked = [tool for tool, _ in candidates if verbs_of[tool]]
    return next((tool for tool in asked if _split_name(tool)[0] in verbs_of[tool]), next(iter(asked), None))


def _find_nouns(tool: str) -> frozenset[str]:
    """Return the words that identify a tool, in the singular; nothing if the name has only one word."""
    words = _split_name(tool)
    if len(words) < 2:
        return frozenset()
    return _strip_plurals(word for word in words if word not in _COMMON) or _strip_plurals(words[1:])


def _find_verbs(tool: str) -> frozenset[str]:
    """Return the verbs that ask for a tool: those of its first word, and the first word itself."""
    first = _split_name(tool)[0]
    if first in MAKE:
        return USE | MAKE
    return USE if first in USE else USE | READ | _QUESTIONS | {"help", first, ""}


def _find_asks(sentence: Sentence, verbs: set[str]) -> Iterator[_Ask]:
    """Yield the asks of a sentence."""
    atoms, excluded = sentence
    words = _strip_plurals(set(atoms))
    for at, atom in enumerate(atoms):
        if atom in verbs and not excluded[at] and _asks(atoms, at):
            yield _Ask(atom, _strip_plurals(_find_objects(sentence, at)), words)
    if headline := _find_headline(atoms):
        yield _Ask("", _strip_plurals(headline), words)


def _asks(atoms: Sequence[str], at: int) -> bool:
    """Return whether the verb or question word at `at` asks for something, rather than tell about it."""
    atom, before = atoms[at], "".join(atoms[at - 1 : at])
    if atom in _QUESTIONS:
        follows = atom not in ("when", "where", "who") or atoms[at + 1 : at + 2] == ["'"]
        return (at < 2 or before in JOINS) and (follows or not _AUXILIARIES.isdisjoint(atoms[at + 1 : at + 2]))
    if atom not in KNOWN_VERBS:
        return at == 0 or before in _BEFORE_VERB
    if before not in _SUBJECTS or atom in ("need", "want"):
        return True
    return not _MODALS.isdisjoint(atoms[max(at - 2, 0) : at - 1])


def _find_objects(sentence: Sentence, at: int) -> Iterator[str]:
    """Yield the words that can be the object of the verb at `at`."""
    atoms, excluded = sentence
    is_question = atoms[at] in _QUESTIONS
    heavy = False
    for place in range(at + 1, min(at + 1 + _WINDOW, len(atoms))):
        atom = atoms[place]
        if (
            excluded[place]
            or (is_question and atom in ("a", "an"))
            or (heavy and atom in _LEAVES_OBJECT)
            or atom == "when"
        ):
            return
        if atom == "to" and atoms[at] in ("need", "want"):
            return
        heavy = heavy or (atom.isalnum() and atom not in _LIGHT)
        if atoms[place - 1] not in _NOT_BEFORE_NOUNS:
            yield atom


def _find_headline(atoms: Sequence[str]) -> Sequence[str]:
    """Return the nouns of a sentence without a verb: "Stock price of ACME", "The weather?"; else nothing."""
    if "?" not in atoms and not _AUXILIARIES.isdisjoint(atoms):
        return ()
    start = 1 if atoms[:1] and atoms[0] in _LIGHT else 0
    for at, atom in enumerate(atoms[start : start + _HEADLINE], start):
        if atom in _ENDS_HEADLINE or atom.isdigit():
            return atoms[start:at]
        if atom in _LIGHT or atom in _SUBJECTS or atom in _LEAVES_OBJECT:
            return ()
    return ()


def _strip_plurals(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.rstrip("s") or word for word in words)


def _is_for(ask: _Ask, tool: str, nouns: frozenset[str]) -> bool:
    if ask.verb not in _find_verbs(tool) or not ask.words.issuperset(nouns):
        return False
    return ask.objects <= nouns if ask.verb == "" else not ask.objects.isdisjoint(nouns - _strip_plurals([ask.verb]))
