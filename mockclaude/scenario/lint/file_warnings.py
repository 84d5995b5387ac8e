"""List the warnings about files that are valid but probably wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockclaude.scenario.diagnostics import Diagnostic, SourceMap
from mockclaude.scenario.lint.placeholder_lint import lint_placeholders
from mockclaude.scenario.lint.retry_after import lint_retry_after


def list_warnings(sources: Sequence[SourceMap]) -> Iterator[Diagnostic]:
    """Yield the warnings about the files of a scenario."""
    yield from lint_retry_after(sources)
    yield from lint_placeholders(sources)
