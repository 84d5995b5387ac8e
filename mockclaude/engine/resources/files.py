"""The Files API: upload, list, retrieve, download and delete. The files of a lane are not visible to others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import orjson

from mockclaude.api.file_names import build_disposition
from mockclaude.api.file_types import UNKNOWN_TYPE
from mockclaude.api.mode import ValidationResult
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import Answer, Content, decide_document
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.request_context import RequestContext, resource_request
from mockclaude.engine.resources import file_views
from mockclaude.engine.resources.file_list import list_page
from mockclaude.engine.resources.file_upload import Upload, read_upload
from mockclaude.engine.resources.new_ids import draw_new_id
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import Resource, ResourceDeleted, ResourcePut
from mockclaude.reply.draws import Draws


class FilesRequest(NamedTuple):
    """A request to the Files API with valid headers."""

    http: HttpRequest
    state: ScenarioState
    validation: ValidationResult
    shape: file_views.FileShape

    @property
    def lane(self) -> str:
        """The lane (isolation key) of the request."""
        return self.http.head.lane

    def decide(self, answer: Callable[[Draws], Answer]) -> Decision:
        """Decide to send an answer."""
        http, state = self.http, self.state
        request = resource_request("files", http.head.path, http.headers, http.head.adapter)
        request.warnings = self.validation.warnings
        return decide_document(RequestContext(http, state, request, http.raw_fingerprints()), answer)

    def find(self, file_id: str) -> Resource:
        """Return the file with an id.

        If validation is off, an unknown id has a made-up file.

        Raises:
            ApiError: 404; the file is unknown or deleted.
        """
        store = self.state.store
        resource = store.find_resource("file", self.lane, file_id)
        if resource is not None and not file_views.is_gone(file_views.read_facts(resource), self.http.now_us):
            return resource
        error = file_views.build_not_found(file_id)
        if resource is not None or store.is_deleted(self.lane, file_id):
            raise error
        self.validation.report(error, gateway_accepts=False)
        upload = Upload("unnamed", UNKNOWN_TYPE, b"", None)
        return self.create_resource(file_id, upload, downloadable=True)

    def create_resource(self, file_id: str, upload: Upload, *, downloadable: bool = False) -> Resource:
        """Create a file."""
        now_us, lifetime = self.http.now_us, upload.expires_in_seconds
        now_us -= now_us % 1000  # clients see milliseconds, and a file expires when they say
        facts: file_views.FileFacts = {
            "filename": upload.filename,
            "mime_type": upload.media_type,
            "created_us": now_us,
            "expires_us": None if lifetime is None else now_us + lifetime * 1_000_000,
            "downloadable": downloadable,
        }
        size = len(upload.data)
        return Resource("file", self.lane, file_id, now_us, orjson.dumps(facts), upload.data, size)

    def make_room(self, size: int) -> tuple[ResourceDeleted, ...]:
        """Return the deletions of expired files that a new file requires.

        Args:
            size: The size of the new file with its facts, in bytes.

        Raises:
            ApiError: 400; the files of the lane would exceed the maximum size of an upload.
        """
        store = self.state.store
        left = self.state.max_upload - store.measure_resources("file", self.lane).size - size
        if left >= 0 or self.validation.is_off:
            return ()
        files, now_us = store.list_resources("file", self.lane), self.http.now_us
        expired = [file for file in files if file_views.is_expired(file_views.read_facts(file), now_us)]
        if left + sum(file.size + len(file.facts) for file in expired) < 0:
            raise file_views.build_quota_error()
        return tuple([ResourceDeleted("file", self.lane, file.id) for file in expired])


def upload(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide to store a file."""
    request = _read(http, state)
    content_type, needs_type = http.headers.get("content-type", ""), request.shape == "beta"
    new = read_upload(content_type, http.body, request.validation, needs_type=needs_type)
    unnamed = request.create_resource("", new)
    deletions = request.make_room(len(unnamed.content) + len(unnamed.facts))

    def answer(draws: Draws) -> Answer:
        resource = unnamed._replace(id=draw_new_id(state.store, "file", request.lane, draws, "file"))
        document = file_views.describe_file(resource, request.shape)
        return Answer(document, effects=(*deletions, ResourcePut(resource)))

    return request.decide(answer)


def list_files(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide to send a page of the list, newest first."""
    request = _read(http, state)
    files = [] if "scope_id" in http.head.query else state.store.list_resources("file", request.lane)
    shown = [file for file in files if not file_views.is_gone(file_views.read_facts(file), http.now_us)]
    find_deleted = partial(state.store.find_deleted, "file", request.lane)
    page = list_page(shown, http.head.query, request.shape, request.validation, find_deleted)
    return request.decide(lambda _: Answer(page))


def retrieve(http: HttpRequest, state: ScenarioState, file_id: str) -> Decision:
    """Decide to send the metadata of a file."""
    request = _read(http, state)
    metadata = file_views.describe_file(request.find(file_id), request.shape)
    return request.decide(lambda _: Answer(metadata))


def download(http: HttpRequest, state: ScenarioState, file_id: str) -> Decision:
    """Decide to send the content of a file."""
    request = _read(http, state)
    file = request.find(file_id)
    facts = file_views.read_facts(file)
    if file_views.is_expired(facts, http.now_us):
        request.validation.report(file_views.build_expired(file_id), gateway_accepts=False)
    if not facts["downloadable"]:
        request.validation.report(file_views.build_not_downloadable(file_id), gateway_accepts=False)
    headers = (("content-disposition", build_disposition(facts["filename"])),)
    return request.decide(lambda _: Answer(Content(file.content, facts["mime_type"]), headers))


def delete(http: HttpRequest, state: ScenarioState, file_id: str) -> Decision:
    """Decide to delete a file."""
    request = _read(http, state)
    file = request.find(file_id)
    document = {"id": file.id, "type": "file_deleted"}
    return request.decide(lambda _: Answer(document, effects=(ResourceDeleted("file", request.lane, file.id),)))


def _read(http: HttpRequest, state: ScenarioState) -> FilesRequest:
    """Validate the headers of a request.

    Raises:
        ApiError: A header is missing or invalid.
    """
    valid = state.validator.headers(http.head)
    return FilesRequest(http, state, valid.result, file_views.find_shape(valid.api_headers.betas))
