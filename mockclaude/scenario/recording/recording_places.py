"""The places of rules and keys in the text of a recording, to change some of it and no other byte."""

from __future__ import annotations

from typing import Any, NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.loading.source import FileSource, read

_EMPTY_LIST = compile_lazily(r"\[\s*\]")


class EditError(Exception):
    """A recording whose text cannot be changed. The message is one line."""


class TextEdit(NamedTuple):
    """A part of a text, and the text in its place."""

    start: int
    end: int
    text: str


class TextForm(NamedTuple):
    """The form of a text as an editor has saved it.

    Attributes:
        mark: The byte order mark; '' without one.
        line_end: The end of each line.
    """

    mark: str
    line_end: str

    def restore(self, text: str) -> str:
        """Return a text with LF alone in this form."""
        return self.mark + text.replace("\n", self.line_end)


def split_form(text: str, file: str) -> tuple[str, TextForm]:
    """Return a text with LF alone, and the form that it had.

    Raises:
        EditError: The ends of its lines differ.
    """
    form = TextForm("\ufeff" * text.startswith("\ufeff"), "\r\n" if "\r\n" in text else "\n")
    plain = text.removeprefix(form.mark).replace(form.line_end, "\n")
    if "\r" in plain or form.restore(plain) != text:
        raise EditError(f"{file}: lines that end with LF and others with CR; expected one end for all lines")
    return plain, form


class RecordingPlaces:
    """The text of a recording whose rules are a list in block style.

    Args:
        text: The text of a valid scenario file.
        file: The name of the file, for errors.

    Raises:
        EditError: The rules are in another style.

    Attributes:
        rules: The rules as the file has them.
        indent: The column of the rules' dashes.
        end: The offset of the end of the rules.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self._file = file
        self._source: FileSource = read("", text.encode())
        self.data: dict[str, Any] = self._source.data
        self.rules: list[dict[str, Any]] = self.data["rules"]
        if not self.rules:
            self.indent, self.end = 2, len(text)
            return
        self._dashes = [self._find_dash(index) for index in range(len(self.rules))]
        self.indent = self._dashes[0] - self.find_line(self._dashes[0])
        self.end = self._find_end()

    def find_line(self, offset: int) -> int:
        """Return the offset of the first character of a line."""
        return self.text.rfind("\n", 0, offset) + 1

    def _find_line_end(self, offset: int) -> int:
        end = self.text.find("\n", offset)
        return end if end >= 0 else len(self.text)

    def find_rule(self, index: int) -> int:
        """Return the offset of a rule with its comments; of the end after the last."""
        return self._skip_comments(self.find_line(self._dashes[index])) if index < len(self.rules) else self.end

    @property
    def settings(self) -> dict[str, Any]:
        """The other keys of the file."""
        return {key: value for key, value in self.data.items() if key != "rules"}

    def replace_rules(self, text: str) -> TextEdit:
        """Return the edit that puts a text after the colon of `rules`."""
        start = self.text.index(":", self._source.offset(("rules",), key=True)) + 1
        is_last = not self.text[self.end :].strip()
        return TextEdit(start, len(self.text), text) if is_last else TextEdit(start, self.end, f"{text}\n")

    def fill_rules(self, text: str) -> list[TextEdit]:
        """Return the edits that put rules in place of an empty list.

        A comment after the list stays.

        Raises:
            EditError: The list is not `[]`.
        """
        place = self._source.place(("rules",))
        found = _EMPTY_LIST.match(self.text, self._source.offset(("rules",)))
        if found is None:
            raise EditError(f"{self._file}:{place.line}: comments in an empty list; expected `rules: []`")
        end = self._find_line_end(found.end())
        return [TextEdit(found.start(), found.end(), ""), TextEdit(end, end + 1, f"\n{text}")]

    def find_comment(self, index: int) -> TextEdit:
        """Return the comment in the line above a rule; else an empty text."""
        end = self.find_line(self._dashes[index]) - 1
        start = self.find_line(end) + self.indent
        return (
            TextEdit(start, end, self.text[start:end]) if self.text.startswith("# ", start) else TextEdit(end, end, "")
        )

    def find_column(self, index: int) -> int:
        """Return the column of the keys of a rule."""
        offset = self._source.offset(("rules", index))
        return offset - self.find_line(offset)

    def find_key(self, index: int, key: str) -> TextEdit:
        """Return the lines of a key of a rule with its value, without comments after them."""
        keys = sorted(self._source.offset(("rules", index, name), key=True) for name in self.rules[index])
        start = self._source.offset(("rules", index, key), key=True)
        following = next((offset for offset in keys if offset > start), None)
        end = self.find_rule(index + 1) if following is None else self.find_line(following)
        end = self._skip_comments(end, self.find_column(index), with_empty_lines=True)
        return TextEdit(start, end, self.text[start:end])

    def _find_dash(self, index: int) -> int:
        offset = self._source.offset(("rules", index))
        margin = self.text[self.find_line(offset) : offset]
        if margin.strip(" ") != "-" or self.text[offset] in "{&!":
            line = self._source.place(("rules", index)).line
            style = "in flow style" if self.text[offset] == "{" else "whose first key is not beside its dash"
            raise EditError(f"{self._file}:{line}: a rule {style}; expected `- name: NAME`")
        return self.find_line(offset) + margin.index("-")

    def _find_end(self) -> int:
        start = self._source.offset(("rules",), key=True)
        keys = [self._source.offset((name,), key=True) for name in self.data]
        following = min((offset for offset in keys if offset > start), default=None)
        if following is not None:
            return self._skip_comments(self.find_line(following))
        return self.text.find("\n...", self._dashes[-1]) + 1 or len(self.text)  # `...` ends a document

    def _skip_comments(self, end: int, most: int | None = None, *, with_empty_lines: bool = False) -> int:
        """Return the offset of the first of the comments above a line.

        Args:
            end: The offset of the line.
            most: The highest column of a comment: lines of a block are deeper. None: that of the dashes.
            with_empty_lines: Whether comments above an empty line count, too.
        """
        column = self.indent if most is None else most
        first = start = end
        while True:  # the line with the key `rules` is no comment
            start = self.find_line(start - 1)
            line = self.text[start : self._find_line_end(start)].rstrip()
            depth = len(line) - len(line.lstrip(" "))
            if line[depth : depth + 1] == "#" and depth <= column:
                first = start
            elif line or not with_empty_lines:
                break
        return first


def edit_text(text: str, edits: list[TextEdit]) -> str:
    """Return a text with parts replaced. Edits at one place keep their order."""
    parts, end = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [text[end : edit.start], edit.text]
        end = edit.end
    return "".join([*parts, text[end:]])
