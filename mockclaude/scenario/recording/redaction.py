"""Redaction of a session's secrets in all that a recorder writes.

A secret is replaced in decoded texts: the escapes of JSON do not hide it. In a stream, the deltas of each block are
joined first. All other bytes are unchanged. Equal secrets get equal marks, such as `REDACTED_1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from types import MappingProxyType

from mockclaude.api.assemble import assemble
from mockclaude.scenario.recording.edits import Edit, apply_edits, move_arrivals
from mockclaude.scenario.recording.exchange import Exchange, Reception
from mockclaude.scenario.recording.secret_finder import SecretFinder
from mockclaude.scenario.recording.secret_search import Hit, SecretSearch
from mockclaude.scenario.recording.secret_sources import (
    list_environment_secrets,
    list_query_secrets,
    list_request_secrets,
    list_response_secrets,
)
from mockclaude.scenario.recording.user_secrets import UserSecrets

KEPT_HEADERS = ("content-type", "content-encoding", "request-id", "retry-after", "retry-after-ms", "x-should-retry")
"""Headers of a response that are written. A `content-encoding` is left only if the body could not be decoded."""

KEPT_OF_429 = "anthropic-ratelimit-*"

NEVER_KEPT = (
    "set-cookie",
    "date",
    "anthropic-organization-id",
    "anthropic-workspace-id",
    "cf-ray",
    "server-timing",
    "traceresponse",
    "via",
    "x-envoy-*",
    "anthropic-ratelimit-*-reset",
)
"""Headers of a response that are never written: the mock sends its own, or they name an account."""

_GAP = b"\0"
"""A sign between texts, of no escape and no form of a secret."""


class Redaction:
    """The secrets of a session and their marks.

    Raises:
        ValueError: An expression is invalid.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = MappingProxyType({}),
        *,
        expressions: Sequence[str] = (),
        regexes: Sequence[str] = (),
        headers: Sequence[str] = (),
    ) -> None:
        """Begin a session.

        Args:
            environment: The environment variables. A value of 12 characters or more is a secret if the name ends in
                `_KEY`, `_TOKEN`, `_SECRET` or `_PASSWORD`.
            expressions: JMESPath expressions over the body of a request, and the message or JSON of a response.
            regexes: Expressions of RE2 over decoded values.
            headers: The names of further response headers to keep.
        """
        self._known = SecretSearch()
        self._described = UserSecrets(expressions, regexes)
        self._finder = SecretFinder(self._known, self._described)
        self._kept = frozenset([*KEPT_HEADERS, *(name.lower() for name in headers)])
        self._numbers: dict[bytes, int] = {}
        self._add(list_environment_secrets(environment))

    def add_request(self, headers: Mapping[str, str]) -> bool:
        """Collect the credentials in the headers of a request.

        Call it before the exchange is redacted.

        Returns:
            Whether a credential is new.
        """
        known = len(self._known)
        self._add(list_request_secrets(headers.items()))
        return len(self._known) > known

    def redact(self, exchange: Exchange) -> Exchange:
        """Return an exchange without secrets and without most response headers.

        A redacted exchange may be redacted again, after the secrets of later requests are known.

        Raises:
            TooMuchWorkError: The evaluation of an expression takes too long.
        """
        self._add(list_response_secrets(exchange.reception.headers))
        self._add(list_query_secrets(exchange.path))
        self._add_described(exchange)
        while True:
            known, numbers = len(self._known), dict(self._numbers)
            redacted = self._redact(exchange)
            if len(self._known) == known:
                return redacted
            self._numbers = numbers  # a form was found, and its value may be elsewhere in base64

    def redact_text(self, text: str) -> str:
        """Return a text without secrets, for a name or a comment."""
        data = text.encode("utf-8", "surrogatepass")
        edits = self._finder.find_in_body(data, is_json=False)
        return self._apply(data, edits)[0].decode("utf-8", "surrogatepass") if edits else text

    def find_left(self, data: bytes) -> list[str]:
        """Return the source or the form of each secret in the bytes of a file."""
        return sorted({hit.name for hit in self._known.find(data)})

    def _add_described(self, exchange: Exchange) -> None:
        """Add the values that expressions of the user select. Without expressions, nothing is assembled."""
        if self._described.has_expressions:
            reply = exchange.reply
            assembled = assemble(reply.events) if reply.is_stream else None
            message = assembled.message if assembled else reply.document
            for value, name in self._described.select([exchange.document, message]):
                self._known.add(value, name)

    def _add(self, secrets: Iterable[tuple[str, str]]) -> None:
        for value, name in secrets:
            self._known.add(value.encode("utf-8", "surrogatepass"), name)

    def _redact(self, exchange: Exchange) -> Exchange:
        kept = [line for line in exchange.reception.headers if self._is_kept(line[0], exchange.reception.status)]
        texts = [exchange.path, exchange.host, exchange.lane, exchange.refusal, *exchange.headers.values()]
        text = str if self._has_no_secret([*texts, *(value for _, value in kept)]) else self.redact_text
        edits = self._finder.find_in_body(exchange.body, is_json=exchange.document is not None)
        return replace(
            exchange,
            path=text(exchange.path),
            headers={name: text(value) for name, value in exchange.headers.items()},
            body=self._apply(exchange.body, edits)[0],
            reception=self._redact_reception(exchange, [(name, text(value)) for name, value in kept]),
            host=text(exchange.host),
            lane=text(exchange.lane),
            refusal=text(exchange.refusal),
        )

    def _has_no_secret(self, texts: Sequence[str]) -> bool:
        """Search short texts at once: nearly none has a secret. Texts with escapes are searched one by one."""
        if self._described or any(sign in text for text in texts for sign in "\\%&"):
            return False
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        return not any(map(self._known.find_cut, encoded)) and not self._known.find(_GAP.join(encoded))

    def _redact_reception(self, exchange: Exchange, headers: Sequence[tuple[str, str]]) -> Reception:
        reception = exchange.reception
        edits = self._finder.find_in_reply(exchange.reply)
        body, sizes = self._apply(reception.body, edits)
        arrivals = tuple(move_arrivals(reception.arrivals, edits, sizes))
        return reception._replace(headers=tuple(headers), body=body, arrivals=arrivals)

    def _is_kept(self, name: str, status: int) -> bool:
        if any(fnmatchcase(name, pattern) for pattern in NEVER_KEPT):
            return False
        return name in self._kept or (status == 429 and fnmatchcase(name, KEPT_OF_429))

    def _apply(self, data: bytes, edits: Sequence[Edit]) -> tuple[bytes, list[int]]:
        return apply_edits(data, edits, self._mark) if edits else (data, [])

    def _mark(self, hit: Hit) -> bytes:
        self._known.add(hit.value, hit.name)
        return b"REDACTED_%d" % self._numbers.setdefault(hit.value, len(self._numbers) + 1)
