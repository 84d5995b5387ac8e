"""Every mistake against the format is told with its place, what was expected, and how to mend it."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, core_schema

from mockclaude.scenario.conditions.queries import EXAMPLES
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.loading import validation_errors as complaints_module
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.loading.source import read
from mockclaude.scenario.loading.validation_errors import to_diagnostics
from tests.scenario.talk import complaints

RULE_KEYS = "name, when, times, pace, chunk_size, fault, as_written, recorded, reply, sequence, turns or choice"
STEP_KEYS = (
    "text, thinking, redacted_thinking, tool_use, server_tool, json, block, message, respond, generate, error, pause, "
    "disconnect, stop_reason, batch or usage"
)
BLOCK = "expected text, thinking or tool_use, or `block: {...}` for others"
ERRORS = (
    "invalid_request_error, authentication_error, billing_error, permission_error, not_found_error, conflict_error, "
    "request_too_large, rate_limit_error, api_error, timeout_error or overloaded_error"
)
TOOLS = (
    "web_search, web_fetch, code_execution, bash_code_execution, text_editor_code_execution, tool_search_tool_regex or "
    "tool_search_tool_bm25"
)
FILE = "a mapping with `rules`, e.g. `rules: [{reply: Hello}]`"
MAPPING = "a mapping (`key: value`)"
TEXT = f"text or {MAPPING}"
QUOTES = "; put quotes around it"
NO_VALUE = "missing value, got null; expected a value; add one or remove the key"
ENDPOINTS = "'messages', 'count_tokens', 'models', 'batches', 'files' or 'skills'"
DURATION = "expected a number with a unit, such as 400ms, 2s or 1.5m"
CHUNKS = "expected a number of chunks, e.g. 3, or a list of texts, e.g. ['The ', 'weather']"
OR_CHUNKS = "expected it, or a list of chunks, beside the other keys"
PROBABILITY = "expected a number from 0 to 1, or a percentage such as 20%"
RATE = "expected a number per second above 0, such as 60"
PACES = "'instant', 'haiku', 'sonnet', 'opus', 'fable', 'mythos', 'model'"
DISTRIBUTION = "expected exactly one of uniform, normal, lognormal or exponential; did you mean 'uniform'?"


def told(text: str) -> str:
    """Return the one complaint about the text, without the file."""
    (line,) = complaints(text)
    return line.removeprefix("a.yaml:")


BETAS = "expected known, strict, any, or names, e.g. [new-beta-2026-11-29]"
DAY = "expected a date, e.g. 2026-12-01"
LANE_FROM = "invalid source of the lane"
LANE_SOURCE = "expected a header (headers.x-user), a cookie (cookies.session) or a field of metadata (metadata.user_id)"
WRONG_UNMATCHED = "wrong error for unmatched requests"
UNMATCHED = "expected a status from 400 to 499 that clients do not retry, or its type, e.g. not_found_error"

IN_A_FILE = [
    ("", f"1:1: the file is empty; expected {FILE}"),
    ("hello", f"1:1: invalid value, got string 'hello'; expected {FILE}"),
    ("- reply: x", f"1:1: invalid value, got a list; expected {FILE}"),
    ("seed: '7'\nrules: [reply: x]", "1:7: invalid value, got string '7'; expected an integer; remove the quotes"),
    ("seed: 1", "1:1: missing key 'rules'; expected it beside the other keys; add `rules: ...`"),
    ("rules: null", "1:8: missing value, got null; expected a value; add one or remove the key"),
    ("rules: {reply: x}", "1:8: invalid value, got a mapping; expected a list (`- item`)"),
    ("rules: [x]", "1:9: invalid value, got string 'x'; expected a mapping, e.g. `reply: Hello`"),
    (
        "rules: [reply: x]\nsed: 1",
        "2:1: unknown key 'sed'; expected seed, locale, validation, api_keys, models, betas, unmatched, lane_from, "
        "account, today, as_recorded, batches, as_written, pace, chunk_size, limits, chaos, client_faults or rules; "
        "did you mean 'seed'?",
    ),
    ("rules: [reply: x]\nseed: 1.5", "2:7: invalid value, got number 1.5; expected an integer"),
    ("rules: [reply: x]\nseed: 1e3", "2:7: invalid value, got number 1000.0; expected an integer"),
    ("rules: [reply: x]\nseed: yes", "2:7: invalid value, got string 'yes'; expected an integer"),
    ("rules: [reply: x]\nchunk_size: 1000001", "2:13: invalid value, got number 1000001; expected at most 1000000"),
    ("rules: [reply: x]\nlocale: 5", f"2:9: invalid value, got number 5; expected text{QUOTES}"),
    ("rules: [reply: x]\npace: slow", f"2:7: invalid value, got string 'slow'; expected {PACES} or {MAPPING}"),
    (
        "rules: [reply: x]\npace: instan",
        f"2:7: invalid value, got string 'instan'; expected {PACES} or {MAPPING}; did you mean 'instant'?",
    ),
    (
        "rules: [reply: x]\npace: {tfft: 1s}",
        "2:8: unknown key 'tfft'; expected ttft, tokens_per_second, gap, gaps, jitter or profile; did you mean 'ttft'?",
    ),
    ("rules: [reply: x]\npace: {ttft: 400}", f"2:14: not a duration, got 400; {DURATION}"),
    ("rules: [reply: x]\npace: {ttft: 5 days}", f"2:14: not a duration, got '5 days'; {DURATION}"),
    ("rules: [reply: x]\npace: {jitter: 20}", f"2:16: not a probability, got 20; {PROBABILITY}"),
    ("rules: [reply: x]\npace: {jitter: 200%}", f"2:16: not a probability, got '200%'; {PROBABILITY}"),
    ("rules: [reply: x]\npace: {jitter: true}", f"2:16: not a probability, got True; {PROBABILITY}"),
    ("rules: [reply: x]\npace: {tokens_per_second: 0}", f"2:27: not a rate, got 0; {RATE}"),
    ("rules: [reply: x]\npace: {tokens_per_second: fast}", f"2:27: not a rate, got 'fast'; {RATE}"),
    (
        "rules: [reply: x]\npace: {ttft: {unifrom: [1s, 2s]}}",
        f"2:14: not a distribution, got {{'unifrom': ['1s', '2s']}}; {DISTRIBUTION}",
    ),
    (
        "rules: [reply: x]\npace: {gap: 1s, tokens_per_second: 5}",
        "2:7: wrong keys of a pace, got tokens_per_second and gap; expected at most one of "
        "tokens_per_second, gap or gaps",
    ),
    ("rules: [reply: x]\nbetas: strct", f"2:8: unknown betas, got 'strct'; {BETAS}; did you mean 'strict'?"),
    ("rules: [reply: x]\nbetas: known,any", f"2:8: unknown betas, got 'known,any'; {BETAS}; did you mean 'known'?"),
    ("rules: [reply: x]\nbetas: 5", f"2:8: unknown betas, got 5; {BETAS}"),
    ("rules: [reply: x]\nbetas: []", f"2:8: unknown betas, got []; {BETAS}"),
    ("rules: [reply: x]\nbetas: [a-2026-01-01, 5]", f"2:8: unknown betas, got ['a-2026-01-01', 5]; {BETAS}"),
    ("rules: [reply: x]\nbetas: ['']", f"2:8: unknown betas, got ['']; {BETAS}"),
    ("rules: [reply: x]\nbetas: [a b]", f"2:8: unknown betas, got ['a b']; {BETAS}"),
    ("rules: [reply: x]\nbetas: [any]", f"2:8: unknown betas, got ['any']; {BETAS}"),
    (
        "rules: [reply: x]\naccount: nwe",
        "2:10: invalid value, got string 'nwe'; expected 'old' or 'new'; did you mean 'new'?",
    ),
    ("rules: [reply: x]\nas_recorded: yess", "2:14: invalid value, got string 'yess'; expected true or false"),
    ("rules: [reply: x]\ntoday: tomorrow", f"2:8: invalid day, got 'tomorrow'; {DAY}"),
    ("rules: [reply: x]\ntoday: 2026-13-01", f"2:8: invalid day, got '2026-13-01'; {DAY}"),
    ("rules: [reply: x]\ntoday: 2026-02-30", f"2:8: invalid day, got '2026-02-30'; {DAY}"),
    ("rules: [reply: x]\ntoday: 2026-12-01T10:00:00Z", f"2:8: invalid day, got '2026-12-01T10:00:00Z'; {DAY}"),
    ("rules: [reply: x]\ntoday: 5", f"2:8: invalid day, got 5; {DAY}"),
    ("rules: [reply: x]\nlane_from: []", f"2:12: {LANE_FROM}, got []; {LANE_SOURCE}"),
    ("rules: [reply: x]\nlane_from: 5", f"2:12: {LANE_FROM}, got 5; {LANE_SOURCE}"),
    ("rules: [reply: x]\nlane_from: x-user", f"2:12: {LANE_FROM}, got 'x-user'; {LANE_SOURCE}"),
    ("rules: [reply: x]\nlane_from: {header: x}", f"2:12: {LANE_FROM}, got {{'header': 'x'}}; {LANE_SOURCE}"),
    (
        "rules: [reply: x]\nlane_from: header.x-user",
        f"2:12: {LANE_FROM}, got 'header.x-user'; {LANE_SOURCE}; did you mean 'headers.x-user'?",
    ),
    (
        "rules: [reply: x]\nlane_from: [headers.x, metdata.user_id]",
        f"2:12: {LANE_FROM}, got 'metdata.user_id'; {LANE_SOURCE}; did you mean 'metadata.user_id'?",
    ),
    ("rules: [reply: x]\nlane_from: ~", f"2:12: {NO_VALUE}"),
    ("rules: [reply: x]\nbetas: ~", f"2:8: {NO_VALUE}"),
    ("rules: [reply: x]\nunmatched: 529", f"2:12: {WRONG_UNMATCHED}, got 529; {UNMATCHED}"),
    ("rules: [reply: x]\nunmatched: 429", f"2:12: {WRONG_UNMATCHED}, got 429; {UNMATCHED}"),
    ("rules: [reply: x]\nunmatched: 408", f"2:12: {WRONG_UNMATCHED}, got 408; {UNMATCHED}"),
    ("rules: [reply: x]\nunmatched: 409", f"2:12: {WRONG_UNMATCHED}, got 409; {UNMATCHED}"),
    ("rules: [reply: x]\nunmatched: 399", f"2:12: {WRONG_UNMATCHED}, got 399; {UNMATCHED}"),
    ("rules: [reply: x]\nunmatched: 500", f"2:12: {WRONG_UNMATCHED}, got 500; {UNMATCHED}"),
    ("rules: [reply: x]\nunmatched: true", f"2:12: {WRONG_UNMATCHED}, got True; {UNMATCHED}"),
    ("rules: [reply: x]\nunmatched: api_error", f"2:12: {WRONG_UNMATCHED}, got 'api_error'; {UNMATCHED}"),
    (
        "rules: [reply: x]\nunmatched: not_fond_error",
        f"2:12: {WRONG_UNMATCHED}, got 'not_fond_error'; {UNMATCHED}; did you mean 'not_found_error'?",
    ),
]


@pytest.mark.parametrize(("text", "line"), IN_A_FILE)
def test_a_mistake_in_the_file(text: str, line: str) -> None:
    assert told(text) == line


IN_A_RULE = [
    ("nme: x, reply: y", f"2: unknown key 'nme'; expected {RULE_KEYS}; did you mean 'name'?"),
    ("rply: y", f"2: unknown key 'rply'; expected {RULE_KEYS}; did you mean 'reply'?"),
    ("'': y, reply: x", f"2: unknown key ''; expected {RULE_KEYS}"),
    ("name: x", "1: wrong keys of a rule, got none; expected exactly one of reply, sequence, turns or choice"),
    (
        "reply: x, choice: []",
        "1: wrong keys of a rule, got reply and choice; expected exactly one of reply, sequence, turns or choice",
    ),
    ("reply: ~", f"9: {NO_VALUE}"),
    ("reply: []", "9: no items; expected at least one item"),
    ("name: '', reply: x", "8: invalid value, got string ''; expected at least one character"),
    ("times: 0, reply: x", "9: invalid value, got number 0; expected at least 1"),
    ("chunk_size: 0, reply: x", "14: invalid value, got number 0; expected at least 1"),
    ("chunk_size: 20 B, reply: x", "14: invalid value, got string '20 B'; expected an integer"),
    ("times: true, reply: x", "9: invalid value, got true; expected an integer"),
    ("sequence: x", "12: invalid value, got string 'x'; expected a list (`- item`)"),
    ("sequence: []", "12: no items; expected at least one item"),
    (
        "when: {endpoint: count_tokens}, reply: Hi",
        "41: the step `text` in a response of count_tokens; expected error, pause, disconnect, usage or generate: auto",
    ),
    (
        "when: {endpoint: models}, sequence: [{error: 529}, [{pause: 1s}, {usage: {input_tokens: 1}}]]",
        "67: the step `usage` in a response of models; expected error, pause, disconnect or generate: auto",
    ),
    (
        "when: {endpoint: [models, count_tokens]}, pace: opus, reply: {generate: auto}",
        "50: a pace for models or count_tokens, whose response is not generated; expected {pause: 2s} in the reply",
    ),
    (
        "when: {user: x}, reply: {batch: canceled}",
        "26: the step `batch` in the reply to a rule that is not only for items of a batch; expected `batch: true` in "
        "`when`",
    ),
    (
        "when: {custom_id: x}, reply: [Hi, {disconnect: reset}]",
        "36: the step `disconnect` in the reply to an item of a batch; expected a reply or an error",
    ),
    (
        "when: {batch: true}, pace: opus, reply: Hi",
        "29: a pace for an item of a batch, whose reply is not sent; set `takes` in `batches`",
    ),
    (
        "when: {batch: true}, reply: Hi, fault: [529, {stall: 1s}]",
        "41: the fault `stall` for an item of a batch, which is a line of a file; expected `error`",
    ),
    (
        "when: {endpoint: models}, reply: {generate: auto}, fault: {drop: ping}",
        "60: the event ping is never sent in this reply; expected headers, body or end",
    ),
    ("turns: x", "9: invalid value, got string 'x'; expected a list (`- item`)"),
    ("turns: []", "9: no items; expected at least one item"),
    ("turns: [{txt: x}]", f"11: unknown key 'txt'; expected {STEP_KEYS}; did you mean 'text'?"),
    (
        "turns: [x], sequence: [y]",
        "1: wrong keys of a rule, got sequence and turns; expected exactly one of reply, sequence, turns or choice",
    ),
    ("trns: [x]", f"2: unknown key 'trns'; expected {RULE_KEYS}; did you mean 'turns'?"),
    ("choice: [hello]", "11: invalid value, got string 'hello'; expected a mapping, e.g. `{weight: 1, reply: Hello}`"),
    ("choice: [{weight: 0, reply: x}]", "20: invalid value, got number 0; expected more than 0"),
    ("choice: [{weight: '90', reply: x}]", "20: invalid value, got string '90'; expected a number"),
    (
        "choice: [{weigth: 1, reply: x}]",
        "12: unknown key 'weigth'; expected reply or weight; did you mean 'weight'?",
    ),
    ("choice: [{weight: 1}]", "11: missing key 'reply'; expected it beside the other keys; add `reply: ...`"),
]


@pytest.mark.parametrize(("rule", "line"), IN_A_RULE)
def test_a_mistake_in_a_rule(rule: str, line: str) -> None:
    column, _, message = line.partition(": ")

    assert told(f"rules:\n- {{{rule}}}\n") == f"2:{int(column) + 2}: {message}"


IN_A_CONDITION = [
    (
        "usr: x",
        "1: unknown key 'usr'; expected user, tool_result, system, anywhere, model, tools, headers, body, stream, "
        "turn, retry, batch, custom_id, endpoint or adapter; did you mean 'user'?",
    ),
    ("user:", f"6: {NO_VALUE}"),
    ("user: 5", f"7: invalid value, got number 5; expected {TEXT}{QUOTES}"),
    ("user: []", "7: no items; expected at least one item"),
    ("user: [a, 5]", f"11: invalid value, got number 5; expected {TEXT}{QUOTES}"),
    (
        "user: {contain: x}",
        "8: unknown key 'contain'; expected equals, contains, like or regex; did you mean 'contains'?",
    ),
    ("user: {}", "7: wrong keys of a match, got none; expected exactly one of equals, contains, like or regex"),
    (
        "user: {regex: a, like: b}",
        "7: wrong keys of a match, got like and regex; expected exactly one of equals, contains, like or regex",
    ),
    (
        "user: {regex: '('}",
        "15: `regex`: invalid pattern (missing ), unterminated subpattern at position 0), got '('; expected Python's "
        "syntax; put a backslash before a special character that stands for itself",
    ),
    (
        "user: {regex: [a, '*b']}",
        "19: `regex`: invalid pattern (nothing to repeat at position 0), got '*b'; expected Python's syntax; put a "
        "backslash before a special character that stands for itself",
    ),
    (
        "user: {regex: '(?:a{1000}){1000}'}",
        "15: `regex`: too many repetitions, got '(?:a{1000}){1000}'; expected counts of at most 1,000, multiplied "
        "where they are nested; use * or +",
    ),
    (
        "user: {regex: 'refund(?! policy)'}",
        "15: `regex`: negative look-around is not supported, got 'refund(?! policy)'; expected a pattern that RE2 can "
        "run in linear time; add a rule for the exception above this rule",
    ),
    ("anywhere:", f"10: {NO_VALUE}"),
    ("anywhere: []", "11: no items; expected at least one item"),
    ("anywhere: {user: x}", "12: unknown key 'user'; expected equals, contains, like or regex"),
    ("endpoint:", f"10: {NO_VALUE}"),
    (
        "{custom_id: a, batch: false}",
        "1: `custom_id` never matches beside `batch: false`; expected `batch: true`, or no `batch`",
    ),
    ("{batch: true, stream: true}", "1: `stream: true` never matches an item of a batch; expected no `stream`"),
    (
        "{custom_id: a, endpoint: count_tokens}",
        "1: `endpoint: count_tokens` never matches an item of a batch; expected messages",
    ),
    ("endpoint: []", "11: no items; expected at least one item"),
    ("endpoint: count", f"11: invalid value, got string 'count'; expected {ENDPOINTS}"),
    ("endpoint: [models, 5]", f"20: invalid value, got number 5; expected {ENDPOINTS}"),
    (
        "{endpoint: models, user: x}",
        "1: `user` never matches a request to models, which has no message; expected adapter, headers, model or retry "
        "beside `endpoint`",
    ),
    (
        "{endpoint: [files, batches], model: x}",
        "1: `model` never matches a request to files or batches, which has no message; expected adapter, headers or "
        "retry beside `endpoint`",
    ),
    (
        "endpont: models",
        "1: unknown key 'endpont'; expected user, tool_result, system, anywhere, model, tools, "
        "headers, body, stream, turn, retry, batch, custom_id, endpoint or adapter; did you mean 'endpoint'?",
    ),
    ("system: {equals: []}", "18: no items; expected at least one item"),
    ("model: true", f"8: invalid value, got true; expected {TEXT}{QUOTES}"),
    ("tool_result: []", "14: no items; expected at least one item"),
    (
        "tool_result: {isError: true}",
        "15: unknown key 'isError'; expected name, is_error or content; did you mean 'is_error'?",
    ),
    ("tool_result: {is_error: 'no'}", "25: invalid value, got string 'no'; expected true or false"),
    ("headers: [x]", f"10: invalid value, got a list; expected {MAPPING}"),
    ("headers: {}", "10: no items; expected at least one item"),
    ("headers: {x-a: 5}", f"16: invalid value, got number 5; expected {TEXT}{QUOTES}"),
    (
        "headers: {x-a: {equal: x}}",
        "17: unknown key 'equal'; expected equals, contains, like or regex; did you mean 'equals'?",
    ),
    ("stream: yes", "9: invalid value, got string 'yes'; expected true or false"),
    ("turn: one", "7: invalid value, got string 'one'; expected an integer"),
    ("retry: -1", "8: invalid value, got number -1; expected at least 0"),
    ("body: {}", "7: no items; expected at least one item"),
    ("body: 3", f"7: invalid value, got number 3; expected a JMESPath expression or {MAPPING}"),
    (
        "body: 'a['",
        f"7: invalid JMESPath 'a[' (Invalid jmespath expression: Incomplete expression); {EXAMPLES}",
    ),
    (
        "body: {'a b': 1}",
        "8: invalid JMESPath 'a b' (Unexpected token: b: Parse error at column 2, token \"b\" (UNQUOTED_IDENTIFIER)); "
        f"{EXAMPLES}",
    ),
    (
        "body: lenght(tools)",
        "7: unknown JMESPath function 'lenght'; expected a built-in function; did you mean 'length'?",
    ),
    ("body: length()", "7: JMESPath function length() has 0 arguments; expected 1"),
]


@pytest.mark.parametrize(("when", "line"), IN_A_CONDITION)
def test_a_mistake_in_a_condition(when: str, line: str) -> None:
    column, _, message = line.partition(": ")

    assert told(f"rules:\n- reply: x\n  when:\n    {when}\n") == f"4:{int(column) + 4}: {message}"


IN_A_STEP = [
    ("txt: hi", f"1: unknown key 'txt'; expected {STEP_KEYS}; did you mean 'text'?"),
    ("{}", f"1: wrong keys of a step, got none; expected exactly one of {STEP_KEYS}"),
    ("{text: a, json: b}", f"1: wrong keys of a step, got text and json; expected exactly one of {STEP_KEYS}"),
    ("5", f"1: invalid value, got number 5; expected text, a step or a list of steps{QUOTES}"),
    ("[a]", "1: invalid value, got a list; expected text, a step or a list of steps"),
    ("text:", f"6: {NO_VALUE}"),
    ("text: 5", f"7: invalid value, got number 5; expected {TEXT}{QUOTES}"),
    ("text: {text: 5}", f"14: invalid value, got number 5; expected text{QUOTES}"),
    (
        "text: {citations: []}",
        "7: missing key 'text'; expected it, or a list of chunks, beside the other keys; add `text: ...`",
    ),
    ("text: {chunks: 3}", f"7: missing key 'text'; {OR_CHUNKS}; add `text: ...`"),
    ("thinking: {chunks: 3}", f"11: missing key 'thinking'; {OR_CHUNKS}; add `thinking: ...`"),
    (
        "text: {text: a, chunks: [a]}",
        "7: wrong keys of a text, got text and chunks; expected at most one of text or a list of chunks",
    ),
    ("text: {chunks: []}", f"16: not chunks, got []; {CHUNKS}"),
    ("text: {chunks: [a, 1]}", f"16: not chunks, got ['a', 1]; {CHUNKS}"),
    ("text: {text: a, chunks: 0}", f"25: not chunks, got 0; {CHUNKS}"),
    ("text: {text: a, chunks: true}", f"25: not chunks, got True; {CHUNKS}"),
    ("text: {text: a, chunks: a}", f"25: not chunks, got 'a'; {CHUNKS}"),
    ("text: {text: a, chunks: ~}", f"25: {NO_VALUE}"),
    (
        "tool_use: {name: x, input: {}, json: a}",
        "11: wrong keys of a tool_use, got input and json; expected at most one of input, json or a list of chunks",
    ),
    (
        "tool_use: {name: x, json: a, chunks: [a]}",
        "11: wrong keys of a tool_use, got json and chunks; expected at most one of input, json or a list of chunks",
    ),
    (
        "tool_use: {name: x, json: {city: x}}",
        "27: not JSON text, got {'city': 'x'}; expected JSON text in quotes, e.g. '{\"city\": \"Par'; "
        "use `input` for data",
    ),
    ("tool_use: {name: x, json: ~}", f"27: {NO_VALUE}"),
    ("thinking: {thought: x, thinking: y}", "12: unknown key 'thought'; expected thinking, chunks or signature"),
    (
        "tool_use: {name: x, inptu: {}}",
        "21: unknown key 'inptu'; expected name, input, json, chunks, id, caller or toolset_name; "
        "did you mean 'input'?",
    ),
    ("tool_use: {name: x, input: 5}", f"28: invalid value, got number 5; expected {MAPPING} or 'from_schema'"),
    (
        "tool_use: {name: x, input: from_shema}",
        f"28: invalid value, got string 'from_shema'; expected {MAPPING} or 'from_schema'; did you mean 'from_schema'?",
    ),
    ("server_tool: web_search", f"14: invalid value, got string 'web_search'; expected {MAPPING}"),
    (
        "server_tool: {name: web_serch}",
        f"14: unknown server tool 'web_serch'; expected {TOOLS}; did you mean 'web_search'?",
    ),
    (
        "server_tool: {name: x}",
        f"14: unknown server tool 'x'; expected {TOOLS}; add `server_name` for a tool of an MCP server",
    ),
    (
        "server_tool: {name: web_fetch, result: {}, error: x}",
        "14: a server tool with `result` and `error`; expected one of them",
    ),
    (
        "server_tool: {name: web_search, result: x}",
        "14: invalid result of web_search; expected a list of {url, title}",
    ),
    ("block: {typ: x}", "8: missing key 'type'; expected it beside the other keys; add `type: ...`"),
    ("block: {type: 5}", f"15: invalid value, got number 5; expected text{QUOTES}"),
    ("{type: 5, text: x}", f"2: unknown key 'type'; expected {STEP_KEYS}"),
    ("{type: txt, text: x}", f"1: unknown type 'txt' of a block; {BLOCK}; did you mean 'text'?"),
    ("{type: text, txt: x}", "1: text block without `text`; expected `text` (text)"),
    (
        "{type: tool_use, name: f, inptu: {}}",
        "27: unknown key 'inptu'; expected name, input, json, chunks, id, caller or toolset_name; "
        "did you mean 'input'?",
    ),
    (
        "{type: image, source: {}}",
        "1: a block of requests, got image; expected a block of replies, e.g. {type: text, text: Hi}",
    ),
    ("{content: 5}", "11: invalid value, got number 5; expected a list (`- item`)"),
    ("{role: user, content: Hi}", "8: invalid value, got string 'user'; expected 'assistant'"),
    ("{content: [{typ: text}]}", "12: missing key 'type'; expected it beside the other keys; add `type: ...`"),
    ("{content: [{type: text}]}", "12: text block without `text`; expected `text` (text)"),
    ("{content: [hi]}", f"12: invalid value, got string 'hi'; expected {MAPPING}"),
    ("{content: Hi, usage: {output_tokens: -1}}", "38: invalid value, got number -1; expected at least 0"),
    ("{content: Hi, usage: 5}", f"22: invalid value, got number 5; expected {MAPPING}"),
    (
        "{content: Hi, pause: 1s}",
        "1: a message with the step `pause`; expected a list of both, e.g. `[{content: Hi}, {pause: ...}]`",
    ),
    ("{type: message}", "1: missing key 'content'; expected it beside the other keys; add `content: ...`"),
    ("message: Hi", f"10: invalid value, got string 'Hi'; expected {MAPPING}"),
    ("generate: random", "11: invalid value, got string 'random'; expected 'auto'"),
    (
        "error: overloaded",
        f"8: unknown error type 'overloaded'; expected {ERRORS}; did you mean 'overloaded_error'?",
    ),
    ("error: zzz", f"8: unknown error type 'zzz'; expected {ERRORS}; add `status` for another type"),
    ("error: {type: x, status: 200}", "26: invalid value, got number 200; expected at least 400"),
    ("error: {type: x, status: 600}", "26: invalid value, got number 600; expected at most 599"),
    ("error: {type: api_error, headers: {a: [1]}}", "39: invalid value, got a list; expected text"),
    ("error: {type: api_error, headers: {a: true}}", f"39: invalid value, got true; expected text{QUOTES}"),
    ("pause: 5", f"8: not a duration, got 5; {DURATION}"),
    ("pause: for ever", f"8: not a duration, got 'for ever'; {DURATION}"),
    ("pause: 9999999999h", f"8: not a duration, got '9999999999h'; {DURATION}"),
    (
        "disconnect: rst",
        "13: invalid value, got string 'rst'; expected 'reset', 'close' or 'clean'; did you mean 'reset'?",
    ),
    (
        "stop_reason: {type: refusal, categroy: x}",
        "30: unknown key 'categroy'; expected type, stop_sequence, category or explanation; did you mean 'category'?",
    ),
    ("usage: {input_tokens: -1}", "23: invalid value, got number -1; expected at least 0"),
    ("usage: {service_tier: gold}", "23: invalid value, got string 'gold'; expected 'standard', 'priority' or 'batch'"),
    ("usage: {cache_creation: {a: x}}", "29: invalid value, got string 'x'; expected an integer"),
]


@pytest.mark.parametrize(("step", "line"), IN_A_STEP)
def test_a_mistake_in_a_step(step: str, line: str) -> None:
    column, _, message = line.partition(": ")

    assert told(f"rules:\n- reply:\n  - {step}\n") == f"3:{int(column) + 4}: {message}"


IN_A_CITATION = [
    ("{cited_text: x}", "1: missing key 'type'; expected it beside the other keys; add `type: ...`"),
    ("5", f"1: invalid value, got number 5; expected {MAPPING}"),
    ("{type: char_location}", "1: missing key 'cited_text'; expected it beside the other keys; add `cited_text: ...`"),
    (
        "{type: page_location, cited_text: x, page: 1}",
        "38: unknown key 'page'; expected type, cited_text, "
        "document_index, document_title, start_page_number, end_page_number or file_id",
    ),
    (
        "{type: web_search_result_location, cited_text: x, ulr: y, url: z}",
        "51: unknown key 'ulr'; expected type, cited_text, url, title or encrypted_index; did you mean 'url'?",
    ),
    (
        "{type: char_locaton, cited_text: x}",
        "1: unknown type 'char_locaton'; expected char_location, "
        "page_location, content_block_location, web_search_result_location or search_result_location; did you mean "
        "'char_location'?",
    ),
    (
        "{type: page_location, cited_text: x, document_index: -1}",
        "54: invalid value, got number -1; expected at least 0",
    ),
]


@pytest.mark.parametrize(("citation", "line"), IN_A_CITATION)
def test_a_mistake_in_a_citation(citation: str, line: str) -> None:
    column, _, message = line.partition(": ")

    told_of = told(f"rules:\n- reply:\n    text:\n      text: x\n      citations:\n      - {citation}\n")

    assert told_of == f"6:{int(column) + 8}: {message}"


def test_several_mistakes_are_told_at_once_in_their_order() -> None:
    text = """\
