"""Results of pure functions that are remembered, within a bound.

In: a function. Out: the same function, which computes less.
Knows nothing of what is computed. `lru_cache` alone bounds how many arguments it keeps, not how long they are: clients
send arguments of a megabyte.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def remember(entries: int, longest: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember the results of the last `entries` calls, except those whose last argument has a `len` above `longest`.

    Arguments are positional.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        remembered = cast(Callable[P, R], lru_cache(maxsize=entries)(function))

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return (remembered if len(cast(Sized, args[-1])) <= longest else function)(*args, **kwargs)

        return call

    return decorate
