"""Write recorded rules as the text of a scenario file, and the files of their bodies."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from mockclaude.scenario.loading.yaml_writer import format_flow, format_line_scalar
from mockclaude.scenario.recording.body_form import format_body, name_file, select_forms
from mockclaude.scenario.recording.exchange import Exchange, RecordedRule
from mockclaude.scenario.recording.exchange_summary import summarize_all
from mockclaude.scenario.recording.recorded_headers import list_headers
from mockclaude.scenario.recording.recorded_pace import PaceWriter
from mockclaude.scenario.recording.step_text import format_pair
from mockclaude.scenario.recording.unique_names import UniqueNames


class WrittenRecording(NamedTuple):
    """The text of a scenario file, and the files that it names.

    Attributes:
        bodies: The bytes of each file, by its path relative to the scenario file.
    """

    text: str
    bodies: Mapping[str, bytes]


ToReadable: TypeAlias = Callable[[RecordedRule], Mapping[str, Any] | None]
"""Returns the keys of a rule with readable steps in place of its replies; None if these are written as recorded."""


class WriteOptions(NamedTuple):
    """The optional parts of a written rule.

    Attributes:
        times: Whether replies have the pace at which they arrived.
        requests: Whether the bodies of requests are kept in files, too.
        to_readable: Converts the replies to readable steps; None to write all as recorded.
    """

    times: bool = True
    requests: bool = False
    to_readable: ToReadable | None = None


DEFAULT_OPTIONS = WriteOptions()


class RuleWriter:
    """A writer of rules for one file.

    Args:
        rules: All rules that will be written.
        stem: The name of the file without its suffix, which is that of the folder of its bodies.
        taken: Names of files in the folder that are in use, without suffixes.

    Attributes:
        bodies: The bytes of each file for the rules so far, by its path.
    """

    def __init__(self, rules: Sequence[RecordedRule], stem: str, taken: Iterable[str] = ()) -> None:
        self.bodies: dict[str, bytes] = {}
        self._stem = stem
        self._names, self._paces = UniqueNames(taken), PaceWriter()
        exchanges = [exchange for rule in rules for exchange in rule.exchanges]
        forms = select_forms([exchange.reply for exchange in exchanges])
        self._forms = {id(exchange): body for exchange, body in zip(exchanges, forms, strict=True)}

    def format(self, rule: RecordedRule, options: WriteOptions, indent: int = 2) -> str:
        """Write a rule with the comment above it.

        Args:
            rule: One of the rules.
            options: The optional parts.
            indent: The column of the rule's dash.
        """
        margin = " " * indent
        lines = [f"{margin}# {summarize_all(rule.exchanges, times=options.times)}\n"]
        if rule.problem:
            lines.append(f"{margin}# {to_line(rule.problem)}\n")
        lines.append(f"{margin}- name: {format_line_scalar(rule.name)}\n")
        if when := keep_form(rule):
            lines.append(f"{margin}  when: {format_flow(when)}\n")
        readable = options.to_readable(rule) if options.to_readable else None
        if readable:
            keys: Sequence[str] = self._format_readable(rule, readable, options, indent + 2)
        else:
            keys = self.format_keys(rule, options, indent + 2)
        return "".join([*lines, *(f"{margin}  {key}" for key in keys)])

    def format_keys(self, rule: RecordedRule, options: WriteOptions, indent: int) -> tuple[str, str]:
        """Write the keys `recorded`, and `reply` or `sequence`, without their margin.

        Args:
            rule: One of the rules.
            options: The optional parts.
            indent: The column of the keys.
        """
        names = [self._name_files(rule.name, exchange, options) for exchange in rule.exchanges]
        return _format_origin(rule, names, options), self._format_replies(rule, names, options, indent)

    def _format_readable(
        self, rule: RecordedRule, readable: Mapping[str, Any], options: WriteOptions, indent: int
    ) -> list[str]:
        """Write the keys `recorded` and those of a rule with readable steps, without their margin."""
        names = [self._name_request(rule.name, exchange) for exchange in rule.exchanges] if options.requests else []
        pairs = [format_pair(key, value, " " * indent) for key, value in readable.items()]
        return [_format_origin(rule, names, options), *pairs]

    def _name_request(self, rule_name: str, exchange: Exchange) -> str:
        name = f"{self._stem}/{self._names.create(name_file(rule_name))}"
        self.bodies[name + _REQUEST] = exchange.body
        return name

    def _name_files(self, rule_name: str, exchange: Exchange, options: WriteOptions) -> str:
        """Create the name of the files of an exchange; '' if it has none."""
        body = self._forms[id(exchange)]
        if body.form != "file" and not options.requests:
            return ""
        name = f"{self._stem}/{self._names.create(name_file(rule_name))}"
        if body.form == "file":
            self.bodies[name + body.suffix] = body.content
        if options.requests:
            self.bodies[name + _REQUEST] = exchange.body
        return name

    def _format_replies(self, rule: RecordedRule, names: Sequence[str], options: WriteOptions, indent: int) -> str:
        margin = " " * indent
        if len(rule.exchanges) == 1:
            [exchange], [name] = rule.exchanges, names
            if not exchange.reception.ending:
                return f"reply:\n{margin}  {self._format_step(exchange, name, options, indent + 2)}"
            step = self._format_step(exchange, name, options, indent + 4)
            return f"reply:\n{margin}  - {step}{margin}  {_CLOSE}\n"
        items = ["sequence:\n"]
        for exchange, name in zip(rule.exchanges, names, strict=True):
            is_torn = exchange.reception.ending != ""
            step = self._format_step(exchange, name, options, indent + (6 if is_torn else 4))
            items.append(f"{margin}  - - {step}{margin}    {_CLOSE}\n" if is_torn else f"{margin}  - {step}")
        return "".join(items)

    def _format_step(self, exchange: Exchange, name: str, options: WriteOptions, indent: int) -> str:
        """Write the step `respond` from its first character, which is in the column `indent`."""
        margin, response, body = " " * (indent + 2), exchange.reception, self._forms[id(exchange)]
        lines = [f"{margin}status: {response.status}\n"] if response.status != 200 else []
        lines.append(f"{margin}headers: {format_flow(list_headers(response))}\n")
        if options.times and (pace := self._paces.format(exchange)):
            lines.append(f"{margin}pace: {pace}\n")
        return "".join(["respond:\n", *lines, format_body(body, name + body.suffix, indent + 2)])


def _format_origin(rule: RecordedRule, names: Sequence[str], options: WriteOptions) -> str:
    first = rule.exchanges[0]
    request = f", request: {rule.request}" if rule.request else ""
    requests = f", requests: {format_flow([name + _REQUEST for name in names])}" if options.requests else ""
    return f"recorded: {{from: {format_flow(first.host)}, on: {first.on}{request}{requests}}}\n"


_REQUEST, _CLOSE = ".request.json", "- disconnect: close"
_LEGEND = (
    "# `when` selects a reply. `recorded` only shows requests that have changed. The last gap of a pace repeats.\n"
)


def write_recording(
    rules: Sequence[RecordedRule],
    stem: str,
    *,
    times: bool = True,
    requests: bool = False,
    to_readable: ToReadable | None = None,
) -> WrittenRecording:
    """Write recorded rules as a scenario file.

    Args:
        rules: The rules in the order of the file.
        stem: The name of the file without its suffix, which is that of the folder of its bodies.
        times: Whether replies have the pace at which they arrived.
        requests: Whether the bodies of requests are kept in files, too.
        to_readable: As in `WriteOptions`.
    """
    writer, options = RuleWriter(rules, stem), WriteOptions(times, requests, to_readable)
    replay = to_line(shlex.quote(f"{stem}.yaml"))
    head = f"# Recorded by mockclaude record. Replay: mockclaude {replay}\n{_LEGEND}"
    if not rules:
        return WrittenRecording(f"{head}rules: []\n", {})
    text = join_rules([f"{head}rules:\n", *(writer.format(rule, options) for rule in rules)])
    return WrittenRecording(text, writer.bodies)


def join_rules(parts: Iterable[str]) -> str:
    """Join the head of a file and the texts of its rules.

    An empty line separates rules. A text that ends with an empty line is followed by none, since the line would be part
    of a literal block.
    """
    return "".join(_separate(parts))


def _separate(parts: Iterable[str]) -> Iterator[str]:
    before = "\n\n"
    for index, part in enumerate(parts):
        if index > 1 and not before.endswith("\n\n"):
            yield "\n"
        yield part
        before = part


def keep_form(rule: RecordedRule) -> Mapping[str, Any]:
    """Return the conditions of a rule.

    They have `stream` if a message came in the other form than the client asked for: without the condition, the mock
    would send it in that form.
    """
    asked = {is_streamed(exchange) for exchange in rule.exchanges}
    known = [exchange for exchange in rule.exchanges if exchange.body and exchange.assembled]
    is_other = any(exchange.reply.is_stream != is_streamed(exchange) for exchange in known)
    if "stream" in rule.when or not is_other or len(asked) > 1:
        return rule.when
    return {**rule.when, "stream": asked.pop()}


def is_streamed(exchange: Exchange) -> bool:
    """Return whether the request of an exchange asks for a stream."""
    document = exchange.document
    return isinstance(document, Mapping) and document.get("stream") is True


def to_line(text: str) -> str:
    """Replace the characters of a text that are not printable by spaces."""
    return "".join([character if character.isprintable() else " " for character in text])
