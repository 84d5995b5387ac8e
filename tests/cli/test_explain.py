"""A request is explained without a server: one in a file, or one that a server has recorded."""

from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.cli.invoking import invoke, written
from tests.conftest import Start
from tests.serving import asking, request


def explain(tmp_path: Path, text: str, *arguments: object) -> list[str]:
    body = written(tmp_path / "body.json", asking("Hello").decode())
    result = invoke("explain", written(tmp_path / "file.yaml", text), "--request", body, *arguments)
    assert result.exit_code == 0
    return result.output.replace(f"{tmp_path}/", "").splitlines()


FLAKY = """
rules:
  - {name: other, when: {user: Bye}, reply: Bye!}
  - {name: once, times: 1, reply: Once}
  - {name: flaky, reply: Hello!, fault: {script: [ok, 529]}}
"""


def test_explain_prints_the_rule_and_the_response(tmp_path: Path) -> None:
    first, third = explain(tmp_path, FLAKY), explain(tmp_path, FLAKY, "--occurrence", 3, "--lane", "me", "--seed", 5)

    assert first[0] == "rule    'once' (file.yaml:4:5)"
    assert "content-type: application/json" in first
    assert first[2] == "not     'other' (file.yaml:3:5): user: expected text that contains 'Bye', got 'Hello'"
    assert third[0] == "rule    'flaky' (file.yaml:5:5)"
    assert third[1].startswith("drawn   seed 5, rule flaky, fingerprint ")
    assert third[1].endswith(", lane me, occurrence 2")
    assert third[2] == "note    fault: 529"
    assert third[4] == "note    attempt 2 of its turn"
    assert third[6] == "not     'once' (file.yaml:4:5): exhausted (times: 1)"
    assert third[7].startswith("sent    status 529, in 3 pieces")


def test_explain_prints_the_response_of_a_server(start: Start, tmp_path: Path) -> None:
    file, body = written(tmp_path / "file.yaml", FLAKY), asking("Hello")
    server = start(file).server
    given = [server.ask(request("POST", "/v1/messages", body)) for _ in range(3)][-1]

    assert given.body.decode() in "\n".join(explain(tmp_path, FLAKY, "--occurrence", 3))


@pytest.mark.parametrize(
    ("body", "beginning"),
    [("[]", "no rule"), ("{", "no rule"), ('{"model": "claude-sonnet-5"}', "no rule messages: Field required")],
)
def test_explain_prints_a_refusal(tmp_path: Path, body: str, beginning: str) -> None:
    file = written(tmp_path / "body.json", body)
    result = invoke("explain", "--request", file, "--header", "x-other: 1")

    assert result.output.startswith(beginning)
    assert "sent    status 400" in result.output


def test_explain_needs_a_valid_scenario(tmp_path: Path) -> None:
    wrong = written(tmp_path / "wrong.yaml", "rules: [{replay: x}]")
    result = invoke("explain", wrong, "--request", written(tmp_path / "body.json", "{}"))

    assert (result.exit_code, "unknown key 'replay'" in result.output) == (2, True)


@pytest.mark.parametrize(("option", "status"), [((), 400), (("--validation", "off"), 200)])
def test_explain_accepts_a_validation_mode(tmp_path: Path, option: tuple[str, ...], status: int) -> None:
    body = written(
        tmp_path / "body.json", '{"model": "claude-sonnet-5", "messages": [{"role": "user", "content": "x"}]}'
    )

    assert f"sent    status {status}" in invoke("explain", "--request", body, *option).output


@pytest.mark.parametrize(("option", "status"), [((), 400), (("--betas", "any"), 200)])
def test_explain_accepts_betas(tmp_path: Path, option: tuple[str, ...], status: int) -> None:
    body = written(tmp_path / "body.json", asking("Hello").decode())
    result = invoke("explain", "--request", body, "--header", "anthropic-beta: no_beta", *option)

    assert f"sent    status {status}" in result.output


def test_explain_knows_which_threads_were_continued(start: Start, tmp_path: Path) -> None:
    recording, beta = tmp_path / "recording.jsonl", {"anthropic_beta": "message-threads-2026-08-12"}
    with start("--journal", recording) as command:
        first = command.server.ask(request("POST", "/v1/messages", asking("a", thread={"type": "create"}), **beta))
        thread = {"type": "continue", "previous_message_id": first.json["id"]}
        again = [request("POST", "/v1/messages", asking(text, thread=thread), **beta) for text in "bc"]
        refused = [command.server.ask(each) for each in again][-1].json["error"]["message"]
        command.signal(signal.SIGTERM)
        command.end()

    assert refused in invoke("explain", "--journal", recording).output


