"""The `anthropic-beta` header: the names that the API accepts, and the gates of the schema that they open.

The names are data in `betas.txt`. `python -m tests.betas` compares them with an installed SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

HEADER = "anthropic-beta"
FILE = Path(__file__).with_name("betas.txt")

Mode: TypeAlias = Literal["known", "strict", "any"]
MODES: tuple[Mode, ...] = get_args(Mode)

AcceptedBetas: TypeAlias = Mode | tuple[str, ...]
"""The accepted names. `strict`: the listed names. `known`: also unknown names of the right form that are not misspelled
known names, with a warning. A tuple: as `known`, with these names added to the list. `any`: all names.
"""

MOST_UNKNOWN = 32
"""The maximum number of unknown names in one request. Clients send fewer."""

MAX_LENGTH = 64
"""The maximum number of characters of a well-formed name. Listed names have fewer than 50."""

SLIP = 2
"""Edits by which a misspelled name, without its date, differs from a known beta; fewer for a short name."""

_LETTERS_OF_AN_EDIT = 3
"""Characters of a known name for each edit: not every word of three letters is a misspelled `efs`."""


class Beta(NamedTuple):
    """A line of the list: a name, the gates that it opens, and the source."""

    name: str
    opens: tuple[str, ...]
    source: str


class BetaList(NamedTuple):
    """The content of `betas.txt`. `date` is the ISO date of its last update."""

    date: str
    betas: tuple[Beta, ...]


_DATED = "# Date: "


def parse_list(text: str) -> BetaList:
    """Parse the content of `betas.txt`."""
    lines = text.splitlines()
    date = next(line for line in lines if line.startswith(_DATED)).removeprefix(_DATED)
    fields = [line.split(maxsplit=2) for line in lines if not line.startswith("#")]
    betas = (Beta(name, () if opens == "-" else tuple(opens.split(",")), source) for name, opens, source in fields)
    return BetaList(date, tuple(betas))


LISTED = parse_list(FILE.read_text(encoding="utf-8"))
KNOWN: frozenset[str] = frozenset(beta.name for beta in LISTED.betas)
"""All names of the list."""

_DATE = re.compile(r"-20[0-9]{2}-?[0-9]{2}-?[0-9]{2}$")
_FORM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_STEMS: frozenset[str] = frozenset(_DATE.sub("", name) for name in KNOWN)


_NONE: frozenset[str] = frozenset()


def parse(headers: Mapping[str, str]) -> frozenset[str]:
    """Parse the names in all `anthropic-beta` header lines, which commas separate."""
    if HEADER not in headers:
        return _NONE
    getall = getattr(headers, "getall", None)
    lines: Sequence[str] = getall(HEADER) if getall else [headers[HEADER]]
    return frozenset(name for part in ",".join(lines).split(",") if (name := part.strip()))


class UnknownBetas(NamedTuple):
    """The unknown names of a request: refused, and accepted with a warning."""

    refused: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()


def find_unknown(names: AbstractSet[str], accepted: AcceptedBetas) -> UnknownBetas:
    """Find the names to refuse, and the unknown names to accept with a warning."""
    if accepted == "any":
        return UnknownBetas()
    listed = KNOWN.union(accepted) if isinstance(accepted, tuple) else KNOWN
    unknown = tuple(sorted(names - listed))
    if accepted == "strict" or len(unknown) > MOST_UNKNOWN:
        return UnknownBetas(refused=unknown[:MOST_UNKNOWN])
    plausible = tuple(name for name in unknown if len(name) <= MAX_LENGTH and _is_plausible(name))
    return UnknownBetas(tuple(name for name in unknown if name not in plausible), plausible)


def refusal_message(names: Sequence[str]) -> str:
    """Return the API's error message (documented) for unknown names."""
    quoted = ", ".join(f"`{name}`" for name in names)
    return (
        f"Unexpected value(s) {quoted} for the `anthropic-beta` header. Please consult our documentation at "
        "platform.claude.com/docs or try again without the header."
    )


def warning_message(names: Sequence[str]) -> str:
    """Return the warning for accepted names that are not in the list."""
    quoted = ", ".join(f"'{name}'" for name in names)
    return (
        f"{HEADER}: unknown, accepted because well formed, got {quoted}; expected a name in the list of {LISTED.date}; "
        f"add `betas: [{', '.join(names)}]` to the scenario file to accept without a warning"
    )


@lru_cache(maxsize=1024)
def _is_plausible(name: str) -> bool:
    """Return whether `name` has the form of a beta and is not a misspelled known name."""
    if not _FORM.fullmatch(name):
        return False
    stem = _DATE.sub("", name)
    return stem in _STEMS or not any(
        _is_within_edits(stem, known, min(SLIP, len(known) // _LETTERS_OF_AN_EDIT)) for known in _STEMS
    )


def _is_within_edits(one: str, other: str, edits: int) -> bool:
    """Return whether `edits` insertions, deletions and replacements of characters turn `one` into `other`."""
    if abs(len(one) - len(other)) > edits:
        return False
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    one, other = one[same:], other[same:]
    if not one or not other:
        return True  # the rest of the longer name has at most `edits` characters
    return edits > 0 and (
        _is_within_edits(one[1:], other[1:], edits - 1)
        or _is_within_edits(one[1:], other, edits - 1)
        or _is_within_edits(one, other[1:], edits - 1)
    )
