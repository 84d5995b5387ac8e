"""The types of the TypeScript helper are those of the JSON Schemas, and `tsc` finds misspelt keys with them."""

from __future__ import annotations

from pathlib import Path

import pytest

import mockclaude
from tests.sdk.typescript_types import make_types

HELPER = Path(mockclaude.__file__).parent / "cli" / "templates" / "mockclaude.ts"
MARK = "// Below: the types of a scenario file's rules and of journal entries, generated from their JSON Schemas.\n\n"


def test_types_of_the_helper_follow_the_schemas(pytestconfig: pytest.Config) -> None:
    written, _, types = HELPER.read_text().partition(MARK)
    if pytestconfig.getoption("--update-golden"):
        HELPER.write_text(written + MARK + make_types())
    else:
        assert types == make_types()
