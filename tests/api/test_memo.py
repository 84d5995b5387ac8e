from __future__ import annotations

from mockclaude.api.memo import remember


def test_results_are_remembered_for_short_arguments_only() -> None:
    computed: list[str] = []

    @remember(2, 3)
    def double(times: int, text: str) -> str:
        computed.append(text)
        return text * times

    assert [double(2, text) for text in ("a", "a", "long", "long")] == ["aa", "aa", "longlong", "longlong"]
    assert computed == ["a", "long", "long"]
