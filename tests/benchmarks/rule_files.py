"""Scenario files with many rules, each with a request that makes their conditions cost much.

In: a size in bytes. Out: a `Request`. Names say what the rules look at; `(all)` means that the request contains what
every rule searches for, though a last condition fails.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.benchmarks.corpus import MESSAGE, OFF, Body, Request, ask, assistant, request, text, user, words


class RuleFile(NamedTuple):
    """Rules, and a request to them."""

    rules: list[Body]
    build: Callable[[int], Request]

    def content(self) -> str:
        """Return the file, as JSON."""
        return json.dumps({"rules": self.rules})


def rules(count: int, when: Callable[[int], Body]) -> list[Body]:
    return [{"name": f"r{n}", "when": when(n), "reply": "a"} for n in range(count)]


def prose(size: int) -> Request:
    return request(ask(messages=[user(words(size))]))


def orders(size: int) -> str:
    return (words(size) + " ".join(f"Order {n} now" for n in range(2_000)))[-size:]


def all_orders(size: int) -> Request:
    return request(ask(messages=[user(orders(size))]))


def system(size: int) -> Request:
    return request(ask(system=orders(size)))


def results(size: int) -> Request:
    call = {"type": "tool_use", "id": "t1", "name": "find", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": words(size)}
    tools = [{"name": "find", "input_schema": {"type": "object", "properties": {}}}]
    return request(ask(messages=[MESSAGE, assistant([call]), user([result])], tools=tools))


def many_results(size: int) -> Request:
    count = size // 140
    calls = [{"type": "tool_use", "id": f"t{n}", "name": "find", "input": {}} for n in range(count)]
    told = [{"type": "tool_result", "tool_use_id": f"t{n}", "content": f"Order {n}"} for n in range(count)]
    return request(ask(messages=[MESSAGE, assistant(calls), user(told)]), OFF)


def blocks(size: int) -> Request:
    return request(ask(messages=[user([text(f"Order {n}") for n in range(size // 40)])]))


def tools(size: int) -> Request:
    offered = [{"name": f"a_b_c_{n}", "input_schema": {"type": "object"}} for n in range(min(5_000, size // 60))]
    return request(ask(tools=offered), OFF)


def model(size: int) -> Request:
    return request(ask(model="claude-" + "a" * size), OFF)


def common(size: int) -> Request:
    return request(ask(messages=[user("the quick " * (size // 10))]))


def regex(pattern: str) -> Callable[[int], Any]:
    return lambda n: {"regex": pattern.format(n)}


def both(pattern: str, **more: Any) -> Callable[[int], Body]:
    return lambda n: {"user": {"regex": pattern.format(n)}, **more}


NO_TOOL = {"tools": "none"}
COMMON = sorted({"the quick"[first:last] for first in range(9) for last in range(first + 1, 10)})

RULE_FILES: dict[str, RuleFile] = {
    "user contains": RuleFile(rules(2_000, lambda n: {"user": f"Order {n} now"}), prose),
    "user contains, lists": RuleFile(rules(2_000, lambda n: {"user": [f"Order {n}.", f"Item {n}."]}), prose),
    "user contains (all)": RuleFile(rules(2_000, lambda n: {"user": f"Order {n} now", **NO_TOOL}), all_orders),
    "user contains, frequent texts": RuleFile(
        rules(1_000, lambda n: {"user": f"{COMMON[n % len(COMMON)]}", "turn": 2 + n}), common
    ),
    "user regex, any case": RuleFile(rules(2_000, both("(?i)order {} now")), prose),
    "user regex, any case (all)": RuleFile(rules(2_000, both("(?i)order {} now", **NO_TOOL)), all_orders),
    "user regex with a group (all)": RuleFile(rules(500, both(r"(?i)order {} (\w+)", **NO_TOOL)), all_orders),
    "user regex of classes": RuleFile(rules(500, both(r"[a-z]{{4,}} [0-9]+x{{{}}}")), prose),
    "user regex, two texts": RuleFile(rules(2_000, both("(?i)order {0} .*item {0}")), all_orders),
    "system regex": RuleFile(rules(2_000, lambda n: {"system": {"regex": f"order {n} .*now"}}), system),
    "system regex, any case": RuleFile(rules(2_000, lambda n: {"system": {"regex": f"(?i)item {n} now"}}), system),
    "tool_result content regex": RuleFile(
        rules(2_000, lambda n: {"tool_result": {"name": "find", "content": {"regex": f"(?i)order {n} now"}}}), results
    ),
    "tool_result names": RuleFile(rules(2_000, lambda n: {"tool_result": f"find_{n}"}), many_results),
    "tool_result content (all)": RuleFile(
        rules(2_000, lambda n: {"tool_result": {"content": f"Order {n}"}, **NO_TOOL}), many_results
    ),
    "tools like": RuleFile(rules(2_000, lambda n: {"tools": f"*a*b*c*{n}x"}), tools),
    "tools like (all)": RuleFile(rules(2_000, lambda n: {"tools": f"*a*b*c*{n}*b"}), tools),
    "tools": RuleFile(rules(2_000, lambda n: {"tools": f"find_{n}"}), tools),
    "model regex": RuleFile(rules(2_000, lambda n: {"model": {"regex": f"(?i)claude-{n}"}}), model),
    "headers like": RuleFile(rules(2_000, lambda n: {"headers": {"user-agent": f"*a{n}*"}}), prose),
    "body contains": RuleFile(rules(2_000, lambda n: {"body": f"contains(messages[0].content, 'Item {n}')"}), prose),
    "body values of one expression": RuleFile(
        rules(2_000, lambda n: {"body": {"length(messages[].content[].text)": 100_000 + n}}), blocks
    ),
    "body expressions over many blocks": RuleFile(
        rules(1_000, lambda n: {"body": f"messages[].content[].text | contains(@, 'Item {n}')"}), blocks
    ),
    "body, filters of many blocks": RuleFile(
        rules(1_000, lambda n: {"body": f"messages[].content[?text == 'Item {n}'][]"}), blocks
    ),
}
