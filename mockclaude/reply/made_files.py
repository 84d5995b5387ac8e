"""Files that a server tool makes: their ids are in its result, their bytes are for the store."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping, Sequence
from typing import Any

from mockclaude.api.events import Block, FileResult, MadeFile
from mockclaude.reply.draws import Draws
from mockclaude.scenario.template.templates import FillError


def add_files(block: Block, values: Sequence[Mapping[str, Any]], draws: Draws) -> FileResult:
    """Add the ids of files to the block of a result.

    Args:
        block: The block.
        values: Name and content of each file.
        draws: The draws of the step.

    Raises:
        FillError: The base64 of a file is invalid after its placeholders are filled in.
    """
    files = [
        MadeFile(draws.identifier("file", f"{index}/{value['name']}"), str(value["name"]), _read(value))
        for index, value in enumerate(values)
    ]
    content = block["content"]
    kind = content["type"].replace("_result", "_output")
    outputs = [{"type": kind, "file_id": file.id} for file in files]
    return FileResult({**block, "content": {**content, "content": [*content.get("content", ()), *outputs]}}, files)


def _read(value: Mapping[str, Any]) -> bytes:
    """Return the bytes of a file."""
    if value["base64"] is None:
        return str(value["content"]).encode("utf-8", "replace")
    try:
        return b64decode(str(value["base64"]), validate=True)
    except (Error, ValueError):
        raise FillError(f"invalid base64 of the file '{value['name']}', after its placeholders are filled in") from None
