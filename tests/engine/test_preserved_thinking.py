"""Thinking that comes back is accepted by every process of one seed, whichever way it was sent."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson
import pytest

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.engine.binding import BINDING, FABLE, HEADER
from tests.reply.client import events_of, message_of
from tests.serving import Received, http_request, received, sent_of, with_client_headers

THINKS = "rules: [{reply: [{thinking: Hm.}, {thinking: Ha.}, 'You said ${{ user }}']}]"
BETA = {"anthropic-beta": ",".join([*BINDING, "message-threads-2026-08-12"])}
DROP = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
MODELS = (FABLE, "claude-opus-5-5", "claude-opus-5", "claude-sonnet-4-6")


def new_state() -> ScenarioState:
    return ScenarioState(load_text(THINKS))


def ask(state: ScenarioState, path: str = "/v1/messages", betas: dict[str, str] = BETA, **body: Any) -> Received:
    fields = {"model": FABLE, "thinking": {"type": "adaptive"}, **body}
    if not path.endswith("count_tokens"):
        fields["max_tokens"] = 4096
    request = http_request("POST", path, {}, with_client_headers(betas), orjson.dumps(fields))
    return received(sent_of(answer(request, state)))


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text, **more}]}


def answered(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


@pytest.mark.parametrize("model", MODELS)
def test_a_conversation_goes_on_in_another_process(model: str) -> None:
    messages: list[Any] = []
    for number in range(4):
        messages.append(said(f"Question {number}"))
        given = ask(new_state(), model=model, messages=messages)
        streamed = ask(new_state(), model=model, messages=messages, stream=True)

        assert given.json["input_transformations"] == []
        assert message_of(events_of(streamed.body))["content"] == given.json["content"]
        messages.append(answered(given.json["content"]))


def test_a_continued_thread_has_the_content_before_its_thinking() -> None:
    state = new_state()
    first = ask(state, messages=[said("Hello")], thread={"type": "create"}).json
    for _ in range(2):
        thread = {"type": "continue", "previous_message_id": first["id"]}
        first = ask(state, messages=[said("Go on.")], thread=thread).json

        assert first["input_transformations"] == []


def dropping(**fields: Any) -> dict[str, Any]:
    question = said("Hello")
    content = ask(new_state(), messages=[question]).json["content"]
    return {"messages": [question, answered(content), said("Go on.")], "system": "New.", **fields}


def test_a_count_leaves_dropped_thinking_out() -> None:
    path = "/v1/messages/count_tokens"
    kept, dropped = (ask(new_state(), path, **dropping(**fields)) for fields in ({"system": ""}, {"thinking": DROP}))

    assert kept.headers.get(HEADER) is None
    assert dropped.headers[HEADER] == "block=messages.1.content.0;kind=system_changed;sections=system"
    used = ask(new_state(), **dropping(thinking=DROP)).json["usage"]
    assert dropped.json["input_tokens"] == used["input_tokens"]


def test_a_prefix_without_dropped_thinking_is_cached() -> None:
    text = "word " * 3_000
    question = said(text)
    content = ask(new_state(), messages=[question]).json["content"]
    end = said("Go on.", cache_control={"type": "ephemeral"})
    body: dict[str, Any] = {"messages": [question, answered(content), end], "system": "New.", "thinking": DROP}
    state = new_state()

    written, read = (ask(state, **body).json["usage"] for _ in range(2))

    assert written["cache_creation_input_tokens"] == read["cache_read_input_tokens"] > 3_000


@pytest.mark.parametrize("thinking", ["adaptive", "disabled"])
@pytest.mark.parametrize("model", ["claude-sonnet-4-6", "claude-opus-4-8", "claude-sonnet-5", "claude-opus-5"])
@pytest.mark.parametrize("beginning", [b"\x12\xf0", b"\x08\x02\x12", b"\x08\x04\x12", b"\x01\xad\x41"])
def test_a_history_of_the_api_goes_on(model: str, beginning: bytes, thinking: str) -> None:
    signature = b64encode(beginning.ljust(174, b"\x5a")).decode()
    block = {"type": "thinking", "thinking": "", "signature": signature}
    history = [said("Hello"), answered([block, {"type": "text", "text": "Hi."}]), said("Go on.")]

    assert ask(new_state(), model=model, messages=history, thinking={"type": thinking}).status == 200


SWITCHES = (
    ("claude-opus-5-5", "claude-sonnet-5-5", "claude-opus-5-5"),
    ("claude-opus-5-5", FABLE, "claude-opus-5-5", FABLE),
    ("claude-sonnet-5-5", "claude-fable-5", "claude-sonnet-5-5", "claude-opus-5-5"),
)


@pytest.mark.parametrize("models", SWITCHES)
def test_a_conversation_goes_on_with_another_model(models: tuple[str, ...]) -> None:
    """A model that cannot read a block does not know it as the predecessor of its own."""
    messages: list[Any] = []
    for number, model in enumerate((*models, *models)):
        messages.append(said(f"Question {number}"))
        given = ask(new_state(), model=model, messages=messages)

        assert given.status == 200, given.json
        assert {edit["reason"] for edit in given.json["input_transformations"]} <= {"model_binding_mismatch"}
        messages.append(answered(given.json["content"]))


SUMMARIES = {"anthropic-beta": f"{BETA['anthropic-beta']},compact-2026-09-04"}


@pytest.mark.parametrize("turns", [3, 12])
def test_turns_that_follow_a_summary_keep_their_thinking(turns: int) -> None:
    messages: list[Any] = []
    for number in range(turns):
        messages.append(said(f"Question {number}"))
        messages.append(answered(ask(new_state(), messages=messages).json["content"]))
    summary = ask(new_state(), messages=messages[:3], compaction={"type": "summarize"}, betas=SUMMARIES).json["content"]
    kept = [said("Start"), answered(summary), *messages[2:], said("Go on.")]
    edited = [*kept[:-3], said("Another question"), *kept[-2:]]

    assert ask(new_state(), messages=kept, betas=SUMMARIES).json["input_transformations"] == []
    assert ask(new_state(), messages=edited, betas=SUMMARIES).status == 400
