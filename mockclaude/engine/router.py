"""Path patterns and methods -> handlers, for the API and for the admin API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from mockclaude.api.errors import ApiError

H = TypeVar("H")

SEGMENT, REST = "[^/]+", ".+"
"""What a path parameter matches: one segment of the path, or all that follows."""

_PARAMETER = re.compile(r"\{(\w+)\}")


class Route(NamedTuple, Generic[H]):
    """A handler and the path parameters, as they stand in the path."""

    handler: H
    parameters: Mapping[str, str]


class Router(Generic[H]):
    """Selects the handler of a request by method and path.

    Args:
        table: Path pattern -> method -> handler. A pattern has path parameters in braces, e.g. `/v1/models/{model_id}`.
            A path without parameters is selected before a pattern.
        parameter: The regular expression that a path parameter matches.
        head: Whether HEAD selects the handler of GET.
    """

    def __init__(self, table: Mapping[str, Mapping[str, H]], parameter: str = SEGMENT, *, head: bool = False) -> None:
        self._head = head
        self._paths = {path: methods for path, methods in table.items() if "{" not in path}
        self._patterns = [
            (re.compile(_PARAMETER.sub(rf"(?P<\1>{parameter})", path)), methods)
            for path, methods in table.items()
            if "{" in path
        ]

    def find(self, method: str, path: str) -> Route[H] | None:
        """Return the route of a request, or `None` if no pattern matches the path.

        Raises:
            ApiError: 405 with the header `allow`, if the path has no handler for the method.
        """
        methods, parameters = self._paths.get(path), _NO_PARAMETERS
        if methods is None:
            methods, parameters = self._match(path)
        if methods is None:
            return None
        handler = methods.get("GET" if self._head and method == "HEAD" else method)
        if handler is None:
            allowed = ", ".join(methods)
            message = f"Method not allowed: {method} {path}; use {allowed}"
            raise ApiError("invalid_request_error", message, 405, {"allow": allowed})
        return Route(handler, parameters)

    def _match(self, path: str) -> tuple[Mapping[str, H] | None, Mapping[str, str]]:
        matches = ((pattern.fullmatch(path), methods) for pattern, methods in self._patterns)
        return next(((methods, match.groupdict()) for match, methods in matches if match), (None, _NO_PARAMETERS))


_NO_PARAMETERS: Mapping[str, str] = {}
