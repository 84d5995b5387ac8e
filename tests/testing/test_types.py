"""The types that editors and mypy know are the keys that a scenario file has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mockclaude.scenario.format import file as written
from mockclaude.scenario.format import response_steps, steps, tool_steps, when
from mockclaude.testing import types

PAIRS: list[tuple[Any, type[BaseModel]]] = [
    (types.WhenDict, when.When),
    (types.MatcherDict, when.TextMatcher),
    (types.ToolResultDict, when.ToolResultMatcher),
    (types.StepDict, steps.StepModel),
    (types.TextDict, steps.Text),
    (types.ThinkingDict, steps.Thinking),
    (types.ToolUseDict, tool_steps.ToolUse),
    (types.ErrorDict, response_steps.Error),
    (types.ChoiceDict, written.Choice),
]

RULES = """
from mockclaude.testing import MockClaude

with MockClaude() as mock:
    mock.when(user="Hello", tools=["a"], turn=1).reply("Hi!", {"tool_use": "a"}, times=2)
    mock.when(usr="Hello")
    mock.reply({"txt": "Hi!"})
    mock.reply("Hi!", time=2)
"""


@pytest.mark.parametrize(("typed", "model"), PAIRS)
def test_a_type_has_the_keys_of_the_file(typed: Any, model: type[BaseModel]) -> None:
    assert set(typed.__annotations__) == {field.alias or name for name, field in model.model_fields.items()}


def test_the_options_of_a_rule_are_its_other_keys() -> None:
    others = {"when", *written.REPLY_KEYS}

    assert set(types.OptionsDict.__annotations__) == set(written.RuleModel.model_fields) - others


@pytest.mark.tools
def test_mypy_finds_a_misspelt_key(tmp_path: Path) -> None:
    file = tmp_path / "rules.py"
    file.write_text(RULES)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(file)]
    output = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False).stdout

    assert re.findall(r"rules.py:(\d+): error", output) == ["6", "7", "8"]
    assert 'Unexpected keyword argument "usr" for "when"' in output
