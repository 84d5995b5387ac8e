"""A request whose prompt the API may edit meets the same checks, those of its size last."""

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.api.mode import Mode, ValidationResult
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.prompt_edits import check_and_edit
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.scenario.format.policy import Policy
from tests.api.asking import QUESTION, asked
from tests.engine.deciding import call
from tests.scenario.talk import tool_result, user

ORPHAN = user(tool_result("42"))
LONG = {"role": "user", "content": "word " * 1_000_000}


def _checked(request: MessagesRequest, result: ValidationResult) -> MessagesRequest:
    return check_and_edit(request, result, Policy(), call(), MemoryStore())


@pytest.mark.parametrize(
    ("messages", "message"),
    [([LONG], "prompt is too long"), ([ORPHAN], "unexpected `tool_use_id`"), ([LONG, ORPHAN], "unexpected")],
)
def test_the_body_is_checked_and_then_the_size(messages: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ApiError, match=message):
        _checked(asked(*messages), ValidationResult())


@pytest.mark.parametrize(("mode", "warnings"), [("gateway", 1), ("off", 0)])
def test_another_mode_tolerates_the_size(mode: Mode, warnings: int) -> None:
    request = _checked(asked(LONG), ValidationResult(mode))

    assert len(request.warnings) == warnings


def test_a_valid_request_stays_as_it_is() -> None:
    request = asked(QUESTION)

    assert _checked(request, ValidationResult()) is request
