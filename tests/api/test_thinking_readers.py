"""The models that read the thinking of another model."""

import pytest

from mockclaude.api.thinking_readers import may_read


@pytest.mark.parametrize(
    ("author", "reader", "reads"),
    [
        ("claude-opus-5-5", "claude-sonnet-5", False),
        ("claude-opus-5-5", "claude-fable-5-1", True),
        ("claude-opus-5-5", "claude-opus-5-5", True),
        ("claude-opus-5", "claude-opus-5-5", True),
        ("claude-fable-5", "claude-opus-5-5", False),
        ("claude-fable-5-1", "claude-mythos-5-1", True),
        ("claude-fable-5-1", "claude-fable-5-2", True),
        ("claude-fable-5-1", "claude-opus-5", False),
        ("claude-fable-5-2", "claude-mythos-5-2", True),
        ("claude-fable-5-2", "claude-fable-5-1", False),
        ("claude-haiku-5-5", "claude-sonnet-4-6", True),
        ("claude-sonnet-4-6", "claude-haiku-5-5", False),
        ("claude-sonnet-4-6", "claude-opus-4-6", True),
        ("", "claude-haiku-5-5", True),
        ("claude-fable-5-2", "", True),
    ],
)
def test_a_model_reads_the_thinking_of_some_models(author: str, reader: str, *, reads: bool) -> None:
    assert may_read(reader, author) is reads
