"""Regular expressions mean what they mean to Python's `re`, and RE2 runs them."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mockclaude.scenario.conditions.pattern_index import PatternIndex
from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_text

UNICODE_TEXT = "Der Müller zahlt ٣ € für 12 Äpfel_é.\nИ мир\u2028ok"


@pytest.mark.parametrize(
    "pattern",
    [
        r"M\w+r",
        r"[\w.]+ \d",
        r"[^\W\d_]+ zahlt",
        r"[\W\d]+",
        r"[\D]+",
        r"[\s\S]+",
        r"[^\S ]",
        r"\W\d\W",
        r"zahlt\s\D+",
        r"(?s)zahlt.*ok",
        r"zahlt.*",
        r"(?m)^И.*$",
        r"ok$",
        r"ok\Z",
        r"\ADer",
        r"^И",
        r"\bÄpfel_é\b",
        r"\bÄpfel\b",
        r"M\Büller",
        r"z\Bah",
        r"\b(?:\bмир\b)\b",
        r"(?a)M\w+",
        r"(?a)\bpfel",
        r"(?a)Ä[\w]+",
        r"(?a)\w+\W\w+",
        r"(?i)MÜLLER|x",
        r"(?i:müller) zahlt",
        r"(?i)m(?-i:ü)LLER",
        r"(?P<name>M\w+) (?P<verb>\w+)",
        r"(Der|Die) (?:Müller)? ?(zahl(t)|x)",
        r"\u00c4\x70\N{LATIN SMALL LETTER F}",
        r"(?x) M ü # comment",
        r"ap{0}|(ü){0}fel",
        r"l{2}e{1,}r??",
        r"[Ää-]p[^x]",
        r"[^\n]+\n",
        r"[.]\n",
        "",
    ],
)
def test_pattern_matches_what_re_matches(pattern: str) -> None:
    match, regex = re.search(pattern, UNICODE_TEXT), Regex(pattern)
    captures: Any = regex.captures(UNICODE_TEXT)

    assert regex.matches(UNICODE_TEXT) is (match is not None)
    assert (captures and {name: captures[name] for name in captures if name.isdecimal()}) == (
        match and {str(number): match[number] for number in range(match.re.groups + 1)}
    )
    assert match is None or {name: captures[name] for name in match.groupdict()} == match.groupdict()
    assert regex.capture_names == {*re.compile(pattern).groupindex, *map(str, range(re.compile(pattern).groups + 1))}


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        (r"(go) home$", "go home\n", {"0": "go home", "1": "go"}),
        (r"(go|home$)", "home\n", {"0": "home", "1": "home"}),
        (r"(é)\b$", "é\n", {"0": "é", "1": "é"}),
        (r"x$", "x\n\n", None),
        (r"\p{Lu}(\pN)[\p{Greek}_]\P{L}", "É٣λ.", {"0": "É٣λ.", "1": "٣"}),
        (r"\\p{2}", "\\pp", {"0": "\\pp"}),
        (r"ok\z", "ok", {"0": "ok"}),
    ],
)
def test_captures_exclude_the_last_line_break(pattern: str, text: str, groups: dict[str, str] | None) -> None:
    assert Regex(pattern).captures(text) == groups


def test_case_is_folded_as_re_folds_it() -> None:
    cased = [c for c in map(chr, range(0x20000)) if len({c, c.lower(), c.upper(), c.casefold()}) > 1]
    text = "".join(cased)
    letters = [
        "i",
        "I",
        "İ",
        "ı",
        "k",
        "K",
        "s",
        "ſ",
        "ß",
        "ẞ",
        "µ",
        "μ",
        "σ",
        "ς",
        "Å",
        "Å",
        "Ω",
        "ǆ",
        "ǅ",
        "ﬅ",
        "é",
        "Я",
    ]
    for pattern in [f"(?i){letter}" for letter in letters] + ["(?i)[a-z]", "(?i)[^a-z]", "(?i)[ı]", "(?i)[^k]"]:
        regex = Regex(pattern)
        assert [c for c in cased if regex.matches(c)] == re.findall(pattern, text), pattern


ATOMS = st.sampled_from(
    [*r"abé1 _ß", r"\n", ".", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", "[a-k]", r"[^\W\d]", r"[\D_]", "[^é]", "İ", "٣"]
)
PIECES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(ATOMS, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "*?", "+?"])).map("".join),
        st.tuples(st.sampled_from(["(", "(?i:", "(?s:"]), inner).map(lambda pair: f"{pair[0]}{pair[1]})"),
        st.tuples(inner, inner).map(r"\b".join),
        st.tuples(inner, inner).map(r"\B".join),
    ),
    max_leaves=6,
)
PATTERNS = st.tuples(
    st.sampled_from(["", "(?i)", "(?m)^", "^", r"\A", r"\b"]), PIECES, st.sampled_from(["", "$", r"\Z", r"\b"])
).map("".join)


ASCII_TEXTS = st.text("abiAIkKsS1 _\n\x1c\t", max_size=8)


@given(st.lists(PATTERNS, max_size=8), ASCII_TEXTS)
def test_patterns_for_ascii_match_what_the_patterns_match(patterns: list[str], text: str) -> None:
    index = PatternIndex(map(Regex, patterns))

    assert index.find(text) == frozenset(pattern for pattern in index.patterns if pattern.matches(text))


@pytest.mark.parametrize(
    ("pattern", "is_known"),
    [
        (r"(?i)\w+[^\S ]\D\bi", True),
        (r"[\W\S]", True),
        ("é", False),
        ("[a-é]", False),
        (r"\x80", False),
        (r"\p{L}", False),
        (r"(?ai)[\W\d]s", False),
    ],
)
def test_a_pattern_for_ascii_names_no_other_characters(pattern: str, is_known: bool) -> None:
    assert PatternIndex([Regex(pattern)]).patterns == ({pattern} if is_known else set())


@example(r"\ba*\ba*\b", "ß")
@given(PATTERNS, st.text("abAé1 _ß\nİı٣😀", min_size=1, max_size=8))
def test_any_pattern_matches_what_re_matches(pattern: str, text: str) -> None:
    match, captures = re.search(pattern, text), Regex(pattern).captures(text)

    assert Regex(pattern).matches(text) is (match is not None)
    assert (captures and captures["0"]) == (match and match[0])


@given(st.text(r"ab\pPLuzZ{}[]()*+?|^$.-&~#,:=!<>12é", max_size=10))
def test_any_text_is_a_pattern_or_a_clear_error(text: str) -> None:
    message = "`regex`: ; expected "
    try:
        Regex(text).captures("abé")
    except ValueError as error:
        message = str(error)
    assert message.startswith("`regex`: ")
    assert "; expected " in message


@given(PATTERNS)
def test_every_match_contains_the_needle(pattern: str) -> None:
    match = re.search(pattern, "ab é1 aab_ß\nab1")
    assume(match)
    assert match is not None
    assert Regex(pattern).needle in match.string


@pytest.mark.parametrize(
    ("pattern", "needle"),
    [
        (r"order (?P<number>\d+)", "order "),
        (r"(?:please )?(re)fund .* now", "refund "),
        (r"a+(bc){2}d", "bc"),
        (r"(?i)refund", "refund"),
        (r"(?i)(re)f(?-i:und)", "refund"),
        (r"(?i:re)fund", "fund"),
        (r"ab|cd", ""),
        (r"\p{L}abc\p{N}", "abc"),
        (r"\w+", ""),
        ("", ""),
    ],
)
def test_needle_is_the_longest_required_text(pattern: str, needle: str) -> None:
    assert Regex(pattern).needle == needle


@pytest.mark.parametrize(
    ("pattern", "problem", "fix"),
    [
        ("a(?=b)", "look-around is not supported", "match the text around the part too"),
        ("(?<=a)b", "look-around is not supported", "match the text around the part too"),
        ("a(?!b)", "negative look-around is not supported", "add a rule for the exception above this rule"),
        ("(?<!a)b", "negative look-around is not supported", "add a rule for the exception above this rule"),
        ("(?!)", "negative look-around is not supported", "add a rule for the exception above this rule"),
        (r"(a)\1", "a back-reference is not supported", "write out the texts that may repeat"),
        (r"(?P<x>a)(?P=x)", "a back-reference is not supported", "write out the texts that may repeat"),
        (r"(a)?(?(1)b|c)", "a conditional group is not supported", "write out both cases"),
        ("a++", "a possessive quantifier is not supported", "remove the second +"),
        ("(?>a)", "an atomic group is not supported", "write (?:...)"),
        ("a{1001}", "too many repetitions", "use * or +"),
        ("a{2,1001}", "too many repetitions", "use * or +"),
        ("(?:a{50}){50}", "too many repetitions", "use * or +"),
        (r"\w{900}", "pattern too large", "expected at most 8 MiB when compiled; use * or + in place of counts"),
        (r"\p{Klingon}", r"invalid pattern (invalid character class range: \p{Klingon})", "expected a regular"),
        ("[[:alpha:]]", "invalid pattern (Possible nested set at position 1)", "put a backslash"),
        ("(?L)a", "invalid pattern (bad inline flags", "put a backslash"),
        ("a{99999999999}", "invalid pattern (the repetition number is too large)", "put a backslash"),
        ("(" * 5_000, "invalid pattern (maximum recursion depth", "put a backslash"),
    ],
)
def test_pattern_that_re2_cannot_run_is_refused_at_load(
    pattern: str, problem: str, fix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = pattern if len(pattern) <= 40 else f"{pattern[:39]}…"
    with pytest.raises(ScenarioError) as caught:
        load_text(f"rules:\n- when: {{user: {{regex: '{pattern}'}}}}\n  reply: x", "a.yaml")

    message = str(caught.value)
    assert message.startswith(f"a.yaml:2:24: `regex`: {problem}")
    assert f", got '{shown}'; expected " in message
    assert fix in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "is_match"), [("x" * 60 + "y", True), ("x" * 200_000, False), ("x" * 200_000 + "y", True)]
)
def test_pattern_that_backtracks_elsewhere_always_finishes(text: str, is_match: bool) -> None:
    assert Regex("(x+x+)+y").matches(text) is is_match


def test_half_of_a_surrogate_pair_is_matched() -> None:
    assert Regex("a.c").captures("a\ud83dc") == {"0": "a\ud83dc"}
    assert Regex("\\ud83d").matches("a\ud83dc")
    assert not Regex(r"\bé\b").matches("\ud83d")


def test_long_text_has_exact_captures() -> None:
    text = "Größe äß " * 20_000 + "Bestellung Nr. 17é."

    assert Regex(r"\bNr\. (?P<number>\w+)\b").captures(text) == {"0": "Nr. 17é", "1": "17é", "number": "17é"}


def test_patterns_are_checked_without_a_warning() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Regex("[a-z]")
    assert not caught
