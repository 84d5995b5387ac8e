"""The dialects of errors that come before an adapter, such as an unknown path."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING

from mockclaude.engine.paths import AdapterName

if TYPE_CHECKING:
    from mockclaude.reply.dialect import Dialect

ERROR_DIALECTS: dict[AdapterName, str] = {
    "bedrock": "mockclaude.engine.adapters.bedrock_dialect:BEDROCK_ERRORS",
    "openai": "mockclaude.engine.adapters.openai_errors:OPENAI_ERRORS",
    "vertex": "mockclaude.engine.adapters.vertex_dialect:VERTEX_ERRORS",
}
"""Adapter -> its dialect, as `module:NAME`. Without one, errors are in the API's own dialect."""


def find_error_dialect(adapter: AdapterName) -> Dialect | None:
    """Find the dialect of the errors of an adapter."""
    name = ERROR_DIALECTS.get(adapter)
    dialect: Dialect | None = None if name is None else resolve_name(name)
    return dialect
