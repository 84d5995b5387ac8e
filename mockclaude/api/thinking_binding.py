"""The binding of thinking to its model and to the content before it.

Only blocks with an own signature are judged, and each is judged alone: no block is dropped because of an earlier one
in another message.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from mockclaude.api.content_blocks import format_path
from mockclaude.api.errors import ApiError
from mockclaude.api.issued import BlockPath, PrefixHashes, SignedBlock, hash_text
from mockclaude.api.model_constants import Account, find_constants
from mockclaude.api.prefix import Prefixes, find_prefixes
from mockclaude.api.prompt import MISMATCH_HEADER, Prompt
from mockclaude.api.request import MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.api.thinking_blocks import DROPPED, ThinkingBlock, hash_block, list_thinking
from mockclaude.api.thinking_readers import may_read

ALLOWED = "thinking_mismatch_allowed"
_OTHER_MODEL, _OTHER_PREFIX = "model_binding_mismatch", "prefix_binding_mismatch"

_REFUSAL = (
    "{path}: Invalid `signature` in `thinking` block. The block is bound to a different conversation. Remove the "
    'block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
_NEEDS_BETA = " That setting requires the `thinking-binding-controls-2026-08-01` value in the `anthropic-beta` header."
_OF_SYSTEM = " The `system` prompt differs from the one this block was created with."
_OF_TOOLS = " The `tools` list differs from the one this block was created with."
_OF_BLOCK = " Content before this block differs from when it was created, first at `{}`."
_OF_MISSING = " Content that preceded this block when it was created is missing from this request, starting at `{}`."
_OF_OLDER = " A message older than `{}` differs from when this block was created."
_OF_THINKING = " The `thinking` block that preceded this one when it was created is missing from this request."

Behavior: TypeAlias = Literal["error", "drop_block", "allow"]
"""The effect of another prefix."""


class Change(NamedTuple):
    """A change of the content before a block.

    Attributes:
        kind: Its kind in the header.
        sentence: Its sentence in the refusal.
    """

    kind: str
    sentence: str


_CHANGE = Change("blocks_modified", "")
"""A change of blocks that neither the header nor the refusal describes: only the first block is in them."""


def bind_thinking(request: MessagesRequest, account: Account) -> MessagesRequest:
    """Return the request without the thinking that the API drops.

    Raises:
        ApiError: The API does not accept a block.
    """
    blocks = list_thinking(request)
    if not any(isinstance(block.origin, SignedBlock) for block in blocks):
        return request
    binding = _Binding(request, _find_behavior(request, account))
    for block in blocks:
        binding.judge(block)
    return binding.apply()


def _find_behavior(request: MessagesRequest, account: Account) -> Behavior:
    """Return the behavior in the request, or else that of the model and the account."""
    settings = (request.body.get("thinking") or {}).get("block_binding") or {}
    behavior: Behavior | None = settings.get("prefix_mismatch_behavior")
    is_enforced = request.constants.binding == "always" or account == "new"
    return behavior or ("error" if is_enforced else "allow")


class _Binding:
    """The judgement of the blocks in the order of the request."""

    def __init__(self, request: MessagesRequest, behavior: Behavior) -> None:
        self._request = request
        self._behavior = behavior
        self._model = request.model_info.id if request.model_info else ""
        self._edits: list[dict[str, Any]] = []
        self._dropped: set[BlockPath] = set()
        self._drop: tuple[BlockPath, str] | None = None
        """The path after the last dropped block, and the reason."""
        self._previous: dict[str, ThinkingBlock] = {}
        """The last block of each model, in the order of the request; '' for blocks without an own signature."""
        self._header = ""
        self._compacted: dict[int, int] = {}
        """The index of the first compaction of a message, by the merged number of the message."""
        for path, _ in request.blocks.get("compaction", ()):
            _, number, _, index = self._merge(path)
            self._compacted[number] = min(index, self._compacted.get(number, index))

    def judge(self, block: ThinkingBlock) -> None:
        """Judge a block.

        Raises:
            ApiError: The API does not accept it.
        """
        reason = self._drop[1] if self._drop is not None and self._drop[0] == self._merge(block.path) else ""
        if not reason and isinstance(block.origin, SignedBlock):
            reason = self._find_reason(block, block.origin)
        if reason in ("", _OTHER_MODEL):
            author = block.origin.model if isinstance(block.origin, SignedBlock) else ""
            self._previous.pop(author, None)
            self._previous[author] = block
        if not reason:
            return
        path = self._merge(block.path)
        self._edits.append({"type": DROPPED, "path": format_path(path), "reason": reason})
        self._dropped.add(block.path)
        self._drop = (*path[:3], path[3] + 1), reason

    def apply(self) -> MessagesRequest:
        """Return the request without the dropped blocks."""
        if not self._edits:
            return self._request
        messages = [
            {**message, "content": self._keep(number, message["content"])}
            if isinstance(message["content"], list)
            else message
            for number, message in enumerate(self._request.messages)
        ]
        return self._request.with_prompt(Prompt(messages, transformations=self._edits, header=self._header))

    def _keep(self, number: int, content: list[Any]) -> list[Any]:
        return [
            block for index, block in enumerate(content) if ("messages", number, "content", index) not in self._dropped
        ]

    def _merge(self, path: BlockPath) -> BlockPath:
        return find_prefixes(self._request).merge(path)

    def _find_reason(self, block: ThinkingBlock, signed: SignedBlock) -> str:
        """Return the reason for dropping a block; '' to keep it."""
        if signed.text != hash_text(str(block.block.get("thinking"))):
            path = format_path(self._merge(block.path))
            self._request.warn(f"{path}: the text differs from the signed text; the API accepts that")
        if not may_read(self._model, signed.model):
            return _OTHER_MODEL
        if "never" in (self._request.constants.binding, find_constants(signed.model).binding):
            return ""
        change = None if self._is_after_compaction(block.path) else self._find_change(block.path[1], signed)
        if change is None:
            return ""
        path = format_path(self._merge(block.path))
        if self._behavior == "allow":
            self._edits.append({"type": ALLOWED, "path": path, "reason": _OTHER_PREFIX})
            return ""
        sections = ";sections=system" if change.sentence == _OF_SYSTEM else ""
        self._header = self._header or f"block={path};kind={change.kind}{sections}"
        if self._behavior == "error":
            raise self._refuse(path, change)
        return _OTHER_PREFIX

    def _refuse(self, path: str, change: Change) -> ApiError:
        needs_beta = "" if self._request.api_headers.betas & GATES["binding"] else _NEEDS_BETA
        message = f"{_REFUSAL.format(path=path)}{needs_beta}{change.sentence}"
        return ApiError("invalid_request_error", message, headers={MISMATCH_HEADER: self._header})

    def _is_after_compaction(self, path: BlockPath) -> bool:
        """Return whether a compaction in the same message begins the content anew."""
        _, number, _, index = self._merge(path)
        return self._compacted.get(number, index) < index

    def _find_change(self, number: int, signed: SignedBlock) -> Change | None:
        prefixes = find_prefixes(self._request)
        then, now = signed.prefix, prefixes.before(number)
        if then.system != now.system:
            return Change("system_changed", _OF_SYSTEM)
        if then.tools != now.tools:
            return Change("tools_changed", _OF_TOOLS)
        if then != now and not prefixes.is_summarized(number, then):
            is_described = self._behavior != "allow" and not self._header
            return _compare_blocks(prefixes, number, then, now) if is_described else _CHANGE
        return Change("blocks_removed", _OF_THINKING) if self._has_other_previous(signed) else None

    def _has_other_previous(self, signed: SignedBlock) -> bool:
        """Return whether the last block before it that its model reads is another than when it was signed."""
        previous = reversed(self._previous.items())
        last = next((block for author, block in previous if may_read(signed.model, author)), None)
        return last is not None and hash_block(last.block) != signed.previous


def _compare_blocks(prefixes: Prefixes, number: int, then: PrefixHashes, now: PrefixHashes) -> Change:
    """Describe the first change that the hashes tell."""
    position = prefixes.find_difference(number, then)
    if now.size < then.size:
        first = position if position is not None and prefixes.has_older(number, then) else 0
        return Change("blocks_removed", _OF_MISSING.format(format_path(prefixes.locate(number, first))))
    if position is None:
        oldest = prefixes.locate(number, then.before_recent)
        return Change("blocks_modified", _OF_OLDER.format(format_path(oldest)))
    kind = "blocks_modified" if now.size == then.size else "blocks_inserted"
    return Change(kind, _OF_BLOCK.format(format_path(prefixes.locate(number, position))))
