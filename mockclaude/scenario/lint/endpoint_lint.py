"""Checks of rules for endpoints other than `messages`, whose replies have no content, and for items of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mockclaude.scenario.diagnostics import Diagnostic, Path, SourceMap, join_words
from mockclaude.scenario.format.steps import DOCUMENT_STEPS
from mockclaude.scenario.lint.fault_lint import list_replies

if TYPE_CHECKING:
    from mockclaude.scenario.format import file as written


def lint_endpoints(source: SourceMap, file: written.ScenarioFile) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each step and pace without effect at its endpoint."""
    for index, rule in enumerate(file.rules):
        if not rule.when.endpoint or "messages" in rule.when.endpoint:
            continue
        path: Path = ("rules", index)
        endpoints = join_words(rule.when.endpoint)
        if rule.pace:
            problem = f"a pace for {endpoints}, whose response is not generated; expected {{pause: 2s}} in the reply"
            yield Diagnostic(source.place((*path, "pace")), problem)
        accepted = [step for step in DOCUMENT_STEPS if step != "usage" or "count_tokens" in rule.when.endpoint]
        for where, steps in list_replies(path, rule):
            for number, step in enumerate(steps):
                if step.kind not in (*accepted, "generate"):
                    expected = join_words([*accepted, "generate: auto"])
                    problem = f"the step `{step.kind}` in a response of {endpoints}; expected {expected}"
                    yield Diagnostic(source.place((*where, number)), problem)


def lint_batches(source: SourceMap, file: written.ScenarioFile) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each step, pace and fault without effect on items."""
    for index, rule in enumerate(file.rules):
        path: Path = ("rules", index)
        useless = "disconnect" if rule.when.is_batch else "batch"
        expected = "a reply or an error" if rule.when.is_batch else "`batch: true` in `when`"
        who = "an item" if rule.when.is_batch else "a rule that is not only for items"
        for where, steps in list_replies(path, rule):
            for number, step in enumerate(steps):
                if step.kind == useless:
                    problem = f"the step `{step.kind}` in the reply to {who} of a batch; expected {expected}"
                    yield Diagnostic(source.place((*where, number)), problem)
        if rule.when.is_batch:
            yield from _lint_item(source, path, rule)


def _lint_item(source: SourceMap, path: Path, rule: written.RuleModel) -> Iterator[Diagnostic]:
    if rule.pace:
        problem = "a pace for an item of a batch, whose reply is not sent; set `takes` in `batches`"
        yield Diagnostic(source.place((*path, "pace")), problem)
    for fault in rule.fault or ():
        if not fault.scripted and fault.kind != "error":
            problem = f"the fault `{fault.kind}` for an item of a batch, which is a line of a file; expected `error`"
            yield Diagnostic(source.place((*path, "fault")), problem)
