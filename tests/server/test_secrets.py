"""Secrets are planted in requests; none is found in anything that is kept, sent or printed."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockclaude.api.redaction import redact
from mockclaude.journal.console import log_line
from mockclaude.journal.journal import Journal
from mockclaude.journal.verification import verify
from mockclaude.testing.messages_request import read_request
from mockclaude.testing.report import format_report
from tests.cli.invoking import invoke, written
from tests.conftest import Serve, Start
from tests.journal.entries import journal_entry
from tests.journal.test_journal import when
from tests.server.administering import Admin
from tests.serving import Received, asking, request

SCENARIO = """
rules:
  - when: {user: nobody says this, system: nor this, headers: {x-auth-token: other, x-api-key: k}, body: {tools: 1}}
    reply: Hi!
  - {name: echo, when: {user: echo}, reply: "${{ user }}"}
"""


def secret(number: int) -> str:
    return f"q7Zp9xK2mLw4Rt{number:02}"


HEADERS = {
    "x_api_key": secret(1),
    "authorization": f"Bearer {secret(2)}",
    "proxy_authorization": f"Basic {secret(3)}",
    "cookie": f"a={secret(4)}",
    "api_key": secret(5),
    "x_goog_api_key": secret(6),
    "x_auth_token": secret(7),
    "x_amz_security_token": secret(8),
    "cf_access_client_secret": secret(9),
    "x_hub_signature": secret(10),
    "referer": f"https://user:{secret(11)}@host/",
    "x_note": f"sk-ant-{secret(12)}",
}
QUERY = f"?beta=true&api_key={secret(13)}&token={secret(14)}&X-Amz-Signature={secret(15)}"
TEXT = (
    f"sk-ant-api03-{secret(16)} ghp_{secret(17)}abc AKIAABCDEFGH12345618 xoxb-1-{secret(19)} "
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{secret(20)} Bearer {secret(21)} postgres://u:{secret(22)}@db "
    f"\nDB_PASSWORD={secret(23)}\n-----BEGIN PRIVATE KEY-----\n{secret(24)}\n-----END PRIVATE KEY----- "
    f'{{"client_secret": "{secret(25)}"}} https://h/?access_token={secret(26)}'
)
FIELDS: dict[str, Any] = {
    "mcp_servers": [
        {"type": "url", "name": "m", "url": f"https://u:{secret(27)}@h", "authorization_token": secret(28)}
    ],
    "fallback_credit_token": secret(29),
    "tools": [{"name": "t", "input_schema": {"type": "object"}, "headers": {"X-Password": secret(30)}}],
}
IN_PROSE = {
    "password in prose": f"password: {secret(31)}",
    "line of an INI file": f"db_password = {secret(32)}",
    "short name": f"pwd: {secret(33)}",
    "DB_PASS": f"DB_PASS={secret(34)}",
    "curl": f"curl -u user:{secret(35)} https://h/",
    "capitals": f"SK-ANT-API03-{secret(36)}",
    "Slack webhook": f"https://hooks.slack.com/services/T0/B0/{secret(37)}",
    "netrc": f"machine h login u password {secret(38)}",
    "header in prose": f"X-Shop-Token: {secret(39)}",
    "object": json.dumps({"credentials": {"a": secret(40)}}),
    "nested list": json.dumps({"passwords": [[secret(41)]]}),
    "value before name": json.dumps({"value": secret(42), "name": "Authorization"}),
    "pair": json.dumps(["Authorization", secret(43)]),
    "key pwd": json.dumps({"pwd": secret(44)}),
    "key DB_PASS": json.dumps({"DB_PASS": secret(45)}),
    "value of a condition": f"headers.x-api-key: expected '[redacted]', got nothing, password='{secret(46)}'",
}
TEXT += "".join(f"\n{text}" for text in IN_PROSE.values())
HEADERS |= {"x_remark": f"Basic {secret(47)}", "x_shop_secret_id": secret(48)}
FIELDS |= {"metadata": {"user_id": json.dumps(list(IN_PROSE.values()))}, "bags": [{"secrets": {"a": [secret(49)]}}]}
SECRETS = [secret(number) for number in range(1, 50) if number != 18] + ["ABCDEFGH12345618"]


def planted(text: str = TEXT) -> bytes:
    """Return a request with a secret in each place, which no rule answers unless `text` says so."""
    body = asking(text, system=text, **FIELDS)
    return request("POST", f"/v1/messages{QUERY}", body, "1.1", x_mockclaude_validation="off", **HEADERS)


def found_in(*texts: object) -> list[str]:
    return [each for each in SECRETS if any(each in str(text) for text in texts)]


def test_every_secret_is_sent() -> None:
    assert len(SECRETS) == 49
    assert found_in(planted().decode()) == SECRETS


@pytest.fixture
def journal() -> Journal:
    return Journal()


def test_no_secret_is_in_the_journal_the_admin_api_and_the_log(serve: Serve, journal: Journal) -> None:
    server = serve(SCENARIO, journal=journal)
    given = server.ask(planted())
    entry = server.line()
    admin = Admin(server)

    def called(path: str, **said: object) -> Received:
        return admin.post(path, **said) if said else admin.get(path)

    answers = [called("journal"), called("journal/1"), called("journal/query", when={"user": "sk-ant-"})]
    answers.append(called("verify", when={"user": "something else", "headers": {"x-auth-token": "x"}}))
    assert (given.status, [answer.status for answer in answers]) == (410, [200] * 4)
    assert all(b"[redacted]" in answer.body for answer in answers)
    assert found_in(given.body.decode(), *(answer.body.decode() for answer in answers)) == []
    assert found_in(log_line(entry, colour=True), entry, entry.reason, entry.path, dict(entry.headers)) == []


def test_no_secret_is_in_the_report_of_a_failing_test(serve: Serve, journal: Journal) -> None:
    server = serve(SCENARIO, journal=journal)
    server.ask(planted())
    entries = journal.entries()
    verified = verify(entries, when(user="something else"))

    assert "[redacted]" in format_report(entries)
    first = read_request(entries[0])
    assert found_in(format_report(entries), verified.message, repr(first), dict(first.headers)) == []


def test_conditions_match_the_secrets_themselves(serve: Serve, journal: Journal) -> None:
    key = f"k-{secret(1)}"
    server = serve(
        f"rules: [{{when: {{headers: {{x-auth-token: {key}}}, user: sk-ant-{key}}}, reply: Hi!}}]", journal=journal
    )
    given = server.ask(request("POST", "/v1/messages", asking(f"sk-ant-{key}"), "1.1", x_auth_token=key))

    assert (given.status, given.json["content"][0]["text"]) == (200, "Hi!")
    assert len(journal.find(when(user=f"sk-ant-{key}", headers={"x-auth-token": key}))) == 1
    assert read_request(journal.entries()[0]).user == f"sk-ant-{key}"


def test_hint_shows_no_value_of_a_credential_header(serve: Serve) -> None:
    server = serve("rules: [{when: {headers: {x-auth-token: aSecretWord}}, reply: Hi!}]")
    message = server.ask(request("POST", "/v1/messages", asking(), "1.1", x_auth_token="aSecretWork")).error[1]

    assert message.endswith("headers.x-auth-token: expected '[redacted]', got '[redacted]'")


@pytest.mark.parametrize(
    ("wanted", "described"),
    [
        ("mykey", "'[redacted]'"),
        ("{equals: mykey}", "exactly '[redacted]'"),
        ("{contains: [my, key]}", "text that contains '[redacted]' or text that contains '[redacted]'"),
        ("{regex: my}", "text that matches '[redacted]'"),
    ],
)
def test_condition_on_a_credential_header_is_redacted_once(
    serve: Serve, journal: Journal, wanted: str, described: str
) -> None:
    server = serve(f"rules: [{{when: {{headers: {{x-api-key: {wanted}}}}}, reply: Hi!}}]", journal=journal)
    message = server.ask(request("POST", "/v1/messages", asking(), "1.1", x_api_key="other")).error[1]
    entry = journal.entries()[0]
    text = f"headers.x-api-key: expected {described}, got '[redacted]'"

    assert message.endswith(f": {text}")
    assert entry.reason == message
    assert Admin(server).get("journal/1").json["decision"]["reason"] == message
    assert log_line(entry, colour=False).count(text) == 1
    verified = verify(journal.entries(), when(headers={"x-api-key": yaml.safe_load(wanted)})).message
    assert f"with headers.x-api-key: {described}, got 0" in redact(verified)
    assert f"FAIL {text}" in redact(verified)


def test_no_secret_is_in_the_file_and_on_the_console(start: Start, tmp_path: Path) -> None:
    file, journal = written(tmp_path / "a.yaml", SCENARIO), tmp_path / "journal.jsonl"
    command = start(file, "--journal", journal)
    answers = [command.server.ask(planted()), command.server.ask(planted(f"echo {TEXT}"))]
    printed = invoke("journal", "--pretty", "--url", command.server.url).output
    command.signal(signal.SIGTERM)
    _, out, err = command.end()

    assert [answer.status for answer in answers] == [410, 200]
    assert (len(journal.read_text().splitlines()), "[redacted]" in out) == (2, True)
    assert found_in(journal.read_text(), out, err, printed) == []
    assert json.loads(json.loads(journal.read_text().splitlines()[0])["request"]["body"])["max_tokens"] == 1024


def test_redacted_requests_are_rechecked_and_explained(start: Start, tmp_path: Path) -> None:
    file, journal = written(tmp_path / "a.yaml", SCENARIO), tmp_path / "journal.jsonl"
    command = start(file, "--journal", journal)
    for text in (TEXT, f"echo {TEXT}"):
        command.server.ask(planted(text))
    command.signal(signal.SIGTERM)
    command.end()
    rechecked, explained = invoke("recheck", journal, file), invoke("explain", file, "--journal", journal)

    assert (rechecked.exit_code, rechecked.output) == (
        0,
        "2 requests: answered as recorded (2 with redacted credentials: rule, status and ending compared)\n",
    )
    assert "rule    'echo'" in explained.output
    assert explained.stderr == (
        f"warning: {journal}: request 2: credentials are redacted, so conditions on them fail\n"
    )
    assert found_in(explained.output, rechecked.output) == []


def test_difference_names_what_was_redacted(start: Start, tmp_path: Path) -> None:
    rule = f"{{name: token, when: {{headers: {{x-auth-token: {secret(7)}}}, user: {secret(26)}}}, reply: Hi!}}"
    file, journal = written(tmp_path / "a.yaml", f"rules: [{rule}, {{reply: Ho!}}]"), tmp_path / "journal.jsonl"
    command = start(file, "--journal", journal)
    command.server.ask(planted())
    command.signal(signal.SIGTERM)
    command.end()

    hidden = "proxy-authorization, cookie, x-goog-api-key, x-auth-token"
    assert f"(redacted: {hidden}" in invoke("recheck", journal, file).output


def test_value_of_a_body_is_redacted_by_the_name_in_its_path(serve: Serve) -> None:
    long = {"authorization_token": secret(1), "url": "https://h/" + "x" * 100}
    for wanted in (
        "{'mcp_servers[0].authorization_token': other}",
        "{'mcp_servers[0].authorization_token': other, model: x}",
        f"{{'mcp_servers[0]': {json.dumps({**long, 'authorization_token': 'other' * 20})}}}",
        "\"mcp_servers[0].authorization_token == 'x'\"",
    ):
        server = serve(f"validation: 'off'\nrules: [{{when: {{body: {wanted}}}, reply: Hi!}}]")
        given = server.ask(request("POST", "/v1/messages", asking(mcp_servers=[long])))

        assert (given.status, found_in(given.body.decode())) == (410, [])


def test_report_of_a_test_shows_no_credentials_of_a_reply() -> None:
    body = b'{"type":"message","content":[{"type":"text","text":"use sk-ant-api03-abcdefgh"}]}'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    entry = journal_entry(body=b"{}", response=head + body)

    assert "use sk-ant-[redacted]" in format_report([entry], [])
