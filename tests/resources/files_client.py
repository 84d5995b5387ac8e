"""A client of the Files API without a server."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from multidict import CIMultiDict, MultiDict

from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, Received, http_request, received, sent_of, with_client_headers

BETA, MANAGED = "files-api-2025-04-14", "managed-agents-2026-04-01"
PNG = b"\x89PNG\r\n\x1a\n"
FORM = "multipart/form-data; boundary=b"
HELLO = "rules: [{reply: Hi}]"


def build_part(name: str, data: bytes, *, filename: str | None = None, media_type: str | None = None) -> bytes:
    """Return a part of a form, with the boundary `b` before it."""
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    lines = [f"Content-Disposition: {disposition}", *([f"Content-Type: {media_type}"] if media_type else [])]
    return b"--b\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + data + b"\r\n"


def build_form(*parts: bytes) -> bytes:
    """Return a form."""
    return b"".join(parts) + b"--b--\r\n"


class FilesClient:
    """A client of one scenario at one time.

    Attributes:
        state: The state of the scenario.
        now: The time of the next request, in seconds since the epoch.
    """

    def __init__(self, scenario: str = HELLO, **headers: Any) -> None:
        self.state = ScenarioState(load_text(scenario))
        self.headers = headers
        self.now = NOW

    def build_request(self, method: str, path: str, body: bytes = b"", **headers: Any) -> HttpRequest:
        """Build a request. An underscore in the name of a header stands for a dash."""
        path, _, query = path.partition("?")
        values = CIMultiDict(with_client_headers({**self.headers, **headers}))
        return http_request(method, path, MultiDict(parse_qsl(query)), values, body, self.now, fraction=123_456)

    def send(self, method: str, path: str, body: bytes = b"", **headers: Any) -> Received:
        """Send a request, and return the response."""
        return received(sent_of(answer(self.build_request(method, path, body, **headers), self.state)))

    def upload_form(self, *parts: bytes, **headers: Any) -> Received:
        """Upload a form."""
        return self.send("POST", "/v1/files", build_form(*parts), **{"content_type": FORM, **headers})

    def upload(self, data: bytes = PNG, filename: str | None = "a.png", media_type: str | None = "image/png") -> Any:
        """Upload a file, and return its metadata."""
        response = self.upload_form(build_part("file", data, filename=filename, media_type=media_type))
        assert response.status == 200, response.body
        return response.json

    def list_ids(self, query: str = "") -> list[str]:
        """Return the ids of a page."""
        return [file["id"] for file in self.send("GET", f"/v1/files{query}").json["data"]]
