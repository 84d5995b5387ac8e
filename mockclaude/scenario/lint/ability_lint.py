"""Find replies of rules for one model with blocks that this model never sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mockclaude.api import models
from mockclaude.scenario.diagnostics import Diagnostic, SourceMap
from mockclaude.scenario.lint.fault_lint import list_replies

if TYPE_CHECKING:
    from mockclaude.scenario.format import file as written
    from mockclaude.scenario.format.api_models import RawBlock
    from mockclaude.scenario.format.steps import StepModel
    from mockclaude.scenario.format.when import When

_SEARCH, _CODE = ("web search", "web_search"), ("code execution", "code_execution")
_NEEDED: dict[str, tuple[str, str]] = {
    "thinking": ("thinking", "thinking"),
    "redacted_thinking": ("thinking", "thinking"),
    "citations": ("citations", "citations"),
    "compaction": ("compaction", "compact_20260112"),
    "web_search": _SEARCH,
    "web_search_tool_result": _SEARCH,
    "code_execution": _CODE,
    "code_execution_tool_result": _CODE,
    "bash_code_execution": _CODE,
    "bash_code_execution_tool_result": _CODE,
    "text_editor_code_execution": _CODE,
    "text_editor_code_execution_tool_result": _CODE,
}
"""A block, a field or a tool -> the ability that it needs: its noun, and its name in the catalogue."""


def lint_abilities(files: Sequence[tuple[SourceMap, written.ScenarioFile]]) -> Iterator[Diagnostic]:
    """Yield a warning for each step that the only model of its rule cannot send.

    Replies that are sent as written are not checked.
    """
    for source, file in files:
        for index, rule in enumerate(file.rules):
            model = _find_model(rule.when)
            if model is not None and not (file.as_written if rule.as_written is None else rule.as_written):
                for path, steps in list_replies(("rules", index), rule):
                    for number, step in enumerate(steps):
                        if missing := _find_missing(step, model):
                            yield Diagnostic(
                                source.place((*path, number)),
                                f"`{step.kind}` in a reply of {model.id}, which has no {missing}; expected blocks of "
                                "this model; use another model, or set `as_written: true`",
                            )


def _find_model(when: When) -> models.Model | None:
    """Return the model of the catalogue that alone matches `when`."""
    matchers = when.model or ()
    names = [name for matcher in matchers for name in matcher.equals or matcher.like or ("", "")]
    return models.find(names[0]) if len(names) == 1 else None


def _find_missing(step: StepModel, model: models.Model) -> str:
    """Return the ability that `step` needs and `model` lacks, or ''."""
    abilities = model.abilities
    names = {*abilities.features, *abilities.server_tools, *abilities.context_edits}
    if abilities.thinks:
        names.add("thinking")
    needed = (_NEEDED[part] for part in _list_parts(step) if part in _NEEDED)
    return next((noun for noun, name in needed if name not in names), "")


def _list_parts(step: StepModel) -> Iterator[str]:
    """Yield the kinds of the blocks of a step, and the names of their tools."""
    if step.server_tool is not None and step.server_tool.server_name is None:
        yield step.server_tool.name
    if step.text is not None and step.text.citations:
        yield "citations"
    if step.block is not None:
        yield from _list_block_parts(step.block)
    for block in step.message.content if step.message is not None else ():
        yield from _list_block_parts(block)
    yield step.kind


def _list_block_parts(block: RawBlock) -> Iterator[str]:
    fields = block.model_extra or {}
    if fields.get("citations"):
        yield "citations"
    if block.type == "server_tool_use":
        yield str(fields["name"])
    yield block.type
