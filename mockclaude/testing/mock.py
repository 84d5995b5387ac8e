"""`MockClaude`: a server for a test, without pytest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Unpack

from mockclaude.api.mode import Mode
from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.verification import AT_LEAST_ONE, CountRange
from mockclaude.server.request_body import MAX_BODY, MAX_UPLOAD
from mockclaude.testing.arguments import (
    check_port,
    check_seed,
    check_stale,
    check_times,
    check_validation,
    explain_attributes,
)
from mockclaude.testing.call_site import find_call_site
from mockclaude.testing.callbacks import Callbacks, check_predicate, set_cause
from mockclaude.testing.environment import build_environment, temporary_environment
from mockclaude.testing.local_server import LocalServer
from mockclaude.testing.messages_request import read_request, verify_requests
from mockclaude.testing.recording import FAILURE, Recording, ServedRecording, plan_recording
from mockclaude.testing.rule_builder import AddedRule, ReplyMethods, RuleBuilder, RuleDraft
from mockclaude.testing.tracebacks import hide_frames
from mockclaude.testing.types import OptionsDict, Predicate, RecordingMode, ReplyFunction, StaleResult, WhenDict


@explain_attributes
class MockClaude(ReplyMethods):
    """A server for a test, as a context manager or an asynchronous one.

    At the end of `with`, an error of a Python function of the test is raised, or set as the cause of the error that
    ends `with`.

    Args:
        files: Scenario files, or scenarios of the package, e.g. `@hello`. The rules added with `when` and `reply`
            precede theirs. Default: no rules.
        seed: Random seed. Overrides `seed` in the files.
        validation: Validation mode. Overrides `validation` in the files.
        speed: Speed of time: a factor such as `10x`, `instant` or `manual`.
        retry_speed: Divisor of the retry delays sent to clients: a factor such as `10x`, or `instant`.
        stale: The result of a request that differs from the recorded request of its rule: `warn` (a note in the
            journal), `error` (refused like an unmatched request) or `ignore`.
        port: The port of the server. 0: a free port.
        max_body: Bytes of each request body that the journal keeps. Default: all that the API accepts.
        max_upload: Bytes of the largest upload or batch, and of all files of a lane. Default: 64 MB.
        record: Replay the recording `out`, or make it: `once`, `all`, `new` or `none`. Requests that no rule matches
            go to the API. Default: neither.
        record_to: The base URL of the API. Default: https://api.anthropic.com.
        out: The file of the recording.

    Raises:
        ScenarioError: A file is unreadable or invalid.
        ValueError: Another argument is invalid.
        CannotListenError: At the start, the port is in use.
        RecordingError: The recording does not exist; at the start, it cannot be begun; at the end, it cannot be saved,
            or is incomplete.
    """

    def __init__(
        self,
        *files: str | Path,
        seed: int | None = None,
        validation: Mode | None = None,
        speed: str = "instant",
        retry_speed: str = "instant",
        stale: StaleResult = "warn",
        port: int = 0,
        max_body: int = MAX_BODY,
        max_upload: int = MAX_UPLOAD,
        record: RecordingMode | None = None,
        record_to: str | None = None,
        out: str | Path | None = None,
    ) -> None:
        check_seed(seed)
        check_validation(validation)
        check_stale(stale)
        check_port(port)
        self._server = LocalServer(
            files,
            seed=seed,
            validation=validation,
            speed=speed,
            retry_speed=retry_speed,
            stale=stale,
            port=port,
            max_body=max_body,
            max_upload=max_upload,
            recording=plan_recording(record, record_to, out),
        )
        self._callbacks = Callbacks()
        self._added: list[AddedRule] = []
        self._drafts: dict[RuleDraft, str] = {}
        self.url = ""
        """The base URL for clients, e.g. `http://127.0.0.1:41473`."""

    def start(self) -> MockClaude:
        """Start the server and return the instance."""
        self.url = f"http://127.0.0.1:{self._server.start()}"
        return self

    def stop(self) -> None:
        """Save the recording, stop the server and cut open streams.

        Raises:
            RecordingError: The recording cannot be saved, or is not whole.
        """
        self._stop()

    def _stop(self, failure: str = "") -> None:
        """Stop, if the server runs. With a failure of the test, reject its recording."""
        if self._server.is_running:
            try:
                self._server.end_recording(is_failed=bool(failure))
            finally:
                self._server.stop()
                self._server.save_recording(failure)

    def __enter__(self) -> MockClaude:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop("" if error is None else FAILURE)
        if error is None:
            self._raise_callback_errors()
            return
        hide_frames(error)
        if cause := self._take_callback_errors():
            set_cause(error, cause)

    async def __aenter__(self) -> MockClaude:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # not here: a generator of this loop may have to end meanwhile
        await asyncio.to_thread(self._stop, "" if error is None else FAILURE)
        self.__exit__(kind, error, traceback)

    @property
    def base_url(self) -> str:
        """The base URL of the server, by the name that the SDKs use: an alias of `url`."""
        return self.url

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point the SDKs to the server, without a proxy.

        While a recording is made, the credentials are those of the environment.
        """
        return build_environment(self.url, self._server.keys)

    def environment(self) -> AbstractContextManager[None]:
        """Set `env` in this process and restore the environment afterwards."""
        return temporary_environment(self.url, self._server.keys)

    @property
    def recording(self) -> Recording | None:
        """The path, the mode and the number of exchanges of the recording, if any."""
        recording = self._server.recording
        return None if recording is None else recording.describe(self._server.journal.entries())

    def load(self, *files: str | Path) -> None:
        """Serve scenario files in place of the files before. Rules added from Python stay.

        Raises:
            ScenarioError: A file is unreadable or invalid.
        """
        self._server.load(files)

    def when(self, predicate: Predicate | None = None, /, **conditions: Unpack[WhenDict]) -> RuleBuilder:
        """Start a rule with the conditions of a scenario file.

        Args:
            predicate: A function that gets the request and returns whether the rule matches.
            conditions: The keys of `when` in a scenario file.

        Raises:
            TypeError: `predicate` is not a function, or its result would always be true (a coroutine, a generator).

        Example:
            `mock.when(user="weather", tools="get_weather").reply({"tool_use": "get_weather"})`
        """
        where = find_call_site()
        if predicate is not None:
            check_predicate(predicate, where)
        draft = RuleDraft(where, conditions, predicate)
        self._drafts[draft] = where
        return RuleBuilder(self._add_draft, draft)

    def _add_rule(
        self, reply: Mapping[str, Any], options: OptionsDict, function: ReplyFunction | None = None
    ) -> AddedRule:
        return self._add_draft(RuleDraft(find_call_site(), {}).with_reply(reply, options, function))

    def _add_draft(self, draft: RuleDraft) -> AddedRule:
        self._drafts.pop(draft.origin, None)
        rule = self._server.add_rule(draft.rule, draft.where, draft.bind(self._callbacks))
        added = AddedRule(rule, lambda: self._server.journal.entries())
        self._added.append(added)
        return added

    @property
    def journal(self) -> list[JournalEntry]:
        """All handled requests, each with its decision and its response."""
        return list(self._server.journal.entries())

    @property
    def requests(self) -> list[MessagesRequest]:
        """The Messages requests in the order of their arrival."""
        return [read_request(entry) for entry in self._server.journal.entries() if entry.is_messages_request]

    @property
    def last_request(self) -> MessagesRequest:
        """The last Messages request.

        Raises:
            AssertionError: No Messages request was received.
        """
        requests = self.requests
        if not requests:
            raise AssertionError(
                "no Messages request received; expected at least 1; check that the client uses `mockclaude.url`"
            )
        return requests[-1]

    @property
    def unmatched_requests(self) -> list[JournalEntry]:
        """The Messages requests that no rule matched, or whose rule refused them as stale."""
        journal = self._server.journal
        return [*journal.dropped_unmatched, *(entry for entry in journal.entries() if entry.unmatched)]

    @property
    def unused_rules(self) -> list[AddedRule]:
        """The rules added from Python that were never selected."""
        counts = self._server.count_matches()
        return [added for added in self._added if not counts.get(added.rule.key)]

    def assert_requested(self, *, times: int | CountRange = AT_LEAST_ONE, **conditions: Unpack[WhenDict]) -> None:
        """Assert that requests with these conditions were received.

        Args:
            times: The expected number of requests. Default: at least 1.
            conditions: The keys of `when` in a scenario file.

        Raises:
            AssertionError: Another number was received. The message names the near miss.
            ValueError: `times` is not a count.
            ScenarioError: A condition is invalid.
        """
        check_times(times)
        verify_requests(self._server.journal, conditions, times, find_call_site())

    last = last_request
    """Alias of `last_request`."""

    unmatched = unmatched_requests
    """Alias of `unmatched_requests`."""

    unused = unused_rules
    """Alias of `unused_rules`."""

    assert_asked = assert_requested
    """Alias of `assert_requested`."""

    def advance(self, seconds: float) -> None:
        """Advance the clock, with `speed="manual"`.

        Raises:
            RuntimeError: The clock is not manual.
        """
        self._server.advance(seconds)

    def reset(self) -> None:
        """Remove the rules added from Python, the counters and the journal."""
        self._clear_rules()
        self._server.reset()

    def _reconfigure(
        self,
        *files: str | Path,
        seed: int | None = None,
        validation: Mode | None = None,
        speed: str = "instant",
        retry_speed: str = "instant",
        stale: StaleResult = "warn",
        recording: ServedRecording | None = None,
    ) -> None:
        """Reset, as if the instance had been created with these arguments."""
        self._server.configure(
            files,
            seed=seed,
            validation=validation,
            speed=speed,
            retry_speed=retry_speed,
            stale=stale,
            recording=recording,
        )
        self._clear_rules()

    def _clear_rules(self) -> None:
        self._added.clear()
        self._drafts.clear()
        self._callbacks = Callbacks()

    @property
    def _incomplete_rules(self) -> list[str]:
        """The call sites of `when` without a reply."""
        return list(self._drafts.values())

    def _raise_callback_errors(self) -> None:
        error = self._take_callback_errors()
        if error is not None:
            raise error

    def _take_callback_errors(self) -> BaseException | None:
        """Return the errors of Python functions since the last call: one error, or a group of them."""
        errors = self._callbacks.take_errors()
        if len(errors) > 1:
            return BaseExceptionGroup("functions of the test raised errors", errors)
        return errors[0] if errors else None

    def _wait_until_journaled(self) -> None:
        """Wait until the last response is in the journal."""
        self._server.call(lambda: None)
