"""Each step of a reply becomes the API's content blocks, in the API's key order."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given

from tests.api.bodies import json_values, texts
from tests.reply.making import DRAWS, content

BASE58 = "[1-9A-HJ-NP-Za-km-z]"
CITY = {"type": "object", "properties": {"city": {"const": "Paris"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "input_schema": CITY}
USER = "${{ user }}"
NUMBER = "${{ turn }}"
NOTHING = "${{ tool_result }}"
LIST = "${{ request.messages[].role }}"
STR_REPLACE = "text_editor_code_execution_str_replace_result"


def same(made: Any, expected: Any) -> bool:
    """Tell whether two values are the same JSON, key order included."""
    return json.dumps(made) == json.dumps(expected)


def server_tool(name: str, **value: Any) -> dict[str, Any]:
    return {"server_tool": {"name": name, "id": "u_1", **value}}


def result_of(name: str, **value: Any) -> dict[str, Any]:
    """Return the result block of a server tool, whose use comes before it."""
    use, result = content(server_tool(name, **value))
    assert same(use, {"type": "server_tool_use", "id": "u_1", "name": name, "input": {}})
    return result


@pytest.mark.parametrize(
    ("step", "block"),
    [
        ({"text": "Hi."}, {"type": "text", "text": "Hi."}),
        ({"text": ""}, {"type": "text", "text": ""}),
        ({"text": {"text": "Hi.", "citations": []}}, {"type": "text", "text": "Hi."}),
        ({"text": USER}, {"type": "text", "text": "Hello"}),
        ({"text": NUMBER}, {"type": "text", "text": "1"}),
        ({"text": NOTHING}, {"type": "text", "text": ""}),
        ({"text": LIST}, {"type": "text", "text": '["user"]'}),
        (
            {"thinking": {"thinking": "Hm.", "signature": "c2ln"}},
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        ),
        ({"redacted_thinking": "EmwK"}, {"type": "redacted_thinking", "data": "EmwK"}),
        ({"json": {"b": 1, "a": [None]}}, {"type": "text", "text": '{"b":1,"a":[null]}'}),
        ({"json": None}, {"type": "text", "text": "null"}),
        ({"json": {"turn": NUMBER}}, {"type": "text", "text": '{"turn":1}'}),
        ({"block": {"type": "hologram", "beam": {"b": 1, "a": 2}}}, {"type": "hologram", "beam": {"b": 1, "a": 2}}),
    ],
)
def test_a_step_becomes_its_block(step: dict[str, Any], block: dict[str, Any]) -> None:
    assert same(content(step, model="claude-haiku-4-5"), [block])


def test_citations_come_first_in_a_text_block() -> None:
    citation = {"type": "search_result_location", "cited_text": "Grass.", "source": "https://example.com"}
    [block] = content({"text": {"text": "Hi.", "citations": [citation]}})

    assert list(block) == ["citations", "type", "text"]
    assert block["citations"][0].items() >= citation.items()


FILE = {"type": "document", "source": {"type": "file", "file_id": "file_a"}}
TEXT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grass."}}
ODD = {"type": "document", "source": "file_a"}


@pytest.mark.parametrize(
    ("citation", "file_id"),
    [({}, None), ({"document_index": 1}, "file_a"), ({"document_index": 1, "file_id": "file_b"}, "file_b")]
    + [({"document_index": index}, None) for index in (2, 3)],
)
def test_citation_has_the_file_id_of_its_document(citation: dict[str, Any], file_id: str | None) -> None:
    cited = {"type": "char_location", "cited_text": "Grass.", **citation}
    messages = [{"role": "user", "content": [TEXT, FILE, ODD]}]
    [block] = content({"text": {"text": "Hi.", "citations": [cited]}}, messages=messages)

    assert block["citations"][0]["file_id"] == file_id


def test_thinking_is_signed_by_its_text() -> None:
    [one], [again] = content({"thinking": "Hm."}), content({"thinking": "Hm."}, draws=DRAWS._replace(lane="bob"))

    [other], [of_another_seed] = (
        content({"thinking": "Ha."}),
        content({"thinking": "Hm."}, draws=DRAWS._replace(seed=8)),
    )

    assert one["signature"] == again["signature"]
    assert len({one["signature"], other["signature"], of_another_seed["signature"]}) == 3


def test_tool_call_has_a_caller_and_a_unique_id() -> None:
    one, other = content({"tool_use": {"name": "look", "input": {"at": USER}}}, {"tool_use": {"name": "look"}})

    assert re.fullmatch(f"toolu_01{BASE58}{{22}}", one["id"])
    assert one["id"] != other["id"]
    expected = {"type": "tool_use", "id": one["id"], "name": "look", "input": {"at": "Hello"}}
    assert same(one, {**expected, "caller": {"type": "direct"}})


def test_tool_call_has_the_values_of_the_step() -> None:
    rest = {"input": {}, "caller": {"type": "x"}, "toolset_name": "browser"}
    [block] = content({"tool_use": {"name": NUMBER, "id": "toolu_mine", **rest}})

    assert same(block, {"type": "tool_use", "id": "toolu_mine", "name": "1", **rest})


def test_tool_input_is_generated_from_the_request_schema() -> None:
    [block] = content({"tool_use": "get_weather"}, tools=[{"name": "look", "input_schema": {}}, WEATHER])

    assert block["input"] == {"city": "Paris"}


@pytest.mark.parametrize("tools", [[], [{"name": "look", "type": "bash_20250124"}]])
def test_tool_input_is_an_object_without_a_schema(tools: list[dict[str, Any]]) -> None:
    [block] = content({"tool_use": "look"}, tools=tools)

    assert isinstance(block["input"], dict)


CHOSEN = {"type": "json_schema", "schema": {"enum": ["Paris"]}}


@pytest.mark.parametrize("fields", [{"output_config": {"format": CHOSEN}}, {"output_format": CHOSEN}])
def test_json_is_generated_from_the_output_schema(fields: dict[str, Any]) -> None:
    [block] = content({"json": "from_schema"}, **fields)

    assert block == {"type": "text", "text": '"Paris"'}


def test_generated_data_is_the_same_for_each_attempt() -> None:
    tools = [{"name": "look", "input_schema": {"type": "object", "required": ["at"], "properties": {"at": {}}}}]
    [one] = content({"tool_use": "look"}, tools=tools)
    [again] = content({"tool_use": "look"}, tools=tools, draws=DRAWS._replace(lane="bob", occurrence=9))

    assert one["input"] == again["input"]
    assert one["id"] != again["id"]


def test_tool_input_is_empty_if_no_value_fits() -> None:
    [block] = content({"tool_use": "look"}, tools=[{"name": "look", "input_schema": {"enum": []}}])

    assert block["input"] == {}


@pytest.mark.parametrize(
    ("name", "result", "made"),
    [
        ("web_search", [], []),
        (
            "web_search",
            [{"page_age": "today", "title": "T", "url": "u", "encrypted_content": "Eqgf"}],
            [{"type": "web_search_result", "url": "u", "title": "T", "encrypted_content": "Eqgf", "page_age": "today"}],
        ),
        (
            "web_fetch",
            {"url": "u", "title": "T", "text": "Once", "retrieved_at": "now"},
            {
                "type": "web_fetch_result",
                "url": "u",
                "retrieved_at": "now",
                "content": {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "Once"},
                    "title": "T",
                    "citations": None,
                },
            },
        ),
        (
            "web_fetch",
            {"url": "u", "content": {"type": "document", "source": {"type": "base64"}}},
            {
                "type": "web_fetch_result",
                "url": "u",
                "retrieved_at": None,
                "content": {"type": "document", "source": {"type": "base64"}},
            },
        ),
        *(
            (name, short, {"type": f"{name}_result", "stdout": out, "stderr": "", "return_code": code, "content": []})
            for name in ("code_execution", "bash_code_execution")
            for short, out, code in [
                ("42\n", "42\n", 0),
                ({"stdout": "no", "return_code": 1}, "no", 1),
                ({"type": f"{name}_result", "stdout": "no"}, "no", 0),
                (USER, "Hello", 0),
                (NUMBER, "1", 0),
                (LIST, '["user"]', 0),
            ]
        ),
        (
            "code_execution",
            {"type": "encrypted_code_execution_result", "encrypted_stdout": "Eqgf", "stderr": ""},
            {"type": "encrypted_code_execution_result", "encrypted_stdout": "Eqgf", "stderr": ""},
        ),
        (
            "text_editor_code_execution",
            {"content": "hello"},
            {
                "type": "text_editor_code_execution_view_result",
                "file_type": "text",
                "content": "hello",
                "num_lines": None,
                "start_line": None,
                "total_lines": None,
            },
        ),
        (
            "text_editor_code_execution",
            {"is_file_update": True},
            {"type": "text_editor_code_execution_create_result", "is_file_update": True},
        ),
        *(
            (
                "text_editor_code_execution",
                {**kind, "lines": ["+a"], "new_lines": 1},
                {
                    "type": STR_REPLACE,
                    "old_start": None,
                    "old_lines": None,
                    "new_start": None,
                    "new_lines": 1,
                    "lines": ["+a"],
                },
            )
            for kind in ({}, {"type": STR_REPLACE})
        ),
        ("text_editor_code_execution", {"type": "newer", "a": 1}, {"type": "newer", "a": 1}),
        *(
            (
                name,
                ["look"],
                {
                    "type": "tool_search_tool_search_result",
                    "tool_references": [{"type": "tool_reference", "tool_name": "look"}],
                },
            )
            for name in ("tool_search_tool_regex", "tool_search_tool_bm25")
        ),
    ],
)
def test_the_result_of_a_server_tool_takes_the_apis_form(name: str, result: Any, made: Any) -> None:
    family = "tool_search" if name.startswith("tool_search") else name

    expected = {"type": f"{family}_tool_result", "tool_use_id": "u_1", "content": made}
    assert same(result_of(name, result=result), expected)


def test_web_search_result_has_the_same_encrypted_content() -> None:
    step = {"server_tool": {"name": "web_search", "result": [{"url": "a"}, {"url": "b"}]}}
    use, result_block = content(step)
    other_use, same_result = content(step, draws=DRAWS._replace(lane="bob", occurrence=3))
    one, other = result_block["content"]

    assert list(one) == ["type", "url", "title", "encrypted_content", "page_age"]
    assert one["encrypted_content"] != other["encrypted_content"]
    assert result_block["content"] == same_result["content"]
    assert re.fullmatch(f"srvtoolu_01{BASE58}{{22}}", use["id"])
    assert use["id"] != other_use["id"]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("web_search", "web_search"),
        ("web_fetch", "web_fetch"),
        ("code_execution", "code_execution"),
        ("bash_code_execution", "bash_code_execution"),
        ("text_editor_code_execution", "text_editor_code_execution"),
        ("tool_search_tool_regex", "tool_search"),
        ("tool_search_tool_bm25", "tool_search"),
    ],
)
def test_server_tool_has_an_error_or_no_result(name: str, family: str) -> None:
    failure = {"type": f"{family}_tool_result_error", "error_code": "unavailable"}

    expected = {"type": f"{family}_tool_result", "tool_use_id": "u_1", "content": failure}
    assert same(result_of(name, error="unavailable"), expected)
    [dangling] = content(server_tool(name, input={"query": USER}))
    assert dangling["input"] == {"query": "Hello"}


@pytest.mark.parametrize(
    ("value", "is_error", "text"),
    [
        ({"result": "hello"}, False, [{"type": "text", "text": "hello"}]),
        ({"result": ""}, False, [{"type": "text", "text": ""}]),
        ({"result": NUMBER}, False, [{"type": "text", "text": "1"}]),
        ({"result": [{"type": "image"}]}, False, [{"type": "image"}]),
        ({"error": "no such tool"}, True, [{"type": "text", "text": "no such tool"}]),
        ({"error": ""}, True, [{"type": "text", "text": ""}]),
    ],
)
def test_mcp_tool_has_a_result_in_blocks(value: dict[str, Any], is_error: bool, text: Any) -> None:
    use, result = content(server_tool("echo", server_name="example", input={"a": 1}, **value))

    expected = {"type": "mcp_tool_use", "id": "u_1", "name": "echo", "input": {"a": 1}, "server_name": "example"}
    assert same(use, expected)
    assert same(result, {"type": "mcp_tool_result", "tool_use_id": "u_1", "is_error": is_error, "content": text})


@pytest.mark.parametrize(
    ("server", "name"), [("example", "example"), ("", ""), ("${{ request.mcp_servers[0].name }}", ""), (NUMBER, "1")]
)
def test_mcp_tool_may_have_an_empty_server_name(server: str, name: str) -> None:
    [use] = content(server_tool(NUMBER, server_name=server))

    assert (use["type"], use["name"], use["server_name"]) == ("mcp_tool_use", "1", name)


def test_mcp_tool_has_unique_ids_and_may_have_no_result() -> None:
    [use] = content({"server_tool": {"name": "echo", "server_name": "example"}})

    assert re.fullmatch(f"mcptoolu_01{BASE58}{{22}}", use["id"])


@given(text=texts)
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    assert content({"text": text}, {"thinking": text})[0] == {"type": "text", "text": text}


@given(value=json_values)
def test_any_json_arrives_as_it_was_written(value: Any) -> None:
    [block] = content({"json": value})

    assert json.loads(block["text"]) == value
