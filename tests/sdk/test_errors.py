"""Every error of the API, and the class with which the newest Python and TypeScript SDKs raise it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import anthropic
import pytest
from anthropic import Anthropic

from mockclaude.api.errors import EDGE_TYPE
from mockclaude.api.headers import WORKSPACE_ID
from mockclaude.scenario.loading.loader import load_text
from tests.sdk import test_typescript
from tests.sdk.node import HERE
from tests.serving import PROGRAM_PATIENCE, ServerThread

node_folder = test_typescript.node_folder


class Row(NamedTuple):
    """An error as a scenario has it, and what the SDKs make of it; `typescript` is only said where it differs."""

    status: int
    type: str
    raised: str
    retried: bool = False
    code: str | None = None
    headers: Mapping[str, str] = {}
    typescript: str = ""

    def __str__(self) -> str:
        return f"{self.status} {self.code or self.type} {' '.join(self.headers)}".strip()

    @property
    def said(self) -> dict[str, Any]:
        """What both SDKs tell of the error."""
        return {
            "status": self.status,
            "type": self.type,
            "message": f"Scripted: {self}",
            "error_code": self.code,
            "details": self.code and {"error_code": self.code, "unsupported": ["thinking"]},
            "workspace_id": None if self.status == 401 else WORKSPACE_ID,
        }

    @property
    def rule(self) -> dict[str, Any]:
        error = {"status": self.status, "type": self.type, "message": self.said["message"], "headers": self.headers}
        details = {"details": self.said["details"]} if self.code else {}
        return {"when": {"user": {"equals": str(self)}}, "reply": {"error": error | details}}


INVALID = "invalid_request_error"

ROWS = [
    Row(400, INVALID, "BadRequestError"),
    Row(401, "authentication_error", "AuthenticationError"),
    Row(402, "billing_error", "PaymentRequiredError"),
    Row(403, "permission_error", "PermissionDeniedError"),
    Row(403, "forbidden", "PermissionDeniedError"),
    Row(404, "not_found_error", "NotFoundError"),
    Row(405, INVALID, "APIStatusError", typescript="APIError"),
    Row(408, INVALID, "RequestTimeoutError", retried=True),
    Row(409, "conflict_error", "ConflictError", retried=True),
    Row(412, INVALID, "PreconditionFailedError"),
    Row(413, "request_too_large", "ContentTooLargeError"),
    Row(415, INVALID, "APIStatusError", typescript="APIError"),
    Row(422, INVALID, "UnprocessableEntityError"),
    Row(429, "rate_limit_error", "RateLimitError", retried=True),
    Row(429, "rate_limit_error", "RateLimitError", retried=True, headers={"retry-after": "7"}),
    Row(429, "rate_limit_error", "RateLimitError", headers={"x-should-retry": "false"}),
    Row(431, INVALID, "RequestHeaderFieldsTooLargeError"),
    Row(499, INVALID, "ClientClosedRequestError"),
    Row(500, "api_error", "InternalServerError", retried=True),
    Row(501, "api_error", "HTTPNotImplementedError", retried=True, typescript="NotImplementedError"),
    Row(502, "api_error", "InternalServerError", retried=True),
    Row(503, "api_error", "ServiceUnavailableError", retried=True),
    Row(504, "timeout_error", "GatewayTimeoutError", retried=True),
    Row(520, "api_error", "InternalServerError", retried=True),
    Row(529, "overloaded_error", "OverloadedError", retried=True),
    Row(529, "overloaded_error", "OverloadedError", retried=True, headers={"retry-after-ms": "1"}),
    Row(400, INVALID, "ToolNameConflictError", code="tool_name_conflict"),
    Row(400, INVALID, "ToolReferenceUnresolvedError", code="tool_reference_unresolved"),
    Row(400, INVALID, "AvailableToolsLimitExceededError", code="available_tools_limit_exceeded"),
    Row(400, INVALID, "CompactionNothingToSummarizeError", code="compaction_nothing_to_summarize"),
    Row(400, INVALID, "ThreadAlreadyContinuedError", code="thread_already_continued"),
    Row(400, INVALID, "ThreadContinueInFlightError", code="thread_continue_in_flight"),
    Row(400, INVALID, "ThreadFingerprintMismatchError", code="thread_fingerprint_mismatch"),
    Row(400, INVALID, "ThreadUnsupportedRequestError", code="thread_unsupported_request"),
    Row(400, INVALID, "RequestBodyEncodingInvalidError", code="request_body_encoding_invalid"),
    Row(400, INVALID, "RequestBodyEncodingUnsupportedError", code="request_body_encoding_unsupported"),
    Row(400, INVALID, "BadRequestError", code="something_newer"),
    Row(
        402,
        "billing_error",
        "LinkedOrganizationSpendLimitReachedError",
        code="linked_organization_spend_limit_reached",
    ),
    Row(403, "permission_error", "UserProfileNotBillableError", code="user_profile_not_billable"),
    Row(404, "not_found_error", "ThreadNotFoundError", code="thread_not_found"),
    Row(404, "not_found_error", "FileExpiredError", code="file_expired"),
    Row(
        409,
        "conflict_error",
        "SkillReadBlockedUndecryptableError",
        retried=True,
        code="skill_read_blocked_undecryptable",
    ),
    Row(
        413,
        "request_too_large",
        "RequestBodyTooLargeAfterDecodingError",
        code="request_body_too_large_after_decoding",
    ),
    Row(429, "rate_limit_error", "RampLimitExceededError", retried=True, code="ramp_limit_exceeded"),
    Row(503, "api_error", "CMEKKeyUnreachableError", retried=True, code="cmek_key_unreachable"),
    Row(529, "overloaded_error", "CompactionUnavailableError", retried=True, code="compaction_unavailable"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server that answers the name of a row with its error."""
    with ServerThread({"": load_text(json.dumps({"rules": [row.rule for row in ROWS]}))}) as server:
        yield server.url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Anthropic]:
    with Anthropic(base_url=url, api_key="mock", max_retries=0) as one:
        yield one


