"""Parse the arguments of Faker calls: literals, with limits on their size and on the draws of a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

MAX_ARGUMENT, MAX_ARGUMENTS = 10_000, 10_000
"""The largest number in the arguments of a call, and the maximum length of the arguments, in characters."""

MAX_VALUE = 2**63
_OF_VALUES = {
    *("min", "max", "min_value", "max_value", "number", "step", "elements"),
    *("start_date", "end_date", "date_start", "date_end"),
    *("start_datetime", "end_datetime", "datetime_start", "datetime_end"),
}
"""Arguments that limit the values, up to `MAX_VALUE`, rather than their count."""

MAX_DRAWS = 20_000
"""The maximum number of draws of one call."""

MAX_MADE = 10_000_000
"""The maximum of draws times length of a result: the length of the arguments, and a width or an indent."""


class Arguments(NamedTuple):
    """The arguments of a call, and the maximum number of its draws."""

    positional: tuple[Any, ...]
    named: dict[str, Any]
    draws: int


def parse_arguments(text: str) -> Arguments:
    """Parse literal arguments, written as in a Python call.

    Raises:
        ValueError: They are not literals, or too long.
    """
    if len(text) > MAX_ARGUMENTS:
        raise ValueError(f"got {len(text)} characters of arguments; expected at most {MAX_ARGUMENTS}")
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        positional = tuple(ast.literal_eval(argument) for argument in call.args)
        named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (AssertionError, SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        raise ValueError("wrong arguments; expected literals, e.g. min=1, max=6") from None
    return Arguments(positional, named, _most_draws(text, positional, named))


def _most_draws(text: str, positional: tuple[Any, ...], named: dict[str, Any]) -> int:
    """Return the maximum number of draws of a call with these arguments: the longer each result, the fewer.

    The largest number may be the count of results, the next one their length.
    """
    amounts = _numbers([*positional, *(value for name, value in named.items() if name not in _OF_VALUES)])
    *_, width, _times = sorted([0, 0, *(abs(amount) for amount in amounts if abs(amount) <= MAX_ARGUMENT)])
    return min(MAX_DRAWS, int(MAX_MADE / (len(text) + width + 1)))


def check_size(positional: tuple[Any, ...], named: dict[str, Any], parameters: list[str]) -> None:
    """Check that the numbers are not too large for their parameters.

    Raises:
        ValueError: A number is too large.
    """
    for name, value in (*zip_longest(parameters[: len(positional)], positional), *named.items()):
        _check_numbers([value], MAX_VALUE if name in _OF_VALUES else MAX_ARGUMENT)


def _check_numbers(values: list[Any], most: int) -> None:
    for number in _numbers(values):
        if not abs(number) <= most:
            raise ValueError(f"{number} is too large; expected at most {most}")


def _numbers(value: Any) -> Iterator[float]:
    """Yield the numbers in a literal."""
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, dict):
        yield from _numbers([*value, *value.values()])
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _numbers(item)
