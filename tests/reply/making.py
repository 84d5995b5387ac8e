"""Replies to test with: written as in a scenario file, made as the server makes them."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import strategies as st

from mockclaude.api.request import MessagesRequest
from mockclaude.reply.compose import Reply, compose
from mockclaude.reply.draws import Draws
from mockclaude.scenario import rules
from mockclaude.scenario.format.file import Pace, ScenarioFile
from mockclaude.scenario.format.steps import StepModel
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.rules import ReplyTemplate, Rule, build
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes
from mockclaude.scenario.template.templates import TemplateContext
from tests.api.bodies import json_objects, json_values, texts

DRAWS = Draws(0, "rule", "fingerprint", "lane")
INSTANT = Pace()


SHOWN = {"type": "adaptive", "display": "summarized"}
"""The `thinking` of a request for thinking with its text."""


def rule(**keys: Any) -> Rule:
    """Return the rule that a scenario file would say with `keys`."""
    data = {"rules": [keys]}
    return build([(InlineSource("test.yaml", data), ScenarioFile.model_validate(data))]).rules[0]


def reply_template(*steps: dict[str, Any]) -> ReplyTemplate:
    """Return the outline of `steps`, also of such as a scenario file may not have after each other."""
    return rules.compile_reply([StepModel.model_validate(step) for step in steps])


def messages_request(**fields: Any) -> MessagesRequest:
    """Return a request that says hello, but for the `fields` of its body."""
    messages = [{"role": "user", "content": "Hello"}]
    return MessagesRequest({"model": "claude-opus-5", "max_tokens": 1024, "messages": messages, **fields})


def template_context(request: MessagesRequest) -> TemplateContext:
    return TemplateContext(request, dict, lambda: Fakes(DEFAULT_LOCALE))


def composed(*steps: dict[str, Any], draws: Draws = DRAWS, **fields: Any) -> Reply:
    request = messages_request(**{"max_tokens": 64_000, **fields})
    return compose(reply_template(*steps), template_context(request), draws, draws.ids()[1])


def content(*steps: dict[str, Any], draws: Draws = DRAWS, **fields: Any) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = composed(*steps, draws=draws, **fields).message["content"]
    return blocks


_Values: TypeAlias = dict[str, st.SearchStrategy[Any]]


def _step(kind: str, required: _Values, optional: _Values | None = None) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional or {}).map(lambda value: {kind: value})


_CITATION = texts.map(lambda text: {"type": "char_location", "cited_text": text})

_TOOL: _Values = {"name": texts, "input": json_objects}
_SEARCH: _Values = {"name": st.just("web_search"), "input": json_objects}
_BASH: _Values = {"name": st.just("bash_code_execution"), "input": json_objects}
_COMPACTION: _Values = {"type": st.just("compaction"), "content": st.none() | texts, "encrypted_content": texts}

block_steps: st.SearchStrategy[dict[str, Any]] = st.one_of(
    _step("text", {"text": texts}, {"citations": st.lists(_CITATION, max_size=3)}),
    _step("thinking", {"thinking": texts}, {"signature": texts}),
    _step("text", {"text": texts, "chunks": st.integers(1, 9)}),
    _step("text", {"chunks": st.lists(texts, min_size=1, max_size=5)}),
    _step("thinking", {"chunks": st.lists(texts, min_size=1, max_size=5)}),
    _step("tool_use", {**_TOOL, "chunks": st.integers(1, 9)}),
    _step("redacted_thinking", {"data": texts}),
    _step("tool_use", _TOOL),
    _step("server_tool", _SEARCH, {"result": st.just([{"url": "u"}]), "id": texts}),
    _step("server_tool", _BASH, {"result": texts}),
    _step("server_tool", {**_TOOL, "server_name": texts}, {"result": texts}),
    _step("block", _COMPACTION),
    _step("block", {"type": st.just("hologram"), "beam": json_values}),
    json_values.map(lambda value: {"json": value}),
)
"""Steps that make blocks of every kind."""

endings = st.lists(
    st.one_of(
        st.sampled_from([{"stop_reason": "max_tokens"}, {"stop_reason": {"type": "refusal", "category": "cyber"}}]),
        st.integers(0, 10**9).map(lambda count: {"usage": {"output_tokens": count, "input_tokens": count}}),
        st.just({"usage": {"service_tier": "batch", "speed": "fast", "iterations": [{"type": "message"}]}}),
    ),
    max_size=2,
)
"""Steps that make no blocks and no incidents."""

incident_steps: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"pause": "2s"},
        {"pause": "forever"},
        *({"disconnect": how} for how in ("reset", "close", "clean")),
        {"error": "overloaded_error"},
        {"error": {"type": "rate_limit_error", "message": "Slow down.", "headers": {"retry-after": 2}}},
    ]
)
"""Steps with which something happens on a reply's way."""

plain_replies = (
    st.tuples(st.lists(block_steps, max_size=4), endings).map(lambda both: [*both[0], *both[1]]).filter(bool)
)
"""The steps of any reply in which nothing goes wrong."""

any_replies = st.lists(block_steps | incident_steps, min_size=1, max_size=5)
"""The steps of any reply."""
