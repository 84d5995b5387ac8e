"""Checks of rules for endpoints other than `messages`: their replies have no content."""

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
