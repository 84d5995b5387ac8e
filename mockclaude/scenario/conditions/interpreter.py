"""JMESPath's interpreter with a limit on its work and on the size of its results.

A short expression can double its result at each step, so both are counted during the evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jmespath.functions import Functions
from jmespath.visitor import Options, TreeInterpreter

from mockclaude.scenario.conditions.work import Work

_STEP, _VALUE, _CHARACTER = 80, 16, 1
"""The price of a step of the evaluation, of a value in a result and of a character in a result."""

_READ = 32
"""Characters that a function reads for the price of one character of a result."""

_LEAST, _MOST = -(2**63), 2**64 - 1


class _Functions(Functions):
    def __init__(self, spend: Callable[[int], None]) -> None:
        super().__init__()
        self._spend = spend

    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        """Call a function.

        `join` is the only one whose result may be longer than its arguments.
        """
        arguments = list(resolved_args)
        self._spend(sum(len(value) // _READ if isinstance(value, str) else _size(value) for value in arguments))
        if function_name == "join":
            glue, texts = arguments
            self._spend(_CHARACTER * len(glue) * len(texts))
        return super().call_function(function_name, arguments)


class Interpreter(TreeInterpreter):
    """An interpreter of expressions for one request.

    Raises:
        TooMuchWorkError: The evaluation exceeds the rest of `work`.
    """

    def __init__(self, work: Work) -> None:
        super().__init__(Options(custom_functions=_Functions(work.spend)))
        self._spend = work.spend

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the value of `node`."""
        self._spend(_STEP)
        # without the base class's cache of methods, a reference cycle that only a collection frees
        return getattr(self, f"visit_{node['type']}")(node, *args, **kwargs)

    def visit_multi_select_list(self, node: Any, value: Any) -> Any:
        """Return a list of the values of its expressions."""
        return self._measured(super().visit_multi_select_list(node, value))

    def visit_multi_select_dict(self, node: Any, value: Any) -> Any:
        """Return a mapping of the values of its expressions."""
        return self._measured(super().visit_multi_select_dict(node, value))

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        """Return the result of a function.

        An integer that JSON cannot hold becomes a float.
        """
        result = self._measured(super().visit_function_expression(node, value))
        is_carried = not isinstance(result, int) or _LEAST <= result <= _MOST
        return result if is_carried else float(result)

    def _measured(self, result: Any) -> Any:
        """Return `result` after paying for its size. A value that occurs twice is paid for twice."""
        waiting = [result]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                self._spend(_CHARACTER * len(value))
            elif isinstance(value, (dict, list)):
                self._spend(_VALUE * len(value))
                waiting.extend(value.values() if isinstance(value, dict) else value)
        return result


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (dict, list)) else 0
