"""Validation of requests by the policy of a scenario, in the API's order: key, headers, shape, model, rules."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from mockclaude.api import models
from mockclaude.api.body import Body
from mockclaude.api.checks.report import report_failures
from mockclaude.api.fingerprint import ParsedBody, excluded_fields, parse
from mockclaude.api.issued import IssuedBlocks
from mockclaude.api.mode import ValidationResult
from mockclaude.api.models import Model
from mockclaude.api.request import MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.api.validate import check_model, check_shape, looks_like_a_model
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.state.store import Store
from mockclaude.engine.state.threads import ThreadRequest
from mockclaude.engine.valid_headers import ValidHeaders, validate_headers
from mockclaude.scenario.format.policy import Policy

DIRECTING_BETAS = GATES["mid_output_config"]
"""Betas in which a system message may have no content: it sets `output_config` for the messages after it."""

EDITED = frozenset(
    {
        *("block:thinking", "block:redacted_thinking", "block:compaction", "context_management"),
        *("block:image", "block:document", "block:container_upload", "container"),
    }
)
"""The traits of a request whose prompt the API may edit, or whose body may refer to stored objects."""

EDITING_BETAS = GATES["binding"] | GATES["context_management"] | GATES["compaction"]
"""Betas with which the response reports the edits of the prompt."""

FAULT_MARK = "+"
"""The separator of a model name and a requested fault, for clients that cannot set headers."""


class RequestValidator(NamedTuple):
    """Validates requests.

    Attributes:
        policy: The policy of the scenario.
        mentions: Returns whether the `when` of a rule accepts the name of a model.
        names: Returns whether the `when` of a rule names exactly this model.
        issued: The thinking blocks that the server or a recording has sent.
    """

    policy: Policy
    mentions: Callable[[str], bool]
    names: Callable[[str], bool]
    issued: IssuedBlocks

    def headers(self, head: Head) -> ValidHeaders:
        """Validate the headers, and keep the result in `head`.

        Raises:
            ApiError: A header is missing or invalid.
        """
        valid = head.validated = validate_headers(head.headers, self.policy)
        return valid

    def request(
        self, http: HttpRequest, store: Store, *, counting: bool = False
    ) -> tuple[MessagesRequest, ThreadRequest | None]:
        """Validate a Messages request; return it with its thread, if it has one.

        Args:
            http: The HTTP request.
            store: Holds the threads.
            counting: Whether the endpoint is count_tokens.

        Raises:
            ApiError: The request is invalid.
        """
        known = http.head.validated
        valid = known if known is not None and known.policy is self.policy else self.headers(http.head)
        if valid.result.mode != "anthropic":
            valid = ValidHeaders(*valid[:2], ValidationResult(valid.result.mode, valid.result.warnings), *valid[3:])
        result, api_headers = valid.result, valid.api_headers
        if valid.content_type is not None:
            result.report(valid.content_type, gateway_accepts=True)
        parsed = parse(http.body)
        body = parsed.body
        is_usual = not (result.is_off or counting or "thread" in body)
        shape, tools = valid.shape, parsed.tools
        if not (is_usual and (shape.accepts_with_tools(body, tools) if tools else shape.accepts(body))):
            body = check_shape(body, api_headers, result, counting=counting)
        fault = ""
        if FAULT_MARK in body["model"] or not DIRECTING_BETAS.isdisjoint(api_headers.betas):
            body, fault = self._normalize(body, api_headers.betas)
        thread = None if body.get("thread") is None else ThreadRequest(store, http.now, hold=not counting)
        try:
            return self._build((http, store), valid, parsed, body, fault, thread), thread
        except BaseException:
            if thread is not None:
                store.commit(thread.restore_effects())
            raise

    def _build(
        self,
        source: tuple[HttpRequest, Store],
        valid: ValidHeaders,
        parsed: ParsedBody,
        body: Body,
        fault: str,
        thread: ThreadRequest | None,
    ) -> MessagesRequest:
        """Build the request from a body with a valid shape, and check the rules that a schema cannot express."""
        (http, store), result = source, valid.result
        model = models.find(body["model"])
        if model is None:
            self.check_unlisted(body["model"], result)
        elif model.retires_at is not None:
            self.check_retirement(body["model"], model, result)
        if thread is not None:
            body = thread.resolve(valid.api_headers.key, body, result)
        request = MessagesRequest(
            body,
            http.headers,
            model,
            valid.api_headers,
            self.issued,
            parsed.canonical if body is parsed.body else None,
            excluded_fields(parsed.body, "model") if fault else parsed.excluded_fields,
            parsed.tools if body is parsed.body else b"",
            result.warnings,
            fault,
            http.head.endpoint,
            adapter=http.head.adapter,
        )
        if not (EDITED.isdisjoint(request.traits) and EDITING_BETAS.isdisjoint(valid.api_headers.betas)):
            from mockclaude.engine.prompt_edits import check_and_edit

            return check_and_edit(request, result, self.policy, http, store)
        if not result.is_off:
            report_failures(request, result)
        return request

    def _normalize(self, body: Body, betas: Collection[str]) -> tuple[Body, str]:
        """Add the missing contents of messages, and split the requested fault from the model name."""
        messages = body["messages"]
        if not DIRECTING_BETAS.isdisjoint(betas) and any("content" not in message for message in messages):
            body = {**body, "messages": [{"content": [], **message} for message in messages]}
        model, _, fault = body["model"].partition(FAULT_MARK)
        if not (fault and self.policy.client_faults):
            return body, ""
        return {**body, "model": model}, fault

    def check_unlisted(self, model: str, result: ValidationResult) -> None:
        """Check the name of a model that the catalogue does not list.

        Raises:
            ApiError: 404.
        """
        known = self._accepts(model)
        is_error = not known and result.mode == "anthropic"
        current = models.list_current_names(self.policy.today) if is_error else ()
        hint = self.policy.explain_model(model, current) if is_error else ""
        check_model(model, result, known=known, hint=hint)

    def check_retirement(self, name: str, model: Model, result: ValidationResult) -> None:
        """Check that a model is not retired, unless the scenario accepts it by its name.

        Args:
            name: The name in the request.
            model: The model with this name.
            result: The validation of the request.

        Raises:
            ApiError: 404.
        """
        if model.lifecycle(self.policy.today) == "retired":
            known = self.policy.models == "any" or self.names(name)
            check_model(name, result, known=known, hint=self.policy.explain_retirement(model))

    def _accepts(self, model: str) -> bool:
        accepted = self.policy.models
        return accepted == "any" or (accepted == "similar" and looks_like_a_model(model)) or self.mentions(model)
