"""Replays of generated rules, without files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.recording.exchange import Exchange, RecordedRule
from tests.engine.deciding import Sent, send
from tests.serving import NOW, http_request, with_client_headers


def load_rules(rules: Sequence[RecordedRule]) -> ScenarioState:
    """Load rules as a scenario."""
    return ScenarioState(load_text(json.dumps({"rules": [_write(rule) for rule in rules]})))


def _write(rule: RecordedRule) -> dict[str, Any]:
    first = rule.exchanges[0]
    recorded = {"from": first.host, "on": first.on, "request": rule.request}
    replies = [_write_reply(exchange) for exchange in rule.exchanges]
    return {"name": rule.name, "when": rule.when, "recorded": recorded, "sequence": replies}


def _write_reply(exchange: Exchange) -> list[dict[str, Any]]:
    response = exchange.reception
    body = base64.b64encode(response.body).decode()
    respond = {"status": response.status, "headers": dict(response.headers), "base64": body}
    return [{"respond": respond}, *([{"disconnect": "close"}] if response.ending else [])]


def ask(state: ScenarioState, exchange: Exchange) -> Sent:
    """Send the request of an exchange."""
    headers = with_client_headers({"x-api-key": "mock", **exchange.headers})
    return send(state, http_request("POST", "/v1/messages", {}, headers, exchange.body, NOW))


def replay(rules: Sequence[RecordedRule], exchanges: Iterable[Exchange]) -> list[bytes | None]:
    """Return the recorded bodies with which rules answer requests; None for a request that no rule matches."""
    state = load_rules(rules)
    bodies = {exchange.reception.body for rule in rules for exchange in rule.exchanges}
    sent = [ask(state, exchange).response.body for exchange in exchanges]
    return [body if body in bodies else None for body in sent]
