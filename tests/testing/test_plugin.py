"""The fixture, as a suite of somebody else uses it: each test here is a run of pytest of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TypeAlias

import pytest

from tests.testing.inner import PLUGINS, forget_objects, load_only_our_plugin

ASK = """
import pytest
from anthropic import Anthropic, APIStatusError

def ask(text="Hello"):
    with Anthropic() as client:
        messages = [{"role": "user", "content": text}]
        message = client.messages.create(model="claude-sonnet-5", max_tokens=100, messages=messages)
    return message.content[0].text
"""


Run: TypeAlias = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a test file, of which `ask` is the beginning."""
    forget_objects()
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    def run(tests: str, *arguments: str, ini: str = "") -> pytest.RunResult:
        pytester.makeini(f"[pytest]\nasyncio_default_fixture_loop_scope = function\n{ini}")
        pytester.makepyfile(test_chat=ASK + tests)
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments, plugins=PLUGINS)

    return run


def test_fixture_serves_rules_and_returns_requests(run: Run) -> None:
    result = run("""
def test_hello(mockclaude):
    mockclaude.when(user="Hello").reply("Hi!")
    assert ask() == "Hi!"
    assert mockclaude.last_request.user == "Hello"

def test_each_test_begins_anew(mockclaude):
    assert mockclaude.requests == []
    mockclaude.reply({"error": 529}, times=2)
    mockclaude.reply("At last.")
    assert ask() == "At last."
""")

    result.assert_outcomes(passed=2)
    assert "ANTHROPIC_BASE_URL" not in os.environ
    assert not [thread for thread in threading.enumerate() if thread.name == "mockclaude"]


def test_unmatched_request_fails_the_test_with_its_near_miss(run: Run) -> None:
    result = run("""
def test_hello(mockclaude):
    mockclaude.when(user="Bye", tools="get_weather").reply("Bye!")
    with pytest.raises(APIStatusError):
        ask()
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "no rule matched; near miss test_chat.py:11: user: expected*",
            "*- mockclaude -*",
            "1. 410        POST /v1/messages  no rule matched; near miss *",
            "   user: 'Hello'",
            "   near miss: test_chat.py:11",
            "     FAIL user: expected text that contains 'Bye', got 'Hello'",
            "     FAIL tools: expected 'get_weather', got nothing",
        ]
    )


def test_an_unmatched_item_of_a_batch_fails_the_test_and_the_next_test_begins_anew(run: Run) -> None:
    result = run("""
def test_batch(mockclaude):
    mockclaude.when(user="Bye").reply("Bye!")
    ids.append(evaluate(["Hello", "Bye"]))
    assert [made.custom_id for made in mockclaude.requests] == ["0", "1"]

def test_large_batch(mockclaude):
    mockclaude.when(user="Bye").reply("Bye!")
    evaluate(["Hello", *["Bye"] * 1001])
    assert [entry.batch[1] for entry in mockclaude.unmatched_requests] == ["0"]

def test_next(mockclaude):
    mockclaude.reply("Hi!")
    assert Anthropic().messages.batches.list().data == []
    assert evaluate(["Hello", "Bye"]) == ids[0]

ids = []

def evaluate(texts):
    requests = [
        {"custom_id": str(number), "params": {"model": "claude-sonnet-5", "max_tokens": 9,
         "messages": [{"role": "user", "content": text}]}}
        for number, text in enumerate(texts)
    ]
    with Anthropic() as client:
        return client.messages.batches.create(requests=requests).id
""")

    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["no rule matched; near miss test_chat.py:11: user: expected*", "*- mockclaude -*"])


@pytest.mark.parametrize(
    ("mark", "arguments", "ini"),
    [
        ("@pytest.mark.mockclaude(allow_unmatched=True)", (), ""),
        ("", ("--mockclaude-allow-unmatched",), ""),
        ("", (), "mockclaude_allow_unmatched = true"),
    ],
)
def test_allow_unmatched_permits_unmatched_requests(run: Run, mark: str, arguments: tuple[str], ini: str) -> None:
    tests = f"""
{mark}
def test_hello(mockclaude):
    with pytest.raises(APIStatusError):
        ask()
"""
    run(tests, *arguments, ini=ini).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "arguments", "ini"),
    [
        ("@pytest.mark.mockclaude(stale='error', allow_unmatched=True)", (), ""),
        ("", ("--mockclaude-stale", "error"), ""),
        ("", (), "mockclaude_stale = error"),
    ],
)
def test_a_stale_request_fails_the_test(run: Run, mark: str, arguments: tuple[str], ini: str) -> None:
    tests = f"""
{mark}
def test_tide(mockclaude):
    request = "system - tools - messages 00000000 settings 00000000"
    mockclaude.reply("Hi", name="tide", recorded={{"from": "localhost", "on": "2026-11-30", "request": request}})
    with pytest.raises(APIStatusError):
        ask()
"""
    result = run(tests, *arguments, ini=ini)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["'tide' (test_chat.py:*): stale: messages, settings differ from what was recorded;*"])


def test_failed_test_reports_requests_and_selected_rules(run: Run) -> None:
    result = run("""
def test_hello(mockclaude):
    mockclaude.when(user="Hello").reply("Hi!", name="greeting")
    assert ask() == "Hello!"
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mockclaude -*",
            "1. 200        POST /v1/messages  'greeting' (test_chat.py:11)*",
            "   user: 'Hello'",
        ]
    )


