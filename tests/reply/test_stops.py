"""Stop sequences are found alike one by one, by an index and in parts, at a cost that many of them do not multiply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply import stops
from mockclaude.reply.stops import StopSearch, StopSequences
from tests.benchmarks import corpus
from tests.conftest import Serve
from tests.counting import calls
from tests.serving import request

LETTERS = st.sampled_from(["a", "b", "ö", "\ud800", "\U0001f600"])
TEXTS = st.text(LETTERS, max_size=12)
SEQUENCES = st.lists(st.text(LETTERS, max_size=4), max_size=5)


def expected(sequences: list[str], text: str) -> tuple[int, str] | None:
    """Return the earliest sequence in a text, of several the one listed first."""
    for at in range(len(text) + 1):
        for sequence in sequences:
            if text.startswith(sequence, at):
                return at, sequence
    return None


@given(SEQUENCES, TEXTS)
def test_the_first_sequence_of_a_text_is_found(sequences: list[str], text: str) -> None:
    indexed = StopSequences(sequences)
    indexed._compared = stops.MAX_COMPARED

    assert StopSequences(sequences).find_first(text) == indexed.find_first(text) == expected(sequences, text)


@given(SEQUENCES, st.lists(TEXTS, max_size=6), st.booleans())
def test_the_first_sequence_of_parts_is_found(sequences: list[str], parts: list[str], compares_ends: bool) -> None:
    search = StopSearch(StopSequences(sequences))
    search._compares_ends = compares_ends
    text, certain, sequence = "".join(parts), "", None
    for part in parts:
        released, sequence = search.take(part, last=False)
        certain += released
        if sequence is not None:
            break
    if sequence is None:
        released, sequence = search.take("", last=True)
        certain += released
    place = expected(sequences, text)

    assert (certain, sequence) == ((text, None) if place is None else (text[: place[0]], place[1]))


@pytest.mark.parametrize(
    ("sequences", "parts", "released"),
    [
        (["END"], ["Hello E", "N", "O"], ["Hello ", "", "ENO"]),
        (["END", "."] * 51, ["Hello E", "N", "O"], ["Hello", "", ""]),
        (["x" * 600, "y" * 401], ["a" * 1_000, "b" * 200, "c"], ["", "a" * 601, ""]),
    ],
)
def test_the_end_of_a_text_is_held_back(sequences: list[str], parts: list[str], released: list[str]) -> None:
    search = StopSearch(StopSequences(sequences))

    assert [search.take(part, last=False)[0] for part in parts] == released


def test_many_sequences_are_indexed_for_a_long_text(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    one_by_one = StopSequences._search_each

    def counted(self: StopSequences, text: str) -> tuple[int, int] | None:
        nonlocal compared
        compared += len(self.sequences) * len(text)
        return one_by_one(self, text)

    monkeypatch.setattr(StopSequences, "_search_each", counted)
    sequences = [f"{number:05}" for number in range(20_000)]
    ask = corpus.ask(stop_sequences=[*sequences, "fox"], messages=[corpus.user(corpus.words(100_000))])
    response = serve("rules: [{reply: '${{ user }}'}]").ask(request("POST", "/v1/messages", corpus.request(ask).body))

    assert response.json["content"][0]["text"] == "the quick brown "
    assert response.json["stop_sequence"] == "fox"
    assert compared <= stops.MAX_COMPARED


@pytest.mark.slow
@pytest.mark.parametrize("sequences", [["a" * 30_000 + "b"], [f"{number:05}" for number in range(1_000)]])
def test_parts_are_searched_in_proportion_to_their_length(sequences: list[str]) -> None:
    def work(parts: int) -> int:
        search = StopSearch(StopSequences(sequences))
        search._stops._compared = stops.MAX_COMPARED
        return calls(lambda: [search.take("a" * 10, last=False) for _ in range(parts)])

    assert work(8_000) < 2.2 * work(4_000)
