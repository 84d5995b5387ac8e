"""Choose the steps for a recorded reply whose composed reply has the recorded values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice, zip_longest
from typing import Any, NamedTuple

import orjson

from mockclaude.api.events import Event
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.compose import ReplyContext
from mockclaude.reply.draws import Draws
from mockclaude.reply.render import render_response
from mockclaude.reply.response import Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.scenario.diagnostics import ScenarioError, shorten
from mockclaude.scenario.format.pace import NO_PACE
from mockclaude.scenario.loading.inline import compile_rules
from mockclaude.scenario.loading.yaml_writer import format_flow
from mockclaude.scenario.recorded_reply import RecordedReply, find_json
from mockclaude.scenario.recording.step_forms import Loss, Steps, list_forms, list_losses
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes
from mockclaude.scenario.template.templates import TemplateContext

_MOST = 100
"""The maximum number of differences that are counted."""

_SHOWN = 5
"""The maximum number of differences that a reply lists."""

_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Type of a delta -> the field with its text, whose cuts do not count."""


class ReadableReply(NamedTuple):
    """Steps in place of a recorded reply.

    Attributes:
        steps: The steps as in a file, for a rule with `as_written: true`; empty if no steps can say the reply.
        lost: The bytes and times that the steps do not keep.
        differences: The values that the steps change; empty if the events come out equal as values.
    """

    steps: Steps
    lost: tuple[Loss, ...]
    differences: tuple[str, ...]


def to_readable_reply(recorded: RecordedReply) -> ReadableReply:
    """Return the most readable steps with the recorded values.

    Without such steps, return those with the fewest differences.
    """
    if recorded.template is not None:
        return _refuse("a body with placeholders")
    try:
        return _choose_steps(recorded)
    except RecursionError:
        return _refuse("data nested too deep")


def _choose_steps(recorded: RecordedReply) -> ReadableReply:
    best = _refuse("not a message or an error of the API")
    lost = tuple(list_losses(recorded))
    for steps in list_forms(recorded):
        try:
            format_flow(steps)
            differences = tuple(find_differences(recorded, steps))
        except ScenarioError as error:
            best = best if best.steps else _refuse(error.diagnostics[0].message)
            continue
        except ValueError as error:
            return best if best.steps else _refuse(str(error))
        if not best.steps or len(differences) < len(best.differences):
            best = ReadableReply(steps, lost, differences)
        if not differences:
            break
    return best._replace(differences=best.differences[:_SHOWN])


def _refuse(reason: str) -> ReadableReply:
    return ReadableReply([], (), (reason,))


def find_differences(recorded: RecordedReply, steps: Steps) -> list[str]:
    """List the first values that differ between a recorded reply and its steps.

    The steps are composed as written.

    Raises:
        ScenarioError: The steps are invalid.
    """
    return compare_values(recorded, _compose(recorded, steps))


def compare_values(recorded: RecordedReply, response: Response) -> list[str]:
    """List the first values that differ between a recorded reply and a response.

    Cuts of deltas, padding, pings, the id of a request, and the `output_tokens` of `message_start` do not count.
    """
    if response.status != recorded.status:
        return [f"status: {recorded.status} becomes {response.status or 'none'}"]
    if response.is_stream != recorded.is_stream:
        return [f"{_FORMS[recorded.is_stream]} becomes {_FORMS[response.is_stream]}"]
    pieces = [piece for _, piece in response.take_apart().body]
    if recorded.is_stream:
        found = _compare_events(recorded.events, [piece for piece in pieces if isinstance(piece, Event)])
    else:
        found = _compare("", _without_id(recorded.document), _without_id(find_json(response.data)))
    return list(islice(found, _MOST))


_FORMS = ("JSON", "a stream")


def _compose(recorded: RecordedReply, steps: Steps) -> Response:
    rule = compile_rules({"as_written": True, "reply": steps}, "steps").scenario.rules[0]
    message = recorded.assembled.message if recorded.assembled else {}
    body: dict[str, Any] = {"model": message.get("model") or "", "messages": [], "stream": recorded.is_stream}
    scope = TemplateContext(MessagesRequest(body), dict, lambda: Fakes(DEFAULT_LOCALE))
    context, fields = ResponseContext("", "", 0), ReplyContext(as_written=True)
    return render_response(rule.replies[0], NO_PACE, scope, Draws(0, ""), context, fields).response


def _without_id(document: Any) -> Any:
    """Return JSON without the id of the request, which an error repeats."""
    if isinstance(document, dict) and document.get("type") == "error":
        return {key: value for key, value in document.items() if key != "request_id"}
    return document


def _compare_events(recorded: Sequence[Event], composed: Sequence[Event]) -> Iterator[str]:
    for one, other in zip_longest(_join_deltas(recorded), _join_deltas(composed), fillvalue=("nothing", None)):
        if one[0] != other[0]:
            yield f"{one[0]} becomes {other[0]}"
            return
        yield from _compare(one[0], one[1], other[1])


def _join_deltas(events: Iterable[Event]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the data of each event, with successive deltas of a block as one."""
    counted = (event for event in events if event.name not in ("", "ping"))
    for (name, index, delta), group in groupby(counted, _identify):
        if delta not in _TEXTS:
            yield from ((name, _normalize(event)) for event in group)
        elif text := "".join([str(event.data["delta"].get(_TEXTS[delta], "")) for event in group]):
            yield f"{delta} of block {index}", _parse(text) if delta == "input_json_delta" else text


def _identify(event: Event) -> tuple[str, Any, str]:
    return event.name, event.data.get("index") if event.delta else 0, event.delta


def _normalize(event: Event) -> Any:
    message = event.data.get("message") if event.name == "message_start" else None
    if not isinstance(message, dict):
        return _without_id(event.data)
    usage = {key: value for key, value in (message.get("usage") or {}).items() if key != "output_tokens"}
    return {**event.data, "message": {**message, "usage": usage}}


def _parse(text: str) -> Any:
    """Return the JSON of a tool's input; broken JSON as it is."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _compare(path: str, one: Any, other: Any) -> Iterator[str]:
    """Yield the differences of two values, each with its path."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            yield from _compare(f"{path}.{key}" if path else key, one.get(key, _ABSENT), other.get(key, _ABSENT))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _compare(f"{path}[{index}]", left, right)
    elif one != other or type(one) is not type(other):
        yield f"{path}: {_show(one)} becomes {_show(other)}"


_ABSENT = object()


def _show(value: Any) -> str:
    return "nothing" if value is _ABSENT else shorten(orjson.dumps(value).decode())
