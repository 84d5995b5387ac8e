"""List the warnings about files that are valid but probably wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mockclaude.scenario.diagnostics import Diagnostic, SourceMap
from mockclaude.scenario.lint.placeholder_lint import lint_placeholders
from mockclaude.scenario.lint.retry_after import lint_retry_after

if TYPE_CHECKING:
    from mockclaude.scenario.format import file as written


def list_warnings(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Iterator[Diagnostic]:
    """Yield the warnings about the files of a scenario."""
    sources = [source for source, _ in files]
    yield from lint_retry_after(sources)
    yield from lint_placeholders(sources)
    if any(rule.when.model for _, file in files for rule in file.rules):
        from mockclaude.scenario.lint.ability_lint import lint_abilities

        yield from lint_abilities(files)
