"""The exchanges of a cassette, and the parts of its data with their places."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypeVar

from mockclaude.scenario.diagnostics import Diagnostic, Path, Place, ScenarioError, SourceMap, shorten
from mockclaude.scenario.recording.exchange import Exchange

T = TypeVar("T")

HeaderPairs: TypeAlias = Sequence[tuple[str, str]]


class CassetteBody(NamedTuple):
    """A body in a cassette.

    Attributes:
        content: The bytes as stored; None if the cassette has none.
        is_original: Whether these are the bytes that were sent. Parsed JSON has lost its order and its spaces.
    """

    content: bytes | None
    is_original: bool = True


class CassetteExchange(NamedTuple):
    """A request and its response as a cassette stores them.

    Attributes:
        place: The place of the exchange in the cassette.
        method: The method in upper case.
        url: The URL, or the path of a recorder without hosts.
        request_headers: The headers of the request, with names in lower case.
        request_body: The body of the request.
        status: The status of the response.
        headers: The headers of the response, with names in lower case.
        body: The body of the response.
        time: The time of the exchange, in any form; '' if it is unknown.
        head_us: The microseconds from the request to the head of the response; 0 if they are unknown.
    """

    place: Place
    method: str
    url: str
    request_headers: HeaderPairs
    request_body: CassetteBody
    status: int
    headers: HeaderPairs
    body: CassetteBody
    time: str = ""
    head_us: int = 0


class CassetteRequest(NamedTuple):
    """A request of a cassette before its response is read.

    Attributes:
        method: The method in upper case.
        url: The URL.
        request: The data of the request.
        response: The data of the response.
        whole: The data of both.
    """

    method: str
    url: str
    request: CassettePart
    response: CassettePart
    whole: CassettePart


class CassetteEntry(NamedTuple):
    """A Messages request of a cassette.

    Attributes:
        exchange: The request and its response, with all headers of the response.
        place: The place in the cassette.
        has_order: Whether the keys of the response have the order in which they were sent.
    """

    exchange: Exchange
    place: Place
    has_order: bool = True


class Cassette(NamedTuple):
    """The Messages requests of a cassette.

    Attributes:
        entries: The requests with their responses, in the order of the file.
        warnings: The parts that were left out or are unknown.
    """

    entries: list[CassetteEntry]
    warnings: list[Diagnostic]


class CassettePart(NamedTuple):
    """A value of a cassette, with its path."""

    source: SourceMap
    value: Any
    path: Path = ()

    @property
    def place(self) -> Place:
        """The place of the value."""
        return self.source.place(self.path)

    def fail(self, expected: str) -> NoReturn:
        """Raise the error for a value of another form.

        Raises:
            ScenarioError: Always.
        """
        shown = shorten(type(self.value).__name__ if isinstance(self.value, dict | list) else repr(self.value))
        message = f"{self._name}: got {shown}; expected {expected}"
        raise ScenarioError([Diagnostic(self.place, message)])

    @property
    def _name(self) -> str:
        return f"`{'.'.join(str(part) for part in self.path[-2:])}`" if self.path else "the file"

    def get(self, key: str, *others: str) -> CassettePart:
        """Return the value of the first of these keys in a mapping, or None as the value.

        Raises:
            ScenarioError: The value is not a mapping.
        """
        mapping = self.expect(dict, "a mapping")
        present = next((name for name in (key, *others) if name in mapping), key)
        return CassettePart(self.source, mapping.get(present), (*self.path, present))

    def items(self) -> Iterator[CassettePart]:
        """Yield the items of a list.

        Raises:
            ScenarioError: The value is not a list.
        """
        for index, item in enumerate(self.expect(list, "a list")):
            yield CassettePart(self.source, item, (*self.path, index))

    def text(self) -> str:
        """Return the value as text.

        Raises:
            ScenarioError: The value is not text.
        """
        return self.expect(str, "a text")

    def expect(self, kind: type[T], name: str) -> T:
        """Return a value of a type.

        Raises:
            ScenarioError: The value has another type.
        """
        return self.value if isinstance(self.value, kind) else self.fail(name)


def read_headers(part: CassettePart) -> list[tuple[str, str]]:
    """Read headers.

    They are a mapping of names to texts or lists of texts, or a list of mappings with `name` and `value`.

    Raises:
        ScenarioError: The headers have another form.
    """
    if part.value is None:
        return []
    if isinstance(part.value, list):
        pairs = [(item.get("name").text(), item.get("value").value) for item in part.items()]
    else:
        pairs = [(name, value) for name, values in part.expect(dict, "headers").items() for value in _list(values)]
    return [(name.lower(), _to_text(value)) for name, value in pairs]


def decode_base64(part: CassettePart) -> bytes:
    """Decode a text in base64, which may have line breaks.

    Raises:
        ScenarioError: The value is not base64.
    """
    try:
        return b64decode("".join(part.text().split()), validate=True)
    except ValueError:
        part.fail("base64")


def _list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _to_text(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return "".join(char if char.isprintable() else " " for char in text).strip()
