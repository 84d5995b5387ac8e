"""Rate limits of calls without a message: a bucket of their own, without tokens, which items of a batch do not use."""

from __future__ import annotations

import orjson
import pytest

from mockclaude.engine.state.limits import FILES_PER_MINUTE
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.recheck import recheck
from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Serve
from tests.resources.batching import PATH, Batching, frame, params
from tests.resources.files_client import FilesClient
from tests.serving import request

MODEL = "claude-sonnet-5"
RULES = "rules: [{reply: Hi!}]"


def limited(limits: str) -> Batching:
    return Batching(f"limits: {limits}\n{RULES}")


def test_calls_of_batches_have_one_bucket() -> None:
    client = limited("{requests_per_minute: 2, input_tokens_per_minute: 1}")
    batch_id = client.create(params(), params(), params())
    client.retrieve(batch_id)
    refused = client.send("GET", PATH)

    assert (refused.status, refused.headers["retry-after"]) == (429, "30")
    kind, message = refused.error
    assert kind == "rate_limit_error"
    assert message.startswith(
        "This request would exceed your organization's rate limit of 2 requests per minute (org: "
    )
    assert "model" not in message
    assert client.decision.notes == ("limit: requests per minute (depends on the order of requests)",)
    client.now += 30
    assert set(client.results(batch_id)) == {"item-0", "item-1", "item-2"}


def test_messages_and_batches_share_no_bucket() -> None:
    client = limited("{requests_per_minute: 1}")

    assert client.ask("Hello").status == 200
    batch_id = client.create(params())
    assert client.ask("Hello").status == client.send("GET", f"{PATH}/{batch_id}").status == 429


def test_batches_and_skills_share_no_bucket() -> None:
    client = limited("{requests_per_minute: 1}")

    assert [client.send("GET", path).status for path in (PATH, "/v1/skills") * 2] == [200, 200, 429, 429]


def test_each_key_has_a_bucket() -> None:
    client = limited("{requests_per_minute: 1}")

    assert [client.send("GET", PATH, x_api_key=key).status for key in "aabb"] == [200, 429, 200, 429]


def test_refused_call_creates_nothing() -> None:
    client = limited("{requests_per_minute: 1}")
    client.create(params())
    assert client.send("POST", PATH, frame(params())).status == 429
    client.now += 60

    assert len(client.send("GET", PATH).json["data"]) == 1


@pytest.mark.parametrize(
    ("limits", "is_limited"),
    [
        (f"{{model: {MODEL}, requests_per_minute: 1}}", False),
        ("{in_flight: 1}", False),
        ("{api_key: other, requests_per_minute: 1}", False),
        ("{api_key: k, requests_per_minute: 1}", True),
        (f"[{{model: {MODEL}, requests_per_minute: 1}}, {{requests_per_minute: 1}}]", True),
    ],
)
def test_first_limit_for_all_models_counts_calls(limits: str, is_limited: bool) -> None:
    client = limited(limits)
    statuses = [client.send("GET", PATH, x_api_key="k").status for _ in range(3)]

    assert statuses == ([200, 429, 429] if is_limited else [200] * 3)


def test_limit_of_files_is_that_of_the_api() -> None:
    client = FilesClient(f"limits: {{requests_per_minute: 1}}\n{RULES}")
    statuses = [client.send("GET", "/v1/files").status for _ in range(FILES_PER_MINUTE + 1)]

    assert statuses == [200] * FILES_PER_MINUTE + [429]
    assert client.send("GET", "/v1/models").status == 200


def test_lanes_with_their_own_limits_have_their_own_buckets() -> None:
    client = Batching(f"lane_from: headers.x-user\nlimits: {{requests_per_minute: 1}}\n{RULES}")

    assert client.send("GET", PATH).status == 200
    client.lane = "b"
    assert client.send("GET", PATH).status == 200


def test_ended_calls_are_not_in_flight(serve: Serve) -> None:
    journal, text = Journal(), f"limits: {{requests_per_minute: 2, in_flight: 1}}\n{RULES}"
    server = serve(text, journal=journal)
    statuses = [server.ask(request("GET", PATH)).status for _ in range(3)]
    for _ in statuses:
        server.line()
    entries = [orjson.loads(orjson.dumps(entry_to_json(entry))) for entry in journal.entries()]

    assert statuses == [200, 200, 429]
    assert recheck({"": load_text(text)}, entries) == []
