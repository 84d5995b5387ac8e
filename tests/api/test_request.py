"""A request as checks see it."""

from __future__ import annotations

from mockclaude.api.content_blocks import format_path
from mockclaude.api.field_traits import list_inner_traits
from mockclaude.api.request import MessagesRequest
from tests.api.asking import QUESTION, asked, body

IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [IMAGE, {"type": "text", "text": "A cat"}]}


def test_blocks_are_found_by_type_with_their_paths_also_in_tool_results() -> None:
    request = asked(QUESTION, {"role": "user", "content": [RESULT, IMAGE]})

    assert [format_path(path) for path, _ in request.blocks["image"]] == [
        "messages.1.content.0.tool_result.content.0",
        "messages.1.content.1",
    ]
    assert {kind: len(found) for kind, found in request.blocks.items()} == {"tool_result": 1, "image": 2, "text": 1}


def test_a_tool_result_of_plain_text_has_no_blocks_inside() -> None:
    assert list(asked({"role": "user", "content": [{**RESULT, "content": "A cat"}]}).blocks) == ["tool_result"]


def test_a_block_in_a_tool_result_that_a_gateway_lets_through_may_have_any_type() -> None:
    inside = [{"type": ["text"]}, {}]

    assert len(asked({"role": "user", "content": [{**RESULT, "content": inside}]}).blocks[""]) == 2


def test_traits_are_the_fields_that_say_something_the_roles_and_the_kinds_of_blocks() -> None:
    request = asked({"role": "user", "content": [IMAGE]}, thinking=None, system="Be kind.")

    assert request.traits == {"model", "max_tokens", "messages", "system", "role:user", "block:image"}


def test_a_field_that_is_named_like_a_trait_is_none() -> None:
    assert asked(QUESTION, **{"block:image": 1, "thinking:enabled": 1}).traits == asked(QUESTION).traits


def test_traits_of_tools_ignore_what_is_no_object() -> None:
    assert list_inner_traits({"tools": [1, {"strict": True}], "thinking": 1}) == ["tool:strict"]
    assert list_inner_traits({"tools": {"strict": True}, "thinking": {}}) == ["thinking:None"]


def test_input_tokens_are_those_of_the_body() -> None:
    assert asked(QUESTION).input_tokens == asked(QUESTION, max_tokens=1).input_tokens > 0


def test_without_a_record_every_block_is_known() -> None:
    issued = MessagesRequest(body()).issued

    assert issued.thinking("signature") == issued.redacted("data") == "known"


def test_a_warning_is_of_one_request() -> None:
    shared = ["of the head"]
    one, other = (MessagesRequest({"model": "m", "messages": []}, warnings=shared) for _ in range(2))

    one.warn("odd")

    assert (one.warnings, other.warnings) == (["of the head", "odd"], ["of the head"])
