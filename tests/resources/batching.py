"""A client of message batches, without a server: one scenario, one store, and a clock that it sets."""

from __future__ import annotations

from typing import Any

import orjson

from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import LANE_HEADER, HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, Received, http_request, received, sent_of, with_client_headers

PATH = "/v1/messages/batches"
HELLO = {"model": "claude-sonnet-5", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello"}]}


def params(content: str = "Hello", **fields: Any) -> dict[str, Any]:
    """Return the parameters of an item in which a user says `content`; None as a value leaves a field out."""
    given = {**HELLO, "messages": [{"role": "user", "content": content}], **fields}
    return {field: value for field, value in given.items() if value is not None}


def frame(*items: Any) -> bytes:
    """Return the body of a create call. The items are named item-0, item-1 and so on."""
    return orjson.dumps({"requests": [{"custom_id": f"item-{at}", "params": item} for at, item in enumerate(items)]})


class Batching:
    """A client. Its clock is instant unless `is_instant` is false."""

    def __init__(self, scenario: str, *, is_instant: bool = True, lane: str = "a") -> None:
        self.state = ScenarioState(load_text(scenario))
        self.state.is_instant = is_instant
        self.lane = lane
        self.now = NOW
        self.decision: Decision

    def send(
        self, method: str, path: str, body: bytes = b"", *, query: dict[str, str] | None = None, **headers: Any
    ) -> Received:
        """Return the response to a request."""
        return received(sent_of(self.decide(self.request(method, path, body, query=query, **headers))))

    def request(
        self, method: str, path: str, body: bytes = b"", *, query: dict[str, str] | None = None, **headers: Any
    ) -> HttpRequest:
        """Build a request."""
        own = {LANE_HEADER: self.lane, "host": "localhost:9", **headers}
        return http_request(method, path, query or {}, with_client_headers(own), body, self.now)

    def decide(self, http: HttpRequest) -> Decision:
        """Decide a request, and keep the decision."""
        self.decision = answer(http, self.state)
        self.state.store.commit(self.decision.at_end)
        return self.decision

    def ask(self, content: str) -> Received:
        """Return the response to a message with the parameters of an item."""
        return self.send("POST", "/v1/messages", orjson.dumps(params(content)))

    def create(self, *items: Any, **headers: Any) -> str:
        """Create a batch; return its id."""
        response = self.send("POST", PATH, frame(*items), **headers)
        assert response.status == 200, response.body
        batch = response.json
        assert batch["processing_status"] == "in_progress"
        return str(batch["id"])

    def retrieve(self, batch_id: str) -> dict[str, Any]:
        """Return a batch."""
        return dict(self.send("GET", f"{PATH}/{batch_id}").json)

    def results(self, batch_id: str) -> dict[str, Any]:
        """Return the result of each item of a batch that has ended."""
        lines = self.send("GET", f"{PATH}/{batch_id}/results").body.splitlines()
        return {line["custom_id"]: line["result"] for line in map(orjson.loads, lines)}

    def run(self, *items: Any, **headers: Any) -> list[dict[str, Any]]:
        """Return the results of a new batch, in the order of its items."""
        batch_id = self.create(*items, **headers)
        assert self.retrieve(batch_id)["processing_status"] == "ended"
        results = self.results(batch_id)
        return [results[f"item-{at}"] for at in range(len(items))]


def error_of(result: dict[str, Any]) -> tuple[str, str]:
    """Return type and message of the error of an errored item."""
    assert result["type"] == "errored", result
    error = result["error"]["error"]
    return error["type"], error["message"]


def text_of(result: dict[str, Any]) -> str:
    """Return the text of a succeeded item."""
    assert result["type"] == "succeeded", result
    return str(result["message"]["content"][0]["text"])
