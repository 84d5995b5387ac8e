"""Find the JSON that a prompt asks for in words.

A prompt asks for JSON if it has an instruction to answer in JSON, and an object that it introduces as a schema. The
last schema counts, since examples of schemas come before it. All braces may be doubled, as in a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from json import JSONDecodeError, JSONDecoder
from typing import Any, NamedTuple

import orjson

_READ_CHARACTERS = 200_000
"""Characters of a text that are searched."""
_MAX_FAILED = 200_000
"""Characters of a text that are read in vain, as objects that are not JSON."""
_FAILURE = 200
"""Characters that an object that is not JSON costs at least, since the error counts the lines before it."""
_INTRODUCTION = 200
"""Characters before a schema in which the word "schema" stands."""

_DOUBLED = re.compile(r'\{\{\s*"')
_OBJECT = re.compile(r'\{\s*"')
_INSTRUCTION = (
    r"(?<!not )\b(?:respond|return|answer|reply|output|produce|provide|generate|write|wrap)\b[^.!?\n(]{0,80}?"
)
_JSON = r"(?<!no )(?<!not )\bjson\b(?! schema)"
_ASKS_FOR_JSON = re.compile(rf"{_INSTRUCTION}{_JSON}|\b(?:as|in) (?:an? |valid )*json\b(?! schema)", re.IGNORECASE)
_IN_A_FENCE = r"\b(?:in|within|inside|with|as) (?:an? |one |single |markdown |json )*(?:```|code[ -]?(?:block|fence))"
_ASKS_FOR_FENCE = re.compile(_INSTRUCTION + _IN_A_FENCE, re.IGNORECASE)


class PromptSchema(NamedTuple):
    """A JSON Schema in a text, and the rest of the text.

    Attributes:
        is_fenced: Whether the text asks for the JSON in a code fence.
        rest: The text after the schema, else the text before it.
    """

    schema: Mapping[str, Any]
    is_fenced: bool
    rest: str


def find_prompt_schema(text: str) -> PromptSchema | None:
    """Return the schema of the JSON that `text` asks for; None if it asks for none."""
    if '"properties"' not in text:
        return None
    text = text[:_READ_CHARACTERS]
    if not _ASKS_FOR_JSON.search(text):
        return None
    prompt = _find_last_schema(text)
    if prompt is None and _DOUBLED.search(text):
        return _find_last_schema(text.replace("{{", "{").replace("}}", "}"))
    return prompt


def _find_last_schema(text: str) -> PromptSchema | None:
    schemas = [item for item in _find_objects(text) if _is_schema(item[2]) and _is_introduced(text, item[0])]
    if not schemas:
        return None
    start, end, schema = schemas[-1]
    return PromptSchema(schema, _ASKS_FOR_FENCE.search(text) is not None, text[end:].strip() or text[:start])


def _find_objects(text: str) -> Iterator[tuple[int, int, Any]]:
    """Yield the start, the end and the value of each outermost JSON object of a text."""
    decode = JSONDecoder().raw_decode
    at, left = 0, _MAX_FAILED
    while left > 0 and (match := _OBJECT.search(text, at)):
        start = match.start()
        try:
            at = decode(text, start)[1]
            yield start, at, orjson.loads(text[start:at])
        except JSONDecodeError as error:
            at = max(at, start + 1)
            left -= max(error.pos - start, _FAILURE)
        except (RecursionError, ValueError):
            return


def _is_schema(value: Mapping[str, Any]) -> bool:
    properties = value.get("properties")
    return isinstance(properties, dict) and all(isinstance(part, dict) for part in properties.values())


def _is_introduced(text: str, start: int) -> bool:
    return "schema" in text[max(start - _INTRODUCTION, 0) : start].lower()
