"""A server in tests as the programs see it that administer it."""

from __future__ import annotations

import json
from typing import Any

from tests.serving import Received, Running, request


class Admin:
    """The admin plane of `server`."""

    def __init__(self, server: Running) -> None:
        self._server = server

    def get(self, path: str, **headers: str | None) -> Received:
        return self.call("GET", path, b"", **headers)

    def post(self, path: str, **said: Any) -> Received:
        return self.call("POST", path, json.dumps(said).encode())

    def delete(self, path: str) -> Received:
        return self.call("DELETE", path)

    def call(self, method: str, path: str, body: bytes = b"", **headers: str | None) -> Received:
        given = {"x_api_key": None, "anthropic_version": None, **headers}
        return self._server.ask(request(method, f"/_mockclaude/{path}", body, "1.1", **given))
