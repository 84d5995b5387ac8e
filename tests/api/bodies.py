"""Request bodies to test with: nearly all are of the shape that the API wants, and many are nearly so."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_CHARACTERS = ("👩‍👩‍👧‍👦", "🇪🇺", "e\u0301", "क्षि", "漢字", "\u200b", "\u2028", "\r\n", '"\\', "\x00", "mock ")

texts = st.text() | st.lists(st.sampled_from(_CHARACTERS), max_size=40).map("".join)
"""Any text, often one whose characters are easily broken."""

_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | _NUMBERS | texts,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(texts, values, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)

_NAMES = st.sampled_from(["", "get_weather", "get_stock_price", "lookup", "bash", "héllo wörld"])
_TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "Use the lookup tool",
        "What is the stock price of ACME?",
        "<system-reminder>Use lookup</system-reminder>Hi",
        "call bash",
    ]
)


def _shape(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


_BLOCK_TYPES = st.sampled_from(
    ["text", "image", "document", "tool_use", "tool_result", "thinking", "server_tool_use", "hologram"]
)
_INNER = st.lists(_shape({"type": _BLOCK_TYPES}, text=_TEXTS, source=json_values), max_size=2)
_BLOCKS = st.lists(
    _shape(
        {"type": _BLOCK_TYPES},
        text=_TEXTS,
        id=_NAMES,
        name=_NAMES,
        input=json_objects,
        tool_use_id=_NAMES,
        is_error=st.none() | st.booleans(),
        content=st.none() | _TEXTS | _INNER | json_objects,
        cache_control=st.none() | json_objects,
    ),
    max_size=4,
)
_MESSAGES = st.lists(
    _shape({"role": st.sampled_from(["user", "assistant", "system"]), "content": _TEXTS | _BLOCKS}),
    min_size=1,
    max_size=5,
)
_SCHEMAS = json_objects | st.sampled_from(
    [
        {},
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        {"type": "integer", "minimum": 3},
        {"not": {}},
        {"$ref": "#/$defs/missing"},
        {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]},
    ]
)
_FORMAT = _shape({"type": st.just("json_schema"), "schema": _SCHEMAS})

accepted = _shape(
    {"model": st.text(min_size=1, max_size=8) | st.just("claude-opus-4-5"), "messages": _MESSAGES},
    max_tokens=st.integers(0, 2**63 - 1),
    stream=st.none() | st.booleans(),
    system=_TEXTS | _BLOCKS,
    tools=st.lists(_shape({}, name=_NAMES, type=st.none() | _NAMES, input_schema=_SCHEMAS), max_size=3),
    tool_choice=st.none() | _shape({"type": st.sampled_from(["auto", "any", "tool", "none"])}, name=_NAMES),
    thinking=st.none() | _shape({"type": st.sampled_from(["enabled", "adaptive", "disabled", "new"])}),
    output_config=st.none() | _shape({}, format=st.none() | _FORMAT, effort=json_values),
    output_format=st.none() | _FORMAT,
    stop_sequences=st.none() | st.lists(_TEXTS, max_size=2),
    metadata=st.none() | json_objects,
    extra=json_values,
)
"""Bodies that are accepted for counting tokens, and with `max_tokens` for a message."""


@st.composite
def mangled(draw: st.DrawFn, bodies: st.SearchStrategy[Any] = accepted) -> Any:
    """Return one of `bodies` in which something, anywhere, is another value or gone."""
    body = draw(bodies)
    here: Any = body
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = draw(st.sampled_from(keys))
        deeper = isinstance(here[key], (dict, list)) and here[key] and draw(st.booleans())
        if not deeper:
            break
        here = here[key]
    if draw(st.booleans()):
        del here[key]
    else:
        here[key] = draw(json_values)
    return body
