from __future__ import annotations

from mockclaude.api.fingerprint import canonical_body
from mockclaude.engine.http_request import HttpRequest
from tests.serving import http_request

QUESTION = canonical_body({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]})


def call(method: str = "POST", path: str = "/v1/messages", **headers: str) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http_request(method, path, {}, named, b"", 0)


def test_a_lane_header_names_the_lane() -> None:
    assert call(x_mockclaude_lane="blue", x_api_key="key").head.lane == "blue"
    assert call(x_mockclaude_lane="", x_api_key="key").head.lane == ""


def test_else_each_api_key_is_a_lane_and_the_key_is_not_in_its_name() -> None:
    by_key, other = call(x_api_key="sk"), call(x_api_key="other")

    assert len({by_key.head.lane, other.head.lane, ""}) == 3
    assert "sk" not in by_key.head.lane
    assert call(x_api_key="sk").head.lane == call(authorization="Bearer sk").head.lane == by_key.head.lane


def test_a_key_in_x_api_key_comes_before_a_bearer_token() -> None:
    assert call(x_api_key="sk", authorization="Bearer token").head.lane == call(x_api_key="sk").head.lane


def test_who_says_nothing_of_himself_shares_the_nameless_lane() -> None:
    assert call().head.lane == ""


def test_a_key_that_is_no_text_is_a_lane_too() -> None:
    assert call(x_api_key="\udcff").head.lane not in ("", call(x_api_key="?").head.lane)


def test_the_path_and_the_method_are_part_of_what_is_asked() -> None:
    calls = [call(), call("GET"), call(path="/v1/messages/count_tokens")]

    assert len({each.fingerprints(QUESTION) for each in calls}) == 3


def test_what_is_beside_the_question_changes_the_whole_fingerprint_only() -> None:
    plain, streamed = call().fingerprints(QUESTION), call().fingerprints(QUESTION, b'{"stream":true}')
    with_query = http_request("POST", "/v1/messages", {"beta": "true"}, {}, b"", 0).fingerprints(QUESTION)

    assert plain[1] == ""
    assert streamed[1] == with_query[1] == plain[0]
    assert len({plain[0], streamed[0], with_query[0]}) == 3


def test_a_request_that_is_not_read_has_the_fingerprint_of_its_bytes() -> None:
    one, other = call()._replace(body=b"{"), call()._replace(body=b"[")

    assert one.raw_fingerprints() == one._replace(headers={"x": "y"}).raw_fingerprints()
    assert (
        len(
            {
                one.raw_fingerprints()[0],
                other.raw_fingerprints()[0],
                one.raw_fingerprints("Not valid \ud800")[0],
            }
        )
        == 3
    )
