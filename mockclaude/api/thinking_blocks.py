"""The thinking blocks of a request, in its order, with what their signatures tell."""

from __future__ import annotations

from typing import NamedTuple

from mockclaude.api.body import Body
from mockclaude.api.content_blocks import format_path
from mockclaude.api.issued import NO_HASH, THINKING, BlockPath, Origin, SignedBlock, hash_text
from mockclaude.api.prefix import find_prefixes
from mockclaude.api.request import MessagesRequest

DROPPED = "thinking_dropped"


class ThinkingBlock(NamedTuple):
    """A thinking block of a message, with the facts of its signature."""

    path: BlockPath
    block: Body
    origin: SignedBlock | Origin


def list_thinking(request: MessagesRequest) -> list[ThinkingBlock]:
    """List the thinking blocks of the messages."""
    blocks: list[ThinkingBlock] | None = request.memo.get(ThinkingBlock)
    if blocks is None:
        blocks = request.memo[ThinkingBlock] = _read_thinking(request)
    return blocks


def find_last_id(request: MessagesRequest) -> bytes:
    """Return the hash of the last thinking block that is not dropped; zeros for none."""
    if request.blocks.keys().isdisjoint(THINKING):
        return NO_HASH
    edits = request.prompt.transformations if request.prompt else ()
    dropped = {edit["path"] for edit in edits if edit["type"] == DROPPED}
    for path, block, _ in reversed(list_thinking(request)):
        if not dropped or format_path(find_prefixes(request).merge(path)) not in dropped:
            return hash_block(block)
    return NO_HASH


def hash_block(block: Body) -> bytes:
    """Hash a thinking block by its signature or its data."""
    return hash_text(str(block.get("signature" if block["type"] == "thinking" else "data")))


def _read_thinking(request: MessagesRequest) -> list[ThinkingBlock]:
    found = [located for kind in THINKING for located in request.blocks.get(kind, ()) if len(located[0]) == 4]
    found.sort(key=lambda located: located[0])
    issued = request.issued
    return [
        ThinkingBlock(
            path,
            block,
            issued.thinking(str(block.get("signature", "")))
            if block["type"] == "thinking"
            else issued.redacted(str(block.get("data", ""))),
        )
        for path, block in found
    ]
