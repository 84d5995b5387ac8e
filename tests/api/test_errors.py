"""Errors have the API's status, words and key order, and say whether to try again."""

from __future__ import annotations

import orjson
import pytest

from mockclaude.api.errors import STATUS, ApiError, invalid, type_of


def body(error: ApiError) -> str:
    return orjson.dumps(error.envelope("req_1")).decode()


@pytest.mark.parametrize(
    ("kind", "status", "retried", "message"),
    [
        ("invalid_request_error", 400, False, "Invalid request"),
        ("authentication_error", 401, False, "invalid x-api-key"),
        ("billing_error", 402, False, "Your credit balance is too low to access the Anthropic API."),
        ("permission_error", 403, False, "Your API key does not have permission to use the specified resource"),
        ("not_found_error", 404, False, "Not found"),
        ("conflict_error", 409, True, "Conflict"),
        ("request_too_large", 413, False, "Request exceeds the maximum size"),
        ("rate_limit_error", 429, True, "This request would exceed your organization's rate limit."),
        ("api_error", 500, True, "Internal server error"),
        ("timeout_error", 504, True, "Request timed out"),
        ("overloaded_error", 529, True, "Overloaded"),
    ],
)
def test_each_type_has_its_status_and_its_words(kind: str, status: int, retried: bool, message: str) -> None:
    error = ApiError(kind)

    assert error.status == STATUS[kind] == status
    assert error.should_retry is retried
    assert error.message.startswith(message)
    assert error.headers == {}


@pytest.mark.parametrize(
    ("status", "retried"),
    [(400, False), (405, False), (408, True), (409, True), (412, False), (422, False), (499, False), (503, True)],
)
def test_what_the_sdks_retry_follows_from_the_status_alone(status: int, retried: bool) -> None:
    assert ApiError("invalid_request_error", status=status).should_retry is retried


def test_an_envelope_has_the_apis_key_order() -> None:
    assert body(invalid("model: Field required")) == (
        '{"type":"error","error":{"type":"invalid_request_error","message":"model: Field required"},'
        '"request_id":"req_1"}'
    )


def test_an_overload_has_details_first_and_null() -> None:
    assert body(ApiError("overloaded_error")) == (
        '{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},'
        '"request_id":"req_1"}'
    )


def test_what_the_edge_refuses_has_no_outer_type() -> None:
    assert body(ApiError("forbidden", status=403)) == '{"error":{"type":"forbidden","message":"Request not allowed"}}'


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (403, "permission_error"),
        (405, "invalid_request_error"),
        (408, "invalid_request_error"),
        (415, "invalid_request_error"),
        (500, "api_error"),
        (503, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_a_status_has_its_type(status: int, kind: str) -> None:
    assert type_of(status) == kind


@pytest.mark.parametrize("kind", ["not_found_error", "overloaded_error"])
def test_given_details_come_first(kind: str) -> None:
    error = ApiError(kind, "Gone.", details={"error_code": "file_expired"})

    assert body(error) == (
        f'{{"type":"error","error":{{"details":{{"error_code":"file_expired"}},"type":"{kind}","message":"Gone."}},'
        '"request_id":"req_1"}'
    )


def test_a_type_the_api_does_not_have_is_its_own_message_and_a_server_error_unless_it_says_otherwise() -> None:
    assert (ApiError("hiccup").status, ApiError("hiccup").message) == (500, "hiccup")
    assert ApiError("hiccup", "Excuse me.", 418).status == 418
    assert ApiError("hiccup", "Excuse me.", 418).message == "Excuse me."


def test_an_error_can_be_raised_and_is_equal_only_to_itself() -> None:
    with pytest.raises(ApiError) as caught:
        raise invalid("No.")

    assert caught.value != invalid("No.")
    assert caught.value.type == "invalid_request_error"


def test_a_message_with_half_a_character_in_it_can_still_be_sent() -> None:
    assert '"message":"No header x?y"' in body(ApiError("not_found_error", "No header x\udc80y"))
