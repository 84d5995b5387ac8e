"""The JSON Schema takes every good file, refuses mistakes of form, and refuses nothing that the loader takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel, ValidationError, create_model

from mockclaude.scenario.format import positions, units
from mockclaude.scenario.format.faults import KINDS, OPTIONS
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.format.json_schema import descriptions
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.format.value_schemas import VALUE_SCHEMAS
from mockclaude.scenario.loading.source import read
from tests.scenario.drawn import SCHEMA
from tests.scenario.test_faults import WRONG as WRONG_FAULTS
from tests.scenario.test_limits import WRONG as WRONG_LIMITS
from tests.scenario.test_validation_errors import IN_A_CITATION, IN_A_CONDITION, IN_A_FILE, IN_A_RULE, IN_A_STEP
from tests.scenario.wild import DATA, FILES, SCALARS

ROOT = Path(__file__).parent.parent.parent
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.yaml"))
VALIDATOR = Draft202012Validator(SCHEMA)

MISTAKES = [
    *(text for text, _ in IN_A_FILE),
    *(f"rules:\n- {{{rule}}}\n" for rule, _ in IN_A_RULE),
    *(f"rules:\n- reply: x\n  when:\n    {condition}\n" for condition, _ in IN_A_CONDITION),
    *(f"rules:\n- reply:\n  - {step}\n" for step, _ in IN_A_STEP),
    *(f"rules: [{{reply: {{text: {{text: x, citations: [{citation}]}}}}}}]" for citation, _ in IN_A_CITATION),
    *(f"rules:\n- reply: x\n  fault: {fault}\n" for fault, _ in WRONG_FAULTS),
    *(f"limits: {limits}\nrules: [{{reply: x}}]\n" for limits, _ in WRONG_LIMITS),
]
BEYOND = [
    "rules: [reply: x]\nseed: 1e3",
    "rules: [reply: x]\npace: {jitter: 200%}",
    "rules: [reply: x]\ntoday: 2026-02-30",
    "rules:\n- {when: {endpoint: count_tokens}, reply: Hi}\n",
    "rules:\n- {when: {endpoint: models}, sequence: [{error: 529}, [{pause: 1s}, {usage: {input_tokens: 1}}]]}\n",
    "rules:\n- {when: {endpoint: [models, count_tokens]}, pace: opus, reply: {generate: auto}}\n",
    "rules:\n- {when: {user: x}, reply: {batch: canceled}}\n",
    "rules:\n- {when: {custom_id: x}, reply: [Hi, {disconnect: reset}]}\n",
    "rules:\n- {when: {batch: true}, pace: opus, reply: Hi}\n",
    "rules:\n- {when: {batch: true}, reply: Hi, fault: [529, {stall: 1s}]}\n",
    "rules:\n- {when: {endpoint: models}, reply: {generate: auto}, fault: {drop: ping}}\n",
    "rules:\n- reply: x\n  when:\n    user: {regex: '('}\n",
    "rules:\n- reply: x\n  when:\n    user: {regex: [a, '*b']}\n",
    "rules:\n- reply: x\n  when:\n    user: {regex: '(?:a{1000}){1000}'}\n",
    "rules:\n- reply: x\n  when:\n    user: {regex: 'refund(?! policy)'}\n",
    "rules:\n- reply: x\n  when:\n    {custom_id: a, batch: false}\n",
    "rules:\n- reply: x\n  when:\n    {batch: true, stream: true}\n",
    "rules:\n- reply: x\n  when:\n    {custom_id: a, endpoint: count_tokens}\n",
    "rules:\n- reply: x\n  when:\n    {endpoint: models, user: x}\n",
    "rules:\n- reply: x\n  when:\n    {endpoint: [files, skills], model: x}\n",
    "rules:\n- reply: x\n  when:\n    body: 'a['\n",
    "rules:\n- reply: x\n  when:\n    body: {'a b': 1}\n",
    "rules:\n- reply: x\n  when:\n    body: lenght(tools)\n",
    "rules:\n- reply: x\n  when:\n    body: length()\n",
    "rules:\n- reply:\n  - server_tool: {name: web_fetch, result: {}, error: x}\n",
    "rules:\n- reply:\n  - server_tool: {name: web_search, result: x}\n",
    "rules:\n- reply:\n  - {type: txt, text: x}\n",
    "rules:\n- reply:\n  - {type: text, txt: x}\n",
    "rules:\n- reply:\n  - {type: tool_use, name: f, inptu: {}}\n",
    "rules:\n- reply:\n  - {type: image, source: {}}\n",
    "rules:\n- reply:\n  - {content: [{type: text}]}\n",
    "rules:\n- reply:\n  - {content: Hi, pause: 1s}\n",
    "rules:\n- reply:\n  - {type: message}\n",
    "rules:\n- reply: x\n  fault: {disconnect: reset, after: 150%}\n",
    "rules:\n- reply: x\n  fault: {stall: forever, comments: 1ms}\n",
    "rules:\n- reply: x\n  fault: {error: {type: rate_limit_error, headers: {retry-after: in 30 sec}}}\n",
    "rules:\n- reply: x\n  fault: {headers: {Retry-After: in a minute}}\n",
    "rules:\n- reply: x\n  fault: {respond: {headers: {retry-after: in -1s}}}\n",
    "rules:\n- reply: x\n  fault: {raw: {hex: xyz}}\n",
    "rules:\n- reply: x\n  fault: {raw: {base64: '!'}}\n",
    "rules:\n- reply: x\n  fault: [{error: 529, p: 0.7}, {error: 500, p: 0.5}]\n",
    "rules:\n- reply: x\n  fault: [{error: 529, ramp: {end: 0.7, over: 10}}, {error: 500, p: 0.5}]\n",
    "rules:\n- reply: x\n  fault: [{error: 529, p: 0.7, when: {turn: 1}}, {error: 500, p: 0.2}, "
    "{error: 503, p: 0.4, when: {turn: 1}}]\n",
    "rules:\n- reply: x\n  fault: {script: [{error: 529, p: 5%}]}\n",
    "rules:\n- reply: x\n  fault: {script: [ok, close_idle]}\n",
    "rules:\n- reply: x\n  fault: {script: [ok, {script: [529]}]}\n",
    "rules:\n- reply: x\n  fault: {script: [ok, {drop: thinking_delta}]}\n",
    "rules:\n- reply: x\n  fault: {drop: input_json_delta}\n",
    "rules:\n- reply: x\n  fault: {disconnect: close, before: thinking_delta}\n",
    "rules:\n- reply: x\n  fault: {swap: [message_start, signature_delta]}\n",
    "limits: {in_flight: {most: 5, release: 5}}\nrules: [{reply: x}]\n",
    "limits: [{in_flight: 1}, {model: claude-opus-5, in_flight: 1}]\nrules: [{reply: x}]\n",
]
"""What only the loader sees: other languages, dependencies between values, blocks, whole numbers as floats."""


GOLDEN = Path(__file__).parent.parent / "golden" / "scenario.schema.json"


def takes(data: Any) -> bool:
    return VALIDATOR.is_valid(data)


def test_it_is_a_json_schema_of_draft_2020_12() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert Draft202012Validator({"$ref": SCHEMA["$schema"]}).is_valid(SCHEMA)


def test_what_editors_are_given_changes_only_on_purpose(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update-golden"):
        GOLDEN.write_text(json.dumps(SCHEMA, indent=1, ensure_ascii=False) + "\n")

    assert json.loads(GOLDEN.read_text()) == SCHEMA


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_a_shipped_scenario_is_valid(file: Path) -> None:
    data = read(str(file), file.read_bytes()).data

    assert [error.message for error in VALIDATOR.iter_errors(data)] == []


def test_mistakes_of_form_are_refused_and_the_others_are_known() -> None:
    assert [text for text in MISTAKES if takes(read("a.yaml", text.encode()).data)] == BEYOND


@pytest.mark.parametrize("name", PRESETS)
def test_a_named_fault_is_valid_by_its_name_and_as_what_it_stands_for(name: str) -> None:
    assert takes({"rules": [{"reply": "x"}], "chaos": [name, dict(PRESETS[name].fault)]})
    assert not takes({"rules": [{"reply": "x"}], "chaos": f"{name}s"})


@pytest.mark.parametrize(
    ("pace", "valid"),
    [
        ({"ttft": {"lognormal": {"p50": "1s", "p99": "4s", "max": "9s"}}}, True),
        ({"gap": {"uniform": ["1ms", "2ms"]}}, True),
        ({"gap": {"uniform": ["1ms"]}}, False),
        ({"gap": {"exponential": {"mean": 5}}}, False),
        ({"ttft": {"lognormal": {"p50": "1s", "sigma": 1}}}, False),
        ({"jitter": {"normal": {"mean": 1, "sd": "20%"}}}, True),
        ({"tokens_per_second": {"uniform": [1, 2], "exponential": {"mean": 1}}}, False),
    ],
)
def test_a_pace_may_hold_distributions(pace: Any, valid: bool) -> None:
    assert takes({"rules": [{"reply": "x"}], "pace": pace}) is valid


def test_every_key_that_is_not_the_apis_own_is_described_and_no_shorthand_is_left_out() -> None:
    described = [SCHEMA, *(SCHEMA["$defs"][name] for name in ("Rule", "When", "Step", "Fault", "Pace", "Match"))]

    assert all(each["description"] for model in described for each in model["properties"].values())
    assert all(model["additionalProperties"] is False for model in described)
    assert SCHEMA["$defs"]["Step"]["properties"]["stop_reason"]["anyOf"][0]["enum"][0] == "end_turn"


def test_without_source_code_there_are_no_descriptions_of_keys() -> None:
    made = create_model("Made", __base__=BaseModel, key=(str, "x"))

    assert descriptions(made) == {}


FAULTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*KINDS[::3], *OPTIONS, "p", "requests", "time", "ramp", "burst"), SCALARS | DATA)
)
ODD = st.fixed_dictionaries({"rules": st.just([{"reply": "x"}])}, optional={"chaos": FAULTS, "pace": DATA})


@given(DATA | FILES | ODD)
def test_what_it_refuses_the_loader_refuses_too(data: Any) -> None:
    if not takes(data):
        with pytest.raises(ValidationError):
            ScenarioFile.model_validate(data)


PIECES = "1 12 0 .5 % ms s h us /s KB B MB .. last every ping text_delta events event bytes body headers end forever"
WRITTEN = st.lists(st.sampled_from([*PIECES.split(), " "]), max_size=5).map("".join)


READERS = [reader for reader in VALUE_SCHEMAS if reader.__module__ in (positions.__name__, units.__name__)]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__qualname__)
@given(value=WRITTEN | DATA)
def test_a_value_that_it_refuses_its_reader_refuses_too(reader: Callable[[Any], Any], value: Any) -> None:
    if not Draft202012Validator(VALUE_SCHEMAS[reader]).is_valid(value):
        with pytest.raises(ValueError, match="expected"):
            reader(value)