sed: 1
rules:
  - repl: x
    times: 0
  - reply:
      - txt: hi
      - pause: 3
      - error: overload_error
      - {text: a, json: b}
    when: {user: {regex: '['}, body: 'x.', turn: one}
"""
    places = [line.split(": ")[0] for line in complaints(text)]

    assert places == [
        "a.yaml:1:1", "a.yaml:3:5", "a.yaml:4:12", "a.yaml:6:9", "a.yaml:7:16", "a.yaml:8:16", "a.yaml:9:9",
        "a.yaml:10:26", "a.yaml:10:38", "a.yaml:10:50",
    ]  # fmt: skip


def test_a_long_value_is_told_in_short() -> None:
    assert told(f"rules: {'x' * 1000}") == f"1:8: invalid value, got string '{'x' * 39}…'; expected a list (`- item`)"


def test_a_key_without_a_space_after_its_colon_is_told_so() -> None:
    assert told("rules: [{when: {user:refund}, reply: x}]").endswith("; put a space after the colon")


def error_of(kind: str) -> ValidationError:
    """Return an error of this kind; its context is filled in by what pydantic misses in it."""
    context: dict[str, Any] = {}
    while True:
        details = InitErrorDetails(type=kind, ctx=context, loc=("rules",), input=object())
        try:
            return ValidationError.from_exception_data("a", [details])
        except TypeError as error:
            missed = re.search(r"'(\w+)' (?:required in context|context value must be an? (\w+))", str(error))
            if missed is None:
                raise
            context[missed[1]] = 1 if missed[2] in ("usize", "int", "Number", None) else "text"


@pytest.mark.parametrize("kind", get_args(core_schema.ErrorType))
def test_every_kind_of_error_that_pydantic_has_becomes_a_message(kind: str) -> None:
    (mistake,) = to_diagnostics(error_of(kind), ScenarioFile, InlineSource("a.yaml", {"rules": []}))

    assert mistake.message
    assert "Input should" not in mistake.message


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("extra_forbidden", "sed: 1\nrules: [reply: x]"),
        ("missing", "{}"),
        ("string_type", "rules: [{name: 5, reply: x}]"),
        ("string_too_short", "rules: [{name: '', reply: x}]"),
        ("int_type", "seed: x\nrules: [reply: x]"),
        ("float_type", "rules: [choice: [{weight: x, reply: x}]]"),
        ("greater_than", "rules: [choice: [{weight: 0, reply: x}]]"),
        ("greater_than_equal", "rules: [{times: 0, reply: x}]"),
        ("less_than_equal", "rules: [reply: {error: {type: x, status: 600}}]"),
        ("bool_type", "as_written: 1\nrules: [reply: x]"),
        ("dict_type", "rules: [reply: {tool_use: {name: x, caller: 1}}]"),
        ("model_type", "rules: [1]"),
        ("list_type", "rules: 1"),
        ("too_short", "rules: [choice: []]"),
        ("too_long", "rules: [{reply: x, fault: {swap: [ping, ping, ping]}}]"),
        ("literal_error", "validation: 1\nrules: [reply: x]"),
        ("value_error", "rules: [{when: , reply: x}]"),
        ("union_tag_invalid", "rules: [reply: {text: {text: x, citations: [{type: x}]}}]"),
        ("union_tag_not_found", "rules: [reply: {text: {text: x, citations: [{}]}}]"),
    ],
)
def test_kinds_of_error_that_the_models_raise_have_words_of_their_own(
    kind: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complaints_module, "_expectation_of_pydantic", pytest.fail)
    source = read("a.yaml", value.encode())
    with pytest.raises(ValidationError) as caught:
        ScenarioFile.model_validate(source.data)

    assert kind in {error["type"] for error in caught.value.errors()}
    assert to_diagnostics(caught.value, ScenarioFile, source)


def test_a_long_word_is_not_shown_whole() -> None:
    key = "k" * 1_000
    (line,) = complaints(f"{key}: 1\nrules: [reply: x]")

    assert line.startswith(f"a.yaml:1:1: unknown key '{'k' * 39}…'; expected seed, ")
    assert told(f"rules: [reply: {{text: {{text: x, citations: [{{type: {key}}}]}}}}]").startswith(
        f"1:45: unknown type '{'k' * 39}…'; expected "
    )


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("[]", "wrong number of items, got 0; expected at least 2"),
        ("[ping]", "wrong number of items, got 1; expected at least 2"),
        ("[ping, ping, ping]", "wrong number of items, got 3; expected at most 2"),
    ],
)
def test_two_events_are_swapped(events: str, message: str) -> None:
    assert told(f"rules: [{{reply: x, fault: {{swap: {events}}}}}]") == f"1:34: {message}"


@pytest.mark.parametrize(
    "rule",
    [
        *(f"reply: x, when: {{{key}: 5}}" for key in ("user", "system", "anywhere", "model", "tools", "tool_result")),
        *(f"reply: [{{{step}: 5}}]" for step in ("text", "thinking", "redacted_thinking", "tool_use", "stop_reason")),
    ],
)
def test_where_a_text_or_a_mapping_is_expected_the_error_says_both(rule: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_text(f"rules: [{{{rule}}}]")

    expected = "invalid value, got number 5; expected text or a mapping (`key: value`); put quotes around it"
    assert str(caught.value).endswith(f": {expected}")
