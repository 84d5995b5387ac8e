"""JMESPath, behind a door: imported when the first expression is met, and unable to fail while a request is answered.

In: an expression. Out: what is wrong with it, or a function that looks it up in JSON data.
Knows nothing of scenarios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from mockclaude.scenario.mistakes import did_you_mean

EXAMPLES = "expected such as metadata.user_id, or max_tokens > `4000` with backticks around a number"
_SHOWN = 80


def problem(expression: str) -> str | None:
    """Return what is wrong with a JMESPath expression, or None. What its functions are called with is checked too."""
    from jmespath import compile as parse
    from jmespath.exceptions import JMESPathError

    try:
        parsed = parse(expression).parsed
        orjson.dumps(parsed)
        return next(_misuses({"type": "expression", "children": [parsed]}), None)
    except (JMESPathError, PendingDeprecationWarning) as error:
        reason = str(error).splitlines()[0].partition(", for expression")[0].rstrip(":")
        return f"'{expression[:_SHOWN]}' is not a JMESPath expression: {reason}; {EXAMPLES}"
    except (RecursionError, TypeError):
        return f"'{expression[:_SHOWN]}' is too deep, or has a literal that JSON cannot carry; expected a simpler one"


def look_up(expression: str) -> Callable[[Any], Any]:
    """Return a function that finds `expression`, in which there is no problem, in JSON data; None where it is not."""
    from jmespath import compile as parse

    search = parse(expression).search

    def found(data: Any) -> Any:
        try:
            return search(data)
        except Exception:  # a function met a value it does not take: what is looked for is not there
            return None

    return found


def _misuses(node: dict[str, Any]) -> Iterator[str]:
    """Yield the functions below `node` that do not exist or get too few or too many arguments, and any stray `&`."""
    children = [child for child in node["children"] if isinstance(child, dict)]
    signature: list[dict[str, Any]] = []
    if node["type"] == "function_expression":
        signature = _functions().get(node["value"], {}).get("signature", [])
        yield from _misused(node["value"], signature, len(children))
    if any(child["type"] == "expref" for child in children) and not any("expref" in one["types"] for one in signature):
        yield "'&' is out of place in this JMESPath expression; expected it in map, sort_by, min_by or max_by"
    for child in children:
        yield from _misuses(child)


def _misused(name: str, signature: list[dict[str, Any]], given: int) -> Iterator[str]:
    if name not in _functions():
        yield f"JMESPath has no function '{name}'; expected one of its own{did_you_mean(name, _functions())}"
    elif given < len(signature) or (given > len(signature) and not signature[-1].get("variadic")):
        yield f"{name}() has {given} arguments in this JMESPath expression; expected {len(signature)}"


def _functions() -> dict[str, Any]:
    from jmespath.functions import Functions

    functions: dict[str, Any] = Functions.FUNCTION_TABLE
    return functions
