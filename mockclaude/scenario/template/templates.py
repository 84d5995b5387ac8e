"""Compile placeholders, `${{ ... }}`, and fill them with values of the request.

Templates are compiled after the file is parsed, never in its text. It has neither operators nor loops, and calls of
Faker only: `user`, `system`, `turn`, `tool_result[.name]`, `match.group`, `request[.JMESPath]`,
`fake.method[(literals)]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import orjson

from mockclaude.api.errors import ApiError
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions import queries
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.diagnostics import MAX_DEPTH, did_you_mean, format_value, join_words, shorten
from mockclaude.scenario.template import fakes
from mockclaude.scenario.template.fake_arguments import parse_arguments

ROOTS = ("user", "system", "tool_result", "match", "request", "turn", "fake")

_PLACEHOLDER = compile_lazily(r"\$(\$\{\{)|\$\{\{(.*?)(\}\}|\Z)", re.DOTALL)
"""The escape, which loses its first `$`, or a placeholder. An unclosed one reaches to the end of the text."""

_EXPRESSION = compile_lazily(r"(?P<root>\w+)(?:\.(?P<rest>.+))?", re.DOTALL)
_CALL = compile_lazily(r"(?P<method>\w+)(?:\((?P<arguments>.*)\))?", re.DOTALL)


MAX_FILLED = 32_000_000
"""The maximum size of the placeholders of one reply, in bytes: that of a request."""

_ROOM = MAX_DEPTH + 16
"""Levels around a value in a reply: those of the file, and those of the events."""


class FillError(ApiError):
    """A placeholder's value does not fit in the reply.

    It is a 400, since another request may have another value.
    """

    def __init__(self, message: str) -> None:
        super().__init__("invalid_request_error", message)


class TemplateContext:
    """The values for the placeholders of one reply.

    These are the request, the captures of the rule's regular expressions, and Faker. Captures and Faker are created on
    first use, once for a reply.
    """

    def __init__(
        self,
        request: MessagesRequest,
        find_groups: Callable[[], Mapping[str, str]],
        make_fakes: Callable[[], fakes.Fakes],
    ) -> None:
        self.request = request
        self._find_groups = find_groups
        self._make_fakes = make_fakes
        self._left = MAX_FILLED

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """The captures of the rule's regular expressions."""
        return self._find_groups()

    @cached_property
    def fakes(self) -> fakes.Fakes:
        """The source of made-up values, which follow the order of the placeholders."""
        return self._make_fakes()

    def admit(self, value: Any) -> Any:
        """Count the size of a placeholder's value, and return the value.

        Raises:
            FillError: The reply becomes too large, or the value is nested too deep.
        """
        self._left -= _size(value)
        if self._left < 0:
            raise FillError(f"the placeholders of the reply exceed {MAX_FILLED:,} bytes; expected fewer")
        return value


def _size(value: Any) -> int:
    """Return the size of a text, or of a list or mapping as JSON, in bytes.

    Raises:
        FillError: The value is nested too deep for a reply.
    """
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if not isinstance(value, (dict, list)):
        return 0
    for _ in range(_ROOM):
        value = [value]
    try:
        return len(orjson.dumps(value))
    except TypeError as error:
        raise FillError(
            f"the value of a placeholder does not fit in a reply ({error}); expected a part of it"
        ) from None


Expression: TypeAlias = Callable[[TemplateContext], Any]


@dataclass(frozen=True, slots=True)
class Template:
    """Data with placeholders."""

    data: Any
    _fill: Expression | None

    @property
    def fixed(self) -> bool:
        """Whether the data has no placeholder."""
        return self._fill is None

    def fill(self, context: TemplateContext) -> Any:
        """Return the data with the values of its placeholders.

        Callers must not change the result.

        Raises:
            FillError: A value does not fit in the reply.
        """
        return self.data if self._fill is None else self._fill(context)


def compile_template(data: Any) -> Template:
    """Compile the placeholders in `data`. `find_problems` must have found none in it."""
    return Template(data, _compile(data))


def find_problems(text: str, groups: set[str], trials: fakes.Trials) -> Iterator[str]:
    """Yield the problems of placeholders in `text`, in a rule that captures `groups`."""
    placeholders = [found.groups() for found in _PLACEHOLDER.finditer(text) if not found[1]]
    for expression in dict.fromkeys(expression.strip() for _, expression, end in placeholders if end):
        if problem := _problem(expression, groups, trials):
            yield problem
    if placeholders and not placeholders[-1][2]:
        yield "'${{' without an end; expected }} after it; write $${{ for the characters themselves"


def _hint(expression: str) -> str:
    word = re.match(r"\w*", expression)
    if word and word[0] in ROOTS:
        return f", then a dot and a name: there are no operators, filters or functions in {format_value(expression)}"
    return did_you_mean(expression, ROOTS)


