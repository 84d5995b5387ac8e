"""Constants by model, retirement and names."""

from __future__ import annotations

from tests.corpus.pair import Accepted, Pair

MESSAGE = ["model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "stop_details", "usage"]

PAIRS: list[Pair] = [
    Pair(
        "an alias has the id of its model",
        "documented: the table of models",
        {"model": "claude-haiku-4-5"},
        Accepted({"model": "claude-haiku-4-5-20251001"}, keys={"": MESSAGE}),
    ),
    Pair(
        "a stream has the same message",
        "documented: streaming",
        {"stream": True},
        Accepted({"0.message.content": [], "-2.delta.stop_reason": "end_turn", "0.message.container": ...}),
    ),
]
