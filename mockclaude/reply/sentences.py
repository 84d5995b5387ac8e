"""Read the sentences of a text, and find the parts of them that ask for nothing.

A part asks for nothing after a negation ("do not look it up") or in a request for an explanation ("explain how it
works", "how to use it").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import or_
from typing import NamedTuple

_READ_CHARACTERS = 200_000
"""Characters of a text that are searched."""

ATOMS = re.compile(r"\w+|\S")
"""Words, and every other character except white space."""
_SENTENCE_END = re.compile(r"(?<=\?)(?=\s)|[.!;](?=\s|$)|\n\s*\n|\n(?=\s*[-*#>\d])")


def to_set(words: str) -> frozenset[str]:
    """Return the words of `words`, which are separated by spaces."""
    return frozenset(words.split())


USE = to_set("use using call run invoke execute")
READ = to_set(
    "get fetch find look lookup search query list read retrieve check compare track show tell give see display pull"
    " report need want know"
)
MAKE = to_set("make create add generate")
KNOWN_VERBS = USE | READ | MAKE
JOINS = to_set(", : and so then but or")
_NEGATIONS = to_set("not never without avoid cannot dont")
_NEGATION_PAIRS = {("no", "need"), ("instead", "of"), ("rather", "than")}
_BEGIN_NEGATION = _NEGATIONS | {"t"} | {first for first, _ in _NEGATION_PAIRS}
_ENDING_PAIRS = {("can", "you"), ("could", "you")}
_ENDS_NEGATION = to_set("forget hesitate fail but just please")
_EXPLAINS = to_set("explain describe why")
_HOW_TO = {("how", "to"), ("how", "do")}
_BEGIN_INSTRUCTION = KNOWN_VERBS | to_set("send write delete update cancel book open close save")
_ENDS_EXPLANATION = to_set("using please just then")
_WORKS = to_set("work works worked working")
CONDITIONS = to_set("if when while since because although unless")


class Sentence(NamedTuple):
    """The lower-case atoms of a sentence, and whether each asks for nothing."""

    atoms: Sequence[str]
    excluded: Sequence[bool]


def read_sentences(text: str) -> list[Sentence]:
    """Read the sentences of `text`, up to 200,000 characters."""
    return [_read_sentence(part) for part in _SENTENCE_END.split(text[:_READ_CHARACTERS].lower())]


def _read_sentence(text: str) -> Sentence:
    atoms = ATOMS.findall(text)
    words = set(atoms)
    excluded = [False] * len(atoms)
    if not _BEGIN_NEGATION.isdisjoint(words):
        excluded = list(_find_negated(atoms))
    if not _EXPLAINS.isdisjoint(words) or "how" in words:
        excluded = list(map(or_, _find_explained(atoms, not _WORKS.isdisjoint(words)), excluded))
    return Sentence(atoms, excluded)


def _find_negated(atoms: Sequence[str]) -> Iterator[bool]:
    """Yield whether a negation applies at each atom. It ends with a conditional clause, or at "but", "please"."""
    negated = conditional = False
    for at, atom in enumerate(atoms):
        conditional = conditional or atom in CONDITIONS
        pair = tuple(atoms[at : at + 2])
        if atom in _NEGATIONS or pair in _NEGATION_PAIRS or _is_contraction(atoms, at):
            negated = True
        elif atom in _ENDS_NEGATION or pair in _ENDING_PAIRS or (atom == "," and conditional):
            negated = conditional = False
        yield negated


def _find_explained(atoms: Sequence[str], has_works: bool) -> Iterator[bool]:
    """Yield whether a request for an explanation applies at each atom.

    It begins with a word such as "explain", and ends before the next instruction.
    """
    explained = False
    for at, atom in enumerate(atoms):
        pair = tuple(atoms[at : at + 2])
        if atom in _EXPLAINS or pair in _HOW_TO or (atom == "how" and has_works):
            explained = True
        elif atom in _ENDS_EXPLANATION or (atom in JOINS and not _BEGIN_INSTRUCTION.isdisjoint(pair[1:])):
            explained = False
        yield explained


def _is_contraction(atoms: Sequence[str], at: int) -> bool:
    """Return whether the atoms up to `at` are a contraction such as "don't"."""
    return atoms[at] == "t" and at > 1 and atoms[at - 1] in "'’" and atoms[at - 2].endswith("n")
