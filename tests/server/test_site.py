"""The server on real sockets: what it takes for a request, and what it answers where."""

from __future__ import annotations

import asyncio
import gzip
import re
import zlib
from collections.abc import Callable

import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.test_utils import make_mocked_request

from mockclaude.api.errors import ApiError
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.scenario.loading.loader import load_text
from mockclaude.server import heads, request_body
from mockclaude.server.site import Site
from tests.conftest import Serve
from tests.serving import asking, post, request

HELLO = "rules: [{name: hello, reply: Hello!}]"


def test_requests_on_one_connection_are_answered_one_after_the_other(serve: Serve) -> None:
    with serve(HELLO).connect() as wire:
        for path in ("/v1/messages", "/v1/nothing", "/v1/messages"):
            wire.send(post(path=path))
            assert wire.response().status == (404 if "nothing" in path else 200)


def test_more_heads_than_the_server_remembers_are_read_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "MAX_HEADS", 2)
    with serve("rules: [{sequence: [one, two]}]").connect() as wire:
        for text in ("one", "two"):
            for lane in "abc":
                wire.send(post(x_mockclaude_lane=lane))
                assert wire.response().json["content"][0]["text"] == text


def test_host_of_a_whole_url_is_checked_behind_a_known_head(serve: Serve) -> None:
    with serve(HELLO).connect() as wire:
        for path, host, status in (
            ("/v1/messages", "localhost", 200),
            ("http://evil.example/v1/messages", "localhost", 403),
            ("http://localhost/v1/messages", "evil.example", 200),
            ("/v1/messages", "evil.example", 403),
        ):
            wire.send(post(path=path, host=host))
            assert wire.response().status == status


@pytest.mark.parametrize("prefix", ["", "/other"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/messages"), ("POST", "/chat/completions"), ("GET", "/models"), ("GET", "/models/anthropic/claude-x")],
)
def test_a_gateway_serves_paths_without_a_version(serve: Serve, method: str, path: str, prefix: str) -> None:
    server = serve({name: load_text(HELLO) for name in ("", "other")})
    asked = [
        request(method, prefix + path, asking(), "1.1", x_mockclaude_validation=mode) for mode in ("gateway", None)
    ]

    assert [server.ask(data).status for data in asked] == [200, 404]


@pytest.mark.parametrize("origin", [None, "http://localhost:3000"])
def test_conditions_see_the_headers_of_each_request(serve: Serve, origin: str | None) -> None:
    rules = "[{when: {headers: {content-length: {regex: '^[0-9]{3}$'}}}, reply: short}, {reply: long}]"
    with serve(f"rules: {rules}").connect() as wire:
        for text, length in (("a", "short"), ("a" * 2_000, "long"), ("a", "short")):
            wire.send(post(text, origin=origin))
            assert wire.response().json["content"][0]["text"] == length


@pytest.mark.parametrize(("size", "count"), [(0, 0), (heads.MAX_HEAD, 1), (heads.MAX_HEAD + 1, 0)])
def test_only_short_heads_are_remembered(size: int, count: int) -> None:
    known = heads.Heads({"": ScenarioState(load_text(HELLO))}, Trust())
    request = make_mocked_request("POST", "/v1/messages", {"host": "localhost"})

    known.read(request, b"k" * size)

    assert len(known.known) == count


def test_the_head_of_a_signed_request_is_not_remembered() -> None:
    known = heads.Heads({"": ScenarioState(load_text(HELLO))}, Trust())
    request = make_mocked_request("POST", "/v1/messages", {"host": "localhost", "x-amz-date": "20261130T080000Z"})

    assert known.read(request, b"key").head.is_platform
    assert not known.known


def test_pipelined_requests_are_answered_in_their_order(serve: Serve) -> None:
    with serve("rules: [{reply: '${{ user }}'}]").connect() as wire:
        wire.send(b"".join(post(str(number)) for number in range(50)))

        assert [wire.response().json["content"][0]["text"] for _ in range(50)] == [str(number) for number in range(50)]


def test_a_client_that_wants_the_connection_closed_gets_that_and_the_log_finds_it_normal(serve: Serve) -> None:
    server = serve(HELLO)
    with server.connect() as wire:
        wire.send(post(connection="close"))
        assert wire.response().status == 200
        assert wire.rest() == b""
    assert server.line().ending == ""


@pytest.mark.parametrize("stream", [False, True])
def test_http_1_0_gets_a_body_that_ends_with_the_connection(serve: Serve, stream: bool) -> None:
    server = serve(HELLO)
    new, old = (server.ask(request("POST", "/v1/messages", asking(stream=stream), it)) for it in ("1.1", "1.0"))

    assert "transfer-encoding" not in old.headers
    assert old.headers["connection"] == "close"
    assert re.sub(rb"msg_\w+", b"", old.body) == re.sub(rb"msg_\w+", b"", new.body)
    assert (server.line().ending, server.line().ending) == ("", "")


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_read(serve: Serve, encoding: str, encode: Callable[[bytes], bytes]) -> None:
    given = serve("rules: [{reply: '${{ user }}'}]").ask(
        request("POST", "/v1/messages", encode(asking("squeezed")), content_encoding=encoding)
    )

    assert given.json["content"][0]["text"] == "squeezed"


@pytest.mark.parametrize("rest", [b"", post()], ids=["alone", "pipelined"])
def test_a_body_that_is_not_what_its_encoding_says_is_a_400(serve: Serve, rest: bytes) -> None:
    given = serve(HELLO).ask(request("POST", "/v1/messages", b"no gzip", content_encoding="gzip") + rest)

    assert given.status == 400
    assert given.error[1] == "The request body could not be decoded: Can not decode content-encoding: gzip"


def test_a_body_in_chunks_is_read(serve: Serve) -> None:
    pieces = b"".join(b"%x\r\n%b\r\n" % (1, bytes([byte])) for byte in asking()) + b"0\r\n\r\n"

    assert serve(HELLO).ask(request("POST", "/v1/messages", pieces, transfer_encoding="chunked")).status == 200


def test_a_body_of_32_mb_is_read_and_a_larger_one_is_a_413(serve: Serve) -> None:
    server, body = serve(HELLO), asking()
    body += b" " * (request_body.MAX_BODY - len(body))

    assert server.ask(request("POST", "/v1/messages", body)).status == 200
    given = server.ask(request("POST", "/v1/messages", body + b" "))
    assert (given.status, given.error) == (413, ("request_too_large", "Request exceeds the maximum size"))


def test_a_body_is_measured_unpacked(serve: Serve) -> None:
    bomb = gzip.compress(b" " * (request_body.MAX_BODY + 1))

    assert serve(HELLO).ask(request("POST", "/v1/messages", bomb, content_encoding="gzip")).status == 413


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/v1/messages", request_body.MAX_BODY),
        ("/v1/messages?x=/v1/files", request_body.MAX_BODY),
        ("/v1/files", 1_000),
        ("/hello/v1/files?beta=true", 1_000),
        ("/v1/messages/batches", 1_000),
        ("/v1/skills/skill_x/versions", 1_000),
    ],
)
def test_limit_of_a_body_depends_on_the_path(path: str, size: int) -> None:
    assert request_body.find_limit(path, 1_000).size == size


