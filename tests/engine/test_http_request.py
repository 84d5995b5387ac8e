from __future__ import annotations

from mockclaude.api.fingerprint import canonical_body
from mockclaude.engine.http_request import HttpRequest
from tests.serving import http_request

QUESTION = canonical_body({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]})


def call(method: str = "POST", path: str = "/v1/messages", **headers: str) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http_request(method, path, {}, named, b"", 0)


def test_a_lane_header_names_the_lane() -> None:
    assert call(x_mockclaude_lane="blue", x_api_key="key").lane == "blue"
    assert call(x_mockclaude_lane="", x_api_key="key").lane == ""


def test_else_each_api_key_is_a_lane_and_the_key_is_not_in_its_name() -> None:
    by_key, other = call(x_api_key="sk"), call(x_api_key="other")

    assert len({by_key.lane, other.lane, ""}) == 3
    assert "sk" not in by_key.lane
    assert call(x_api_key="sk").lane == call(authorization="Bearer sk").lane == by_key.lane


def test_a_key_in_x_api_key_comes_before_a_bearer_token() -> None:
    assert call(x_api_key="sk", authorization="Bearer token").lane == call(x_api_key="sk").lane


def test_who_says_nothing_of_himself_shares_the_nameless_lane() -> None:
    assert call().lane == ""


def test_a_key_that_is_no_text_is_a_lane_too() -> None:
    assert call(x_api_key="\udcff").lane not in ("", call(x_api_key="?").lane)


def test_the_path_and_the_method_are_part_of_what_is_asked() -> None:
    calls = [call(), call("GET"), call(path="/v1/messages/count_tokens")]

    assert len({each.fingerprints(QUESTION) for each in calls}) == 3


def test_what_is_beside_the_question_changes_the_whole_fingerprint_only() -> None:
    plain, streamed = call().fingerprints(QUESTION), call().fingerprints(QUESTION, b'{"stream":true}')
    with_query = call()._replace(query={"beta": "true"}).fingerprints(QUESTION)

    assert plain.question == ""
    assert streamed.question == with_query.question == plain.whole
    assert len({plain.whole, streamed.whole, with_query.whole}) == 3


def test_a_request_that_is_not_read_has_the_fingerprint_of_its_bytes() -> None:
    one, other = call()._replace(body=b"{"), call()._replace(body=b"[")

    assert one.as_it_came() == one._replace(headers={"x": "y"}).as_it_came()
    assert len({one.as_it_came().whole, other.as_it_came().whole, one.as_it_came("Not valid \ud800").whole}) == 3
