"""Text that matches a pattern of a JSON Schema.

In: an ECMA pattern, a seed. Out: text that probably matches, within a number of steps.
Knows nothing of schemas; nobody has checked the text yet.
"""

from __future__ import annotations

import re
import string
import warnings
from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from random import Random
from typing import Any, cast

MAX_PATTERN = 2_000
MAX_PATTERN_STEPS = 5_000


def matching(
    pattern: str, seed: int, reach: int, greedy: bool, spend: Callable[[int], None] = lambda _: None
) -> str | None:
    """Return text that probably matches an ECMA pattern, or None if rstr cannot read it or it would be too long.

    A repetition is at most `reach` more than its minimum; if `greedy`, exactly that. `spend` is called with the steps
    that it took.
    """
    if len(pattern) > MAX_PATTERN:
        return None
    maker = _bounded()(Random(seed), reach, greedy)
    try:
        with warnings.catch_warnings(action="ignore"):
            text = str(maker.xeger(_as_python(pattern)))
    except Exception:
        text = None
    spend(maker.steps)
    return text


def _as_python(pattern: str) -> str:
    return re.sub(r"\\p\{[^}]*\}", r"\\w", re.sub(r"\(\?<(?![=!])", "(?P<", pattern))


@lru_cache(maxsize=1)
def _bounded() -> type[Any]:
    from rstr import Rstr

    letters = string.ascii_letters + string.digits
    printable = letters + " " + string.punctuation

    class Bounded(Rstr):
        """rstr with a limit on its work, pleasant characters, and the same result in every process."""

        def __init__(self, random: Random, reach: int, greedy: bool) -> None:
            super().__init__(random, printable=letters, whitespace=" ", nonword=" -", nonwhitespace=letters)
            self._reach, self._greedy, self.steps = reach, greedy, 0
            self._cases = {
                **self._cases,
                "not_literal": lambda code: self._pleasant([each for each in printable if each != chr(code)]),
                "range": lambda ends: [chr(code) for code in range(ends[0], min(ends[1], ends[0] + 255) + 1)],
            }

        def _spend(self, steps: int) -> None:
            self.steps += steps
            if self.steps > MAX_PATTERN_STEPS:
                raise OverflowError

        def _pleasant(self, options: list[str]) -> str:
            return self._random.choice([each for each in options if each in letters] or options)

        def _handle_state(self, state: Any) -> Any:
            self._spend(1)
            return super()._handle_state(state)

        def _handle_in(self, value: Any) -> str:
            listed = list(chain(*(self._handle_state(each) for each in value)))
            negated = listed[0] is False
            return self._pleasant([each for each in printable if each not in listed] if negated else listed)

        def _handle_repeat(self, start_range: int, end_range: int, value: Any) -> str:
            top = min(end_range, start_range + self._reach)
            times = top if self._greedy else self._random.randint(start_range, top)
            self._spend(times)
            return "".join(cast(str, self._handle_state(state)) for _ in range(times) for state in value)

    return Bounded
