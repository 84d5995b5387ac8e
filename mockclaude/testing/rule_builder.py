"""Build rules from Python calls: `when(...).reply(...)`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError
from mockclaude.scenario.format.shorthand import as_list
from mockclaude.scenario.loading.python_data import is_exception
from mockclaude.scenario.rules import Rule
from mockclaude.testing.arguments import explain_attributes
from mockclaude.testing.callbacks import Callbacks
from mockclaude.testing.messages_request import read_request
from mockclaude.testing.types import ChoiceDict, OptionsDict, Predicate, ReplyFunction, Step, Steps, WhenDict

_ANY_REPLY: Mapping[str, Any] = {"reply": {"message": {"content": []}}}
"""A step that can have every event, in place of the steps of a function."""


class AddedRule:
    """A rule added from Python, with the requests for which it was selected."""

    def __init__(self, rule: Rule, entries: Callable[[], Sequence[JournalEntry]]) -> None:
        self.rule = rule
        self._entries = entries

    def __repr__(self) -> str:
        return f"<rule {self.rule.label}>"

    @property
    def requests(self) -> list[MessagesRequest]:
        """The requests for which the rule was selected."""
        return [read_request(entry) for entry in self._entries() if entry.rule is self.rule]


class RuleDraft:
    """A rule under construction: conditions, reply and call site."""

    def __init__(self, where: str, conditions: WhenDict, predicate: Predicate | None = None) -> None:
        self.where = where
        self.rule: dict[str, Any] = {"when": dict(conditions)} if conditions else {}
        self.origin = self
        self._predicate = predicate
        self._function: ReplyFunction | None = None

    def with_reply(
        self, reply: Mapping[str, Any], options: OptionsDict, function: ReplyFunction | None = None
    ) -> RuleDraft:
        """Return a complete draft. Its `origin` is the draft without the reply.

        Raises:
            ScenarioError: The reply is a function, but not to Messages requests.
        """
        endpoints = as_list(self.rule.get("when", {}).get("endpoint", "messages"))
        if function and "messages" not in endpoints:
            problem = "a function replies to Messages requests only; expected steps, e.g. `{'error': 529}`"
            raise ScenarioError([Diagnostic(Place(self.where), problem)])
        draft = RuleDraft(self.where, {}, self._predicate)
        draft.origin = self
        draft.rule = {**self.rule, **options, **reply}
        draft._function = function
        return draft

    def bind(self, callbacks: Callbacks) -> Callable[[Rule], Rule] | None:
        """Return a function that adds the Python functions to a rule. None: no functions."""
        where = self.where
        conditions = () if self._predicate is None else (callbacks.build_condition(self._predicate, where),)
        function = None if self._function is None else callbacks.build_reply(self._function, where)
        if not (conditions or function):
            return None
        return lambda rule: replace(rule, conditions=(*rule.conditions, *conditions), function=function)


class ReplyMethods(ABC):
    """The methods that add a rule with a reply.

    Each takes the options of a rule (`name`, `times`, `pace`, `chunk_size`, `fault`, `as_written`), and raises
    `ScenarioError` for an invalid reply or option.
    """

    @abstractmethod
    def _add_rule(
        self, reply: Mapping[str, Any], options: OptionsDict, function: ReplyFunction | None = None
    ) -> AddedRule:
        """Add a rule with the keys of `reply`. A `function` builds the reply in place of these."""

    def reply(self, *steps: Step | ReplyFunction, **options: Unpack[OptionsDict]) -> AddedRule:
        """Add a rule with a reply: text, steps as in a scenario file, or a function.

        A step may be a block or a message of the API, as a dictionary or as an object of the SDK.
        """
        first = steps[0] if len(steps) == 1 else list(steps)
        if callable(first) and not is_exception(first):
            return self._add_rule(_ANY_REPLY, options, first)
        return self._add_rule({"reply": first}, options)

    def sequence(self, *replies: Steps, **options: Unpack[OptionsDict]) -> AddedRule:
        """Add a rule whose replies are selected one after the other. The last repeats.

        A list is one reply of several steps.
        """
        return self._add_rule({"sequence": list(replies)}, options)

    def turns(self, *replies: Steps, **options: Unpack[OptionsDict]) -> AddedRule:
        """Add a rule with a reply to each turn of the conversation.

        The last reply is also sent to later turns.
        Turns are read from the request: parallel conversations do not get each other's replies.
        """
        return self._add_rule({"turns": list(replies)}, options)

    def choice(self, *choices: ChoiceDict, **options: Unpack[OptionsDict]) -> AddedRule:
        """Add a rule with replies drawn by weight: `{"weight": 9, "reply": "Yes."}`."""
        return self._add_rule({"choice": list(choices)}, options)


@explain_attributes
class RuleBuilder(ReplyMethods):
    """A rule that has conditions and still needs a reply."""

    def __init__(self, add: Callable[[RuleDraft], AddedRule], draft: RuleDraft) -> None:
        self._add = add
        self._draft = draft

    def _add_rule(
        self, reply: Mapping[str, Any], options: OptionsDict, function: ReplyFunction | None = None
    ) -> AddedRule:
        return self._add(self._draft.with_reply(reply, options, function))