def test_callback_error_fails_the_test_with_its_traceback(run: Run) -> None:
    result = run("""
def broken(request):
    return request.tool_results["get_weather"]

def test_hello(mockclaude):
    mockclaude.reply(broken)
    with pytest.raises(Exception):
        ask()
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">       return request.tool_results*", "E       KeyError: 'get_weather'"])


def test_callback_error_is_the_cause_of_an_sdk_error(run: Run) -> None:
    result = run("""
def broken(request):
    return request.tool_results["get_weather"]

def test_hello(mockclaude):
    mockclaude.reply(broken)
    assert ask() == "Hi!"
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E       KeyError: 'get_weather'",
            "The above exception was the direct cause of the following exception:",
            "E * anthropic.InternalServerError: *test_chat.py:14: reply function raised KeyError: *",
        ]
    )


def test_function_may_fail_the_test(run: Run) -> None:
    result = run("""
def judge(request):
    pytest.fail("wrong request: " + request.user)

def test_reply(mockclaude):
    mockclaude.reply(judge)
    ask()

def test_condition(mockclaude):
    mockclaude.when(judge).reply("Hi!")
    ask()

def test_after(mockclaude):
    mockclaude.reply("Hi!")
    ask()
""")

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["E       Failed: wrong request: Hello"] * 2)


@pytest.mark.parametrize("asking", ["ask()", "with pytest.raises(APIStatusError): ask()"])
def test_function_may_skip_or_xfail_the_test(run: Run, asking: str) -> None:
    result = run(
        f"""
def test_skip(mockclaude):
    mockclaude.reply(lambda request: pytest.skip("not here"))
    {asking}

def test_xfail(mockclaude):
    mockclaude.reply(lambda request: pytest.xfail("not yet"))
    {asking}
""",
        "-rsx",
    )

    result.assert_outcomes(skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["SKIPPED *not here", "XFAIL *not yet"])


FIXTURE = """
@pytest.fixture
def asks_in_teardown(mockclaude):
    yield
    try:
        ask("Bye")
    except Exception:
        pass

def test_hello(mockclaude, asks_in_teardown):
"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('mockclaude.when(user="Hello").reply("Hi!"); ask()', "no rule matched; near miss *"),
        ("mockclaude.reply(lambda request: 1 / 0)", "E * ZeroDivisionError: division by zero"),
    ],
)
def test_requests_in_teardown_of_fixtures_are_checked(run: Run, body: str, line: str) -> None:
    result = run(f"{FIXTURE}    {body}")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([line, "*- mockclaude -*", "   user: 'Bye'"])


def test_failure_is_reported_once(run: Run) -> None:
    result = run("""
@pytest.fixture
def asked_before(mockclaude):
    ask("Hello")

def test_before(asked_before):
    pass

def test_hello(mockclaude):
    ask("Bye")
""")

    result.assert_outcomes(failed=1, errors=1)


def test_a_second_unmatched_request_is_reported_once(run: Run) -> None:
    result = run("""
