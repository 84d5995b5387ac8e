"""The versions of skills: create, list, retrieve, download and delete."""

from __future__ import annotations

from mockclaude.api.errors import invalid
from mockclaude.api.file_names import build_disposition
from mockclaude.engine.decision import Decision
from mockclaude.engine.endpoint_reply import Answer, Content
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.resources import skill_views
from mockclaude.engine.resources.pages import page_by_cursor
from mockclaude.engine.resources.skill_archive import write_archive
from mockclaude.engine.resources.skill_views import Skill, SkillVersion, describe_version
from mockclaude.engine.resources.skills_request import SkillsRequest, read_request
from mockclaude.engine.resources.stored_skills import LATEST, find_numbered_version, find_version, read_version
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.state.resources import ResourceDeleted, ResourcePut
from mockclaude.reply.draws import Draws


def create_version(http: HttpRequest, state: ScenarioState, skill_id: str) -> Decision:
    """Decide to store a version. That of a made-up skill is not stored.

    Raises:
        ApiError: 404; 400; the skill is prebuilt, the form is invalid or has another name, or the lane is full.
    """
    request = read_request(http, state)
    skill = request.find_skill(skill_id)
    request.refuse_prebuilt(skill)
    upload = request.read_upload()
    if upload.name != skill.name:
        problem = f"The skill name '{upload.name}' in SKILL.md must match the name '{skill.name}' of the skill."
        request.validation.report(invalid(problem), gateway_accepts=False)
    number = request.find_free_number()

    def answer(draws: Draws) -> Answer:
        version = request.build_resource(number, upload, skill_id)._replace(id=request.draw_id(draws, "skver"))
        request.check_room(version)
        effects = (ResourcePut(version),) if skill.is_stored else ()
        return Answer(describe_version(read_version(version), is_beta=request.is_beta), effects=effects)

    return request.decide(answer)


def list_versions(http: HttpRequest, state: ScenarioState, skill_id: str) -> Decision:
    """Decide to send a page of the versions, newest first; in the beta oldest first.

    Raises:
        ApiError: 404; 400; a parameter is invalid.
    """
    request = read_request(http, state)
    is_beta, versions = request.is_beta, request.find_skill(skill_id).versions
    versions = versions[::-1] if is_beta else versions
    numbers, name = [version.number for version in versions], f"{skill_id} {is_beta} "
    page = page_by_cursor(
        versions, numbers, http.head.query, request.validation, newest_first=not is_beta, list_name=name
    )
    return request.decide(Answer(skill_views.describe_page(page, is_beta=is_beta)))


def retrieve_version(http: HttpRequest, state: ScenarioState, skill_id: str, version: str) -> Decision:
    """Decide to send a version.

    Raises:
        ApiError: 404; 400 for a malformed version in the beta.
    """
    request = read_request(http, state)
    found = _find(request, request.find_skill(skill_id), version)
    return request.decide(Answer(describe_version(found, is_beta=request.is_beta)))


def download_version(http: HttpRequest, state: ScenarioState, skill_id: str, version: str) -> Decision:
    """Decide to send the files of a version as zip.

    Raises:
        ApiError: 404; 400 for a prebuilt skill, and for a malformed version in the beta.
    """
    request = read_request(http, state)
    skill = request.find_skill(skill_id)
    found = _find(request, skill, version)
    request.refuse_prebuilt(skill)
    resource = request.store.find_resource("skill", request.lane, found.id)
    content = Content(write_archive({}) if resource is None else resource.content, "application/zip")
    headers = (("content-disposition", build_disposition(f"{found.name}.zip")),)
    return request.decide(Answer(content, headers))


def delete_version(http: HttpRequest, state: ScenarioState, skill_id: str, version: str) -> Decision:
    """Decide to delete a version. The only one can be deleted in the beta only.

    Raises:
        ApiError: 404; 400 for a prebuilt skill, `latest`, the only version, and a malformed version in the beta.
    """
    request = read_request(http, state)
    skill = request.find_skill(skill_id)
    request.refuse_prebuilt(skill)
    if version == LATEST and not request.is_beta:
        problem = f"version: '{LATEST}' cannot be deleted; expected the id of a version"
        request.validation.report(invalid(problem), gateway_accepts=False)
    found = _find(request, skill, version)
    if len(skill.versions) == 1 and not request.is_beta:
        request.validation.report(invalid(skill_views.LAST_VERSION), gateway_accepts=False)
    document = {"id": str(found.number) if request.is_beta else found.id, "type": "skill_version_deleted"}
    return request.decide(Answer(document, effects=(ResourceDeleted("skill", request.lane, found.id),)))


def _find(request: SkillsRequest, skill: Skill, name: str) -> SkillVersion:
    """Return the version that a path names.

    If validation is off, a skill that is not stored has a made-up one.

    Raises:
        ApiError: 404; 400 for a malformed version in the beta.
    """
    if request.is_beta and not name.isdecimal():
        request.validation.report(invalid("Invalid version format"), gateway_accepts=False)
    version = find_numbered_version(skill, name) if request.is_beta else find_version(skill, name)
    if version is not None:
        return version
    error = skill_views.build_unknown_version(name)
    if skill.is_stored:
        raise error
    request.validation.report(error, gateway_accepts=False)
    return skill_views.make_up_version(skill.id, name, request.http.now_us)
