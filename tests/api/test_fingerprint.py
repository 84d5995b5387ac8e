"""What is asked is the same however it is written, and whoever asks."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import canonical_body, parse

BODY: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=10,
)


@given(JSON, st.sampled_from(["", "long. " * 2_000]))
def test_the_order_of_keys_and_the_spelling_of_numbers_are_not_part_of_what_is_asked(value: Any, text: str) -> None:
    body = {"b": 2, "a": value, "c": [1, {"d": 3}], "e": text}
    written_otherwise = orjson.loads(orjson.dumps({"c": [1.0, {"d": 3.0}], "a": value, "e": text, "b": 2.0}))

    assert canonical_body(written_otherwise) == canonical_body(body)


@pytest.mark.parametrize("changed", [{"stream": True}, {"stream": False}, {"metadata": {"user_id": "somebody"}}])
def test_the_same_question_streamed_or_by_another_user_is_the_same(changed: dict[str, Any]) -> None:
    assert canonical_body(BODY | changed) == canonical_body(BODY)


@pytest.mark.parametrize(
    "changed", [{"max_tokens": 2}, {"max_tokens": 1.5}, {"model": "n"}, {"system": ""}, {"x": None}]
)
def test_every_other_field_is_part_of_what_is_asked(changed: dict[str, Any]) -> None:
    assert canonical_body(BODY | changed) != canonical_body(BODY)


@pytest.mark.parametrize("field", ["system", "metadata"])
def test_what_nests_too_deeply_is_refused_wherever_it_is(field: str) -> None:
    nested = orjson.loads(b"[" * 255 + b"]" * 255)

    with pytest.raises(ApiError, match="nested too deeply"):
        canonical_body({field: nested})


def test_tools_may_nest_as_deeply_as_any_field() -> None:
    def is_refused(field: str, depth: int) -> bool:
        try:
            parse(orjson.dumps({field: orjson.Fragment(b"[" * depth + b"]" * depth)}))
        except ApiError:
            return True
        return False

    refused = [is_refused("tools", depth) for depth in range(250, 260)]

    assert refused == [is_refused("system", depth) for depth in range(250, 260)] == sorted(refused)
    assert len({*refused}) == 2


@given(JSON, st.sampled_from(["", "long. " * 20_000]))
def test_encoded_tools_are_in_the_canonical_form_as_they_are(tools: Any, text: str) -> None:
    body = BODY | {"tools": [text, tools] if text else tools}
    parsed = parse(orjson.dumps(body))

    assert parsed.canonical == canonical_body(body)
    assert not parsed.tools or orjson.loads(parsed.tools) == body["tools"]
    assert bool(parsed.tools) == (isinstance(tools, list) and not text)
