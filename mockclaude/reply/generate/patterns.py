"""Search for the patterns and formats of a JSON Schema, and generate texts that match an ECMA pattern."""

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
"""Bytes of a compiled pattern, and backtracks of a search for a pattern with look-around or back-references."""

_BACKTRACKING = re.compile(r"\(\?[=!<]|\\[1-9k]")
_LETTERS = string.ascii_letters + string.digits
_PRINTABLE = _LETTERS + " " + string.punctuation


def count_search_steps(pattern: str, text: str) -> int:
    """Estimate the most steps of compiling a pattern and searching a text."""
    again = 20 + len(text) * (len(pattern) + len(text) // 40) // 1_000 if _BACKTRACKING.search(pattern) else 0
    return 30 + len(pattern) // 50 + len(text) // 500 + again


@remember(32, MAX_PATTERN)
def build_validator(keyword: str, argument: str) -> Any:
    """Build a validator of `pattern` or `format` with the method `is_valid`.

    An unknown format accepts every text.

    Raises:
        ValueError: The pattern is invalid or too large.
    """
    if len(argument) > MAX_PATTERN:
        raise ValueError("too long")
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    options = FancyRegexOptions(MAX_BACKTRACKS, size_limit=MAX_COMPILED, dfa_size_limit=MAX_COMPILED)
    return Draft202012Validator({keyword: argument}, pattern_options=options, validate_formats=True)


def generate_text(pattern: str, seed: int, reach: int, greedy: bool) -> tuple[str | None, int]:
    """Generate a text that probably matches an ECMA pattern, and count the steps.

    The text is None if rstr cannot parse the pattern or the text would be too long.

    Args:
        pattern: The pattern.
        seed: The seed of the text.
        reach: The number of repetitions beyond the minimum of a quantifier: the most, or the exact number.
        greedy: Whether `reach` is the exact number.
    """
    if len(pattern) > MAX_PATTERN:
        return None, 0
    generator = _load_rstr()(Random(seed), reach, greedy)
    try:
        with warnings.catch_warnings(action="ignore"):
            return str(generator.xeger(_to_python(pattern))), generator.steps
    except Exception:
        return None, generator.steps


def _to_python(pattern: str) -> str:
    return re.sub(r"\\p\{[^}]*\}", r"\\w", re.sub(r"\(\?<(?![=!])", "(?P<", pattern))


@cache
def _load_rstr() -> type[Any]:
    from rstr import Rstr

    class BoundedRstr(Rstr):
        """rstr with a limit on its work, a preference for letters, and the same result in every process."""

        def __init__(self, random: Random, reach: int, greedy: bool) -> None:
            super().__init__(random, printable=_LETTERS, whitespace=" ", nonword=" -", nonwhitespace=_LETTERS)
            self._reach, self._greedy, self.steps = reach, greedy, 0
            self._cases = {
                **self._cases,
                "not_literal": lambda code: self._choose([char for char in _PRINTABLE if char != chr(code)]),
                "range": lambda ends: [chr(code) for code in range(ends[0], min(ends[1], ends[0] + 255) + 1)],
            }

        def _spend(self, steps: int) -> None:
            self.steps += steps
            if self.steps > MAX_PATTERN_STEPS:
                raise OverflowError

        def _choose(self, options: list[str]) -> str:
            return self._random.choice([char for char in options if char in _LETTERS] or options)

        def _handle_state(self, state: Any) -> Any:
            self._spend(1)
            return super()._handle_state(state)

        def _handle_in(self, value: Any) -> str:
            options = list(chain(*(self._handle_state(state) for state in value)))
            negated = options[0] is False
            return self._choose([char for char in _PRINTABLE if char not in options] if negated else options)

        def _handle_repeat(self, start_range: int, end_range: int, value: Any) -> str:
            top = min(end_range, start_range + self._reach)
            times = top if self._greedy else self._random.randint(start_range, top)
            self._spend(times)
            return "".join(cast(str, self._handle_state(state)) for _ in range(times) for state in value)

    return BoundedRstr