def _problem(expression: str, groups: set[str], trials: fakes.Trials) -> str | None:
    parsed = _EXPRESSION.fullmatch(expression)
    root, rest = (parsed["root"], parsed["rest"]) if parsed else (expression, None)
    if root not in ROOTS:
        return f"'{shorten(root)}' is unknown in ${{{{ }}}}; expected {join_words(ROOTS)}{_hint(expression)}"
    if root in ("user", "system", "turn") and rest:
        return f"'{root}' has no parts; expected ${{{{ {root} }}}}"
    if root == "match":
        return _match_problem(rest, groups)
    if root == "fake":
        return _fake_problem(rest, trials)
    return queries.find_problem(rest) if root == "request" and rest else None


def _match_problem(group: str | None, groups: set[str]) -> str | None:
    if group in groups:
        return None
    group_text, known = _part("match", group), [f"match.{name}" for name in sorted(groups)]
    expected = join_words(known) if known else "a regex in its `when.user`, with a group such as (?P<city>\\w+)"
    hint = did_you_mean(group or "", groups)
    return f"unknown group '{shorten(group_text)}'; expected {expected}{hint}"


def _part(root: str, rest: str | None) -> str:
    return f"{root}.{rest}" if rest else root


def _fake_problem(rest: str | None, trials: fakes.Trials) -> str | None:
    call = _CALL.fullmatch(rest or "")
    if not call:
        text = _part("fake", rest)
        return f"unknown value '{shorten(text)}'; expected a call such as fake.name or fake.random_int(min=1, max=6)"
    return trials.problem(call["method"], call["arguments"] or "")


def _compile(data: Any) -> Expression | None:
    if isinstance(data, str):
        return _compile_text(data)
    if not isinstance(data, (dict, list)):
        return None
    items = data.items() if isinstance(data, dict) else enumerate(data)
    fills = [(key, fill) for key, value in items if (fill := _compile(value))]
    return _filler(data, fills) if fills else None


def _filler(data: Any, fills: Sequence[tuple[Any, Expression]]) -> Expression:
    """Build the function that copies a list or a mapping with other values at some keys."""

    def fill_items(context: TemplateContext) -> Any:
        filled = data.copy()
        for key, fill in fills:
            filled[key] = fill(context)
        return filled

    return fill_items


def _compile_text(text: str) -> Expression | None:
    """Compile a text. A placeholder that is the whole text keeps the type of its value."""
    if "${{" not in text:
        return None
    pieces: list[str | Expression] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        pieces.append(text[end : found.start()])
        unclosed = "" if found[3] else found[0]  # in no file: `find_problems` rejects it
        pieces.append(found[1] or unclosed or _compile_expression(found[2].strip()))
        end = found.end()
    pieces = [piece for piece in (*pieces, text[end:]) if piece != ""]
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        only = pieces[0]
        return lambda context: context.admit(only(context))
    texts = [piece if isinstance(piece, str) else "" for piece in pieces]
    return _text_filler(texts, [(at, piece) for at, piece in enumerate(pieces) if not isinstance(piece, str)])


def _text_filler(pieces: list[str], expressions: Sequence[tuple[int, Expression]]) -> Expression:
    """Build the function that joins pieces of a text, some of which are values."""

    def fill_text(context: TemplateContext) -> str:
        filled = pieces.copy()
        for index, expression in expressions:
            value = expression(context)
            filled[index] = context.admit(value if isinstance(value, str) else _text(value))
        return "".join(filled)

    return fill_text


def _text(value: Any) -> str:
    _size(value)
    return "" if value is None else orjson.dumps(value).decode()


def _compile_expression(expression: str) -> Expression:
    parsed = _EXPRESSION.fullmatch(expression)
    assert parsed, "`find_problems` rejects an expression that does not parse"
    return _COMPILERS[parsed["root"]](parsed["rest"])


def _compile_tool_result(name: str | None) -> Expression:
    def value(context: TemplateContext) -> str | None:
        results = context.request.results
        return next((result.content for result in results if name in (None, result.name)), None)

    return value


def _compile_request(path: str | None) -> Expression:
    if path is None:
        return lambda context: context.request.body
    query = queries.Query(path)

    def find_value(context: TemplateContext) -> Any:
        try:
            return query.find_in(context.request)
        except TooMuchWorkError as error:
            raise FillError(f"in ${{{{ request }}}}, {error.message}") from None

    return find_value


def _compile_fake(rest: str | None) -> Expression:
    call = _CALL.fullmatch(rest or "")
    assert call, "`find_problems` rejects an expression that does not parse"
    method, arguments = call["method"], parse_arguments(call["arguments"] or "")

    def call_faker(context: TemplateContext) -> Any:
        try:
            return context.fakes.value(method, *arguments)
        except Exception as error:  # any exception of Faker for this seed, although the trial call succeeded
            raise FillError(f"${{{{ fake.{shorten(rest or '')} }}}}: {error}") from None

    return call_faker


_COMPILERS: dict[str, Callable[[str | None], Expression]] = {
    "user": lambda _: lambda context: context.request.user,
    "system": lambda _: lambda context: context.request.system,
    "turn": lambda _: lambda context: context.request.turn,
    "match": lambda group: lambda context: context.groups.get(group or ""),
    "tool_result": _compile_tool_result,
    "request": _compile_request,
    "fake": _compile_fake,
}
