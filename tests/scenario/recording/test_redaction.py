from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mockclaude.scenario.recording.exchange import Arrival, Exchange
from mockclaude.scenario.recording.redaction import Redaction
from tests.scenario.recording.planted import (
    STREAM,
    cut,
    encode,
    escape_all,
    find_naively,
    frame,
    new_exchange,
    stream_of,
)

PASSWORD = 'correct/horse"battery\\staple é'
UUID = "0f8b2d61-5a1c-4b7e-9d35-7c2a4e6f8b90"
PRIVATE_KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n"
    "MIIEpAIBAAKCAQEA7bq+/9xYz0123456\nabcdefghijklmnop==\n-----END RSA PRIVATE KEY-----"
)

FORMS = {
    "API key of Anthropic": "sk-ant-api03-Zk9Qe7_xW2-vB5nR8tY1uI4oP7aS0dF3gH6jK9lAA",
    "access key of AWS": "AKIAIOSFODNN7EXAMPLE",
    "token of GitHub": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "token of Slack": "xoxb-123456789012-abcDEFghiJKLmno",
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "private key": PRIVATE_KEY,
}

SECRETS: dict[str, str] = {
    **FORMS,
    "environment variable DB_PASSWORD": PASSWORD,
    "header x-api-key": "key-of-a-gateway-4711",
    "header authorization": "opaque~token~42~of~a~proxy",
    "header cookie": "session-cookie-0815",
    "header anthropic-organization-id": UUID,
}
"""Source or form -> a secret."""


def new_redaction(**options: Any) -> Redaction:
    redaction = Redaction({"DB_PASSWORD": PASSWORD, "PATH": "/usr/local/bin", "A_TOKEN": "short"}, **options)
    redaction.add_request(
        {
            "x-api-key": SECRETS["header x-api-key"],
            "authorization": f"Bearer {SECRETS['header authorization']}",
            "cookie": f"theme=dark; id={SECRETS['header cookie']}",
            "anthropic-beta": "context-1m-2025-08-07",
        }
    )
    redaction.redact(new_exchange(headers=[("anthropic-organization-id", UUID)]))
    return redaction


def in_delta(kind: str) -> Callable[[str], list[Exchange]]:
    """Return exchanges whose stream cuts a secret everywhere, into one to three parts."""

    def build(secret: str) -> list[Exchange]:
        text = json.dumps({"a": [f"x {secret}"], secret: 1}) if kind == "partial_json" else f"It is {secret}, I think."
        places = range(0, len(text), 3)
        return [
            new_exchange({}, stream_of(cut(text, [place, place + gap]), kind, end=end), headers=STREAM)
            for place, gap, end in zip(places, [1, 5, 30, 0] * len(text), ["\n", "\r\n"] * len(text), strict=False)
        ]

    return build


