"""The `anthropic-beta` header: which names the API accepts, and which gates they open.

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

Accepted: TypeAlias = Mode | tuple[str, ...]
"""Which names are accepted. `strict`: those of the list. `known`: also unknown ones that are well formed and no slips,
with a warning. A tuple: as `known`, with these names added to the list. `any`: all.
"""

MOST_UNKNOWN = 32
"""Unknown names of one request that are looked at. No client sends more, so that more are refused."""

MAX_LENGTH = 64
"""Characters of a well-formed name; those of the list have fewer than 50."""

SLIP = 2
"""Edits by which the name of a slip differs, without its date, from that of a known beta; fewer where that is short."""

_LETTERS_OF_AN_EDIT = 3
"""Characters of a known name for each edit of a slip: three-letter words are not all slips of `efs`."""


class Beta(NamedTuple):
    """A line of the list: a name, the gates that it opens, and who sends or lists the name."""

    name: str
    opens: tuple[str, ...]
    source: str


class BetaList(NamedTuple):
    """The content of `betas.txt`; `date` is the ISO date of its last refresh."""

    date: str
    betas: tuple[Beta, ...]


_DATED = "# Date: "


def read(text: str) -> BetaList:
    """Parse the content of `betas.txt`."""
    lines = text.splitlines()
    date = next(line for line in lines if line.startswith(_DATED)).removeprefix(_DATED)
    fields = [line.split(maxsplit=2) for line in lines if not line.startswith("#")]
    betas = (Beta(name, () if opens == "-" else tuple(opens.split(",")), source) for name, opens, source in fields)
    return BetaList(date, tuple(betas))


LISTED = read(FILE.read_text(encoding="utf-8"))
KNOWN: frozenset[str] = frozenset(beta.name for beta in LISTED.betas)
"""Every name of the list."""

_DATE = re.compile(r"-20[0-9]{2}-?[0-9]{2}-?[0-9]{2}$")
_FORM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_STEMS: frozenset[str] = frozenset(_DATE.sub("", name) for name in KNOWN)


def parse(headers: Mapping[str, str]) -> frozenset[str]:
    """Parse the names in all `anthropic-beta` lines of `headers`: joined with commas, in older SDKs with spaces."""
    if HEADER not in headers:
        return frozenset()
    getall = getattr(headers, "getall", None)
    lines: Sequence[str] = getall(HEADER) if getall else [headers[HEADER]]
    return frozenset(name for part in ",".join(lines).split(",") if (name := part.strip()))


class Judgement(NamedTuple):
    """Unknown names of a request: those that are refused, and those that are accepted with a warning."""

    refused: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()


def judge(names: AbstractSet[str], accepted: Accepted) -> Judgement:
    """Decide which of `names` are refused, and which are accepted though the list does not have them."""
    if accepted == "any":
        return Judgement()
    listed = KNOWN.union(accepted) if isinstance(accepted, tuple) else KNOWN
    unknown = tuple(sorted(names - listed))
    if accepted == "strict" or len(unknown) > MOST_UNKNOWN:
        return Judgement(refused=unknown[:MOST_UNKNOWN])
    plausible = tuple(name for name in unknown if len(name) <= MAX_LENGTH and _is_plausible(name))
    return Judgement(tuple(name for name in unknown if name not in plausible), plausible)


def refusal(names: Sequence[str]) -> str:
    """Return the API's message (documented) for names that it does not know."""
    quoted = ", ".join(f"`{name}`" for name in names)
    return (
        f"Unexpected value(s) {quoted} for the `anthropic-beta` header. Please consult our documentation at "
        "platform.claude.com/docs or try again without the header."
    )


def warning(names: Sequence[str]) -> str:
    """Return the warning for names that are accepted though the list does not have them."""
    quoted = ", ".join(f"'{name}'" for name in names)
    return (
        f"{HEADER}: unknown, accepted because well formed, got {quoted}; expected a name in the list of {LISTED.date}; "
        f"add `betas: [{', '.join(names)}]` to the scenario file to accept without a warning"
    )


@lru_cache(maxsize=1024)
def _is_plausible(name: str) -> bool:
    """Return whether `name` has the form of a beta and is not the slip of a known one."""
    if not _FORM.fullmatch(name):
        return False
    stem = _DATE.sub("", name)
    return stem in _STEMS or not any(
        _within(stem, known, min(SLIP, len(known) // _LETTERS_OF_AN_EDIT)) for known in _STEMS
    )


def _within(one: str, other: str, edits: int) -> bool:
    """Return whether `edits` insertions, deletions and replacements of characters turn `one` into `other`."""
    if abs(len(one) - len(other)) > edits:
        return False
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    one, other = one[same:], other[same:]
    if not one or not other:
        return True  # what is left of the longer one is no more than `edits`
    return edits > 0 and (
        _within(one[1:], other[1:], edits - 1)
        or _within(one[1:], other, edits - 1)
        or _within(one, other[1:], edits - 1)
    )
