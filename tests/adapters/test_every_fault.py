"""Every named fault through every adapter, in process; `pytest --update-golden` writes the table anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.response import Response
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.encode import encode
from tests.adapters.dialects import DIALECTS, Dialect, Unit

SCENARIO = load_text("""
seed: 1
rules:
  - reply: ['Größe and more than one piece of it', {tool_use: {name: write_file, input: {path: hello}}}]
""")
TABLE = Path(__file__).parent.parent / "golden" / "adapters" / "faults.txt"

pytestmark = pytest.mark.slow


def decide(dialect: Dialect, fault: str, *, stream: bool) -> Decision:
    """Decide a request with a fault, or without one, and encode the response."""
    headers = {"x_mockclaude_fault": fault} if fault else {}
    http = dialect.build_request(stream=stream, x_mockclaude_validation="off", **headers)
    decision = answer(http, ScenarioState(SCENARIO))
    encode(decision.response, http11=True)
    return decision


def describe(dialect: Dialect, response: Response) -> str:
    """Describe the status, the ending, and the document or the number of events."""
    if not response.status:
        return response.end.name.lower()
    read = _describe_stream if response.is_stream else _describe_document
    try:
        found = read(dialect, response.data) if response.data else "nothing"
    except (ValueError, KeyError, TypeError, AssertionError):
        found = "unreadable"
    return f"{response.status} {response.end.name.lower()} {found}"


def _describe_document(dialect: Dialect, data: bytes) -> str:
    document = orjson.loads(data)
    return "message" if dialect.is_message(document) else "error" if dialect.is_error(document) else "other"


def _describe_stream(dialect: Dialect, data: bytes) -> str:
    """Compare the number of events with that of the stream without a fault."""
    *units, rest = dialect.read(data)
    count, usual = (
        _count_events(units),
        _count_events([*dialect.read(decide(dialect, "", stream=True).response.data)][:-1]),
    )
    found = (
        "whole"
        if count == usual
        else "nothing whole"
        if not count
        else "fewer events"
        if count < usual
        else "more events"
    )
    return f"{found} and a part" if rest else found


def _count_events(units: Sequence[Unit | bytes]) -> int:
    return len([unit for unit in units if not isinstance(unit, Unit) or unit.name != "ping"])


def rows(fault: str) -> list[str]:
    """Describe the responses with a fault in a row for all dialects whose clients get the same."""
    dialects: dict[str, list[str]] = {}
    for name, dialect in DIALECTS.items():
        cells = [describe(dialect, decide(dialect, fault, stream=stream).response) for stream in (False, True)]
        dialects.setdefault(" | ".join(cells), []).append(name)
    return [f"{fault} | {', '.join(names)} | {cells}" for cells, names in dialects.items()]


def test_readers_find_each_fault_as_in_the_table(pytestconfig: pytest.Config) -> None:
    lines = [row for fault in PRESETS for row in rows(fault)]
    if pytestconfig.getoption("--update-golden"):
        TABLE.write_text("\n".join(lines) + "\n")

    assert lines == TABLE.read_text().splitlines()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", DIALECTS)
def test_fault_has_the_status_ending_and_note_of_the_api(name: str, stream: bool) -> None:
    dialect = DIALECTS[name]
    for fault in PRESETS:
        usual, ours = (decide(each, fault, stream=stream) for each in (DIALECTS["messages"], dialect))
        expected, response = usual.response, ours.response
        is_of_user = expected.is_verbatim

        assert response.status == (
            expected.status if is_of_user else dialect.statuses.get(expected.status, expected.status)
        )
        assert (response.end, response.complete, response.down_us) == (
            expected.end,
            expected.complete,
            expected.down_us,
        )
        assert _list_faults(ours) == _list_faults(usual)


def _list_faults(decision: Decision) -> list[str]:
    return [note for note in decision.notes if note.startswith("fault: ")]


WITHOUT_PINGS = ("invoke", "converse", "chat", "responses")
PINGS = "stall=3s; after=50%; pings=1s"


@pytest.mark.parametrize("name", DIALECTS)
def test_pings_inside_an_event_are_those_of_the_dialect(name: str) -> None:
    usual, stalled = (decide(DIALECTS[name], fault, stream=True).response for fault in ("", PINGS))
    assert (stalled.data == usual.data) is (name in WITHOUT_PINGS)
    assert stalled.end_at == usual.end_at + 3_000_000


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("stream", [False, True])
def test_error_without_its_body_has_the_status_of_the_dialect(name: str, stream: bool) -> None:
    dialect = DIALECTS[name]
    whole, hanging = (decide(dialect, f"529{more}", stream=stream).response for more in ("", ", hang_before_body"))
    assert (hanging.status, hanging.headers.lines) == (whole.status, whole.headers.lines)
    assert (hanging.data, hanging.end.name) == (b"", "HANG")
