"""The requests that are measured, and the scenario file that replies to them: 20 rules, of which one matches."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from tests.benchmarks.load import NUMBER, LoadError, Request

Body = dict[str, Any]

REPLY = "nineteen-characters " * 100
"""A reply whose stream has about 100 deltas."""
FORECAST = "It will be sunny on day ${{ match.day }}, and there will not be a cloud in the sky. " * 5
DONE = "All files are read. " * 10
PROSE = "the quick brown fox jumps over the lazy dog and uses nothing. "
MODEL = "claude-sonnet-4-5"
_EPHEMERAL = {"type": "ephemeral"}


def _ask(content: Any, **fields: Any) -> Body:
    return {"model": MODEL, "max_tokens": 4096, "messages": [{"role": "user", "content": content}], **fields}


def _tool(number: int, sentences: int) -> Body:
    properties = {f"argument_{n}": {"type": "string", "description": f"The argument {n}."} for n in range(3)}
    schema = {"type": "object", "properties": properties, "required": ["argument_0"]}
    text = f"Does the work of the tool {number}. " * sentences
    return {"name": f"tool_{number}", "description": text, "input_schema": schema}


def _plan() -> Body:
    """Return a request of 2 KB: system prompt, 3 tools, thinking and cache_control."""
    text = [{"type": "text", "text": f"The forecast {NUMBER}, please.", "cache_control": _EPHEMERAL}]
    return _ask(
        text,
        system=[{"type": "text", "text": PROSE * 4, "cache_control": _EPHEMERAL}],
        tools=[_tool(number, 2) for number in range(3)],
        thinking={"type": "enabled", "budget_tokens": 1024},
    )


def agent(size: int) -> Body:
    """Return a request of at least `size` bytes: 40 tools, and the turns of an agent that has called them."""
    body = _ask(f"Read every file of {NUMBER}.", system=PROSE * 30, tools=[_tool(number, 6) for number in range(40)])
    length, turn = len(json.dumps(body)), 0
    while length < size:
        call = {"type": "tool_use", "id": f"toolu_{turn}", "name": f"tool_{turn % 40}", "input": {"argument_0": "a"}}
        text = {"type": "text", "text": f"Reading {NUMBER}."}
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": f"line {turn} of {NUMBER}\n" * 50}
        messages = [{"role": "assistant", "content": [text, call]}, {"role": "user", "content": [result]}]
        body["messages"] += messages
        length, turn = length + len(json.dumps(messages)), turn + 1
    return body


def conversation(messages: int, name: str) -> Body:
    """Return a conversation, with cache_control at its system prompt and at its end.

    A longer conversation of the same name is a later turn: it begins with the same messages.
    """
    texts: list[Body] = [
        {"type": "text", "text": f"Message {number} of {name}, for the benchmark. {PROSE * 2}"}
        for number in range(messages)
    ]
    texts[-1]["cache_control"] = _EPHEMERAL
    turns = [{"role": ("user", "assistant")[number % 2], "content": [text]} for number, text in enumerate(texts)]
    return _ask("", system=[{"type": "text", "text": PROSE * 20, "cache_control": _EPHEMERAL}]) | {"messages": turns}


class Case(NamedTuple):
    """A request, and the text of its reply."""

    body: Body
    text: str

    def request(self, path: str = "/v1/messages") -> Request:
        return Request(self.body, path)

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))


CASES: dict[str, Case] = {
    "small-json": Case(_ask("The benchmark."), REPLY),
    "small-sse": Case(_ask("The benchmark.", stream=True), REPLY),
    "varied-json": Case(_ask(f"The benchmark {NUMBER}."), REPLY),
    "varied-sse": Case(_ask(f"The benchmark {NUMBER}.", stream=True), REPLY),
    "template": Case(_plan(), FORECAST),
    "agent-50": Case(agent(50_000), DONE),
    "agent-200": Case(agent(200_000), DONE),
}


def scenario() -> str:
    """Return the text of a scenario file of 20 rules."""
    rules: list[Body] = [
        {"name": f"rule {n}", "when": {"user": f"something else {n}"}, "reply": "No."} for n in range(17)
    ]
    rules.append({"name": "forecast", "when": {"user": {"regex": r"forecast (?P<day>\d+)"}}, "reply": FORECAST})
    rules.append({"name": "agent", "when": {"tool_result": "*"}, "reply": DONE})
    rules.append({"name": "benchmark", "when": {"user": "benchmark"}, "reply": REPLY})
    return yaml.safe_dump({"rules": rules})


def rules_with_regex(number: int, pattern: Callable[[int], str]) -> str:
    """Return the text of a scenario file whose rules each have a regular expression."""
    rules = [{"name": f"r{n}", "when": {"user": {"regex": pattern(n)}}, "reply": f"Reply {n}."} for n in range(number)]
    return yaml.safe_dump({"rules": rules})


def streams(deltas: tuple[int, ...]) -> str:
    """Return the text of a scenario file with a reply of about each number of deltas."""
    rules = [{"when": {"user": f"deltas {n}."}, "reply": "nineteen-characters " * n} for n in deltas]
    return yaml.safe_dump({"rules": [*rules, {"reply": REPLY}]})


def read_text(response: bytes, *, streamed: bool) -> str:
    """Return the text of a message, or of a stream that must be whole."""
    if not streamed:
        return "".join(block["text"] for block in json.loads(response)["content"] if block["type"] == "text")
    events = [json.loads(line) for line in re.findall(rb"^data: ?(.*)$", response, re.MULTILINE)]
    if not events or events[-1]["type"] != "message_stop":
        raise LoadError("a stream without message_stop")
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta.get("text", "") for delta in deltas)


def check_reply(response: bytes, text: str, *, streamed: bool) -> None:
    """Check the text of a response: a placeholder of `text` stands for any digits.

    Raises:
        LoadError: The text is another, or the stream is truncated.
    """
    received = read_text(response, streamed=streamed)
    if not re.fullmatch(r"\d+".join(map(re.escape, re.split(r"\$\{\{.*?\}\}", text))), received):
        raise LoadError(f"reply {received[:100]!r}; expected {text[:100]!r}")
