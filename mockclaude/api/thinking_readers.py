"""Which models read the thinking of which other models (documented; measured for Opus 5.5)."""

from __future__ import annotations

_FABLE_5_2 = frozenset({"claude-fable-5-2", "claude-mythos-5-2"})
_FABLE_5_1 = frozenset({"claude-fable-5-1", "claude-mythos-5-1"})
_READERS = {
    **dict.fromkeys(_FABLE_5_2, _FABLE_5_2),
    **dict.fromkeys(_FABLE_5_1, _FABLE_5_1 | _FABLE_5_2),
    "claude-opus-5-5": _FABLE_5_1 | _FABLE_5_2,
}
"""The other models that read the thinking of a model; those of every other model are read by all."""


def may_read(model: str, author: str) -> bool:
    """Return whether a model reads the thinking of another.

    A model that the catalogue does not list is '', and reads and is read by all.
    """
    if not (model and author) or author in (model, "claude-haiku-5-5"):
        return True
    if model == "claude-haiku-5-5":
        return False
    if model == "claude-opus-5-5" and author.startswith(("claude-fable", "claude-mythos")):
        return False
    return model in _READERS.get(author, (model,))
