"""Limits with the models and API keys that they apply to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mockclaude.scenario.conditions.conditions import text_test
from mockclaude.scenario.diagnostics import Place, SourceMap
from mockclaude.scenario.format.file import ScenarioFile

if TYPE_CHECKING:
    from mockclaude.scenario.format.limits import Limit


class ScopedLimit(NamedTuple):
    """A limit, its place, and tests of the model and the API key of a request."""

    limit: Limit
    place: Place
    model: Callable[[str], bool]
    api_key: Callable[[str], bool]

    def applies(self, model: str, api_key: str) -> bool:
        """Return whether the limit applies to a request with this model and key."""
        return self.model(model) and self.api_key(api_key)


def scoped_limits(files: Sequence[tuple[SourceMap, ScenarioFile]]) -> tuple[ScopedLimit, ...]:
    """Build the scoped limits of all files, in order."""
    return tuple(
        ScopedLimit(limit, place, *(text_test(names) if names else _any for names in (limit.model, limit.api_key)))
        for limit, place in placed_limits(files)
    )


def placed_limits(files: Sequence[tuple[SourceMap, ScenarioFile]]) -> Iterator[tuple[Limit, Place]]:
    """Yield the limits of all files with their places."""
    for source, file in files:
        for index, limit in enumerate(file.limits or ()):
            yield limit, source.place(("limits", index))


def _any(_: str) -> bool:
    return True
