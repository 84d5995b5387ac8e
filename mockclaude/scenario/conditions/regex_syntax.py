r"""Translate regular expressions from Python's syntax to RE2's.

Python's own parser reads a pattern, so escapes, flags, classes and groups keep their meaning in `re`. RE2 differs in
five ways, and the translation makes up for each:

- `\w`, `\d` and `\s` are Unicode classes, and `\p{...}` is passed on to RE2;
- `(?i)` folds i, I, dotless i and I with a dot together;
- `$` also matches before a line break at the end: a group of its own takes that line break out of all captures;
- `\b` and `\B` of RE2 know ASCII only: a second form of the pattern runs on a text with marks at the boundaries;
- constructs that cannot run in linear time are refused.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from re import _parser as parser  # private, and the only reader of Python's syntax
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.lazy_pattern import compile_lazily

BOUNDARY, NO_BOUNDARY = "\U0010ffff", "\U0010fffe"
"""The marks: characters that Unicode reserves for use within a program."""

MAX_REPEAT = 1_000
"""The highest count of a repetition that RE2 accepts; nested counts are multiplied."""

TOO_MANY_REPEATS = (
    "too many repetitions",
    f"expected counts of at most {MAX_REPEAT:,}, multiplied where they are nested; use * or +",
)
_SYNTAX = "expected Python's syntax; put a backslash before a special character that stands for itself"
_LINEAR = "expected a pattern that RE2 can run in linear time"

_MARKS = r"\x{10FFFE}\x{10FFFF}"
_SPACES = r"\t-\r\x{1C}-\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
_UNICODE = {"WORD": r"\p{L}\p{N}_", "DIGIT": r"\p{Nd}", "SPACE": _SPACES}
_ASCII = {"WORD": "0-9A-Za-z_", "DIGIT": "0-9", "SPACE": r"\t-\r\x{20}"}
_UNICODE_IN_ASCII = {**_ASCII, "SPACE": r"\t-\r\x{1C}-\x{20}"}
_BEYOND_ASCII = compile_lazily(r"\\x\{(?:[89A-F][0-9A-F]|[0-9A-F]{3,})\}|\\[pP]|[^\x00-\x7f]")
_NEGATIVE = {"WORD": r"\W+", "DIGIT": r"\D+", "SPACE": r"\S+"}
LETTERS_I = "iI\u0130\u0131"
"""The letters that Python folds together and RE2 does not."""

_ESCAPE = compile_lazily(r"\\(?:[pP](?:\{\^?\w+\}|[A-Z])|.)", re.DOTALL)
_FIRST_PROPERTY = 0x100000
"""Private characters that stand for `\\p{...}` while Python's parser reads a pattern."""

_REFUSED = {
    "ASSERT": ("look-around", "match the text around the part too, and capture the part with a group"),
    "ASSERT_NOT": ("negative look-around", "add a rule for the exception above this rule"),
    "FAILURE": ("negative look-around", "add a rule for the exception above this rule"),
    "GROUPREF": ("a back-reference", "write out the texts that may repeat, e.g. (?:aa|bb)"),
    "GROUPREF_EXISTS": ("a conditional group", "write out both cases, e.g. (?:<a>|a)"),
    "POSSESSIVE_REPEAT": ("a possessive quantifier", "remove the second +: RE2 never backtracks"),
    "ATOMIC_GROUP": ("an atomic group", "write (?:...): RE2 never backtracks"),
}

_FLAG_IGNORECASE, _FLAG_MULTILINE, _FLAG_DOTALL, _FLAG_ASCII = (
    int(flag) for flag in (re.IGNORECASE, re.MULTILINE, re.DOTALL, re.ASCII)
)
"""Integers: the flags of `re` take much longer to combine."""

_Node: TypeAlias = tuple[Any, Any]
_Nodes: TypeAlias = Iterable[_Node]


class PatternError(Exception):
    """An invalid pattern.

    `expected` continues the message with the expectation and the fix.
    """

    def __init__(self, problem: str, expected: str) -> None:
        super().__init__(problem)
        self.expected = expected


class Parsed(NamedTuple):
    """A pattern as Python reads it.

    `needle` is a text that every match contains; if `folded`, in any case. '' without one.
    """

    tree: Any
    properties: dict[str, str]
    names: dict[str, int]
    group_count: int
    needle: str
    folded: bool


class Translation:
    """A pattern for RE2.

    Attributes:
        numbers: Python's group numbers -> RE2's.
        ends: The groups that `$` adds.
        boundaries: The number of `\\b` and `\\B` with Unicode meaning in the pattern.
        gaps: Whether the pattern contains `\\B` with Unicode meaning.
    """

    def __init__(self) -> None:
        self.pattern = ""
        self.numbers = {0: 0}
        self.ends: list[int] = []
        self.boundaries = 0
        self.gaps = False


