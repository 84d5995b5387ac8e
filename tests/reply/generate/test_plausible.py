"""A text fits the name of its property: what the prompt says comes first, and else something of its kind.

The golden file has a line for each name: what it gets from `PROMPT`, and what it gets from an empty prompt.
`pytest --update-golden` writes the values anew for the names that are there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.reply.draws import Draws
from mockclaude.reply.generate.instances import generate_instance

GOLDEN = Path(__file__).parent.parent.parent / "golden" / "plausible.txt"
PROMPT = """\
Ring +1 202 555 0134 or write to bob@b.example, see https://a.example/b?c=1, at 14:30 or 2026-03-04T05:06:07Z \
in Asia/Tokyo; run: ls -la
then read src/main.py, pay 2 * (3 + 4) EUR, order A-1234, use *.py, 90210,
123e4567-e89b-12d3-a456-426614174000, kelvin, for Rome"""


def made(name: str, prompt: str) -> str:
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    text: str = generate_instance(schema, Draws(7, "rule"), prompt)[name]
    return text


def test_a_text_fits_the_name_of_its_property(pytestconfig: pytest.Config) -> None:
    names = [line.partition(":")[0] for line in GOLDEN.read_text().splitlines()]
    lines = [f"{name}: {made(name, PROMPT)} | {made(name, '')}" for name in names]
    if pytestconfig.getoption("--update-golden"):
        GOLDEN.write_text("\n".join(lines) + "\n")

    assert lines == GOLDEN.read_text().splitlines()
