"""Errors for schemas without an instance, and for schemas that take too much work."""

from __future__ import annotations

REMEDY = "change the schema, or write this value in the scenario"
INLINE = "put what it refers to under $defs"


class Unsatisfiable(ValueError):  # noqa: N818 (says what the schema is)
    """No instance was found; the message names the place, the keyword and a way out."""


class Exhausted(Unsatisfiable):
    """Finding out would take too long, so that further attempts are no use."""


def unsatisfiable(path: str, keyword: str, why: str, remedy: str = REMEDY) -> Unsatisfiable:
    """Return the error for the value at `path`."""
    return Unsatisfiable(f"{path}: no value found that meets '{keyword}': {_shortened(why)}; {remedy}")


def exhausted(path: str, why: str) -> Exhausted:
    """Return the error for a schema that takes too much work."""
    return Exhausted(str(unsatisfiable(path, "$schema", why)))


def _shortened(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:299]}…"