@pytest.fixture(scope="module")
def thrown(url: str, node_folder: Path) -> dict[str, dict[str, Any]]:
    """What the TypeScript SDK throws for each row, all of them in one process."""
    shutil.copy(HERE / "errors.mjs", node_folder)
    done = subprocess.run(
        ["node", "errors.mjs"],
        cwd=node_folder,
        env=os.environ | {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "mock"},
        input=json.dumps([str(row) for row in ROWS]),
        capture_output=True,
        encoding="utf-8",
        timeout=PROGRAM_PATIENCE,
        check=True,
    )
    return dict(zip([str(row) for row in ROWS], json.loads(done.stdout), strict=True))


def in_the_headers(row: Row) -> dict[str, str]:
    return {"x-should-retry": str(row.retried).lower(), **row.headers}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_python_sdk_raises_the_class_of_the_error(client: Anthropic, row: Row) -> None:
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.messages.create(
            model="claude-sonnet-5", max_tokens=1024, messages=[{"role": "user", "content": str(row)}]
        )

    error = caught.value
    assert type(error).__name__ == row.raised
    assert error.details is None or error.details.to_dict() == row.said["details"]
    assert row.said == {
        "status": error.status_code,
        "type": error.type,
        "message": error.api_message,
        "error_code": error.error_code,
        "details": error.details and error.details.to_dict(),
        "workspace_id": error.workspace_id,
    }
    assert isinstance(error.body, dict)
    assert error.body.get("request_id") == (None if row.type == EDGE_TYPE else error.request_id)
    assert in_the_headers(row).items() <= dict(error.response.headers).items()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_typescript_sdk_throws_the_class_of_the_error(thrown: dict[str, dict[str, Any]], row: Row) -> None:
    error = thrown[str(row)]
    assert error["class"] == (row.typescript or row.raised)
    assert error["said"] == row.said
    assert error["ids"][1] == (None if row.type == EDGE_TYPE else error["ids"][0])
    assert in_the_headers(row).items() <= error["headers"].items()


def test_the_table_has_every_status_that_has_a_class_of_its_own() -> None:
    classes = [one for one in vars(anthropic).values() if isinstance(one, type)]
    statuses = {
        one.__name__: vars(one).get("status_code") for one in classes if issubclass(one, anthropic.APIStatusError)
    }
    own = {name: status for name, status in statuses.items() if isinstance(status, int)}

    assert own.items() <= {(row.raised, row.status) for row in ROWS}
    assert own["OverloadedError"] == 529