SHADOWED = (
    "rules: [{name: once, times: 1, reply: A}, {name: hi, when: {user: Hello}, reply: B}, {name: last, reply: C}]"
)


def test_explain_prints_shadowed_rules(tmp_path: Path) -> None:
    problem = [line for line in explain(tmp_path, SHADOWED) if line.startswith("not ")]

    assert problem == [
        "not     'hi' (file.yaml:1:43): shadowed by 'once' (file.yaml:1:9)",
        "not     'last' (file.yaml:1:86): shadowed by 'once' (file.yaml:1:9)",
    ]


@pytest.fixture(scope="module")
def recorded(start_for_module: Start, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the file and the journal of a server with three requests of two clients."""
    folder = tmp_path_factory.mktemp("recorded")
    server = start_for_module(written(folder / "file.yaml", FLAKY), "--journal", folder / "journal.jsonl")
    for key in ("one", "one", "other"):
        server.server.ask(request("POST", "/v1/messages", asking("Hello"), x_api_key=key))
    server.signal(signal.SIGTERM)
    server.end()
    return folder


@pytest.fixture
def journal(recorded: Path, tmp_path: Path) -> Path:
    """Return a copy of the journal, with the file beside it."""
    shutil.copytree(recorded, tmp_path, dirs_exist_ok=True)
    return tmp_path / "journal.jsonl"


@pytest.mark.parametrize(("entry", "rule"), [((), "once"), (("--entry", 2), "flaky"), (("--entry", 1), "once")])
def test_explain_reproduces_a_recorded_decision(
    journal: Path, tmp_path: Path, entry: tuple[object, ...], rule: str
) -> None:
    result = invoke("explain", tmp_path / "file.yaml", "--journal", journal, *entry)

    assert result.output.startswith(f"rule    '{rule}' ")
    assert ("exhausted (times: 1)" in result.output) is (rule == "flaky")


@pytest.mark.parametrize(
    ("line", "entry", "problem"),
    [
        ("", 0, "journal.jsonl: no requests; expected a journal with the request"),
        ("{}", 0, "journal.jsonl:1: not a journal entry; expected a JSON line written by `serve --journal`"),
        (None, 9, "journal.jsonl: request 9 not found; expected a journal with the request"),
        ('"scenario":"other"', 1, "request 1: unknown scenario 'other'; expected the FILES that were served"),
        ('"body_size":9', 1, "request 1: its body was truncated in the journal; expected a complete body"),
    ],
)
def test_explain_without_a_complete_request_is_an_error(
    journal: Path, tmp_path: Path, line: str | None, entry: int, problem: str
) -> None:
    recorded = journal.read_text().splitlines()[0]
    if line in ("", "{}"):
        journal.write_text(line)
    elif line is not None:
        name = line.partition(":")[0]
        journal.write_text(re.sub(rf'{name}:("[^"]*"|[0-9]+)', line, recorded, count=1))
    number = ("--entry", entry) if entry else ()
    result = invoke("explain", tmp_path / "file.yaml", "--journal", journal, *number)

    assert (result.exit_code, problem in result.stderr) == (2, True)


def test_explain_with_a_missing_journal_is_an_error(tmp_path: Path) -> None:
    result = invoke("explain", "--journal", tmp_path / "none.jsonl")

    assert result.stderr == f"{tmp_path}/none.jsonl: cannot read this journal: No such file or directory\n"


def test_explain_without_a_request_is_an_error() -> None:
    result = invoke("explain")

    assert (result.exit_code, "missing request; expected --request or --journal" in result.stderr) == (2, True)


def test_options_come_from_the_environment_several_headers_one_on_a_line(tmp_path: Path) -> None:
    body = written(tmp_path / "body.json", asking("Hello").decode())
    file = written(tmp_path / "file.yaml", "rules: [{when: {headers: {x-a: one, x-b: two words}}, reply: Both}]")
    variables = {
        "MOCKCLAUDE_REQUEST": str(body),
        "MOCKCLAUDE_HEADER": "x-a: one\nx-b: two words",
        "MOCKCLAUDE_LANE": "me",
    }
    result = invoke("explain", file, **variables)

    assert '"text":"Both"' in result.output
    assert "lane me" in result.output
    assert "not a header, got 'nothing'; expected a name and a value" in invoke("explain", "-H", "nothing").stderr


def test_explain_omits_unmatched_rules_after_the_selected_one(tmp_path: Path) -> None:
    text = "rules: [{name: first, when: {user: Hello}, reply: A}, {name: second, when: {user: Bye}, reply: B}]"

    assert not [line for line in explain(tmp_path, text) if line.startswith("not ")]
