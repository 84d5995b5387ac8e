"""What the headers of a request say: who asks, by which version, with which betas."""

from __future__ import annotations

import pytest

from mockclaude.api.api_headers import ApiHeaders, api_key, is_signed, parse_api_headers
from mockclaude.api.errors import ApiError
from mockclaude.api.mode import Mode, ValidationResult

SIGNED = "AWS4-HMAC-SHA256 Credential={}/20261130/eu-west-1/bedrock/aws4_request, SignedHeaders=host, Signature=0a"

GOOD = {"x-api-key": "mock", "anthropic-version": "2026-10-21"}


def refused(headers: dict[str, str], *keys: str, mode: Mode = "anthropic") -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        parse_api_headers(headers, keys, ValidationResult(mode))
    return caught.value.status, caught.value.message


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"x-api-key": "one"}, "one"),
        ({"authorization": "Bearer two"}, "two"),
        ({"authorization": "bearer  two "}, "two"),
        ({"x-api-key": "one", "authorization": "Bearer two"}, "one"),
        ({"authorization": "Basic dHdv"}, ""),
        ({"api-key": "three"}, "three"),
        ({"x-api-key": "one", "api-key": "three"}, "one"),
        ({"api-key": "three", "authorization": "Bearer two"}, "three"),
        ({"authorization": SIGNED.format("AKIAFOUR")}, "AKIAFOUR"),
        ({"authorization": SIGNED.format("")}, ""),
        ({"authorization": "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0a"}, ""),
        ({"authorization": "AWS4-HMAC-SHA256"}, ""),
        ({}, ""),
    ],
)
def test_the_key_is_the_same_in_whichever_header_it_comes(headers: dict[str, str], key: str) -> None:
    assert api_key(headers) == key


def test_a_signature_of_aws_is_a_credential_without_verification() -> None:
    headers = {"authorization": SIGNED.format("AKIAFOUR"), "anthropic-version": "2026-10-21"}

    assert parse_api_headers(headers, ("AKIAFOUR",), ValidationResult()).key == "AKIAFOUR"
    assert refused(headers, "mock") == (401, "Invalid bearer token")
    assert refused({**headers, "authorization": SIGNED.format("")}) == (401, "x-api-key header is required")
    assert is_signed({**headers, "x-amz-date": "20261130T080000Z"})
    assert not is_signed(headers)


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_both_versions_are_taken(version: str) -> None:
    assert parse_api_headers({**GOOD, "anthropic-version": version}, (), ValidationResult()) == ApiHeaders(
        "mock", version, frozenset()
    )


def test_any_key_is_accepted_unless_some_are_listed() -> None:
    assert (
        parse_api_headers(GOOD, (), ValidationResult()).key
        == parse_api_headers(GOOD, ("mock",), ValidationResult()).key
        == "mock"
    )


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"x-api-key": None}, 401, "x-api-key header is required"),
        ({"x-api-key": "other"}, 401, "invalid x-api-key"),
        ({"x-api-key": None, "authorization": "Bearer other"}, 401, "Invalid bearer token"),
        ({"anthropic-version": None}, 400, "anthropic-version: header is required"),
        ({"anthropic-version": "2024-01-01"}, 400, 'anthropic-version: "2024-01-01" is not a valid version'),
        (
            {"anthropic-beta": "invalid-beta-name"},
            400,
            "Unexpected value(s) `invalid-beta-name` for the `anthropic-beta` header. Please consult our documentation "
            "at platform.claude.com/docs or try again without the header.",
        ),
        ({"anthropic-version": None, "anthropic-beta": "x"}, 400, "anthropic-version: header is required"),
        ({"x-api-key": None, "anthropic-version": None}, 401, "x-api-key header is required"),
    ],
)
def test_a_header_that_the_api_refuses(headers: dict[str, str | None], status: int, message: str) -> None:
    given = {name: value for name, value in {**GOOD, **headers}.items() if value is not None}

    assert refused(given, "mock") == (status, message)


def test_an_oauth_token_needs_its_beta() -> None:
    headers = {"authorization": "Bearer sk-ant-oat01-x", "anthropic-version": "2026-10-21"}

    assert refused(headers) == (401, "OAuth authentication is currently not supported.")
    assert refused({**headers, "anthropic-beta": "xoauth-2025-04-20"})[0] == 401
    assert parse_api_headers({**headers, "anthropic-beta": "oauth-2025-04-20"}, (), ValidationResult()).betas == {
        "oauth-2025-04-20"
    }


def test_a_gateway_takes_any_version_and_beta_with_a_warning() -> None:
    validation = ValidationResult("gateway")

    assert parse_api_headers(
        {"x-api-key": "mock", "anthropic-beta": "of-a-gateway,pdfs-2024-09-25"}, (), validation
    ) == ApiHeaders("mock", "2023-06-01", frozenset({"pdfs-2024-09-25"}))
    assert [warning.partition(" ")[0] for warning in validation.warnings] == ["anthropic-version:", "Unexpected"]
    assert refused({}, mode="gateway")[0] == 401


def test_without_validation_no_header_is_needed_and_nothing_is_said() -> None:
    validation = ValidationResult("off")

    headers = {"anthropic-beta": "of-a-gateway, new-2027-01-01"}
    assert parse_api_headers(headers, ("mock",), validation) == ApiHeaders("", "2023-06-01", frozenset())
    assert validation.warnings == []


def test_an_unknown_beta_that_is_well_formed_is_a_warning_in_any_mode() -> None:
    for mode in ("anthropic", "gateway"):
        validation = ValidationResult(mode)
        parse_api_headers({**GOOD, "anthropic-beta": "new-2027-01-01"}, (), validation)
        assert [warning.partition(",")[0] for warning in validation.warnings] == ["anthropic-beta: unknown"]


def test_betas_are_accepted_as_given() -> None:
    headers = {**GOOD, "anthropic-beta": "new-2027-01-01,pdfs-2024-09-25"}
    validation = ValidationResult()

    for accepted in ("any", ("new-2027-01-01",)):
        assert parse_api_headers(headers, (), validation, accepted).betas == {"pdfs-2024-09-25"}
    assert validation.warnings == []
    with pytest.raises(ApiError, match="`new-2027-01-01`"):
        parse_api_headers(headers, (), validation, "strict")
