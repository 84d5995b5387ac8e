"""Select the form of a recorded body in a scenario file: JSON, text, base64, or a file of its own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

import orjson

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.loading.yaml_writer import format_block, format_flow, format_line_scalar, is_block_text
from mockclaude.scenario.recorded_reply import RecordedReply, find_json

MAX_INLINE = 4_000
"""The maximum number of bytes of a body in the scenario file."""

MAX_INLINE_TOTAL = 2_000_000
"""The maximum number of bytes of all bodies in the scenario file."""

_MAX_BASE64, _LONGEST_LINE = 300, 100
_MARGIN = 16
"""Spaces before a line of a text in a file."""

_MAX_VALUES = 100_000
"""Keys and values of all bodies that are written as JSON. A file has at most 500,000 in all."""

BodyForm: TypeAlias = Literal["", "json", "text", "base64", "file"]


class Body(NamedTuple):
    """The body of a reply, and its form.

    Attributes:
        suffix: The suffix of its name, if it is in a file.
    """

    content: bytes
    form: BodyForm
    suffix: str

    @property
    def is_inline(self) -> bool:
        """Whether the bytes are in the scenario file."""
        return self.form not in ("", "file")


def select_forms(replies: Iterable[RecordedReply]) -> list[Body]:
    """Select the forms of all bodies of a file.

    Bodies that are long, or have characters that YAML cannot hold, are in files. If the others are too large together,
    the longest of these are too.
    """
    values, bodies = 0, []
    for reply in replies:
        body = Body(reply.body, _select_form(reply, has_json=values < _MAX_VALUES), _select_suffix(reply))
        if body.form == "json":
            values += body.content.count(b",") + body.content.count(b":")
        bodies.append(body)
    inline = sorted((-_measure(body), index) for index, body in enumerate(bodies) if body.is_inline)
    excess = sum(-size for size, _ in inline) - MAX_INLINE_TOTAL
    for size, index in inline:
        if excess <= 0:
            break
        excess += size
        bodies[index] = bodies[index]._replace(form="file")
    return bodies


def _measure(body: Body) -> int:
    """Return the number of bytes of an inline body, with the margins of its lines."""
    return len(body.content) + (_MARGIN * body.content.count(b"\n") if body.form == "text" else 0)


def format_body(body: Body, name: str, indent: int) -> str:
    """Write the key of a body and its value; '' for an empty body.

    Args:
        body: The body.
        name: The path of its file.
        indent: The column of the key.
    """
    margin, content = " " * indent, body.content
    if body.form == "":
        return ""
    if body.form == "file":
        return f"{margin}file: {format_line_scalar(name)}\n"
    if body.form == "base64":
        return f"{margin}base64: '{b64encode(content).decode()}'\n"
    if body.form == "json":
        return f"{margin}body: {format_flow(orjson.loads(content))}\n"
    text = content.decode()
    if "\n" in text or len(text) > _LONGEST_LINE:
        return f"{margin}body: {format_block(text, indent)}"
    return f"{margin}body: {format_line_scalar(text)}\n"


def _select_form(reply: RecordedReply, *, has_json: bool) -> BodyForm:
    body = reply.body
    if not body:
        return ""
    if len(body) > MAX_INLINE:
        return "file"
    if has_json and not reply.is_stream and _is_flow(body):
        return "json"
    try:
        return "text" if is_block_text(body.decode()) else "file"
    except UnicodeDecodeError:
        return "base64" if len(body) <= _MAX_BASE64 else "file"


def _is_flow(body: bytes) -> bool:
    document = find_json(body)
    if not isinstance(document, dict | list):
        return False
    try:
        format_flow(document)
        return orjson.dumps(document) == body
    except (TypeError, ValueError):  # nested too deep, or with a key that is too long
        return False


def _select_suffix(reply: RecordedReply) -> str:
    if reply.is_stream:
        return ".sse"
    if not _is_text(reply.body):
        return ".bin"
    kind = str(reply.headers.get("content-type") or "").lower()
    if "html" in kind:
        return ".html"
    return ".json" if "json" in kind or reply.document is not None else ".txt"


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


_UNSAFE = compile_lazily(r"[^A-Za-z0-9_]+")
_RESERVED = compile_lazily(r"(?i)con|prn|aux|nul|com[0-9]|lpt[0-9]")
_LONGEST_NAME = 60


def name_file(rule_name: str) -> str:
    """Return the name of the files of a rule, without a suffix. Rules may share it."""
    name = _UNSAFE.sub("-", rule_name)[:_LONGEST_NAME].strip("-") or "rule"
    return f"rule-{name}" if _RESERVED.fullmatch(name) else name
