"""Web pages may call the API, but not control the server; a server open to others demands a token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import pytest

from mockclaude.api.errors import ApiError
from mockclaude.engine.trust import PAGES_LANE, Trust, parse_host, parse_origin
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.journal.journal import Journal
from mockclaude.journal.recheck import recheck
from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Serve
from tests.server.administering import Admin
from tests.serving import asking, post, request

SCENARIO = "rules: [{times: 1, reply: once}, {reply: again}]"
EVIL = "https://evil.example"
LOCAL = "http://localhost:3000"
CONTROL = {
    "x-mockclaude-lane": "me",
    "x-mockclaude-scenario": "x",
    "x-mockclaude-fault": "refuse",
    "x-mockclaude-pace": "instant",
    "x-mockclaude-validation": "off",
    "X-MockClaude-Anything": "x",
}


def text(answer: Mapping[str, object]) -> str:
    content: list[dict[str, str]] = answer["content"]  # type: ignore[assignment]
    return content[0]["text"]


@pytest.mark.parametrize("origin", [EVIL, LOCAL, "null", "http://127.0.0.1:1", "chrome-extension://abc"])
@pytest.mark.parametrize("name", CONTROL)
def test_page_may_not_send_control_headers(serve: Serve, origin: str, name: str) -> None:
    server = serve(SCENARIO)
    given = server.ask(request("POST", "/v1/messages", asking(), "1.1", origin=origin, **{name: CONTROL[name]}))

    assert given.status == 403
    assert given.error == (
        "permission_error",
        f"A page of {origin} may not send {name.lower()}; expected an origin that the server was started with"
        + (f"; start it with --allow-origin {origin}" if origin.startswith("http") else ""),
    )
    assert given.headers["access-control-allow-origin"] == "*"
    assert text(server.ask(post()).json) == "once"


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"origin": EVIL, "x_mockclaude_lane": "me"}, "/v1/messages"),
        ({"origin": LOCAL, "x_mockclaude_lane": "me"}, "/v1/messages"),
        ({"origin": EVIL}, "/wrong/v1/messages"),
        ({"host": "evil.example", "x_mockclaude_lane": "me"}, "/v1/messages"),
        ({"host": "evil.example", "origin": "http://evil.example", "x_mockclaude_lane": "me"}, "/v1/messages"),
    ],
)
def test_refused_page_is_in_no_lane_of_anybody_else(serve: Serve, headers: dict[str, Any], path: str) -> None:
    journal = Journal()
    serve(SCENARIO, journal=journal).ask(post(path=path, **headers))

    (entry,) = journal.entries()
    assert (entry.status in (403, 404), entry.lane) == (True, PAGES_LANE)
    assert entry.page == ("" if "host" in headers else headers["origin"])


def test_refused_request_of_a_program_is_in_its_own_lane(serve: Serve) -> None:
    journal = Journal()
    serve(SCENARIO, journal=journal).ask(post(path="/wrong/v1/messages", x_mockclaude_lane="me"))

    assert [entry.lane for entry in journal.entries()] == ["me"]


@pytest.mark.parametrize("fault", ["x-mockclaude-fault", "model"])
def test_page_closes_no_port(serve: Serve, fault: str) -> None:
    server = serve(SCENARIO)
    named = {"x_mockclaude_fault": "refuse=1h"} if fault != "model" else {}
    body = asking(model="claude-sonnet-5+529") if fault == "model" else asking()
    program = server.ask(request("POST", "/v1/messages", asking(model="claude-sonnet-5+529"), "1.1"))
    given = server.ask(request("POST", "/v1/messages", body, "1.1", origin=LOCAL, **named))

    assert (program.status, given.status) == (529, 403)
    assert text(server.ask(post()).json) == "again"


def test_model_name_is_only_a_name_where_clients_ask_for_no_faults(serve: Serve) -> None:
    server = serve(f"client_faults: false\nmodels: any\n{SCENARIO}")

    assert server.ask(request("POST", "/v1/messages", asking(model="claude-sonnet-5+529"), origin=EVIL)).status == 200


@pytest.mark.parametrize("headers", [{}, {"x_mockclaude_lane": "me"}], ids=["key", "lane"])
def test_page_uses_up_no_rule_of_anybody_else(serve: Serve, headers: dict[str, Any]) -> None:
    journal = Journal()
    server = serve(SCENARIO, journal=journal)
    pages = [text(server.ask(post(origin=origin)).json) for origin in (EVIL, "null", EVIL)]

    assert pages == ["once", "again", "again"]
    assert text(server.ask(post(**headers)).json) == "once"
    assert [entry.lane for entry in journal.entries()][:3] == [PAGES_LANE] * 3


def test_page_of_this_machine_has_the_lane_of_its_key(serve: Serve) -> None:
    server = serve(SCENARIO)

    assert text(server.ask(post(origin=LOCAL)).json) == "once"
    assert text(server.ask(post()).json) == "again"


def test_page_that_is_named_or_served_here_may_control(serve: Serve) -> None:
    server = serve(SCENARIO, trust=Trust(origins=frozenset([EVIL])))

    for origin, lane in ((EVIL, "a"), (EVIL.upper(), "b"), ("http://127.0.0.1", "c")):
        assert text(server.ask(post(origin=origin, x_mockclaude_lane=lane)).json) == "once"


@pytest.mark.parametrize(("origins", "granted"), [((), "x-api-key"), ((LOCAL,), "x-api-key, x-mockclaude-lane")])
def test_preflight_grants_control_headers_to_named_origins_only(
    serve: Serve, origins: tuple[str, ...], granted: str
) -> None:
    server = serve(SCENARIO, trust=Trust(origins=frozenset(origins)))
    asked: dict[str, Any] = {
        "access_control_request_method": "POST",
        "access_control_request_headers": "x-api-key,x-mockclaude-lane",
    }
    given = server.ask(request("OPTIONS", "/v1/messages", origin=LOCAL, **asked))

    assert (given.status, given.headers["access-control-allow-headers"]) == (204, granted)
    assert given.headers["vary"] == "origin, access-control-request-headers"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("headers", [{}, {"x_mockclaude_token": "wrong"}, {"authorization": "Basic right"}])
def test_admin_plane_demands_the_token(serve: Serve, method: str, headers: dict[str, Any]) -> None:
    given = Admin(serve(SCENARIO, trust=Trust(opened=True, token="right"))).call(method, "journal", **headers)
    problem = "Wrong" if headers.get("x_mockclaude_token") else "Missing"

    assert given.status == 401
    assert given.error == (
        "authentication_error",
        f"{problem} admin token; expected the one that the server prints at its start, or that of --admin-token; "
        "send it as x-mockclaude-token",
    )


@pytest.mark.parametrize("headers", [{"x_mockclaude_token": "right"}, {"authorization": "bearer right"}])
def test_admin_plane_answers_whoever_has_the_token(serve: Serve, headers: dict[str, Any]) -> None:
    assert Admin(serve(SCENARIO, trust=Trust(token="right"))).get("journal", **headers).status == 200


def test_health_needs_no_token_but_an_unknown_path_does(serve: Serve) -> None:
    admin = Admin(serve(SCENARIO, trust=Trust(token="right")))

    assert (admin.get("health").status, admin.get("nothing").status) == (200, 401)


@pytest.mark.parametrize(("accept", "kind"), [("text/html", "text/html; charset=utf-8"), ("*/*", "application/json")])
def test_list_of_scenarios_needs_the_token(serve: Serve, accept: str, kind: str) -> None:
    server = serve("rules: [{name: secret rule, reply: x}]", trust=Trust(opened=True, token="right"))
    locked = server.ask(request("GET", "/", accept=accept))
    listed = server.ask(request("GET", "/", accept=accept, x_mockclaude_token="right"))

    assert (locked.status, locked.headers["content-type"]) == (401, kind)
    assert b"x-mockclaude-token" in locked.body
    assert b"secret rule" not in locked.body
    assert (listed.status, b"secret rule" in listed.body) == (200, True)
    assert server.line().reason.startswith("Missing admin token; ")


def test_page_for_the_token_has_a_command_and_names_no_token(serve: Serve) -> None:
    server = serve(SCENARIO, trust=Trust(opened=True, token="right"))
    page = server.ask(request("GET", "/", accept="text/html", host="10.0.0.7:4141")).body.decode()

    assert "<code>curl -H 'x-mockclaude-token: TOKEN' http://10.0.0.7:4141</code>" in page
    assert "right" not in page


@pytest.mark.parametrize("fault", ["refuse", '[529, {"refuse": "1s"}]', '{"script": ["ok", {"refuse": "1s"}]}'])
def test_fault_that_strikes_everybody_needs_the_token(serve: Serve, fault: str) -> None:
    journal = Journal()
    server = serve(SCENARIO, trust=Trust(opened=True, token="right"), journal=journal)
    given = server.ask(post(x_mockclaude_fault=fault))
    by_model = server.ask(request("POST", "/v1/messages", asking(model="claude-sonnet-5+refuse")))

    assert [answer.status for answer in (given, by_model)] == [401, 401]
    assert given.error == (
        "authentication_error",
        "The fault `refuse` affects every client; it needs the admin token: expected the one that the server prints at "
        "its start, or that of --admin-token; send it as x-mockclaude-token",
    )
    assert text(server.ask(post()).json) == "once"
    recorded = [entry_to_json(entry) for entry in journal.entries()]
    assert [data["request"]["guest"] for data in recorded] == [True] * 3


def test_fault_that_strikes_everybody_is_done_with_the_token(serve: Serve) -> None:
    server = serve(SCENARIO, trust=Trust(opened=True, token="right"))

    with pytest.raises(ConnectionResetError):
        server.ask(post(x_mockclaude_fault="refuse", x_mockclaude_token="right"))
    server.wait_until_closed()


def test_other_control_headers_need_no_token(serve: Serve) -> None:
    server = serve(SCENARIO, trust=Trust(opened=True, token="right"))

    assert server.ask(post(x_mockclaude_fault="529")).status == 529
    assert text(server.ask(post(x_mockclaude_lane="me", x_mockclaude_pace="instant")).json) == "once"


def test_page_under_a_name_that_leads_here_is_refused(serve: Serve) -> None:
    server = serve(SCENARIO, trust=Trust(opened=True, token="right"))
    rebound: dict[str, Any] = {"host": "evil.example", "origin": "http://evil.example", "x_mockclaude_lane": "me"}
    answers = [server.ask(post(**rebound)), Admin(server).get("journal", **rebound)]

    assert [answer.status for answer in answers] == [403, 403]
    assert answers[0].error[1] == (
        "Host 'evil.example' is not a name of this server; expected its address; if it is one, start the server with "
        "--allow-host evil.example"
    )


@pytest.mark.parametrize(
    ("host", "closed", "opened"),
    [
        ("127.0.0.1:4141", True, True),
        ("LocalHost.", True, True),
        ("[::1]:1", True, True),
        ("[::ffff:127.0.0.1]", True, True),
        ("app.localhost", True, True),
        ("10.0.0.7:4141", False, True),
        ("[fe80::1]", False, True),
        ("mockclaude:4141", False, True),
        ("mock.local", False, True),
        ("host.docker.internal", False, True),
        ("Named.Example.", True, True),
        ("evil.example", False, False),
        ("127.0.0.1.evil.example", False, False),
        ("", False, False),
        ("a b", False, False),
        ("[::1", False, False),
        ("u@127.0.0.1", False, False),
    ],
)
def test_host_is_a_name_of_the_server_or_is_refused(host: str, closed: bool, opened: bool) -> None:
    for trust, answered in ((Trust(), closed), (Trust(opened=True), opened)):
        check = trust._replace(hosts=frozenset(["named.example"])).check_host
        with nullcontext() if answered else pytest.raises(ApiError, match="is not"):
            check(host)


def test_name_of_the_machine_is_one_of_an_open_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockclaude.engine.trust.gethostname", lambda: "Build.Example.org")
    Trust(opened=True).check_host("build.example.org:80")

    with pytest.raises(ApiError, match="use --host to open the server to others"):
        Trust().check_host("build.example.org:80")


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://127.0.0.1:4141/v1/models", "127.0.0.1", 200),
        ("HTTP://LOCALHOST./v1/models?limit=1", "evil.example", 200),
        ("http://[::1]:80/v1/models", "x", 200),
        ("http://127.0.0.1/_mockclaude/health", "x", 200),
        ("http://127.0.0.1", "x", 200),
        ("http://u:p@127.0.0.1/v1/models", "x", 200),
        ("http://evil.example/v1/models", "127.0.0.1", 403),
        ("http://evil.example/_mockclaude/journal", "127.0.0.1", 403),
        ("http://api.anthropic.com/v1/messages", "127.0.0.1", 403),
    ],
)
def test_target_that_is_a_whole_url_is_a_path_of_its_host(serve: Serve, target: str, host: str, status: int) -> None:
    assert serve(SCENARIO).ask(request("GET", target, host=host)).status == status


def test_target_that_is_a_whole_url_is_journaled_as_a_path(serve: Serve) -> None:
    journal = Journal()
    serve(SCENARIO, journal=journal).ask(request("POST", "http://127.0.0.1/v1/messages?beta=true", asking()))

    assert [entry.path for entry in journal.entries()] == ["/v1/messages?beta=true"]


@pytest.mark.parametrize("path", ["/", "/_mockclaude/health", "/_mockclaude/nothing"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_pages_and_admin_answers_are_closed_to_other_sites(serve: Serve, path: str, accept: str) -> None:
    headers = serve(SCENARIO).ask(request("GET", path, accept=accept)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_answers_of_the_api_have_no_headers_of_pages(serve: Serve) -> None:
    headers = serve(SCENARIO).ask(post()).headers

    assert not {"x-content-type-options", "x-frame-options", "referrer-policy"} & set(headers)


@pytest.mark.parametrize(
    ("given", "parsed"), [("Mock.Example.", "mock.example"), ("10.0.0.1", "10.0.0.1"), ("::1", "::1")]
)
def test_host_of_an_option_is_parsed(given: str, parsed: str) -> None:
    assert parse_host(given) == parsed


@pytest.mark.parametrize("given", ["", "a b", "http://x", "a/b"])
def test_host_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="is not a host name; expected such as"):
        parse_host(given)


def test_origin_of_an_option_is_parsed_as_browsers_send_it() -> None:
    assert parse_origin("HTTP://Localhost:3000/") == "http://localhost:3000"


@pytest.mark.parametrize("given", ["", "*", "localhost:3000", "http://a/b", "http://u@a"])
def test_origin_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="is not an origin; expected scheme, host and port"):
        parse_origin(given)


def test_control_headers_are_refused_as_json_of_the_api(serve: Serve) -> None:
    given = serve(SCENARIO).ask(request("GET", "/v1/models", origin="null", x_mockclaude_lane="x"))

    assert json.loads(given.body)["error"]["type"] == "permission_error"


def test_requests_of_pages_are_replayed_as_recorded(serve: Serve) -> None:
    journal = Journal()
    server = serve(SCENARIO, journal=journal, trust=Trust(origins=frozenset(["http://named.test"])))
    for origin in (EVIL, LOCAL, "http://named.test"):
        server.ask(post(origin=origin))
        server.ask(
            request("OPTIONS", "/v1/messages", origin=origin, access_control_request_headers="x-mockclaude-lane")
        )

    entries = [entry_to_json(entry) for entry in journal.entries()]
    assert [entry["request"]["page"] for entry in entries] == [EVIL, EVIL, LOCAL, LOCAL, None, None]
    assert recheck({"": load_text(SCENARIO)}, entries) == []
