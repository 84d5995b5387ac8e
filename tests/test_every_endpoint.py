"""Laws of requests to every endpoint and through every adapter: lanes, and the journal."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.explain import explain_response
from mockclaude.engine.http_request import LANE_HEADER, HttpRequest
from mockclaude.engine.route_table import ENDPOINTS
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.recheck import recheck
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.encode import encode
from tests.adapters.dialects import BEDROCK, DIALECTS, VERTEX
from tests.resources.batching import frame, params
from tests.resources.files_client import FORM, build_form, build_part
from tests.resources.skills_client import build_markdown
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
IN_OPENAI = orjson.dumps({"model": "claude-haiku-4-5", "input": "Hello"})
IN_VERTEX = orjson.dumps({"model": "claude-haiku-4-5", "anthropic_version": "vertex-2023-10-16", **HELLO})
IN_BEDROCK = orjson.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, **HELLO})
INVOKED = orjson.dumps({"input": {"invokeModel": {"body": b64encode(IN_BEDROCK).decode()}}})
OF_OPENAI: dict[str, Any] = {"authorization": "Bearer mock", "x_api_key": None, "anthropic_version": None}
CODE = {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}


class LaneClient:
    """A client with a lane of its own.

    Attributes:
        ids: The newest id of each kind that it has got.
        requests: Each request.
        responses: The bytes of each response.
        entries: The journal.
    """

    def __init__(self, state: ScenarioState, lane: str) -> None:
        self.state = state
        self.lane = lane
        self.ids = dict.fromkeys(("file", "batch", "skill", "version", "response"), "unknown")
        self.requests: list[HttpRequest] = []
        self.responses: list[bytes] = []
        self.entries: list[dict[str, Any]] = []

    def send(self, call: str, body: bytes = b"", **headers: str | None) -> Received:
        """Send a request with the headers of a client of the API; the path may name ids."""
        method, _, path = call.format_map(self.ids).partition(" ")
        values = with_client_headers({LANE_HEADER: self.lane, "host": "localhost:9", **headers})
        return self.decide(http_request(method, path, {}, values, body, NOW))

    def decide(self, http: HttpRequest) -> Received:
        """Decide a request, end it, and keep its entry and its response."""
        self.requests.append(http)
        decision = answer(http, self.state)
        self.state.store.commit(decision.at_end)
        self.responses.append(sent_of(decision))
        entry = JournalEntry(len(self.entries) + 1, NOW, http.head.method, http.head.path, http.headers)
        entry.record_decision(decision, encode(decision.response, http11=True))
        entry.record_request(http, "", 10_000_000)
        self.entries.append(orjson.loads(orjson.dumps(entry_to_json(entry))))
        return received(self.responses[-1])

    def ask(self, content: Any, **fields: Any) -> Received:
        """Send a message; the blocks of its content may name ids."""
        return self.send("POST /v1/messages", asking(content, **fields))

    def send_through(self, name: str, *, stream: bool) -> Received:
        """Send a message through an adapter."""
        return self.decide(DIALECTS[name].build_request(stream=stream, **{LANE_HEADER: self.lane}))

    def create(self, kind: str, call: str, body: bytes, **headers: str) -> None:
        """Create an object. The next requests name it."""
        self._keep(kind, self.send(call, body, **headers))

    def respond(self) -> None:
        """Create a response. The next requests name it."""
        self._keep("response", self.send_through("responses", stream=False))

    def plot(self) -> None:
        """Send a message whose reply makes a file. The next requests name the file."""
        message = self.ask("plot", **CODE).json
        if "content" in message:
            self.ids["file"] = message["content"][1]["content"]["content"][0]["file_id"]

    def _keep(self, kind: str, response: Received) -> None:
        if response.status == 200:
            self.ids[kind] = response.json["id"]


CALLS = [
    *("GET /v1/models", "GET /v1/models/claude-haiku-4-5", "GET /v1/unknown", "GET /v1/responses/{response}"),
    *("GET /v1/files", "GET /v1/files/{file}", "GET /v1/files/{file}/content", "DELETE /v1/files/{file}"),
    *("GET /v1/messages/batches", "GET /v1/messages/batches/{batch}", "POST /v1/messages/batches/{batch}/cancel"),
    *("GET /v1/messages/batches/{batch}/results", "DELETE /v1/messages/batches/{batch}"),
    *("GET /v1/skills", "GET /v1/skills/{skill}", "GET /v1/skills/{skill}/versions", "DELETE /v1/responses/{response}"),
    *("GET /v1/skills/{skill}/versions/latest", "GET /v1/skills/{skill}/versions/{version}/content"),
    *("DELETE /v1/skills/{skill}/versions/{version}", "DELETE /v1/skills/{skill}"),
]
UPLOAD = build_form(build_part("file", PNG, filename="a.png", media_type="image/png"))
SKILL = build_form(build_part("files[]", build_markdown(), filename="sorter/SKILL.md"))
BATCH = frame(params("drawn"), params("once"), params("x", max_tokens=0))

REQUESTS: dict[str, Callable[[LaneClient], object]] = {
    "drawn": lambda client: client.ask("drawn"),
    "once": lambda client: client.ask("once", stream=True),
    "image": lambda client: client.ask([block("image", client.ids["file"])]),
    "upload to a container": lambda client: client.ask([block("container_upload", client.ids["file"])], **CODE),
    "response": LaneClient.respond,
    "file": lambda client: client.create("file", "POST /v1/files", UPLOAD, content_type=FORM),
    "plot": LaneClient.plot,
    "batch": lambda client: client.create("batch", "POST /v1/messages/batches", BATCH),
    "skill": lambda client: client.create("skill", "POST /v1/skills", SKILL, content_type=FORM),
    "version": lambda client: client.create("version", "POST /v1/skills/{skill}/versions", SKILL, content_type=FORM),
    "count": lambda client: client.send("POST /v1/messages/count_tokens", COUNTED),
    "OpenAI's count": lambda client: client.send("POST /v1/responses/input_tokens", IN_OPENAI),
    "Bedrock's count": lambda client: client.send(f"POST {BEDROCK}count-tokens", INVOKED),
    "Vertex's count": lambda client: client.send(f"POST {VERTEX}count-tokens:rawPredict", IN_VERTEX),
    **{call: partial(LaneClient.send, call=call) for call in CALLS},
    "OpenAI's models": lambda client: client.send("GET /v1/models", **OF_OPENAI),
    "OpenAI's model": lambda client: client.send("GET /v1/models/claude-haiku-4-5", **OF_OPENAI),
    **{f"{name}, JSON": partial(LaneClient.send_through, name=name, stream=False) for name in DIALECTS},
    **{f"{name}, stream": partial(LaneClient.send_through, name=name, stream=True) for name in DIALECTS},
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


@given(names.filter(bool))
def test_an_explanation_ends_with_the_response(sent: Sequence[str]) -> None:
    client = run(("one", name) for name in sent)["one"]
    explained = explain_response(SCENARIO, client.requests, is_instant=True)
    assert explained.endswith(client.responses[-1].decode("utf-8", "backslashreplace").replace("\r\n", "\n"))


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_endpoint_is_among_the_requests(path: str, calls: set[tuple[str, str]]) -> None:
    pattern = re.sub(r"\\{\w+(\\\*)?\\}", "[^/]+", re.escape(path))
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
