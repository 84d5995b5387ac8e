"""Edit the events of a stream: drop, repeat, swap, change or insert events, or restart the message."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from mockclaude.api.events import Event, event
from mockclaude.reply.draws import Draws
from mockclaude.reply.faults.resolve import check_size, collect_pieces, resolve, select_whole_pieces
from mockclaude.reply.response import Data, Piece, Response, TimedPiece, json_data
from mockclaude.scenario.format.faults import DropFault, DuplicateFault, EditFault, InsertFault, RestartFault, SwapFault
from mockclaude.scenario.format.positions import Position


def drop(response: Response, fault: DropFault) -> Response | None:
    """Remove the selected events."""
    indices = set(response.find_events(fault.drop))
    body = [timed for index, timed in enumerate(response.body) if index not in indices]
    return response._replace(body=body) if indices else None


def duplicate(response: Response, fault: DuplicateFault) -> Response | None:
    """Repeat the selected events in place, `copies` times each (default: 1)."""
    indices = set(response.find_events(fault.duplicate))
    times = 1 + (fault.copies or 1)
    repeated = (
        copy for index, timed in enumerate(response.body) for copy in [timed] * (times if index in indices else 1)
    )
    return response._replace(body=collect_pieces(repeated)) if indices else None


def swap(response: Response, fault: SwapFault) -> Response | None:
    """Swap two events; each gets the time of the other."""
    indices = [index for selector in fault.swap for index in response.find_events(selector)]
    if len(indices) != 2:
        return None
    body = list(response.body)
    first, second = indices
    body[first], body[second] = (
        body[first]._replace(piece=body[second].piece),
        body[second]._replace(piece=body[first].piece),
    )
    return response._replace(body=body)


def interleave(response: Response) -> Response | None:
    """Alternate the events of the content blocks.

    The first event of each block comes first, then the second of each.
    """
    queues: dict[Any, list[Event]] = {}
    places: list[int] = []
    for place, (_, piece) in enumerate(response.body):
        if isinstance(piece, Event) and piece.name.startswith("content_block"):
            queues.setdefault(piece.data["index"], []).append(piece)
            places.append(place)
    if len(queues) < 2:
        return None
    turns = [piece for turn in zip_longest(*queues.values()) for piece in turn if piece is not None]
    body = list(response.body)
    for place, piece in zip(places, turns, strict=True):
        body[place] = body[place]._replace(piece=piece)
    return response._replace(body=body)


def edit(response: Response, fault: EditFault) -> Response | None:
    """Set and delete keys in the JSON of events or of a response without streaming."""
    selector = fault.edit
    whole = selector.event == "body" and not response.is_stream
    indices = range(len(response.body)) if whole else response.find_events(selector)
    edited = {
        index: piece for index in indices if (piece := _edit_piece(response.body[index].piece, fault)) is not None
    }
    body = [timed._replace(piece=edited.get(index, timed.piece)) for index, timed in enumerate(response.body)]
    return response._replace(body=body) if edited else None


def _edit_piece(piece: Piece, fault: EditFault) -> Piece | None:
    """Change the JSON of a piece; None for a piece without JSON, such as a cut event."""
    if isinstance(piece, Event) and piece.data is not None:
        return event(piece.name, _change(piece.data, fault))
    if isinstance(piece, Data) and piece.document is not None:
        return json_data(_change(piece.document, fault))
    return None


def _change(data: Any, fault: EditFault) -> Any:
    for path, value in (fault.set or {}).items():
        data = _set_path(data, path.split("."), value)
    for path in fault.delete or ():
        data = _delete_path(data, path.split("."))
    return data


def _set_path(data: Any, path: list[str], value: Any) -> Any:
    """Return `data` with `value` at `path`. Missing mappings on the path are added; missing items of lists are not."""
    if not path:
        return value
    key, *rest = path
    if isinstance(data, list):
        return [_set_path(item, rest, value) if key == str(index) else item for index, item in enumerate(data)]
    child = data if isinstance(data, dict) else {}
    return {**child, key: _set_path(child.get(key), rest, value)}


def _delete_path(data: Any, path: list[str]) -> Any:
    key, *rest = path
    if isinstance(data, list):
        items = (item for index, item in enumerate(data) if rest or key != str(index))
        return [_delete_path(item, rest) if rest and key == str(index) else item for index, item in enumerate(items)]
    if not isinstance(data, dict) or key not in data:
        return data
    if rest:
        return {**data, key: _delete_path(data[key], rest)}
    return {name: value for name, value in data.items() if name != key}


def insert(response: Response, fault: InsertFault) -> Response | None:
    """Insert an event or bytes between events; without a position at the end."""
    written = fault.insert
    place = resolve(response, fault.position or Position("end")) if response.is_stream else None
    if place is None or place.offset is None:
        return None
    before = select_whole_pieces(response, place.offset)
    after = response.body[len(before) :]
    is_text = written.event is not None or written.data is not None or written.text is not None
    data = written.content()
    piece = Event(written.event or "", written.data, "", data) if is_text else Data(data)
    return response._replace(body=(*before, TimedPiece(place.at, piece), *after))


def restart(response: Response, fault: RestartFault, draws: Draws) -> Response | None:
    """Repeat the whole message with another id in the same stream."""
    place = resolve(response, fault.position or Position("end")) if response.is_stream else None
    if place is None or place.offset is None:
        return None
    before = select_whole_pieces(response, place.offset)
    check_size(len(before) + len(response.body), 2 * response.size)
    other = draws.identifier("msg", "restart")
    again = [TimedPiece(at + place.at, _replace_id(piece, other)) for at, piece in response.body]
    return response._replace(body=(*before, *again), end_at=response.end_at + place.at)


def _replace_id(piece: Piece, message_id: str) -> Piece:
    if not isinstance(piece, Event) or piece.name != "message_start" or piece.data is None:
        return piece
    return event(piece.name, _set_path(piece.data, ["message", "id"], message_id))
