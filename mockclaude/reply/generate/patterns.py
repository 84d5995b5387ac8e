"""Patterns and formats of a JSON Schema: search texts for them, and generate texts that match an ECMA pattern."""

from __future__ import annotations

import re
import string
import warnings
from functools import cache
from itertools import chain
from random import Random
from typing import Any, cast

from mockclaude.api.memo import remember

MAX_PATTERN, MAX_PATTERN_STEPS = 2_000, 5_000
MAX_COMPILED, MAX_BACKTRACKS = 100_000, 10_000
"""Bytes that a compiled pattern may take, and how often one with look-around or back-references may begin again."""

_BACKTRACKING = re.compile(r"\(\?[=!<]|\\[1-9k]")


def count_search_steps(pattern: str, text: str) -> int:
    """Return the steps that it takes at most to compile a pattern and search a text for it."""
    again = 20 + len(text) * (len(pattern) + len(text) // 40) // 1_000 if _BACKTRACKING.search(pattern) else 0
    return 30 + len(pattern) // 50 + len(text) // 500 + again


@remember(32, MAX_PATTERN)
def validator(keyword: str, argument: str) -> Any:
    """Return what checks texts against `pattern` or `format`, with `is_valid`; an unknown format accepts every text.

    Raises:
        ValueError: The pattern is invalid or too large.
    """
    if len(argument) > MAX_PATTERN:
        raise ValueError("too long")
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    options = FancyRegexOptions(MAX_BACKTRACKS, size_limit=MAX_COMPILED, dfa_size_limit=MAX_COMPILED)
    return Draft202012Validator({keyword: argument}, pattern_options=options, validate_formats=True)


def generate(pattern: str, seed: int, reach: int, greedy: bool) -> tuple[str | None, int]:
    """Generate text that probably matches an ECMA pattern; return it with the steps that were taken.

    The text is None if rstr cannot read the pattern, or if it would be too long. A repetition is at most `reach` more
    than its minimum; if `greedy`, exactly that.
    """
    if len(pattern) > MAX_PATTERN:
        return None, 0
    generator = _bounded_rstr()(Random(seed), reach, greedy)
    try:
        with warnings.catch_warnings(action="ignore"):
            return str(generator.xeger(_as_python(pattern))), generator.steps
    except Exception:
        return None, generator.steps


def _as_python(pattern: str) -> str:
    return re.sub(r"\\p\{[^}]*\}", r"\\w", re.sub(r"\(\?<(?![=!])", "(?P<", pattern))


@cache
def _bounded_rstr() -> type[Any]:
    from rstr import Rstr

    letters = string.ascii_letters + string.digits
    printable = letters + " " + string.punctuation

    class BoundedRstr(Rstr):
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

    return BoundedRstr
