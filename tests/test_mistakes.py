"""Mistakes of the first hour, each with its whole message: the place, what was expected, what came, and what to do.

Further mistakes in scenario files are in `scenario/test_validation_errors.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mockclaude.scenario.diagnostics import join_words
from mockclaude.scenario.format.file import RuleModel, ScenarioFile
from mockclaude.scenario.format.when import When
from mockclaude.scenario.loading.loader import load_text
from mockclaude.testing import MockClaude
from tests.cli.invoking import HELLO, invoke, written
from tests.conftest import Serve
from tests.scenario.talk import complaints
from tests.serving import asking, post, request


def keys(model: type[BaseModel]) -> str:
    """Return the expectation of a message that lists the keys of a mapping."""
    return f"expected {join_words(field.alias or name for name, field in model.model_fields.items())}"


RULE, WHEN, TOP = keys(RuleModel), keys(When), keys(ScenarioFile)
FAULT = "expected a preset such as reset or 529, or a mapping"
HAS_RULES = "1:1: missing key 'rules'; expected it beside the other keys; add `rules: ...`"
AGAIN = "\n- reply: y"

FILES = [
    (
        "rules: [{reply: 529}]",
        "1:17: invalid value, got number 529; expected text, a step or a list of steps; "
        "write `{error: 529}` for the status",
    ),
    (
        "rules:\n\t- reply: x",
        "2:1: invalid YAML (found character that cannot start any token); indent with spaces, not tabs, "
        "and quote a text that starts with @, `, % or a tab",
    ),
    ("rules:\n- reply: 'Hello", "2:16: invalid YAML (found unexpected end of stream); close the quotes"),
    (
        "rules:\n- reply: Note: this\n",
        "2:14: invalid YAML (mapping values are not allowed in this context); quote a text that contains ': '",
    ),
    (
        "rules: [{reply: x}",
        "2:1: invalid YAML (did not find expected ',' or ']' while parsing a flow sequence that began in line 1); "
        "close the list with ], or quote a text that has [, ] or {, as '${{ user }}'",
    ),
    ("rules:\n- reply: x\n  reply: y", "3:3: duplicate key 'reply', first in line 2; expected unique keys; remove one"),
    ("rules: [&a {reply: x}, *a]", "1:24: alias '*a' is not supported; expected a literal value; copy the value"),
    (
        "rules: [{<<: {reply: x}}]",
        f"1:10: unknown key '<<'; {RULE}; copy the keys, as merge keys are not supported",
    ),
    ("reply: Hello", f"{HAS_RULES}\n1:1: unknown key 'reply'; {TOP}; put it in a rule"),
    ("rule: [reply: x]", f"{HAS_RULES}\n1:1: unknown key 'rule'; {TOP}; did you mean 'rules'?"),
    (
        "rules:\n- match: {user: hello}\n  response: Hi",
        f"2:3: unknown key 'match'; {RULE}; did you mean 'when'?\n"
        f"3:3: unknown key 'response'; {RULE}; did you mean 'reply'?",
    ),
    ("rules: [{user: a, reply: x}]", f"1:10: unknown key 'user'; {RULE}; put it below `when`"),
    ("rules: [{error: 529}]", f"1:10: unknown key 'error'; {RULE}; put it below `reply`"),
    ("rules: [{reply: x, delay: 2s}]", f"1:20: unknown key 'delay'; {RULE}; did you mean 'pace'?"),
    ("rules: [{reply: x, ttft: 2s}]", f"1:20: unknown key 'ttft'; {RULE}; put it below `pace`"),
    ("rules: [{reply: x, seed: 2}]", f"1:20: unknown key 'seed'; {RULE}; put it at the top level of the file"),
    ("rules: [{reply: x, status: 529}]", f"1:20: unknown key 'status'; {RULE}; did you mean 'fault'?"),
    (
        "rules: [{when: hello, reply: x}]",
        "1:16: invalid value, got string 'hello'; expected a mapping, e.g. `{user: Hello}`",
    ),
    ("rules: [{when: {prompt: a}, reply: x}]", f"1:17: unknown key 'prompt'; {WHEN}; did you mean 'user'?"),
    (
        "rules: [{when: {contains: a}, reply: x}]",
        f"1:17: unknown key 'contains'; {WHEN}; put it below a condition, e.g. `user: {{contains: Hello}}`",
    ),
    ("rules: [{when: {turn: 0}, reply: x}]", "1:23: invalid value, got number 0; expected at least 1"),
    (
        f"rules:\n- reply: x{AGAIN}",
        "3:3: unreachable rule, shadowed by a.yaml:2:3; expected the more specific rule first; move this rule up or "
        "add `times` to the other",
    ),
    (
        "rules:\n- {name: a, when: {user: a}, reply: x}\n- {name: a, reply: y}",
        "3:10: duplicate rule name 'a', first in a.yaml:2:10; expected unique names",
    ),
    (
        "rules: [{reply: 42}]",
        "1:17: invalid value, got number 42; expected text, a step or a list of steps; put quotes around it",
    ),
    (
        "rules: [{reply: [{pause: 2}]}]",
        "1:26: not a duration, got 2; expected a number with a unit, such as 400ms, 2s or 1.5m",
    ),
    (
        "rules: [{reply: {tool_use: {name: f, arguments: {}}}}]",
        "1:38: unknown key 'arguments'; expected name, input, json, chunks, id, caller or toolset_name; did you mean "
        "'input'?",
    ),
    (
        "rules: [{reply: {tool_use: {name: f, input: '{}'}}}]",
        "1:45: JSON text, got '{}'; expected a mapping; use `json` for JSON text",
    ),
    (
        "rules: [reply: '${{ usr }}']",
        "1:16: 'usr' is unknown in ${{ }}; expected user, system, tool_result, match, request, turn or fake; did you "
        "mean 'user'?",
    ),
    (
        "rules: [reply: '${{ user']",
        "1:16: '${{' without an end; expected }} after it; write $${{ for the characters themselves",
    ),
    (
        "rules: [reply: '${{ fake.nme }}']",
        "1:16: unknown method 'nme' of Faker in en_US; expected one of its methods; did you mean 'name'?",
    ),
    (
        "rules: [reply: '${{ match.city }}']",
        "1:16: unknown group 'match.city'; expected a regex in its `when.user`, with a group such as (?P<city>\\w+)",
    ),
    (
        "rules: [{reply: x, fault: ressset}]",
        f"1:27: unknown fault 'ressset'; {FAULT}; did you mean 'reset' or 'refuse'?",
    ),
    (
        "rules: [{reply: x, fault: overloaded}]",
        f"1:27: unknown fault 'overloaded'; {FAULT}; did you mean 'overloaded_error'?",
    ),
    (
        "rules: [{reply: x, fault: disconnect}]",
        f"1:27: unknown fault 'disconnect'; {FAULT}; write a mapping: `{{disconnect: ...}}`",
    ),
    ("rules: [{reply: x, fault: zzz}]", f"1:27: unknown fault 'zzz'; {FAULT}; scenarios/FAULTS.md lists the presets"),
    (
        "rules: [{reply: x, fault: 523}]",
        f"1:27: unknown fault '523'; {FAULT}; write `{{respond: {{status: 523}}}}` for a status of another server",
    ),
    ("rules: [{reply: x, fault: true}]", f"1:27: invalid value, got true; {FAULT}, e.g. `{{disconnect: reset}}`"),
    (
        "rules: [{reply: x, fault: {disconect: reset}}]",
        "1:28: unknown key 'disconect'; expected a key of a fault, as scenarios/FAULTS.md lists them; did you mean "
        "'disconnect'?",
    ),
    (
        "rules: [{reply: x, fault: {disconnect: reset, after: 3}}]",
        "1:54: not a position, got '3'; expected a value such as 3 events, 100 bytes, 50%, 2s or message_delta",
    ),
    (
        "rules: [{reply: x, fault: {error: 529, p: 20}}]",
        "1:43: not a probability, got 20; expected a number from 0 to 1, or a percentage such as 20%",
    ),
    (
        "limits: {rpm: 5}\nrules: [reply: x]",
        "1:10: unknown key 'rpm'; expected model, api_key, requests_per_minute, input_tokens_per_minute, "
        "output_tokens_per_minute, acceleration or in_flight; did you mean 'requests_per_minute'?",
    ),
    ("models: all\nrules: [reply: x]", "1:9: invalid value, got string 'all'; expected 'similar', 'listed' or 'any'"),
]
"""A file, and its messages without its name."""


@pytest.mark.parametrize(("text", "message"), FILES)
def test_a_mistake_in_a_file(text: str, message: str) -> None:
    assert "\n".join(line.removeprefix("a.yaml:") for line in complaints(text)) == message


ENDPOINTS = "expected /v1/messages, /v1/messages/count_tokens or /v1/models"
VERSION = "expected a path that begins with /v1/, after the name of a scenario"
MESSAGES = "expected a path of Anthropic's Messages API, e.g. /v1/messages; use a client of the Messages API"
NAMES = "expected bye, hello or incidents/cut"
BEFORE = "expected a base URL that ends before /v1"
ENDS = "expected a base URL that ends with /v1"
BASE = "the base URL"
OPENAI = "expected /v1/chat/completions, /v1/responses or /v1/models of OpenAI's API"
VERTEX = "/v1/projects/p/locations/r/publishers/anthropic/models/m"
OPERATIONS = (
    "expected an operation of Claude on Vertex AI: MODEL:rawPredict, MODEL:streamRawPredict or "
    "count-tokens:rawPredict, below publishers/anthropic/models/"
)
GEMINI = "/v1beta/models/a:generateContent"
URLS = [
    (
        "/v1/v1/messages",
        "Not found: POST /v1/v1/messages; expected a base URL that ends before /v1; remove /v1 from the base URL",
    ),
    ("/messages", f"Not found: /messages; {VERSION}; did you mean '/v1/messages'?"),
    ("/v1", f"Not found: /v1; {VERSION}"),
    ("/v1/message", f"Not found: POST /v1/message; {ENDPOINTS}; did you mean '/v1/messages'?"),
    ("/v1/messages/", f"Not found: POST /v1/messages/; {ENDPOINTS}; did you mean '/v1/messages'?"),
    (
        "/v1/messages/count_token",
        f"Not found: POST /v1/messages/count_token; {ENDPOINTS}; did you mean '/v1/messages/count_tokens'?",
    ),
    (
        "/v1/organizations",
        f"Not found: POST /v1/organizations, which mockclaude does not serve; {ENDPOINTS}",
    ),
    (
        "/v1/messages/batch",
        f"Not found: POST /v1/messages/batch; {ENDPOINTS}; did you mean '/v1/messages/batches'?",
    ),
    ("/v1/nothing", f"Not found: POST /v1/nothing; {ENDPOINTS}"),
    (
        "/v1/messages/v1/messages",
        f"Not found: POST /v1/messages/v1/messages; {BEFORE}; remove /v1/messages from {BASE}",
    ),
    ("/chat/completions", f"Not found: /chat/completions; {ENDS}; add /v1 to {BASE}"),
    ("/hello/responses", f"Not found: /hello/responses; {ENDS}; add /v1 to {BASE}"),
    ("/v1/v1/chat/completions", f"Not found: POST /v1/v1/chat/completions; {ENDS}; remove /v1 from {BASE}"),
    ("/v1/responses/responses", f"Not found: POST /v1/responses/responses; {ENDS}; remove /responses from {BASE}"),
    ("/v1/embeddings", f"Not found: POST /v1/embeddings; {OPENAI}"),
    ("/completions", f"Not found: /completions; {OPENAI}; did you mean '/v1/chat/completions'?"),
    ("/v1/chat/completion", f"Not found: POST /v1/chat/completion; {OPENAI}; did you mean '/v1/chat/completions'?"),
    (GEMINI, f"Not found: {GEMINI}, a path of Google's API; {MESSAGES}"),
    (f"{VERTEX}:predict", f"Not found: POST {VERTEX}:predict; {OPERATIONS}"),
    ("/scenarios/hello/v1/messages", f"No scenario is named 'scenarios/hello'; {NAMES}; did you mean '/hello'?"),
    ("/hello.yaml/v1/messages", f"No scenario is named 'hello.yaml'; {NAMES}; did you mean '/hello'?"),
    ("/cut/v1/messages", f"No scenario is named 'cut'; {NAMES}; did you mean '/incidents/cut'?"),
    ("/helo/v1/messages", f"No scenario is named 'helo'; {NAMES}; did you mean '/hello'?"),
    ("/zzz/v1/messages", f"No scenario is named 'zzz'; {NAMES}"),
]


@pytest.mark.parametrize(("path", "message"), URLS)
def test_a_wrong_url(serve: Serve, path: str, message: str) -> None:
    server = serve({name: load_text(HELLO) for name in ("", "hello", "bye", "incidents/cut")})
    given = server.ask(post(path=path))

    assert (given.status, given.json["error"]["message"]) == (404, message)
    assert server.line().reason == message


def test_a_wrong_url_of_a_server_with_one_scenario(serve: Serve) -> None:
    assert serve(HELLO).ask(post(path="/nope/v1/messages")).error[1] == (
        "No scenario is named 'nope'; expected a base URL without a path, as the server has one scenario; "
        "remove '/nope'"
    )


def test_many_scenarios_are_not_listed(serve: Serve) -> None:
    scenarios = {name: load_text(HELLO) for name in ("", *map(str, range(13)))}

    assert serve(scenarios).ask(post(path="/a/v1/messages")).error[1] == (
        "No scenario is named 'a'; the scenarios are listed at /"
    )


ANY = "set `models: any` in the scenario file, or name the model in the `when` of a rule"
CONTROL = (
    "expected x-mockclaude-lane, x-mockclaude-scenario, x-mockclaude-validation, x-mockclaude-fault, "
    "x-mockclaude-pace, x-mockclaude-chunk-size or x-mockclaude-token"
)
REQUESTS: list[tuple[dict[str, Any], dict[str, str | None], str, str]] = [
    (
        {"model": "gpt-4o"},
        {},
        "model: gpt-4o",
        f"model: gpt-4o; unknown model; expected the name of a Claude model; {ANY}",
    ),
    (
        {"model": "anthropic/claude-sonnet-5"},
        {},
        "model: anthropic/claude-sonnet-5",
        "model: anthropic/claude-sonnet-5; unknown model; expected the name of a Claude model; did you mean "
        f"'claude-sonnet-5'?; {ANY}",
    ),
    ({}, {"anthropic_version": None}, "anthropic-version: header is required", ""),
    ({}, {"x_api_key": None}, "x-api-key header is required", ""),
    ({}, {"content_type": "text/plain"}, "Content-Type must be application/json; got 'text/plain'", ""),
    (
        {"messages": [{"role": "user", "content": "hello"}]},
        {},
        "no rule matched; near miss scenario.yaml:1:9: user: expected text that contains 'Hello', got 'hello'; "
        "'hello' differs in case; use {regex: '(?i)Hello'}",
        "",
    ),
    (
        {},
        {"x_mockclaude_fault": "ressset"},
        f"x-mockclaude-fault: unknown fault 'ressset'; {FAULT}; did you mean 'reset' or 'refuse'?",
        "",
    ),
    (
        {},
        {"x_mockclaude_fault": '{"error": 529'},
        "x-mockclaude-fault: invalid JSON (unexpected end of data: line 1 column 14 (char 13)); expected a mapping as "
        "JSON, or keys and values, e.g. key=value",
        "",
    ),
    (
        {"model": "claude-sonnet-5+ressset"},
        {},
        f"model: unknown fault 'ressset'; {FAULT}; did you mean 'reset' or 'refuse'?",
        "",
    ),
    (
        {},
        {"x_mockclaude_pace": "opsu"},
        "x-mockclaude-pace: unknown pace 'opsu'; expected instant, haiku, sonnet, opus, fable, mythos or model, or "
        "keys and values, such as ttft=400ms, tokens_per_second=60; did you mean 'opus'?",
        "scenario.yaml:1:9: x-mockclaude-pace: unknown pace 'opsu'; expected instant, haiku, sonnet, opus, fable, "
        "mythos or model, or keys and values, such as ttft=400ms, tokens_per_second=60; did you mean 'opus'?",
    ),
    (
        {},
        {"x_mockclaude_chunk_size": "few"},
        "x-mockclaude-chunk-size: not a chunk size, got 'few'; expected the characters of a delta, 1 to 1,000,000",
        "scenario.yaml:1:9: x-mockclaude-chunk-size: not a chunk size, got 'few'; expected the characters of a delta, "
        "1 to 1,000,000",
    ),
    (
        {},
        {"x_mockclaude_validation": "of"},
        "x-mockclaude-validation: unknown validation mode, got 'of'; expected anthropic, gateway or off; did you mean "
        "'off'?",
        "",
    ),
]
"""Changes of the body and of the headers, the error, and its text in the log if that differs."""


@pytest.mark.parametrize(("fields", "headers", "message", "logged"), REQUESTS)
def test_a_wrong_request(
    serve: Serve, fields: dict[str, Any], headers: dict[str, str | None], message: str, logged: str
) -> None:
    server = serve("rules: [{when: {user: Hello}, reply: Hi}]")
    given = server.ask(request("POST", "/v1/messages", asking(**fields), "1.1", **headers))

    assert given.error[1] == message
    assert server.line().reason == (logged or message)


def test_an_unknown_control_header_is_a_warning(serve: Serve) -> None:
    server = serve(HELLO)

    assert server.ask(post(x_mockclaude_falt="529")).status == 200
    assert server.line().notes == (
        f"warning: unknown header 'x-mockclaude-falt'; {CONTROL}; did you mean 'x-mockclaude-fault'?",
    )


def test_the_hint_names_the_list_of_models(serve: Serve) -> None:
    server = serve("models: listed\nrules: [{reply: Hi}]")
    server.ask(request("POST", "/v1/messages", asking(model="claude-sonnet-9")))

    assert "expected a model that GET /v1/models lists; did you mean 'claude-sonnet-5'?" in server.line().reason


OPTION = "Error: Invalid value for '--{0}' (env var: 'MOCKCLAUDE_{1}'): "
UNREADABLE = "cannot read the file: No such file or directory"
FLAGS = [
    ("missing.yaml", f"missing.yaml: {UNREADABLE}; expected a scenario file or a folder"),
    ("serve helo.yaml", f"helo.yaml: {UNREADABLE}; did you mean 'hello.yaml'?"),
    ("serve no/hello.yaml", f"no/hello.yaml: {UNREADABLE}; the folder 'no' does not exist"),
    ("serve hello.yaml --port 99999", OPTION.format("port", "PORT") + "99999 is not in the range 0<=x<=65535."),
    ("serve hello.yaml --prot 1", "Error: No such option '--prot'. (Did you mean one of: '--host', '--port'?)"),
    (
        "serve hello.yaml --validation strict",
        OPTION.format("validation", "VALIDATION") + "'strict' is not one of 'anthropic', 'gateway', 'off'.",
    ),
    (
        "serve hello.yaml --betas strct",
        "Error: Invalid value for --betas: unknown betas, got 'strct'; expected known, strict, any, or names, e.g. "
        "[new-beta-2026-11-29]; did you mean 'strict'?",
    ),
    (
        "serve hello.yaml --speed fast",
        "Error: Invalid value for --speed: invalid speed, got 'fast'; expected a factor, e.g. 10x, or instant",
    ),
    ("run hello.yaml", "Error: missing COMMAND; expected `mockclaude run [FILES] -- COMMAND`; add e.g. `-- pytest`"),
    (
        "run hello.yaml env tests",
        "Error: missing COMMAND; expected `mockclaude run [FILES] -- COMMAND`; put `--` before the command: "
        "`mockclaude run hello.yaml -- env tests`",
    ),
    ("explain hello.yaml", "Error: missing request; expected --request or --journal"),
]


@pytest.mark.parametrize(("arguments", "message"), FLAGS)
def test_a_wrong_flag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "hello.yaml", HELLO)

    assert invoke(*arguments.split()).stderr.splitlines()[-1] == message


def test_a_placeholder_of_another_language_is_a_warning(tmp_path: Path) -> None:
    file = written(tmp_path / "a.yaml", "rules: [{reply: [Hi, {text: 'Hi {{ user }}, $${{ user }} {{ name }}'}]}]")

    assert invoke("check", file).stdout.splitlines() == [
        f"warning: {file}:1:29: '{{{{ user }}}}' is sent as it is; expected '${{{{ user }}}}' for its value; add the $",
        "1 scenario, 1 rule: no errors",
    ]


def test_a_wrong_command() -> None:
    assert invoke("serv").stderr.splitlines()[-1].endswith("or a scenario file; did you mean 'serve'?")


README = "a name of mockclaude/testing/README.md"
FIXTURE: list[tuple[Callable[[Any], Any], str]] = [
    (lambda mock: mock.calls, f"unknown attribute 'calls' of MockClaude; expected {README}; use `requests`"),
    (
        lambda mock: mock.assert_called_once(),
        f"unknown attribute 'assert_called_once' of MockClaude; expected {README}; use `assert_requested(times=1)`",
    ),
    (
        lambda mock: mock.last_reqest,
        f"unknown attribute 'last_reqest' of MockClaude; expected {README}; did you mean 'last_request'?",
    ),
    (
        lambda mock: mock.when(user="a").returns("b"),
        "unknown attribute 'returns' of RuleBuilder; expected choice, reply, sequence or turns; use `reply(...)`",
    ),
    (
        lambda mock: mock.when("a"),
        "PLACE: `when`: not a function, got 'a'; expected a function that returns true or false, or a condition, e.g. "
        "user='a'",
    ),
    (
        lambda mock: mock.when(prompt="a").reply("b"),
        f"PLACE (when.prompt): unknown key 'prompt'; {WHEN}; did you mean 'user'?",
    ),
    (
        lambda mock: mock.when(user={"startswith": "a"}).reply("b"),
        "PLACE (when.user.startswith): unknown key 'startswith'; expected equals, contains, like or regex",
    ),
    (lambda mock: mock.when(user="a").reply(), "PLACE (reply): no items; expected at least one item"),
    (
        lambda mock: mock.reply(42),
        "PLACE (reply): invalid value, got number 42; expected text, a step or a list of steps; put quotes around it",
    ),
    (lambda mock: mock.reply("a", times=0), "PLACE (times): invalid value, got number 0; expected at least 1"),
    (
        lambda mock: mock.reply("a", time=2),
        f"PLACE (time): unknown key 'time'; {RULE}; did you mean 'times'?",
    ),
    (
        lambda mock: mock.reply("a", fault="ressset"),
        f"PLACE (fault): unknown fault 'ressset'; {FAULT}; did you mean 'reset' or 'refuse'?",
    ),
    (
        lambda mock: mock.reply({"error": 200}),
        "PLACE (reply.error): invalid value, got number 200; expected at least 400",
    ),
    (
        lambda mock: mock.reply({"text": {"chunks": "ab"}}),
        "PLACE (reply.text.chunks): not chunks, got 'ab'; expected a number of chunks, e.g. 3, or a list of texts, "
        "e.g. ['The ', 'weather']",
    ),
    (lambda mock: mock.sequence(), "PLACE (sequence): no items; expected at least one item"),
    (
        lambda mock: mock.choice("a"),
        "PLACE (choice.0): invalid value, got string 'a'; expected a mapping, e.g. `{weight: 1, reply: Hello}`",
    ),
    (lambda mock: mock.load("gone.yaml"), f"gone.yaml: {UNREADABLE}; expected a scenario file or a folder"),
    (
        lambda mock: mock.advance(5),
        '`advance()`: the clock is not manual; expected `speed="manual"`; pass it to the mark or to MockClaude',
    ),
    (
        lambda mock: mock.assert_requested(user="a"),
        "expected at least 1 request with user: text that contains 'a', got 0 (of 0 received)",
    ),
    (
        lambda mock: mock.assert_requested(times=-1),
        "`times`: invalid count, got -1; expected an integer of at least 0, or a range, e.g. CountRange(1, 3)",
    ),
    (
        lambda mock: mock.last_request,
        "no Messages request received; expected at least 1; check that the client uses `mockclaude.url`",
    ),
    (lambda _: MockClaude(speed="fast"), "invalid speed, got 'fast'; expected a factor, e.g. 10x, or instant"),
    (lambda mock: type(mock)(seed="a"), "`seed`: invalid value, got 'a'; expected an integer"),
    (
        lambda mock: type(mock)(validation="strict"),
        "`validation`: unknown mode, got 'strict'; expected anthropic, gateway or off",
    ),
    (
        lambda mock: type(mock)(stale="warm"),
        "`stale`: unknown result, got 'warm'; expected warn, error or ignore; did you mean 'warn'?",
    ),
    (lambda _: MockClaude(port=99999), "`port`: invalid value, got 99999; expected 0 to 65535, 0 for a free port"),
]
"""A call, and its message."""


@pytest.fixture(scope="module")
def mock() -> Iterator[MockClaude]:
    with MockClaude() as mock:
        yield mock


@pytest.mark.parametrize(("call", "message"), FIXTURE)
def test_a_wrong_call_of_the_fixture(mock: MockClaude, call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(Exception, match="expected") as raised:
        call(mock)

    assert re.sub(r"tests/test_mistakes\.py:\d+", "PLACE", str(raised.value)) == message


def test_the_base_url_has_the_name_of_the_sdks(mock: MockClaude) -> None:
    assert mock.base_url == mock.url


MARKS = [
    (
        '"helo.yaml"',
        "file not found, got 'helo.yaml'; expected a path relative to {folder}; did you mean 'hello.yaml'?",
    ),
    ("sed=3", "unknown argument 'sed'; {known}; did you mean 'seed'?"),
    ('strict="yes"', "invalid strict, got 'yes'; expected true or false"),
    ("allow_unmatched=1", "invalid allow_unmatched, got 1; expected true or false"),
    ('stale="fail"', "invalid stale, got 'fail'; expected warn, error or ignore"),
    ('retry_speed="1"', "invalid retry_speed, got '1'; expected instant, or a factor, e.g. 10x"),
    ("speed=2", "invalid speed, got 2; expected instant, manual, or a factor, e.g. 10x"),
    ("3", "invalid file, got 3; expected a path"),
]


def test_wrong_marks(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", hello=HELLO)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    tests = [f"@pytest.mark.mockclaude({mark})\ndef test_{i}(mockclaude): ..." for i, (mark, _) in enumerate(MARKS)]
    pytester.makepyfile(test_marks="\n".join(["import pytest", *tests]))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(errors=len(MARKS))
    known = (
        "expected seed, validation, speed, retry_speed, stale, record, record_to, record_dir, strict or allow_unmatched"
    )
    for number, (_, message) in enumerate(MARKS):
        text = message.format(folder=pytester.path, known=known)
        assert f"test_marks.py:{2 + 2 * number}: mark mockclaude: {text}" in result.outlines


def test_there_are_enough_mistakes() -> None:
    tables: tuple[list[Any], ...] = (FILES, URLS, REQUESTS, FLAGS, FIXTURE, MARKS)

    assert sum(map(len, tables)) >= 67
