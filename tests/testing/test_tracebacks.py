"""A traceback ends at the test's own line, if the mistake is the test's."""

from __future__ import annotations

import traceback
from pathlib import Path

import httpx2
import pytest

from mockclaude import testing
from mockclaude.testing import MockClaude
from mockclaude.testing.tracebacks import hide_frames, is_user_error

HERE = str(Path(__file__))


def files(error: BaseException) -> list[str]:
    return [frame.filename for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize("mistake", ["mock.when(usr='Hello').reply('Hi!')", "mock.last_request", "mock.advance(1)"])
def test_without_pytest_the_frames_are_hidden_too(mistake: str) -> None:
    with pytest.raises(Exception) as caught, MockClaude() as mock:  # noqa: PT011
        eval(mistake, {"mock": mock})

    assert files(caught.value) == [HERE, "<string>"]


def test_defect_of_the_package_keeps_its_frames() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = testing.Nothing
    assert not is_user_error(caught.value)
    hide_frames(caught.value)

    assert [Path(file).name for file in files(caught.value)] == ["test_tracebacks.py", "__init__.py"]


def test_the_error_of_a_function_ends_in_the_function() -> None:
    with pytest.raises(ZeroDivisionError) as caught, MockClaude() as mock:  # noqa: PT012
        mock.reply(lambda _: str(1 / 0))
        body = {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
        httpx2.post(f"{mock.url}/v1/messages", json=body, headers={"anthropic-version": "2023-06-01", "x-api-key": "x"})

    assert [Path(file).name for file in files(caught.value)] == [Path(HERE).name, "mock.py", "mock.py", Path(HERE).name]


def test_an_error_without_a_traceback_stays_as_it_is() -> None:
    error = ValueError()
    hide_frames(error)

    assert error.__traceback__ is None