def test_larger_upload_is_a_413_whose_log_names_the_option(serve: Serve) -> None:
    server = serve(HELLO, max_upload=1_000)
    given = server.ask(request("POST", "/v1/files", b" " * 1_001))

    assert (given.status, given.error) == (413, ("request_too_large", "Request exceeds the maximum size"))
    assert server.line().reason == "Request exceeds the maximum size; raise it with `--max-upload`"


def test_larger_skill_is_a_413_in_the_words_of_its_api(serve: Serve) -> None:
    limit = request_body.find_limit("/hello/v1/skills?beta=true")
    assert (limit.size, limit.hint) == (request_body.MAX_SKILL, "")
    server = serve(HELLO, max_upload=1_000)
    given = server.ask(request("POST", "/v1/skills", b" " * 1_001))

    message = "Request exceeds the maximum size. The Skills API accepts requests up to 30MBs."
    assert (given.status, given.error) == (413, ("request_too_large", message))
    assert server.line().reason == f"{message}; raise it with `--max-upload`"


@pytest.mark.parametrize("path", ["/model/m/invoke", "/nope/model/m/invoke"])
def test_body_that_cannot_be_read_is_refused_in_the_dialect_of_the_path(path: str, serve: Serve) -> None:
    given = serve(HELLO).ask(request("POST", path, b"x", content_encoding="gzip"))

    assert (given.status, given.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert given.json["message"].startswith("The request body could not be decoded")


def test_a_chunked_body_beyond_the_limit_is_a_413(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "DEFAULT_LIMIT", request_body.BodyLimit(1_000))
    with serve(HELLO).connect() as wire:
        wire.send(request("POST", "/v1/messages", transfer_encoding="chunked"))
        wire.send(b"800\r\n" + b" " * 0x800 + b"\r\n")
        given = wire.response()

    assert (given.status, given.error[0]) == (413, "request_too_large")


async def test_a_body_that_the_parser_cannot_read_is_a_400() -> None:
    payload = StreamReader(BaseProtocol(asyncio.get_running_loop()), 1_000, loop=asyncio.get_running_loop())
    payload.set_exception(web.RequestPayloadError("no size of a chunk"))

    with pytest.raises(ApiError) as refusal:
        await request_body.read_body(make_mocked_request("POST", "/v1/messages", payload=payload))
    assert (refusal.value.status, refusal.value.message) == (
        400,
        "The request body could not be decoded: no size of a chunk",
    )


def test_a_client_that_waits_for_100_continue_gets_it(serve: Serve) -> None:
    with serve(HELLO).connect() as wire:
        wire.send(request("POST", "/v1/messages", content_length=str(len(asking())), expect="100-Continue"))
        assert wire.response().raw == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(asking())
        assert wire.response().status == 200


@pytest.mark.parametrize("chunk", [b"zz\r\nabc\r\n", b"3\r\nabcdef\r\n", b"5 5\r\n"])
def test_malformed_chunk_is_a_400_at_once(serve: Serve, chunk: bytes) -> None:
    with serve(HELLO).connect() as wire:
        wire.send(request("POST", "/v1/messages", transfer_encoding="chunked", expect="100-continue"))
        assert wire.response().status == 100
        wire.send(b"2\r\n{}\r\n")
        wire.send(chunk)
        given = wire.response()

        assert given.status == 400
        assert given.error == ("invalid_request_error", "The request body could not be decoded: a chunk is malformed")
        assert wire.rest() == b""


def test_a_body_that_does_not_arrive_is_a_408(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "BODY_TIMEOUT", 0.01)
    given = serve(HELLO).ask(request("POST", "/v1/messages", content_length="5"))

    assert (given.status, given.error[1]) == (408, "The request body did not arrive in time")


def test_a_client_that_goes_in_the_middle_of_its_body_is_gone_in_the_log_too(serve: Serve) -> None:
    server = serve(HELLO)
    with server.connect() as wire:
        wire.send(request("POST", "/v1/messages", b"{", content_length="5"))

    line = server.line()
    assert (line.status, line.reason, line.ending) == (0, "", "client gone")


async def test_a_client_that_goes_just_before_the_answer_is_gone_in_the_log_too() -> None:
    lines: list[JournalEntry] = []
    gone = make_mocked_request("GET", "/v1/models", {"host": "localhost"}, payload=EMPTY_PAYLOAD)
    gone.protocol.__dict__.update(handled=None, key=b"", requests=0)

    site = Site({"": load_text(HELLO)})
    site.journal.subscribe("ended", lines.append)
    assert not (await site.handle(gone)).keep_alive
    assert [line.ending for line in lines] == ["client gone"]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"hello\r\n\r\n", "Invalid method encountered"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "Received HTTPS traffic on an HTTP port"),
        (b"GET / HTTP/1.1\r\n\r\n", "Missing 'Host' header in request."),
        (b"GET /\xff HTTP/1.1\r\nhost: localhost\r\n\r\n", "Invalid char in url path"),
    ],
)
def test_bytes_that_are_no_request_are_a_400_and_the_end(serve: Serve, sent: bytes, reason: str) -> None:
    with serve(HELLO).connect() as wire:
        wire.send(sent)
        given = wire.response()

    assert (given.status, given.error) == (400, ("invalid_request_error", reason))
    assert given.headers["connection"] == "close"


