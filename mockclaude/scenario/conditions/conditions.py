"""Conditions: the keys of a rule's `when`, ready to match a request and to describe the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.condition_text import (
    body_describer,
    describe,
    describe_body_match,
    describe_header,
    describe_matches,
    describe_names,
    describe_tool_result_match,
    tool_result_describer,
)
from mockclaude.scenario.conditions.differences import first_difference
from mockclaude.scenario.conditions.queries import Query
from mockclaude.scenario.conditions.searches import Search, search
from mockclaude.scenario.format.when import BodyMatcher, TextMatcher, ToolResultMatcher, When

USER = attrgetter("typed_text")
TOOLS = attrgetter("tools")
TOOL_RESULTS = attrgetter("results")
SYSTEM = attrgetter("system")

OF_THE_RULE = ("times", "order")
"""Keys of results that concern the rule itself: whether it is exhausted, and whether it is shadowed."""

Look: TypeAlias = Callable[[MessagesRequest], Any]
Holds: TypeAlias = Callable[[Any], bool]
Test: TypeAlias = tuple[Look, Holds, tuple[Search, ...]]


class ConditionResult(NamedTuple):
    """The result of one condition for one request, with a `hint` if it failed.

    `got` is without credentials. For the keys in `OF_THE_RULE` the hint is the whole message.
    """

    key: str
    wanted: str
    got: str
    held: bool
    hint: str = ""

    def __str__(self) -> str:
        if self.hint and self.key in OF_THE_RULE:
            return self.hint
        text = f"{self.key}: expected {self.wanted}, got {self.got}"
        return f"{text}; {self.hint}" if self.hint else text


class Condition(NamedTuple):
    """A condition of a rule: it matches if `holds` is true for the result of `look`.

    Attributes:
        key: The key of `when`.
        wanted: The description of the accepted values.
        groups: Returns the captures of the regular expressions.
        searches: The texts that must contain a needle.
        texts: The texts and names that the condition accepts, for hints.
        costly: Whether the condition searches with an expression or calls a function.
        describe: Describes the value of a request.
        difference: Describes where a long value begins to differ.
    """

    key: str
    wanted: str
    look: Look
    holds: Holds
    groups: Callable[[Any], Mapping[str, Any]] | None = None
    searches: tuple[Search, ...] = ()
    texts: tuple[str, ...] = ()
    costly: bool = False
    describe: Callable[[Any], str] = describe
    difference: Callable[[Any], str] | None = None

    def check(self, request: MessagesRequest) -> ConditionResult:
        """Return the result of the condition for `request`."""
        found = self.look(request)
        return ConditionResult(self.key, self.wanted, self.describe(found), self.holds(found))


def conditions(when: When) -> tuple[Condition, ...]:
    """Build the conditions of `when`, the cheapest first."""
    return tuple(_conditions(when))


def _conditions(when: When) -> Iterator[Condition]:
    yield from _exact_conditions(when)
    for header, matches in (when.headers or {}).items():
        yield _header_condition(header, matches)
    if when.user:
        yield _text_condition("user", when.user, USER)
    if when.tool_result:
        yield _tool_result_condition(when.tool_result)
    if when.tools:
        yield _tools_condition(when.tools)
    if when.system:
        yield _text_condition("system", when.system, SYSTEM)
    if when.anywhere:
        yield _text_condition("anywhere", when.anywhere, attrgetter("conversation"))
    if when.body:
        yield _body_condition(when.body)


def _exact_conditions(when: When) -> Iterator[Condition]:
    if when.stream is not None:
        yield Condition("stream", str(when.stream).lower(), attrgetter("stream"), lambda found: found is when.stream)
    if when.endpoint:
        yield _choice_condition("endpoint", when.endpoint, attrgetter("endpoint"))
    if when.adapter:
        yield _choice_condition("adapter", when.adapter, attrgetter("adapter"))
    if when.model:
        yield _text_condition("model", when.model, attrgetter("model"))
    if when.turn:
        yield _choice_condition("turn", when.turn, attrgetter("turn"))
    if when.retry:
        yield _choice_condition("retry", when.retry, attrgetter("retry"))


def _header_condition(name: str, matches: list[TextMatcher]) -> Condition:
    test = text_test(matches)
    return _text_condition(f"headers.{name}", matches, lambda request: request.headers.get(name))._replace(
        wanted=describe_matches(matches, name),
        holds=lambda value: value is not None and test(value),
        describe=partial(describe_header, name),
    )


def _choice_condition(key: str, values: Sequence[int | str], look: Look) -> Condition:
    return Condition(key, " or ".join(map(repr, values)), look, lambda found: found in values)


def _text_condition(key: str, matches: list[TextMatcher], look: Look) -> Condition:
    return Condition(
        key,
        describe_matches(matches),
        look,
        text_test(matches),
        _groups(matches),
        (search(key, matches, look),),
        texts=_texts(matches),
        costly=_has_regex(matches),
        difference=_text_difference(matches),
    )


def _has_regex(matches: Iterable[TextMatcher]) -> bool:
    return any(match.regex for match in matches)


def _texts(matches: Iterable[TextMatcher]) -> tuple[str, ...]:
    accepted = [text for match in matches for text in (match.equals or match.contains or match.like or ())]
    return tuple(text for text in accepted if "*" not in text)


def _text_difference(matches: list[TextMatcher]) -> Callable[[Any], str] | None:
    """Build the function that finds where a text begins to differ from the only accepted text."""
    texts = [text for match in matches for text in match.equals or match.like or ("*",)]
    return partial(first_difference, texts[0]) if len(texts) == 1 and "*" not in texts[0] else None


def _tools_condition(matches: list[TextMatcher]) -> Condition:
    test = text_test(matches)
    return Condition(
        "tools",
        describe_matches(matches),
        TOOLS,
        lambda names: any(map(test, names)),
        searches=(search("tools", matches, attrgetter("tool_names"), TOOLS),),
        texts=_texts(matches),
        costly=_has_regex(matches),
        describe=describe_names,
    )


def _tool_result_condition(matches: list[ToolResultMatcher]) -> Condition:
    tests = [_tool_result_test(match) for match in matches]
    names = [text_test(match.name) if match.name else _any for match in matches]
    return Condition(
        "tool_result",
        " or ".join(map(describe_tool_result_match, matches)),
        TOOL_RESULTS,
        lambda results: any(test(result) for result in results for test in tests),
        searches=tuple(_result_searches(matches)),
        texts=tuple(text for match in matches for text in _texts(match.name or ())),
        costly=any(_has_regex((*(match.name or ()), *(match.content or ()))) for match in matches),
        describe=tool_result_describer(matches, lambda result: any(name(result.name) for name in names)),
    )


def _result_searches(matches: list[ToolResultMatcher]) -> Iterator[Search]:
    """Yield the searches in the names and in the texts of tool results that every matcher requires."""
    for key, text in (("name", attrgetter("result_names")), ("content", attrgetter("result_texts"))):
        parts = [getattr(match, key) for match in matches]
        matches_of_all = [part for one in parts for part in one or ()]
        yield search(f"tool_result.{key}", matches_of_all, text, TOOL_RESULTS, is_required=all(parts))


def _any(_: str) -> bool:
    return True


def _tool_result_test(match: ToolResultMatcher) -> Callable[[Any], bool]:
    name, content = (text_test(part) if part else _any for part in (match.name, match.content))
    return lambda result: name(result.name) and match.is_error in (None, result.is_error) and content(result.content)


def _body_condition(bodies: list[BodyMatcher]) -> Condition:
    """Build one condition for a list of body matchers, of which one must match."""
    looks, tests = zip(*map(_body_test, bodies), strict=True)
    return Condition(
        "body",
        " or ".join(map(describe_body_match, bodies)),
        lambda request: [look(request) for look in looks],
        lambda found: any(test(value) for test, value in zip(tests, found, strict=True)),
        costly=True,
        describe=body_describer(bodies),
        difference=_body_difference(bodies[0].values) if len(bodies) == 1 else None,
    )


def _body_difference(values: Mapping[Query, Any]) -> Callable[[Any], str] | None:
    if not values:
        return None
    return lambda found: first_difference(values, dict(zip(values, found[0], strict=True)))


def _body_test(match: BodyMatcher) -> tuple[Look, Holds]:
    if match.truthy is not None:
        return match.truthy.find_in, bool
    queries, expected = list(match.values), list(match.values.values())
    return lambda request: [query.find_in(request) for query in queries], expected.__eq__


def text_test(matches: list[TextMatcher]) -> Callable[[str], bool]:
    """Build a test that is true for a text that one of `matches` accepts."""
    tests = [test for match in matches for test in _tests(match)]
    return tests[0] if len(tests) == 1 else lambda text: any(test(text) for test in tests)


def _tests(match: TextMatcher) -> Iterator[Callable[[str], bool]]:
    yield from (whole.__eq__ for whole in match.equals or ())
    yield from (methodcaller("__contains__", part) for part in match.contains or ())
    yield from (_like(pattern) for pattern in match.like or ())
    yield from (pattern.matches for pattern in match.regex or ())


def _like(pattern: str) -> Callable[[str], bool]:
    if "*" not in pattern:
        return pattern.__eq__
    first, *middle, last = pattern.split("*")

    def matches(text: str) -> bool:
        if not (text.startswith(first) and text.endswith(last)):
            return False
        begin, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, begin, end)
            if found < 0:
                return False
            begin = found + len(part)
        return begin <= end

    return matches


def _groups(matches: list[TextMatcher]) -> Callable[[Any], Mapping[str, Any]] | None:
    """Build the function that returns the captures of the first pattern that matches."""
    patterns = [pattern for match in matches for pattern in match.regex or ()]

    def find_captures(text: str) -> Mapping[str, Any]:
        for pattern in patterns:
            found = pattern.captures(text)
            if found is not None:
                return found
        return {}

    return find_captures if patterns else None


def capture_names(when: When) -> set[str]:
    """Return the names and numbers of the groups in the regular expressions of `when`."""
    texts = [when.user, when.system, when.anywhere, when.model, *(when.headers or {}).values()]
    patterns = [pattern for matches in texts for match in matches or () for pattern in match.regex or ()]
    return set().union(*(pattern.capture_names for pattern in patterns))