def test_hello(mockclaude):
    mockclaude.when(user="Hello").reply("Hi!")
    ask("Hello")
    ask("Bye")
""")

    result.assert_outcomes(failed=1)
    shown = result.stdout.str()
    assert shown.count("- mockclaude -") == shown.count("   user: 'Hello'") == shown.count("   user: 'Bye'") == 1
    assert shown.count("     FAIL user: expected text that contains 'Hello', got 'Bye'") == 1


def test_shadowed_rule_is_reported_in_the_failure(run: Run) -> None:
    result = run("""
def test_hello(mockclaude):
    mockclaude.when(user="Hell").reply("Hi!")
    mockclaude.when(user="Hello").reply("Hello!")
    assert ask() == "Hello!"
""")

    result.stdout.fnmatch_lines(["never selected: test_chat.py:12", "   shadowed by test_chat.py:11 in request 1"])


def test_long_bodies_are_kept(run: Run) -> None:
    result = run(
        """
@pytest.mark.mockclaude(validation="off")
def test_hello(mockclaude):
    mockclaude.when(user="Hello").reply("Hi!", times=1)
    mockclaude.reply("Ho!", as_written=True)
    ask()
    ask("x" * 10_000_000)
    assert len(mockclaude.last_request.user) == 10_000_000

def test_the_next_one_is_fine(mockclaude):
    mockclaude.reply("Hi!")
    ask()
    assert mockclaude.last_request.entry.number == 1
""",
        "--mockclaude-strict",
    )

    result.assert_outcomes(passed=2)


def test_server_stops_before_earlier_fixtures_of_the_session(run: Run) -> None:
    result = run("""
import socket

@pytest.fixture(scope="session", autouse=True)
def urls():
    yield (urls := [])
    host, port = urls[0].removeprefix("http://").split(":")
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)))

def test_hello(mockclaude, urls):
    urls.append(mockclaude.url)
""")

    result.assert_outcomes(passed=1)


def test_classes_and_unittest_use_the_fixture(run: Run) -> None:
    result = run("""
import unittest

class TestPlain:
    @pytest.fixture(autouse=True)
    def _mock(self, mockclaude):
        mockclaude.reply("Hi!")

    def test_hello(self):
        assert ask() == "Hi!"

class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _mock(self, mockclaude):
        self.mock = mockclaude

    def test_hello(self):
        self.mock.reply("Hi!")
        self.assertEqual(ask(), "Hi!")

    def test_bye(self):
        with self.assertRaises(APIStatusError):
            ask("Bye")
""")

    result.assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize("then", ["", "; ask()"])
def test_rule_without_a_reply_fails_the_test(run: Run, then: str) -> None:
    result = run(f"""
def test_hello(mockclaude):
    mockclaude.when(user="Hello"){then}
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["test_chat.py:11: rule without a reply; expected `.reply(...)`, *"])


UNUSED = """
def test_hello(mockclaude):
    mockclaude.when(user="Bye").reply("Bye!")
    mockclaude.reply("Hi!")
    ask()
"""


def test_unused_rule_is_listed_in_the_summary(run: Run) -> None:
    result = run(UNUSED)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*mockclaude: rules never selected*", "test_chat.py::test_hello: test_chat.py:11"])


def test_unused_rule_fails_a_strict_test(run: Run) -> None:
    result = run(UNUSED, "--mockclaude-strict")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["test_chat.py:11: rule was never selected; expected at least 1 request (`strict`); remove the rule"]
    )


