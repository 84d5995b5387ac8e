"""Search for the begin of a secret at the end of a text: a torn response, or one at its limit of tokens, cuts it."""

from __future__ import annotations

_SHORTEST = 12
"""The minimum number of bytes of a begin, which is at least half of the secret, too.

A shorter one may be usual words, such as the scheme of a URL.
"""

_LONGEST = 4096
"""The number of bytes at the end of a text that are searched."""


class SecretBegins:
    """The begins of known secrets."""

    def __init__(self) -> None:
        self._values: dict[bytes, list[bytes]] = {}
        self._longest = 0

    def add(self, value: bytes) -> None:
        """Add a secret."""
        if len(value) > _SHORTEST:
            self._values.setdefault(value[:_SHORTEST], []).append(value)
            self._longest = max(self._longest, min(len(value) - 1, _LONGEST))

    def find(self, data: bytes) -> tuple[int, bytes] | None:
        """Find the longest begin of a secret at the end of a text.

        Returns:
            Its place and the whole secret; None without one.
        """
        for begin in range(max(len(data) - self._longest, 0), len(data) - _SHORTEST + 1):
            for value in self._values.get(data[begin : begin + _SHORTEST], ()):
                size = len(data) - begin
                if size * 2 >= len(value) > size and value.startswith(data[begin:]):
                    return begin, value
        return None
