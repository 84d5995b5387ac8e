"""`MockClaude`: a server for a test, in a thread.

In: scenario files, and rules said in Python. Out: a URL to point a client at, and what was asked there.
Knows nothing of pytest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Unpack

from mockclaude.api.mode import Mode
from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.journal.verification import AT_LEAST_ONE, CountRange, verify
from mockclaude.scenario.loading import inline
from mockclaude.scenario.loading.loader import load
from mockclaude.scenario.rules import Scenario
from mockclaude.server.clock import ManualClock, clock_of, parse_speed
from mockclaude.server.request_body import MAX_BODY
from mockclaude.server.site import Site
from mockclaude.testing.background import Background
from mockclaude.testing.call_site import caller
from mockclaude.testing.callbacks import Functions, blame, check_predicate
from mockclaude.testing.environment import pointing_to, variables
from mockclaude.testing.messages_request import read_request
from mockclaude.testing.rule_builder import Added, Condition, Replies, Saying
from mockclaude.testing.tracebacks import hide_frames
from mockclaude.testing.types import Function, Options, Predicate, When


class MockClaude(Replies):
    """A server for a test, as a context manager and as an asynchronous one.

    `files` are scenario files; rules said with `when` and `reply` come before theirs. Without either, no request is
    answered. `seed` and `validation` go before the files' own. Nothing waits, and clients are told to retry at once,
    unless `speed` and `retry_speed` say otherwise (`1x`, `10x`, `instant`, for `speed` also `manual`). `port` 0 is a
    free one. Of a body `max_body` bytes are kept, or all that the API takes. Raises `ScenarioError` for a wrong file,
    `CannotListenError` for a port that is taken.

    At the end of `with`, what a function of the test raised while it answered is raised again, or is the cause of what
    was raised there.
    """

    def __init__(
        self,
        *files: str | Path,
        seed: int | None = None,
        validation: Mode | None = None,
        speed: str = "instant",
        retry_speed: str = "instant",
        port: int = 0,
        max_body: int = MAX_BODY,
    ) -> None:
        self._seed, self._validation = seed, validation
        self._scenario = _scenario(files, seed, validation)
        self._journal = Journal(max_body=max_body)
        self._site = Site({"": self._scenario}, journal=self._journal)
        self._served = self._site.served[""]
        self._play(speed, retry_speed)
        self._background = Background(self._site, port)
        self._functions = Functions()
        self._added: list[Added] = []
        self._unfinished: dict[Saying, str] = {}
        self.url = ""
        """Where clients find it, such as `http://127.0.0.1:41473`."""

    def _play(self, speed: str, retry_speed: str) -> None:
        self._site.clock = clock_of(speed)
        self._served.retry_speed = parse_speed(retry_speed)

    def start(self) -> MockClaude:
        """Start; return itself."""
        self.url = f"http://127.0.0.1:{self._background.start()}"
        return self

    def stop(self) -> None:
        """Stop; streams that are open are cut."""
        self._background.stop()

    def __enter__(self) -> MockClaude:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.raise_what_was_raised()
            return
        hide_frames(error)
        if raised := self.what_was_raised():
            blame(error, raised)

    async def __aenter__(self) -> MockClaude:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)  # a generator of this loop may have to end meanwhile
        self.__exit__(kind, error, traceback)

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point the SDKs here, past any proxy."""
        return variables(self.url)

    def environment(self) -> AbstractContextManager[None]:
        """Set `env` in this process, and afterwards what was there before."""
        return pointing_to(self.url)

    def load(self, *files: str | Path) -> None:
        """Let scenario files answer instead of those before; rules said in Python stay. Raises `ScenarioError`."""
        self._scenario = _scenario(files, self._seed, self._validation)
        self._background.call(lambda: self._served.use(self._scenario))

    def _add(self, saying: Saying) -> Added:
        self._unfinished.pop(saying.begun, None)
        made = saying.made(self._functions)
        rules = self._background.call(lambda: self._served.add(saying.rule, saying.where, made=made))
        added = Added(rules[0], self._journal.entries)
        self._added.append(added)
        return added

    def _say(self, said: Mapping[str, Any], options: Options, function: Function | None = None) -> Added:
        return self._add(Saying(caller(), {}).answering(said, options, function))

    def when(self, predicate: Predicate | None = None, /, **wanted: Unpack[When]) -> Condition:
        """Return the beginning of a rule: what must hold, in the words of a scenario file; `predicate` too, if given.

        Such as `mock.when(user="weather", tools="get_weather").reply({"tool_use": "get_weather"})`. Raises `TypeError`
        for a `predicate` that is no function, or one whose result is always true: a coroutine, a generator.
        """
        where = caller()
        if predicate is not None:
            check_predicate(predicate, where)
        saying = Saying(where, wanted, predicate)
        self._unfinished[saying] = saying.where
        return Condition(self._add, saying)

    @property
    def journal(self) -> list[JournalEntry]:
        """Everything that was asked, with what was decided, planned and sent."""
        return list(self._journal.entries())

    @property
    def requests(self) -> list[MessagesRequest]:
        """The requests for a message, in the order in which they came."""
        return [read_request(entry) for entry in self._journal.entries() if entry.is_messages_request]

    @property
    def last(self) -> MessagesRequest:
        """The last request for a message. Raises `AssertionError` if there was none."""
        requests = self.requests
        if not requests:
            raise AssertionError("nothing was asked; expected a request for a message")
        return requests[-1]

    @property
    def unmatched(self) -> list[JournalEntry]:
        """The requests that no rule answered."""
        return [entry for entry in self._journal.entries() if entry.unmatched]

    @property
    def unused(self) -> list[Added]:
        """The rules said in Python that have not answered."""
        answers = self._served.store.totals()
        return [added for added in self._added if not answers.get(added.rule.key)]

    @property
    def unfinished(self) -> list[str]:
        """Where a `when` was written after which nothing says what is answered."""
        return list(self._unfinished.values())

    def assert_asked(self, *, times: int | CountRange = AT_LEAST_ONE, **wanted: Unpack[When]) -> None:
        """Raise `AssertionError`, with the closest request, unless something like this was asked: `times` often, or at
        least once.
        """
        wished = inline.compile_rules({"when": dict(wanted), "reply": "-"}, caller()).scenario.rules[0].conditions
        verified = verify(self._journal.entries(), wished, times, self._journal.count_dropped())
        if not verified.ok:
            raise AssertionError(verified.message)

    def raise_what_was_raised(self) -> None:
        """Raise what a function of the test raised while it answered."""
        raised = self.what_was_raised()
        if raised is not None:
            raise raised

    def what_was_raised(self) -> BaseException | None:
        """Return, once, what functions of the test raised while they answered: an exception, or a group of them."""
        raised, self._functions.raised = self._functions.raised, []
        if len(raised) > 1:
            return BaseExceptionGroup("functions of this test raised", raised)
        return raised[0] if raised else None

    def settle(self) -> None:
        """Let what has just been sent be noted as sent."""
        self._background.call(lambda: None)

    def advance(self, seconds: float) -> None:
        """Let time pass, where `speed` is `manual`."""
        clock = self._site.clock
        if not isinstance(clock, ManualClock):
            raise RuntimeError("this clock moves by itself; expected MockClaude(speed='manual'), or the mark with it")
        clock.advance(seconds)

    def prepare(
        self,
        *files: str | Path,
        seed: int | None = None,
        validation: Mode | None = None,
        speed: str = "instant",
        retry_speed: str = "instant",
    ) -> None:
        """Begin anew, as if it had been made with these arguments. Raises `ScenarioError` for a wrong file."""
        self._seed, self._validation = seed, validation
        self._scenario = _scenario(files, seed, validation)
        self._forget_what_was_said()
        self._background.call(lambda: self._begin(speed, retry_speed))

    def _begin(self, speed: str, retry_speed: str) -> None:
        self._forget()
        self._served.use(self._scenario)
        self._play(speed, retry_speed)

    def reset(self) -> None:
        """Take back the rules said in Python and forget what was asked."""
        self._forget_what_was_said()
        self._background.call(self._forget)

    def _forget_what_was_said(self) -> None:
        self._added.clear()
        self._unfinished.clear()
        self._functions = Functions()

    def _forget(self) -> None:
        self._served.reset()
        self._journal.clear()
        self._site.numbers = count(1)


def _scenario(files: tuple[str | Path, ...], seed: int | None, validation: Mode | None) -> Scenario:
    scenario = load([Path(file) for file in files]) if files else Scenario(())
    policy = scenario.policy if validation is None else scenario.policy._replace(validation=validation)
    return replace(scenario, seed=scenario.seed if seed is None else seed, policy=policy)
