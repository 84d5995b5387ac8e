"""Thinking is bound to the model that has made it and to the content before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.model_constants import Account
from mockclaude.api.thinking_binding import bind_thinking
from tests.api.asking import asked
from tests.engine.binding import (
    ANSWER,
    BINDING,
    FABLE,
    HEADER,
    NEXT,
    answered,
    assistant,
    bind,
    refused,
    result,
    text,
    user,
)
from tests.reply.signing import thought, thoughts

TOOL = {"name": "look", "input_schema": {"type": "object"}}
OTHER_TOOL = {"name": "say", "input_schema": {"type": "object"}}
DEFERRED = {**OTHER_TOOL, "name": "late", "defer_loading": True}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1, "b": None}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


ASKED = {
    "model": FABLE,
    "system": "Be brief.",
    "tools": [TOOL, OTHER_TOOL],
    "messages": [user(text("Look."), IMAGE), assistant(text("I will."), CALL), user(result([text("A tree.")]))],
}


Change = Callable[[dict[str, Any]], Any]


def change(request: dict[str, Any], *path: str | int, **values: Any) -> None:
    target: Any = request
    for key in path:
        target = target[key]
    target.update(values)


SAME: dict[str, Change] = {
    "nothing": lambda _: None,
    "cache_control": lambda r: change(r, "messages", 0, "content", 0, cache_control={"type": "ephemeral"}),
    "cache_control of a tool": lambda r: change(r, "tools", 0, cache_control={"type": "ephemeral"}),
    "cache_control in a result": lambda r: change(
        r, "messages", 2, "content", 0, "content", 0, cache_control={"type": "ephemeral"}
    ),
    "the order of keys": lambda r: r["tools"].__setitem__(0, dict(reversed(r["tools"][0].items()))),
    "the order of tools": lambda r: r["tools"].reverse(),
    "a list as system prompt": lambda r: r.update(system=[text("Be brief.", cache_control={"type": "ephemeral"})]),
    "a string as result": lambda r: change(r, "messages", 2, "content", 0, content="A tree."),
    "white space around a text": lambda r: change(r, "messages", 0, "content", 0, text=" Look.\n"),
    "white space around the system prompt": lambda r: r.update(system="Be brief. "),
    "the line of Claude Code": lambda r: r.update(
        system=[text("x-anthropic-billing-header: cch=1a2b3;"), text("x-anthropic-billing-header: x;\nBe brief.")]
    ),
    "a blank text": lambda r: r["messages"][1]["content"].insert(0, text("\n")),
    "null keys": lambda r: change(r, "messages", 1, "content", 0, citations=None),
    "no error": lambda r: change(r, "messages", 2, "content", 0, is_error=False),
    "no citations": lambda r: change(r, "messages", 1, "content", 0, citations=[]),
    "the direct caller": lambda r: change(r, "messages", 1, "content", 1, caller={"type": "direct"}),
    "defaults of a tool": lambda r: change(
        r, "tools", 0, type="custom", description="", strict=False, eager_input_streaming=False,
        allowed_callers=["direct"],
    ),
    "a deferred tool": lambda r: r["tools"].append(DEFERRED),
    "a message in two": lambda r: r["messages"].__setitem__(
        slice(0, 1), [user(text("Look.")), user(IMAGE)]
    ),
    "other parameters": lambda r: r.update(max_tokens=7, output_config={"effort": "low"}, tool_choice={"type": "none"}),
    "more messages": lambda r: r["messages"].extend([assistant(ANSWER), NEXT]),
    "the text of the thinking": lambda r: change(r, "messages", 3, "content", 0, thinking="[cleared]"),
}  # fmt: skip

SYSTEM = " The `system` prompt differs from the one this block was created with."
TOOLS = " The `tools` list differs from the one this block was created with."
FIRST = " Content before this block differs from when it was created, first at `messages.{}`."
MISSING = (
    " Content that preceded this block when it was created is missing from this request, starting at `messages.{}`."
)

OTHER: dict[str, tuple[Change, str, str]] = {
    "the system prompt": (lambda r: r.update(system="Be polite."), SYSTEM, "system_changed;sections=system"),
    "no system prompt": (lambda r: r.pop("system"), SYSTEM, "system_changed;sections=system"),
    "a tool less": (lambda r: r["tools"].pop(), TOOLS, "tools_changed"),
    "a strict tool": (lambda r: change(r, "tools", 0, strict=True), TOOLS, "tools_changed"),
    "white space in a text": (
        lambda r: change(r, "messages", 1, "content", 0, text="I  will."),
        FIRST.format("1.content.0"),
        "blocks_modified",
    ),
    "an image": (
        lambda r: change(r, "messages", 0, "content", 1, "source", data="AAAB"),
        FIRST.format("0.content.1"),
        "blocks_modified",
    ),
    "another caller": (
        lambda r: change(r, "messages", 1, "content", 1, caller={"type": "code_execution", "tool_id": "a"}),
        FIRST.format("1.content.1"),
        "blocks_modified",
    ),
    "an input": (
        lambda r: change(r, "messages", 1, "content", 1, "input", a=2),
        FIRST.format("1.content.1"),
        "blocks_modified",
    ),
    "a null in an input": (
        lambda r: r["messages"][1]["content"][1]["input"].pop("b"),
        FIRST.format("1.content.1"),
        "blocks_modified",
    ),
    "a result": (
        lambda r: change(r, "messages", 2, "content", 0, content="A tree. "),
        FIRST.format("2.content.0"),
        "blocks_modified",
    ),
    "another order": (
        lambda r: r["messages"][0]["content"].reverse(),
        FIRST.format("0.content.0"),
        "blocks_modified",
    ),
    "another role": (lambda r: change(r, "messages", 0, role="system"), FIRST.format("0.content.0"), "blocks_modified"),
    "an inserted block": (
        lambda r: r["messages"][2]["content"].append(text("See?")),
        FIRST.format("2.content.1"),
        "blocks_inserted",
    ),
    "a deleted block": (
        lambda r: r["messages"][0]["content"].pop(0), MISSING.format("0.content.0"), "blocks_removed",
    ),
    "a deleted last block": (
        lambda r: r["messages"][2].update(content=[]), MISSING.format("3.content.0"), "blocks_removed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_the_same_content_in_another_form_is_accepted(name: str) -> None:
    request = answered(ASKED)
    SAME[name](request)

    assert refused(**request) is None


@pytest.mark.parametrize("name", OTHER)
def test_other_content_is_refused_in_the_words_of_the_api(name: str) -> None:
    request = answered(ASKED)
    edit, sentence, kind = OTHER[name]
    edit(request)

    error = refused(**request)

    assert error is not None
    assert error.status == 400
    assert error.message == (
        "messages.3.content.0: Invalid `signature` in `thinking` block. The block is bound to a different "
        "conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "
        '"drop_block". That setting requires the `thinking-binding-controls-2026-08-01` value in the '
        f"`anthropic-beta` header.{sentence}"
    )
    assert error.headers == {HEADER: f"block=messages.3.content.0;kind={kind}"}
    with_beta = refused(betas=BINDING, **request)
    assert with_beta is not None
    assert with_beta.message.endswith(f'"drop_block".{sentence}')


LONG = {"model": FABLE, "messages": [user(text(str(number))) for number in range(20)]}


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda m: change(m[1], "content", 0, text="?"), " A message older than `messages.0.content.4` differs "),
        (lambda m: change(m[7], "content", 0, text="?"), "first at `messages.0.content.7`."),
        (lambda m: m.pop(9), "starting at `messages.0.content.9`."),
        (lambda m: m.pop(0), "starting at `messages.0.content.0`."),
        (lambda m: m.__delitem__(slice(0, 18)), "starting at `messages.0.content.0`."),
    ],
)
def test_a_change_far_back_is_told_less_exactly(edit: Callable[[list[Any]], Any], sentence: str) -> None:
    request = answered(LONG)
    edit(request["messages"])

    error = refused(**request)

    assert error is not None
    assert sentence in error.message


@pytest.mark.parametrize(
    ("kept", "is_refused"),
    [([0, 1, 2], False), ([1, 2], False), ([0, 1], False), ([0, 2], True), ([2], False), ([], False)],
)
def test_a_block_records_the_one_before_it(kept: list[int], *, is_refused: bool) -> None:
    first, second, third = thoughts("One.", "Two.", "Three.", model=FABLE)
    blocks = [block for index, block in enumerate((first, second, third)) if index in kept]
    content = [part for block in blocks for part in (block, ANSWER)]

    error = refused(model=FABLE, messages=[*asked().messages, assistant(*content), NEXT])

    assert (error is not None) is is_refused
    assert not error or error.message.endswith(
        " The `thinking` block that preceded this one when it was created is missing from this request."
    )


def test_a_block_records_the_one_of_an_earlier_message() -> None:
    first = [*asked().messages, assistant(thought(model=FABLE), ANSWER), NEXT]
    second = [*first, assistant(thought(model=FABLE, messages=first), ANSWER), NEXT]
    third = [*second, assistant(thought(model=FABLE, messages=second), ANSWER), NEXT]
    without_second = [*third[:3], assistant(ANSWER), *third[4:]]

    assert refused(model=FABLE, messages=third) is None
    assert refused(model=FABLE, messages=without_second) is not None


def test_thinking_that_was_put_back_is_refused() -> None:
    first = thought(model=FABLE)
    history = [*asked().messages, assistant(ANSWER), NEXT]
    second = thought(model=FABLE, messages=history)

    def is_refused(*blocks: Any) -> bool:
        messages = [*history[:1], assistant(*blocks, ANSWER), NEXT, assistant(second, ANSWER), NEXT]
        return refused(model=FABLE, messages=messages) is not None

    assert not is_refused()
    assert is_refused(first)


@pytest.mark.parametrize(
    ("model", "account", "behavior", "is_refused"),
    [
        ("claude-fable-5-2", "old", None, True),
        ("claude-mythos-5-2", "old", None, True),
        *((model, account, behavior, account == "new" or behavior is not None)
          for model in ("claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5")
          for account in ("old", "new")
          for behavior in (None, "error")),
        *((model, "new", "error", False) for model in ("claude-sonnet-5", "claude-haiku-5-5", "claude-mythos-5-1")),
    ],
)  # fmt: skip
def test_a_model_enforces_it_for_all_or_for_new_accounts(
    model: str, account: Account, behavior: str | None, *, is_refused: bool
) -> None:
    request = answered({"model": model, "messages": asked().messages})
    thinking = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": behavior}}

    assert (refused(account, **request, system="New.", thinking=thinking) is not None) is is_refused


COMPACTION = {"type": "compaction", "content": "All so far."}


def test_a_compaction_begins_the_content_anew() -> None:
    later = [assistant(COMPACTION, ANSWER), NEXT]
    block = thought(model=FABLE, messages=[*asked().messages, *later])
    blocks = assistant(block, ANSWER)

    assert refused(model=FABLE, messages=[*asked().messages, *later, blocks, NEXT]) is None
    assert refused(model=FABLE, messages=[*later, blocks, NEXT]) is None
    assert refused(model=FABLE, messages=[*later[:1], user(text("?")), blocks, NEXT]) is not None


def test_thinking_after_a_compaction_in_its_message_is_accepted() -> None:
    block = thought(model=FABLE)

    assert refused(model=FABLE, messages=[user(text("?")), assistant(COMPACTION, block), NEXT]) is None
    assert refused(model=FABLE, messages=[user(text("?")), assistant(block, COMPACTION), NEXT]) is not None


def test_an_edited_text_is_noted() -> None:
    request = answered(ASKED)
    SAME["the text of the thinking"](request)

    warnings = bind(**request).warnings

    assert warnings == ["messages.3.content.0: the text differs from the signed text; the API accepts that"]


def test_without_own_thinking_nothing_is_judged() -> None:
    request = asked(user(text("Hi")), assistant({"type": "thinking", "thinking": "", "signature": "x"}), NEXT)

    assert bind_thinking(request, "new") is request
    assert "memo" in vars(request)
    assert len(request.memo) == 1


@given(texts=st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=20), data=st.data())
def test_any_edit_before_a_block_is_found(texts: list[str], data: st.DataObject) -> None:
    request = answered({"model": FABLE, "messages": [user(*map(text, texts))]})
    assert refused(**request) is None

    at = data.draw(st.integers(0, len(texts) - 1))
    request["messages"][0]["content"][at]["text"] += "x"
    assert refused(**request) is not None
