from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.server.calls import Call

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


def call(method: str = "POST", path: str = "/v1/messages", **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method, path, {}, named, b"", 0)


def test_a_lane_header_names_the_lane() -> None:
    assert call(x_mockclaude_lane="blue", x_api_key="key").lane == "blue"
    assert call(x_mockclaude_lane="", x_api_key="key").lane == ""


def test_else_each_api_key_is_a_lane_and_the_key_is_not_in_its_name() -> None:
    by_key, other = call(x_api_key="sk"), call(x_api_key="other")

    assert len({by_key.lane, other.lane, ""}) == 3
    assert "sk" not in by_key.lane
    assert call(x_api_key="sk").lane == call(authorization="Bearer sk").lane == by_key.lane


def test_a_key_in_x_api_key_comes_before_a_bearer_token() -> None:
    assert call(x_api_key="sk", authorization="Bearer token").lane == call(x_api_key="sk").lane


def test_who_says_nothing_of_himself_shares_the_nameless_lane() -> None:
    assert call().lane == ""


def test_a_key_that_is_no_text_is_a_lane_too() -> None:
    assert call(x_api_key="\udcff").lane not in ("", call(x_api_key="?").lane)


@given(JSON)
def test_the_order_of_keys_and_the_spelling_of_numbers_are_not_part_of_what_is_asked(value: Any) -> None:
    body = {"b": 2, "a": value, "c": [1, {"d": 3}]}
    written_otherwise = orjson.loads(orjson.dumps({"c": [1.0, {"d": 3.0}], "a": value, "b": 2.0}))

    assert call().fingerprint(written_otherwise) == call().fingerprint(body)


@pytest.mark.parametrize("changed", [{"stream": True}, {"stream": False}, {"metadata": {"user_id": "somebody"}}])
def test_the_same_question_streamed_or_by_another_user_is_the_same(changed: dict[str, Any]) -> None:
    assert call().fingerprint(BODY | changed) == call().fingerprint(BODY)


@pytest.mark.parametrize(
    "changed", [{"max_tokens": 2}, {"max_tokens": 1.5}, {"model": "n"}, {"system": ""}, {"x": None}]
)
def test_every_other_field_is_part_of_what_is_asked(changed: dict[str, Any]) -> None:
    assert call().fingerprint(BODY | changed) != call().fingerprint(BODY)


def test_the_path_and_the_method_are_part_of_what_is_asked() -> None:
    calls = [call(), call("GET"), call(path="/v1/messages/count_tokens")]

    assert len({each.fingerprint(BODY) for each in calls}) == 3
    assert call().fingerprint() == call().fingerprint({})
