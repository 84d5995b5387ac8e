"""The environment of a test session: who it is pointed to the server for, from when, and for whom it is left alone."""

from __future__ import annotations

import gc
import os
import socket
import sys
import warnings
from collections.abc import Callable
from typing import TypeAlias

import pytest

from mockclaude.testing import session
from tests.testing.inner import PLUGINS, forget_objects, load_only_our_plugin

APP = """
import os
import anthropic

client, async_client = anthropic.Anthropic(), anthropic.AsyncAnthropic()
URL = os.environ["ANTHROPIC_BASE_URL"]
ASK = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}

def ask(client=client):
    return client.messages.create(**ASK).content[0].text
"""
WITHOUT_SDK = """
import json, os, urllib.request

URL = os.environ["ANTHROPIC_BASE_URL"]
ASK = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}

def ask():
    headers = {"anthropic-version": "2023-06-01", "content-type": "application/json", "x-api-key": "mock"}
    request = urllib.request.Request(f"{URL}/v1/messages", json.dumps(ASK).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)["content"][0]["text"]
"""
"""The same for workers, each of which would import the SDK: its URL follows from the import too."""

ELSEWHERE = "http://127.0.0.1:9"
"""Where nobody listens."""

Run: TypeAlias = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a test file of a project whose code makes its client when it is imported."""
    forget_objects()
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", ELSEWHERE)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "of the user")
    monkeypatch.syspath_prepend(pytester.path)

    def run(tests: str, *arguments: str, ini: str = "", **files: str) -> pytest.RunResult:
        pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = function\n{ini}")
        pytester.makepyfile(test_app=f"import os, pytest, app\n{tests}", **{"app": APP, **files})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the clients of the project are never closed
            result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "ignore", *arguments, plugins=PLUGINS)
            gc.collect()
        assert os.environ["ANTHROPIC_BASE_URL"] == ELSEWHERE
        return result

    return run


USES = """
def test_hello(mockclaude):
    mockclaude.reply("Hi!")
    assert app.ask() == "Hi!"
"""


@pytest.mark.parametrize("shares", [True, False])
def test_a_client_created_at_import_reaches_the_server(run: Run, monkeypatch: pytest.MonkeyPatch, shares: bool) -> None:
    monkeypatch.setattr(session, "_SHARES_PORTS", shares and session._SHARES_PORTS)

    run(USES).assert_outcomes(passed=1)


def test_the_reserved_port_is_not_given_to_others() -> None:
    reserved = session.Session()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", reserved.port))
    reserved.close()


def test_a_client_of_a_conftest_reaches_the_server(run: Run) -> None:
    run(USES, conftest="import app").assert_outcomes(passed=1)


def test_clients_of_other_fixtures_reach_the_server(run: Run) -> None:
    tests = """
import asyncio, subprocess, sys, anthropic, requests

@pytest.fixture(scope="session", autouse=True)
def client():
    with anthropic.Anthropic() as client:
        yield client

@pytest.fixture(autouse=True)
def rule(client, mockclaude):
    mockclaude.reply("Hi!")

def test_session(client):
    assert app.ask(client) == "Hi!"

def test_async(client):
    assert asyncio.run(app.async_client.messages.create(**app.ASK)).content[0].text == "Hi!"

def test_requests():
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL", "ANTHROPIC_API_BASE"):
        headers = {"anthropic-version": "2023-06-01", "x-api-key": os.environ["ANTHROPIC_API_KEY"]}
        response = requests.post(f"{os.environ[name]}/v1/messages", json=app.ASK, headers=headers)
        assert response.json()["content"][0]["text"] == "Hi!"

def test_subprocess():
    code = "import os; print(os.environ['ANTHROPIC_BASE_URL'], os.environ['ANTHROPIC_API_KEY'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == f"{app.URL} mock\\n"
