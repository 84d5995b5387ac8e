"""Requests that are made to cost much: each is answered, and costs what its length lets it cost."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from multidict import CIMultiDict

from mockclaude.api import media, prompt_settings
from mockclaude.api.checks import output_checks, tool_checks
from mockclaude.api.errors import ApiError
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.entry import MAX_TEXT, OVERHEAD, JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.scenario.rules import built_in
from mockclaude.server import request_body
from tests.benchmarks.corpus import CORPUS, Request, ask, formatted, lattice
from tests.benchmarks.corpus import request as asking
from tests.conftest import Serve
from tests.counting import calls
from tests.serving import CLIENT, NOW, Running, ServerThread, http_request, request

pytestmark = pytest.mark.slow

SMALL, LARGE = 21_000, 84_000
"""Bytes of a request."""

GROWING = [
    name
    for name, build in CORPUS.items()
    if "gzip" not in name and "deflate" not in name and build(2_000) != build(4_000)
]
CONSTANT = 20_000
"""Calls that do not grow with the length: imports, bounded work on schemas, and prefixes too short for the cache."""


def _call(given: Request) -> HttpRequest:
    body = request_body.decompress(given.body, given.headers.get("content-encoding", ""))
    return http_request("POST" if body else "GET", given.path, {}, CIMultiDict({**CLIENT, **given.headers}), body, NOW)


def _work(given: Request) -> int:
    served = ScenarioState(built_in())
    media._seen = media.Cache()
    return calls(lambda: answer(_call(given), served))


def _warm_up(given: Request) -> None:
    answer(_call(given), ScenarioState(built_in()))


@pytest.fixture
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    remembering = [
        (output_checks, "schema_problem"),
        (tool_checks, "schema_problem"),
        (tool_checks, "_judge_schemas"),
        (prompt_settings, "_count_tools"),
    ]
    for module, name in remembering:
        monkeypatch.setattr(module, name, getattr(module, name).__wrapped__)


@pytest.mark.usefixtures("_nothing_remembered")
@pytest.mark.parametrize("name", GROWING)
def test_work_grows_with_the_length_of_a_request_and_no_faster(name: str) -> None:
    small, large = map(CORPUS[name], (SMALL, LARGE))
    _warm_up(small)

    assert _work(large) <= 5 * _work(small) + CONSTANT


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with ServerThread({"": built_in()}) as server:
        yield server


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_request_is_answered_or_refused(name: str, running: Running) -> None:
    given = CORPUS[name](SMALL)
    headers = {header.replace("-", "_"): value for header, value in given.headers.items()}

    assert running.ask(request("POST" if given.body else "GET", given.path, given.body, **headers)).status < 500


@pytest.mark.parametrize(
    ("wrong", "mode"),
    [
        (1, "anthropic"),
        (1, "off"),
        ({"type": "a"}, "anthropic"),
        ({"type": "text"}, "anthropic"),
        ({"type": "text", "text": "a", "more": 1}, "anthropic"),
    ],
)
def test_one_error_is_built_however_many_there_are(wrong: Any, mode: str) -> None:
    many, more = (
        asking(ask(messages=[{"role": "user", "content": [wrong] * count}]), {"x-mockclaude-validation": mode})
        for count in (100, 1_000)
    )
    _warm_up(many)

    assert _work(more) < 2 * _work(many)


def test_the_first_of_many_unknown_fields_is_refused(serve: Serve) -> None:
    data = asking(ask(**{f"field_{number}": number for number in range(5_000)})).body

    assert serve("rules: [{reply: Hi}]").ask(request("POST", "/v1/messages", data)).error[1] == (
        "field_0: Extra inputs are not permitted"
    )


def test_a_wrong_field_is_refused_before_many_unknown_ones(serve: Serve) -> None:
    data = asking(ask(**{f"field_{number}": number for number in range(5_000)}, stream=3)).body

    assert serve("rules: [{reply: Hi}]").ask(request("POST", "/v1/messages", data)).error[1].startswith("stream: ")


@pytest.mark.parametrize("levels", [24, 1_500])
def test_definitions_that_share_others_are_no_circle(serve: Serve, levels: int) -> None:
    data = asking(formatted(lattice(levels), model="claude-sonnet-4-6")).body

    assert serve("rules: [{reply: '{}'}]").ask(request("POST", "/v1/messages", data)).status == 200


def test_a_reply_is_checked_against_a_schema_that_branches_for_a_bounded_time(serve: Serve) -> None:
    parts = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)} | {"d40": {"type": "string"}}
    data = asking(formatted({"$ref": "#/$defs/d0", "$defs": parts}), {"x-mockclaude-validation": "off"})
    headers = {"x_mockclaude_validation": "off"}
    server = serve("rules: [{reply: '\"a\"'}]")

    assert server.ask(request("POST", "/v1/messages", data.body, **headers)).status == 200
    assert server.line().notes == (
        "the reply was not checked against output_config.format: the schema takes too much work",
    )


def _row(**more: Any) -> dict[str, Any]:
    return {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}], **more} for n in range(40)} | {"d40": {}}


DOUBLED = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)} | {"d40": {}}
START = {"properties": {"p": {"$ref": "#/$defs/d0"}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": "https://e.com/s", "properties": {"p": {"$ref": "https://e.com/s#/$defs/x"}}, "$defs": {"x": {}}},
        {"properties": {"p": {"$ref": "https://json-schema.org/draft/2020-12/schema"}}},
        {"properties": {"p": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$id": "https://x/a", **START, "$defs": DOUBLED}}},
        {**START, "$defs": DOUBLED},
        {**START, "$defs": _row(unevaluatedProperties=False)},
        {**START, "$defs": _row(unevaluatedItems=False)},
        {**START, "$defs": {"d0": {"anyOf": [*[True] * 10_000, {"$ref": "#/$defs/d0"}]}}},
    ],
    ids=["own id", "of the draft", "embedded id", "twice", "properties", "items", "alternatives"],
)
def test_a_reply_is_sent_whatever_the_schema_of_its_tool(serve: Serve, schema: dict[str, Any]) -> None:
    server = serve("rules: [{reply: {tool_use: {name: find, input: {p: {a: [1]}}}}}]")
    data = asking(ask(tools=[{"name": "find", "input_schema": {"type": "object", **schema}}])).body

    assert server.ask(request("POST", "/v1/messages", data)).status == 200
    assert all("was not checked against its input_schema" in note for note in server.line().notes)


# Packed bodies


_decompressobj = zlib.decompressobj


class _Counting:
    """Counts the bytes that zlib unpacks."""

    unpacked = 0

    def __init__(self, window: int) -> None:
        self._unpacker = _decompressobj(window)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unpacker, name)

    def decompress(self, data: bytes, most: int) -> bytes:
        part = self._unpacker.decompress(data, most)
        type(self).unpacked += len(part)
        return part


@pytest.mark.parametrize("members", [1, 5])
def test_a_bomb_is_unpacked_up_to_the_limit(serve: Serve, monkeypatch: pytest.MonkeyPatch, members: int) -> None:
    monkeypatch.setattr(request_body.zlib, "decompressobj", _Counting)  # type: ignore[attr-defined]
    monkeypatch.setattr(request_body, "DEFAULT_LIMIT", request_body.BodyLimit(100_000))
    _Counting.unpacked = 0
    bomb = gzip.compress(b"\0" * 5_000_000) * members
    given = serve("rules: [{reply: Hi}]").ask(request("POST", "/v1/messages", bomb, content_encoding="gzip"))

    assert given.status == 413
    assert given.json["error"]["details"] == {"error_code": "request_body_too_large_after_decoding"}
    assert _Counting.unpacked == 100_001


def test_a_body_of_several_members_is_read_as_one() -> None:
    assert request_body.decompress(gzip.compress(b"a" * 100_000) + gzip.compress(b"b"), "gzip") == b"a" * 100_000 + b"b"


def test_deflate_is_read_with_the_header_of_zlib_and_without() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    plain = packer.compress(b"body") + packer.flush()

    assert (
        request_body.decompress(zlib.compress(b"body"), "deflate")
        == request_body.decompress(plain, "deflate")
        == b"body"
    )


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"body")[:-9],
        gzip.compress(b"body") + b"more",
        gzip.compress(b"") * (request_body.MAX_MEMBERS + 1),
    ],
    ids=["ends early", "goes on", "many members"],
)
def test_what_is_not_whole_members_is_refused(data: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        request_body.decompress(data, "gzip")

    assert (refusal.value.status, refusal.value.details) == (400, {"error_code": "request_body_encoding_invalid"})


def test_a_body_of_nothing_needs_no_unpacking() -> None:
    assert request_body.decompress(b"", "gzip") == b""
    assert request_body.decompress(b"body", "identity") == b"body"


# What is kept


def test_the_journal_keeps_the_beginning_of_a_long_reason(serve: Serve) -> None:
    server = serve("rules: [{reply: Hi}]")
    server.ask(request("POST", "/v1/messages", asking(ask(model="m" * 100_000)).body))

    assert server.line().reason == f"model: {'m' * (MAX_TEXT - 7)}…"


def test_headers_and_texts_count_for_what_the_journal_keeps() -> None:
    kept = Journal(max_bytes=3 * OVERHEAD)
    for number in range(3):
        kept.keep(JournalEntry(number, 0, "GET", "/", {"x-long": "a" * OVERHEAD}))

    assert (len(kept), kept.count_dropped()) == (1, 2)


def test_a_fault_of_many_words_is_refused(serve: Serve) -> None:
    data = json.dumps(ask(model="claude-sonnet-4-5+" + "reset," * 1_000)).encode()

    assert serve("rules: [{reply: Hi}]").ask(request("POST", "/v1/messages", data)).error[1] == (
        "model: a fault has at most 2000 characters, got 6000; ask for fewer faults"
    )


def test_many_documents_are_refused_before_they_are_opened(serve: Serve) -> None:
    data = CORPUS["media: many PDFs"](400_000).body

    assert serve("rules: [{reply: Hi}]").ask(request("POST", "/v1/messages", data)).error[1] == (
        "A maximum of 600 documents may be provided."
    )
