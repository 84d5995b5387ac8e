"""The command `steps`: print the rules of a recording with readable steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockclaude.cli.options import ScenarioLoader, exit_with_error

if TYPE_CHECKING:
    from mockclaude.scenario.rules import Rule


@click.command(short_help="Print a recording with readable steps.")
@click.argument("recording", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("rule", required=False)
def steps(recording: Path, rule: str | None) -> None:
    """Print RECORDING as a scenario file with readable steps, to edit it.

    RULE is the name of one rule. Default: all rules. Bytes that the steps do not keep, such as the cuts of deltas,
    padding and headers, are listed on standard error.
    """
    from mockclaude.journal.console import write_error
    from mockclaude.reply.readable_rule import to_readable_rule
    from mockclaude.scenario.loading.source import read, read_regular_file
    from mockclaude.scenario.recording.step_text import write_rules

    rules = ScenarioLoader([recording]).load_or_exit()[""].rules
    data = read(str(recording), read_regular_file(recording, recording.stat().st_size)).data
    selected = _select(rules, rule)
    readable = [to_readable_rule(data["rules"][index], rules[index]) for index in selected]
    for index, (_, notes) in zip(selected, readable, strict=True):
        for note in notes:
            write_error(f"{rules[index].label}: {note}")
    head: dict[str, Any] = {key: value for key, value in data.items() if key != "rules"} if rule is None else {}
    try:
        click.echo(write_rules(head, [converted for converted, _ in readable]), nl=False)
    except ValueError as error:
        exit_with_error(f"{recording}: {error}")


def _select(rules: Sequence[Rule], name: str | None) -> Sequence[int]:
    """Return the indices of the rules with a name, or of all rules."""
    selected = [index for index, rule in enumerate(rules) if name in (None, rule.name)]
    if name is not None and not selected:
        from mockclaude.scenario.diagnostics import did_you_mean

        names = [rule.name for rule in rules if rule.name]
        exit_with_error(f"RULE: unknown rule, got '{name}'; expected the name of a rule{did_you_mean(name, names)}")
    return selected
