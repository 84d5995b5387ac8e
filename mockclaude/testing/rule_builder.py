"""Rules, said in Python.

In: conditions, replies and options by the names that a scenario file has for them. Out: a rule as a file would have
it, and what it needs of Python's functions. Knows nothing of servers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.rules import Rule
from mockclaude.testing.callbacks import Functions
from mockclaude.testing.messages_request import read_request
from mockclaude.testing.types import Choice, Function, Options, Predicate, Step, Steps, When


class Added:
    """A rule that was added, and what it has answered."""

    def __init__(self, rule: Rule, entries: Callable[[], Sequence[JournalEntry]]) -> None:
        self.rule = rule
        self._entries = entries

    def __repr__(self) -> str:
        return f"<rule {self.rule.label}>"

    @property
    def requests(self) -> list[MessagesRequest]:
        """The requests that it answered."""
        return [
            read_request(entry) for entry in self._entries() if entry.rule is self.rule and entry.is_messages_request
        ]


class Saying:
    """A rule that is being said: what is asked, at last what is answered, and where that is written."""

    def __init__(self, where: str, wanted: When, predicate: Predicate | None = None) -> None:
        self.where = where
        self.rule: dict[str, Any] = {"when": dict(wanted)} if wanted else {}
        self.begun = self
        self._predicate = predicate
        self._function: Function | None = None

    def answering(self, said: Mapping[str, Any], options: Options, function: Function | None = None) -> Saying:
        """Return it with what is answered: the keys of a rule, or a function."""
        whole = Saying(self.where, {}, self._predicate)
        whole.begun = self
        whole.rule = {**self.rule, **options, **said}
        whole._function = function
        return whole

    def made(self, functions: Functions) -> Callable[[Rule], Rule] | None:
        """Return what gives a rule its functions, if it has any; what they raise is noted in `functions`."""
        conditions = () if self._predicate is None else (functions.condition(self._predicate, self.where),)
        function = None if self._function is None else functions.reply(self._function, self.where)
        if not (conditions or function):
            return None
        return lambda rule: replace(rule, conditions=(*rule.conditions, *conditions), function=function)


class Replies(ABC):
    """The ways to say what is answered, each with the `Options` of a rule: `name`, `times`, `pace`, `fault`,
    `as_written`. Each raises `ScenarioError` with what is wrong and where.
    """

    @abstractmethod
    def _say(self, said: Mapping[str, Any], options: Options, function: Function | None = None) -> Added:
        """Add the rule that answers what is `said`, or what `function` makes."""

    def reply(self, *steps: str | Step | Function, **options: Unpack[Options]) -> Added:
        """Answer with text, with steps as a scenario file has them, or with what a function returns or yields."""
        first = steps[0] if len(steps) == 1 else list(steps)
        if callable(first):
            return self._say({"reply": "what a function returns"}, options, first)
        return self._say({"reply": first}, options)

    def sequence(self, *replies: Steps, **options: Unpack[Options]) -> Added:
        """Answer with one reply after the other, and with the last again and again."""
        return self._say({"sequence": list(replies)}, options)

    def choice(self, *choices: Choice, **options: Unpack[Options]) -> Added:
        """Answer with one of the replies, drawn by weight: `{"weight": 9, "reply": "Yes."}`."""
        return self._say({"choice": list(choices)}, options)


class Condition(Replies):
    """The beginning of a rule: what is asked. What is answered comes next."""

    def __init__(self, add: Callable[[Saying], Added], saying: Saying) -> None:
        self._add = add
        self._saying = saying

    def _say(self, said: Mapping[str, Any], options: Options, function: Function | None = None) -> Added:
        return self._add(self._saying.answering(said, options, function))
