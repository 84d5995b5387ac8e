from __future__ import annotations

import pytest

from mockclaude.scenario.recording.secret_lint import lint_secrets

TOKEN = "q7ZpX2mK9vB4nR8sT1wY6cD3fG5hJ0aL+e/uVbQz"
HEXADECIMAL = "3f9a0c51d7e84b26"


def test_a_random_text_is_warned_of_with_its_line() -> None:
    assert lint_secrets({"tide.yaml": f"rules:\n  - reply: ok\n  - reply: {TOKEN}\n".encode()}) == [
        'tide.yaml:3: this may be a secret: "q7Zp…" (40 characters); --redact-regex takes it out, '
        "--not-secret RE silences this"
    ]


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        TOKEN.replace("+", "-").replace("/", "_"),
        f"{HEXADECIMAL}{HEXADECIMAL[::-1]}",
        HEXADECIMAL.upper() * 2,
        f'data: {{"text":"{TOKEN}"}}',
        f'{{"token": "{TOKEN}", "signature": "x"}}',
    ],
)
def test_a_text_may_be_a_secret(text: str) -> None:
    assert len(lint_secrets({"f": text.encode()})) == 1


@pytest.mark.parametrize(
    "text",
    [
        TOKEN[:19],
        "the quick brown fox jumps over the lazy dog",
        "cache_creation_input_tokens",
        "00000000001111111111",
        f'"signature":"{TOKEN}"',
        f'\\"signature\\": \\"{TOKEN}',
        f"signature: {TOKEN}",
        f"signature: |-\n    {TOKEN}",
        f'"data":"{TOKEN}"',
        f'"encrypted_content":"{TOKEN}"',
        f'"tool_use_id": "{TOKEN}"',
        f"ids: [{TOKEN}]",
        f"request-id: {TOKEN}",
        "toolu_01AbCdEfGhIjKlMnOpQrStUv",
        "msg_01AbCdEfGhIjKlMnOpQrStUvWx",
        "request: system 1e234567 tools 5c1f09ab messages 77e2d410 settings 19a0b3c2",
    ],
)
def test_a_text_is_harmless(text: str) -> None:
    assert lint_secrets({"f": text.encode()}) == []


def test_a_text_is_warned_of_once() -> None:
    warnings = lint_secrets({"a": f"{TOKEN} {TOKEN}".encode(), "b": TOKEN.encode(), "c": TOKEN.lower().encode()})
    assert [warning.partition(" ")[0] for warning in warnings] == ["a:1:", "c:1:"]


def test_a_user_can_silence_a_warning() -> None:
    assert lint_secrets({"f": TOKEN.encode()}, ["^q7Z"]) == []
    assert len(lint_secrets({"f": TOKEN.encode()}, ["^Q"])) == 1


def test_an_invalid_expression_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^--not-secret: invalid pattern \(missing \): \(\), got '\('; expected a"):
        lint_secrets({}, ["("])


def test_names_of_files_are_harmless_where_they_are_named() -> None:
    name = f"tide/1-{TOKEN}.sse"
    text = f"rules:\n  - reply: {{respond: {{file: {name}}}}}\n  - reply: 1-{TOKEN}\n"

    (warning,) = lint_secrets({"tide.yaml": text.encode(), name: b"data: {}\n\n"})
    assert warning.startswith("tide.yaml:3: this may be a secret: ")
