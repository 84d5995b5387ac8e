"""Find limits that never apply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockclaude.scenario.diagnostics import Diagnostic, Place, SourceMap
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.scoped_limits import placed_limits


def lint_limits(files: Sequence[tuple[SourceMap, ScenarioFile]]) -> Iterator[Diagnostic]:
    """Yield the limits that come after one for every request."""
    above: Place | None = None
    for limit, place in placed_limits(files):
        if above:
            problem = (
                f"unreachable limit, shadowed by {above}; expected the more specific limit first; move this limit up"
            )
            yield Diagnostic(place, problem)
        elif limit.model is None and limit.api_key is None:
            above = place
