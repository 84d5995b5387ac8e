"""What the package knows as data is what somebody looked at last: a table changes together with its golden file.

The behaviour that follows from a table is tested where it happens; here a row that is lost, or a figure that is
mistyped, is seen as a line of a diff. `pytest --update-golden` writes the file anew.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import mockclaude
from mockclaude.api import errors
from mockclaude.api.checks.table import CHECKS
from mockclaude.api.model_constants import CONSTANTS
from mockclaude.api.models import ALIASES, CATALOGUE
from mockclaude.api.schema.gates import GATES
from mockclaude.reply.cache_usage import MINIMUMS
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.format.profiles import PROFILES

GOLDEN = Path(__file__).parent / "golden" / "facts.txt"


def bounds() -> Iterator[tuple[str, Any]]:
    """Yield the public constants of the package that are numbers: its bounds."""
    for module in pkgutil.walk_packages(mockclaude.__path__, "mockclaude."):
        if not module.name.endswith("__main__"):
            found = importlib.import_module(module.name)
            for name in ASSIGNED.findall(Path(str(found.__file__)).read_text()):
                if type(value := getattr(found, name)) in (int, float):
                    yield f"{module.name}.{name}", value


ASSIGNED = re.compile(r"^([A-Z][A-Z0-9_]+)(?:: \w+)? = ", re.MULTILINE)

TABLES: dict[str, Mapping[str, Any]] = {
    "status": errors.STATUS,
    "message": errors.MESSAGES,
    "model": {model.id: {**model._asdict(), "abilities": model.abilities._asdict()} for model in CATALOGUE},
    "info": {model.id: model.info() for model in CATALOGUE[:1]},
    "constants": {model: {**row._asdict(), "weights": row.weights.name} for model, row in CONSTANTS.items()},
    "alias": ALIASES,
    "least tokens of a cache entry": MINIMUMS,
    "beta of": GATES,
    "check": {
        f"{number} {check.condition}": [
            check.message,
            check.source,
            check.needs,
            check.gateway,
            check.type,
            check.citation,
        ]
        for number, check in enumerate(CHECKS)
    },
    "pace": {name: profile._asdict() for name, profile in PROFILES.items()},
    "fault": {name: named._asdict() for name, named in PRESETS.items()},
    "bound": dict(bounds()),
}


def test_a_fact_changes_only_on_purpose(pytestconfig: pytest.Config) -> None:
    rows = [f"{table} {name}: {_row(row)}" for table, rows in TABLES.items() for name, row in rows.items()]
    if pytestconfig.getoption("--update-golden"):
        GOLDEN.write_text("\n".join(rows) + "\n")

    assert rows == GOLDEN.read_text().splitlines()


def _row(row: Any) -> str:
    return json.dumps(
        row, default=lambda other: sorted(map(str, other)) if isinstance(other, frozenset) else str(other)
    )
