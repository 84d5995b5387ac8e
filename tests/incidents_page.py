"""The page of the incidents, made from the comments of their files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.pages import ROOT

FOLDER = ROOT / "scenarios" / "incidents"
TABLE = "| Incident | Failure | The client receives |\n| --- | --- | --- |\n"


def render(page: str) -> str:
    """Return the text of the page with a row for each file."""
    return page.partition(TABLE)[0] + TABLE + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    for file in sorted(FOLDER.glob("*.yaml")):
        comment = [line.removeprefix("# ") for line in file.read_text("utf-8").splitlines() if line[:2] == "# "]
        yield _row(file, " ".join(comment))


def _row(file: Path, comment: str) -> str:
    """Return the row of an incident: the first sentences of its comment, and its first citation."""
    happened, _, seen = comment.partition(" The client sees: ")
    repository, number = re.findall(r"([\w.-]+/[\w.-]+)#(\d+)", happened)[0]
    failure = happened.partition(f" {repository}#")[0].split(". ")[0].rstrip(".")
    link = f"[{repository}#{number}](https://github.com/{repository}/issues/{number})"
    return f"| [{file.stem}]({file.name}) | {failure} ({link}) | {seen.split('. ')[0].rstrip('.')} |"
