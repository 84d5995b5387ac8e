"""Frames of batches that are refused, with the API's words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.api.errors import ApiError
from mockclaude.api.mode import Mode, ValidationResult
from mockclaude.engine.resources.batch_frame import BatchItem, parse_frame

LONG = "a" * 65
ONE = {"custom_id": "a", "params": {}}

REFUSED: list[tuple[Any, str]] = [
    ([], "Input should be a valid dictionary"),
    ({}, "requests: Field required"),
    ({"requests": None}, "requests: Input should be a valid list"),
    ({"requests": {}}, "requests: Input should be a valid list"),
    ({"requests": []}, "requests: List should have at least 1 item after validation, not 0"),
    ({"requests": [1]}, "requests.0: Input should be a valid dictionary"),
    ({"requests": [{"params": {}}]}, "requests.0.custom_id: Field required"),
    ({"requests": [{"custom_id": 7, "params": {}}]}, "requests.0.custom_id: Input should be a valid string"),
    (
        {"requests": [{"custom_id": LONG, "params": {}}]},
        "requests.0.custom_id: String should have at most 64 characters",
    ),
    (
        {"requests": [ONE, {"custom_id": "b c", "params": {}}]},
        "requests.1.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
    ),
    ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
    (
        {"requests": [ONE, {"custom_id": "b", "params": {}}, ONE]},
        "requests: custom_id's must be unique within a batch. Duplicate custom_id found: a",
    ),
]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=[message for _, message in REFUSED])
@pytest.mark.parametrize("mode", ["anthropic", "gateway"])
def test_a_bad_frame_is_refused(body: Any, message: str, mode: Mode) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_frame(orjson.dumps(body), ValidationResult(mode))
    assert (refusal.value.status, refusal.value.type, refusal.value.message) == (400, "invalid_request_error", message)


def test_a_body_that_is_not_json_is_refused() -> None:
    with pytest.raises(ApiError, match="The request body is not valid JSON: "):
        parse_frame(b'{"requests"', ValidationResult())


@pytest.mark.parametrize("mode", ["anthropic", "off"])
def test_a_hundred_thousand_items_are_the_most(mode: Mode) -> None:
    items = [{"custom_id": str(index), "params": {}} for index in range(100_001)]
    with pytest.raises(ApiError, match="requests: List should have at most 100000 items after validation, not 100001"):
        parse_frame(orjson.dumps({"requests": items}), ValidationResult(mode))
    assert len(parse_frame(orjson.dumps({"requests": items[:-1]}), ValidationResult(mode))) == 100_000


def test_the_params_are_not_looked_at() -> None:
    body = orjson.dumps({"requests": [{"custom_id": "a", "params": 7, "more": 1}], "more": 2})
    assert parse_frame(body, ValidationResult()) == [BatchItem("a", 7)]


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (b"{", []),
        (b"[]", []),
        (b'{"requests": 7}', []),
        (b'{"requests": [1, {"custom_id": "b c", "params": {}}]}', [BatchItem("0", None), BatchItem("b c", {})]),
    ],
)
def test_without_validation_every_frame_is_taken(body: bytes, items: list[BatchItem]) -> None:
    assert parse_frame(body, ValidationResult("off")) == items