def test_no_two_refused_requests_have_the_same_id(serve: Serve) -> None:
    requests = [
        post(path="/wrong/v1/messages"),
        post("Another", path="/wrong/v1/messages"),
        post(path="/wrong/v1/messages"),
        post(host="evil.example"),
        post(host="evil.example"),
    ]
    first, second = (
        [server.ask(each).headers["request-id"] for each in requests] for server in (serve(HELLO), serve(HELLO))
    )

    assert len(set(first)) == len(requests)
    assert first == second


def test_no_two_unreadable_requests_have_the_same_id(serve: Serve) -> None:
    server = serve(HELLO)

    assert len({server.ask(b"hello\r\n\r\n").headers["request-id"] for _ in range(3)}) == 3


class BrokenJournal(Journal):
    def keep(self, entry: JournalEntry) -> None:
        entry.seconds = 1 / 0


def test_a_bug_in_the_server_is_a_500_with_a_traceback_and_named_in_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(HELLO, journal=BrokenJournal())
    given = server.ask(post())

    assert (given.status, given.error) == (500, ("api_error", "Internal server error"))
    assert (server.line().ending, "ZeroDivisionError" in caplog.text) == ("internal error", True)
    caplog.clear()


class PanickingJournal(Journal):
    def keep(self, entry: JournalEntry) -> None:
        raise SystemExit(entry.number)


