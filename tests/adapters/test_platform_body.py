"""The parts of a body that only platforms have."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api import headers
from mockclaude.api.api_headers import NEW_VERSION, OLD_VERSION
from mockclaude.api.errors import ApiError
from mockclaude.api.fingerprint import read_object
from mockclaude.api.mode import MODES, Mode
from mockclaude.engine.adapters.platform_body import (
    describe_model,
    drop_api_headers,
    refuse_extra,
    take_betas,
    take_version,
    write_object,
)


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"{", "The request body is not valid JSON"), (b"[]", "Input should be a valid dictionary")],
)
def test_body_is_an_object(body: bytes, message: str) -> None:
    assert read_object(b'{"a": 1}') == {"a": 1}
    with pytest.raises(ApiError) as refused:
        read_object(body)
    assert refused.value.message.startswith(message)


def test_body_is_not_nested_too_deeply() -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    assert write_object({"a": 1}) == b'{"a":1}'
    with pytest.raises(ApiError, match="nested too deeply"):
        write_object({"a": deep})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("written", "version"), [("mine-1", OLD_VERSION), (NEW_VERSION, NEW_VERSION)])
def test_version_of_the_body_is_that_of_the_api(written: str, version: str, mode: Mode) -> None:
    fields = {"anthropic_version": written, "a": 1}

    assert take_version(fields, "mine-1", mode) == version
    assert fields == {"a": 1}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [({}, "Field required"), ({"anthropic_version": "mine-2"}, "Input should be 'mine-1'")],
)
def test_other_version_is_refused_in_the_mode_anthropic(fields: dict[str, Any], problem: str) -> None:
    assert take_version({**fields}, "mine-1", "gateway") == take_version({**fields}, "mine-1", "off") == OLD_VERSION
    with pytest.raises(ApiError) as refused:
        take_version(fields, "mine-1", "anthropic")
    assert refused.value.message == f"anthropic_version: {problem}"


def test_field_of_the_path_is_refused_in_the_mode_anthropic() -> None:
    fields = {"model": "m", "a": 1}
    with pytest.raises(ApiError) as refused:
        refuse_extra(fields, ("stream", "model"), "anthropic")
    assert refused.value.message == "model: Extra inputs are not permitted"
    refuse_extra(fields, ("stream", "model"), "gateway")

    assert fields == {"a": 1}


@pytest.mark.parametrize(
    ("betas", "header", "joined"),
    [(["a", "b"], "", "a,b"), ("a", "", "a"), (["a"], "c", "c,a"), ([], "c", ""), (None, "c", "")],
)
def test_betas_of_the_body_are_a_header(betas: object, header: str, joined: str) -> None:
    fields = {"anthropic_beta": betas, "a": 1}

    assert take_betas(fields, header) == ((("anthropic-beta", joined),) if joined else ())
    assert fields == {"a": 1}


@pytest.mark.parametrize("betas", [5, [5], {"a": 1}])
def test_betas_are_texts(betas: object) -> None:
    with pytest.raises(ApiError) as refused:
        take_betas({"anthropic_beta": betas}, "")
    assert refused.value.message == "anthropic_beta: Input should be a valid list"


def test_headers_of_the_api_are_dropped_once() -> None:
    message = headers.message(0)
    dropped = drop_api_headers(message)

    assert [name for name, _ in dropped.lines if name.startswith(("anthropic-", "cf-", "server"))] == []
    assert ("content-type", "application/json") in dropped.lines
    assert drop_api_headers(message) is dropped


def test_other_name_of_a_model_is_noted() -> None:
    assert describe_model("eu.m", "m") == "model eu.m is m"
    assert describe_model("m", "m") == ""
