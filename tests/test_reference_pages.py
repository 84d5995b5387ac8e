"""The tables of the reference pages have a row for each key, preset, command and call; their sentences are short.

`pytest --update-golden` writes the page of the incidents anew.
"""

from __future__ import annotations

import re
from importlib import import_module

import click
import pytest
from pydantic import BaseModel

from mockclaude import cli
from mockclaude.api.errors import STATUS
from mockclaude.cli.init import SETUPS
from mockclaude.scenario.format.faults import KINDS, TRIGGERS
from mockclaude.scenario.format.file import RuleModel, ScenarioFile
from mockclaude.scenario.format.limits import Limit
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.format.steps import StepModel
from mockclaude.scenario.format.when import TextMatcher, When
from mockclaude.server.admin.handlers import HANDLERS
from tests import incidents_page, pages
from tests.pages import COMMANDS, FAULTS, INCIDENTS, PAGES, RECORDING, REFERENCE_PAGES, REPLIES, ROOT, SCENARIOS, SERVER
from tests.proxy.test_relayed_faults import DECODED, FAILED
from tests.sdk.typescript_types import HELPER
from tests.test_style import RULES, hits

WORDS = 30
"""Words that a sentence may have."""
KEYS: list[tuple[str, str, type[BaseModel]]] = [
    (SCENARIOS, "Key of the file", ScenarioFile),
    (SCENARIOS, "Key of a rule", RuleModel),
    (SCENARIOS, "Key of `when`", When),
    (SCENARIOS, "Matcher", TextMatcher),
    (REPLIES, "Step", StepModel),
    (REPLIES, "Key of `pace`", Pace),
    (FAULTS, "Key of `limits`", Limit),
]


@pytest.mark.parametrize(("page", "head", "model"), KEYS)
def test_table_has_every_key_of_the_model(page: str, head: str, model: type[BaseModel]) -> None:
    assert set(pages.table(page, head)) == {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize("page", REFERENCE_PAGES)
def test_page_follows_every_rule_of_style(page: str) -> None:
    sentences = [(page, sentence) for sentence in pages.sentences(page)]

    assert not [hit for rule in RULES.values() for hit in hits(rule.pattern, sentences)]


@pytest.mark.parametrize("page", PAGES)
def test_sentences_are_short(page: str) -> None:
    assert not [sentence for sentence in pages.sentences(page) if len(sentence.split()) > WORDS]


def test_scenarios_page_links_every_shipped_file() -> None:
    files = {file.name for file in (ROOT / "scenarios").glob("*.yaml")}

    assert files <= set(pages.links(SCENARIOS))


def test_faults_page_has_every_kind_and_trigger() -> None:
    assert set(KINDS) == set(pages.table(FAULTS, "Fault"))
    assert set(TRIGGERS) == set(pages.table(FAULTS, "Trigger"))


def test_faults_page_has_every_preset() -> None:
    named = {name: preset.sees for name, preset in PRESETS.items() if name not in STATUS and not name.isdigit()}
    text = pages.text_of(FAULTS)

    assert not [name for name, sees in named.items() if f"| `{name}` | {sees} |" not in text]


def test_recording_page_has_every_fault_that_is_not_relayed() -> None:
    failed = {preset for preset, _ in FAILED}

    assert {*failed, *DECODED} == set(pages.table(RECORDING, "Fault of the API"))


def test_incidents_page_is_current(pytestconfig: pytest.Config) -> None:
    page = incidents_page.render(pages.text_of(INCIDENTS))
    if pytestconfig.getoption("--update-golden"):
        (ROOT / INCIDENTS).write_text(page, encoding="utf-8")

    assert (ROOT / INCIDENTS).read_text(encoding="utf-8") == page


def options(command: str) -> set[str]:
    """Return the long names of a command's options."""
    found = getattr(import_module(f"mockclaude.cli.{cli.COMMANDS[command]}"), command).params
    return {param.opts[0] for param in found if isinstance(param, click.Option)}


def test_commands_page_has_every_command() -> None:
    assert {name.split()[0] for name in pages.table(COMMANDS, "Command")} == set(cli.COMMANDS)


def test_commands_page_has_every_setup() -> None:
    assert set(pages.table(COMMANDS, "Set-up")) == set(SETUPS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_commands_page_has_every_option(command: str) -> None:
    rows = pages.table(COMMANDS, "Option")

    assert {name for name, (takers, *_) in rows.items() if f"`{command}`" in takers and name[:2] == "--"} == options(
        command
    )


def test_server_page_has_every_endpoint() -> None:
    rows = {name for name in pages.table(SERVER, "Endpoint") if name.split()[0].isupper()}

    assert rows == {f"{method} {path}" for path, methods in HANDLERS.items() for method in methods}


def members(name: str) -> set[str]:
    """Return the public members of a class of the TypeScript helper."""
    (body,) = re.findall(rf"^export class {name} {{$(.*?)^}}", HELPER.read_text(), re.MULTILINE | re.DOTALL)
    return {*re.findall(r"^  (?:readonly |get |async )?([a-z]\w*)[(:<]", body, re.MULTILINE)} - {"constructor"}


def test_server_page_has_every_member_of_the_typescript_helper() -> None:
    rows = pages.table(SERVER, "Member of `mock`")
    methods = set(re.findall(r"`\.(\w+)\(", rows["when(conditions)"][0]))

    assert ({name.partition("(")[0] for name in rows}, methods) == (members("MockClaude"), members("RuleBuilder"))
