"""Files that a code execution makes: the reply has their ids, and the store has their bytes if the reply has them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest

from mockclaude.api.request import MessagesRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.diagnostics import Place, ScenarioError
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import ReplyTemplate, Rule
from tests.engine.deciding import CREATE, call, send
from tests.reply.making import content
from tests.resources.storing import PNG

CHART = {"name": "chart.png", "base64": b64encode(PNG).decode()}
TABLE = {"name": "table", "content": "a,b\n1,2\n"}


def execution(*files: dict[str, Any], name: str = "code_execution", **more: Any) -> dict[str, Any]:
    return {"server_tool": {"name": name, "files": list(files), **more}}


def new_state(*steps: Any, **keys: Any) -> ScenarioState:
    return ScenarioState(load_text(orjson.dumps({"rules": [{"reply": list(steps), **keys}]}).decode()))


def file_ids(response: dict[str, Any]) -> list[str]:
    """Return the ids in the results of a message."""
    results = [block["content"]["content"] for block in response["content"] if block["type"].endswith("_tool_result")]
    return [output["file_id"] for outputs in results for output in outputs]


def stored(state: ScenarioState) -> list[tuple[str, str, str, bytes]]:
    """Return id, name, media type and content of the files, oldest first."""
    listed = reversed(state.store.list_resources("file", ""))
    whole = [state.store.find_resource("file", "", each.id) for each in listed]
    facts = [(each, orjson.loads(each.facts)) for each in whole if each is not None]
    return [(each.id, read["filename"], read["mime_type"], each.content) for each, read in facts]


@pytest.mark.parametrize("name", ["code_execution", "bash_code_execution"])
def test_result_has_the_ids_of_the_files(name: str) -> None:
    [_, result] = content(execution(CHART, TABLE, name=name, result={"stdout": "Done."}))
    outputs = result["content"]["content"]

    assert result["content"]["stdout"] == "Done."
    assert [list(output) for output in outputs] == [["type", "file_id"]] * 2
    assert {output["type"] for output in outputs} == {f"{name}_output"}
    assert len({output["file_id"] for output in outputs}) == 2


def test_files_alone_are_a_result() -> None:
    [use, result, _] = content(execution(TABLE), {"text": "Done."})

    assert [use["type"], result["content"]["stdout"]] == ["server_tool_use", ""]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fields", [{}, {"thread": CREATE}, {"diagnostics": {"previous_message_id": None}}])
def test_files_are_stored_with_the_reply(stream: bool, fields: dict[str, Any]) -> None:
    state = new_state(execution(CHART, TABLE), "Done.")
    betas = {"anthropic-beta": "message-threads-2026-08-12,cache-diagnosis-2026-04-07"}
    one, other = (send(state, call(stream=stream, headers=betas, **fields)).response for _ in range(2))
    files = stored(state)

    assert all(file[0].encode() in (one if index < 2 else other).body for index, file in enumerate(files))
    assert [file[1:] for file in files] == [("chart.png", "image/png", PNG), ("table", "text/plain", b"a,b\n1,2\n")] * 2


def test_placeholders_of_a_file_are_filled_in() -> None:
    state = new_state(execution({"name": "${{ user }}.csv", "content": "${{ turn }}"}))
    send(state, call("sum"))

    assert [file[1:] for file in stored(state)] == [("sum.csv", "text/csv", b"1")]


@pytest.mark.parametrize(
    ("step", "stream", "count"),
    [
        ({"disconnect": "reset"}, True, 1),
        ({"error": "overloaded_error"}, True, 1),
        ({"error": "overloaded_error"}, False, 0),
    ],
)
def test_files_are_stored_if_their_ids_are_sent(step: dict[str, Any], stream: bool, count: int) -> None:
    state = new_state(execution(TABLE), step)
    send(state, call(stream=stream))

    assert len(stored(state)) == count


@pytest.mark.parametrize(("fault", "count"), [("529", 0), ("cut", 1)])
def test_fault_with_a_status_stores_no_file(fault: str, count: int) -> None:
    state = new_state(execution(TABLE), "Done.", fault=fault)
    send(state, call(stream=True))

    assert len(stored(state)) == count


def test_invalid_base64_of_a_placeholder_is_an_error_of_the_rule() -> None:
    response = send(new_state(execution({"name": "a", "base64": "${{ user }}"})), call("?")).response

    assert (response.status, response.error[1].partition(": ")[2]) == (
        400,
        "invalid base64 of the file 'a', after its placeholders are filled in",
    )


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (execution({"name": "a", "base64": "?"}), "invalid base64, got '?'; use `content` for text"),
        (execution({"name": "a"}), "a file with both or neither of `content` and `base64`; expected one of them"),
        (execution({**CHART, "content": ""}), "a file with both or neither of"),
        (execution(TABLE, error="unavailable"), "a server tool with `files` and `error`; expected one of them"),
        (execution(TABLE, name="web_search"), "`files` of web_search; expected them of code_execution"),
        (execution(TABLE, server_name="mine"), "`files` of code_execution; expected them of code_execution"),
        (execution(result={"files": []}), "`files` in the result of a server tool; expected them beside `result`"),
    ],
)
def test_files_in_a_wrong_place_are_reported(step: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as error:
        new_state(step)

    assert message in str(error.value)


def test_function_makes_files_in_a_live_reply() -> None:
    parts = [new_state(step).rules[0].replies[0] for step in (execution(TABLE), {"text": "Done."})]

    async def function(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
        for part in parts:
            yield part

    scenario = new_state("Unused.").scenario
    state = ScenarioState(scenario._replace(rules=(Rule("live", Place("test"), function=function),)))
    reply = send(state, call()).response.json

    assert file_ids(reply) == [file[0] for file in stored(state)] != []
