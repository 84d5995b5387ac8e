"""The weights of the token estimate: the models before Opus 4.7 share a tokenizer, the later ones another."""

from __future__ import annotations

from typing import NamedTuple


class Weights(NamedTuple):
    """The weights of one tokenizer.

    Attributes:
        name: The name of the tokenizer.
    """

    name: str


OLD, NEW = Weights("old"), Weights("new")