def test_mark_sets_files_and_settings(run: Run, pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("hello.yaml").write_text("rules: [{reply: From the file.}]")
    result = run("""
pytestmark = pytest.mark.mockclaude("hello.yaml", seed=3)

@pytest.mark.mockclaude(seed=7, speed="manual", retry_speed="1x", validation="off")
def test_hello(mockclaude):
    assert ask() == "From the file."
    assert mockclaude.journal[0].draws.seed == 7
    mockclaude.advance(1)

def test_the_module_has_a_mark_too(mockclaude):
    ask()
    assert mockclaude.journal[0].draws.seed == 3
""")

    result.assert_outcomes(passed=2)


def test_options_apply_to_all_tests(run: Run) -> None:
    result = run(
        """
def test_hello(mockclaude):
    mockclaude.reply("Hi!")
    ask()
    assert mockclaude.journal[0].draws.seed == 5
""",
        "--mockclaude-seed=5",
        ini="mockclaude_seed = 4\nmockclaude_speed = 1x",
    )

    result.assert_outcomes(passed=1)


def test_mark_accepts_a_scenario_of_the_package(run: Run) -> None:
    result = run("""
@pytest.mark.mockclaude("@hello")
def test_hello(mockclaude):
    assert ask() == "Hello! How can I help you today?"
""")

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "line"),
    [
        (
            '"helo.yaml"',
            "test_chat.py:10: mark mockclaude: file not found, got 'helo.yaml'; expected a path relative to *; did you "
            "mean 'hello.yaml'?",
        ),
        ('"hello"', "*: file not found, got 'hello'; expected a path *; did you mean 'hello.yaml'?"),
        ('"flaky"', "*: file not found, got 'flaky'; expected a path *; did you mean '@flaky'?"),
        (
            '"none/x.yaml"',
            "test_chat.py:10: mark mockclaude: file not found, got 'none/x.yaml'; expected a path relative to *",
        ),
        (
            '"@incidents/cut_mid_strem"',
            "test_chat.py:10: mark mockclaude: @incidents/cut_mid_strem: unknown scenario of the package; expected a "
            "name of `mockclaude scenarios`; did you mean '@incidents/cut_mid_stream'*",
        ),
        (
            "sed=3",
            "test_chat.py:10: mark mockclaude: unknown argument 'sed'; expected seed, * or allow_unmatched; did you "
            "mean 'seed'?",
        ),
        ("3", "test_chat.py:10: mark mockclaude: invalid file, got 3; expected a path"),
        ('seed="3"', "test_chat.py:10: mark mockclaude: invalid seed, got '3'; expected an integer"),
        ('"wrong.yaml"', "test_chat.py:10: mark mockclaude: invalid file, got *wrong.yaml:1:10: *"),
        ('speed="1..2x"', "*: invalid speed, got '1..2x'; expected instant, manual, or a factor, e.g. 10x"),
        ('speed="fast"', "*: invalid speed, got 'fast'; expected instant, manual, or a factor, e.g. 10x"),
        ('validation="of"', "*: invalid validation, got 'of'; expected anthropic, gateway or off*"),
    ],
)
def test_invalid_mark_is_an_error(run: Run, pytester: pytest.Pytester, mark: str, line: str) -> None:
    pytester.path.joinpath("hello.yaml").write_text("rules: [{reply: From the file.}]")
    pytester.path.joinpath("wrong.yaml").write_text("rules: [{replay: x}]")
    result = run(f"""
@pytest.mark.mockclaude({mark})
def test_hello(mockclaude):
    ask()

def test_the_next_one_is_fine(mockclaude):
    mockclaude.reply("Hi!")
    ask()
""")

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines([line])


@pytest.mark.parametrize("ini", ["mockclaude_seed = four", "mockclaude_speed = fast", "mockclaude_validation = strict"])
def test_invalid_configuration_is_an_error(run: Run, ini: str) -> None:
    result = run("def test_hello(mockclaude): pass", ini=ini)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{ini.partition(' ')[0]}: invalid value, got '{ini.rpartition(' ')[2]}'; expected *"])


MARKED = """
import asyncio, unittest

def hello():
    assert ask() == "From the file."

@pytest.mark.mockclaude("hello.yaml")
def test_function():
    hello()

@pytest.mark.mockclaude("hello.yaml")
@pytest.mark.asyncio
async def test_async():
    await asyncio.to_thread(hello)

@pytest.mark.parametrize("marked", [False, pytest.param(True, marks=pytest.mark.mockclaude("hello.yaml"))])
def test_parameter(request, marked):
    assert ("mockclaude" in request.node.fixturenames) is marked
    if marked:
        hello()

@pytest.mark.mockclaude("hello.yaml")
class TestPlain:
    @pytest.fixture(autouse=True)
    def asked_before(self):
        hello()

    def test_class(self):
        hello()

@pytest.mark.mockclaude("hello.yaml")
class TestCase(unittest.TestCase):
    def setUp(self):
        hello()

    def test_unittest(self):
        hello()

class TestMethod(unittest.TestCase):
    @pytest.mark.mockclaude("hello.yaml")
    def test_marked(self):
        hello()

    def test_unmarked(self):
        with self.assertRaises(Exception):
            hello()
"""


