"""The table as a whole: every row has what a reader needs, and says what its source is."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

import pytest

from mockclaude.api.checks.check import Check
from mockclaude.api.checks.report import report_failures
from mockclaude.api.checks.table import CHECKS
from mockclaude.api.errors import STATUS, ApiError
from mockclaude.api.mode import ValidationResult
from mockclaude.api.usable import check_usable
from tests.api.asking import QUESTION, WEATHER, asked


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.condition)
def test_a_row_is_complete(check: Check) -> None:
    assert check.condition
    assert check.source in ("recorded", "documented", "reported", "assumed")
    assert check.type in STATUS
    assert list(Formatter().parse(check.message))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.condition)
def test_a_row_has_a_citation_unless_it_is_assumed(check: Check) -> None:
    assert check.citation or check.source == "assumed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.condition)
def test_a_citation_names_a_repository_or_a_document(check: Check) -> None:
    assert re.search(r"^$|\w+/[\w.-]+|\bmeasured\b|\bdocumentation\b", check.citation)


def test_no_assumed_row_refuses_a_request_in_a_gateway() -> None:
    assert all(check.gateway_accepts for check in CHECKS if check.source == "assumed")


CHOICE = {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "get_time"}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tool_choice": {"type": "auto"}}, "tool_choice may only be specified while providing tools."),
        (CHOICE, "Tool 'get_time' not found in provided tools"),
    ],
)
def test_an_assumed_row_is_a_warning_in_a_gateway(fields: Any, message: str) -> None:
    request = asked(QUESTION, **fields)

    report_failures(request, ValidationResult("gateway"))

    assert request.warnings == [message]
    with pytest.raises(ApiError, match=re.escape(message)):
        report_failures(request, ValidationResult())


def test_no_two_rows_have_the_same_condition() -> None:
    conditions = [check.condition for check in CHECKS]
    assert len(set(conditions)) == len(conditions)


def test_a_plain_question_meets_few_rows_and_passes_them() -> None:
    request = asked(QUESTION)

    needed = [check for check in CHECKS if not check.needs or check.needs in request.traits]
    assert len(needed) < len(CHECKS) / 2
    check_usable(request.body)
    report_failures(request, ValidationResult())


GATEWAYS_ACCEPT = """
more tokens than the model writes
a budget for thoughts where the model sets it
a budget for thoughts where the model has none
adaptive thinking on an older model
thinking between tools where it is not known
no thinking where it is always on, but can be between tools only
no thinking where it is always on, but can have a budget
no thinking where it is always on
an effort where the model has no such setting
an effort that the model does not have
an effort that is not made without thinking
a temperature below 0 or above 1
a temperature
a top_p
a top_k
two samplers where the model takes one
thoughts at another temperature than 1
thoughts from too few words
thoughts from a number of words
a prefilled answer
a system message
a forced tool
a forced tool, and thoughts before it
a fast answer
a PDF
a format of the answer in `output_config`
a format of the answer in `output_format`
fallbacks of a model that has none
a fallback that the model does not have
a way to use computers that the model does not know
an MCP server without tools
a schema that cannot constrain the answer
too many strict tools
too many optional parameters in strict tools
too many optional parameters in an output format
too many optional parameters in an old output format
too many unions in strict tools
too many unions in an output format
too many unions in an old output format
a schema that uses up a limit alone in strict tools
a schema that uses up a limit alone in an output format
a schema that uses up a limit alone in an old output format
thinking that is cleared where the model does not think
thinking that was changed in the latest answer
thinking that nobody signed
redacted thinking that nobody sent
an empty picture
a picture that is no base64
a picture of too many bytes
a picture of another type than said
a picture that cannot be read
a picture with too long an edge
a picture with too long an edge, among many
the URL of a picture that is nowhere
the URL of a document that is nowhere
a PDF that is no base64
a PDF with a password
a PDF that cannot be read
too many images for the context window
too many documents for the context window
a PDF of too many pages
too many pages of PDFs, and images
a prompt that is longer than the context window
a prompt and an answer that are together longer than the context window
"""


def test_gateways_accept_what_depends_on_the_model_and_nothing_else() -> None:
    assert [check.condition for check in CHECKS if check.gateway] == GATEWAYS_ACCEPT.strip().splitlines()
