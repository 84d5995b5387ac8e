"""Faults that a client asks for, in a header or after the name of the model."""

from __future__ import annotations

import pytest

from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import NOW, asking, http_request, received, script_of, with_client_headers

HELLO = "rules: [{reply: Hello!}]"


def asked(text: str = HELLO, model: str = "claude-sonnet-5", fault: str | None = None) -> Decision:
    headers = with_client_headers({"x-mockclaude-fault": fault})
    return answer(
        http_request("POST", "/v1/messages", {}, headers, asking(model=model), NOW), ScenarioState(load_text(text))
    )


@pytest.mark.parametrize(
    ("wish", "label"),
    [
        ("529", "529"),
        ("reset_at_once", "reset_at_once"),
        ("disconnect=close; after=10 bytes", "disconnect close after 10 bytes"),
        ("error=overloaded_error;", "error overloaded_error"),
        ('{"error": {"type": "api_error", "status": 503}}', "error api_error"),
    ],
)
def test_a_header_or_a_model_asks_for_a_fault(wish: str, label: str) -> None:
    assert f"fault: {label}" in asked(fault=wish).notes
    assert f"fault: {label}" in asked(model=f"claude-sonnet-5+{wish}").notes


def test_several_faults_are_asked_for_by_name_or_as_a_list() -> None:
    assert asked(fault="slow, bytewise").notes[:2] == ("fault: bytewise", "fault: slow")
    assert asked(fault='["slow", "bytewise"]').notes[:2] == ("fault: bytewise", "fault: slow")


def test_the_model_is_the_one_before_the_fault() -> None:
    whole = script_of(asked(model="claude-sonnet-5+headers={}"))

    assert received(b"".join(send.data for send in whole.sends)).json["model"] == "claude-sonnet-5"


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ("rest", "x-mockclaude-fault: unknown fault 'rest'; expected a preset such as reset or 529, or a mapping; did"),
        ("disconnect=sideways", "x-mockclaude-fault: disconnect: Input should be 'reset', 'close' or 'clean'"),
        ("{", "x-mockclaude-fault: invalid JSON ("),
        ("slcie=3", "; did you mean 'slice'?"),
        ("slice=3; evry=1ms", "x-mockclaude-fault: unknown key 'evry'; expected a key of a fault, as"),
    ],
)
def test_what_is_no_fault_is_a_400(wish: str, problem: str) -> None:
    given = asked(fault=wish)

    assert given.response.status == 400
    assert problem in given.reason


def test_what_a_client_wishes_goes_before_what_the_scenario_has() -> None:
    text = "chaos: [500]\nrules: [{reply: Hello!}]"

    assert asked(text).response.status == 500
    assert asked(text, fault="529").response.status == 529


def test_wishes_can_be_switched_off() -> None:
    off = f"client_faults: false\n{HELLO}"

    assert asked(off, fault="529").response.status == 200
    assert asked(off, model="claude-sonnet-5+529").response.status == 404
