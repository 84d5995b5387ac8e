"""Why no request reached the server: each reason by itself, and none."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import anthropic
import httpx2
import pytest
import requests

from mockclaude.testing.environment import temporary_environment
from mockclaude.testing.unreached import describe_unreached, urls_of_requests
from tests.testing.inner import forget_objects

URL = "http://127.0.0.1:4141"
HEAD = f"no request was received at {URL}"
NOTHING_FOUND = (
    "  no client with another URL found; check that the code under test sends a request, to the URL in "
    "ANTHROPIC_BASE_URL"
)

module_client: anthropic.Anthropic | None = None


@pytest.fixture(autouse=True)
def pointing() -> Iterator[None]:
    forget_objects()
    with pytest.MonkeyPatch.context() as outer:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
            outer.delenv(name, raising=False)
        with temporary_environment(URL):
            yield


def reasons(error: BaseException | None = None, *, early: bool = True, test: str = "test_it.py::test_it") -> list[str]:
    head, *lines = describe_unreached(URL, error, early=early, test=test).splitlines()
    assert head == HEAD
    return lines


def failure(url: str) -> anthropic.APIConnectionError:
    return anthropic.APIConnectionError(request=httpx2.Request("POST", url))


def test_without_a_reason_it_says_what_to_check() -> None:
    with anthropic.Anthropic():
        assert reasons() == [NOTHING_FOUND]


def test_without_the_sdk_no_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "anthropic._base_client")

    assert reasons() == [NOTHING_FOUND]


@pytest.mark.parametrize(
    ("early", "remedy"),
    [
        (True, "it was created with another base_url; create it without one, or with os.environ['ANTHROPIC_BASE_URL']"),
        (
            False,
            "it was created before the test, or with another base_url; create it in the test, or set "
            "`mockclaude_environment = session`",
        ),
    ],
)
def test_a_client_with_another_base_url_is_named(monkeypatch: pytest.MonkeyPatch, early: bool, remedy: str) -> None:
    with anthropic.Anthropic(base_url="https://api.anthropic.com/") as client, anthropic.Anthropic(base_url=f"{URL}/x"):
        monkeypatch.setattr(sys.modules[__name__], "module_client", client)

        assert reasons(early=early) == [
            f"  {__name__}.module_client: Anthropic sends to https://api.anthropic.com: {remedy}"
        ]


async def test_a_client_of_a_cloud_is_named() -> None:
    async with anthropic.AsyncAnthropicVertex(region="eu", project_id="p", access_token="t"):
        (reason,) = reasons()

    assert reason.startswith("  AsyncAnthropicVertex sends to https://aiplatform.eu.rep.googleapis.com/v1: it was ")


def test_only_the_client_of_the_failed_request_is_named() -> None:
    with anthropic.Anthropic(base_url="https://one.example"), anthropic.Anthropic(base_url="https://two.example"):
        sent, client = reasons(failure("https://two.example/v1/messages"))

    assert sent == "  the failed request was sent to https://two.example/v1/messages"
    assert client.startswith("  Anthropic sends to https://two.example: ")


def test_a_client_of_an_earlier_test_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with anthropic.Anthropic(base_url="https://one.example") as client:
        (named,) = reasons(test="test_it.py::test_first")
        assert named.startswith("  Anthropic sends to https://one.example: ")
        assert reasons(test="test_it.py::test_first") == [named]
        assert reasons(test="test_it.py::test_second") == [NOTHING_FOUND]
        assert reasons(failure("https://one.example/v1/messages"), test="test_it.py::test_second")[1:] == [named]

        monkeypatch.setattr(sys.modules[__name__], "module_client", client)
        (named,) = reasons(test="test_it.py::test_third")
        assert named.startswith(f"  {__name__}.module_client: Anthropic sends to https://one.example: ")


def test_equal_clients_are_named_once() -> None:
    with anthropic.Anthropic(base_url="https://one.example"), anthropic.Anthropic(base_url="https://one.example"):
        assert len(reasons()) == 1


def test_a_client_with_a_transport_of_its_own_is_named() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200))
    with anthropic.Anthropic(http_client=httpx2.Client(transport=transport)):
        assert reasons() == [
            "  Anthropic sends through MockTransport, which need not use the network; create it without `http_client`"
        ]


@pytest.mark.parametrize("name", ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL", "ANTHROPIC_API_BASE"])
def test_a_changed_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "https://api.anthropic.com")

    assert reasons() == [
        f"  {name}: changed during the test, got 'https://api.anthropic.com'; expected '{URL}'; remove the code that "
        "sets it"
    ]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_is_named_unless_it_is_avoided(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert reasons() == [NOTHING_FOUND]

    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "*")
    assert reasons() == [NOTHING_FOUND]

    monkeypatch.setenv("no_proxy", "example.com")
    expected = f"  {name.upper()}: set, and NO_PROXY lacks 127.0.0.1; expected NO_PROXY with 127.0.0.1"
    assert reasons() == [expected]


def test_a_request_is_found_in_causes_and_groups() -> None:
    sent = requests.Request("GET", "http://two.example/").prepare()
    cause = ValueError()
    cause.__cause__ = requests.ConnectionError(request=sent)
    cause.__cause__.__context__ = cause
    group = BaseExceptionGroup("both", [failure("http://one.example/"), cause])
    group.__context__ = httpx2.ConnectError("no request")

    assert sorted(urls_of_requests(group)) == ["http://one.example/", "http://two.example/"]
    assert urls_of_requests(None) == []
