"""Credentials are redacted by name and by shape, and everything else stays as it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockclaude.api import redaction
from mockclaude.api.redaction import REDACTED, redact, redact_body, redact_header, redact_headers

SECRET = "q7Zp9xK2mLw4Rt"


@pytest.mark.parametrize(
    "name",
    [
        *("x-api-key", "X-Api-Key", "authorization", "proxy-authorization", "cookie", "set-cookie"),
        *("api-key", "x-goog-api-key", "x-auth-token", "x-amz-security-token", "cf-access-client-secret"),
        *("private-token", "x-vault-token", "x-functions-key", "ocp-apim-subscription-key", "x-csrf-token"),
        *("x-password", "x-credential", "x-hub-signature-256", "x-session", "mcp-session-id", "x-auth", "dpop"),
        *("x-shop-secret-id", "x-db-password-2", "x-jwt-user", "x-apikey-old", "x-credentials-of"),
        *("cf-access-jwt-assertion", "x-mockclaude-token", "x-forwarded-authorization", "apikey", "x-secret"),
    ],
)
def test_header_is_redacted_by_its_name(name: str) -> None:
    assert redact_header(name, SECRET) == REDACTED


@pytest.mark.parametrize(
    "name",
    [
        *("anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-input-tokens-remaining", "idempotency-key"),
        *("x-idempotency-key", "x-cache-key", "sec-websocket-key", "x-claude-code-session-id", "x-mockclaude-lane"),
        *("anthropic-beta", "x-stainless-retry-count", "user-agent", "x-request-id", "max-tokens", "monkey", "author"),
    ],
)
def test_harmless_header_is_kept(name: str) -> None:
    assert redact_header(name, "token-counting-2024-11-01") == "token-counting-2024-11-01"


@pytest.mark.parametrize("scheme", ["Basic", "basic", "Bearer", "Digest", "Negotiate", "NTLM"])
def test_value_of_a_header_is_redacted_by_its_scheme(scheme: str) -> None:
    assert redact_header("x-note", f"{scheme} {SECRET}") == f"{scheme} [redacted]"
    assert redact_header("x-note", scheme) == scheme


def test_headers_are_redacted_by_shape_and_found_in_any_case() -> None:
    kept = redact_headers({"Referer": f"https://u:{SECRET}@host/?api_key={SECRET}", "X-Api-Key": "mock", "a": "b"})

    assert dict(kept.items()) == {
        "Referer": "https://u:[redacted]@host/?api_key=[redacted]",
        "X-Api-Key": REDACTED,
        "a": "b",
    }
    assert kept["x-api-key"] == REDACTED


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"key sk-ant-api03-{SECRET} end", "key sk-ant-[redacted] end"),
        (f"SK-ANT-API03-{SECRET}", "SK-ANT-[redacted]"),
        (f"sk-proj-{SECRET}-{SECRET}", "sk-[redacted]"),
        (f"sk_live_{SECRET}", "sk_live_[redacted]"),
        (f"ghp_{SECRET}abc", "ghp_[redacted]"),
        (f"github_pat_{SECRET}abc", "github_pat_[redacted]"),
        (f"hf_{SECRET}abc", "hf_[redacted]"),
        (f"xoxb-1-{SECRET}", "xoxb-[redacted]"),
        (f"glpat-{SECRET}", "glpat-[redacted]"),
        ("AKIAABCDEFGH12345678", "AKIA[redacted]"),
        ("ASIAABCDEFGH12345678.", "ASIA[redacted]."),
        (f"AIza{SECRET * 3}", "AIza[redacted]"),
        (f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}", "eyJ[redacted]"),
        (f"bearer {SECRET}", "bearer [redacted]"),
        (
            f"-----BEGIN RSA PRIVATE KEY-----\nMII{SECRET}\n-----END RSA PRIVATE KEY-----.",
            "-----BEGIN RSA PRIVATE KEY-----[redacted].",
        ),
        (f"-----BEGIN PRIVATE KEY-----\nMII{SECRET}", "-----BEGIN PRIVATE KEY-----[redacted]"),
        (f"postgres://me:{SECRET}@db/x", "postgres://me:[redacted]@db/x"),
        (f"https://{SECRET}{SECRET}@host/x", "https://[redacted]@host/x"),
        (f"/v1/messages?beta=true&api_key={SECRET}&x=1", "/v1/messages?beta=true&api_key=[redacted]&x=1"),
        (f"?key={SECRET}&X-Amz-Signature={SECRET}#x", "?key=[redacted]&X-Amz-Signature=[redacted]#x"),
        (f"access_token={SECRET}", "access_token=[redacted]"),
        (f"AccountName=a;AccountKey={SECRET}==;", "AccountName=a;AccountKey=[redacted];"),
        (f"curl -H 'x-api-key: {SECRET}' x", "curl -H 'x-api-key: [redacted]' x"),
        (f"Authorization: Basic {SECRET}\nx", "Authorization: Basic [redacted]\nx"),
        (f"Set-Cookie: a={SECRET}; b={SECRET}", "Set-Cookie: [redacted]"),
        (f"DB_PASSWORD={SECRET}\nexport A_KEY='{SECRET}'", "DB_PASSWORD=[redacted]\nexport A_KEY='[redacted]'"),
        (f"run --api-key {SECRET} --token={SECRET}", "run --api-key [redacted] --token=[redacted]"),
        (f'api_key="{SECRET}"', 'api_key="[redacted]"'),
        (f"{{'password': '{SECRET}'}}", "{'password': '[redacted]'}"),
        (f":client_secret => '{SECRET}'", ":client_secret => '[redacted]'"),
        (f'so {{\\"token\\": \\"{SECRET}\\"}}', 'so {\\"token\\": \\"[redacted]\\"}'),
        ('so {"password": 12345}', 'so {"password": "[redacted]"}'),
        ("so 'password': 12345", "so 'password': [redacted]"),
        (f"password: {SECRET}", "password: [redacted]"),
        (f"The password is {SECRET}, and", "The password is [redacted], and"),
        ("**Password:** hunter2", "**Password:** [redacted]"),
        (f"`token`: `{SECRET}`", "`token`: `[redacted]`"),
        (f"db_password = {SECRET} ; x", "db_password = [redacted] ; x"),
        (f"api key := {SECRET}", "api key := [redacted]"),
        (f"secret => #{SECRET})", "secret => [redacted])"),
        ("password = p@ssword", "password = [redacted]"),
        ("password = 12345678", "password = [redacted]"),
        (f"pass: {SECRET}\npwd={SECRET}\nPw: {SECRET}", "pass: [redacted]\npwd=[redacted]\nPw: [redacted]"),
        (f"DB_PASS={SECRET}\ndb-pass: {SECRET}", "DB_PASS=[redacted]\ndb-pass: [redacted]"),
        (f"dbPass: {SECRET} userPwd = '{SECRET}'", "dbPass: [redacted] userPwd = '[redacted]'"),
        (f"curl -u me:{SECRET} https://h/", "curl -u me:[redacted] https://h/"),
        (f"curl --user 'me:{SECRET}' --proxy-user a:{SECRET}", "curl --user 'me:[redacted]' --proxy-user a:[redacted]"),
        (f"X-Note: Basic {SECRET}", "X-Note: Basic [redacted]"),
        ("so Basic dXNlcjpwYXNzd29yZA==", "so Basic [redacted]"),
        (f"https://hooks.slack.com/services/T0/B0/{SECRET}", "https://hooks.slack.com/services/[redacted]"),
        (f"hooks.slack.com/workflows/T0/{SECRET}.", "hooks.slack.com/workflows/[redacted]."),
        (f"https://discord.com/api/webhooks/1/{SECRET}", "https://discord.com/api/webhooks/[redacted]"),
        (f"https://a.webhook.office.com/webhookb2/{SECRET}@x", "https://a.webhook.office.com/webhookb2/[redacted]"),
        (f"https://api.telegram.org/bot1:{SECRET}/x", "https://api.telegram.org/bot[redacted]"),
        (f"machine h login me password {SECRET}\nx", "machine h login me password [redacted]\nx"),
        (f"default\n login me\n password {SECRET}", "default\n login me\n password [redacted]"),
        ("X-Shop-Token: word", "X-Shop-Token: [redacted]"),
        (f"X-Auth: {SECRET}; X-Session: {SECRET}", "X-Auth: [redacted]; X-Session: [redacted]"),
        (f"My-Otp: {SECRET}\nSession-Id: {SECRET}", "My-Otp: [redacted]\nSession-Id: [redacted]"),
    ],
)
def test_text_is_redacted_by_shape_and_by_the_names_in_it(text: str, redacted: str) -> None:
    assert redact(text) == redacted
    assert redact(f"{text} ").rstrip() == redacted
    assert json.loads(redact_body(json.dumps({"text": f"line\n{text}"}).encode())) == {"text": f"line\n{redacted}"}


@pytest.mark.parametrize(
    "text",
    [
        "POST /v1/messages  'hello' (a.yaml:1:9)",
        "max_tokens=1024 risk-assessment the-disk-usage-of-the-machine",
        "token = next_token(); secrets: none; PASS: 12 tests",
        "the password is required, a token too",
        "https://example.com:8080/a@b?x=1 git@github.com:a/b ssh://git@github.com/x",
        "Bearer token",
        "token_type: 'x', secret_name: 'y', password_length: 'z'",
        "-----BEGIN CERTIFICATE-----",
        'url = {"a": f"http://127.0.0.1:{port}"} and ["x_api_key", "authorization"] of http://[::1]:80 ["',
        ".. _`Bearer Token`: https://tools.ietf.org/html/rfc6750",
        "headers.x-api-key: expected '[redacted]', got '[redacted]'; "
        "headers.cookie: exactly 'a' or text that contains 'b'",
        "token = next_token2(); password: str | None = None; password: a1b2",
        "if token == abc1234: pass; PASS: test_login2; compass: n0rth1",
        "PWD=/home/me2/x pwd: ~/work2 token: https://x pad_token: 151643",
        "Basic JavaScript, basic understanding of it; the key is abc1234",
        "docker run -u 1000:1000 x; git push -u origin main; python -u a.py",
        "Idempotency-Key: a1b2c3d4 sort-key: a1b2c3d4",
        "a machine learning login needs a password",
    ],
)
def test_harmless_text_is_kept(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("body", "redacted"),
    [
        ({"mcp_servers": [{"authorization_token": SECRET}]}, {"mcp_servers": [{"authorization_token": REDACTED}]}),
        ({"fallback_credit_token": SECRET}, {"fallback_credit_token": REDACTED}),
        (
            {"fallback_credit_token": {"token": SECRET, "mode": "strict"}},
            {"fallback_credit_token": {"token": REDACTED, "mode": "strict"}},
        ),
        (
            {"headers": {"x-goog-api-key": SECRET, "Cookie": SECRET}},
            {"headers": {"x-goog-api-key": REDACTED, "Cookie": REDACTED}},
        ),
        ({"clientSecret": SECRET, "privateKey": SECRET}, {"clientSecret": REDACTED, "privateKey": REDACTED}),
        ({"password": 12345, "x": -1.5e3}, {"password": REDACTED, "x": -1.5e3}),
        ({"passwords": [SECRET, "", 7]}, {"passwords": [REDACTED]}),
        (
            {"headers": [{"name": "Authorization", "value": SECRET}]},
            {"headers": [{"name": "Authorization", "value": REDACTED}]},
        ),
        (
            {"a": json.dumps({"b": json.dumps({"password": SECRET})})},
            {"a": json.dumps({"b": json.dumps({"password": REDACTED})})},
        ),
        ({"a": "\ud800 é sk-ant-" + SECRET}, {"a": "\ud800 é sk-ant-[redacted]"}),
        (
            {"password": {"value": "two words", "type": "oauth2", "x": SECRET, "y": "plain"}, "after": SECRET},
            {"password": {"value": REDACTED, "type": "oauth2", "x": REDACTED, "y": "plain"}, "after": SECRET},
        ),
        (
            {"tokens": {}, "api_keys": [["word", ["x"]], {"a": SECRET, "b": ["word", 1]}], "after": [SECRET]},
            {"tokens": {}, "api_keys": [[REDACTED, [REDACTED]], {"a": REDACTED, "b": ["word", 1]}], "after": [SECRET]},
        ),
        (
            {"credentials": {"user": "me", "pass": SECRET, "text": f"sk-ant-{SECRET} and more"}},
            {"credentials": {"user": "me", "pass": REDACTED, "text": f"sk-ant-{REDACTED} and more"}},
        ),
        (
            [
                {"value": "word", "name": "Authorization"},
                {"value": "b", "key": "X-Auth"},
                {"value": "c", "name": "x-b"},
            ],
            [
                {"value": REDACTED, "name": "Authorization"},
                {"value": REDACTED, "key": "X-Auth"},
                {"value": "c", "name": "x-b"},
            ],
        ),
        (
            {"headers": [["Authorization", "word"], ["accept", "*/*"], ["api_key", "word"]]},
            {"headers": [["Authorization", REDACTED], ["accept", "*/*"], ["api_key", REDACTED]]},
        ),
        (
            {"raw": ["Host", "h", "Authorization", "Token word", "X-Auth", SECRET], "pair": ["cookie", SECRET]},
            {"raw": ["Host", "h", "Authorization", REDACTED, "X-Auth", REDACTED], "pair": ["cookie", REDACTED]},
        ),
        (
            {"pwd": SECRET, "DB_PASS": "word", "PASS": SECRET, "dbPwd": "word", "X-Auth": "word"},
            {"pwd": REDACTED, "DB_PASS": REDACTED, "PASS": REDACTED, "dbPwd": REDACTED, "X-Auth": REDACTED},
        ),
        ({"a": "[see] password: '" + SECRET + "'"}, {"a": "[see] password: '[redacted]'"}),
    ],
)
@pytest.mark.parametrize("style", [{}, {"separators": (",", ":")}, {"indent": 2}], ids=["usual", "compact", "indented"])
def test_json_is_redacted_by_the_names_of_its_values(body: Any, redacted: Any, style: dict[str, Any]) -> None:
    assert json.loads(redact_body(json.dumps(body, **style).encode())) == redacted


@pytest.mark.parametrize(
    "body",
    [
        {"max_tokens": 5, "thinking": {"budget_tokens": 1024}, "metadata": {"user_id": "user_1_account__session_2"}},
        {
            "tools": [
                {"input_schema": {"properties": {"password": {"type": "string"}}, "required": ["password", "token"]}}
            ]
        },
        {"content": [{"type": "thinking", "signature": base64.b64encode(bytes(range(256))).decode()}]},
        {"betas": ["token-efficient-tools-2025-02-19", "context-1m-2025-08-07"], "x-cache-key": "a"},
        {"pwd": "/home/me/work2", "pass": 12, "PASS": "yes", "first": ["pass", "user2name"]},
        {"tools": [{"required": ["api_key", "s3_bucket"], "enum": ["authorization", "word"]}]},
        {"password": {"type": "string", "description": "At least 8 characters", "format": "sha256", "minLength": 8}},
        {"password": "", "token": None, "secret": True, "credentials": {"type": "oauth"}, "token_type": "x"},
    ],
)
def test_harmless_json_is_kept_byte_for_byte(body: Any) -> None:
    written = json.dumps(body, indent=1).encode()

    assert redact_body(written) is written


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            f'It said {{"a": ["x", {{"pwd": "{SECRET}"}}]}}, not {{"b"}}.',
            'It said {"a": ["x", {"pwd": "[redacted]"}]}, not {"b"}.',
        ),
        (f'{{"not json}} then ["Authorization", "{SECRET}"]!', '{"not json} then ["Authorization", "[redacted]"]!'),
        (
            f'a {{"b": c}} ["cookie", "{SECRET}"] {{"secrets": {{"a": "{SECRET}',
            'a {"b": c} ["cookie", "[redacted]"] {"secrets": {"a": "[redacted]',
        ),
        ('a {"secrets": {"a": 1, "b":', 'a {"secrets": {"a": 1, "b":'),
        ("a " + '{"token":' * 5_000, "a " + '{"token":' * 5_000),
    ],
)
def test_json_in_prose_is_redacted_by_the_names_of_its_values(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_list_named_like_a_credential_ends_at_its_bracket() -> None:
    numbers = list(range(1_000))
    body: dict[str, Any] = {"secrets": {"a": [numbers, {}], "b": SECRET}, "c": SECRET}

    assert json.loads(redact_body(json.dumps(body).encode())) == {**body, "secrets": {**body["secrets"], "b": REDACTED}}


def test_name_and_value_written_with_escapes_are_redacted() -> None:
    assert redact_body(b'{"authorization\\u005ftoken":"%b"}' % SECRET.encode()) == (
        b'{"authorization\\u005ftoken":"[redacted]"}'
    )
    assert redact_body(b'{"url":"https:\\/\\/u:%b@h"}' % SECRET.encode()) == b'{"url":"https://u:[redacted]@h"}'


@pytest.mark.parametrize("style", [{}, {"indent": 2}])
def test_no_cut_of_a_body_shows_a_credential(style: dict[str, Any]) -> None:
    body = {
        "mcp_servers": [{"url": f"https://u:{SECRET}@h", "authorization_token": SECRET}],
        "messages": [{"content": f'a "quoted"\n{{"token": "{SECRET}"}} sk-ant-{SECRET} '}],
        "key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        "nested": json.dumps({"password": SECRET, "more": [SECRET[:1]]}),
        "passwords": [SECRET, SECRET],
        "api_keys": {"one": [SECRET], "other": {"x": SECRET}},
        "headers": [["Authorization", SECRET]],
    }  # fmt: skip
    written = json.dumps(body, **style).encode()

    assert [cut for cut in range(len(written)) if SECRET.encode() in redact_body(written[:cut])] == []


def test_body_that_is_no_json_is_redacted_as_text() -> None:
    assert redact_body(b'{token : 1, "a": "sk-ant-abcd"}') == b'{token : 1, "a": "sk-ant-[redacted]"}'
    assert redact_body(b"api_key=abc&x=1") == b"api_key=[redacted]&x=1"
    assert (
        redact_body(b'{"password": "a", oops \xff DB_TOKEN=b')
        == b'{"password": "[redacted]", oops \xff DB_TOKEN=[redacted]'
    )
    assert redact_body(b'{"password": "a\\q", "b": "\\q sk-ant-abc"}') == (
        b'{"password": "[redacted]", "b": "\\q sk-ant-[redacted]"}'
    )


_TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "password",
        "token",
        '"',
        "\\",
        "\n",
        "sk-ant-abcdef",
        "authorization_token",
        '{"secret": "x"}',
        "://a:b@c",
        "[",
        "Bearer abcdefgh",
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.lists(_TEXTS, max_size=3).map("".join),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.lists(_TEXTS, max_size=2).map("".join), inside),
    max_leaves=10,
)


@given(_JSON, st.booleans())
@example({"password": ["x", {}]}, True)
def test_json_stays_json_and_is_redacted_once(data: Any, ascii_only: bool) -> None:
    body = json.dumps(data, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    once = redact_body(body)
    json.loads(once.decode("utf-8", "surrogatepass"))

    assert redact_body(once) == once


@given(st.text(alphabet="password=:\"'\\{}[], \nsk-ant", max_size=60))
def test_any_text_is_redacted_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_work_is_bounded_however_many_credentials_there_are() -> None:
    keys = b"[" + b",".join([b'"sk-ant-abcd"'] * 20_000) + b"]"
    text = b"password='x' " * 20_000

    keys_too_many = b'"[redacted: more than 10,000 places may be credentials]"'
    assert redact_body(keys) == keys_too_many
    assert redact_body(text).count(redaction.REDACTED.encode()) == 5_001
    pairs = json.dumps([{"value": "x", "name": "Authorization"}] * 6_000).encode()

    objects = b"so " + b'{"token": "x"} ' * 11_000

    assert redact_body(objects).count(redaction.REDACTED.encode()) == 5_001
    assert redact_body(b"so " + b'{"a": no} ' * 1_000 + b"token='x'").endswith(b"{\"a\": no} token='[redacted]'")
    assert redact_body(pairs) == keys_too_many
    assert redact_body(b'{"passwords":' + b"[" * 2_000 + b'"x') == keys_too_many
    assert redact("é" * 2_000 + f" sk-ant-{SECRET}") == "é" * 2_000 + " sk-ant-[redacted]"
