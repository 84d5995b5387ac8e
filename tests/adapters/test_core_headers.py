"""The journal, assertions and explanations see the headers that rules have seen: those of the request to the core."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
import pytest

from mockclaude.engine.explain import explain_response
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.recheck import rebuild_request, recheck, select_entries
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.match import explain
from mockclaude.testing.messages_request import read_request
from tests.conftest import Serve
from tests.resources.batching import HELLO, PATH, frame
from tests.serving import request

BETA = "pdfs-2024-09-25"
_FIELDS = {field: HELLO[field] for field in ("max_tokens", "messages")}
_MODELS = "/v1/projects/p/locations/l/publishers/anthropic/models"


class Call(NamedTuple):
    """A request whose headers differ from those of its request to the core.

    Attributes:
        when: A condition on the headers of the core.
        path: The path.
        body: The fields of the body.
        headers: The headers; an underscore stands for a dash.
    """

    when: str
    path: str
    body: Any
    headers: dict[str, str] = {}  # noqa: RUF012 (never changed)


CALLS = {
    "bedrock beta": Call(
        f"headers: {{anthropic-beta: {BETA}}}",
        "/model/anthropic.claude-haiku-4-5/invoke",
        {"anthropic_version": "bedrock-2023-05-31", "anthropic_beta": [BETA], **_FIELDS},
    ),
    "bedrock attempt": Call(
        "retry: 2",
        "/model/anthropic.claude-haiku-4-5/invoke",
        {"anthropic_version": "bedrock-2023-05-31", **_FIELDS},
        {"amz_sdk_request": "attempt=3; max=5"},
    ),
    "vertex": Call(
        f"headers: {{anthropic-beta: {{contains: {BETA}}}, anthropic-version: '2023-06-01'}}",
        f"{_MODELS}/claude-haiku-4-5:rawPredict",
        {"anthropic_version": "vertex-2023-10-16", "anthropic_beta": [BETA], **_FIELDS},
        {"anthropic_beta": "files-api-2025-04-14"},
    ),
    "platform": Call(
        "headers: {anthropic-user-profile-id: uprof_1}",
        "/anthropic/v1/messages",
        {**HELLO, "model": "anthropic.claude-haiku-4-5-v1:0", "user_profile_id": "uprof_1"},
    ),
    "item of a batch": Call("retry: 0", PATH, None, {"x_stainless_retry_count": "2"}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_headers_of_the_core_are_seen_everywhere(serve: Serve, call: Call) -> None:
    scenario = load_text(f"rules: [{{when: {{{call.when}, user: Hello}}, reply: Seen}}]")
    journal = Journal()
    server = serve({"": scenario}, journal=journal)
    body = frame(HELLO) if call.body is None else orjson.dumps(call.body)
    assert server.ask(request("POST", call.path, body, **call.headers)).status == 200
    server.line()
    entry = list(journal.entries())[-1]
    [entry_data] = select_entries([orjson.loads(orjson.dumps(entry_to_json(entry)))])

    assert [rule.label for rule in scenario.rules] == [entry.reason]
    assert entry.request is not None
    for seen in (entry.request, read_request(entry)):
        assert [result.failed for result in explain(scenario.rules, seen, {})] == [()]
    assert recheck({"": scenario}, [entry_data]) == []
    other = load_text(f"rules: [{{when: {{{call.when}, user: Bye}}, reply: Bye}}, {{reply: Seen}}]")
    explained = explain_response(other, [rebuild_request(entry_data, other.policy)])
    [failed] = [line for line in explained.splitlines() if line.startswith("not ")]
    assert failed.endswith("scenario.yaml:1:9: user: expected text that contains 'Bye', got 'Hello'")
