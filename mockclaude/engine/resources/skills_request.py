"""A request to the Skills API with valid headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import orjson

from mockclaude.api.mode import ValidationResult
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import Answer, decide_document
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.request_context import RequestContext, resource_request
from mockclaude.engine.resources import skill_views
from mockclaude.engine.resources.new_ids import draw_new_id
from mockclaude.engine.resources.skill_upload import SkillUpload, read_skill
from mockclaude.engine.resources.stored_skills import SkillFacts, find_skill, list_skills
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import MAX_RESOURCES, Resource
from mockclaude.engine.state.store import Store
from mockclaude.reply.draws import Draws


class SkillsRequest(NamedTuple):
    """A request, and the shape that its betas ask for."""

    http: HttpRequest
    state: ScenarioState
    validation: ValidationResult
    is_beta: bool

    @property
    def lane(self) -> str:
        """The lane (isolation key) of the request."""
        return self.http.head.lane

    @property
    def store(self) -> Store:
        """The store of the scenario."""
        return self.state.store

    def decide(self, answer: Answer | Callable[[Draws], Answer]) -> Decision:
        """Decide to send an answer."""
        http, build = self.http, answer if callable(answer) else lambda _: answer
        request = resource_request("skills", http.head.path, http.headers, http.head.adapter)
        request.warnings = self.validation.warnings
        return decide_document(RequestContext(http, self.state, request, http.raw_fingerprints()), build)

    def read_upload(self) -> SkillUpload:
        """Parse and validate the body.

        Raises:
            ApiError: 400; it is invalid.
        """
        http = self.http
        return read_skill(http.headers.get("content-type", ""), http.body, self.validation, is_beta=self.is_beta)

    def list_skills(self) -> list[skill_views.Skill]:
        """List the skills of the lane, newest first, then the prebuilt ones."""
        return list_skills(self.store, self.lane)

    def find_skill(self, skill_id: str) -> skill_views.Skill:
        """Return the skill with an id.

        If validation is off, an unknown id has a made-up skill.

        Raises:
            ApiError: 404; the skill is unknown or deleted.
        """
        skill = find_skill(self.list_skills(), skill_id)
        if skill is not None:
            return skill
        error = skill_views.build_unknown_skill(skill_id)
        if self.store.is_deleted(self.lane, skill_id):
            raise error
        self.validation.report(error, gateway_accepts=False)
        return skill_views.make_up_skill(skill_id, self.http.now_us)

    def refuse_prebuilt(self, skill: skill_views.Skill) -> None:
        """Report that a prebuilt skill cannot be changed or downloaded.

        Raises:
            ApiError: 400; the skill is prebuilt.
        """
        if skill.source != "custom":
            self.validation.report(skill_views.build_read_only(skill.id), gateway_accepts=False)

    def build_resource(self, number: int, upload: SkillUpload, skill_id: str = "") -> Resource:
        """Build a resource without its id.

        Args:
            number: The number of the resource.
            upload: The form.
            skill_id: The id of the skill whose version it is; '' for a skill.
        """
        text, content = (upload.description, upload.archive) if skill_id else (upload.label, b"")
        facts: SkillFacts = {
            "skill_id": skill_id,
            "name": upload.name,
            "text": text,
            "created_us": self.http.now_us,
        }
        return Resource("skill", self.lane, "", number, orjson.dumps(facts), content, len(content))

    def draw_id(self, draws: Draws, prefix: str) -> str:
        """Draw the id of a new resource."""
        return draw_new_id(self.store, "skill", self.lane, draws, prefix)

    def find_free_number(self) -> int:
        """Return the number of a new resource: the microsecond, or more if it is taken."""
        newest = self.store.list_resources("skill", self.lane)[:1]
        return max([self.http.now_us, *[resource.number + 1 for resource in newest]])

    def check_room(self, *resources: Resource) -> None:
        """Check that the lane has room for resources: the store would drop others.

        Raises:
            ApiError: 400; it has not.
        """
        kept, size = self.store.measure_resources("skill", self.lane)
        size += sum(len(resource.facts) + len(resource.content) for resource in resources)
        if kept + len(resources) > MAX_RESOURCES or size > self.state.max_upload:
            raise skill_views.build_full(MAX_RESOURCES)


def read_request(http: HttpRequest, state: ScenarioState) -> SkillsRequest:
    """Validate the headers of a request.

    Raises:
        ApiError: A header is missing or invalid.
    """
    valid = state.validator.headers(http.head)
    return SkillsRequest(http, state, valid.result, skill_views.SKILLS_BETA in valid.api_headers.betas)
