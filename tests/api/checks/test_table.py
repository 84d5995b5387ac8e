"""The table as a whole: every row has what a reader needs, and says what its source is."""

from __future__ import annotations

from string import Formatter

import pytest

from mockclaude.api.checks.check import Check
from mockclaude.api.checks.table import CHECKS, applying
from mockclaude.api.errors import STATUS
from mockclaude.api.judge import check_rules
from mockclaude.api.request import check_usable
from mockclaude.api.validation import Validation
from tests.api.asking import QUESTION, asked


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.condition)
def test_a_row_is_complete(check: Check) -> None:
    assert check.condition
    assert check.source in ("recorded", "documented", "reported", "assumed")
    assert check.type in STATUS
    assert list(Formatter().parse(check.message))


def test_no_two_rows_have_the_same_condition() -> None:
    conditions = [check.condition for check in CHECKS]
    assert len(set(conditions)) == len(conditions)


def test_a_plain_question_meets_few_rows_and_passes_them() -> None:
    request = asked(QUESTION)

    assert len(applying(request.traits)) < len(CHECKS) / 2
    check_usable(request.body)
    check_rules(request, Validation())
