"""Find the tool that a text asks for.

A text asks for a tool if it names the tool in an instruction ("use get_order"), or if a verb or a question word leads
to the nouns of the name in one sentence ("look up order 5" for `get_order`). A sentence that merely shares a word, and
the part of a sentence after a negation, ask for nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from mockclaude.api.memo import remember

_READ_CHARACTERS = 200_000
"""Characters of a text that are searched."""
_MAX_ATOMS = 16
"""Atoms of the longest tool name that is searched for. Most names have one atom, names with hyphens a few."""
_MAX_COMPARED = 1_000_000
"""Atoms of a text that are compared with tool names: at each atom, with all names that begin with that atom."""
_MAX_ASKS = 10_000
"""Asks of a text that are compared with tools."""
_WINDOW = 8
"""Atoms after a verb in which its object is searched."""
_HEADLINE = 5
"""Atoms at the beginning of a sentence in which its headline ends."""

_ATOMS = re.compile(r"\w+|\S")
"""Words, and every other character except white space."""
_SENTENCE_END = re.compile(r"(?<=\?)(?=\s)|[.!;](?=\s|$)|\n\s*\n|\n(?=\s*[-*#>\d])")
_NAME_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_USE = _set("use using call run invoke execute")
_READ = _set(
    "get fetch find look lookup search query list read retrieve check compare track show tell give see display pull"
    " return report need want know"
)
_MAKE = _set("make create add generate")
_QUESTIONS = _set("what whats how hows which when where wheres who")
_COMMON = _set("get fetch find look lookup search query list read make create run use tool")
"""Words of tool names that do not identify a tool."""
_LIGHT = _set(
    "a an the this these those my your our their his her its me us you is are was were s will do does did can"
    " could up for out of at all one any some more to be please current latest today"
)
_SUBJECTS = _set("i we they he she it")
_LEAVES_OBJECT = _set(", about with without if whether because before after than like in on from into")
_NEGATIONS = _set("not never without avoid cannot dont")
_NEGATION_PAIRS = {("no", "need"), ("instead", "of"), ("rather", "than")}
_BEGIN_NEGATION = _NEGATIONS | {"t"} | {first for first, _ in _NEGATION_PAIRS}
_ENDING_PAIRS = {("can", "you"), ("could", "you")}
_ENDS_NEGATION = _set("forget hesitate fail but just please")
_CONDITIONS = _set("if when while since because although unless")
_MODALS = _set("can could may")
_AUXILIARIES = _set("is are was were must should may can need does did will shall")
_JOINS = _set(", : and so then but or")
_NOT_BEFORE_NOUNS = _SUBJECTS | {"to", "in"}
"""Words after which a word such as "order" is a verb or part of "in order to"."""
_ENDS_HEADLINE = _set("? in of for at on from please")
_LEADS_TO_CALL = _set("with in as by make")
_KNOWN_VERBS = _USE | _READ | _MAKE


class _Sentence(NamedTuple):
    """The lower-case atoms of a sentence, and whether a negation applies at each."""

    atoms: Sequence[str]
    negated: Sequence[bool]


class _Ask(NamedTuple):
    """A verb or a question word, the words that can be its object, and the words of its sentence."""

    verb: str
    objects: frozenset[str]
    words: frozenset[str]


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
    sentences = _read_sentences(text)
    mentions = _find_mentions(sentences, tools)
    for names in (mentions.before_noun, mentions.after_verb):
        if names:
            return next(tool for tool in tools if tool in names)
    asked = _find_asked(sentences, tools)
    return asked or next((tool for tool in tools if tool in mentions.elsewhere), None)


def asks_for_call(text: str) -> bool:
    """Return whether `text` asks for a call of any tool ("use a tool")."""
    return any(
        atom in ("tool", "tools", "function") and not negated[at] and _is_asked_for(atoms, at)
        for atoms, negated in _read_sentences(text)
        for at, atom in enumerate(atoms)
    )


def _is_asked_for(atoms: Sequence[str], at: int) -> bool:
    """Return whether the noun at `at` is the object of a verb of use, or begins the call in "with a tool call"."""
    before = atoms[max(at - 4, 0) : at]
    if atoms[at + 1 : at + 2] == ["call"]:
        return before[-1:] == ["a"] and not _LEADS_TO_CALL.isdisjoint(before[-2:-1])
    verb = next((atom for atom in reversed(before) if atom not in _LIGHT), "")
    return verb in _USE


def _read_sentences(text: str) -> list[_Sentence]:
    return [_read_sentence(part) for part in _SENTENCE_END.split(text[:_READ_CHARACTERS].lower())]


def _read_sentence(text: str) -> _Sentence:
    atoms = _ATOMS.findall(text)
    has_negation = not _BEGIN_NEGATION.isdisjoint(atoms)
    return _Sentence(atoms, list(_find_negated(atoms)) if has_negation else [False] * len(atoms))


def _find_negated(atoms: Sequence[str]) -> Iterator[bool]:
    """Yield whether a negation applies at each atom. It ends with a conditional clause, or at "but", "please"."""
    negated = conditional = False
    for at, atom in enumerate(atoms):
        conditional = conditional or atom in _CONDITIONS
        pair = tuple(atoms[at : at + 2])
        if atom in _NEGATIONS or pair in _NEGATION_PAIRS or _is_contraction(atoms, at):
            negated = True
        elif atom in _ENDS_NEGATION or pair in _ENDING_PAIRS or (atom == "," and conditional):
            negated = conditional = False
        yield negated


def _is_contraction(atoms: Sequence[str], at: int) -> bool:
    """Return whether the atoms up to `at` are a contraction such as "don't"."""
    return atoms[at] == "t" and at > 1 and atoms[at - 1] in "'’" and atoms[at - 2].endswith("n")


def _find_mentions(sentences: Iterable[_Sentence], tools: Sequence[str]) -> _ToolMentions:
    """Find the names of `tools` in one pass.

    The comparisons are limited to a number that text written by people does not reach.
    """
    names: dict[tuple[str, ...], str] = {}
    for tool in tools:
        for spelling in _spell(tool):
            names.setdefault(spelling, tool)
    lengths = _group_lengths(names)
    mentions = _ToolMentions(set(), set(), set())
    left = _MAX_COMPARED
    for atoms, negated in sentences:
        is_used = False
        for at, atom in enumerate(atoms):
            for length in lengths.get(atom, ()) if left > 0 else ():
                left -= length
                name = names.get(tuple(atoms[at : at + length]))
                if name is not None and not negated[at] and not _is_negated_after(atoms, at + length):
                    _add_mention(mentions, name, is_used, atoms[at + length : at + length + 1] == ["tool"])
            is_used = is_used or atom in _USE
    return mentions


def _add_mention(mentions: _ToolMentions, name: str, is_used: bool, is_before_noun: bool) -> None:
    if is_before_noun:
        mentions.before_noun.add(name)
    if is_used:
        mentions.after_verb.add(name)
    if len(_split_name(name)) > 1:
        mentions.elsewhere.add(name)


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
    return tuple(dict.fromkeys(tuple(_ATOMS.findall(spelling.lower())) for spelling in spellings))


@remember(entries=4_096, longest=256)
def _split_name(tool: str) -> tuple[str, ...]:
    """Return the words of a name, without the server of an MCP tool."""
    return tuple(word.lower() for word in _NAME_WORDS.findall(tool.rpartition("__")[2]))


def _find_asked(sentences: Sequence[_Sentence], tools: Sequence[str]) -> str | None:
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
    if first in _MAKE:
        return _USE | _MAKE
    return _USE if first in _USE else _USE | _READ | _QUESTIONS | {first, ""}


def _find_asks(sentence: _Sentence, verbs: set[str]) -> Iterator[_Ask]:
    """Yield the asks of a sentence."""
    atoms, negated = sentence
    words = _strip_plurals(set(atoms))
    for at, atom in enumerate(atoms):
        if atom in verbs and not negated[at] and _asks(atoms, at):
            yield _Ask(atom, _strip_plurals(_find_objects(atoms, at)), words)
    if headline := _find_headline(atoms):
        yield _Ask("", _strip_plurals(headline), words)


def _asks(atoms: Sequence[str], at: int) -> bool:
    """Return whether the verb or question word at `at` asks for something, rather than tell about it."""
    atom, before = atoms[at], "".join(atoms[at - 1 : at])
    if atom in _QUESTIONS:
        follows = atom not in ("when", "where", "who") or atoms[at + 1 : at + 2] == ["'"]
        return (at < 2 or before in _JOINS) and (follows or not _AUXILIARIES.isdisjoint(atoms[at + 1 : at + 2]))
    if atom not in _KNOWN_VERBS:
        return at == 0 or before in _JOINS or before in ("please", "you", "to")
    if before not in _SUBJECTS or atom in ("need", "want"):
        return True
    return not _MODALS.isdisjoint(atoms[max(at - 2, 0) : at - 1])


def _find_objects(atoms: Sequence[str], at: int) -> Iterator[str]:
    """Yield the words that can be the object of the verb at `at`."""
    is_question = atoms[at] in _QUESTIONS
    heavy = False
    for before, atom in zip(atoms[at : at + _WINDOW], atoms[at + 1 : at + _WINDOW + 1], strict=False):
        if (is_question and atom in ("a", "an")) or (heavy and atom in _LEAVES_OBJECT) or atom == "when":
            return
        heavy = heavy or (atom.isalnum() and atom not in _LIGHT)
        if before not in _NOT_BEFORE_NOUNS:
            yield atom


def _find_headline(atoms: Sequence[str]) -> Sequence[str]:
    """Return the nouns of a sentence without a verb: "Stock price of ACME", "The weather?"; else nothing."""
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
