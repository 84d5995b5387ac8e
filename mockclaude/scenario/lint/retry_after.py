"""Waits that a scenario tells clients, and that are longer than most mean: SDKs obey them, so that a test stalls.

In: scenario files as plain data with places. Out: warnings.
Knows nothing of requests. A named fault says by its name how long it is, and what is filled in shows only in a reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mockclaude.scenario.diagnostics import Diagnostic, Path, SourceMap

LONGEST = 60
"""Seconds up to which a wait is not worth a warning."""

_SECONDS = {"retry-after": 1.0, "retry-after-ms": 0.001}
_ON_THE_WAY = {"rules", "reply", "sequence", "choice", "chaos", "fault", "script", "error", "respond", "headers"}
"""Keys below which a header of a response can be."""


def lint_retry_after(sources: Sequence[SourceMap]) -> Iterator[Diagnostic]:
    """Yield a warning for each header that tells clients to wait for more than `LONGEST` seconds."""
    for source in sources:
        for path, name, value in _headers(source.data, ()):
            seconds = _number(value) * _SECONDS[name]
            if seconds > LONGEST:
                problem = f"{name} is {seconds:g} s, and clients wait that long; expected at most {LONGEST} s in tests"
                yield Diagnostic(source.place(path), problem)


def _headers(data: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """Yield path, name and value of each header in `data` that tells how long to wait."""
    if isinstance(data, list):
        for index, item in enumerate(data):
            yield from _headers(item, (*path, index))
    elif isinstance(data, dict):
        for key, value in data.items():
            if path[-1:] == ("headers",) and key.lower() in _SECONDS:
                yield (*path, key), key.lower(), value
            elif key in _ON_THE_WAY:
                yield from _headers(value, (*path, key))


def _number(value: Any) -> float:
    """Return the number that a header has, 0 if it has none: a date, or what is filled in later."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
