"""Work in slices: a server handles other requests between them."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Slices: TypeAlias = Generator[None, None, T]
"""A generator that yields after each slice, and returns the result."""


def finish(work: Slices[T]) -> T:
    """Do the work without a break, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