"""
    run(tests).assert_outcomes(passed=4)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_is_not_used(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, ELSEWHERE)

    run(USES).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "tests",
    [
        "",
        "from mockclaude.testing import MockClaude  # mockclaude: not the fixture",
        "mockclaude = None",
        "def unused(mockclaude): pass",
    ],
)
def test_a_project_without_the_fixture_keeps_its_environment(run: Run, tests: str) -> None:
    result = run(
        f"""
{tests}
def test_environment():
    assert os.environ["ANTHROPIC_BASE_URL"] == "{ELSEWHERE}"
    assert os.environ["ANTHROPIC_API_KEY"] == "of the user"
    assert "NO_PROXY" not in os.environ
    assert (app.URL == "{ELSEWHERE}") is {"unused" not in tests}
"""
    )

    result.assert_outcomes(passed=1)


def test_deselected_tests_do_not_point_the_environment(run: Run) -> None:
    other = f"""
def test_environment():
    assert os.environ["ANTHROPIC_BASE_URL"] == "{ELSEWHERE}"
"""
    run(USES + other, "-k", "environment").assert_outcomes(passed=1, deselected=1)


FAKE = "import pytest\n@pytest.fixture\ndef fake(mockclaude):\n    mockclaude.reply('Hi!')"
"""A module whose fixture requests ours."""

FAKED = """
def test_hello(fake):
    assert app.ask() == "Hi!"
"""


@pytest.mark.parametrize(
    ("arguments", "conftest"),
    [
        ((), "import app\npytest_plugins = 'plugged'"),
        ((), "import app\npytest_plugins = ['other', 'plugged']"),
        ((), "import app\npytest_plugins: list[str] = []\npytest_plugins.append('plugged')"),
        ((), "import app\npytest_plugins = ('other',)\npytest_plugins += ('plugged',)"),
        ((), "import app\npytest_plugins = 'again'"),
        (("-p", "plugged"), "import app"),
    ],
)
def test_a_plugin_that_uses_the_fixture_points_the_environment(
    run: Run, arguments: tuple[str, ...], conftest: str
) -> None:
    files = {"plugged": FAKE, "other": "", "again": "pytest_plugins = 'plugged', 'again', 'gone'"}
    if "again" in conftest:
        files["gone"] = ""
    run(FAKED, "test_app.py", *arguments, conftest=conftest, **files).assert_outcomes(passed=1)


def test_a_plugin_of_pythonpath_points_the_environment(run: Run, pytester: pytest.Pytester) -> None:
    pytester.mkdir("src").joinpath("plugged.py").write_text(FAKE)

    conftest = "import app\npytest_plugins = 'plugged'"
    run(FAKED, "test_app.py", ini="pythonpath = src", conftest=conftest).assert_outcomes(passed=1)


@pytest.mark.parametrize("name", ["package.test_inner", "package.test_inner::test_hello", "package", "test_app"])
def test_modules_of_pyargs_point_the_environment(
    run: Run, pytester: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    installed = tmp_path_factory.mktemp("installed")
    pytester.syspathinsert(installed)
    (installed / "package").mkdir()
    (installed / "package" / "__init__.py").write_text("import app")
    (installed / "package" / "test_inner.py").write_text(f"import app\n{USES}")

    run(USES, "--pyargs", name).assert_outcomes(passed=1)


def test_a_fixture_of_an_imported_module_points_the_environment_once_collected(run: Run) -> None:
    tests = f"""
import anthropic

@pytest.fixture(scope="session", autouse=True)
def client():
    return anthropic.Anthropic()

def test_hello(client, fake):
    assert app.ask(client) == "Hi!"
    assert app.URL == "{ELSEWHERE}"
"""
    run(tests, "test_app.py", conftest="from helper import fake", helper=FAKE).assert_outcomes(passed=1)


def test_the_configuration_counts_as_use(run: Run) -> None:
    tests = f"""
def test_environment():
    assert app.URL != "{ELSEWHERE}" == os.environ["ANTHROPIC_BASE_URL"]
"""
    run(tests, "--mockclaude-seed=1").assert_outcomes(passed=1)
    run(tests, ini="mockclaude_strict = true").assert_outcomes(passed=1)
    run(tests, ini="mockclaude_environment = session").assert_outcomes(passed=1)


def test_tests_below_testpaths_point_the_environment(run: Run, pytester: pytest.Pytester) -> None:
    pytester.mkdir("checks").joinpath("test_checks.py").write_text(f"import app\n{USES}")

    run("", ini="testpaths = checks").assert_outcomes(passed=1)


def test_a_fixture_requested_by_name_serves_clients_of_the_import(run: Run) -> None:
    tests = """
