"""JMESPath's interpreter with a bound on the work of one evaluation and on what it makes.

A short expression can double its result at each step, so both are counted while it is evaluated. The count follows from
the expression and the data alone, never from the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from mockclaude.scenario.queries import TooMuchWorkError

MAX_WORK = 16_000_000
"""What one evaluation may cost: the sum of the prices below. About a quarter of a second."""

_STEP, _VALUE, _CHARACTER = 64, 16, 1
"""The price of a step of the evaluation, and of a value and a character that it makes."""

_LEAST, _MOST = -(2**63), 2**64 - 1


class _Functions(Functions):
    def __init__(self, spend: Callable[[int], None]) -> None:
        super().__init__()
        self._spend = spend

    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        """Return what a function returns. `join` is the only one whose result may be longer than its arguments."""
        arguments = list(resolved_args)
        if function_name == "join":
            glue, texts = arguments
            self._spend(_CHARACTER * len(glue) * len(texts))
        return super().call_function(function_name, arguments)


class _Work:
    """What is left of `MAX_WORK`."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, price: int) -> None:
        self._left -= price
        if self._left < 0:
            raise TooMuchWorkError


class Interpreter(TreeInterpreter):
    """Evaluates one expression once. Raises `TooMuchWorkError` if it costs more than `MAX_WORK`."""

    def __init__(self) -> None:
        self._spend = _Work().spend
        super().__init__(Options(custom_functions=_Functions(self._spend)))

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the value of `node`."""
        self._spend(_STEP)
        # without the base class's cache of methods, a reference cycle that only a collection frees
        return getattr(self, f"visit_{node['type']}")(node, *args, **kwargs)

    def visit_multi_select_list(self, node: Any, value: Any) -> Any:
        """Return a list of what its expressions find."""
        return self._measured(super().visit_multi_select_list(node, value))

    def visit_multi_select_dict(self, node: Any, value: Any) -> Any:
        """Return a mapping of what its expressions find."""
        return self._measured(super().visit_multi_select_dict(node, value))

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        """Return what a function returns; a whole number that JSON cannot carry as one becomes a float."""
        result = self._measured(super().visit_function_expression(node, value))
        is_carried = not isinstance(result, int) or _LEAST <= result <= _MOST
        return result if is_carried else float(result)

    def _measured(self, result: Any) -> Any:
        """Return `result` once all of it is paid for: what stands in it twice is written twice."""
        waiting = [result]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                self._spend(_CHARACTER * len(value))
            elif isinstance(value, (dict, list)):
                self._spend(_VALUE * len(value))
                waiting.extend(value.values() if isinstance(value, dict) else value)
        return result
