"""The conditions of a rule: what is looked at, what is wanted, and whether it holds.

In: the `when` of a rule. Out: `Condition`s, which test a conversation and say in words what they wanted and what came.
Knows nothing of rules, of how often one has answered, or of replies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter, methodcaller
from typing import Any, TypeAlias

from mockclaude.api.redaction import redact, redact_header
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.queries import look_up
from mockclaude.scenario.when import BodyMatch, Match, ToolResultMatch, When

USER = attrgetter("user")
REGEX_TIMEOUT = 0.05
"""Seconds after which a regular expression that still searches counts as not found: it must not stall the server."""

_SHOWN = 80


OF_THE_RULE = ("times", "order")
"""What is checked of a rule besides its conditions: whether it is used up, and whether one above it answers."""

Look: TypeAlias = Callable[[Conversation], Any]
Holds: TypeAlias = Callable[[Any], bool]
Test: TypeAlias = tuple[Look, Holds]


@dataclass(frozen=True, slots=True)
class Check:
    """One condition held against one conversation, and, where it did not hold, a `hint` at why or at what was meant.

    `got` is without credentials. For the `key`s in `OF_THE_RULE` the hint says it all.
    """

    key: str
    wanted: str
    got: str
    held: bool
    hint: str = ""

    def __str__(self) -> str:
        if self.hint and self.key in OF_THE_RULE:
            return self.hint
        said = f"{self.key}: wanted {self.wanted}, got {self.got}"
        return f"{said}; {self.hint}" if self.hint else said


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold: `holds` of what `look` finds.

    `groups` are what a regular expression catches there; `needle` is a text that the current turn must contain for it.
    `texts` are the words and names it asks for.
    """

    key: str
    wanted: str
    look: Look
    holds: Holds
    groups: Callable[[Any], Mapping[str, str]] | None = None
    needle: str = ""
    texts: tuple[str, ...] = ()
    header: str = ""
    """The header it looks at, if it does."""

    def check(self, conversation: Conversation) -> Check:
        """Return the outcome in words."""
        found = self.look(conversation)
        shown = redact_header(self.header, found) if self.header and found else found
        return Check(self.key, self.wanted, _shown(shown), self.holds(found))


def conditions(when: When) -> tuple[Condition, ...]:
    """Return the conditions of `when`, the cheapest first."""
    return tuple(_conditions(when))


def _conditions(when: When) -> Iterator[Condition]:
    yield from _exact_conditions(when)
    for header, matches in (when.headers or {}).items():
        yield _header_condition(header, matches)
    if when.user:
        yield replace(_text_condition("user", when.user, USER), needle=_needle(when.user))
    if when.tool_result:
        yield _tool_result_condition(when.tool_result)
    if when.tools:
        yield _tools_condition(when.tools)
    if when.system:
        yield _text_condition("system", when.system, attrgetter("system"))
    if when.body:
        yield _body_condition(when.body)


def _exact_conditions(when: When) -> Iterator[Condition]:
    if when.stream is not None:
        yield Condition("stream", str(when.stream).lower(), attrgetter("stream"), lambda found: found is when.stream)
    if when.model:
        yield _text_condition("model", when.model, attrgetter("model"))
    if when.turn:
        yield _number_condition("turn", when.turn, attrgetter("turn"))
    if when.retry:
        yield _number_condition("retry", when.retry, attrgetter("retry"))


def _header_condition(name: str, matches: list[Match]) -> Condition:
    test, groups = text_test(matches), _groups(matches)
    return Condition(
        f"headers.{name}",
        _wanted(matches),
        lambda conversation: conversation.headers.get(name),
        lambda value: value is not None and test(value),
        groups,
        texts=_texts(matches),
        header=name,
    )


def _number_condition(key: str, numbers: list[int], look: Callable[[Conversation], int]) -> Condition:
    return Condition(key, " or ".join(map(str, numbers)), look, lambda found: found in numbers)


def _text_condition(key: str, matches: list[Match], look: Callable[[Conversation], str]) -> Condition:
    return Condition(key, _wanted(matches), look, text_test(matches), _groups(matches), texts=_texts(matches))


def _texts(matches: Iterable[Match]) -> tuple[str, ...]:
    said = [text for match in matches for text in (match.equals or match.contains or match.like or ())]
    return tuple(text for text in said if "*" not in text)


def _needle(matches: list[Match]) -> str:
    texts = [text for match in matches for text in (match.contains or match.equals or [""])]
    return texts[0] if len(texts) == 1 else ""


def _tools_condition(matches: list[Match]) -> Condition:
    test = text_test(matches)
    return Condition(
        "tools",
        _wanted(matches),
        lambda conversation: list(conversation.tools),
        lambda names: any(map(test, names)),
        texts=_texts(matches),
    )


