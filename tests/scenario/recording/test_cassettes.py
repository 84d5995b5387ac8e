"""Cassettes of other recorders: the exchanges that are read from them, and their mistakes."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from gzip import compress
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.cassette_source import MAX_CASSETTE, read_cassette_source
from mockclaude.scenario.recording.cassettes.cassette import Cassette
from mockclaude.scenario.recording.cassettes.cassette_files import import_cassettes, read_cassette, read_cassettes
from mockclaude.scenario.recording.cassettes.cassette_formats import parse_cassette
from mockclaude.scenario.recording.exchange import Exchange
from tests.scenario.recording.cassette_writers import WRITERS, Recorded, to_har, to_ruby, to_vcrpy

FOLDER = Path(__file__).parent / "cassettes"
DAY = "2026-11-30"


def texts(exchange: Exchange) -> list[str]:
    assert exchange.assembled
    return [block["text"] for block in exchange.assembled.message["content"]]


def prompts(name: str) -> list[str]:
    return [exchange.document["messages"][0]["content"] for exchange in read_cassettes(FOLDER / name)]


def read(name: str, content: bytes) -> Cassette:
    return parse_cassette(read_cassette_source(name, content), DAY)


def parse(data: Any) -> Cassette:
    return read("tide.yaml", yaml.safe_dump(data).encode())


def mistake(content: bytes, name: str = "tide.yaml") -> str:
    with pytest.raises(ScenarioError) as raised:
        read(name, content)
    (diagnostic,) = raised.value.diagnostics
    return str(diagnostic)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("httpx.yaml", ["weather?", "weather?"]),
        ("requests.json", ["tide", "overloaded"]),
        ("aiohttp.yaml", ["weather"]),
        ("packed.yaml", ["packed"]),
        ("binary.yaml", ["packed"]),
        ("pairs.yaml.gz", ["weather"]),
        ("parsed.yaml", ["Which day is 2026-11-30?"]),
        ("ruby.yml", ["When is high water in Bergen?", "Hi"]),
        ("chromium.har", ["Hi", "Hi"]),
        ("get_tide.sse", ["Hi"]),
    ],
)
def test_requests_are_those_of_the_recorder(name: str, expected: list[str]) -> None:
    exchanges = [exchange for exchange in read_cassettes(FOLDER / name) if exchange.body]
    assert [exchange.document["messages"][0]["content"] for exchange in exchanges] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("httpx.yaml", "It is sunny in Oslo — 18 °C. ☀️"),
        ("aiohttp.yaml", "It is sunny in Oslo — 18 °C. ☀️"),
        ("packed.yaml", "This body was compressed."),
        ("binary.yaml", "This body was compressed."),
        ("pairs.yaml.gz", "It is sunny in Oslo — 18 °C. ☀️"),
        ("parsed.yaml", "Monday. – Lundi."),
        ("ruby.yml", "At 14:10."),
        ("chromium.har", "Hello!"),
    ],
)
def test_responses_are_decoded(name: str, expected: str) -> None:
    first = read_cassettes(FOLDER / name)[0]
    assert texts(first) == [expected]
    assert not {"content-encoding", "transfer-encoding", "connection"} & dict(first.reception.headers).keys()


def test_exchange_has_host_day_path_and_beta() -> None:
    plain, stream = read_cassettes(FOLDER / "httpx.yaml")
    assert (plain.number, plain.host, plain.on, plain.path) == (1, "api.anthropic.com", DAY, "/v1/messages")
    assert (stream.number, stream.path) == (2, "/v1/messages?beta=true")
    assert stream.headers == {
        "anthropic-beta": "files-api-2025-04-14",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
    }
    assert [event.name for event in stream.events][-1] == "message_stop"


def test_headers_that_the_recorder_left_out_have_defaults() -> None:
    (exchange,) = read_cassettes(FOLDER / "r.yml")
    assert exchange.headers == {"anthropic-version": "2023-06-01", "content-type": "application/json"}


def test_gateway_in_front_of_the_api_is_the_host() -> None:
    direct, gateway = read_cassettes(FOLDER / "ruby.yml")
    assert (direct.host, direct.on) == ("api.anthropic.com", "2025-06-12")
    assert (gateway.host, gateway.path) == ("gateway.example.com", "/v1/messages?beta=true")
    assert dict(gateway.reception.headers)["request-id"] == "req_01Ruby"


def test_har_gives_the_time_to_the_head() -> None:
    timed, untimed = read_cassettes(FOLDER / "chromium.har")
    assert (timed.reception.head_us, untimed.reception.head_us) == (813_000, 600)
    assert (timed.on, timed.headers["anthropic-version"]) == ("2026-11-29", "2023-06-01")


def test_stream_file_has_a_request_beside_it() -> None:
    with_request, bare = read_cassette(FOLDER / "get_tide.sse"), read_cassette(FOLDER / "bare.sse")
    assert with_request.entries[0].exchange.document["stream"]
    assert with_request.warnings == []
    exchange = bare.entries[0].exchange
    assert (exchange.body, exchange.host, len(exchange.events)) == (b"", "unknown", 2)


def test_parsed_response_has_lost_its_order() -> None:
    parsed, stored = read_cassette(FOLDER / "parsed.yaml").entries
    assert (parsed.has_order, stored.has_order) == (False, True)
    assert parsed.exchange.reception.body.startswith(b'{"content":[{"text":')
    assert (stored.exchange.reception.status, stored.place.line) == (529, 37)


def test_missing_body_and_other_requests_are_reported() -> None:
    assert [str(warning).rpartition("/")[2] for warning in import_cassettes([FOLDER / "r.yml"]).warnings] == [
        "r.yml:3:5: 1 request without a body; the rule matches any request, with replies in sequence"
    ]
    assert [str(warning).partition(": ")[2] for warning in read_cassette(FOLDER / "httpx.yaml").warnings] == [
        "left out 1 request other than POST /v1/messages: 1 to GET http://api.anthropic.com/v1/models/claude-haiku-4-5"
    ]
    assert [str(warning).partition(": ")[2] for warning in read_cassette(FOLDER / "chromium.har").warnings] == [
        "left out 1 request other than POST /v1/messages: 1 to OPTIONS https://api.anthropic.com/v1/messages",
        "left out 1 request without a response or its body; export it with content",
    ]


def test_import_gives_each_cassette_a_name(tmp_path: Path) -> None:
    for name in ("a/tide.yaml", "b/tide.yaml", "b/it's here.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((FOLDER / "packed.yaml").read_bytes())
    (tmp_path / "a" / "notes.yaml").write_text("notes: [1]")
    (tmp_path / "a" / "empty.yaml").write_text("interactions: []")
    (tmp_path / "a" / "x.request.json").write_text("{}")
    imported = import_cassettes([tmp_path, tmp_path / "a" / "tide.yaml", tmp_path / "b" / "tide.yaml"])
    assert list(imported.files) == ["a-tide", "b-it_s_here", "b-tide", "tide", "tide-2"]
    assert [str(warning).rpartition("/")[2] for warning in imported.warnings] == [
        "empty.yaml: left out: a cassette without requests",
        "notes.yaml: left out: not a cassette; expected `interactions`, `http_interactions` or the `log` of a HAR",
    ]


def test_import_of_other_requests_only_has_no_file(tmp_path: Path) -> None:
    others = [Recorded(method="GET", url=f"https://[::1]/v1/{n}") for n in "abcd"] + [Recorded(url="https://[")]
    (tmp_path / "tide.yaml").write_text(yaml.safe_dump(to_vcrpy(others)))
    imported = import_cassettes([tmp_path / "tide.yaml"])
    assert imported.files == {}
    assert str(imported.warnings[0]).endswith(
        "left out 5 requests other than POST /v1/messages: 1 to GET https://[::1]/v1/a, "
        "1 to GET https://[::1]/v1/b, 1 to GET https://[::1]/v1/c, ..."
    )


REQUEST = "interactions: [{request: {method: POST, uri: 'http://a/v1/messages'}, response: "
BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)
LONG = f"a: &a '{'x' * 100_000}'\nb: [{','.join(['*a'] * 700)}]"
DEEP = "a: &a0 [1]\n" + "".join(f"k{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 80))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "tide.yaml: not a cassette; expected `interactions`, `http_interactions` or the `log` of a HAR"),
        ("rules: []", "tide.yaml: not a cassette; expected `interactions`, `http_interactions` or the `log` of a HAR"),
        ("interactions: 7", "tide.yaml:1:15: `interactions`: got 7; expected a list"),
        ("interactions: [7]", "tide.yaml:1:16: `interactions.0`: got 7; expected a mapping"),
        ("interactions: [{}]", "tide.yaml:1:16: `0.request`: got None; expected a mapping"),
        (
            "requests: []\nresponses: [{}]",
            "tide.yaml:2:12: `responses`: got list; expected 0 responses, one for each request",
        ),
        (f"{REQUEST}{{}}}}]", "tide.yaml:1:81: `response.status`: got None; expected a status from 200 to 999"),
        (
            f"{REQUEST}{{status: {{code: 7}}}}}}]",
            "tide.yaml:1:97: `status.code`: got 7; expected a status from 200 to 999",
        ),
        (f"{REQUEST}{{status: 200, headers: x}}}}]", "tide.yaml:1:104: `response.headers`: got 'x'; expected headers"),
        (f"{REQUEST}{{status: 200, body: 7}}}}]", "tide.yaml:1:101: `response.body`: got 7; expected a text"),
        (
            f"{REQUEST}{{status: 200, body: {{base64_string: '*'}}}}}}]",
            "tide.yaml:1:117: `body.base64_string`: got '*'; expected base64",
        ),
        (
            f"{REQUEST}{{status: 200, parsed_body: [!!binary aGk=]}}}}]",
            "tide.yaml:1:108: `response.parsed_body`: got list; expected JSON",
        ),
        ("a: !!binary '*'", "tide.yaml:1:4: invalid !!binary; expected base64"),
        (
            "a: !!python/object/apply:os.system ['true']",
            "tide.yaml:1:4: tag '!!python/object/apply:os.system' is not supported; expected text, lists, mappings or "
            "!!binary; record it again",
        ),
        (
            "a: !ruby/object:Object {}",
            "tide.yaml:1:4: tag '!ruby/object:Object' is not supported; expected text, lists, mappings or !!binary; "
            "record it again",
        ),
        (
            "a: 'é\x01'",
            "tide.yaml:1:6: invalid YAML (control characters are not allowed); expected a complete cassette",
        ),
        ("a: &a [*a]", "tide.yaml:1:8: alias '*a' without a value; expected an earlier anchor"),
        ("a: 1\na: 2", "tide.yaml:2:1: duplicate key 'a', first in line 1; expected unique keys; remove one"),
        (
            "? ? a",
            "tide.yaml:1:3: the key is a list or a mapping; expected `key: value`; put quotes around a text with "
            "braces",
        ),
        ("a: *b", "tide.yaml:1:4: alias '*b' without a value; expected an earlier anchor"),
        (BOMB, "tide.yaml:6:17: more than 500,000 keys and values; expected fewer; split the file into several files"),
        (LONG, "tide.yaml:2:1922: aliases expand to more than 64 MB; expected a smaller cassette"),
        (DEEP, "tide.yaml:64:12: data nested more than 64 levels deep; expected fewer levels"),
        ("[" * 70, "tide.yaml:1:66: data nested more than 64 levels deep; expected fewer levels"),
        (
            "interactions: [{request: 'x",
            "tide.yaml:1:28: invalid YAML (found unexpected end of stream); close the quotes",
        ),
    ],
)
def test_mistake_in_yaml_is_reported_with_its_place(content: str, message: str) -> None:
    assert mistake(content.encode()) == message


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (
            b"{",
            "a.har",
            "a.har:1:2: invalid JSON (unexpected end of data); expected a complete cassette; record it again",
        ),
        (
            b"[" * 5_000,
            "a.json",
            "a.json:1:1026: invalid JSON (depth limit exceeded); expected a complete cassette; record it again",
        ),
        (b'{"log": {"entries": [{}]}}', "a.har", "a.har (log.entries.0): `0.request`: got None; expected a mapping"),
        (
            b"\x1f\x8b\x08",
            "a.yaml",
            "a.yaml: invalid gzip (its end is missing); expected a complete cassette; record it again",
        ),
        (
            b"\x1f\x8bxx",
            "a.yaml",
            "a.yaml: invalid gzip (Error -3 while decompressing data: unknown compression method); "
            "expected a complete cassette; record it again",
        ),
        (b"a: \xff", "a.yaml", "a.yaml:1:4: invalid UTF-8; expected YAML or JSON text"),
        (b"\xff\xfea", "a.yaml", "a.yaml:1:1: encoding UTF-16; expected UTF-8; save the file as UTF-8"),
    ],
)
def test_mistake_in_another_form_is_one_line(content: bytes, name: str, message: str) -> None:
    assert mistake(content, name) == message


def test_compressed_bomb_is_too_large() -> None:
    assert mistake(compress(bytes(MAX_CASSETTE + 1), 1)).startswith("tide.yaml: larger than 64 MB; ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "x"}, "`response.status`: got 'x'; expected a status up to 999"),
        ({"content": {"text": "*", "encoding": "base64"}}, "`content.text`: got '*'; expected base64"),
        ({"headers": [{"name": 7}]}, "`0.name`: got 7; expected a text"),
    ],
)
def test_mistake_in_a_har_has_its_path(change: dict[str, Any], message: str) -> None:
    data = to_har([Recorded()])
    data["log"]["entries"][0]["response"] |= change
    assert mistake(json.dumps(data).encode(), "a.har").endswith(message)


def test_har_without_times_has_none() -> None:
    data = to_har([Recorded()])
    del data["log"]["entries"][0]["timings"], data["log"]["entries"][0]["startedDateTime"]
    (entry,) = read("a.har", json.dumps(data).encode()).entries
    assert (entry.exchange.reception.head_us, entry.exchange.on) == (0, DAY)


def test_yaml_that_looks_like_json_is_read() -> None:
    assert read("tide.yaml", b"{interactions: []}").entries == []


@pytest.mark.parametrize(
    ("encoding", "content"),
    [("ISO-8859-1", b"\xe9"), ("ASCII-8BIT", b"\xc3\xa9"), ("zip", b"\xc3\xa9")],
)
def test_encoding_of_ruby_is_applied(encoding: str, content: bytes) -> None:
    data = to_ruby([Recorded()])
    data["http_interactions"][0]["response"]["body"] = {"encoding": encoding, "string": "é"}
    (entry,) = parse(data).entries
    assert entry.exchange.reception.body == content


def test_body_in_an_unknown_encoding_stays_as_it_is() -> None:
    packed = b"\xff\x00packed"
    cassette = parse(to_vcrpy([Recorded(body=packed, headers=(("content-encoding", "snappy"),))]))
    (entry,) = cassette.entries
    assert (entry.exchange.reception.body, entry.exchange.reception.headers) == (
        packed,
        (("content-encoding", "snappy"),),
    )
    assert str(cassette.warnings[0]) == (
        "tide.yaml:3:5: 1 request with a response in an unreadable `content-encoding`; it is kept as bytes"
    )


def test_unreadable_paths_are_reported(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(200_000_000)
    for path, message in [
        (tmp_path / "absent.yaml", "absent.yaml: cannot read this cassette: No such file or directory"),
        (large, "large.yaml: larger than 64 MB; expected a smaller cassette"),
        (tmp_path, ": no cassettes in the folder; expected files such as tide.yaml, tide.har or tide.sse"),
    ]:
        if path == tmp_path:
            large.unlink()
        with pytest.raises(ScenarioError) as raised:
            import_cassettes([path])
        assert str(raised.value).endswith(message)


def test_listed_file_that_is_no_cassette_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("notes: [1]")
    with pytest.raises(ScenarioError, match="not a cassette"):
        import_cassettes([tmp_path / "notes.yaml"])


BODIES = st.one_of(
    st.binary(max_size=50),
    st.text(st.characters(codec="utf-8"), max_size=50).map(str.encode),
    st.dictionaries(st.text(max_size=3), st.integers(-9, 9), max_size=3).map(orjson.dumps),
).filter(lambda body: b"\xc2\x85" not in body)  # PyYAML writes U+0085 as a line break, which it reads as a space
RECORDED = st.tuples(BODIES, BODIES, st.integers(200, 599)).map(lambda values: Recorded(*values))
EXCHANGES = st.lists(RECORDED, max_size=4)


@given(EXCHANGES, st.sampled_from(WRITERS))
def test_import_gives_back_the_written_exchanges(recorded: list[Recorded], writer: Any) -> None:
    cassette = read("tide", writer(recorded))
    found = [entry.exchange for entry in cassette.entries]
    assert [(e.number, e.body, e.reception.status, e.reception.body) for e in found] == [
        (number, one.sent, one.status, one.body) for number, one in enumerate(recorded, 1)
    ]


def read_or_refuse(content: bytes) -> None:
    with suppress(ScenarioError):
        read("tide", content)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_cassette_or_a_mistake(content: bytes) -> None:
    read_or_refuse(content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 700) | st.sampled_from(["POST", "https://a/v1/messages", "200", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({}, optional=dict.fromkeys(("method", "uri", "url", "body", "string", "text"), inner))
        | st.fixed_dictionaries({}, optional=dict.fromkeys(("status", "code", "headers", "content", "encoding"), inner))
    ),
    max_leaves=20,
)
MESSAGE = st.fixed_dictionaries(
    {"method": st.just("POST"), "uri": st.just("http://a/v1/messages"), "url": st.just("http://a/v1/messages")},
    optional=dict.fromkeys(("headers", "body", "postData", "parsed_body"), VALUES),
)
RESPONSE = st.fixed_dictionaries(
    {"status": st.just(200) | VALUES},
    optional=dict.fromkeys(("headers", "body", "content", "parsed_body", "status_code"), VALUES),
)
PAIR = st.fixed_dictionaries(
    {"request": MESSAGE, "response": RESPONSE}, optional={"timings": VALUES, "recorded_at": VALUES}
)


@given(st.lists(PAIR | VALUES, max_size=2), st.sampled_from(["interactions", "http_interactions", "requests", "log"]))
def test_arbitrary_data_is_a_cassette_or_a_mistake(items: list[Any], key: str) -> None:
    for data in ({key: items, "responses": items}, {key: {"entries": items}}):
        read_or_refuse(orjson.dumps(data))
        read_or_refuse(yaml.safe_dump(data).encode())


def test_base64_of_a_har_request_is_decoded() -> None:
    data = to_har([Recorded()])
    data["log"]["entries"][0]["request"]["postData"] = {"text": b64encode(b"{}").decode(), "encoding": "base64"}
    (entry,) = read("a.har", json.dumps(data).encode()).entries
    assert entry.exchange.body == b"{}"


def test_parsed_body_within_a_body_is_encoded() -> None:
    data = to_vcrpy([Recorded()])
    data["interactions"][0]["response"]["body"] = {"parsed_body": {"b": 1, "a": [None]}}
    (entry,) = parse(data).entries
    assert (entry.exchange.reception.body, entry.has_order) == (b'{"a":[null],"b":1}', False)