PLACES: dict[str, Callable[[str], list[Exchange]]] = {
    "texts of a request": lambda secret: [
        new_exchange({"system": secret, "messages": [{"role": "user", "content": [{"text": f"My key: {secret}."}]}]}),
        new_exchange({"tools": [{"name": "a", "description": secret * 2}], "metadata": {"user_id": secret}}),
    ],
    "keys": lambda secret: [new_exchange({"a": {secret: 1}}, {secret: {f"{secret}": []}})],
    "escaped": lambda secret: [
        new_exchange(f'{{"a": "{escape_all(secret)}"}}'.encode(), encode({"a": secret}).replace(b"/", rb"\/")),
        new_exchange(json.dumps({"a": secret}).encode(), f'{{"a": "{escape_all(secret).upper()}"}}'.encode()),
    ],
    "JSON in JSON": lambda secret: [
        new_exchange({"a": json.dumps({"b": json.dumps([secret])})}, {"a": json.dumps({secret: [secret]})}),
        new_exchange({"a": f"The file: {json.dumps([secret])}"}, {"a": json.dumps({"b": secret})[:-2]}),
    ],
    "base64": lambda secret: [
        new_exchange({"a": b64encode(f"{before}{secret}{after}".encode()).decode()}, b64encode(secret.encode()))
        for before in ("", "a", "ab", "user:")
        for after in ("", "a", "ab")
    ],
    "errors": lambda secret: [
        new_exchange({}, {"type": "error", "error": {"message": f"invalid key {secret}"}}, status=401),
        new_exchange({}, frame("error", {"type": "error", "error": {"message": secret}}), headers=STREAM),
    ],
    "other bodies": lambda secret: [
        new_exchange({}, f"<p>{secret}</p>".encode(), headers=[("content-type", "text/html")], status=502),
        new_exchange({}, f"\xff\0{secret}\xfe".encode("latin-1"), headers=[("content-type", "image/png")]),
        new_exchange(f"a\n{secret}".encode(), b'{"a": ["' + encode(secret)[1:-1]),
    ],
    "path and headers": lambda secret: [
        new_exchange(path=f"/v1/messages?a={quote(secret)}&b={quote(secret, safe='')}"),
        new_exchange(headers=[("request-id", secret), ("set-cookie", secret), ("x-kept", secret)], status=429),
        new_exchange(refusal=f"max_tokens: {secret}", lane=secret),
    ],
    "text deltas": in_delta("text"),
    "thinking deltas": in_delta("thinking"),
    "tool input deltas": in_delta("partial_json"),
    "frames": lambda secret: [
        new_exchange({}, f": {secret}\n\nevent: a\ndata: {secret}\n\n".encode(), headers=STREAM),
        new_exchange({}, stream_of(["a"]) + encode({"delta": {"text": secret}})[:-3], headers=STREAM),
        new_exchange(
            {},
            stream_of(["a"])
            + frame(
                "content_block_delta",
                {"index": 0, "delta": {"type": "citations_delta", "citation": {"cited_text": secret}}},
            ),
            headers=STREAM,
        ),
    ],
}
"""Place -> exchanges with a secret there."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("source", SECRETS)
def test_a_planted_secret_is_not_left(source: str, place: str) -> None:
    secret = SECRETS[source]
    for exchange in PLACES[place](secret):
        redaction = new_redaction(headers=["x-kept"])
        redacted = redaction.redact(exchange)
        assert find_naively(redacted, secret) == [], (exchange.body, exchange.reception)
        assert redaction.find_left(redacted.body + redacted.path.encode()) == []
        assert redaction.find_left(redacted.reception.body) == []
        assert (redacted.document is None) == (exchange.document is None)
        assert (redacted.reply.document is None) == (exchange.reply.document is None)
        assert len(redacted.events) == len(exchange.events) or "\n\n" in secret


@pytest.mark.parametrize("source", SECRETS)
def test_a_name_or_a_comment_has_no_secret(source: str) -> None:
    text = new_redaction().redact_text(f"1 Is {SECRETS[source]} valid, and {SECRETS[source]}?")
    assert text == "1 Is REDACTED_1 valid, and REDACTED_1?"


@pytest.mark.parametrize("source", SECRETS)
@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda secret: json.dumps(json.dumps(secret)),
        escape_all,
        lambda secret: quote(secret, safe=""),
        lambda secret: b64encode(f"a{secret}".encode()).decode(),
        lambda secret: "".join(
            f"\\x{byte:02x}" if byte < 128 else f"\\u{byte:04x}" for byte in secret.encode("latin-1")
        ),
        lambda secret: "".join(f"&#{ord(character)};" for character in secret),
    ],
)
def test_a_written_secret_is_found(source: str, spell: Callable[[str], str]) -> None:
    redaction = new_redaction()
    redaction.redact_text(SECRETS[source])
    assert redaction.find_left(f"a {spell(SECRETS[source])} b".encode()) == [source]
    assert redaction.find_left(b"nothing") == []


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SECRET_TEXTS = st.text(st.sampled_from('aZ9/+-_"\\ é😀\n'), min_size=12, max_size=30).filter(
    lambda text: len(text.strip()) >= 12 and not text.isspace()
)


@given(SECRET_TEXTS, st.lists(TEXTS, min_size=2, max_size=4), st.lists(st.integers(0, 200), max_size=6), st.data())
def test_a_secret_cut_anywhere_is_replaced_once(
    secret: str, texts: list[str], places: list[int], data: st.DataObject
) -> None:
    secret, kind = secret.strip(), data.draw(st.sampled_from(["text", "thinking", "partial_json"]))
    texts = [text.replace(secret, "").rstrip("\\") for text in texts]
    plain, marked = secret.join(texts), "REDACTED_1".join(texts)
    assume(plain.replace(secret, "REDACTED_1") == marked)
    if kind == "partial_json":
        ascii_only = data.draw(st.booleans())
        plain, marked = (json.dumps({"a": text}, ensure_ascii=ascii_only) for text in (plain, marked))
    redaction = Redaction({"A_SECRET": secret})
    redacted = redaction.redact(new_exchange({}, stream_of(cut(plain, places), kind), headers=STREAM))
    expected = new_exchange({}, stream_of([marked], kind), headers=STREAM)
    assert find_naively(redacted, secret) == []
    assert redacted.assembled == expected.assembled


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)


@given(JSONS, st.lists(TEXTS, max_size=5), st.lists(st.integers(0, 100), max_size=4))
def test_a_body_without_secrets_is_unchanged(value: Any, texts: list[str], places: list[int]) -> None:
    redaction = new_redaction(expressions=["absent"], regexes=["never-there"])
    for exchange in (
        new_exchange(value, {"a": value}),
        new_exchange(encode(value)[:-1], encode(value), headers=STREAM),
        new_exchange(json.dumps([json.dumps(value)]).encode(), stream_of(texts), headers=STREAM),
        new_exchange({}, stream_of(cut(json.dumps(value), places), "partial_json"), headers=STREAM),
    ):
        redacted = redaction.redact(exchange)
        assert redacted.body == exchange.body
        assert redacted.reception == exchange.reception


def plant(value: Any, secret: str, data: st.DataObject) -> Any:
    """Return JSON with the secret in it, in texts and keys, perhaps as JSON in JSON."""
    if isinstance(value, list):
        return [plant(item, secret, data) for item in value]
    if isinstance(value, dict):
        return {f"{key}{secret}": plant(item, secret, data) for key, item in value.items()}
    how = data.draw(st.sampled_from(["text", "json", "base64", "none"]))
    inner = f"{value}{secret}{value}"
    if how == "base64":
        return b64encode(inner.encode()).decode()
    return {"text": inner, "json": json.dumps({"a": [inner]}), "none": value}[how]


@given(JSONS, SECRET_TEXTS, st.booleans(), st.data())
def test_a_secret_planted_in_json_is_not_left(value: Any, secret: str, ascii_only: bool, data: st.DataObject) -> None:
    secret = secret.strip()
    body = json.dumps({"a": plant(value, secret, data)}, ensure_ascii=ascii_only).encode()
    redaction = Redaction({"A_SECRET": secret})
    redacted = redaction.redact(new_exchange(body, body))
    assert find_naively(redacted, secret) == []
    assert redacted.document is not None
    assert redacted.reply.document == redacted.document
    again = redaction.redact(redacted)
    assert (again.body, again.reception) == (redacted.body, redacted.reception)


def redact_message(message: Any, **options: Any) -> Any:
    return Redaction(**options).redact(new_exchange(message, message)).document


def test_equal_secrets_have_equal_marks_in_a_session() -> None:
    redaction = Redaction({"A_KEY": "first-secret", "B_KEY": "second-secret"})
    documents = [
        redaction.redact(new_exchange({"a": text})).document["a"]
        for text in ("second-secret", "first-secret second-secret", b64encode(b"first-secret").decode())
    ]
    assert documents == ["REDACTED_1", "REDACTED_2 REDACTED_1", "REDACTED_2"]


def test_a_form_found_last_is_replaced_in_base64_before() -> None:
    key = FORMS["token of Slack"]
    redacted = Redaction().redact(new_exchange({"a": b64encode(f"ab{key}".encode()).decode()[:-4], "b": key}))
    assert find_naively(redacted, key) == []
    assert redacted.document["b"] == "REDACTED_1"


def test_a_secret_of_a_later_request_is_replaced_again() -> None:
    redaction = Redaction()
    first = redaction.redact(new_exchange({"a": "later-credential"}))
    redaction.add_request({"x-api-key": "later-credential"})
    assert redaction.find_left(first.body) == ["header x-api-key"]
    assert redaction.redact(first).document == {"a": "REDACTED_1"}


@pytest.mark.parametrize(
    ("headers", "secrets", "others"),
    [
        ({"X-Api-Key": "a-key-of-someone"}, ["a-key-of-someone"], []),
        ({"authorization": "Bearer a-token-of-someone"}, ["a-token-of-someone"], ["Bearer "]),
        ({"proxy-authorization": "Token a-token-of-someone"}, ["a-token-of-someone"], ["Token "]),
        ({"authorization": "a token with spaces"}, ["a token with spaces", "a+token+with+spaces"], []),
        ({"authorization": "Basic YWRhOmxvdmVsYWNlLTE4MTU="}, ["ada:lovelace-1815", "lovelace-1815"], ["ada"]),
        ({"authorization": "Basic c2tfa2V5X29mX2FkYTo="}, ["sk_key_of_ada"], []),
        ({"authorization": "Basic not/base64/at/all!"}, ["not/base64/at/all!"], []),
        ({"authorization": "Basic caf\u00e9-as-a-password"}, ["caf\u00e9-as-a-password"], []),
        (
            {
                "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE42/20261130/us-east-1/bedrock/aws4_request, "
                "SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6"
            },
            ["AKIDEXAMPLE42", "5d672d79c15b13162d9279b0855cfba6"],
            ["content-type", "AWS4-HMAC-SHA256", "us-east-1"],
        ),
        ({"x-amz-security-token": "IQoJb3JpZ2luX2VjEXAMPLE"}, ["IQoJb3JpZ2luX2VjEXAMPLE"], []),
        ({"x-goog-api-key": "a-key-of-someone"}, ["a-key-of-someone"], []),
        ({"cookie": 'theme=dark; id="a%2Fcookie%2Fof%2Fada"'}, ["a/cookie/of/ada"], ["theme", "dark"]),
        ({"x-custom": "Bearer a-token-of-someone"}, ["a-token-of-someone"], []),
        ({"x-api-key": "mock", "authorization": "Bearer test"}, [], ["mock", "test"]),
        ({"x-api-key": "assistant"}, [], ["assistant"]),
        ({"anthropic-beta": "context-1m-2025-08-07"}, [], ["context-1m-2025-08-07"]),
        ({"idempotency-key": "a-key-of-a-retry"}, [], ["a-key-of-a-retry"]),
    ],
)
def test_credentials_of_headers_are_secrets(headers: dict[str, str], secrets: list[str], others: list[str]) -> None:
    redaction = Redaction()
    redaction.add_request(headers)
    for text in others:
        assert redaction.redact_text(f"a {text} b") == f"a {text} b"
    for secret in secrets:
        assert "REDACTED_" in redaction.redact_text(f"a {secret} b")
        assert secret not in redaction.redact_text(f"a {secret} b")


def test_the_environment_has_secrets() -> None:
    environment = {
        "A_KEY": "value-of-a-key",
        "b_token": "value-of-a-token",
        "C_SECRET": "  value-of-a-secret\n",
        "D_PASSWORD": "value-of-a-password",
        "E_KEY": "too-short-k",
        "KEY_OF_F": "value-of-another",
    }
    redaction = Redaction(environment)
    left = {name for name, value in environment.items() if redaction.find_left(value.encode())}
    assert left == {"A_KEY", "b_token", "C_SECRET", "D_PASSWORD"}
    assert redaction.find_left(b"value-of-a-key") == ["environment variable A_KEY"]


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"would exceed the limit of your organization (org: {UUID}, model: x)", "organization (org: REDACTED_1,"),
        (f'{{"organization_id": "{UUID}"}}', '"REDACTED_1"'),
        (f"Organization {UUID} is disabled", "Organization REDACTED_1 is"),
        (f"session {UUID}", UUID),
        ("risk-ant-hill and task-ant-farm", "risk-ant-hill and task-ant-farm"),
        ("The key begins with sk-ant- or AKIA", "The key begins with sk-ant- or AKIA"),
        ("-----BEGIN PRIVATE KEY----- is the first line.", "-----BEGIN PRIVATE KEY----- is the first line."),
        (PRIVATE_KEY[:-20] + "and", "REDACTED_1"),
        (PRIVATE_KEY.replace("\n", " "), "REDACTED_1"),
        (f"github_pat_{'a1' * 11}_{'b2' * 20}", "REDACTED_1"),
    ],
)
def test_forms_are_found_in_errors_and_prose(text: str, redacted: str) -> None:
    assert redacted in Redaction().redact_text(text)


def test_credentials_in_a_query_are_secrets() -> None:
    exchange = new_exchange({"a": "query credential"}, path="/v1/messages?beta=true&api_key=query%20credential&page=2")
    redacted = Redaction().redact(exchange)
    assert redacted.path == "/v1/messages?beta=true&api_key=REDACTED_1&page=2"
    assert redacted.document == {"a": "REDACTED_1"}


HEADERS = [
    ("content-type", "application/json"),
    ("content-encoding", "br"),
    ("request-id", "req_1"),
    ("retry-after", "3"),
    ("retry-after-ms", "2500"),
    ("x-should-retry", "true"),
    ("anthropic-ratelimit-requests-limit", "50"),
    ("anthropic-ratelimit-requests-reset", "2026-11-30T20:00:00Z"),
    ("anthropic-organization-id", UUID),
    ("anthropic-workspace-id", "wrkspc_01AbCdEfGhIjKlMn"),
    ("set-cookie", "__cf_bm=value-of-the-cookie; path=/"),
    ("date", "Mon, 30 Nov 2026 20:00:00 GMT"),
    ("cf-ray", "9e793df2cb2c16a4-SJC"),
    ("server-timing", "x"),
    ("traceresponse", "x"),
    ("via", "1.1 google"),
    ("x-envoy-upstream-service-time", "12"),
    ("x-gateway", "eu"),
    ("x-auth-token", "value-of-a-token"),
]
USUAL = ["content-type", "content-encoding", "request-id", "retry-after", "retry-after-ms", "x-should-retry"]


@pytest.mark.parametrize(
    ("status", "more", "names"),
    [
        (200, [], USUAL),
        (429, [], [*USUAL, "anthropic-ratelimit-requests-limit"]),
        (200, ["X-Gateway", "set-cookie", "Date", "x-envoy-upstream-service-time"], [*USUAL, "x-gateway"]),
        (200, [name for name, _ in HEADERS], [*USUAL, HEADERS[6][0], "x-gateway", "x-auth-token"]),
    ],
)
def test_only_some_headers_of_a_response_are_kept(status: int, more: list[str], names: list[str]) -> None:
    redacted = Redaction(headers=more).redact(new_exchange(status=status, headers=HEADERS))
    assert [name for name, _ in redacted.reception.headers] == names
    assert dict(redacted.reception.headers).get("x-auth-token", "REDACTED_1") == "REDACTED_1"


@pytest.mark.parametrize(("_", "value"), HEADERS[8:10])
def test_ids_of_the_account_are_secrets_of_bodies(_: str, value: str) -> None:
    redacted = Redaction().redact(new_exchange({"a": value}, {"b": value}, headers=HEADERS))
    assert redacted.document == {"a": "REDACTED_1"}
    assert redacted.reply.document == {"b": "REDACTED_1"}


def test_a_cookie_of_the_response_is_a_secret() -> None:
    redacted = Redaction().redact(new_exchange({"a": "value-of-the-cookie path=/"}, headers=HEADERS))
    assert redacted.document == {"a": "REDACTED_1 path=/"}


@pytest.mark.parametrize(
    ("expression", "document", "redacted"),
    [
        ("metadata.user_id", {"metadata": {"user_id": "ada-lovelace"}, "a": "by ada-lovelace"}, "by REDACTED_1"),
        ("name", {"name": "Ada", "a": "Ada"}, "REDACTED_1"),
        ("name", {"name": "Ada", "a": "Adam"}, "Adam"),
        ("name", {"name": "Ada", "a": '{"b": "Ada", "c": "Adam"}'}, '{"b": "REDACTED_1", "c": "Adam"}'),
        ("*", {"a": {"b": ["deep-secret", None, True, 12, {}]}}, {"b": ["REDACTED_1", None, True, 12, {}]}),
        ("number", {"number": 4711471147, "a": [4711471147, -4711471147.5]}, ["REDACTED_1", "REDACTED_1"]),
        ("number", {"number": 4711, "a": 4711}, 4711),
        ("number", {"number": 4711471147, "a": "by 4711471147"}, "by REDACTED_1"),
        ("absent", {"a": "b"}, "b"),
        ("name", {"name": "", "a": ""}, ""),
        ("length(@)", {"a": "b"}, "b"),
        ("@", ["x"], None),
    ],
)
def test_an_expression_selects_secrets(expression: str, document: Any, redacted: Any) -> None:
    result = redact_message(document, expressions=[expression])
    assert (result["a"] if isinstance(result, dict) else None) == redacted


@pytest.mark.parametrize("kind", ["text", "thinking"])
def test_an_expression_selects_texts_of_a_stream(kind: str) -> None:
    exchange = new_exchange({"a": "By Ada Lovelace"}, stream_of(["Ada ", "Lovelace"], kind), headers=STREAM)
    redacted = Redaction(expressions=[f"content[0].{kind}"]).redact(exchange)
    assert redacted.assembled is not None
    assert redacted.assembled.message["content"][0][kind] == "REDACTED_1"
    assert redacted.document == {"a": "By REDACTED_1"}


def test_a_short_text_of_a_stream_is_a_secret_as_a_whole() -> None:
    texts = [["A", "da"], ["Adam"]]
    redaction = Redaction(expressions=["name"])
    for text, expected in zip(texts, ["REDACTED_1", "Adam"], strict=True):
        redacted = redaction.redact(new_exchange({"name": "Ada"}, stream_of(text), headers=STREAM))
        assert redacted.assembled is not None
        assert redacted.assembled.message["content"] == [{"type": "text", "text": expected}]


@pytest.mark.parametrize(
    ("regex", "value", "redacted"),
    [
        (r"tide-\d+", "a tide-4711 b tide-42", "a REDACTED_1 b REDACTED_2"),
        (r"^\d+$", "4711", "REDACTED_1"),
        (r"^\d+$", "a 4711", "a 4711"),
        (r"^\d+$", '{"b": "4711", "4711": 4711}', '{"b": "REDACTED_1", "REDACTED_1": 4711}'),
        (r"x.*", '{"b": "axb"', '{"b": "aREDACTED_1'),
        (r"é+", "caféé", "cafREDACTED_1"),
        (r"\d{16}", 4111111111111111, "REDACTED_1"),
        (r"\d", 4711, 4711),
        (r"RED.*", "REDACTED_7", "REDACTED_7"),
        (r"a*", "bcd", "bcd"),
    ],
)
def test_a_regular_expression_finds_secrets(regex: str, value: Any, redacted: Any) -> None:
    assert redact_message({"k": value}, regexes=[regex])["k"] == redacted


@pytest.mark.parametrize("key", ["signature", "data", "encrypted_content"])
def test_a_regular_expression_spares_opaque_values(key: str) -> None:
    document = {"k": [{key: "EqQBCkYIBxgCKkD4711", "text": "4711"}]}
    delta = {"index": 0, "delta": {"type": "signature_delta", key: "EqQBCkYIBxgCKkD4711"}}
    stream = stream_of(["a"]) + frame("content_block_delta", delta)
    redacted = Redaction(regexes=["4711", "Eq.*"]).redact(new_exchange(document, stream, headers=STREAM))
    assert redacted.document == {"k": [{key: "EqQBCkYIBxgCKkD4711", "text": "REDACTED_1"}]}
    assert redacted.reception.body == stream


def test_a_regular_expression_finds_secrets_in_streams() -> None:
    stream = (
        stream_of(["tide-47", "11, tide", "-12"])
        + frame("a", {"b": "tide-4711"})
        + b": tide-12\n\n"
        + b'data: {"c": "tide-4711'
    )
    redacted = Redaction(regexes=[r"tide-\d+"]).redact(new_exchange({}, stream, headers=STREAM))
    expected = (
        stream_of(["REDACTED_1", ", REDACTED_2", ""])
        + frame("a", {"b": "REDACTED_1"})
        + b": REDACTED_2\n\n"
        + b'data: {"c": "REDACTED_1'
    )
    assert redacted.reception.body == expected


def test_numbers_in_a_stream_become_texts() -> None:
    redaction = Redaction({"A_PASSWORD": "471147114711"})
    stream = stream_of(['{"a": 4711', "47114711", ', "b": "', '471147114711"}'], "partial_json")
    stream += frame("a", {"b": 471147114711})
    redacted = redaction.redact(new_exchange({}, stream, headers=STREAM))
    expected = stream_of(['{"a": "REDACTED_1"', "", ', "b": "', 'REDACTED_1"}'], "partial_json")
    assert redacted.reception.body == expected + frame("a", {"b": "REDACTED_1"})


@pytest.mark.parametrize(
    ("text", "ends", "moved"),
    [
        ("secret-value and more", [3, 12, 21], [10, 10, 19]),
        ("a secret-value", [1, 2, 3, 14], [1, 2, 12, 12]),
        ("secret-value+secret-value!", [12, 13, 20, 25, 26], [10, 11, 21, 21, 22]),
        ("none", [2, 4], [2, 4]),
    ],
)
def test_arrivals_fit_the_redacted_body(text: str, ends: list[int], moved: list[int]) -> None:
    exchange = new_exchange({}, text.encode(), headers=[])
    arrivals = tuple(Arrival(number, end) for number, end in enumerate(ends))
    exchange = replace(exchange, reception=exchange.reception._replace(arrivals=arrivals))
    redacted = Redaction({"A_SECRET": "secret-value"}).redact(exchange).reception
    assert [arrival.end for arrival in redacted.arrivals] == moved
    assert redacted.arrivals[-1].end == len(redacted.body)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"expressions": ["a["]}, r"--redact: invalid JMESPath 'a\['"),
        ({"regexes": ["("]}, r"--redact-regex: invalid pattern \(missing \): \(\), got '\('; expected a regular"),
        ({"regexes": ["(?=a)"]}, r"--redact-regex: invalid pattern \(.*\), got '\(\?=a\)'; expected a regular"),
    ],
)
def test_an_invalid_option_is_refused(options: dict[str, list[str]], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}"):
        Redaction(**options)  # type: ignore[arg-type]


def test_half_of_an_escape_is_not_left() -> None:
    redacted = Redaction({"A_TOKEN": "name-of-a-token", "B_TOKEN": "a-token-with-\\"}).redact(
        new_exchange(rb'{"a": "x\name-of-a-token", "b": "a-token-with-\n"}')
    )
    assert redacted.document == {"a": "xREDACTED_1", "b": "REDACTED_2"}


def test_half_of_an_escape_is_not_a_part_of_a_secret() -> None:
    body = rb'{"a": "\u0019999999999999", "b": "999999999999%20&lt;"}'
    redacted = Redaction({"A_TOKEN": "999999999999"}).redact(new_exchange(body))
    assert redacted.document == {"a": "\x19REDACTED_1", "b": "REDACTED_1%20&lt;"}


def test_secrets_that_overlap_have_one_mark() -> None:
    redaction = Redaction({f"{name}_KEY": f"overlap-{name}" for name in ("alpha", "beta", "gamma", "delta")})
    assert redaction.redact_text("a b") == "a b"
    redaction.add_request({"x-api-key": "alpha-overlap"})
    assert redaction.redact_text("an overlap-alpha-overlap, alpha-overlap") == "an REDACTED_1, REDACTED_1"


def test_images_and_ids_are_not_damaged() -> None:
    image = b64encode(bytes(range(256)) * 20).decode()
    document = {"content": [{"data": image, "id": "toolu_01AbCdEfGhIjKlMn", "signature": image}], "id": f"msg_{UUID}"}
    assert redact_message(document) == document


def test_a_key_in_base64_next_to_other_signs_is_replaced() -> None:
    text = b64encode(f"user:{FORMS['access key of AWS']}\n".encode()).decode()
    assert Redaction().redact_text(f"Basic {text}, {text}") == "Basic REDACTED_1, REDACTED_1"


def test_known_secrets_have_a_limit() -> None:
    keys = [f"AKIA{number:016}" for number in range(20_010)]
    redaction = Redaction()
    assert redaction.redact_text(" ".join(keys)).split() == [f"REDACTED_{number}" for number in range(1, 20_011)]
    assert redaction.find_left(keys[-1].encode()) == ["access key of AWS"]


def test_long_secrets_are_not_searched_in_base64() -> None:
    text = "a long system prompt; " * 1000
    redacted = redact_message(
        {"system": text, "a": f"{text}x", "b": b64encode(text.encode()).decode()}, expressions=["system"]
    )
    assert redacted["a"] == "REDACTED_1 x"
    assert redacted["b"].startswith("YSBsb25n")


def test_a_mark_of_an_earlier_recording_is_no_secret() -> None:
    assert not Redaction({}).add_request({"x-api-key": "REDACTED_1"})
    assert Redaction({}).add_request({"x-api-key": "a key that is long enough"})