def _tool_result_condition(matches: list[ToolResultMatch]) -> Condition:
    tests = [_tool_result_test(match) for match in matches]
    wanted = " or ".join(map(_tool_result_wanted, matches))
    return Condition(
        "tool_result",
        wanted,
        attrgetter("tool_results"),
        lambda results: any(test(result) for result in results for test in tests),
        texts=tuple(text for match in matches for text in _texts(match.name or ())),
    )


def _tool_result_test(match: ToolResultMatch) -> Callable[[Any], bool]:
    name, content = (text_test(part) if part else None for part in (match.name, match.content))
    return lambda result: (
        (name is None or name(result.name))
        and match.is_error in (None, result.is_error)
        and (content is None or content(result.content))
    )


def _tool_result_wanted(match: ToolResultMatch) -> str:
    parts = [_wanted(match.name)] if match.name else ["any"]
    if match.is_error is not None:
        parts.append(f"is_error: {str(match.is_error).lower()}")
    if match.content:
        parts.append(f"content {_wanted(match.content)}")
    return " with ".join(parts)


def _body_condition(bodies: list[BodyMatch]) -> Condition:
    """Return one condition for a list of body matches, any of which is enough. It looks at what each of them finds."""
    wanted, looks, tests = zip(*map(_body_test, bodies), strict=True)
    return Condition(
        "body",
        " or ".join(wanted),
        lambda conversation: [look(conversation.body) for look in looks],
        lambda found: any(test(value) for test, value in zip(tests, found, strict=True)),
    )


def _body_test(match: BodyMatch) -> tuple[str, Callable[[Any], Any], Holds]:
    if match.truthy is not None:
        return match.truthy, look_up(match.truthy), bool
    looks, expected = [look_up(path) for path in match.values], list(match.values.values())
    wanted = " and ".join(f"{path} = {value!r}" for path, value in match.values.items())
    return wanted, lambda body: [look(body) for look in looks], expected.__eq__


def text_test(matches: list[Match]) -> Callable[[str], bool]:
    """Return a test that holds for a text which one of `matches` accepts."""
    tests = [test for match in matches for test in _tests(match)]
    return tests[0] if len(tests) == 1 else lambda text: any(test(text) for test in tests)


def _tests(match: Match) -> Iterator[Callable[[str], bool]]:
    yield from (whole.__eq__ for whole in match.equals or ())
    yield from (methodcaller("__contains__", part) for part in match.contains or ())
    yield from (_like(pattern) for pattern in match.like or ())
    yield from (_matching(pattern) for pattern in match.regex or ())


def _like(pattern: str) -> Callable[[str], bool]:
    if "*" not in pattern:
        return pattern.__eq__
    first, *middle, last = map(re.escape, pattern.split("*"))
    compiled = re.compile(f"{first}{''.join(f'(?>.*?{part})' for part in middle)}.*{last}", re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None


def _matching(pattern: str) -> Callable[[str], bool]:
    return lambda text: _search(pattern, text) is not None


def _search(pattern: str, text: str) -> Any:
    import regex

    try:
        return regex.compile(pattern).search(text, timeout=REGEX_TIMEOUT)
    except TimeoutError:
        return None


def _groups(matches: list[Match]) -> Callable[[Any], Mapping[str, str]] | None:
    """Return what names and numbers of groups hold after the first pattern that is found."""
    patterns = [pattern for match in matches for pattern in match.regex or ()]

    def caught(text: str) -> Mapping[str, str]:
        found = next((found for pattern in patterns if (found := _search(pattern, text))), None)
        return (
            {}
            if found is None
            else {str(number): found[number] for number in range(len(found.groups()) + 1)} | (found.groupdict())
        )

    return caught if patterns else None


def group_names(when: When) -> set[str]:
    """Return the names and numbers of the groups that the regular expressions of `when` catch."""
    import regex

    texts = [when.user, when.system, when.model, *(when.headers or {}).values()]
    patterns = [pattern for matches in texts for match in matches or () for pattern in match.regex or ()]
    names: set[str] = set()
    for compiled in map(regex.compile, patterns):
        names |= set(compiled.groupindex) | {str(number) for number in range(compiled.groups + 1)}
    return names


def _wanted(matches: list[Match]) -> str:
    return " or ".join(
        f"{_VERBS[key]}{text!r}"
        for match in matches
        for key, texts in match.model_dump(exclude_none=True).items()
        for text in texts
    )


_VERBS = {"equals": "exactly ", "contains": "a text with ", "like": "", "regex": "a match of "}


def _shown(found: Any) -> str:
    if found is None or found in ("", [], ()):
        return "nothing"
    if isinstance(found, (list, tuple)):
        return ", ".join(map(_shown, found))
    if isinstance(found, bool):
        return str(found).lower()
    name = getattr(found, "name", None)
    text = repr(found) if name is None else f"{name or 'an unknown tool'}{' (is_error)' if found.is_error else ''}"
    text = redact(text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
