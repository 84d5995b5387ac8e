"""Thinking that does not fit the request is dropped, and the response reports it."""

from __future__ import annotations

from typing import Any

from mockclaude.api.request import MessagesRequest
from mockclaude.reply.signatures import sign
from tests.api.asking import asked
from tests.counting import calls
from tests.engine.binding import ANSWER, BINDING, FABLE, NEXT, answered, assistant, bind, text, user
from tests.reply.signing import SEED, thought, thoughts

DROP = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}


def drop(index: int, number: int = 1, reason: str = "prefix") -> dict[str, str]:
    path = f"messages.{number}.content.{index}"
    return {"type": "thinking_dropped", "path": path, "reason": f"{reason}_binding_mismatch"}


def test_a_dropped_block_takes_those_after_it_along() -> None:
    question = asked().messages
    one, two, three = thoughts("One.", "Two.", "Three.", model=FABLE)
    history = [*question, assistant(one, two, ANSWER, three, ANSWER), NEXT]

    request = bind(betas=BINDING, model=FABLE, messages=history, system="New.", thinking=DROP)

    assert request.prompt is not None
    assert request.prompt.transformations == [drop(0), drop(1), drop(3)]
    assert request.prompt.header == "block=messages.1.content.0;kind=system_changed;sections=system"
    assert request.prompt.messages == [*question, assistant(ANSWER, ANSWER), NEXT]
    assert request.input_tokens == asked(model=FABLE, system="New.", messages=request.prompt.messages).input_tokens


def test_a_block_drops_a_neighbour_with_another_signature() -> None:
    stranger = {"type": "redacted_thinking", "data": "x"}
    history = [{"role": "user", "content": "Hello"}, assistant(thought(model=FABLE), stranger, ANSWER, stranger), NEXT]

    request = bind(betas=BINDING, model=FABLE, messages=history, thinking=DROP)

    assert request.prompt is not None
    assert request.prompt.transformations == [drop(0), drop(1)]


def test_a_change_does_not_spread() -> None:
    """A dropped block is not the predecessor of the next one, whether or not the client sends it."""
    system, question = "New.", asked().messages
    first = thought(model=FABLE)
    history = [*question, assistant(first, ANSWER), NEXT]
    request = bind(betas=BINDING, model=FABLE, messages=history, system=system, thinking=DROP)
    second = signed_for(request)

    for blocks, edits in (([first], [drop(0)]), ([], [])):
        messages = [*question, assistant(*blocks, ANSWER), NEXT, assistant(second, ANSWER), NEXT]
        later = bind(betas=BINDING, model=FABLE, messages=messages, system=system, thinking=DROP)

        assert list(later.prompt.transformations if later.prompt else []) == edits


def signed_for(request: MessagesRequest) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "Hm.", "signature": sign(SEED, request, [], "Hm.", "Hm.")}


def test_thinking_of_another_model_is_dropped_without_an_error() -> None:
    block = thought(model="claude-opus-5-5")
    request = bind(model="claude-sonnet-5", messages=[user(text("Other.")), assistant(block, ANSWER), NEXT])

    assert request.prompt is not None
    assert request.prompt.transformations == [drop(0, reason="model")]
    assert request.prompt.header == ""


def test_a_model_that_no_catalogue_lists_reads_everything() -> None:
    block = thought(model=FABLE)
    history = [*asked().messages, assistant(block, ANSWER), NEXT]

    assert bind(model="claude-next", messages=history).prompt is None


def test_without_enforcement_a_mismatch_is_reported() -> None:
    later = answered({"model": "claude-opus-5-5", "messages": asked().messages})

    request = bind("old", BINDING, **later, system="New.")

    assert request.prompt is not None
    assert request.prompt.header == ""
    assert request.prompt.messages == request.messages
    assert request.prompt.transformations == [
        {"type": "thinking_mismatch_allowed", "path": "messages.1.content.0", "reason": "prefix_binding_mismatch"}
    ]


def test_the_work_grows_with_the_blocks_and_the_compactions() -> None:
    turn = [user(text("?")), assistant(thought(model=FABLE), ANSWER), user(text("?"))]
    turn += [assistant(*[{"type": "compaction", "content": None}] * 4, ANSWER)]

    def work(turns: int) -> int:
        return calls(lambda: bind(model=FABLE, betas=BINDING, messages=turn * turns, thinking=DROP))

    work(2)
    assert work(160) < 4.4 * work(40)
