"""Recorded requests and their responses, as `drift` compares them with the mock's."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from mockclaude.journal.recheck import is_complete
from mockclaude.scenario.diagnostics import Diagnostic, Path, Place, ScenarioError, SourceMap
from mockclaude.scenario.format.body_folder import BodyFolder
from mockclaude.scenario.format.respond import Respond
from mockclaude.scenario.recorded_reply import RecordedReply, build_recorded
from mockclaude.scenario.recording.cassettes.cassette import Cassette
from mockclaude.scenario.recording.cassettes.cassette_formats import MESSAGES, REQUEST_HEADERS

Data = Mapping[str, Any]


class ObservedResponse(NamedTuple):
    """A response of the API or of the mock, as far as it is known.

    Attributes:
        status: The status.
        is_stream: Whether a message was streamed.
        reply: The response with its body; None if only its status and form are known.
        header_names: The names of all headers; None if they are unknown.
        has_order: Whether the keys of the body have the order in which they were sent.
    """

    status: int
    is_stream: bool
    reply: RecordedReply | None = None
    header_names: frozenset[str] | None = None
    has_order: bool = True


class DriftCase(NamedTuple):
    """A recorded request and its response.

    Attributes:
        place: The place in the recording.
        path: The path with the query.
        headers: The headers of the request that are known.
        body: The body of the request.
        day: The day of the recording.
        response: The recorded response.
    """

    place: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    day: str
    response: ObservedResponse


def observe(reply: RecordedReply, header_names: frozenset[str] | None, *, has_order: bool = True) -> ObservedResponse:
    """Return a response whose body is known."""
    return ObservedResponse(reply.status, reply.is_stream, reply, header_names, has_order)


def list_cassette_cases(cassette: Cassette) -> Iterator[DriftCase]:
    """Yield the requests of a cassette."""
    for exchange, place, has_order in cassette.entries:
        names = frozenset(name for name, _ in exchange.reception.headers) or None
        response = observe(exchange.reply, names, has_order=has_order)
        yield DriftCase(str(place), exchange.path, exchange.headers, exchange.body, exchange.on, response)


def is_recording(data: Any) -> bool:
    """Return whether the data of a file is a scenario file with recorded rules."""
    return isinstance(data, dict) and isinstance(data.get("rules"), list)


def list_recording_cases(source: SourceMap, folder: BodyFolder) -> Iterator[DriftCase]:
    """Yield the requests of a recording whose bodies are in files.

    Args:
        source: The data of the scenario file.
        folder: The folder of the scenario file, from which replies are being loaded.

    Raises:
        ScenarioError: A file is unreadable, or a reply is invalid.
    """
    for index, rule in enumerate(source.data["rules"]):
        origin = rule.get("recorded") if isinstance(rule, dict) else None
        names = origin.get("requests") if isinstance(origin, dict) else None
        if not isinstance(origin, dict) or not isinstance(names, list):
            continue
        replies = list(_list_replies(rule, ("rules", index)))
        for number, name in enumerate(names):
            if not replies:
                raise _fail(source, ("rules", index), "recorded requests without a reply; expected `respond`")
            path, written = replies[min(number, len(replies) - 1)]
            place = source.place(path)
            body = _read(source, ("rules", index, "recorded", "requests", number), folder, name)
            response = observe(_build_reply(place, written), None)
            yield DriftCase(str(place), MESSAGES, {}, body, str(origin.get("on", "")), response)


def _list_replies(rule: Data, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the path and the data of each `respond` of a rule."""
    sequence = rule.get("sequence")
    for index, reply in enumerate(sequence if isinstance(sequence, list) else ()):
        yield from _find_respond(reply, (*path, "sequence", index))
    yield from _find_respond(rule.get("reply"), (*path, "reply"))


def _find_respond(reply: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    step, path = (reply[0], (*path, 0)) if isinstance(reply, list) and reply else (reply, path)
    if isinstance(step, dict) and "respond" in step:
        yield (*path, "respond"), step["respond"]


def _build_reply(place: Place, written: Any) -> RecordedReply:
    try:
        return build_recorded(Respond.model_validate(written), usual_headers=True)
    except ValidationError as error:
        problem = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ScenarioError([Diagnostic(place, f"invalid `respond`: {problem}; expected a recorded reply")]) from None


def _read(source: SourceMap, path: Path, folder: BodyFolder, name: Any) -> bytes:
    try:
        return folder.read(str(name))
    except ValueError as error:
        raise _fail(source, path, str(error)) from None


def _fail(source: SourceMap, path: Path, problem: str) -> ScenarioError:
    return ScenarioError([Diagnostic(source.place(path), problem)])


def list_journal_cases(file: str, entries: Sequence[tuple[int, Data]]) -> Iterator[DriftCase]:
    """Yield the Messages requests of a journal.

    A journal has the status and the form of responses, but no bodies. Requests with truncated bodies are left out, and
    also errors that a rule sent.

    Args:
        file: The name of the journal.
        entries: The number of the line and the data of each entry.
    """
    for line, entry in entries:
        request, status = entry["request"], entry["response"]["status"]
        is_scripted = entry["decision"]["rule"] is not None and status != 200
        if request["method"] == "POST" and request["endpoint"] == MESSAGES and is_complete(entry) and not is_scripted:
            response = ObservedResponse(status, entry["response"]["streamed"])
            headers = {name: value for name, value in request["headers"].items() if name in REQUEST_HEADERS}
            encoded = request.get("body_base64")
            body = str(request["body"]).encode() if encoded is None else b64decode(encoded)
            yield DriftCase(f"{file}:{line}", MESSAGES, headers, body, "", response)
