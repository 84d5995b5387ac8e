"""Find retry delays that stall tests: SDKs wait as long as a `retry-after` header tells them.

Presets are not checked, since their names state the delay. Placeholders are not checked either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mockclaude.scenario.diagnostics import Diagnostic, Path, SourceMap
from mockclaude.scenario.format.file import REPLY_KEYS
from mockclaude.scenario.format.response_headers import parse_retry_in

LONGEST = 60
"""Seconds up to which a delay gets no warning."""

_SECONDS = {"retry-after": 1.0, "retry-after-ms": 0.001}
_ON_THE_WAY = {"rules", *REPLY_KEYS, "chaos", "fault", "script", "error", "respond", "headers"}
"""Keys below which a response header can be."""


def lint_retry_after(sources: Sequence[SourceMap]) -> Iterator[Diagnostic]:
    """Yield a warning for each retry header of more than `LONGEST` seconds."""
    for source in sources:
        for path, name, value in _headers(source.data, ()):
            seconds = _number(value) * _SECONDS[name]
            if seconds > LONGEST:
                problem = (
                    f"`{name}`: clients wait {seconds:g} s; expected at most {LONGEST} s; use `--retry-speed instant`"
                )
                yield Diagnostic(source.place(path), problem)


def _headers(data: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """Yield path, name and value of each retry header in `data`."""
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
    """Return the number in a header, or the seconds of `in 2h`; 0 for a date or a placeholder."""
    try:
        delay = parse_retry_in(value)
        return float(value) if delay is None else delay / 1e6
    except (TypeError, ValueError):
        return 0.0
