"""A request that was made, in the words in which a test asks about it.

In: an entry of the journal, or a conversation that is being answered. Out: an `Asked`.
Knows nothing of servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockclaude.api.redaction import redact
from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.conversation import Conversation


class Asked:
    """A request for a message. What it says of the current turn is what came since the last assistant message."""

    def __init__(self, conversation: Conversation, entry: JournalEntry | None = None) -> None:
        self._conversation = conversation
        self.entry = entry
        """The journal's entry: what was decided, planned and sent; None while it is being answered."""

    def __repr__(self) -> str:
        return f"<Asked {redact(self.user)[:60]!r} of {self.model}, turn {self.turn}>"

    @property
    def user(self) -> str:
        """The text of the current turn, blocks joined by line breaks."""
        return self._conversation.user

    @property
    def system(self) -> str:
        """The system prompt and all system messages, joined by line breaks."""
        return self._conversation.system

    @property
    def model(self) -> str:
        """The model's name as the client wrote it."""
        return self._conversation.model

    @property
    def tools(self) -> Mapping[str, Mapping[str, Any]]:
        """The offered tools by name."""
        return self._conversation.tools

    @property
    def tool_results(self) -> dict[str, str]:
        """The texts of the tool results of the current turn, by the name of the tool they answer."""
        return {result.name: result.content for result in self._conversation.tool_results}

    @property
    def tool_errors(self) -> dict[str, str]:
        """Those of the tool results that report an error."""
        return {result.name: result.content for result in self._conversation.tool_results if result.is_error}

    @property
    def turn(self) -> int:
        """The number of the current turn, from 1."""
        return self._conversation.turn

    @property
    def retry(self) -> int:
        """How often the SDK had tried before: 0 for a first attempt."""
        return self._conversation.retry

    @property
    def stream(self) -> bool:
        """Whether the client wanted a stream."""
        return self._conversation.stream

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whatever the case of their names; credentials are redacted once it is answered."""
        return self._conversation.headers if self.entry is None else self.entry.headers

    @property
    def body(self) -> dict[str, Any]:
        """The whole body, with all that a thread holds, as it came: only reports redact its credentials."""
        return self._conversation.body

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of the body."""
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages


def asked(entry: JournalEntry) -> Asked:
    """Return what `entry` asked. Raises `ValueError` where too little of its body was kept."""
    conversation = entry.conversation
    if conversation is None:
        raise ValueError(
            f"request {entry.number} had {entry.body_size} bytes, of which {len(entry.body)} were kept; expected all; "
            "give MockClaude a larger `max_body`"
        )
    return Asked(conversation, entry)
