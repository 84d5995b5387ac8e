"""The id of a rule with Python functions: from where it was added, never from an address."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from mockclaude.testing import MessagesRequest, MockClaude
from tests.serving import announced, post


class Echo:
    def __call__(self, request: MessagesRequest) -> str:
        return request.user[5:]

    def method(self, request: MessagesRequest) -> str:
        return request.user[5:]


def functions() -> list[Any]:
    """Return functions of every kind, none of which was ever made before."""

    def inner(request: MessagesRequest) -> str:
        return request.user[5:]

    made = Echo()
    return [inner, lambda request: request.user[5:], partial(inner), partial(partial(made)), made, made.method]


@pytest.fixture
def start() -> Iterator[Callable[[], MockClaude]]:
    with ExitStack() as running:
        yield lambda: running.enter_context(MockClaude())


Start: TypeAlias = Callable[[], MockClaude]


def test_other_functions_in_the_same_place_have_the_same_ids(start: Start) -> None:
    given: list[list[str]] = []
    kept: list[list[Any]] = []
    for _ in range(2):
        mock = start()
        kept.append(functions())
        given.append([mock.reply(function).rule.id for function in kept[-1]])

    assert given[0] == given[1]
    assert len({*given[0]}) == len(kept[0])


def test_a_name_is_the_id(start: Start) -> None:
    assert start().reply(lambda request: request.user, name="echo").rule.id == "echo"


def test_the_line_and_the_order_there_are_part_of_the_id(start: Start) -> None:
    mock, other = start(), start()
    first, second = (mock.reply(shout).rule.id for _ in range(2))
    on_one_line = [each.reply(shout).rule.id for each in (mock, other)]

    assert len({first, second, on_one_line[0]}) == 3
    assert on_one_line[0] == on_one_line[1]


def test_folder_is_not_part_of_the_id(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for folder in (Path.cwd(), tmp_path):
        monkeypatch.chdir(folder)
        ids.append(start().reply(shout).rule.id)

    assert ids[0] == ids[1]


def test_files_of_one_name_in_two_folders_give_two_ids(start: Start, tmp_path: Path) -> None:
    mock = start()
    ids = []
    for folder in ("a", "b"):
        added: dict[str, Any] = {"mock": mock}
        exec(
            compile("rule = mock.reply(lambda request: request.user).rule", tmp_path / folder / "same.py", "exec"),
            added,
        )
        ids.append(added["rule"].id)

    assert ids[0] != ids[1]


def test_rules_with_other_conditions_in_python_have_other_ids(start: Start) -> None:
    mock = start()
    one = mock.when(lambda request: request.turn == 1).reply("Hi!")
    two = mock.when(lambda request: request.turn == 2).reply("Hi!")

    assert one.rule.id != two.rule.id


def test_an_unmatched_request_names_a_function_without_an_address(start: Start) -> None:
    for predicate, name in zip(functions(), NAMES, strict=True):
        mock = start()
        mock.when(predicate).reply("Never.")

        assert f"function: expected {name}() to be true" in announced(mock.url).ask(post()).error[1]


def shout(request: MessagesRequest) -> str:
    return request.user.upper()


NAMES = ("inner", "<lambda>", "inner", "Echo", "Echo", "method")


SERVER = """
from mockclaude.testing import MockClaude

class Shout:
    def __call__(self, request):
        return request.user.upper()

with MockClaude() as mock:
    mock.when(user="never").reply(Shout())
    mock.when(lambda request: True).reply(Shout())
    print(mock.url, flush=True)
    input()
"""


def test_two_processes_draw_the_same_ids(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    given = []
    for seed in "12":
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, str(tmp_path / "server.py")],
            stdin=pipe,
            stdout=pipe,
            text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
        )
        with process:
            assert process.stdout
            given.append(announced(process.stdout.readline().strip()).ask(post()).json)
            process.communicate("\n")

    assert given[0] == given[1]
    assert given[0]["content"] == [{"type": "text", "text": "HELLO"}]
