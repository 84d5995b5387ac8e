"""Who may use the admin API, on real sockets, and what all its responses have in common."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.journal.journal import Journal
from mockclaude.scenario.loading.loader import load_text
from mockclaude.server.admin import admin_api
from mockclaude.server.admin.handlers import HANDLERS
from mockclaude.server.site import Site
from tests.conftest import Serve
from tests.server.administering import Admin
from tests.serving import NOW, asking, http_request, post, request

SCENARIO = "rules: [{name: hello, when: {user: Hello}, reply: Hi!}]"
ROUTES = [(method, path) for path, methods in HANDLERS.items() for method in methods]
CHANGING = [(method, path) for method, path in ROUTES if method != "GET"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "https://127.0.0.1"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example", "origin": "http://127.0.0.1.evil.example"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_other_sites_and_other_host_names_are_refused(
    serve: Serve, method: str, path: str, headers: dict[str, str]
) -> None:
    given = Admin(serve(SCENARIO)).call(method, path, b"{}", **headers)

    assert (given.status, given.error[0]) == (403, "permission_error")
    assert "access-control-allow-origin" not in given.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1"},
        {"origin": "http://LOCALHOST:4141", "host": "localhost:4141", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
)
def test_programs_and_own_pages_are_allowed(serve: Serve, headers: dict[str, str]) -> None:
    assert Admin(serve(SCENARIO)).get("health", **headers).status == 200


@pytest.mark.parametrize(("method", "path"), CHANGING)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=application/json", None]
)
def test_content_types_of_a_form_are_refused(serve: Serve, method: str, path: str, kind: str | None) -> None:
    given = Admin(serve(SCENARIO)).call(method, path, b'{"rules": {"reply": "Owned."}}', content_type=kind)

    assert (given.status, given.error[0]) == (415, "invalid_request_error")
    assert given.error[1] == f"The content type is {kind or 'missing'}; send content-type: application/json"


def test_content_type_may_have_parameters(serve: Serve) -> None:
    assert Admin(serve(SCENARIO)).call("POST", "reset", content_type="Application/JSON; charset=utf-8").status == 200


@pytest.mark.parametrize("path", HANDLERS)
def test_preflight_is_refused(serve: Serve, path: str) -> None:
    given = Admin(serve(SCENARIO)).call("OPTIONS", path, access_control_request_method="POST")

    assert given.status == 405
    assert not [name for name in given.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", HANDLERS)
def test_wrong_method_is_a_405_with_the_allowed_ones(serve: Serve, path: str) -> None:
    given = Admin(serve(SCENARIO)).call("PUT", path)
    allowed = ", ".join(HANDLERS[path])

    assert (given.status, given.headers["allow"]) == (405, allowed)
    assert given.error[1] == f"Method not allowed: PUT /_mockclaude/{path}; use {allowed}"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("jornal", "; did you mean 'journal'?"),
        ("health/x", "; did you mean 'health'?"),
        ("", ""),
        ("rulez", "; did you mean 'rules'?"),
    ],
)
def test_unknown_path_is_a_404_with_the_known_ones(serve: Serve, path: str, hint: str) -> None:
    given = Admin(serve(SCENARIO)).get(path)

    assert (given.status, given.error[0]) == (404, "not_found_error")
    assert re.fullmatch(
        f"Not found: /_mockclaude/{path}; expected health, .* or .* after /_mockclaude/.*", given.error[1]
    )
    assert given.error[1].endswith(f" after /_mockclaude/{hint}")


@pytest.mark.parametrize("path", ["/_mockclaudes/health", "/%5fmockclaude/health", "//_mockclaude/health"])
def test_similar_path_does_not_reach_the_admin_api(serve: Serve, path: str) -> None:
    given = serve(SCENARIO).ask(request("GET", path))

    assert given.error[1].startswith("Not found: ")
    assert "expected a path that begins with /v1/" in given.error[1]


def test_response_is_not_cached_and_runs_no_code(serve: Serve) -> None:
    headers = Admin(serve(SCENARIO)).get("health/").headers

    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["content-type"] == "application/json"


def test_head_is_get_without_the_body(serve: Serve) -> None:
    with serve(SCENARIO).connect() as wire:
        wire.send(request("HEAD", "/_mockclaude/health"))
        assert wire.response("HEAD").status == 200


def test_only_failed_requests_are_logged_and_none_are_kept(serve: Serve) -> None:
    journal = Journal()
    server = serve(SCENARIO, journal=journal)
    called = Admin(server)
    called.get("health")
    called.get("jornal?api_key=sk-ant-secret")
    server.ask(post("Hello"))
    failed, answered = server.line(), server.line()

    assert (failed.method, failed.path, failed.status) == ("GET", "/_mockclaude/jornal", 404)
    assert failed.reason.startswith("Not found")
    assert [answered] == journal.entries()
    assert answered.number == 1


@pytest.mark.parametrize(
    ("body", "headers", "status", "told"),
    [
        (b"{", {}, 400, "The body is not JSON: "),
        (b"[1]", {}, 400, 'The body is not a JSON object; expected e.g. {"lane": "my test"}'),
        (b"{}" + b" " * 5_000_000, {}, 413, "The body has 5000002 bytes; expected at most 5000000"),
        (b"no gzip", {"content_encoding": "gzip"}, 400, "The request body could not be decoded: "),
        (b"[" * 100 + b"]" * 100, {}, 400, "The body is not a JSON object"),
        (b'{"lane":' + b"[" * 100 + b"]" * 100 + b"}", {}, 400, "the request: data nested more than 64 levels deep"),
        (b'{"lane":' + b"[" * 9999 + b"]" * 9999 + b"}", {}, 400, "The body is not JSON: "),
        (b'{"lane": "\\ud800"}', {}, 400, "The body is not JSON: "),
    ],
)
def test_invalid_body_is_refused(serve: Serve, body: bytes, headers: dict[str, str], status: int, told: str) -> None:
    given = Admin(serve(SCENARIO)).call("POST", "reset", body, **headers)

    assert given.status == status
    assert given.error[1].startswith(told)


def test_faults_are_not_applied_to_the_admin_api(serve: Serve) -> None:
    server = serve(f"chaos: [{{disconnect: reset, before: headers}}]\n{SCENARIO}")

    assert Admin(server).get("health", x_mockclaude_fault="529").json["status"] == "ok"


@pytest.mark.parametrize("length", [None, "99"])
def test_client_may_disconnect_during_a_request(serve: Serve, length: str | None) -> None:
    server = serve(SCENARIO)
    with server.connect() as wire:
        wire.send(request("POST", "/_mockclaude/journal/wait", b'{"timeout": "1h"}', content_length=length or "17"))
        wire.reset()

    assert server.ask(post("Hello")).status == 200


async def test_client_may_disconnect_before_the_response() -> None:
    gone = make_mocked_request("GET", "/_mockclaude/health", {"host": "localhost"}, payload=EMPTY_PAYLOAD)
    gone.protocol.__dict__.update(handled=None, key=b"", requests=0)

    assert not (await Site({"": load_text(SCENARIO)}).handle(gone)).keep_alive


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("5s"),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=8,
)
_NAMES = (
    "lane",
    "scenario",
    "api_key",
    "when",
    "rules",
    "times",
    "count",
    "timeout",
    "advance",
    "limit",
    "where",
    "id",
)


@given(
    st.sampled_from(ROUTES),
    st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=3),
    st.sampled_from(["x", "1", "-1", "%ff"]),
)
def test_generated_parameters_are_accepted_or_refused(route: tuple[str, str], said: dict[str, Any], last: str) -> None:
    method, path = route
    site = Site({"": load_text(SCENARIO)})
    if path == "journal/wait":
        said |= {"timeout": "1us"}
    call = http_request(
        method, f"/_mockclaude/{re.sub('{.*}', last, path)}", {}, {"content-type": "application/json"}, b"", NOW
    )
    try:
        answer = asyncio.run(admin_api.answer(site, call._replace(body=json.dumps(said).encode())))
    except ApiError as error:
        answer = admin_api.refusal(call, error)

    assert 200 <= answer.response.status < 500


def test_messages_request_below_the_admin_path_is_a_404(serve: Serve) -> None:
    given = Admin(serve(SCENARIO)).call("POST", "v1/messages", asking())

    assert given.error[0] == "not_found_error"
