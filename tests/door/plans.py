"""Generated plans: a reply, and two or three features that meet in the request for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.door.requests import ask, plain
from tests.door.server import Request

FUNCTIONS = ("value", "texts", "blocks", "generator")
REPLIES = ("template x", "sequence", "agent", "pause", *(f"{name} x" for name in FUNCTIONS))
"""What the user says to get a reply, some by functions."""

OPTIONS: Mapping[str, st.SearchStrategy[Any]] = {
    "reply": st.sampled_from(REPLIES),
    "pace": st.sampled_from(["opus", "ttft=1s, gap=20ms", "tokens_per_second=50, jitter=50%"]),
    "limit": st.just(True),
    "thread": st.just(True),
    "cache": st.sampled_from([{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}]),
    "prefill": st.sampled_from(["A", "So:", "{"]),
    "stop_sequences": st.lists(
        st.sampled_from(["e", "fixed", ", ", "x", "Here is", "nothing"]), min_size=1, max_size=2
    ),
    "max_tokens": st.integers(1, 12),
    "before": st.lists(st.sampled_from(["HEAD", "GET", "same", "fixed"]), min_size=1, max_size=2),
    "http": st.just("1.0"),
}
TOOLS = [{"name": "read", "input_schema": {"type": "object"}}]
LONG = "x " * 7_500
"""More than any breakpoint of the prompt cache needs."""


class Plan(NamedTuple):
    """A request before its form and its fault are chosen; `features` are those of `OPTIONS`."""

    features: Mapping[str, Any]

    def without(self, *names: str) -> Plan:
        return Plan({name: value for name, value in self.features.items() if name not in names})

    @property
    def key(self) -> str:
        return "limited" if "limit" in self.features else "free"

    @property
    def text(self) -> str:
        return str(self.features.get("reply", "fixed"))

    def requests(self, *, stream: bool, fault: Any = None) -> list[Request]:
        """Return what is sent: the requests before, and at last the request of the plan."""
        features = self.features
        before = [self._before(name, stream) for name in features.get("before", ())]
        if "cache" in features:
            before.append(self._message("fixed", stream=stream))
        fields = {name: features[name] for name in ("stop_sequences", "max_tokens") if name in features}
        if "thread" in features:
            before.append(self._message("fixed", stream=stream, thread={"type": "create"}))
            fields["thread"] = {"type": "continue", "previous_message_id": f"<id {len(before)}>"}
        return [*before, self._message(self.text, stream=stream, fault=fault, prefill=True, **fields)]

    def token_count(self) -> Request:
        """Return the request that counts the input tokens of the plan, if it is in no thread."""
        return self._message(self.text, to="/v1/messages/count_tokens", stream=None, prefill=True, max_tokens=None)

    def _before(self, name: str, stream: bool) -> Request:
        if name in ("HEAD", "GET"):
            return plain(name, "/v1/messages")
        return self._message(self.text if name == "same" else name, stream=stream)

    def _message(self, text: str, *, stream: bool | None, prefill: bool = False, **fields: Any) -> Request:
        features = self.features
        headers: dict[str, str | None] = {}
        if "thread" in features:
            headers["anthropic_beta"] = "message-threads-2026-08-12"
        if "pace" in features:
            headers["x_mockclaude_pace"] = features["pace"]
        if fields.get("thread", {}).get("type") != "continue":  # what a thread inherits
            fields["tools"] = TOOLS
            if "cache" in features:
                fields["system"] = [{"type": "text", "text": LONG, "cache_control": features["cache"]}]
        fields["messages"] = [{"role": "user", "content": text}]
        if prefill and "prefill" in features:
            fields["messages"].append({"role": "assistant", "content": features["prefill"]})
        model = "claude-haiku-4-5" if "prefill" in features else "claude-sonnet-5"
        version = features.get("http", "1.1")
        return ask("", version=version, headers=headers, model=model, stream=stream, **fields)


def plans(*, but: tuple[str, ...] = ()) -> st.SearchStrategy[Plan]:
    """Draw plans with two or three features, none of which is in `but`."""
    names = [name for name in OPTIONS if name not in but]
    chosen = st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: OPTIONS[name] for name in names})).map(Plan)
