"""The types of the TypeScript helper are those of the JSON Schemas, and `tsc` finds misspelt keys with them."""

from __future__ import annotations

import pytest
from jsonschema_rs import Draft202012Validator

from mockclaude.journal.entry_types import EntryDict
from tests.conftest import Serve
from tests.sdk.typescript_types import HELPER, make_types, typed_dict_schemas
from tests.serving import post, request

MARK = "// Below: the types of a scenario file's rules and of journal entries, generated from their JSON Schemas.\n\n"


def test_types_of_the_helper_follow_the_schemas(pytestconfig: pytest.Config) -> None:
    written, _, types = HELPER.read_text().partition(MARK)
    if pytestconfig.getoption("--update-golden"):
        HELPER.write_text(written + MARK + make_types())
    else:
        assert types == make_types()


def test_entries_have_the_types_of_the_schema(serve: Serve) -> None:
    server = serve("rules: [{when: {user: Hello}, name: hello, reply: Hello!}]")
    for text in ("Hello", "Bye"):
        server.ask(post(text))
    server.ask(request("GET", "/v1/models"))
    entries = server.ask(request("GET", "/_mockclaude/journal")).json["entries"]
    schema = {"$ref": "#/$defs/EntryDict", "$defs": typed_dict_schemas(EntryDict)}

    assert len(entries) == 3
    assert [error.message for entry in entries for error in Draft202012Validator(schema).iter_errors(entry)] == []
