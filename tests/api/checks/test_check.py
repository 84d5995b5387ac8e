"""Checks are asked in the order of their table, and only where there is something to find."""

from __future__ import annotations

import pytest

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import MessagesRequest
from tests.api.asking import asked, failures, refusal


def names_the_model(request: MessagesRequest) -> Details:
    return {"model": request.body["model"]}


def fails(_: MessagesRequest) -> Details:
    raise AssertionError("there is nothing to find")


LEGAL = Check("nothing", "never told", "assumed", lambda _: None)
MODEL = Check("a model", "not {model}", "assumed", names_the_model)
SYSTEM = Check("a system prompt", "no system", "assumed", lambda _: {}, needs="system", type="permission_error")


def test_problems_come_in_the_order_of_the_table_with_their_messages_filled_in() -> None:
    found = list(failures((LEGAL, MODEL, SYSTEM), asked(system="Be kind.")))

    assert [problem.message for problem in found] == ["not claude-sonnet-5", "no system"]
    assert [problem.check for problem in found] == [MODEL, SYSTEM]
    assert [problem.error.status for problem in found] == [400, 403]


@pytest.mark.parametrize("needs", ["system", "role:system", "block:image"])
def test_a_check_is_not_asked_where_what_it_needs_is_missing(needs: str) -> None:
    check = Check("nothing", "never told", "assumed", fails, needs=needs)

    assert refusal([check], asked()) is None


@pytest.mark.parametrize(
    ("source", "gateway", "accepts"),
    [("recorded", False, False), ("recorded", True, True), ("assumed", False, True)],
)
def test_a_gateway_accepts_the_failure_of_an_assumed_check(source: str, gateway: bool, accepts: bool) -> None:
    assert Check("nothing", "never told", source, fails, gateway=gateway).gateway_accepts is accepts


def test_a_failure_has_the_paths_of_merged_messages_and_the_details_of_its_error() -> None:
    again = {"role": "user", "content": [{"type": "text", "text": "Again?"}]}
    details = {"error_code": "too_large"}
    found = {"path": ("messages", 1, "content", 0), "number": 1, "details": details, "most": 7}
    check = Check("a block", "messages.{number}: {path} > {most}", "assumed", lambda _: found)

    failure = next(failures([check], asked(again, again)))

    assert failure.message == "messages.0: messages.0.content.1 > 7"
    assert failure.error.details == details
