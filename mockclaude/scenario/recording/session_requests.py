"""The requests of a recorded session as the matcher will read them, with all messages of their threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson
from multidict import CIMultiDict

from mockclaude.api import betas
from mockclaude.api.body import Body, build_conversation, continue_conversation
from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import read_object
from mockclaude.api.request import MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.api.usable import drop_unusable
from mockclaude.scenario.recording.exchange import Exchange

_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


class RecordedRequest(NamedTuple):
    """A request of a session.

    Attributes:
        exchange: The request as it was sent, and its response.
        body: The JSON that conditions look at.
    """

    exchange: Exchange
    body: bytes

    def read(self) -> MessagesRequest:
        """Parse the request. The result may be large, so nothing keeps it."""
        return MessagesRequest(orjson.loads(self.body), CIMultiDict(self.exchange.headers))


def read_requests(exchanges: Iterable[Exchange]) -> list[RecordedRequest]:
    """Return the readable requests of a session, in the order in which they arrived.

    A request that continues a thread has the messages of the conversation that an earlier response ended.
    """
    conversations: dict[str, bytes] = {}
    requests: list[RecordedRequest] = []
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        try:
            fields = _read_fields(exchange)
            whole = _resolve_thread(fields, conversations)
            encoded = orjson.dumps(whole)
        except (ApiError, TypeError):
            continue
        requests.append(RecordedRequest(exchange, encoded))
        if fields.get("thread") is not None:
            _keep_conversation(exchange, fields, whole, conversations)
    return requests


def find_unreadable(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges whose requests conditions cannot look at.

    They have no rule. An exchange without the body of its request has a rule.
    """
    readable = {id(request.exchange) for request in read_requests(exchanges)}
    return [exchange for exchange in exchanges if exchange.body and id(exchange) not in readable]


def find_call_ids(exchanges: Iterable[Exchange]) -> frozenset[str]:
    """Return the ids of the tool calls in responses, which a replay sends again."""
    messages = [exchange.assembled.message for exchange in exchanges if exchange.assembled is not None]
    blocks = [block for message in messages for block in message["content"] if block["type"] in _CALLS]
    return frozenset([block["id"] for block in blocks if isinstance(block.get("id"), str)])


def _read_fields(exchange: Exchange) -> Body:
    fields = read_object(exchange.body)
    messages = fields.get("messages")
    is_directing = not (exchange.refusal or GATES["mid_output_config"].isdisjoint(betas.parse(exchange.headers)))
    if is_directing and isinstance(messages, list):
        messages = [{"content": [], **message} if isinstance(message, dict) else message for message in messages]
        fields = {**fields, "messages": messages}
    return drop_unusable(fields)


def _resolve_thread(fields: Body, conversations: dict[str, bytes]) -> Body:
    """Return the body with all messages of its thread, without `thread`.

    Raises:
        TypeError: No response of the session ended the conversation that it continues.
    """
    thread = fields.get("thread")
    if thread is None:
        return fields
    whole = {field: value for field, value in fields.items() if field != "thread"}
    if thread.get("type") != "continue":
        return whole
    stored = conversations.get(str(thread.get("previous_message_id")))
    if stored is None:
        raise TypeError("unknown conversation")
    return continue_conversation(orjson.loads(stored), whole)


def _keep_conversation(exchange: Exchange, fields: Body, whole: Body, conversations: dict[str, bytes]) -> None:
    """Keep the conversation that a response ends. It replaces the continued conversation."""
    reception, assembled = exchange.reception, exchange.assembled
    if reception.status != 200 or reception.ending or assembled is None or not assembled.is_complete:
        return
    conversations.pop(str(fields["thread"].get("previous_message_id")), None)
    message_id = assembled.message.get("id")
    if message_id:
        conversations[message_id] = orjson.dumps(build_conversation(whole, assembled.message["content"]))
