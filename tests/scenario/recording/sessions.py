"""Sessions of clients with an API, as a recorder sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import orjson

from mockclaude.scenario.recording.exchange import Exchange, Reception

Body = dict[str, Any]

MODEL, SMALL_MODEL = "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"
DAY, HOME = "2026-11-30", "/home/ada"
OVERLOADED = {"type": "error", "error": {"details": None, "type": "overloaded_error", "message": "Overloaded"}}
TOOLS = [
    {"name": name, "description": name, "input_schema": {"type": "object", "properties": {}}}
    for name in ("read_file", "run", "agent")
]


def user(*content: Any) -> Body:
    return {"role": "user", "content": content[0] if isinstance(content[0], str) else list(content)}


def assistant(content: Any) -> Body:
    return {"role": "assistant", "content": content}


def text(value: str) -> Body:
    return {"type": "text", "text": value}


def result(call: Body, content: str = "done", **more: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": call["id"], "content": content, **more}


class Api:
    """Answers requests, each with ids of its own, and keeps the exchanges."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._ids = count(1)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._ids):024d}"

    def call(self, name: str, **values: Any) -> Body:
        return {"type": "tool_use", "id": self.new_id("toolu"), "name": name, "input": values}

    def ask(self, messages: list[Body], *content: Any, **fields: Any) -> list[Body]:
        """Answer a request with a message of these blocks; return the blocks."""
        blocks = [text(block) if isinstance(block, str) else block for block in content]
        message = {
            "model": fields.get("model", MODEL),
            "id": self.new_id("msg"),
            "type": "message",
            "role": "assistant",
            "content": blocks,
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 5},
        }
        streamed = fields.get("stream", False)
        self._add(messages, fields, 200, to_stream(message) if streamed else orjson.dumps(message), streamed)
        return blocks

    def refuse(self, messages: list[Body], status: int = 529, **fields: Any) -> None:
        """Answer a request with an error."""
        self._add(messages, fields, status, orjson.dumps({**OVERLOADED, "request_id": self.new_id("req")}), False)

    def last_id(self) -> str:
        assembled = self.exchanges[-1].assembled
        assert assembled is not None
        return str(assembled.message["id"])

    def _add(self, messages: list[Body], fields: Body, status: int, body: bytes, streamed: bool) -> None:
        headers = {"anthropic-version": "2023-06-01", **fields.pop("headers", {})}
        request = {"model": MODEL, "max_tokens": 1_000, "messages": messages, **fields}
        sent = orjson.dumps({name: value for name, value in request.items() if value is not None})
        kind = "text/event-stream; charset=utf-8" if streamed and status == 200 else "application/json"
        kept = (("content-type", kind), ("request-id", self.new_id("req")))
        number = len(self.exchanges) + 1
        response = Reception(status, kept, body)
        host = "api.anthropic.com"
        self.exchanges.append(Exchange(number, "POST", "/v1/messages", headers, sent, response, host, DAY))


def to_stream(message: Body) -> bytes:
    """Return a message as the events of a stream."""
    return b"".join(
        b"event: %s\ndata: %s\n\n" % (event["type"].encode(), orjson.dumps(event)) for event in _events(message)
    )


def _events(message: Body) -> Iterator[Body]:
    yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
    for index, block in enumerate(message["content"]):
        is_text = block["type"] == "text"
        start = {**block, "text": ""} if is_text else {**block, "input": {}}
        yield {"type": "content_block_start", "index": index, "content_block": start}
        whole = block["text"] if is_text else orjson.dumps(block["input"]).decode()
        for part in (whole[:3], whole[3:]):
            delta = (
                {"type": "text_delta", "text": part} if is_text else {"type": "input_json_delta", "partial_json": part}
            )
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": message["usage"]}
    yield {"type": "message_stop"}


def remind(value: str) -> list[Body]:
    """Return a text as an agent sends it, with a reminder of the day before it."""
    return [text(f"<system-reminder>\nToday's date is {DAY}.\n</system-reminder>"), text(value)]


def agent_settings(number: int, **more: Any) -> Body:
    """Return the settings of a request of an agent; its first system line differs each time."""
    system = [
        text(f"x-anthropic-billing-header: cc_version=2.1.{number}; cch={number:05x};"),
        text(f"You are an agent.\nWorking directory: {HOME}/project\nToday's date: {DAY}"),
    ]
    session = "123e4567-e89b-12d3-a456-426614174000"
    metadata = {"user_id": f"user_{'0a' * 32}_session_{session}"}
    return {"system": system, "tools": TOOLS, "stream": True, "metadata": metadata, **more}


