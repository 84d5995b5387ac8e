"""Paths and methods select handlers; what the API and the admin API answer is tested with each of them."""

from __future__ import annotations

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.engine.routes import REST, SEGMENT, Route, Router

TABLE = {"/files": {"GET": "list", "POST": "upload"}, "/files/{id}": {"GET": "read"}, "/files/all": {"DELETE": "clear"}}


@pytest.mark.parametrize(
    ("parameter", "method", "path", "route"),
    [
        (SEGMENT, "GET", "/files", Route("list", {})),
        (SEGMENT, "GET", "/files/7", Route("read", {"id": "7"})),
        (SEGMENT, "GET", "/files/a%2Fb", Route("read", {"id": "a%2Fb"})),
        (SEGMENT, "DELETE", "/files/all", Route("clear", {})),
        (SEGMENT, "GET", "/files/", None),
        (SEGMENT, "GET", "/files/7/8", None),
        (SEGMENT, "GET", "/x/files/7", None),
        (REST, "GET", "/files/7/8", Route("read", {"id": "7/8"})),
        (REST, "GET", "/files/", None),
    ],
)
def test_path_selects_a_handler(parameter: str, method: str, path: str, route: Route[str] | None) -> None:
    assert Router(TABLE, parameter).find(method, path) == route


def test_a_starred_parameter_is_the_rest_of_the_path() -> None:
    table = {"/files/{id}/views": {"GET": "view"}, "/files/{id*}": {"GET": "read"}}
    assert Router(table).find("GET", "/files/7/views") == Route("view", {"id": "7"})
    assert Router(table).find("GET", "/files/7/8") == Route("read", {"id": "7/8"})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/files", "GET, POST"), ("POST", "/files/7", "GET"), ("GET", "/files/all", "DELETE")],
)
def test_other_method_is_a_405_with_the_allowed_ones(method: str, path: str, allowed: str) -> None:
    with pytest.raises(ApiError) as raised:
        Router(TABLE).find(method, path)

    assert (raised.value.status, raised.value.headers) == (405, {"allow": allowed})
    assert raised.value.message == f"Method not allowed: {method} {path}; use {allowed}"


def test_head_selects_the_handler_of_get_only_if_wanted() -> None:
    assert Router(TABLE, head=True).find("HEAD", "/files") == Route("list", {})
    with pytest.raises(ApiError, match="HEAD /files/all; use DELETE"):
        Router(TABLE, head=True).find("HEAD", "/files/all")
    with pytest.raises(ApiError, match="HEAD /files; use GET, POST"):
        Router(TABLE).find("HEAD", "/files")
