"""The frame of a batch: the list of requests and their names. The parameters of a request are never looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from mockclaude.api.errors import invalid
from mockclaude.api.fingerprint import read_object
from mockclaude.api.mode import ValidationResult

MAX_ITEMS = 100_000
"""The maximum number of items of a batch."""

MAX_NAME = 64
"""The maximum number of characters of a `custom_id`."""

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class BatchItem(NamedTuple):
    """A request of a batch, not yet judged.

    Attributes:
        custom_id: Its name.
        params: The body of the request, normally an object.
    """

    custom_id: str
    params: Any


def parse_frame(body: bytes, result: ValidationResult) -> list[BatchItem]:
    """Parse the body of a create call.

    If validation is off, an item without a valid name has its index as its name. Only the number of items is limited.

    Raises:
        ApiError: 400; the body is not a frame.
    """
    if result.is_off:
        return list(_parse_leniently(body))
    frame = read_object(body)
    requests: Any = frame.get("requests")
    if problem := _find_list_problem(requests, is_given="requests" in frame):
        raise invalid(f"requests: {problem}")
    for index, item in enumerate(requests):
        if problem := _find_item_problem(item):
            raise invalid(f"requests.{index}{problem}")
    names = [item["custom_id"] for item in requests]
    if len(set(names)) < len(names):
        duplicate = _find_duplicate(names)
        problem = "custom_id's must be unique within a batch. Duplicate custom_id found"
        raise invalid(f"requests: {problem}: {duplicate}")
    return [BatchItem(item["custom_id"], item["params"]) for item in requests]


def _find_list_problem(requests: Any, *, is_given: bool) -> str:
    if not is_given:
        return "Field required"
    if not isinstance(requests, list):
        return "Input should be a valid list"
    if not requests:
        return "List should have at least 1 item after validation, not 0"
    if len(requests) > MAX_ITEMS:
        return f"List should have at most {MAX_ITEMS} items after validation, not {len(requests)}"
    return ""


def _find_item_problem(item: Any) -> str:
    """Return the rest of the message on an invalid item, from its path; '' for a valid one."""
    if not isinstance(item, dict):
        return ": Input should be a valid dictionary"
    if "custom_id" not in item:
        return ".custom_id: Field required"
    name = item["custom_id"]
    if not isinstance(name, str):
        return ".custom_id: Input should be a valid string"
    if len(name) > MAX_NAME:
        return f".custom_id: String should have at most {MAX_NAME} characters"
    if not _NAME.fullmatch(name):
        return f".custom_id: String should match pattern '^{_NAME.pattern}$'"
    return "" if "params" in item else ".params: Field required"


def _find_duplicate(names: Sequence[str]) -> str:
    earlier: set[str] = set()
    return next(name for name in names if name in earlier or earlier.add(name))  # type: ignore[func-returns-value]


def _parse_leniently(body: bytes) -> Iterator[BatchItem]:
    try:
        frame = orjson.loads(body)
    except ValueError:
        frame = None
    requests = frame.get("requests") if isinstance(frame, dict) else None
    requests = requests if isinstance(requests, list) else []
    if len(requests) > MAX_ITEMS:
        raise invalid(f"requests: {_find_list_problem(requests, is_given=True)}")
    for index, item in enumerate(requests):
        fields = item if isinstance(item, dict) else {}
        name = fields.get("custom_id")
        yield BatchItem(name if isinstance(name, str) else str(index), fields.get("params"))
