"""Draws follow from their keys alone: equal keys give equal results, in every process, and any other key others."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockclaude.reply.draws import Draws

DRAWS = Draws(seed=7, rule="greeting", fingerprint="f00d", lane="alice", occurrence=2)
BASE58 = "[1-9A-HJ-NP-Za-km-z]"

any_draws = st.builds(
    Draws,
    seed=st.integers(-(2**63), 2**63 - 1),
    rule=st.text(),
    fingerprint=st.text(),
    lane=st.text(),
    occurrence=st.integers(0, 10**6),
)

DRAWN = (
    "[d.uniform('delay/1'), d.integer('dice', 1, 6), d.pick_weighted('choice', [80, 15, 5]), d.identifier('msg'),"
    " d.ids(), d.opaque('signature', 40), d.seed_for('fake'), d.with_scope('3').identifier('toolu')]"
)


def test_draws_are_those_of_the_first_version() -> None:
    assert DRAWS.uniform("delay/1") == 0.5976222825995433
    assert DRAWS.identifier("toolu") == "toolu_013XszCPN3sZRNYPHD2C3jNH"
    assert DRAWS.ids() == ("req_01V4BqrysGC4u9Kr4JkQaRYK", "msg_01udMnR8Wcc6nwMBepiGNgYn")
    assert DRAWS.seed_for("fake") == 6123703123140231747


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_another_process_draws_the_same(hash_seed: str) -> None:
    code = f"from mockclaude.reply.draws import Draws; d = {DRAWS!r}; print({DRAWN})"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    drawn = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert drawn.stdout.strip() == repr(eval(DRAWN, {"d": DRAWS}))


@pytest.mark.parametrize(
    "other",
    [
        DRAWS._replace(seed=8),
        DRAWS._replace(rule="parting"),
        DRAWS._replace(fingerprint="f00e"),
        DRAWS._replace(lane="bob"),
        DRAWS._replace(occurrence=3),
        DRAWS.with_scope("0"),
    ],
)
def test_every_key_changes_the_result(other: Draws) -> None:
    assert other.uniform("x") != DRAWS.uniform("x")
    assert other.identifier("msg") != DRAWS.identifier("msg")
    assert not set(other.ids()) & set(DRAWS.ids())
    assert other.opaque("x") != DRAWS.opaque("x")
    assert other.seed_for("x") != DRAWS.seed_for("x")


def test_every_label_prefix_and_scope_is_a_draw_of_its_own() -> None:
    assert DRAWS.uniform("delay/1") != DRAWS.uniform("delay/2")
    assert DRAWS.identifier("msg") != DRAWS.identifier("req").replace("req_", "msg_")
    assert len({identifier[4:] for identifier in DRAWS.ids()}) == 2
    assert DRAWS.identifier("msg", "1") != DRAWS.identifier("msg", "2")
    assert DRAWS.with_scope("0").uniform("x") != DRAWS.with_scope("1").uniform("x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Draws(0, "ab", "c"), Draws(0, "a", "bc")),
        (Draws(0, "a", "b", "c"), Draws(0, "a", "", "bc")),
        (Draws(0, "a:b"), Draws(0, "a", "b")),
        (Draws(0, "a", occurrence=1), Draws(0, "a", lane="1")),
    ],
)
def test_keys_do_not_run_into_each_other(one: Draws, other: Draws) -> None:
    assert one.uniform("x") != other.uniform("x")


@given(draws=any_draws, lane=st.text(), occurrence=st.integers(0, 10**6), label=st.text())
def test_content_is_the_same_in_every_lane(draws: Draws, lane: str, occurrence: int, label: str) -> None:
    somebody = draws._replace(lane=lane, occurrence=occurrence)

    assert somebody.content.uniform(label) == draws.content.uniform(label)
    assert somebody.content.identifier("msg") == draws.content.identifier("msg")


@given(draws=any_draws, label=st.text(), low=st.integers(-100, 100), size=st.integers(0, 100))
def test_numbers_stay_in_their_range(draws: Draws, label: str, low: int, size: int) -> None:
    assert 0 <= draws.uniform(label) < 1
    assert low <= draws.integer(label, low, low + size) <= low + size
    assert draws.pick(label, range(low, low + size + 1)) in range(low, low + size + 1)
    assert 0 <= draws.seed_for(label) < 2**64


@given(draws=any_draws, prefix=st.sampled_from(["msg", "req", "toolu", "srvtoolu"]), label=st.text())
def test_an_identifier_has_the_apis_form(draws: Draws, prefix: str, label: str) -> None:
    assert re.fullmatch(f"{prefix}_01{BASE58}{{22}}", draws.identifier(prefix, label))
    assert re.fullmatch(f"req_01{BASE58}{{22}} msg_01{BASE58}{{22}}", " ".join(draws.ids()))


@given(draws=any_draws, length=st.integers(0, 300))
def test_opaque_text_has_the_requested_bytes(draws: Draws, length: int) -> None:
    assert len(base64.b64decode(draws.opaque("signature", length), validate=True)) == length


def test_key_may_have_a_lone_surrogate() -> None:
    assert Draws(0, "rule", lane="\udc80").uniform("x") != Draws(0, "rule", lane="\udc81").uniform("x")


def test_uniform_numbers_are_spread_evenly() -> None:
    numbers = [DRAWS.uniform(f"{index}") for index in range(2000)]
    tenths = Counter(int(number * 10) for number in numbers)

    assert sum(numbers) / 2000 == pytest.approx(0.5, abs=0.02)
    assert all(150 < tenths[tenth] < 250 for tenth in range(10))


def test_draws_follow_their_weights() -> None:
    counts = Counter(DRAWS._replace(occurrence=n).pick_weighted("choice", [80, 15, 5]) for n in range(2000))

    assert counts[0] / 2000 == pytest.approx(0.80, abs=0.03)
    assert counts[1] / 2000 == pytest.approx(0.15, abs=0.03)
    assert counts[2] / 2000 == pytest.approx(0.05, abs=0.02)


@given(draws=any_draws, weights=st.lists(st.floats(0, exclude_min=True, allow_infinity=False), min_size=1, max_size=5))
@example(draws=Draws(1, "rounded up"), weights=[5e-324])
def test_draw_by_weight_returns_an_index_for_any_weights(draws: Draws, weights: list[float]) -> None:
    assert 0 <= draws.pick_weighted("choice", weights) < len(weights)
