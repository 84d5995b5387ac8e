"""Laws of requests to every endpoint and through every adapter: lanes, and the journal."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.http_request import LANE_HEADER, HttpRequest
from mockclaude.engine.route_table import BATCHES, CORE, ENDPOINTS, FILES, PLATFORMS
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.recheck import recheck
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.encode import encode
from tests.adapters.dialects import BEDROCK, DIALECTS, VERTEX
from tests.resources.batching import PATH, frame, params
from tests.resources.files_client import FORM, build_form, build_part
from tests.resources.storing import PNG, block
from tests.serving import NOW, Received, asking, http_request, received, sent_of, with_client_headers

SCENARIO = load_text("""
chaos: [{error: 529, p: 20%}]
rules:
  - {when: {user: once}, times: 1, reply: Once.}
  - {when: {user: plot}, reply: [{server_tool: {name: code_execution, files: [{name: a.csv, content: '1'}]}}, Done.]}
  - {when: {user: drawn}, choice: [{reply: '${{ fake.name }}'}, {reply: '${{ fake.city }}'}]}
  - {when: {user: Write}, sequence: [One., [Two., {tool_use: {name: write_file, input: {path: hello}}}]]}
  - reply: {generate: auto}
""")
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
COUNTED = orjson.dumps({"model": "claude-haiku-4-5", **HELLO})
IN_VERTEX = orjson.dumps({"model": "claude-haiku-4-5", "anthropic_version": "vertex-2023-10-16", **HELLO})
IN_BEDROCK = orjson.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, **HELLO})
INVOKED = orjson.dumps({"input": {"invokeModel": {"body": b64encode(IN_BEDROCK).decode()}}})
CODE = {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}


class LaneClient:
    """A client with a lane of its own, and with the ids that it has got.

    Attributes:
        responses: The bytes of each response.
        entries: The journal.
    """

    def __init__(self, state: ScenarioState, lane: str) -> None:
        self.state = state
        self.lane = lane
        self.file_id, self.batch_id = "file_unknown", "msgbatch_unknown"
        self.responses: list[bytes] = []
        self.entries: list[dict[str, Any]] = []

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Received:
        """Send a request with the headers of a client of the API."""
        values = with_client_headers({LANE_HEADER: self.lane, "host": "localhost:9", **headers})
        return self.decide(http_request(method, path, {}, values, body, NOW))

    def decide(self, http: HttpRequest) -> Received:
        """Decide a request, end it, and keep its entry and its response."""
        decision = answer(http, self.state)
        self.state.store.commit(decision.at_end)
        self.responses.append(sent_of(decision))
        entry = JournalEntry(len(self.entries) + 1, NOW, http.head.method, http.head.path, http.headers)
        entry.record_decision(decision, encode(decision.response, http11=True))
        entry.record_request(http, "", 10_000_000)
        self.entries.append(orjson.loads(orjson.dumps(entry_to_json(entry))))
        return received(self.responses[-1])

    def ask(self, content: Any, **fields: Any) -> None:
        """Send a message."""
        self.send("POST", "/v1/messages", asking(content, **fields))

    def upload(self) -> None:
        """Upload a file; the next requests name it."""
        form = build_form(build_part("file", PNG, filename="a.png", media_type="image/png"))
        self.file_id = self.send("POST", "/v1/files", form, content_type=FORM).json.get("id", self.file_id)

    def plot(self) -> None:
        """Send a message whose reply makes a file; the next requests name it."""
        message = self.send("POST", "/v1/messages", asking("plot", **CODE)).json
        if "content" in message:
            self.file_id = message["content"][1]["content"]["content"][0]["file_id"]

    def create_batch(self) -> None:
        """Create a batch; the next requests name it."""
        body = frame(params("drawn"), params("once"), params("x", max_tokens=0))
        self.batch_id = self.send("POST", PATH, body).json.get("id", self.batch_id)


def _send_through(name: str, *, stream: bool) -> Callable[[LaneClient], object]:
    return lambda client: client.decide(DIALECTS[name].build_request(stream=stream, **{LANE_HEADER: client.lane}))


REQUESTS: dict[str, Callable[[LaneClient], object]] = {
    "drawn": lambda client: client.ask("drawn"),
    "once": lambda client: client.ask("once", stream=True),
    "count": lambda client: client.send("POST", "/v1/messages/count_tokens", COUNTED),
    "models": lambda client: client.send("GET", "/v1/models"),
    "model": lambda client: client.send("GET", "/v1/models/claude-haiku-4-5"),
    "unknown": lambda client: client.send("GET", "/v1/unknown"),
    "upload": LaneClient.upload,
    "plot": LaneClient.plot,
    "list files": lambda client: client.send("GET", "/v1/files"),
    "file": lambda client: client.send("GET", f"/v1/files/{client.file_id}"),
    "download": lambda client: client.send("GET", f"/v1/files/{client.file_id}/content"),
    "delete file": lambda client: client.send("DELETE", f"/v1/files/{client.file_id}"),
    "image": lambda client: client.ask([block("image", client.file_id)]),
    "container": lambda client: client.ask([block("container_upload", client.file_id)], **CODE),
    "create batch": LaneClient.create_batch,
    "list batches": lambda client: client.send("GET", PATH),
    "poll": lambda client: client.send("GET", f"{PATH}/{client.batch_id}"),
    "results": lambda client: client.send("GET", f"{PATH}/{client.batch_id}/results"),
    "cancel": lambda client: client.send("POST", f"{PATH}/{client.batch_id}/cancel"),
    "delete batch": lambda client: client.send("DELETE", f"{PATH}/{client.batch_id}"),
    "Bedrock's count": lambda client: client.send("POST", f"{BEDROCK}count-tokens", INVOKED),
    "Vertex's count": lambda client: client.send("POST", f"{VERTEX}count-tokens:rawPredict", IN_VERTEX),
    **{f"{name}, JSON": _send_through(name, stream=False) for name in DIALECTS},
    **{f"{name}, stream": _send_through(name, stream=True) for name in DIALECTS},
}
"""A name for each request of a client."""


def run(order: Iterable[tuple[str, str]]) -> dict[str, LaneClient]:
    """Send requests in this order of lanes and names; return the client of each lane."""
    state = ScenarioState(SCENARIO)
    state.is_instant = True
    clients: dict[str, LaneClient] = {}
    for lane, name in order:
        REQUESTS[name](clients.setdefault(lane, LaneClient(state, lane)))
    return clients


names = st.lists(st.sampled_from(list(REQUESTS)), max_size=12)


@given(names, names, st.randoms(use_true_random=False))
def test_a_lane_gets_the_same_bytes_whatever_another_lane_sends(
    one: Sequence[str], other: Sequence[str], random: Any
) -> None:
    rest = {"one": list(one), "other": list(other)}
    order = random.sample(["one"] * len(one) + ["other"] * len(other), len(one) + len(other))
    together = run((lane, rest[lane].pop(0)) for lane in order)

    for lane, sent in {"one": one, "other": other}.items():
        alone = run((lane, name) for name in sent)
        assert lane not in alone or alone[lane].responses == together[lane].responses


@given(names)
def test_a_journal_is_rechecked_without_a_difference(sent: Sequence[str]) -> None:
    entries = [entry for client in run(("one", name) for name in sent).values() for entry in client.entries]
    assert recheck({"": SCENARIO}, entries) == []


@pytest.mark.parametrize("path", [*CORE, *PLATFORMS, *FILES, *BATCHES])
def test_every_endpoint_is_among_the_requests(path: str, calls: set[tuple[str, str]]) -> None:
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
    missing = [method for method in ENDPOINTS[path] if not _has_call(calls, method, pattern)]
    assert missing == []


def _has_call(calls: set[tuple[str, str]], method: str, pattern: str) -> bool:
    return any(method == called and re.fullmatch(pattern, path) for called, path in calls)


@pytest.fixture(scope="module")
def calls() -> set[tuple[str, str]]:
    """Return the method and the path of the calls that succeed."""
    requests = [entry for name in "abc" for entry in run((name, each) for each in [*REQUESTS, *REQUESTS])[name].entries]
    return {
        (entry["request"]["method"], entry["request"]["path"])
        for entry in requests
        if entry["response"]["status"] == 200
    }