def test_what_ends_a_process_is_a_500_too(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    server = serve(HELLO, journal=PanickingJournal())

    assert [server.ask(post()).error for _ in range(2)] == [("api_error", "Internal server error")] * 2
    assert (server.line().ending, "SystemExit: 2" in caplog.text) == ("internal error", True)
    caplog.clear()


@pytest.mark.parametrize(
    "headers",
    [
        {"x_api_key": "sk", "anthropic_version": "2023-06-01"},
        {
            "x_api_key": "sk",
            "anthropic_version": "2023-06-01",
            "anthropic_beta": "files-api-2025-04-14, oauth-2025-04-20",
        },
        {"authorization": "Bearer sk", "anthropic_version": "2026-10-21"},
        {},
    ],
    ids=["old", "old beta", "new", "nothing"],
)
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages?beta=true"])
def test_clients_of_every_age_are_answered(serve: Serve, headers: dict[str, str], path: str) -> None:
    given = serve(HELLO).ask(request("POST", path, asking(), **headers))

    assert given.json["content"] == [{"type": "text", "text": "Hello!"}]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost:4141",
        "LOCALHOST",
        "[::1]:80",
        "a.localhost",
        "127.1.2.3",
        "localhost.:80",
        "[::ffff:127.0.0.1]",
    ],
)
def test_every_name_of_this_machine_is_answered(serve: Serve, host: str) -> None:
    assert serve(HELLO).ask(request("GET", "/v1/models", host=host)).status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "evil\udcff", "", "a b"])
@pytest.mark.parametrize("path", ["/", "/v1/models", "/nothing"])
def test_another_host_is_refused_on_every_path(serve: Serve, host: str, path: str) -> None:
    closed, opened = serve(HELLO), serve(HELLO, trust=Trust(opened=True))

    assert closed.ask(request("GET", path, host=host)).error[0] == "permission_error"
    assert opened.ask(request("GET", path, host=host)).error[0] == "permission_error"


def test_a_host_that_is_none_is_a_400_where_it_is_needed(serve: Serve) -> None:
    given = serve(HELLO).ask(request("GET", "/", host="localhost:99999"))

    assert given.error == ("invalid_request_error", "The Host header is not a host and a port")


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/v1/models", 405), ("/nothing", 404)])
def test_head_gets_no_body_so_that_the_connection_can_go_on(serve: Serve, path: str, status: int) -> None:
    with serve(HELLO).connect() as wire:
        wire.send(request("HEAD", path) + post())

        assert wire.response("HEAD").status == status
        assert wire.response().status == 200


def test_a_preflight_of_a_browser_is_granted_and_the_connection_goes_on(serve: Serve) -> None:
    with serve(HELLO).connect() as wire:
        wire.send(request("OPTIONS", "/v1/messages", origin="http://localhost:3000") + post())

        assert wire.response().headers["access-control-allow-origin"] == "*"
        assert wire.response().headers["access-control-allow-origin"] == "*"


SCENARIOS = {
    name: load_text(f"rules: [{{reply: I am {name or 'root'}}}]") for name in ("", "weather", "deep/down", "a b")
}


@pytest.mark.parametrize(
    ("path", "header", "text"),
    [
        ("/v1/messages", None, "root"),
        ("//v1/messages", None, "root"),
        ("/weather/v1/messages", None, "weather"),
        ("/weather//v1/messages", None, "weather"),
        ("/deep/down/v1/messages", None, "deep/down"),
        ("/a%20b/v1/messages", None, "a b"),
        ("/v1/messages", "weather", "weather"),
        ("/weather/v1/messages", "deep/down", "weather"),
    ],
)
def test_scenarios_are_under_base_urls_of_their_own_or_named_by_a_header(
    serve: Serve, path: str, header: str | None, text: str
) -> None:
    headers = {"x_mockclaude_scenario": header} if header else {}
    given = serve(SCENARIOS).ask(request("POST", path, asking(), **headers))

    assert given.json["content"][0]["text"] == f"I am {text}"


@pytest.mark.parametrize("name", ["wether", "\udcff"])
def test_a_header_that_names_no_scenario_is_a_404(serve: Serve, name: str) -> None:
    given = serve(SCENARIOS).ask(post(x_mockclaude_scenario=name))

    assert (given.status, given.error[0]) == (404, "not_found_error")


def test_what_happens_in_one_scenario_is_not_seen_in_another(serve: Serve) -> None:
    counting = load_text("rules: [{sequence: [One, Two]}]")
    server = serve({"a": counting, "b": counting})

    texts = [server.ask(post(path=f"/{name}/v1/messages")).json["content"][0]["text"] for name in "aab"]
    assert texts == ["One", "Two", "One"]