def parse(pattern: str) -> Parsed:
    """Parse a pattern in Python's syntax.

    Raises:
        PatternError: The pattern is invalid.
    """
    properties: dict[str, str] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            tree = parser.parse(_ESCAPE.sub(lambda escape: _replace_escape(escape[0], properties), pattern))
    except (re.error, ValueError, OverflowError, RecursionError, FutureWarning) as error:
        raise PatternError(f"invalid pattern ({error})", _SYNTAX) from None
    folded = bool(tree.state.flags & _FLAG_IGNORECASE)
    needle = max("".join(_needle_parts(tree, properties, folded)).split("\0"), key=len)
    return Parsed(tree, properties, dict(tree.state.groupdict), tree.state.groups - 1, needle, folded)


def _replace_escape(escape: str, properties: dict[str, str]) -> str:
    if escape == r"\z":
        return r"\Z"
    if escape[1] not in "pP" or len(escape) == 2:
        return escape
    char = chr(_FIRST_PROPERTY + len(properties))
    properties[char] = escape
    return char


def _needle_parts(nodes: _Nodes, properties: dict[str, str], folded: bool) -> Iterator[str]:
    """Yield the characters that every match contains, with NUL where other text may stand between."""
    for op, value in nodes:
        if op is parser.LITERAL and value and chr(value) not in properties:
            yield chr(value)
        elif op is parser.SUBPATTERN and (folded or not value[1] & _FLAG_IGNORECASE):
            yield from _needle_parts(value[3], properties, folded)
        elif op is parser.MAX_REPEAT and value[0]:
            yield from ("\0", *_needle_parts(value[2], properties, folded), "\0")
        else:
            yield "\0"


def translate(parsed: Parsed, *, marked: bool = False) -> Translation:
    """Translate a parsed pattern; if `marked`, for texts with marks.

    Raises:
        PatternError: The pattern contains a construct that RE2 cannot run.
    """
    return _Translator(parsed.properties, marked).translate(parsed.tree)


def translate_for_ascii(parsed: Parsed) -> str | None:
    """Translate a parsed pattern for texts of ASCII.

    None if the pattern names other characters. Classes are small; `\\w` has 700 ranges otherwise.
    """
    pattern = _Translator(parsed.properties, marked=False, for_ascii=True).translate(parsed.tree).pattern
    return None if _BEYOND_ASCII.search(pattern) else pattern


