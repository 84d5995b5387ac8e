"""Stored files, put into a store by hand, and requests that name them."""

from __future__ import annotations

from base64 import b64decode
from itertools import count
from typing import Any

import orjson

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import Resource, ResourcePut
from mockclaude.engine.state.store import Store
from tests.api.pictures import pdf, png
from tests.serving import NOW

PNG, PDF, TEXT = b64decode(png(300, 200)), b64decode(pdf(3)), "Grass is grün.\n".encode()
_NUMBERS = count(1)


def resource(content: bytes, mime_type: str = "image/png", lane: str = "", **facts: Any) -> Resource:
    """Return a file of a lane, with `facts` in place of the usual ones."""
    number = next(_NUMBERS)
    every = {"filename": "a", "mime_type": mime_type, "size": len(content), "created_us": NOW * 1_000_000}
    every |= {"expires_us": None, "downloadable": False, "scope": None, **facts}
    return Resource("file", lane, f"file_{number}", number, orjson.dumps(every), content, len(content))


def put(
    target: ScenarioState | Store, content: bytes, mime_type: str = "image/png", lane: str = "", **facts: Any
) -> str:
    """Put a file into a store; return its id."""
    made = resource(content, mime_type, lane, **facts)
    store = target.store if isinstance(target, ScenarioState) else target
    store.commit([ResourcePut(made)])
    return made.id


def block(kind: str, file_id: str, **more: Any) -> dict[str, Any]:
    """Return a block that names a file."""
    if kind == "container_upload":
        return {"type": kind, "file_id": file_id, **more}
    return {"type": kind, "source": {"type": "file", "file_id": file_id}, **more}
