"""Every named fault of a response, and what clients of Bedrock and Vertex make of it.

`refuse` and `close_idle` need several connections, and no adapter.

`pytest --update-golden` writes the tables anew.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text
from tests.adapters.clients import CLIENTS, PACKAGES, WAYS
from tests.sdk.outcomes import end
from tests.sdk.test_broken import ALONE, TALK, case
from tests.serving import ServerThread

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # boto3 leaves sockets open
]

GOLDEN = Path(__file__).parent.parent / "golden" / "adapters"
FAULTS = [name for name in PRESETS if name not in ALONE]


@pytest.mark.parametrize("client", CLIENTS)
def test_client_ends_each_fault_as_in_its_table(client: str, pytestconfig: pytest.Config) -> None:
    if importlib.util.find_spec(PACKAGES[client]) is None:
        pytest.skip(f"{PACKAGES[client]} is not installed")
    table = GOLDEN / f"{client}.txt"
    with ServerThread({"": load_text(TALK)}) as server:
        outcomes = CLIENTS[client]([case(server.url, name, way) for name in FAULTS for way in WAYS])
    ends = list(map(end, outcomes))
    rows = [" | ".join((name, *ends[2 * row : 2 * row + 2])) for row, name in enumerate(FAULTS)]
    if pytestconfig.getoption("--update-golden"):
        table.write_text("\n".join(rows) + "\n")

    assert rows == table.read_text().splitlines()