def test_mark_adds_the_fixture(run: Run, pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("hello.yaml").write_text("rules: [{reply: From the file.}]")

    run(MARKED).assert_outcomes(passed=8)


def test_mark_of_a_module_adds_the_fixture(run: Run) -> None:
    result = run("""
pytestmark = pytest.mark.mockclaude

def test_hello():
    ask()
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["1. 410        POST /v1/messages  no rule matched: *"])


def test_failed_test_reports_responses(run: Run) -> None:
    result = run("""
def test_hello(mockclaude):
    mockclaude.sequence(
        [{"thinking": "Hm."}, "Hi!", {"tool_use": {"name": "get_weather", "input": {"city": "Oslo"}}}, "Ho!"],
        {"error": {"type": "overloaded_error", "message": "Wait."}},
    )
    with Anthropic(max_retries=0) as client:
        for _ in range(2):
            with client.messages.stream(
                model="claude-sonnet-5", max_tokens=2000, messages=[{"role": "user", "content": "Hello"}],
                thinking={"type": "adaptive", "display": "summarized"},
                tools=[{"name": "get_weather", "input_schema": {"type": "object"}}],
            ) as stream:
                stream.until_done()
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mockclaude -*",
            "1. 200 stream POST /v1/messages  test_chat.py:11*",
            "   user: 'Hello'",
            "   reply: thinking 'Hm.'",
            "   reply: text 'Hi!'",
            '   reply: tool_use get_weather {"city":*"Oslo"}',
            "   reply: and 1 more content blocks",
            "2. 529 stream POST /v1/messages  test_chat.py:11*",
            "   user: 'Hello'",
            "   error: overloaded_error: Wait.",
        ]
    )


