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
    """Cache the results of the last `entries` calls whose last argument is at most `longest` long.

    Arguments must be positional.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        remembered = cast(Callable[P, R], lru_cache(maxsize=entries)(function))

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return (remembered if len(cast(Sized, args[-1])) <= longest else function)(*args, **kwargs)

        return call

    return decorate
