"""Find texts of replies with placeholders of other template languages, such as `{{ user }}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mockclaude.scenario.diagnostics import Diagnostic, Path, SourceMap
from mockclaude.scenario.format.file import REPLY_KEYS
from mockclaude.scenario.template.templates import ROOTS

_PLACEHOLDER = re.compile(rf"(?<!\$)\{{\{{\s*((?:{'|'.join(ROOTS)})(?:\.[\w.]+)?)\s*\}}\}}")


def lint_placeholders(sources: Sequence[SourceMap]) -> Iterator[Diagnostic]:
    """Yield a warning for each text with a placeholder that has no `$`."""
    for source in sources:
        for path, text in _reply_texts(source.data.get("rules") or ()):
            if "{{" in text and (match := _PLACEHOLDER.search(text)):
                expected = f"expected '${{{{ {match[1]} }}}}' for its value; add the $"
                yield Diagnostic(source.place(path), f"'{match[0]}' is sent as it is; {expected}")


def _reply_texts(rules: Sequence[Any]) -> Iterator[tuple[Path, str]]:
    for index, rule in enumerate(rules):
        for key in REPLY_KEYS:
            yield from _texts(rule.get(key), ("rules", index, key))


def _texts(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield path and text of each text in `data`."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, (list, dict)):
        for key, value in enumerate(data) if isinstance(data, list) else data.items():
            yield from _texts(value, (*path, key))
