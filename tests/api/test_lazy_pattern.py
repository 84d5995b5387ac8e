"""A pattern that is compiled when it is first used."""

import re

import pytest

from mockclaude.api.lazy_pattern import compile_lazily


def test_a_lazy_pattern_is_compiled_at_its_first_use() -> None:
    invalid = compile_lazily("(")
    with pytest.raises(re.error):
        invalid.search("(")


def test_a_lazy_pattern_equals_the_compiled_one() -> None:
    pattern = compile_lazily(b"(?P<name>a)B", re.IGNORECASE)
    assert [pattern.fullmatch(text) is None for text in (b"ab", b"abc", b"AB")] == [False, True, False]
    assert (pattern.pattern, pattern.groupindex) == (b"(?P<name>a)B", {"name": 1})
