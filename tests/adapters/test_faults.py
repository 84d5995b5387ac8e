"""Every named fault of a response, and what the clients of adapters make of it.

`refuse` and `close_idle` need several connections, and no adapter.

`pytest --update-golden` writes the tables anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text
from tests.adapters.clients import CLIENTS, WAYS, run_cases
from tests.sdk.outcomes import Case, Way, end
from tests.sdk.test_broken import ALONE, TALK, case
from tests.serving import TIME_SCALE, ServerThread

pytestmark = [
    pytest.mark.tools,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # boto3 leaves sockets open
]

GOLDEN = Path(__file__).parent.parent / "golden" / "adapters"
FAULTS = [name for name in PRESETS if name not in ALONE]


def _case(url: str, name: str, way: Way) -> Case:
    """Return a request with a fault. boto3 reads no header after an invalid one, and waits for the body."""
    asked = case(url, name, way)
    return asked._replace(timeout=4.0 * TIME_SCALE) if name == "header_name" else asked


@pytest.mark.parametrize("client", CLIENTS)
def test_client_ends_each_fault_as_in_its_table(client: str, pytestconfig: pytest.Config) -> None:
    table = GOLDEN / f"{client}.txt"
    with ServerThread({"": load_text(TALK)}) as server:
        outcomes = run_cases(CLIENTS[client], [_case(server.url, name, way) for name in FAULTS for way in WAYS])
    ends = list(map(end, outcomes))
    rows = [" | ".join((name, *ends[2 * row : 2 * row + 2])) for row, name in enumerate(FAULTS)]
    if pytestconfig.getoption("--update-golden"):
        table.write_text("\n".join(rows) + "\n")

    assert rows == table.read_text().splitlines()
