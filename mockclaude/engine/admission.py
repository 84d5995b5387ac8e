"""Validation of a request in the API's order, as far as it is known: key, headers, shape, model, rules."""

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
from mockclaude.engine.http_request import Call
from mockclaude.scenario.diagnostics import did_you_mean, one_of
from mockclaude.scenario.format.policy import Policy

VALIDATION_HEADER = "x-mockclaude-validation"
DIRECTING_BETAS = GATES["mid_output_config"]
"""Betas with which a system message may lack content: it then sets `output_config` for the messages after it."""

FAULT_MARK = "+"
"""Separates the name of a model from a requested fault, for clients that cannot set headers."""


class RequestValidator(NamedTuple):
    """Validates requests by the policy of a scenario.

    Attributes:
        policy: The policy.
        mentions: Returns whether a rule names a model, which makes the model known.
        issued: The thinking blocks that were sent before.
    """

    policy: Policy
    mentions: Callable[[str], bool]
    issued: IssuedBlocks

    def headers(self, call: Call) -> tuple[ApiHeaders, ValidationResult]:
        """Parse the headers, and return them with the result that collects warnings.

        Raises:
            ApiError: A header is invalid in this validation mode.
        """
        validation = ValidationResult(mode(call.headers, self.policy))
        return parse_api_headers(call.headers, self.policy.api_keys, validation, self.policy.betas), validation

    def request(self, call: Call, whole: Callable[[str, Body], Body], *, counting: bool = False) -> MessagesRequest:
        """Parse and validate the request of `call`.

        Args:
            call: The HTTP request.
            whole: Returns the whole body for a key and the body of a request that continues a message thread.
            counting: Whether the request counts tokens.

        Raises:
            ApiError: The first error, in the API's order.
        """
        api_headers, validation = self.headers(call)
        _check_content_type(call, validation)
        sent, canonical = parse(call.body)
        body = sent
        check_shape(body, api_headers, validation, counting=counting)
        if not DIRECTING_BETAS.isdisjoint(api_headers.betas):
            body = _with_contents(body)
        name, fault = self._model_and_fault(body["model"])
        if fault:
            body = {**body, "model": name}
        model = models.find(name)
        check_model(name, validation, known=model is not None or self._is_known(name))
        body = whole(api_headers.key, body)
        request = MessagesRequest(
            body,
            call.headers,
            model_info=model,
            api_headers=api_headers,
            issued=self.issued,
            canonical=canonical if body is sent else None,
            excluded_fields=excluded_fields(sent, *(("model",) if fault else ())),
            warnings=validation.warnings,
            requested_fault=fault,
        )
        if len(request.blocks.get("document", ())) > MAX_DOCUMENTS:
            raise invalid(f"A maximum of {MAX_DOCUMENTS} documents may be provided.")
        check_rules(request, validation)
        return request

    def _model_and_fault(self, model: str) -> tuple[str, str]:
        """Split a model into its name and the requested fault after it."""
        name, _, fault = model.partition(FAULT_MARK) if self.policy.client_faults else (model, "", "")
        return (name, fault) if fault else (model, "")

    def _is_known(self, model: str) -> bool:
        accepted = self.policy.models
        return accepted == "any" or (accepted == "similar" and looks_like_a_model(model)) or self.mentions(model)


def _with_contents(body: Body) -> Body:
    """Return `body` with an empty content for each message without one."""
    if all("content" in message for message in body["messages"]):
        return body
    return {**body, "messages": [{"content": [], **message} for message in body["messages"]]}


def mode(headers: Mapping[str, str], policy: Policy) -> Mode:
    """Return the validation mode of a request with these headers.

    Raises:
        ApiError: 400 for an unknown mode.
    """
    chosen = headers.get(VALIDATION_HEADER)
    if chosen is None:
        return policy.validation
    for known in MODES:
        if chosen == known:
            return known
    raise invalid(f"{VALIDATION_HEADER}: expected {one_of(MODES)}; got '{chosen}'{did_you_mean(chosen, MODES)}")


_JSON = "application/json"


def _check_content_type(call: Call, validation: ValidationResult) -> None:
    kind = call.headers.get("content-type", "")
    if kind != _JSON and kind.partition(";")[0].strip().lower() != _JSON:
        message = f"Content-Type must be {_JSON}; got '{kind}'" if kind else f"Content-Type must be {_JSON}"
        validation.report(ApiError("invalid_request_error", message, 415), gateway_accepts=True)
