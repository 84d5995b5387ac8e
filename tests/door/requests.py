"""Requests of the transcripts, each with the title that the transcript shows."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.door.server import Request, digest

FORMS: tuple[dict[str, Any], ...] = ({}, {"stream": True})
"""The fields of a message that is not streamed, and of one that is."""


def ask(text: Any, *, to: str = "/v1/messages", version: str = "1.1", after_s: float = 0, **fields: Any) -> Request:
    """Return a Messages request in which a user says `text`.

    `fields` are those of the body; None leaves one out. `hangs` is as in `Request`, `headers` are sent too, and a
    `fault` is in the header for it.
    """
    hangs, headers = fields.pop("hangs", False), fields.pop("headers", {})
    if fault := fields.pop("fault", None):
        headers = {"x_mockclaude_fault": fault if isinstance(fault, str) else json.dumps(fault), **headers}
    messages = [{"role": "user", "content": text}]
    body = {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": messages, **fields}
    body = {field: value for field, value in body.items() if value is not None}
    title = " ".join([_title("POST", to, version, headers, after_s), _short(text), *(_named(fields))])
    return Request(title, "POST", to, json.dumps(body).encode(), version, headers, after_s=after_s, hangs=hangs)


def plain(method: str, path: str, body: bytes = b"", *, version: str = "1.1", **headers: str | None) -> Request:
    """Return any request."""
    title = _title(method, path, version, headers, 0) + (f" {_short(body.decode('latin-1'))}" if body else "")
    return Request(title, method, path, body, version, headers)


def raw(data: bytes) -> Request:
    """Return what is sent as it is: bytes that are no request, or several Messages requests."""
    texts = re.findall(rb'"content": "(.*?)"', data)
    return Request(" then ".join(text.decode() for text in texts) or _short(data.decode("latin-1")), raw=data)


def _title(method: str, path: str, version: str, headers: dict[str, str | None], after_s: float) -> str:
    shown = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    version = "" if version == "1.1" else f" HTTP/{version}"
    after = f" after {after_s:g} s" if after_s else ""
    return f"{method} {path}{version}{after}" + (f" [{_short('; '.join(shown))}]" if shown else "")


def _named(fields: dict[str, Any]) -> list[str]:
    """Return `fields` as they are shown: a long value by its digest."""
    texts = {name: json.dumps(value) for name, value in fields.items()}
    return [f"{name}={text if len(text) <= 80 else f'<{digest(text.encode())}>'}" for name, text in texts.items()]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    text = ascii(text)[1:-1]
    return text if len(text) <= 120 else f"{text[:117]}..."