def test_hello(request):
    request.getfixturevalue("mockclaude").reply("Hi!")
    assert app.ask() == "Hi!"
"""
    run(tests).assert_outcomes(passed=1)


def test_environment_can_be_limited_to_tests(run: Run) -> None:
    tests = f"""
def test_hello(mockclaude):
    assert (app.URL, os.environ["ANTHROPIC_BASE_URL"]) == ("{ELSEWHERE}", mockclaude.url)

def test_other():
    assert os.environ["ANTHROPIC_BASE_URL"] == "{ELSEWHERE}"
"""
    run(tests, ini="mockclaude_environment = test").assert_outcomes(passed=2)


def test_an_unknown_environment_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmockclaude_environment = sesion")
    result = pytester.runpytest_inprocess()

    result.stderr.fnmatch_lines(
        ["ERROR: mockclaude_environment: unknown value, got 'sesion'; expected 'test' or 'session'"]
    )


@pytest.mark.tools
def test_workers_of_xdist_have_servers_of_their_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    load_only_our_plugin(monkeypatch)
    tests = """
@pytest.mark.parametrize("number", range(4))
def test_hello(mockclaude, number):
    mockclaude.reply(f"Hi {number}!")
    assert app.ask() == f"Hi {number}!"
"""
    run(tests, "-n2", app=WITHOUT_SDK).assert_outcomes(passed=4)


def test_workers_of_xdist_keep_the_environment_without_use(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    load_only_our_plugin(monkeypatch)
    tests = f"""
def helper(mockclaude): pass

def test_environment():
    assert os.environ["ANTHROPIC_BASE_URL"] == "{ELSEWHERE}"
"""
    run(tests, "-n1", app=WITHOUT_SDK).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "remedy"),
    [
        ("", "create it without one, or with os.environ['ANTHROPIC_BASE_URL']"),
        ("mockclaude_environment = test", "create it in the test, or set `mockclaude_environment = session`"),
    ],
)
def test_fix_depends_on_when_the_environment_was_set(run: Run, ini: str, remedy: str) -> None:
    result = run(
        f"client = app.anthropic.Anthropic(base_url='{ELSEWHERE}')\ndef test_it(mockclaude): assert False", ini=ini
    )

    assert f"  test_app.client: Anthropic sends to {ELSEWHERE}: it was created " in result.stdout.str()
    assert f"with another base_url; {remedy}\n" in result.stdout.str()


def test_fix_for_a_client_created_during_collection(run: Run) -> None:
    result = run(
        "def test_it(fake): assert False", "test_app.py", conftest="import app\nfrom helper import fake", helper=FAKE
    )

    result.stdout.fnmatch_lines(
        [
            f"  app.client: Anthropic sends to {ELSEWHERE}: it was created before the test, or with another base_url; "
            "create it in the test, or set `mockclaude_environment = session`"
        ]
    )


@pytest.mark.parametrize("before", ["", "def test_before(mockclaude): pass"])
def test_a_request_of_a_test_without_the_fixture_is_explained(run: Run, before: str) -> None:
    result = run(f"""
{before}

@pytest.fixture
def early():
    app.ask(app.client.with_options(max_retries=0))

def test_hello():
    app.ask(app.client.with_options(max_retries=0))

def test_early(early, mockclaude):
    pass

def test_bug():
    assert not app.URL
""")

    result.assert_outcomes(passed=int(bool(before)), failed=2, errors=1)
    line = (
        "the failed request was sent to http://127.0.0.1:*, the server of the fixture `mockclaude`, which was not in *"
    )
    result.stdout.fnmatch_lines(["*- mockclaude -*", line, "*- mockclaude -*", line])
    assert result.stdout.str().count("was not in use; request the fixture first, or set") == 2


def test_the_server_is_not_started_by_collecting(run: Run) -> None:
    result = run(USES, "--collect-only")

    assert result.ret == 0
    assert "app" not in sys.modules
