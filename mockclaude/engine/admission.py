"""Whether a call is answered at all, before any rule is asked.

In: a call and the policy of its scenario. Out: a `MessagesRequest`, or the API's error.
Knows nothing of replies. The order is the API's, as far as it is known: key, headers, shape, model, rules.
"""

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
"""With any of them, a message of the system may have no content: it then sets `output_config` from there on."""

FAULT_MARK = "+"
"""What stands between the name of a model and a fault that is asked for: for clients that cannot set headers."""


class Admission(NamedTuple):
    """Admits calls by `policy`. `mentions` tells whether a rule asks for a model, `issued` what was once sent."""

    policy: Policy
    mentions: Callable[[str], bool]
    issued: IssuedBlocks

    def headers(self, call: Call) -> tuple[ApiHeaders, ValidationResult]:
        """Return what the headers say. Raises `ApiError`."""
        validation = ValidationResult(mode(call.headers, self.policy))
        return parse_api_headers(call.headers, self.policy.api_keys, validation, self.policy.betas), validation

    def request(self, call: Call, whole: Callable[[str, Body], Body], *, counting: bool = False) -> MessagesRequest:
        """Return the request that `call` makes, put together by `whole` if it continues a thread. Raises `ApiError`."""
        api_headers, validation = self.headers(call)
        _check_content_type(call, validation)
        sent, canonical = parse(call.body)
        body = sent
        check_shape(body, api_headers, validation, counting=counting)
        if not DIRECTING_BETAS.isdisjoint(api_headers.betas) and any(
            "content" not in each for each in body["messages"]
        ):
            body = {**body, "messages": [{"content": [], **message} for message in body["messages"]]}
        name, wish = self._model_and_wish(body["model"])
        if wish:
            body = {**body, "model": name}
        model = models.find(name)
        check_model(name, validation, known=model is not None or self._takes(name))
        body = whole(api_headers.key, body)
        request = MessagesRequest(
            body,
            call.headers,
            model_info=model,
            api_headers=api_headers,
            issued=self.issued,
            canonical=canonical if body is sent else None,
            excluded_fields=excluded_fields(sent, *(("model",) if wish else ())),
            warnings=validation.warnings,
            requested_fault=wish,
        )
        if len(request.blocks.get("document", ())) > MAX_DOCUMENTS:
            raise invalid(f"A maximum of {MAX_DOCUMENTS} documents may be provided.")
        check_rules(request, validation)
        return request

    def _model_and_wish(self, model: str) -> tuple[str, str]:
        """Return the name of a model, and the fault that a client may ask for after it."""
        name, _, wish = model.partition(FAULT_MARK) if self.policy.client_faults else (model, "", "")
        return (name, wish) if wish else (model, "")

    def _takes(self, model: str) -> bool:
        wanted = self.policy.models
        return wanted == "any" or (wanted == "similar" and looks_like_a_model(model)) or self.mentions(model)


def mode(headers: Mapping[str, str], policy: Policy) -> Mode:
    """Return how strictly a request with these headers is judged. Raises `ApiError` 400 for an unknown mode."""
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
