"""The ids of new resources."""

from __future__ import annotations

from itertools import count

from mockclaude.engine.state.resources import ResourceKind
from mockclaude.engine.state.store import Store
from mockclaude.reply.draws import Draws


def draw_new_id(store: Store, kind: ResourceKind, lane: str, draws: Draws, prefix: str) -> str:
    """Draw an id that no resource of the lane has.

    Counters begin anew with each run, and a data folder keeps resources: it may have one of an earlier equal upload.
    """
    ids = (draws.identifier(prefix, str(index) if index else "") for index in count())
    return next(new_id for new_id in ids if store.find_resource(kind, lane, new_id) is None)
