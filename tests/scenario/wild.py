"""Scenario files as nobody would write them: data, texts and fragments to try laws on."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_KEYS = """
    rules reply sequence turns choice weight when times name pace seed locale user system tool_result model tools
    headers body anywhere endpoint message stream turn retry equals contains like regex is_error content text thinking
    tool_use server_tool json block generate error pause disconnect stop_reason usage type input citations cited_text
    result ttft jitter tokens_per_second limits requests_per_minute in_flight most release acceleration start step
    api_key
"""
_VALUES = """
    auto forever reset 20% instant 0 1 -3 2.5 1e3 0o17 true null ~ 400ms 1h overloaded_error refusal web_search ( a* *
    from_schema char_location de_DE [a-z]+ (?P<g>.) length(@) messages[0] &a sum(@) x a.b $${{ }} ${{ ${{user}}
    ${{match.g}} ${{match.0}}! ${{turn}} ${{request.max_tokens}} ${{tool_result.add}} ${{fake.name}} $${{user}}
    ${{fake.random_int(max=6)}} ${{fake.nam}}
"""
KEYS, VALUES = _KEYS.split(), _VALUES.split()
TEXTS = st.sampled_from([*KEYS, *VALUES])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.text(max_size=5)
DATA: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=12
)
REGEXES = st.text("ab1(|)*+?[]{}\\^$.,<>P=!:&~#-", max_size=8) | st.sampled_from(["(?P<g>.)", "x*", "(a)|b"])
PATHS = st.text("ab.[]*?|&@!`'{}:,01-()<>= \"\\", max_size=8) | st.sampled_from(
    ["length(@)", "sum(max_tokens)", "messages[*].content", "max_by(@, &a)", "contains('a', `1`)", "[::0]", "foo(@)"]
)


def with_keys(least: dict[str, Any], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings with all the keys of `least` and some of `more`."""
    return st.fixed_dictionaries(least, optional=more)


def one_key(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings with exactly one of the keys."""
    return st.one_of([st.fixed_dictionaries({key: value}) for key, value in values.items()])


STEPS = one_key(
    text=TEXTS | with_keys({"text": st.text()}) | PATHS.map(lambda path: f"${{{{ request.{path} }}}}"),
    thinking=TEXTS,
    tool_use=with_keys({"name": TEXTS}, input=st.dictionaries(TEXTS, DATA, max_size=2)),
    json=DATA,
    block=st.dictionaries(TEXTS, DATA, max_size=2).map(lambda block: {**block, "type": "text"}),
    error=with_keys({"type": TEXTS}, status=st.integers(399, 600)),
    pause=st.sampled_from(["forever", "1s", "2.5h", "1e3s", "99999999999s"]),
    disconnect=st.sampled_from(["reset", "close", "clean"]),
    usage=with_keys({"input_tokens": st.integers(0)}),
)
MATCHES = TEXTS | one_key(regex=REGEXES, like=st.text("a*x"), equals=TEXTS)
PROSE = MATCHES | st.lists(MATCHES, min_size=1, max_size=2)
WHENS = with_keys(
    {},
    user=PROSE,
    system=PROSE,
    model=PROSE,
    tools=PROSE,
    tool_result=TEXTS | with_keys({}, is_error=st.booleans(), content=PROSE),
    headers=st.dictionaries(TEXTS, PROSE, min_size=1, max_size=2),
    body=PATHS | st.dictionaries(PATHS, SCALARS, min_size=1, max_size=2),
    stream=st.booleans(),
    turn=st.integers(1, 2),
)
RULES = with_keys(
    {"reply": STEPS | st.lists(TEXTS | STEPS, min_size=1, max_size=2)},
    when=WHENS,
    times=st.integers(0, 2),
    name=st.text(max_size=5),
)
LIMITS = with_keys(
    {},
    model=MATCHES,
    requests_per_minute=st.integers(0, 2),
    in_flight=st.integers(0, 2) | with_keys({"most": st.integers(0, 3)}, release=st.integers(-1, 3)),
    acceleration=st.dictionaries(st.sampled_from(["start", "step"]), st.integers(0, 2)),
)
FILES = with_keys(
    {"rules": st.lists(RULES, min_size=1, max_size=2)}, limits=LIMITS | st.lists(LIMITS, max_size=2) | DATA
)
FRAGMENTS = [
    *KEYS,
    *VALUES,
    *"\n\n\n: \t-?[]{},\"'#|>%@`\\~*&!",
    "- ",
    ": ",
    "\n  ",
    "\n  - ",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
]
FRAGMENTS += [
    "\nrules:\n  - reply: x",
    "\n---\n",
    "...",
    "${{ ",
    " }}",
    "\ufeff",
    "\x85",
    "\u2028",
    "\0",
    "\ud83d",
    "\\ud83d",
]
