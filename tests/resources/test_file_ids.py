"""A message that names a file is judged as if the bytes of the file stood there; its body keeps the id."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import orjson
import pytest

from mockclaude.api.mode import Mode
from mockclaude.engine.decision import Decision
from mockclaude.engine.resources import stored_files
from mockclaude.engine.routes import answer, commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.store import Store
from mockclaude.scenario.loading.loader import load_text
from tests.api.pictures import pdf
from tests.engine.deciding import CREATE, after, call, send
from tests.resources.storing import PDF, PNG, TEXT, block, put
from tests.serving import NOW, http_request, with_client_headers

OCTETS = "application/octet-stream"
UNKNOWN = "file_011CNha8iCJcU1wXNR6q4V8w"
BROKEN = PNG[:12]


@pytest.fixture
def state() -> ScenarioState:
    return new_state()


def new_state(text: str = "rules: [reply: Yes.]", store: Store | None = None) -> ScenarioState:
    return ScenarioState(load_text(text), store=store)


def inline(kind: str, content: bytes, mime_type: str) -> dict[str, Any]:
    """Return a block with the bytes of a file."""
    encoded = {"type": "base64", "media_type": mime_type, "data": b64encode(content).decode()}
    is_text = mime_type == "text/plain"
    return {
        "type": kind,
        "source": {"type": "text", "media_type": mime_type, "data": TEXT.decode()} if is_text else encoded,
    }


def in_result(*blocks: Any) -> list[Any]:
    """Return messages with blocks in a tool result."""
    use = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": list(blocks)}
    contents = ("user", "Look."), ("assistant", [use]), ("user", [result])
    return [{"role": role, "content": content} for role, content in contents]


def error_of(state: ScenarioState, *blocks: Any, **fields: Any) -> tuple[int, str, str]:
    response = send(state, call(list(blocks), **fields)).response
    return response.status, *response.error


@pytest.mark.parametrize(
    ("kind", "content", "mime_type", "read_as"),
    [
        ("image", PNG, "image/png", "image/png"),
        ("image", PNG, OCTETS, "image/png"),
        ("image", PNG, "image/gif", "image/png"),
        ("document", PDF, "application/pdf", "application/pdf"),
        ("document", TEXT, "text/plain", "text/plain"),
        ("document", TEXT, "Text/Plain;charset=UTF-8", "text/plain"),
        ("document", PDF, "application/pdf; name=a.pdf", "application/pdf"),
    ],
)
def test_file_counts_as_its_bytes(
    state: ScenarioState, kind: str, content: bytes, mime_type: str, read_as: str
) -> None:
    named, written = block(kind, put(state, content, mime_type)), inline(kind, content, read_as)
    for by_file, by_bytes in (
        ({"content": [named]}, {"content": [written]}),
        ({"messages": in_result(named, named)}, {"messages": in_result(written, written)}),
    ):
        one, other = (send(state, call(**fields)).response.json for fields in (by_file, by_bytes))

        assert one["usage"] == other["usage"]


def test_file_in_a_document_of_blocks_counts_as_its_bytes(state: ScenarioState) -> None:
    def document(*blocks: Any) -> dict[str, Any]:
        return {"type": "document", "source": {"type": "content", "content": list(blocks)}}

    text = {"type": "text", "text": "Grass."}
    named, written = block("image", put(state, PNG)), inline("image", PNG, "image/png")
    one, other = (send(state, call([document(text, each)])).response.json for each in (named, written))

    assert one["usage"] == other["usage"]


def test_tokens_of_a_file_are_counted_alone(state: ScenarioState) -> None:
    headers = with_client_headers({"x-mockclaude-lane": ""})

    def count(each: dict[str, Any]) -> Any:
        body = {"model": "claude-sonnet-5", "messages": [{"role": "user", "content": [each]}]}
        http = http_request("POST", "/v1/messages/count_tokens", {}, headers, orjson.dumps(body))
        return send(state, http).response.json

    assert count(block("image", put(state, PNG))) == count(inline("image", PNG, "image/png"))


@pytest.mark.parametrize(
    ("kind", "content", "mime_type", "message"),
    [
        (
            "document",
            PDF,
            OCTETS,
            f"Unsupported document file format: {OCTETS}. Only PDF and plaintext documents are supported.",
        ),
        (
            "document",
            PNG,
            "image/png",
            "Unsupported document file format: image/png. Only PDF and plaintext documents are supported.",
        ),
        (
            "image",
            PDF,
            "application/pdf",
            "Unsupported image file format: application/pdf. Supported image formats are JPEG, PNG, GIF, and WebP.",
        ),
        ("image", BROKEN, "image/png", "Could not process image"),
        (
            "document",
            TEXT,
            "application/pdf",
            "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.",
        ),
    ],
)
def test_file_of_another_type_is_refused(
    state: ScenarioState, kind: str, content: bytes, mime_type: str, message: str
) -> None:
    error = error_of(state, block(kind, put(state, content, mime_type)))

    assert error == (400, "invalid_request_error", message)


def test_pages_of_a_file_are_checked(state: ScenarioState) -> None:
    many = put(state, b64decode(pdf(101)), "application/pdf")

    assert error_of(state, block("document", many), model="claude-haiku-4-5")[2].endswith(
        "A maximum of 100 PDF pages may be provided."
    )


@pytest.mark.parametrize("kind", ["image", "document", "container_upload"])
def test_unknown_file_is_not_found(state: ScenarioState, kind: str) -> None:
    put(state, PNG, lane="bob")
    not_found = (404, "not_found_error", f"File `{UNKNOWN}` not found.")

    assert error_of(state, block(kind, UNKNOWN)) == not_found
    assert error_of(state, {"type": "text", "text": "See."}, block(kind, UNKNOWN)) == not_found


def test_file_of_another_lane_is_not_found(state: ScenarioState) -> None:
    file_id = put(state, PNG, lane="bob")

    assert error_of(state, block("image", file_id), lane="ann") == (
        404,
        "not_found_error",
        f"File `{file_id}` not found.",
    )
    assert send(state, call([block("image", file_id)], lane="bob")).response.status == 200


def test_file_of_the_key_is_found_in_a_lane_of_the_body() -> None:
    state = new_state("{lane_from: [metadata.user_id], rules: [reply: Yes.]}")
    headers = {"x-mockclaude-lane": None}
    file_id = put(state, PNG, lane=call(headers=headers).head.lane)
    asked = call([block("image", file_id)], headers=headers, metadata={"user_id": "ann"})

    assert send(state, asked._replace(head=asked.head.with_lane_of(asked.body))).response.status == 200


def test_expired_file_is_not_found(state: ScenarioState) -> None:
    file_id = put(state, PNG, expires_us=(NOW + 3_600) * 1_000_000)
    asked = [block("image", file_id)]

    assert send(state, call(asked, later=3_599)).response.status == 200
    response = send(state, call(asked, later=3_600)).response
    assert response.json["error"] == {
        "details": {"error_code": "file_expired"},
        "type": "not_found_error",
        "message": f"File `{file_id}` has expired.",
    }


def test_hint_of_a_lost_file_is_in_the_log_only(state: ScenarioState) -> None:
    reasons = [answer(call([block("image", file_id)]), state).reason for file_id in (UNKNOWN, "file_x")]

    assert [len(reason.split("; ")) for reason in reasons] == [3, 1]


@pytest.mark.parametrize(("mode", "warnings"), [("gateway", 1), ("off", 0)])
def test_unknown_file_is_accepted_in_another_mode(mode: Mode, warnings: int) -> None:
    decision = answer(call([block("image", UNKNOWN)]), new_state(f"{{validation: {mode}, rules: [reply: Yes.]}}"))

    assert (decision.response.status, len(decision.notes)) == (200, warnings)


def test_unusable_file_is_accepted_by_a_gateway() -> None:
    state = new_state("{validation: gateway, rules: [reply: Yes.]}")
    odd = {"type": "document", "source": {"type": "content", "content": ["odd", {"type": "image", "source": 1}]}}
    unusable = [block("document", put(state, PNG)), block("image", put(state, PNG, expires_us=0))]
    decision = answer(call([*unusable, odd, {"type": "image", "source": 1}]), state)

    assert decision.response.status == 200
    assert [note for note in decision.notes if "ile" in note] == [
        "warning: Unsupported document file format: image/png. Only PDF and plaintext documents are supported.",
        f"warning: File `{unusable[1]['source']['file_id']}` has expired.",
    ]


@pytest.mark.parametrize(
    ("fields", "warnings"),
    [
        ({}, 1),
        ({"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}, 0),
        ({"container": "container_1"}, 0),
    ],
)
def test_upload_without_code_execution_is_noted(state: ScenarioState, fields: dict[str, Any], warnings: int) -> None:
    text = {"type": "text", "text": "Plot it."}
    decision = answer(call([text, block("container_upload", put(state, TEXT, "text/csv"))], **fields), state)

    assert (decision.response.status, len(decision.notes)) == (200, warnings)


def test_files_larger_than_a_body_are_refused(state: ScenarioState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_files, "MAX_INLINE", 2 * len(b64encode(PNG)))
    image = block("image", put(state, PNG))

    assert send(state, call([image] * 2)).response.status == 200
    assert error_of(state, *[image] * 3)[:2] == (413, "request_too_large")


def test_thinking_stays_bound_to_a_request_with_a_file() -> None:
    state = new_state("rules: [reply: [{thinking: Hm.}, It is grass.]]")
    asked = [{"type": "text", "text": "Look."}, block("image", put(state, PNG))]
    fields: dict[str, Any] = {"model": "claude-fable-5-2", "thinking": {"type": "adaptive"}}
    reply = send(state, call(asked, **fields)).response.json
    history = [{"role": "user", "content": asked}, {"role": "assistant", "content": reply["content"]}]
    again = send(state, call(messages=[*history, {"role": "user", "content": "Sure?"}], **fields)).response

    assert again.status == 200
    assert again.json["usage"]["input_tokens"] > reply["usage"]["input_tokens"]


def test_cleared_results_free_the_tokens_of_a_file(state: ScenarioState) -> None:
    messages = in_result(block("document", put(state, PDF, "application/pdf")))
    edit = {"type": "clear_tool_uses_20250919", "trigger": {"type": "input_tokens", "value": 1}}
    fields: dict[str, Any] = {
        "messages": messages,
        "context_management": {"edits": [edit | {"keep": {"type": "tool_uses", "value": 0}}]},
    }
    beta = {"anthropic-beta": "context-management-2025-06-27"}
    cleared = send(state, call(headers=beta, **fields)).response.json
    plain = send(state, call(messages=messages)).response.json["usage"]["input_tokens"]

    [applied] = cleared["context_management"]["applied_edits"]

    assert cleared["usage"]["input_tokens"] + applied["cleared_input_tokens"] == plain


def test_prompt_cache_has_the_bytes_of_a_file(state: ScenarioState) -> None:
    marked = {"cache_control": {"type": "ephemeral"}}
    text = {"type": "text", "text": "word " * 5_000}
    named = block("image", put(state, PNG), **marked)
    first, second = (
        send(state, call([text, each])).response.json["usage"]
        for each in (named, inline("image", PNG, "image/png") | marked)
    )

    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"] > 0


def test_rules_and_threads_see_the_id() -> None:
    state = new_state(
        "rules: [{when: {body: 'messages[0].content[0].source.file_id'}, reply: By file.}, {reply: By bytes.}]"
    )
    image = block("image", put(state, PNG))
    created = send(state, call([image], thread=CREATE)).response.json
    decision: Decision = commit(state, answer(call("And?", thread=after(created["id"])), state))

    assert created["content"][0]["text"] == "By file."
    assert decision.whole is not None
    assert orjson.loads(decision.whole)["messages"][0]["content"] == [image]
