"""Every shorthand of the scenario file stands for its long form."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mockclaude.scenario.format.file import Pace, RuleModel, ScenarioFile
from mockclaude.scenario.format.steps import CONTENT_STEPS, STEPS, StepModel
from mockclaude.scenario.format.tool_steps import SERVER_TOOLS
from mockclaude.scenario.format.when import When


def dump(model: type[Any], data: Any) -> Any:
    return model.model_validate(data).model_dump(by_alias=True, exclude_unset=True)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"user": "hi"}, {"user": [{"contains": ["hi"]}]}),
        ({"user": ["hi", {"regex": "x"}]}, {"user": [{"contains": ["hi"]}, {"regex": ["x"]}]}),
        ({"user": {"equals": ["a", "b"]}}, {"user": [{"equals": ["a", "b"]}]}),
        ({"endpoint": "models"}, {"endpoint": ["models"]}),
        ({"anywhere": "terse"}, {"anywhere": [{"contains": ["terse"]}]}),
        ({"system": "terse"}, {"system": [{"contains": ["terse"]}]}),
        ({"model": "claude-*"}, {"model": [{"like": ["claude-*"]}]}),
        ({"tools": ["a", "b"]}, {"tools": [{"like": ["a"]}, {"like": ["b"]}]}),
        ({"tool_result": "add"}, {"tool_result": [{"name": [{"like": ["add"]}]}]}),
        (
            {"tool_result": {"is_error": True, "content": "no"}},
            {"tool_result": [{"is_error": True, "content": [{"contains": ["no"]}]}]},
        ),
        ({"headers": {"x-a": "1"}}, {"headers": {"x-a": [{"like": ["1"]}]}}),
        ({"body": "metadata"}, {"body": [{"truthy": "metadata"}]}),
        ({"body": [{"a": 1}, "b"]}, {"body": [{"values": {"a": 1}}, {"truthy": "b"}]}),
        ({"stream": False, "turn": 1, "retry": [0, 2]}, {"stream": False, "turn": [1], "retry": [0, 2]}),
    ],
)
def test_a_condition_may_be_written_in_short(short: Any, long: Any) -> None:
    assert dump(When, short) == long


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("hi", [{"text": {"text": "hi"}}]),
        (["hi", {"pause": "2s"}], [{"text": {"text": "hi"}}, {"pause": 2_000_000}]),
        ({"thinking": "hm"}, [{"thinking": {"thinking": "hm"}}]),
        ({"redacted_thinking": "eA=="}, [{"redacted_thinking": {"data": "eA=="}}]),
        ({"tool_use": "add"}, [{"tool_use": {"name": "add"}}]),
        ({"json": None}, [{"json": None}]),
        ({"block": {"type": "new", "x": [1]}}, [{"block": {"type": "new", "x": [1]}}]),
        ({"type": "text", "text": "hi"}, [{"text": {"text": "hi"}}]),
        (
            {"citations": None, "type": "text", "text": "hi"},
            [{"block": {"citations": None, "type": "text", "text": "hi"}}],
        ),
        ({"type": "tool_use", "name": "add"}, [{"tool_use": {"name": "add"}}]),
        ({"type": "thinking", "thinking": "hm"}, [{"thinking": {"thinking": "hm"}}]),
        ({"type": "new", "x": 1}, [{"block": {"type": "new", "x": 1}}]),
        ({"content": "hi"}, [{"message": {"content": [{"type": "text", "text": "hi"}]}}]),
        ({"type": "text", "text": "hi", "chunks": 2}, [{"text": {"text": "hi", "chunks": 2}}]),
        ({"type": "error", "error": {"type": "api_error"}}, [{"error": {"type": "api_error"}}]),
        ({"generate": "auto"}, [{"generate": "auto"}]),
        ({"error": "api_error"}, [{"error": {"type": "api_error"}}]),
        ({"pause": "forever"}, [{"pause": "forever"}]),
        ({"disconnect": "reset"}, [{"disconnect": "reset"}]),
        ({"stop_reason": "refusal"}, [{"stop_reason": {"type": "refusal"}}]),
        ({"usage": {"output_tokens": 3}}, [{"usage": {"output_tokens": 3}}]),
    ],
)
def test_a_reply_may_be_written_in_short(short: Any, long: Any) -> None:
    assert dump(RuleModel, {"reply": short}) == {"reply": long}
    assert dump(RuleModel, {"sequence": [short]}) == {"sequence": [long]}
    assert dump(RuleModel, {"turns": [short]}) == {"turns": [long]}
    assert dump(RuleModel, {"choice": [{"reply": short}]}) == {"choice": [{"reply": long}]}


def test_a_step_is_a_block_or_something_that_happens() -> None:
    incidents = {"error", "pause", "disconnect", "batch", "stop_reason", "usage"}
    blocks = {"text", "thinking", "redacted_thinking", "tool_use", "server_tool", "json", "block", "message", "respond"}

    assert set(CONTENT_STEPS) == blocks | {"generate"}
    assert set(STEPS) == set(CONTENT_STEPS) | incidents


@pytest.mark.parametrize(
    ("pace", "instant"),
    [
        ("instant", True),
        ({}, True),
        ({"jitter": "20%"}, True),
        ({"ttft": "1ms"}, False),
        ({"tokens_per_second": 9}, False),
    ],
)
def test_a_pace_is_instant_unless_something_takes_time(pace: Any, instant: bool) -> None:
    written = ScenarioFile.model_validate({"pace": pace, "rules": [{"reply": "x"}]}).pace

    assert written is not None
    assert written.instant is instant


def test_a_pace_is_kept_in_microseconds_and_shares() -> None:
    pace = Pace.model_validate({"ttft": "400ms", "tokens_per_second": 60, "jitter": "20%"})

    assert (pace.ttft, pace.tokens_per_second, pace.jitter) == (400_000, 60, 0.2)


def test_header_values_are_text_whatever_they_were_written_as() -> None:
    error = {"type": "rate_limit_error", "headers": {"retry-after": 2, "x-a": 0.5, "x-b": "${{ user }}"}}

    assert dump(StepModel, {"error": error})["error"]["headers"] == {
        "retry-after": "2",
        "x-a": "0.5",
        "x-b": "${{ user }}",
    }


def test_an_error_that_the_api_does_not_have_needs_a_status() -> None:
    assert dump(StepModel, {"error": {"type": "teapot", "status": 418}}) == {"error": {"type": "teapot", "status": 418}}


RESULTS: dict[str, tuple[Any, Any]] = {
    "web_search": ([{"url": "x", "title": "y"}], ["x"]),
    "web_fetch": ({"url": "x"}, "x"),
    "code_execution": ("42\n", 42),
    "bash_code_execution": ({"stdout": "x"}, ["x"]),
    "text_editor_code_execution": ({"content": "x"}, "x"),
    "tool_search_tool_regex": (["add"], [{"name": "add"}]),
    "tool_search_tool_bm25": ([], {}),
}


@pytest.mark.parametrize("name", ["web_fetch", "code_execution", "bash_code_execution", "text_editor_code_execution"])
def test_the_type_in_a_result_is_a_text(name: str) -> None:
    with pytest.raises(ValidationError, match=f"invalid result of {name}; expected "):
        StepModel.model_validate({"server_tool": {"name": name, "result": {"type": 5}}})


def test_there_is_a_result_for_every_server_tool() -> None:
    assert set(RESULTS) == set(SERVER_TOOLS)


@pytest.mark.parametrize("name", RESULTS)
def test_a_server_tool_takes_results_of_its_own_shape(name: str) -> None:
    fitting, other = RESULTS[name]

    assert dump(StepModel, {"server_tool": {"name": name, "result": fitting}})["server_tool"]["result"] == fitting
    with pytest.raises(ValidationError, match=f"invalid result of {name}; expected "):
        StepModel.model_validate({"server_tool": {"name": name, "result": other}})


@pytest.mark.parametrize("result", ["hello", [{"type": "text", "text": "hello"}]])
def test_a_tool_of_an_mcp_server_may_have_any_name(result: Any) -> None:
    tool = {"name": "echo", "server_name": "example", "result": result}

    assert dump(StepModel, {"server_tool": tool}) == {"server_tool": tool}


def test_a_server_tool_may_have_an_error_or_nothing_yet() -> None:
    for tool in ({"name": "web_search", "error": "max_uses_exceeded"}, {"name": "web_search", "result": None}):
        assert dump(StepModel, {"server_tool": tool}) == {"server_tool": tool}


def test_something_that_is_no_mapping_is_refused_without_a_question_of_keys() -> None:
    with pytest.raises(ValidationError, match="valid dictionary"):
        RuleModel.model_validate("x")


@pytest.mark.parametrize("name", ["retry after", "x:y", "", "ü"])
def test_a_header_has_a_name_that_http_allows(name: str) -> None:
    with pytest.raises(ValidationError, match="invalid header name"):
        StepModel.model_validate({"error": {"type": "api_error", "headers": {name: "1"}}})
