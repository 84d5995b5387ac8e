"""Parts of a request that tell it apart from others, in the order in which conditions look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.body import Path
from mockclaude.api.request import MessagesRequest, ToolResult
from mockclaude.scenario.conditions.conditions import conditions
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.format.when import When
from mockclaude.scenario.recording.body_differences import Stability, list_conditions
from mockclaude.scenario.recording.request_facts import answered_calls
from mockclaude.scenario.recording.text_choice import choose_matcher

Conditions: TypeAlias = dict[str, Any]
"""Keys of `when`, as in a scenario file."""

Build: TypeAlias = Callable[[MessagesRequest, Sequence[MessagesRequest], Stability], Iterable[Conditions]]


class Distinction(NamedTuple):
    """A part of requests.

    Attributes:
        fact: The name of the part in the facts of a request.
        build: Yields conditions on the part that the first request matches, and some of the others may not.
    """

    fact: str
    build: Build


def merge(base: Conditions, others: Iterable[Conditions]) -> Conditions:
    """Merge conditions into one `when`.

    Later conditions replace earlier ones of the same key. Those on the body are joined.
    """
    merged = dict(base)
    for other in others:
        body = {**merged.get("body", {}), **other.get("body", {})}
        merged.update(other)
        if body:
            merged["body"] = body
    return merged


def matches(when: Conditions, request: MessagesRequest) -> bool:
    """Return whether all conditions match a request without too much work."""
    try:
        return all(condition.holds(condition.look(request)) for condition in conditions(When.model_validate(when)))
    except TooMuchWorkError:
        return False


def to_name(name: str) -> str | dict[str, str]:
    """Return the matcher of a name. A star stands for itself."""
    return {"equals": name} if "*" in name else name


def _differ_in_text(
    key: str,
    text: Callable[[MessagesRequest], str],
    own: MessagesRequest,
    others: Sequence[MessagesRequest],
    stability: Stability,
) -> Iterator[Conditions]:
    matcher = choose_matcher(text(own), [text(other) for other in others], stability.parts)
    if matcher is not None:
        yield {key: matcher}


def _differ_in_calls(own: MessagesRequest, _: Sequence[MessagesRequest], stability: Stability) -> Iterator[Conditions]:
    index, ids = answered_calls(own)
    if ids and stability.call_ids.issuperset(ids):
        yield {"body": {f"messages[{index}].content[?type=='tool_result'].tool_use_id": list(ids)}}


def _differ_in_model(own: MessagesRequest, _: Sequence[MessagesRequest], __: Stability) -> Iterator[Conditions]:
    yield {"model": to_name(own.model)}


def _differ_in_stream(own: MessagesRequest, _: Sequence[MessagesRequest], __: Stability) -> Iterator[Conditions]:
    yield {"stream": own.stream}


def _differ_in_tools(
    own: MessagesRequest, others: Sequence[MessagesRequest], stability: Stability
) -> Iterator[Conditions]:
    counts = {name: sum(name in other.tools for other in others) for name in own.tools}
    rarest = min(counts, key=lambda name: counts[name], default="")
    if counts and counts[rarest] < len(others):
        yield {"tools": to_name(rarest)}
    yield from _differ_at(("tools",), own, others, stability)


def _differ_in_results(
    own: MessagesRequest, others: Sequence[MessagesRequest], stability: Stability
) -> Iterator[Conditions]:
    for result in own.results:
        same = [other for request in others for other in request.results if other.name == result.name]
        yield {"tool_result": _describe_result(result, same, stability)}


def _describe_result(own: ToolResult, others: Sequence[ToolResult], stability: Stability) -> dict[str, Any]:
    matcher: dict[str, Any] = {"name": to_name(own.name)} if own.name else {}
    left = [other for other in others if other.is_error == own.is_error]
    if len(left) < len(others):
        matcher["is_error"] = own.is_error
    contents = [other.content for other in left if other.content != own.content]
    if contents and (content := choose_matcher(own.content, contents, stability.parts)):
        matcher["content"] = content
    return matcher or {"is_error": own.is_error}


def _differ_in_betas(own: MessagesRequest, _: Sequence[MessagesRequest], __: Stability) -> Iterator[Conditions]:
    if header := own.headers.get("anthropic-beta"):
        yield {"headers": {"anthropic-beta": to_name(header)}}


def _differ_at(
    path: Path, own: MessagesRequest, others: Sequence[MessagesRequest], stability: Stability
) -> Iterator[Conditions]:
    """Yield for each other request the first condition on the body that tells the requests apart."""
    chosen: list[Conditions] = []
    for other in others:
        if all(matches(each, other) for each in chosen):
            values = list_conditions(path, _find(own.body, path), _find(other.body, path), stability)
            found = ({"body": value} for value in values)
            condition = next((each for each in found if matches(each, own) and not matches(each, other)), None)
            if condition:
                chosen.append(condition)
                yield condition


def _find(body: Mapping[str, Any], path: Path) -> Any:
    value: Any = body
    for part in path:
        value = value[part] if isinstance(part, int) else value.get(part)
    return value


def describe_session(own: MessagesRequest, stability: Stability) -> list[Conditions]:
    """Return conditions on the ids of answered tool calls, or on the first message."""
    calls = list(_differ_in_calls(own, (), stability))
    first = list_conditions(_FIRST, _find(own.body, _FIRST), None, stability)
    return calls or list(islice(({"body": values} for values in first), 1))


_FIRST: Path = ("messages", 0, "content")

DISTINCTIONS = (
    Distinction("user", partial(_differ_in_text, "user", lambda request: request.typed_text)),
    Distinction("call_ids", _differ_in_calls),
    Distinction("model", _differ_in_model),
    Distinction("stream", _differ_in_stream),
    Distinction("tools", _differ_in_tools),
    Distinction("tool_choice", partial(_differ_at, ("tool_choice",))),
    Distinction("output_config", partial(_differ_at, ("output_config",))),
    Distinction("results", _differ_in_results),
    Distinction("system", partial(_differ_in_text, "system", lambda request: request.system)),
    Distinction("thinking", partial(_differ_at, ("thinking",))),
    Distinction("max_tokens", partial(_differ_at, ("max_tokens",))),
    Distinction("first_message", partial(_differ_at, ("messages", 0))),
    Distinction("body", partial(_differ_at, ())),
    Distinction("betas", _differ_in_betas),
)
"""The user's text comes first: a rule has a condition on it anyway."""
