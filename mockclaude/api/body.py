"""The types of request bodies."""

from __future__ import annotations

from typing import Any, TypeAlias

Body: TypeAlias = dict[str, Any]
"""A request body: JSON data of a checked shape."""

Path: TypeAlias = tuple[str | int, ...]
