"""The Skills API: create, list, retrieve and delete. The skills of a lane are not visible to others."""

from __future__ import annotations

from mockclaude.api.errors import invalid
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import Answer
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.resources import skill_views
from mockclaude.engine.resources.pages import page_by_cursor
from mockclaude.engine.resources.skill_views import describe_skill
from mockclaude.engine.resources.skills_request import SkillsRequest, read_request
from mockclaude.engine.resources.stored_skills import read_skill
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import ResourceDeleted, ResourcePut
from mockclaude.reply.draws import Draws


def create_skill(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide to store a skill with its first version.

    Raises:
        ApiError: 400; the form is invalid, the label is not unique, or the lane is full.
    """
    request = read_request(http, state)
    upload = request.read_upload()
    _check_title(request, upload.label)
    number = request.find_free_number()

    def answer(draws: Draws) -> Answer:
        skill_id, version_id = request.draw_id(draws, "skill"), request.draw_id(draws, "skver")
        skill = request.build_resource(number, upload)._replace(id=skill_id)
        version = request.build_resource(number + 1, upload, skill_id)._replace(id=version_id)
        request.check_room(skill, version)
        document = describe_skill(read_skill(skill, version), is_beta=request.is_beta)
        return Answer(document, effects=(ResourcePut(skill), ResourcePut(version)))

    return request.decide(answer)


def _check_title(request: SkillsRequest, label: str | None) -> None:
    """Check that no skill of the lane has the same label, which the beta requires."""
    if request.is_beta and label is not None and label in [skill.label for skill in request.list_skills()]:
        error = invalid(f"Skill cannot reuse an existing display_title: {label}")
        request.validation.report(error, gateway_accepts=True)


def list_skills(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide to send a page of the list, newest first.

    A skill without a version is listed in the beta only.
    """
    request, query = read_request(http, state), http.head.query
    sources = {query["source"]} if "source" in query else {"custom", "anthropic"}
    skills = [
        skill for skill in request.list_skills() if skill.source in sources and (skill.versions or request.is_beta)
    ]
    numbers = [skill.number for skill in skills]
    page = page_by_cursor(skills, numbers, query, request.validation, list_name="skills ")
    return request.decide(Answer(skill_views.describe_page(page, is_beta=request.is_beta)))


def retrieve_skill(http: HttpRequest, state: ScenarioState, skill_id: str) -> Decision:
    """Decide to send a skill.

    Raises:
        ApiError: 404; 400 for a skill without a version, except in the beta.
    """
    request = read_request(http, state)
    skill = request.find_skill(skill_id)
    if not skill.versions and not request.is_beta:
        request.validation.report(skill_views.build_no_versions(skill_id), gateway_accepts=False)
    return request.decide(Answer(describe_skill(skill, is_beta=request.is_beta)))


def delete_skill(http: HttpRequest, state: ScenarioState, skill_id: str) -> Decision:
    """Decide to delete a skill and its versions. In the beta, it must not have any.

    Raises:
        ApiError: 404; 400 for a prebuilt skill, and in the beta for a skill with versions.
    """
    request = read_request(http, state)
    skill = request.find_skill(skill_id)
    request.refuse_prebuilt(skill)
    if request.is_beta and skill.versions:
        request.validation.report(invalid(skill_views.NO_LATER_DELETE), gateway_accepts=False)
    ids = (skill_id, *(version.id for version in skill.versions))
    deletions = tuple([ResourceDeleted("skill", request.lane, name) for name in ids])
    return request.decide(Answer({"id": skill_id, "type": "skill_deleted"}, effects=deletions))
