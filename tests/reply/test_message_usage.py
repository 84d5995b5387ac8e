"""A reply with server tools has several iterations, whose input adds up."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api import tokens
from mockclaude.api.token_weights import OLD
from mockclaude.reply.cache_usage import InputUsage
from mockclaude.reply.message_usage import add_iterations
from tests.counting import calls

TEXT = {"type": "text", "text": "It is sunny."}
CALL = {"type": "server_tool_use", "id": "u_1", "name": "web_search", "input": {"query": "weather"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "u_1", "content": [{"title": "Weather of Oslo"}]}
USER_CALL = {**CALL, "type": "tool_use"}


def count(*blocks: dict[str, Any]) -> int:
    return sum(tokens.of_block(block, OLD) for block in blocks)


@pytest.mark.parametrize(
    ("content", "usage"),
    [
        ([TEXT], InputUsage(100, 10, 20, 3)),
        ([TEXT, CALL, FOUND], InputUsage(100, 10, 20, 3)),
        ([TEXT, TEXT, USER_CALL], InputUsage(100, 10, 20, 3)),
        ([CALL, FOUND, TEXT], InputUsage(200 + count(CALL, FOUND), 10, 20, 3 + 33)),
        ([CALL, CALL, FOUND, FOUND, TEXT], InputUsage(200 + count(CALL, CALL, FOUND, FOUND), 10, 20, 3 + 33)),
        (
            [CALL, FOUND, TEXT, CALL, FOUND, TEXT],
            InputUsage(300 + count(CALL, FOUND, CALL, FOUND, TEXT, CALL, FOUND), 10, 20, 3 + 66),
        ),
    ],
)
def test_each_iteration_reads_the_prompt_and_the_reply(content: list[dict[str, Any]], usage: InputUsage) -> None:
    assert add_iterations(InputUsage(100, 10, 20, 3), content, OLD) == usage


def test_work_grows_linearly_with_the_iterations() -> None:
    def count_calls(iterations: int) -> int:
        return calls(lambda: add_iterations(InputUsage(100), [CALL, FOUND, TEXT] * iterations, OLD))

    assert count_calls(400) < 5 * count_calls(100)
