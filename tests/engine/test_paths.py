"""Paths: each URL path selects the scenario, the path of the API, the adapter and the endpoint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.paths import ApiAddress, find_adapter, find_address, find_endpoint, find_stray_adapter

SERVED = {"", "hello", "model", "v1", "x/y"}
MODEL = "/model/us.anthropic.claude-sonnet-5-v1:0"
ARN = "/model/arn%3Aaws%3Abedrock%2Fx"
PROJECT = "/projects/p/locations/r/publishers/anthropic/models"

FOUND = {
    "/v1/messages": ApiAddress("", "/v1/messages"),
    "/hello/v1/messages": ApiAddress("hello", "/v1/messages", "/hello"),
    "/x/y/v1/files/f": ApiAddress("x/y", "/v1/files/f", "/x/y"),
    "/x%2Fy/v1/files/f": ApiAddress("x/y", "/v1/files/f", "/x%2Fy"),
    "/model/v1/messages": ApiAddress("model", "/v1/messages", "/model"),
    "/v1/v1/messages": ApiAddress("v1", "/v1/messages", "/v1"),
    "/v1/v1/nothing": ApiAddress("", "/v1/v1/nothing"),
    "/anthropic/v1/messages": ApiAddress("", "/v1/messages", "/anthropic", is_platform=True),
    "/hello/anthropic/v1/messages": ApiAddress("hello", "/v1/messages", "/hello/anthropic", is_platform=True),
    f"{MODEL}/invoke": ApiAddress("", f"{MODEL}/invoke"),
    f"/hello{ARN}/invoke": ApiAddress("hello", f"{ARN}/invoke", "/hello"),
    "/model/model/m/invoke": ApiAddress("model", "/model/m/invoke", "/model"),
    "/model/m": ApiAddress("", "/model/m"),
    "/hello/model/m/invoke/x": ApiAddress("hello", "/model/m/invoke/x", "/hello"),
    f"/v1{PROJECT}/m@2026:rawPredict": ApiAddress("", f"/v1{PROJECT}/m@2026:rawPredict"),
    f"/hello{PROJECT}/m:rawPredict": ApiAddress("hello", f"/v1{PROJECT}/m:rawPredict", "/hello"),
}


@pytest.mark.parametrize("path", FOUND)
def test_a_path_selects_a_scenario_and_a_path_of_the_api(path: str) -> None:
    assert find_address(path, "", SERVED) == FOUND[path]


@pytest.mark.parametrize(
    "path", ["/nope/v1/messages", "/nope/anthropic/v1/messages", "/messages", "/", "/nope/model/m"]
)
def test_other_paths_select_nothing(path: str) -> None:
    assert find_address(path, "", SERVED) is None


def test_a_scenario_named_anthropic_precedes_the_prefix_of_platforms() -> None:
    served = {"", "anthropic"}
    assert find_address("/anthropic/v1/messages", "", served) == ApiAddress("anthropic", "/v1/messages", "/anthropic")
    twice = ApiAddress("anthropic", "/v1/messages", "/anthropic/anthropic", is_platform=True)
    assert find_address("/anthropic/anthropic/v1/messages", "", served) == twice


def test_only_the_first_places_in_a_long_path_may_begin_the_path_of_the_api() -> None:
    deep = "/v1" * 15
    assert find_address(f"{deep}/v1/messages", "", {deep.strip("/")}) is not None
    assert find_address(f"/v1{deep}/v1/messages", "", {f"v1{deep}"}) is None


@pytest.mark.parametrize(
    ("path", "adapter"),
    [
        ("/nope/model/m/invoke", "bedrock"),
        ("/nope/model/m", "bedrock"),
        (f"/nope/v1{PROJECT}/m:rawPredict", "vertex"),
        ("/nope/v1/chat/completions", "openai"),
        ("/nope/v1/embeddings", "openai"),
        ("/chat/completions", "openai"),
        ("/nope/responses", "openai"),
        ("/nope/v1/messages", "anthropic"),
        ("/", "anthropic"),
    ],
)
def test_a_path_of_an_unknown_scenario_has_an_adapter(path: str, adapter: str) -> None:
    assert find_stray_adapter(path) == adapter


def test_the_header_names_the_scenario_of_a_path_without_a_name() -> None:
    assert find_address("/v1/messages", "hello", SERVED) == ApiAddress("hello", "/v1/messages")
    platform = ApiAddress("hello", "/v1/messages", "/anthropic", is_platform=True)
    assert find_address("/anthropic/v1/messages", "hello", SERVED) == platform
    assert find_address("/model/v1/messages", "hello", SERVED) == ApiAddress("model", "/v1/messages", "/model")
    assert find_address("/v1/messages", "nope", SERVED) is None


KINDS = {
    "/v1/messages": ("anthropic", "messages"),
    "/v1/messages/count_tokens": ("anthropic", "count_tokens"),
    "/v1/messages/batches/b/results": ("anthropic", "batches"),
    "/v1/models": ("anthropic", "models"),
    "/v1/models/m": ("anthropic", "models"),
    "/v1/modelsm": ("anthropic", ""),
    "/v1/files": ("anthropic", "files"),
    "/v1/skills/skill_x/versions": ("anthropic", "skills"),
    f"{ARN}/invoke-with-response-stream": ("bedrock", "messages"),
    f"{MODEL}/count-tokens": ("bedrock", "count_tokens"),
    "/model/m/other": ("bedrock", ""),
    "/model/m/converse": ("bedrock", "messages"),
    "/model/m/converse-stream": ("bedrock", "messages"),
    f"/v1{PROJECT}/m:streamRawPredict": ("vertex", "messages"),
    f"/v1{PROJECT}/count-tokens:rawPredict": ("vertex", "count_tokens"),
    "/v1/chat/completions": ("openai", "messages"),
    "/v1/responses": ("openai", "messages"),
    "/v1/responses/resp_1": ("openai", ""),
    "/v1/completions": ("openai", ""),
    "/v1/complete": ("anthropic", "messages"),
    "/nothing": ("anthropic", ""),
}


@pytest.mark.parametrize("path", KINDS)
def test_a_path_of_the_api_has_an_adapter_and_an_endpoint(path: str) -> None:
    assert (find_adapter(path), find_endpoint(path)) == KINDS[path]


@given(st.sampled_from(sorted(SERVED)), st.sampled_from([path for path, kind in KINDS.items() if kind[1]]))
def test_each_scenario_has_each_path(name: str, path: str) -> None:
    prefix = f"/{name}" if name else ""
    assert find_address(prefix + path, "", SERVED) == ApiAddress(name, path, prefix)
