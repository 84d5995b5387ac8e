"""Read the files of other recorders, in YAML or JSON, as plain data with places."""

from __future__ import annotations

import zlib

import orjson

from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError, SourceMap
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.loading.source import FileSource, decode_text
from mockclaude.scenario.loading.source_map import Lines

MAX_CASSETTE = 64_000_000
"""The maximum number of bytes of a cassette, also after decompression."""

_GZIP = b"\x1f\x8b"
_JSON_SUFFIXES = (".json", ".har")


def read_cassette_source(file: str, content: bytes) -> SourceMap:
    """Parse the content of a cassette, which may be compressed with gzip.

    In JSON, places are paths in the data.

    Raises:
        ScenarioError: The content is too large, damaged, or neither YAML nor JSON.
    """
    if content.startswith(_GZIP):
        content = _decompress(file, content)
    text = decode_text(file, content, is_printable=False, most=MAX_CASSETTE)
    name = file.lower().removesuffix(".gz")
    if text.lstrip()[:1] in ("{", "[") or name.endswith(_JSON_SUFFIXES):
        try:
            return InlineSource(file, orjson.loads(text))
        except orjson.JSONDecodeError as error:
            if name.endswith(_JSON_SUFFIXES):
                raise _fail(Place(file, error.lineno, error.colno), f"invalid JSON ({error.msg})") from None
    return _read_yaml(file, text)


def _read_yaml(file: str, text: str) -> SourceMap:
    from mockclaude.scenario.loading.yaml_source import CassetteYamlReader

    lines = Lines(file, text)
    data, offset, branch = CassetteYamlReader(text, lines).read()
    return FileSource(file, data, lines, offset, branch)


def _decompress(file: str, content: bytes) -> bytes:
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        data = decoder.decompress(content, MAX_CASSETTE + 1)
    except zlib.error as error:
        raise _fail(Place(file), f"invalid gzip ({error})") from None
    if len(data) <= MAX_CASSETTE and not decoder.eof:
        raise _fail(Place(file), "invalid gzip (its end is missing)")
    return data


def _fail(place: Place, problem: str) -> ScenarioError:
    return ScenarioError([Diagnostic(place, f"{problem}; expected a complete cassette; record it again")])