def test_failed_test_reports_requests_to_wrong_paths(run: Run) -> None:
    result = run("""
import httpx2

def test_hello(mockclaude):
    mockclaude.reply("Hi!")
    for method, path in ("HEAD", "/"), ("HEAD", "/v1/nothing"), ("POST", "/support/v1/messages"), ("POST", "/chat"):
        httpx2.request(method, mockclaude.url + path)
    httpx2.post(mockclaude.url + "/v1/messages", content="Hello")
    with Anthropic(base_url=f"{mockclaude.url}/v1") as client:
        client.messages.create(model="claude-sonnet-5", max_tokens=9, messages=[{"role": "user", "content": "Hello"}])
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mockclaude -*",
            "2. 404        HEAD /v1/nothing  Not found: *",
            "3. 404        POST /support/v1/messages  No scenario is named 'support'*",
            "4. 404        POST /chat  Not found: /chat; expected a path that begins with /v1/*",
            "5. 4*        POST /v1/messages  *",
            "6. 404        POST /v1/v1/messages  Not found: POST /v1/v1/messages; expected a base URL *",
            "   user: 'Hello'",
            "never selected: test_chat.py:13",
        ],
        consecutive=True,
    )


def test_failed_test_reports_requests_to_other_servers(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        chat="from anthropic import Anthropic\nclient = Anthropic(base_url='http://127.0.0.1:9', max_retries=0)"
    )
    pytester.syspathinsert()
    result = run("""
import chat

def test_hello(mockclaude):
    with Anthropic(), Anthropic(base_url="http://127.0.0.1:99"):
        chat.client.models.list()
""")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mockclaude -*",
            "no request was received at http://127.0.0.1:*",
            "  the failed request was sent to http://127.0.0.1:9/v1/models",
            "  chat.client: Anthropic sends to http://127.0.0.1:9: it was created with another base_url; *",
            "*= short test summary info =*",
        ],
        consecutive=True,
    )


MISTAKES = [
    ('mockclaude.when(usr="Hello").reply("Hi!")', "test_chat.py:* (when.usr): unknown key 'usr'; *"),
    ('mockclaude.reply({"txt": "Hi!"})', "test_chat.py:* (reply.txt): unknown key 'txt'; *"),
    ('mockclaude.sequence("Hi!", {"txt": "Hi!"})', "test_chat.py:* (sequence*.txt): unknown key 'txt'; *"),
    ('mockclaude.reply("Hi!", tims=2)', "test_chat.py:* (tims): unknown key 'tims'; *"),
    ('mockclaude.when("Hello")', "test_chat.py:*: `when`: not a function, got 'Hello'; *"),
    ('mockclaude.assert_requested(user="Hello")', "expected at least 1 request with *"),
    ('mockclaude.assert_requested(usr="Hello")', "test_chat.py:* (when.usr): unknown key 'usr'; *"),
    ("mockclaude.last_request", "no Messages request received; *"),
    ('mockclaude.load("gone.yaml")', "gone.yaml: *"),
    ("mockclaude.advance(1)", "`advance()`: the clock is not manual; *"),
]


@pytest.mark.parametrize("style", ["auto", "long", "short", "native"])
def test_invalid_call_shows_only_the_line_of_the_test(run: Run, style: str) -> None:
    numbered = enumerate(mistake for mistake, _ in MISTAKES)
    tests = "".join(f"def test_{number}(mockclaude):\n    {mistake}\n" for number, mistake in numbered)
    result = run(tests, f"--tb={style}")

    result.assert_outcomes(failed=len(MISTAKES))
    shown = result.stdout.str()
    assert "mockclaude/" not in shown
    assert "concurrent/" not in shown
    for mistake, message in MISTAKES:
        assert mistake in shown
        result.stdout.fnmatch_lines([f"*{message}"])


@pytest.mark.parametrize("mistake", [mistake for mistake, _ in MISTAKES] + ["mockclaude.when(user='Hello')"])
def test_invalid_call_is_not_reported_as_unreached(run: Run, mistake: str) -> None:
    result = run(f"def test_hello(mockclaude):\n    {mistake}")

    is_verification = mistake in ('mockclaude.assert_requested(user="Hello")', "mockclaude.last_request")
    assert ("no request was received" in result.stdout.str()) is is_verification


def test_invalid_call_in_unittest_shows_only_its_line(run: Run) -> None:
    result = run("""
import unittest

class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _mock(self, mockclaude):
        self.mock = mockclaude

    def test_hello(self):
        self.mock.when(usr="Hello").reply("Hi!")
""")

    result.assert_outcomes(failed=1)
    assert "mockclaude/" not in result.stdout.str()
    result.stdout.fnmatch_lines(['>       self.mock.when(usr="Hello").reply("Hi!")', "E * unknown key 'usr'; *"])


def test_a_full_trace_shows_all_frames(run: Run) -> None:
    result = run('def test_hello(mockclaude):\n    mockclaude.when(usr="Hello").reply("Hi!")', "--full-trace")

    result.stdout.fnmatch_lines(["*mockclaude/testing/mock.py:*"])


def test_asynchronous_tests_use_the_fixture(run: Run) -> None:
    result = run("""
import asyncio
from anthropic import AsyncAnthropic

@pytest.mark.asyncio
async def test_hello(mockclaude):
    async def reply(request):
        yield f"Hi, {request.user}!"
    mockclaude.reply(reply)
    async with AsyncAnthropic() as client:
        requests = [
            client.messages.create(model="claude-sonnet-5", max_tokens=9, messages=[{"role": "user", "content": name}])
            for name in ("Ada", "Bob")
        ]
        assert [message.content[0].text for message in await asyncio.gather(*requests)] == ["Hi, Ada!", "Hi, Bob!"]
""")

    result.assert_outcomes(passed=1)


def test_an_interrupted_run_ends(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    load_only_our_plugin(monkeypatch)
    pytester.makepyfile("""
def test_hello(mockclaude):
    raise KeyboardInterrupt
""")

    assert pytester.runpytest_subprocess("-p", "no:cacheprovider").ret == pytest.ExitCode.INTERRUPTED


def test_a_run_without_the_fixture_does_not_load_the_server(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_only_our_plugin(monkeypatch)
    pytester.makepyfile("""
import sys

def test_nothing():
    assert [name for name in ("mockclaude.server", "yaml", "jmespath") if name in sys.modules] == []
""")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_mark_is_registered(run: Run) -> None:
    run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.mockclaude([*]files, seed=, *): settings of the *"])
