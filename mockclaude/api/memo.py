"""Caching of pure functions with a bound on the length of arguments.

`lru_cache` bounds the number of cached arguments, not their length: clients send arguments of a megabyte.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def remember(entries: int, longest: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache the results of recent calls. Arguments must be positional.

    Args:
        entries: The maximum number of results.
        longest: The maximum length of the last argument. Longer ones are not cached.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        cached = cast(Callable[P, R], lru_cache(maxsize=entries)(function))

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return (cached if len(cast(Sized, args[-1])) <= longest else function)(*args, **kwargs)

        return call

    return decorate
