"""The places of secrets in a body: in a text, in JSON, and in a stream that cuts texts into deltas."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate

from mockclaude.api.events import Event
from mockclaude.scenario.recorded_reply import RecordedReply
from mockclaude.scenario.recording.edits import Edit, merge_edits
from mockclaude.scenario.recording.json_strings import JsonString
from mockclaude.scenario.recording.secret_search import Hit, SecretSearch, fit_to_json, merge_hits
from mockclaude.scenario.recording.streamed_texts import (
    StreamedText,
    find_data,
    find_strings,
    join_texts,
    list_cut_fields,
)
from mockclaude.scenario.recording.user_secrets import UserSecrets


class SecretFinder:
    """Finds the known secrets, and the secrets that the user describes."""

    def __init__(self, known: SecretSearch, described: UserSecrets) -> None:
        self.known = known
        self.described = described

    def find_in_body(self, data: bytes, *, is_json: bool) -> list[Edit]:
        """Find the secrets in JSON, or in another body or text."""
        return [Edit(hit.begin, hit.end, hit) for hit in self._find(data, is_json=is_json)]

    def find_in_reply(self, reply: RecordedReply) -> list[Edit]:
        """Find the secrets in the body of a response, which may be a stream."""
        if not reply.is_stream:
            return self.find_in_body(reply.body, is_json=isinstance(reply.document, dict | list))
        events = reply.events
        begins = [0, *accumulate(len(event.encoded) for event in events)]
        return merge_edits(self._find_in_texts(events, begins), self._find_in_frames(reply.body, events, begins))

    def _find(self, data: bytes, *, is_json: bool) -> list[Hit]:
        known = (*self.known.find(data, is_json=is_json), *self.known.find_cut(data))
        hits = merge_hits([*known, *self.described.find(data, is_json=is_json)])
        return fit_to_json(data, hits) if is_json else hits

    def _find_in_texts(self, events: Sequence[Event], begins: Sequence[int]) -> Iterator[Edit]:
        """Yield the parts of each secret in the joined texts of the blocks; the first one gets the mark."""
        strings: dict[tuple[int, str], list[JsonString]] = {}
        for text in join_texts(events):
            for hit in self._find(text.text, is_json=text.is_json):
                yield from _place(hit, text, events, begins, strings)

    def _find_in_frames(self, body: bytes, events: Sequence[Event], begins: Sequence[int]) -> Iterator[Edit]:
        """Yield the secrets in the bytes of a stream, and in the values of its frames."""
        known = deque(merge_hits([*self.known.find(body, is_json=True), *self.known.find_cut(body)]))
        if not known and not self.described:
            return
        for event, begin in zip(events, begins, strict=False):
            of_frame = []
            while known and known[0].begin < begin + len(event.encoded):
                hit = known.popleft()
                of_frame.append(hit._replace(begin=hit.begin - begin, end=hit.end - begin))
            for hit in self._complete(event, of_frame):
                yield Edit(begin + hit.begin, begin + hit.end, hit)

    def _complete(self, event: Event, known: list[Hit]) -> list[Hit]:
        """Add the secrets that the user describes to the known ones in a frame."""
        if not known and not self.described:
            return []
        data = find_data(event.encoded)
        is_json = data < len(event.encoded)
        text = bytes(data) + event.encoded[data:] if is_json else event.encoded
        hits = merge_hits([*known, *self.described.find(text, is_json=is_json, without=list_cut_fields(event))])
        return fit_to_json(text, hits) if is_json else hits


def _place(
    hit: Hit,
    text: StreamedText,
    events: Sequence[Event],
    begins: Sequence[int],
    strings: dict[tuple[int, str], list[JsonString]],
) -> Iterator[Edit]:
    """Yield the edits of the frames with a part of a secret."""
    mark: Hit | None = hit
    for part in text.find_parts(hit.begin, hit.end):
        place = (part.frame, part.field)
        if place not in strings:
            strings[place] = list(find_strings(events[part.frame].encoded, part.field, part.text))
        for string in strings[place]:
            begin, end = string.to_source(part.begin, part.end)
            yield Edit(begins[part.frame] + begin, begins[part.frame] + end, mark, is_of_text=True)
        mark = None
