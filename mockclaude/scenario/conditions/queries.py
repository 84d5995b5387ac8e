"""JMESPath expressions: checked when a file is loaded, so that they cannot fail for a request.

The library is imported with the first expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.work import TooMuchWorkError, Work, work_of
from mockclaude.scenario.diagnostics import MAX_DEPTH, did_you_mean, shorten

if TYPE_CHECKING:
    from typing import Self

EXAMPLES = "expected an expression such as metadata.user_id, or max_tokens > `4000` with backticks around a number"
MAX_LENGTH = 1_000
_SHOWN = 80
_TOO_MUCH = "takes too much work, or its result is too large; expected a simpler expression or a shorter request"


def find_problem(expression: str) -> str | None:
    """Return the problem of a JMESPath expression, or None.

    Calls of functions are checked too.
    """
    from jmespath.exceptions import JMESPathError

    quoted = f"'{shorten(expression, _SHOWN)}'"
    if len(expression) > MAX_LENGTH:
        return f"JMESPath {quoted} has {len(expression)} characters; expected at most {MAX_LENGTH}"
    try:
        parsed = _parse(expression)
        orjson.dumps(parsed)
        return next(_misuses({"type": "expression", "children": [parsed]}), None)
    except (JMESPathError, PendingDeprecationWarning) as error:
        reason = str(error).splitlines()[0].partition(", for expression")[0].rstrip(":")
        return f"invalid JMESPath {quoted} ({reason}); {EXAMPLES}"
    except (RecursionError, TypeError):
        return f"JMESPath {quoted} is too deep, or has a literal that JSON cannot hold; expected a simpler one"


class Query(str):
    """A parsed JMESPath expression.

    As a string it is the expression that the user wrote.

    Raises:
        ValueError: The expression is invalid.
    """

    parsed: Any

    def __new__(cls, expression: str) -> Self:
        """Parse `expression`."""
        if found := find_problem(expression):
            raise ValueError(found)
        query = super().__new__(cls, expression)
        query.parsed = _parse(expression)
        return query

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, handler(str))

    def find_in(self, request: MessagesRequest) -> Any:
        """Return the value of the expression in the body of `request`.

        Equal expressions are evaluated once.

        Raises:
            TooMuchWorkError: The evaluation exceeds the rest of the request's work.
        """
        memo = request.memo
        if self not in memo:
            memo[self] = self.evaluate(request.body, work_of(request))
        return memo[self]

    def evaluate(self, data: Any, work: Work) -> Any:
        """Return the value of the expression in JSON data, or None.

        Raises:
            TooMuchWorkError: The evaluation exceeds the rest of `work`.
        """
        from mockclaude.scenario.conditions.interpreter import Interpreter

        try:
            return Interpreter(work).visit(self.parsed, data)
        except TooMuchWorkError:
            raise TooMuchWorkError(f"'{shorten(self, _SHOWN)}' {_TOO_MUCH}") from None
        except Exception:  # a function got a value of a wrong type: the body has no such value
            return None


def _parse(expression: str) -> Any:
    from jmespath.parser import Parser

    return Parser().parse(expression).parsed


def _misuses(node: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Yield the problems of functions below `node`: unknown names, wrong numbers of arguments, a stray `&`.

    Raises:
        RecursionError: There are more than `MAX_DEPTH` levels.
    """
    if depth > MAX_DEPTH:
        raise RecursionError
    children = [child for child in node["children"] if isinstance(child, dict)]
    signature: list[dict[str, Any]] = []
    if node["type"] == "function_expression":
        signature = _functions().get(node["value"], {}).get("signature", [])
        yield from _misused(node["value"], signature, len(children))
    if any(child["type"] == "expref" for child in children) and not any("expref" in one["types"] for one in signature):
        yield "misplaced '&' in JMESPath; expected it in map, sort_by, min_by or max_by"
    for child in children:
        yield from _misuses(child, depth + 1)


def _misused(name: str, signature: list[dict[str, Any]], given: int) -> Iterator[str]:
    if name not in _functions():
        yield f"unknown JMESPath function '{name}'; expected a built-in function{did_you_mean(name, _functions())}"
    elif given < len(signature) or (given > len(signature) and not signature[-1].get("variadic")):
        yield f"JMESPath function {name}() has {given} arguments; expected {len(signature)}"


def _functions() -> dict[str, Any]:
    from jmespath.functions import Functions

    functions: dict[str, Any] = Functions.FUNCTION_TABLE
    return functions
