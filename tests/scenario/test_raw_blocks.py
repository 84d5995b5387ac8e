"""A block in the API's own form has the fields of its kind, where it is written and in every reply."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from anthropic.types.beta import BetaContentBlock

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.format.raw_blocks import REQUIRED, find_problem
from mockclaude.scenario.loading.loader import load_text
from tests.scenario.talk import complaints
from tests.serving import CLIENT, asking, http_request, sent_of

TOOL_USE = "`id` (text), `name` (text) and `input` (a mapping)"
RESULT = "`tool_use_id` (text) and `content` (a mapping)"
WEB_RESULT = "`tool_use_id` (text) and `content` (a mapping or a list)"


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("{type: text}", "text block without `text`; expected `text` (text)"),
        ("{type: text, text: null}", "`text` of a text block: wrong type, got null; expected text"),
        ("{type: text, text: 5}", "`text` of a text block: wrong type, got a number; expected text"),
        (
            "{type: thinking, thinking: a}",
            "thinking block without `signature`; expected `thinking` (text) and `signature` (text)",
        ),
        ("{type: redacted_thinking}", "redacted_thinking block without `data`; expected `data` (text)"),
        ("{type: tool_use}", f"tool_use block without `id`, `name` and `input`; expected {TOOL_USE}"),
        (
            "{type: tool_use, id: a, name: b, input: [c]}",
            "`input` of a tool_use block: wrong type, got a list; expected a mapping",
        ),
        (
            "{type: server_tool_use, id: a, input: {}}",
            f"server_tool_use block without `name`; expected {TOOL_USE}",
        ),
        (
            "{type: mcp_tool_use, id: a, name: b, input: {}}",
            "mcp_tool_use block without `server_name`; expected `id` (text), `name` (text), `input` (a mapping) and "
            "`server_name` (text)",
        ),
        (
            "{type: web_search_tool_result, tool_use_id: a, content: b}",
            "`content` of a web_search_tool_result block: wrong type, got text; expected a mapping or a list",
        ),
        *(
            (
                f"{{type: {kind}_tool_result, tool_use_id: a}}",
                f"{kind}_tool_result block without `content`; expected {RESULT}",
            )
            for kind in (
                "web_fetch",
                "code_execution",
                "bash_code_execution",
                "text_editor_code_execution",
                "tool_search",
                "advisor",
            )
        ),
        (
            "{type: mcp_tool_result, tool_use_id: a, content: b, is_error: 1}",
            "`is_error` of a mcp_tool_result block: wrong type, got a number; expected true or false",
        ),
        (
            "{type: mcp_tool_listing, tools: []}",
            "mcp_tool_listing block without `mcp_server_name`; expected `mcp_server_name` (text) and `tools` (a list)",
        ),
        ("{type: container_upload}", "container_upload block without `file_id`; expected `file_id` (text)"),
        (
            "{type: fallback, from: {}}",
            "fallback block without `to` and `trigger`; expected `from` (a mapping), `to` (a mapping) and `trigger` "
            "(a mapping)",
        ),
        ("{type: compaction}", "compaction block without `content`; expected `content` (text or null)"),
        (
            "{type: compaction, content: 5}",
            "`content` of a compaction block: wrong type, got a number; expected text or null",
        ),
        (
            "{type: '${{ user }}', text: a}",
            "the type of a block is a placeholder, got '${{ user }}'; expected a literal such as text or tool_use",
        ),
    ],
)
def test_a_block_without_its_fields_is_a_mistake(block: str, message: str) -> None:
    assert complaints(f"rules: [reply: [block: {block}]]") == [f"a.yaml:1:24: {message}"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "hologram", "beam": None},
        {"type": "compaction", "content": None},
        {"type": "compaction", "content": "Summary", "encrypted_content": "Eqgf"},
        {"type": "text", "text": "", "citations": None, "more": 1},
        {"type": "mcp_tool_result", "tool_use_id": "a", "content": "b", "is_error": False},
    ],
)
def test_a_block_with_its_fields_may_have_others(block: dict[str, Any]) -> None:
    assert find_problem(block) is None


def test_every_kind_of_block_that_the_sdk_has_is_known() -> None:
    kinds = [get_args(model.model_fields["type"].annotation)[0] for model in get_args(get_args(BetaContentBlock)[0])]

    assert sorted(REQUIRED) == sorted(kinds)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("block", "status"),
    [
        ("{type: text, text: '${{ user }}'}", 200),
        ("{type: text, text: '${{ request.nothing }}'}", 400),
        ("{type: tool_use, id: a, name: b, input: '${{ request.messages[0] }}'}", 200),
        ("{type: tool_use, id: a, name: b, input: '${{ request.messages }}'}", 400),
        ("{type: hologram, beam: '${{ request.nothing }}'}", 200),
    ],
)
def test_a_block_is_checked_again_when_its_placeholders_are_filled_in(block: str, status: int, stream: bool) -> None:
    served = ScenarioState(load_text(f"rules: [reply: [block: {block}]]", "a.yaml"))
    given = answer(http_request("POST", "/v1/messages", {}, CLIENT, asking(stream=stream), 0), served)

    assert given.response.status == status
    if status == 400:
        problem = "got null; expected text" if "text:" in block else "got a list; expected a mapping"
        assert given.reason.startswith("a.yaml:1:9: `")
        assert given.reason.endswith(f"{problem}, after its placeholders are filled in")
        assert given.reason.encode() in sent_of(given)
