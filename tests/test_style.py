"""Style rules of .github/CONTRIBUTING.md as patterns: none in docstrings; in pages a count may only fall."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
SUMMARY = 80
"""Characters that the first line of a public docstring may have."""


class Rule(NamedTuple):
    """A pattern that no docstring has, and its maximum number of matches in pages: lower it after a rewrite."""

    pattern: str
    pages: int


RULES = {
    "name the thing": Rule(
        r"\b(what|whatever|whoever) (is|was|are|were|it|they|comes|came|stands|a|an|the|else|has|there)\b", 0
    ),
    "name the actor": Rule(r"\b(is|are|be|was|were|been) (told|said|asked|heard|struck)\b", 0),
    "negate with not": Rule(r"\b(is|are) (no (?!longer\b)\w+|(?-i:none)\b)", 0),
    "use the verb": Rule(r"\b(?-i:Let) \w+", 0),
    "say the number": Rule(r"\bso (many|much|long|often)\b", 0),
    "name the noun": Rule(r"\b(one|those) (that|which|who)\b", 0),
    "plain words": Rule(r"\b(for ever|an? picture|pictures|the program)\b", 0),
    "present tense": Rule(r"\b(shall|hardly|but for|apart from luck|by (it|them)sel(f|ves))\b", 0),
    "no header of ins and outs": Rule(r"^In: |\bKnows? nothing of\b", 0),
}


@cache
def parsed() -> list[tuple[str, ast.Module]]:
    paths = sorted((ROOT / "mockclaude").rglob("*.py"))
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


@cache
def docstrings() -> list[tuple[str, str]]:
    """Return each text that is a statement of its own: docstrings, and texts below constants and fields."""
    return [
        (f"{name}:{node.lineno}", node.value.value)
        for name, module in parsed()
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]


def pages() -> Iterator[tuple[str, str]]:
    """Yield the prose of each page, without code."""
    files = [ROOT / "README.md", *(ROOT / ".github").rglob("*.md"), *(ROOT / "scenarios").rglob("*.md")]
    for path in sorted([*files, *(ROOT / "mockclaude").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]):
        text = re.sub(r"^```.*?^```$|`[^`]*`", blank, path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        yield from ((f"{path.relative_to(ROOT)}:{number}", text) for number, text in paragraphs(text))


def blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    for match in re.finditer(r"(?:.+\n?)+", text):
        yield text.count("\n", 0, match.start()) + 1, match[0]


def hits(pattern: str, texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return each place where `pattern` matches, with the match; a line break counts as a space."""
    search = re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    return [
        f"{place}: {match[0]}"
        for place, text in texts
        for match in search.finditer(re.sub(r"(?<=\S)[ ]*\n[ ]*(?=\S)", " ", text))
    ]


def check(found: list[str], most: int) -> None:
    assert len(found) <= most, f"{len(found)} hits; expected at most {most}; rewrite the new ones:\n" + "\n".join(found)


@pytest.mark.parametrize("name", RULES)
def test_docstrings_follow_the_rule(name: str) -> None:
    check(hits(RULES[name].pattern, docstrings()), 0)


@pytest.mark.parametrize("name", RULES)
def test_pages_follow_the_rule(name: str) -> None:
    check(hits(RULES[name].pattern, pages()), RULES[name].pages)


def public(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield the functions and classes with public names, except within functions."""
    inner: list[ast.stmt] = list(module.body)
    while inner:
        node = inner.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            yield node
        if isinstance(node, ast.ClassDef):
            inner += node.body


def test_summaries_fit_in_80_characters() -> None:
    summaries = (
        (f"{name}:{node.lineno}", (ast.get_docstring(node) or "").partition("\n")[0])
        for name, module in parsed()
        for node in public(module)
    )
    check([f"{place}: {line}" for place, line in summaries if len(line) > SUMMARY], 0)
