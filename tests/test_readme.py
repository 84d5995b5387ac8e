"""The README is short, its picture is current, and the server sends the errors that it explains.

`pytest --update-golden` draws the picture anew.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import requests

from mockclaude.cli.init import SETUPS
from mockclaude.testing import MockClaude
from tests import pages, terminal
from tests.cli.invoking import invoke
from tests.pages import README, ROOT
from tests.serving import PATIENCE

TEXT = pages.text_of(README)


def test_readme_is_short() -> None:
    assert TEXT.count("\n") <= 250
    assert len(TEXT.encode()) <= 12_000


def test_readme_names_each_set_up() -> None:
    assert not [name for name in SETUPS if f"`{name}`" not in TEXT and f"`mockclaude init {name}`" not in TEXT]


def test_package_index_shows_no_relative_link() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shown = TEXT
    for rule in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        shown = re.sub(rule["pattern"], rule["replacement"], shown)

    assert re.findall(r"\]\((?!https:)[^)]+\)", shown) == []
    assert all(f"`{link.partition('#')[0]}`" in shown for link in pages.links(README) if not link.endswith(".svg"))


def test_picture_is_current(pytestconfig: pytest.Config) -> None:
    picture = terminal.draw()
    if pytestconfig.getoption("--update-golden"):
        terminal.PICTURE.write_text(picture, encoding="utf-8")

    assert terminal.PICTURE.read_text(encoding="utf-8") == picture


@pytest.mark.parametrize(
    ("problem", "path", "model"),
    [
        ("404 for `/v1/v1/messages`", "/v1/v1/messages", "claude-sonnet-5"),
        ("404 `model: my-model`", "/v1/messages", "my-model"),
        ("410 `no rule matched`", "/v1/messages", "claude-sonnet-5"),
    ],
)
def test_server_sends_the_explained_error(problem: str, path: str, model: str) -> None:
    status, text = re.findall(r"^(\d+).*`(.+)`$", problem)[0]
    body: dict[str, Any] = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello!"}]}
    with MockClaude() as mock:
        mock.when(user="Ada").reply("Hello, Ada!")
        headers = {"x-api-key": "mock", "anthropic-version": "2023-06-01"}
        response = requests.post(mock.url + path, json=body, headers=headers, timeout=PATIENCE)

    assert f"\n| {problem} |" in TEXT
    assert response.status_code == int(status)
    assert text in response.json()["error"]["message"]


def test_command_prints_the_explained_error() -> None:
    with MockClaude() as mock:
        result = invoke("serve", "--port", mock.url.rpartition(":")[2])

    assert "\n| `address already in use` |" in TEXT
    assert "address already in use" in result.stderr
