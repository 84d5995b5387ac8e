"""Validation of requests by the policy of a scenario, in the API's order: key, headers, shape, model, rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from mockclaude.api import models
from mockclaude.api.api_headers import ApiHeaders, parse_api_headers
from mockclaude.api.body import Body, parse
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.fingerprint import excluded_fields
from mockclaude.api.issued import IssuedBlocks
from mockclaude.api.mode import MODES, Mode, ValidationResult
from mockclaude.api.request import MAX_DOCUMENTS, MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.api.validate import check_model, check_rules, check_shape, looks_like_a_model
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.state.store import Store
from mockclaude.engine.state.threads import ThreadRequest
from mockclaude.scenario.diagnostics import did_you_mean, join_words
from mockclaude.scenario.format.policy import Policy

VALIDATION_HEADER = "x-mockclaude-validation"
DIRECTING_BETAS = GATES["mid_output_config"]
"""With any of them, a system message may have no content: it then sets `output_config` from there on."""

FAULT_MARK = "+"
"""The separator of a model's name and a fault that the client requests: for clients that cannot set headers."""


class ValidHeaders(NamedTuple):
    """What a validator found out about headers that it accepts."""

    validator: RequestValidator
    api_headers: ApiHeaders
    mode: Mode
    warnings: tuple[str, ...]
    content_type: ApiError | None


class RequestValidator(NamedTuple):
    """Validates requests.

    Attributes:
        policy: The policy of the scenario.
        mentions: Whether a rule's `when` has a model.
        issued: The thinking blocks that the server, or a recording, has sent.
    """

    policy: Policy
    mentions: Callable[[str], bool]
    issued: IssuedBlocks

    def headers(self, head: Head) -> ValidHeaders:
        """Return what the headers say. Raises `ApiError`."""
        known: ValidHeaders | None = head.validated
        if known is not None and known.validator is self:
            return known
        validation = ValidationResult(mode(head.headers, self.policy))
        parsed = parse_api_headers(head.headers, self.policy.api_keys, validation, self.policy.betas)
        warnings = tuple(validation.warnings)
        valid = ValidHeaders(self, parsed, validation.mode, warnings, _wrong_content_type(head.headers))
        head.validated = valid
        return valid

    def request(
        self, http: HttpRequest, store: Store, *, counting: bool = False
    ) -> tuple[MessagesRequest, ThreadRequest | None]:
        """Return the valid Messages request, and what it does to a thread. Raises `ApiError`."""
        valid = self.headers(http.head)
        validation = ValidationResult(valid.mode, valid.warnings)
        if valid.content_type is not None:
            validation.report(valid.content_type, gateway_accepts=True)
        sent, canonical = parse(http.body)
        check_shape(sent, valid.api_headers, validation, counting=counting)
        body, fault = self._named(sent, valid.api_headers)
        model = models.find(body["model"])
        if model is None:
            check_model(body["model"], validation, known=self._accepts(body["model"]))
        thread = None if body.get("thread") is None else ThreadRequest(store, http.now, hold=not counting)
        try:
            if thread is not None:
                body = thread.resolve(valid.api_headers.key, body)
            request = MessagesRequest(
                body,
                http.headers,
                model_info=model,
                api_headers=valid.api_headers,
                issued=self.issued,
                canonical=canonical if body is sent else None,
                excluded_fields=excluded_fields(sent, *(("model",) if fault else ())),
                warnings=validation.warnings,
                requested_fault=fault,
            )
            if len(request.blocks.get("document", ())) > MAX_DOCUMENTS:
                raise invalid(f"A maximum of {MAX_DOCUMENTS} documents may be provided.")
            check_rules(request, validation)
        except BaseException:
            if thread is not None:
                store.commit(thread.restored())
            raise
        return request, thread

    def _named(self, body: Body, headers: ApiHeaders) -> tuple[Body, str]:
        """Return the body with a content in each message and the model alone, and the fault that follows the model."""
        if not DIRECTING_BETAS.isdisjoint(headers.betas) and any("content" not in each for each in body["messages"]):
            body = {**body, "messages": [{"content": [], **message} for message in body["messages"]]}
        model, _, fault = body["model"].partition(FAULT_MARK)
        if not (fault and self.policy.client_faults):
            return body, ""
        return {**body, "model": model}, fault

    def _accepts(self, model: str) -> bool:
        models_ = self.policy.models
        return models_ == "any" or (models_ == "similar" and looks_like_a_model(model)) or self.mentions(model)


def mode(headers: Mapping[str, str], policy: Policy) -> Mode:
    """Return the validation mode of a request with these headers. Raises `ApiError` 400 for an unknown mode."""
    chosen = headers.get(VALIDATION_HEADER)
    if chosen is None:
        return policy.validation
    for known in MODES:
        if chosen == known:
            return known
    raise invalid(f"{VALIDATION_HEADER}: expected {join_words(MODES)}; got '{chosen}'{did_you_mean(chosen, MODES)}")


_JSON = "application/json"


def _wrong_content_type(headers: Mapping[str, str]) -> ApiError | None:
    kind = headers.get("content-type", "")
    if kind == _JSON or kind.partition(";")[0].strip().lower() == _JSON:
        return None
    message = f"Content-Type must be {_JSON}; got '{kind}'" if kind else f"Content-Type must be {_JSON}"
    return ApiError("invalid_request_error", message, 415)
