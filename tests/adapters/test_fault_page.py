"""The page on other clients has the errors of the tables that `tests/adapters/test_faults.py` writes."""

from __future__ import annotations

from pathlib import Path

from tests.pages import ROOT

GOLDEN = Path(__file__).parent.parent / "golden" / "adapters"
PAGE = ROOT / "mockclaude" / "server" / "README.md"

FAULTS = ("429", "500", "529", "error_event", "reset", "cut", "short", "stall", "empty_body", "broken_json")
COLUMNS = {
    "`AnthropicBedrock`": "bedrock",
    "`AnthropicVertex`": "vertex",
    "boto3 `invoke_model`": "boto3",
    "boto3 `converse`": "boto3_converse",
    "OpenAI chat": "openai_chat",
    "OpenAI responses": "openai_responses",
}
WITHOUT_ERROR = ("None", "tool_use", "tool_calls", "completed")


def read_cells(table: str) -> dict[str, str]:
    """Return what the page says of each fault to a client."""
    rows = (line.split(" | ") for line in (GOLDEN / f"{table}.txt").read_text().splitlines())
    return {fault: describe(*ends) for fault, *ends in rows}


def describe(*ends: str) -> str:
    """Describe the end of a response without streaming, and of a stream if it differs."""
    names = ["no error" if end in WITHOUT_ERROR else f"`{end.split()[0]}`" for end in ends]
    return "; ".join(dict.fromkeys(names))


def test_page_has_the_errors_of_each_client() -> None:
    cells = {title: read_cells(table) for title, table in COLUMNS.items()}
    rows = [f"| `{fault}` | {' | '.join(cells[title][fault] for title in COLUMNS)} |" for fault in FAULTS]
    table = "\n".join([f"| Fault | {' | '.join(COLUMNS)} |", f"|{' --- |' * (1 + len(COLUMNS))}", *rows])
    assert table in PAGE.read_text(), f"expected this table:\n{table}"