def agent_loop(api: Api, turns: int = 6, task: str = "Fix the test of the tide table") -> list[Body]:
    """Ask as an agent does: a title, then a loop of parallel calls, of which every third is overloaded once."""
    api.ask([user(task)], "Tide table", model=SMALL_MODEL, system="Write a title in three words.", max_tokens=50)
    messages = [user(*remind(task))]
    for turn in range(turns):
        settings = agent_settings(turn)
        if turn % 3 == 2:
            api.refuse(messages, **settings)
        calls = [api.call("read_file", path=f"{HOME}/project/{turn}.py"), api.call("run", command="pytest")]
        blocks = api.ask(messages, f"Step {turn}.", *calls, **settings)
        outputs = (f"line {turn} of {HOME}/project/{turn}.py", f"{turn} passed in 0.{turn}1s at {DAY}T10:0{turn}:00Z")
        results = [result(call, output) for call, output in zip(calls, outputs, strict=True)]
        messages = [*messages, assistant(blocks), user(*results)]
    blocks = api.ask(messages, "Fixed.", **agent_settings(turns))
    return [*messages, assistant(blocks)]


def sub_agents(api: Api, agents: int = 3) -> None:
    """Ask as parallel agents do that have the same prompt: their first turns are equal, later ones arrive mixed."""
    prompt = "Look for tide tables and report what you find.\n" + "Be thorough.\n" * 30
    first = [user(*remind(prompt))]
    calls = [api.call("read_file", path="a") for _ in range(agents)]
    talks = [[*first, assistant(api.ask(first, call, **agent_settings(0)))] for call in calls]
    for number in (2, 0, 1):
        talk = [*talks[number], user(result(calls[number]))]
        blocks = api.ask(talk, f"Report {number}.", **agent_settings(1))
        talks[number] = [*talk, assistant(blocks)]
    for number in range(agents):
        api.ask([*talks[number], user("Shorter.")], f"Short {number}.", **agent_settings(2))


def compacted(api: Api) -> None:
    """Ask in a conversation that is summarized, and begins anew with its summary."""
    messages = agent_loop(api, 2, "Write a tide table")
    summary = api.ask([*messages, user("Summarize the conversation.")], "It was about tides.", **agent_settings(8))
    continued = [user(f"This session continues an earlier one.\n{summary[0]['text']}")]
    api.ask(continued, "Ready.", **agent_settings(9))
    api.ask([*continued, assistant("Ready."), user("Go on.")], "Done.", **agent_settings(10))


def sdk_tests(api: Api) -> None:
    """Ask as tests of an SDK do: short equal texts with other settings."""
    hello = [user("Hello")]
    variants: list[Body] = [
        {},
        {"model": SMALL_MODEL},
        {"stream": True},
        {"tools": TOOLS},
        {"tools": TOOLS[:2]},
        {"tools": TOOLS[:2], "tool_choice": {"type": "any"}},
        {"output_config": {"effort": "low"}},
        {"output_config": {"effort": "high"}},
        {"system": "Be brief."},
        {"system": f"Be brief.\nToday is {DAY}."},
        {"thinking": {"type": "enabled", "budget_tokens": 1_024}, "max_tokens": 2_000},
        {"thinking": {"type": "enabled", "budget_tokens": 2_048}, "max_tokens": 4_000},
        {"max_tokens": 5},
        {"stop_sequences": ["."]},
        {"temperature": 0.5},
        {"headers": {"anthropic-beta": "context-1m-2025-08-07"}},
    ]
    for number, variant in enumerate(variants):
        api.ask(hello, f"Hello {number}.", **variant)
    for answer in ("One.", "Two."):
        api.ask(hello, answer, temperature=0.25)
    call = api.call("run")
    talk = [user("Run it"), assistant([call])]
    for output, is_error in (("exit 0", False), ("exit 1", True), ("exit 2", True)):
        api.ask([*talk, user(result(call, output, is_error=is_error))], f"It said {output}.", tools=TOOLS)


def threads(api: Api) -> None:
    """Ask in two threads with equal texts: a request has only what is new."""
    betas = {"anthropic-beta": "message-threads-2026-08-12"}
    for place in ("Bergen", "Oslo"):
        api.ask([user(f"The tide in {place}?")], f"High in {place}.", thread={"type": "create"}, headers=betas)
        for answer in (f"Low in {place}.", f"Turning in {place}."):
            thread = {"type": "continue", "previous_message_id": api.last_id()}
            api.ask([user("And then?")], answer, thread=thread, headers=betas)


def growing_prompts(api: Api) -> None:
    """Ask as a client does that writes the whole conversation into one text."""
    prompt = "You are a clerk. Read the conversation and write the next line.\n" * 4
    for number in range(8):
        prompt += f"customer: question {number} about the tide table\n"
        api.ask([user(prompt)], f"answer {number}")


SESSIONS: Mapping[str, Callable[[Api], object]] = {
    "agent loop": agent_loop,
    "sub-agents": sub_agents,
    "compacted": compacted,
    "SDK tests": sdk_tests,
    "threads": threads,
    "growing prompts": growing_prompts,
}


def record(session: Callable[[Api], object]) -> list[Exchange]:
    """Return the exchanges of a session."""
    api = Api()
    session(api)
    return api.exchanges


def edit(exchange: Exchange, change: Callable[[Body], Body]) -> Exchange:
    """Return an exchange whose request has another body."""
    return replace(exchange, body=orjson.dumps(change(orjson.loads(exchange.body))))
