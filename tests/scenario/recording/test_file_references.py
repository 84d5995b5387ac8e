"""The files that a recording names, and other names for them."""

from __future__ import annotations

from mockclaude.scenario.recording.file_references import list_files, rename_files

TEXT = """\
rules:
  - recorded: {from: a, on: 2026-11-29, requests: [tide/a.request.json, 7]}
    sequence:
      - respond: {file: tide/a.sse}
      - - respond:
            file: tide/b 1.sse # tide/a.sse
        - disconnect: close
  - reply: {respond: {body: {respond: {file: tide/a.sse}}}}
  - reply: {json: {respond: {file: tide/a.sse}}}
    file: tide/a.sse
  - reply: {respond: {file: "tide/a.sse"}}
"""


def test_a_recording_names_files_of_replies_and_requests() -> None:
    assert list_files(TEXT) == ["tide/a.sse", "tide/b 1.sse", "tide/a.request.json", "tide/a.sse"]


def test_a_text_that_is_not_readable_names_no_files() -> None:
    assert list_files("rules: [") == []
    assert list_files("7") == []


def test_only_the_names_of_files_change() -> None:
    renamed = rename_files(TEXT, {"tide/a.sse": "tide/c: d", "tide/a.request.json": "tide/é", "tide/x": "tide/y"})

    assert renamed == TEXT.replace("{file: tide/a.sse}\n      -", "{file: 'tide/c: d'}\n      -").replace(
        "tide/a.request.json", "tide/é"
    )
