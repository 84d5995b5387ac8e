"""Bodies that are no request to `POST /v1/messages`, or not quite one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.serving import asking


def whole(**fields: Any) -> bytes:
    """Return a body in which `fields`, JSON already, are what they say."""
    given = json.dumps({**json.loads(asking()), **dict.fromkeys(fields, "@")})
    for name, value in fields.items():
        given = given.replace(f'"{name}": "@"', f'"{name}": {value}')
    return given.encode("utf-8", "surrogatepass")


GOOD = asking()

NOT_JSON = {
    "nothing": b"",
    "a space": b" ",
    "a word": b"hello",
    "an open brace": b"{",
    "the wrong end": b"{]",
    "half": GOOD[: len(GOOD) // 2],
    "all but the end": GOOD[:-1],
    "two": GOOD + GOOD,
    "a comma too many": GOOD[:-1] + b",}",
    "a comment": b"/* hi */" + GOOD,
    "single quotes": GOOD.replace(b'"', b"'"),
    "no quotes": GOOD.replace(b'"model"', b"model"),
    "a form": b"model=claude-sonnet-5&max_tokens=10",
    "xml": b"<?xml version='1.0'?><model>claude-sonnet-5</model>",
    "an event stream": b"event: message_start\ndata: {}\n\n",
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "utf-16": GOOD.decode().encode("utf-16"),
    "utf-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "utf-32": GOOD.decode().encode("utf-32"),
    "latin-1": asking().replace(b"Hello", "Grüße".encode("latin-1")),
    "an overlong slash": asking().replace(b"Hello", b"\xc0\xaf"),
    "a surrogate in bytes": asking().replace(b"Hello", b"\xed\xa0\x80"),
    "beyond unicode": asking().replace(b"Hello", b"\xf5\x80\x80\x80"),
    "half a character": asking().replace(b"Hello", b"\xe2\x82"),
    "a lone high surrogate": asking().replace(b"Hello", rb"\ud800"),
    "a lone low surrogate": asking().replace(b"Hello", rb"\udc00"),
    "a lone surrogate as a key": whole(metadata=r'{"\ud800": "x"}'),
    "a surrogate that is cut": asking().replace(b"Hello", rb"\ud83d\ude0"),
    "an unknown escape": asking().replace(b"Hello", rb"\x41"),
    "a raw line break": asking().replace(b"Hello", b"Hel\nlo"),
    "a raw nul": asking().replace(b"Hello", b"Hel\x00lo"),
    "a nul before": b"\x00" + GOOD,
    "nuls after": GOOD + b"\x00\x00",
    "only nuls": b"\x00" * 100,
    "NaN": whole(max_tokens="NaN"),
    "Infinity": whole(max_tokens="Infinity"),
    "minus Infinity": whole(max_tokens="-Infinity"),
    "a number beyond floats": whole(temperature="1e999"),
    "a leading zero": whole(max_tokens="010"),
    "a plus sign": whole(max_tokens="+10"),
    "a bare point": whole(temperature=".5"),
    "a point at the end": whole(temperature="1."),
    "hexadecimal": whole(max_tokens="0x10"),
    "True": whole(stream="True"),
    "undefined": whole(stream="undefined"),
    "100,000 open brackets": b"[" * 100_000,
    "100,000 open braces": b'{"a":' * 100_000,
}

DEEP = "[" * 1000 + "]" * 1000
DEEP_OBJECT = '{"a":' * 1000 + "1" + "}" * 1000

NOT_A_REQUEST = {
    "null": b"null",
    "true": b"true",
    "a number": b"1",
    "a text": b'"text"',
    "a list": b"[]",
    "a list of requests": b"[" + GOOD + b"]",
    "an empty object": b"{}",
    "another object": b'{"prompt": "Hello"}',
    "the model twice": GOOD[:-1] + b', "model": 1}',
    "messages twice": GOOD[:-1] + b', "messages": "Hello"}',
    "a nul in a key": GOOD[:-1] + rb', "\u0000": 1}',
    "an empty key": GOOD[:-1] + b', "": 1}',
    "a long key": GOOD[:-1] + b', "' + b"k" * 100_000 + b'": 1}',
    "10,000 unknown keys": GOOD[:-1] + b"".join(b', "k%d": 1' % number for number in range(10_000)) + b"}",
    "__proto__": GOOD[:-1] + b', "__proto__": {"stream": true}}',
    "1,000 levels of lists": DEEP.encode(),
    "1,000 levels of objects": DEEP_OBJECT.encode(),
    **{f"1,000 levels in {name}": whole(**{name: DEEP}) for name in ("messages", "system", "tools", "metadata")},
    **{f"1,000 levels of objects in {name}": whole(**{name: DEEP_OBJECT}) for name in ("tool_choice", "anything")},
    "1,000 levels in a schema": whole(tools=f'[{{"name": "t", "input_schema": {DEEP_OBJECT}}}]'),
}

WRONG = {
    "model": ["1", "null", "true", "[]", "{}", '""'],
    "max_tokens": ['"10"', "null", "true", "1.5", "-1", "[]", "{}", "9" * 5000, "-" + "9" * 5000, "1e400", str(2**70)],
    "messages": ["null", "1", '"Hello"', "{}", "[]", "[null]", "[1]", '["Hello"]', "[[]]", "[{}]"],
    "system": ["1", "true", "{}", "[1]", "[null]", "[{}]", '[{"type": "text"}]', '[{"type": "text", "text": 1}]'],
    "tools": ["1", '"get_time"', "{}", "[1]", "[null]", "[{}]", '[{"name": 1, "input_schema": {"type": "object"}}]'],
    "tool_choice": ['"auto"', "1", "[]", "{}", '{"type": 1}', '{"type": "perhaps"}', '{"type": "tool"}'],
    "thinking": ["true", '"adaptive"', "[]", '{"type": 1}', '{"type": "deep"}'],
    "stream": ['"true"', "1", "[]", "{}"],
    "stop_sequences": ['"END"', "[1]", "[null]", "{}", "[[]]"],
    "metadata": ['"me"', "[]", "1", '{"user_id": 1}', '{"user": "me"}'],
    "output_config": ['"json"', "[]", '{"format": 1}', '{"format": {"type": "xml"}}', '{"effort": 1}'],
    "service_tier": ["1", '"fast"', "{}"],
    "temperature": ['"hot"', "[]", "-1", "2"],
    "cache_control": ["1", "[]", "{}", '{"type": "eternal"}'],
    "unknown": ["1", "null", "{}"],
}

MESSAGE = [
    {},
    {"role": "user"},
    {"content": "Hello"},
    {"role": None, "content": "Hello"},
    {"role": 1, "content": "Hello"},
    {"role": "robot", "content": "Hello"},
    {"role": "user", "content": None},
    {"role": "user", "content": 1},
    {"role": "user", "content": {}},
    {"role": "user", "content": ""},
    {"role": "user", "content": []},
    {"role": "user", "content": "Hello", "name": "Ada"},
]

BLOCK: list[Any] = [
    None,
    1,
    "Hello",
    [],
    {},
    {"type": None},
    {"type": 1},
    {"type": ["text"]},
    {"type": "hologram"},
    {"type": "text"},
    {"type": "text", "text": None},
    {"type": "text", "text": 1},
    {"type": "text", "text": {}},
    {"type": "text", "text": "Hello", "shadow": True},
    {"type": "text", "text": "Hello", "cache_control": "ephemeral"},
    {"type": "image"},
    {"type": "image", "source": "https://example.com/image.jpg"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png"}},
    {"type": "image", "source": {"type": "telepathy"}},
    {"type": "document", "source": None},
    {"type": "tool_result"},
    {"type": "tool_result", "tool_use_id": 1},
    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [[]]},
    {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "hologram"}]},
]


def _every_body() -> Iterator[Any]:
    for named in (NOT_JSON, NOT_A_REQUEST):
        yield from (pytest.param(body, id=name) for name, body in named.items())
    for field, values in WRONG.items():
        yield from (pytest.param(whole(**{field: value}), id=f"{field} {value[:40]}") for value in values)
    for message in MESSAGE:
        yield pytest.param(asking(messages=[message]), id=f"message {message}")
    for block in BLOCK:
        yield pytest.param(asking([block]), id=f"block {block}")


EVERY_BODY = list(_every_body())
"""Bodies that are no request, named."""
