"""The pages of the repository: their blocks, their links, and the files and names that they mention."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
README = "README.md"
CONTRIBUTOR_PAGES = (".github/CONTRIBUTING.md", "mockclaude/README.md", "mockclaude/api/README.md")
FIXTURE = "mockclaude/testing/README.md"
MIGRATION = "mockclaude/testing/MIGRATION.md"
USER_PAGES = (FIXTURE, MIGRATION, "tests/README.md")
SCENARIOS = "scenarios/README.md"
REPLIES = "scenarios/REPLIES.md"
FAULTS = "scenarios/FAULTS.md"
RECORDING = "scenarios/RECORDING.md"
INCIDENTS = "scenarios/incidents/README.md"
COMMANDS = "mockclaude/cli/README.md"
SERVER = "mockclaude/server/README.md"
LANGUAGES = "mockclaude/server/LANGUAGES.md"
REFERENCE_PAGES = (
    SCENARIOS,
    REPLIES,
    "scenarios/VALIDATION.md",
    FAULTS,
    RECORDING,
    INCIDENTS,
    COMMANDS,
    SERVER,
    LANGUAGES,
)
PAGES = (README, *CONTRIBUTOR_PAGES, *USER_PAGES, *REFERENCE_PAGES)

_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"((?:[\w.-]+/)*(?:[\w.-]+/|[\w.-]+\.(?:md|py|toml|txt|yaml|yml)))(?::([A-Za-z_][\w.]*))?")
_FOLDERS = (".ci/", ".github/", "mockclaude/", "scenarios/", "tests/")


class Block(NamedTuple):
    """A fenced block: its page and section, its language, its text, and the output that is shown right below it."""

    page: str
    section: str
    line: int
    language: str
    text: str
    output: str


@cache
def text_of(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """Return the blocks of a page from top to bottom."""
    return tuple(_blocks(page, text_of(page)))


def _blocks(page: str, text: str) -> Iterator[Block]:
    found = list(_FENCE.finditer(text))
    for block, below in zip(found, [*found[1:], None], strict=True):
        shown = (
            below is not None and below[2] in ("text", "json", "html") and not text[block.end() : below.start()].strip()
        )
        section = (re.findall(r"^## (.+)", text[: block.start()], re.MULTILINE) or [""])[-1]
        output = below[3] if below is not None and shown else ""
        yield Block(page, section, text.count("\n", 0, block.start()) + 2, block[2], dedent(block[3]), output)


def prose(page: str) -> str:
    """Return a page without its blocks."""
    return _FENCE.sub("", text_of(page))


def tables(page: str) -> list[list[list[str]]]:
    """Return the rows of each table of a page, without its head, as lists of cells."""
    found = re.findall(r"^\|[ |-]+\n((?:\|.*\n)+)", text_of(page), re.MULTILINE)
    return [[_cells(line) for line in rows.splitlines()] for rows in found]


def _cells(line: str) -> list[str]:
    return re.split(r" ?(?<!\\)\| ?", line)[1:-1]


def table(page: str, head: str) -> dict[str, list[str]]:
    """Return the rows of the table whose first head is `head`: code marks of the first cell -> other cells."""
    rows = re.search(rf"^\| {re.escape(head)} \|.*\n\|[ |-]+\n((?:\|.*\n)+)", text_of(page), re.MULTILINE)
    cells = [_cells(line) for line in (rows[1] if rows else "").splitlines()]
    return {name: others for first, *others in cells for name in _SPAN.findall(first)}


def sentences(page: str) -> Iterator[str]:
    """Yield the sentences of a page: those of its paragraphs, list items and table cells, a code mark as one word."""
    text = re.sub(r"^\|[ |-]+$", "", _SPAN.sub("X", prose(page)), flags=re.MULTILINE)
    for paragraph in re.split(r"\n\n+|^[-#*]+ |\||\n(?=\|)", re.sub(r"\]\([^)]*\)", "]", text), flags=re.MULTILINE):
        yield from re.split(r"(?<=[.?!])\s+|:$", " ".join(paragraph.split()))


def links(page: str) -> list[str]:
    """Return the targets of the links to files and headings."""
    return sorted(set(_LINK.findall(prose(page))))


def anchors(page: str) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Mention(NamedTuple):
    """A path in a code span, and the name in that file: `api/events.py:PING`."""

    path: str
    name: str


def mentions(page: str) -> list[Mention]:
    """Return the files and names that a page mentions."""
    found = (_PATH.fullmatch(span) for span in _SPAN.findall(prose(page)))
    paths = (match for match in found if match and (match[1][-1] != "/" or match[1].startswith(_FOLDERS)))
    spans = {Mention(match[1], match[2] or "") for match in paths}
    tests = {Mention(span, "") for span in _SPAN.findall(prose(page)) if re.fullmatch(r"(tests|\.ci)/[\w/]+", span)}
    return sorted(spans | tests)


def find(page: str, path: str) -> Path | None:
    """Return the file that a page calls `path`: from its own folder, from the package or from the repository."""
    folders = (ROOT / page).parent, ROOT / "mockclaude", ROOT
    return next((folder / path for folder in folders if (folder / path).exists()), None)


@cache
def names(module: Path) -> frozenset[str]:
    """Return the names that a module defines, and those of the members of its classes: `Site.handle`."""
    return frozenset(_names(ast.parse(module.read_text(encoding="utf-8")).body, ""))


def _names(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _names(node.body, f"{prefix}{node.name}.")
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield from (prefix + each.id for each in ast.walk(node) if _is_stored(each) and isinstance(each, ast.Name))
        if isinstance(node, ast.FunctionDef) and prefix:
            yield from (
                prefix + each.attr for each in ast.walk(node) if _is_stored(each) and isinstance(each, ast.Attribute)
            )


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)