class _Translator:
    """The state of one translation."""

    def __init__(self, properties: dict[str, str], marked: bool, *, for_ascii: bool = False) -> None:
        self._properties = properties
        self._marked = marked
        self._classes = _UNICODE_IN_ASCII if for_ascii else _UNICODE
        self._letters_i = LETTERS_I[:2] if for_ascii else LETTERS_I
        self._characters = 128 if for_ascii else ord(NO_BOUNDARY)
        self._skip = f"[{_MARKS}]*" if marked else ""
        self._open_groups = 0
        self._translation = Translation()
        self._writers: dict[str, Callable[[Any, int], str]] = {
            "LITERAL": self._literal,
            "NOT_LITERAL": lambda value, flags: self._set([(parser.NEGATE, None), (parser.LITERAL, value)], flags),
            "ANY": lambda _, flags: self._skip + self._negated("" if flags & _FLAG_DOTALL else r"\n"),
            "IN": self._set,
            "BRANCH": lambda value, flags: f"(?:{'|'.join(self._write(branch, flags) for branch in value[1])})",
            "MAX_REPEAT": self._repeat,
            "MIN_REPEAT": lambda value, flags: f"{self._repeat(value, flags)}?",
            "SUBPATTERN": self._group,
            "AT": lambda value, flags: self._position(str(value), flags),
        }

    def translate(self, tree: Any) -> Translation:
        flags = tree.state.flags
        self._translation.pattern = ("(?i)" if flags & _FLAG_IGNORECASE else "") + self._write(tree, flags)
        return self._translation

    def _write(self, nodes: _Nodes, flags: int) -> str:
        return "".join([self._node(str(op), value, flags) for op, value in nodes])

    def _node(self, op: str, value: Any, flags: int) -> str:
        if op in _REFUSED:
            construct, remedy = _REFUSED[op]
            raise PatternError(f"{construct} is not supported", f"{_LINEAR}; {remedy}")
        return self._writers[op](value, flags)

    def _next_group(self) -> int:
        self._open_groups += 1
        return self._open_groups

    def _group(self, value: Any, flags: int) -> str:
        number, added, removed, nodes = value
        inner = (flags | added) & ~removed
        if number is not None:
            self._translation.numbers[number] = self._next_group()
        written = self._write(nodes, inner)
        if (flags ^ inner) & _FLAG_IGNORECASE:
            written = f"(?{'' if inner & _FLAG_IGNORECASE else '-'}i:{written})"
        return f"(?:{written})" if number is None else f"({written})"

    def _repeat(self, value: Any, flags: int) -> str:
        least, most, nodes = value
        endless = most is parser.MAXREPEAT
        if max(least, 0 if endless else most) > MAX_REPEAT:
            raise PatternError(*TOO_MANY_REPEATS)
        return f"(?:{self._write(nodes, flags)}){{{least},{'' if endless else most}}}"

    def _position(self, name: str, flags: int) -> str:
        if name == "AT_END" and not flags & _FLAG_MULTILINE:
            self._translation.ends.append(self._next_group())
            return rf"{self._skip}(?:(\n{self._skip})\z|\z)"
        if name in ("AT_BOUNDARY", "AT_NON_BOUNDARY"):
            return self._boundary(name == "AT_BOUNDARY", flags)
        if name == "AT_BEGINNING" and flags & _FLAG_MULTILINE:
            return "(?m:^)"
        return rf"{self._skip}\z" if name == "AT_END_STRING" else self._skip + "(?m:$)" if name == "AT_END" else r"\A"

    def _boundary(self, is_boundary: bool, flags: int) -> str:
        if not flags & _FLAG_ASCII:
            self._translation.boundaries += 1
            self._translation.gaps |= not is_boundary
        if self._marked:
            return r"\x{10FFFF}" if is_boundary else r"\x{10FFFE}"
        return r"\b" if is_boundary else r"\B"

    def _negated(self, members: str) -> str:
        members += _MARKS if self._marked else ""
        return f"[^{members}]" if members else "(?s:.)"

    def _literal(self, value: int, flags: int) -> str:
        if flags & _FLAG_IGNORECASE and chr(value) in LETTERS_I:
            return self._set([(parser.LITERAL, value)], flags)
        return self._skip + (self._properties.get(chr(value)) or _escaped(value))

    def _set(self, nodes: _Nodes, flags: int) -> str:
        nodes = list(nodes)
        negated = nodes[0][0] is parser.NEGATE
        nodes = nodes[1:] if negated else nodes
        classes = _ASCII if flags & _FLAG_ASCII else self._classes
        kind = str(nodes[0][1]).removeprefix("CATEGORY_") if len(nodes) == 1 else ""
        if kind.startswith("NOT_"):
            negated, members = not negated, classes[kind.removeprefix("NOT_")]
        else:
            members = "".join(self._member(str(op), value, flags) for op, value in nodes)
        if flags & _FLAG_IGNORECASE and not flags & _FLAG_ASCII and any(map(_has_letter_i, nodes)):
            members += self._letters_i
        if negated:
            return self._skip + self._negated(members)
        return self._skip + (members if members.isalnum() and len(nodes) == len(members) == 1 else f"[{members}]")

    def _member(self, op: str, value: Any, flags: int) -> str:
        if op == "LITERAL":
            return self._properties.get(chr(value)) or _escaped(value)
        if op == "RANGE":
            return f"{_escaped(value[0])}-{_escaped(value[1])}"
        kind = str(value).removeprefix("CATEGORY_")
        if kind.startswith("NOT_"):
            # RE2 folds the letter ſ in a complement of ASCII to s, so the complement for ASCII would match less
            count = ord(NO_BOUNDARY) if flags & _FLAG_ASCII else self._characters
            return _complement(kind.removeprefix("NOT_"), flags & _FLAG_ASCII, count)
        return (_ASCII if flags & _FLAG_ASCII else self._classes)[kind]


def _has_letter_i(node: _Node) -> bool:
    op, value = node
    if op is parser.LITERAL:
        return chr(value) in LETTERS_I
    return op is parser.RANGE and any(value[0] <= ord(letter) <= value[1] for letter in LETTERS_I)


def _escaped(code: int) -> str:
    char = chr(code)
    return char if char.isascii() and char.isalnum() else f"\\x{{{code:X}}}"


@lru_cache(maxsize=len(_NEGATIVE) * 3)
def _complement(kind: str, flags: int, count: int) -> str:
    """Return the members of a negative class among `count` characters. RE2 cannot write it inside another class."""
    characters = "".join(map(chr, range(count)))
    ranges = (match.span() for match in re.finditer(_NEGATIVE[kind], characters, flags))
    return "".join(f"{_escaped(first)}-{_escaped(after - 1)}" for first, after in ranges)
