"""Files that a Messages request names by their ids: the request is judged as if their bytes stood there.

The body stays as it is: rules, templates and the journal see the ids. Tokens, the prompt cache and the checks of media
see the bytes. Supposed: the statuses of unknown and expired ids.
"""

from __future__ import annotations

from base64 import b64encode
from copy import copy
from typing import Any

from mockclaude.api.body import Body
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.media import read_image
from mockclaude.api.mode import ValidationResult
from mockclaude.api.prompt import Prompt
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.http_request import HttpRequest, find_lane
from mockclaude.engine.resources import file_views
from mockclaude.engine.state.resources import Resource
from mockclaude.engine.state.store import Store

MAX_INLINE = 32 * 1024 * 1024
"""The maximum size of all files of a request in base64, which is the maximum size of a body."""

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PDF = ("application/pdf",)

_NO_DOCUMENT = "Unsupported document file format: {}. Only PDF and plaintext documents are supported."
_NO_IMAGE = "Unsupported image file format: {}. Supported image formats are JPEG, PNG, GIF, and WebP."
_NO_CONTAINER = "container_upload: no code execution tool and no container; the API may ignore or refuse the file"


def read_files(request: MessagesRequest, result: ValidationResult, http: HttpRequest, store: Store) -> MessagesRequest:
    """Return the request with the bytes of its files; the request itself without any.

    Its body still has the ids.

    Raises:
        ApiError: A file is unknown, expired, or of the wrong type; or all together are too large.
    """
    reader, blocks = _Reader(request, result, http, store), request.blocks
    uploads = blocks.get("container_upload", ())
    for _, block in uploads:
        reader.find(str(block.get("file_id")))
    if uploads and not _has_container(request):
        request.warn(_NO_CONTAINER)
    if not any(_names_file(block) for kind in ("image", "document") for _, block in blocks.get(kind, ())):
        return request
    messages = [{**message, "content": reader.replace(message["content"])} for message in request.messages]
    judged = MessagesRequest(
        {**request.body, "messages": messages},
        request.headers,
        request.model_info,
        request.api_headers,
        request.issued,
        b"",
        encoded_tools=request.encoded_tools,
        warnings=request.warnings,
        endpoint=request.endpoint,
    )
    judged.body = request.body
    return judged


def restore_ids(request: MessagesRequest, judged: MessagesRequest) -> MessagesRequest:
    """Return the request with its ids, and with the prompt of the judged one."""
    restored = copy(request)
    restored.prompt = judged.prompt or Prompt(judged.messages, judged.input_tokens)
    restored.parts, restored.input_tokens = judged.parts, judged.input_tokens
    restored.traits, restored.warnings, restored.memo = judged.traits, judged.warnings, judged.memo
    return restored


class _Reader:
    """Reads the files of one request, each once."""

    def __init__(self, request: MessagesRequest, result: ValidationResult, http: HttpRequest, store: Store) -> None:
        self._request = request
        self._result = result
        self._http = http
        self._store = store
        self._sources: dict[tuple[str, str], tuple[Body | None, int]] = {}
        self._size = 0

    def replace(self, content: Any) -> Any:
        """Return a content with the bytes of its files."""
        return [self._replace_block(block) for block in content] if isinstance(content, list) else content

    def _replace_block(self, block: Any) -> Any:
        if not isinstance(block, dict):
            return block
        kind, source = block.get("type"), block.get("source")
        if kind == "tool_result":
            return {**block, "content": self.replace(block.get("content"))}
        if kind not in ("image", "document") or not isinstance(source, dict):
            return block
        if source.get("type") == "content":
            return {**block, "source": {**source, "content": self.replace(source.get("content"))}}
        read = self._read(kind, str(source.get("file_id"))) if source.get("type") == "file" else None
        return block if read is None else {**block, "source": read}

    def _read(self, kind: str, file_id: str) -> Body | None:
        """Return the source with the bytes of a file; None if the mode tolerates an error."""
        key = kind, file_id
        if key not in self._sources:
            resource = self.find(file_id)
            source = None if resource is None else self._encode(kind, resource)
            self._sources[key] = source, len(source["data"]) if source else 0
        source, size = self._sources[key]
        self._size += size
        if self._size > MAX_INLINE:
            raise ApiError("request_too_large")
        return source

    def find(self, file_id: str) -> Resource | None:
        """Find a file of the request's lane, or else of its API key."""
        head = self._http.head
        lanes = (head.lane, find_lane(head.headers))
        found = (self._store.find_resource("file", lane, file_id) for lane in lanes)
        resource = next(filter(None, found), None)
        if resource is None:
            self._report(file_views.build_not_found(file_id))
            return None
        if file_views.is_expired(file_views.read_facts(resource), self._http.now_us):
            self._report(file_views.build_expired(file_id))
            return None
        return resource

    def _encode(self, kind: str, resource: Resource) -> Body | None:
        declared, content = file_views.read_facts(resource)["mime_type"], resource.content
        media_type = declared.partition(";")[0].strip().lower()
        if kind == "document" and media_type == "text/plain":
            return {"type": "text", "media_type": media_type, "data": content.decode("utf-8", "replace")}
        data = b64encode(content).decode()
        if kind == "image":
            image = read_image(data)
            media_type = image.media_type if image is not None and image.media_type else media_type
        if media_type not in (_IMAGES if kind == "image" else _PDF):
            self._report(invalid((_NO_IMAGE if kind == "image" else _NO_DOCUMENT).format(media_type)))
            return None
        return {"type": "base64", "media_type": media_type, "data": data}

    def _report(self, error: ApiError) -> None:
        """Raise an error, or add a warning if the mode tolerates it."""
        if not self._result.tolerates(gateway_accepts=True):
            raise error
        self._request.warn(error.message)


def _names_file(block: Body) -> bool:
    source = block.get("source")
    if not isinstance(source, dict):
        return False
    content = source.get("content")
    inner = content if isinstance(content, list) else ()
    return source.get("type") == "file" or any(isinstance(item, dict) and _names_file(item) for item in inner)


def _has_container(request: MessagesRequest) -> bool:
    """Return whether the model can open the files of a container."""
    types = (str(tool.get("type")) for tool in request.body.get("tools") or ())
    return "container" in request.traits or any(kind.startswith("code_execution") for kind in types)
