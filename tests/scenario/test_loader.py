"""Paths become scenarios: files named together are one, a folder is a set; every file's mistakes are told."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading import loader
from mockclaude.scenario.loading.loader import load, load_all, load_text
from mockclaude.scenario.rules import Scenario

RULE = "rules: [{reply: x}]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder of one's own, so that files have short names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**texts: str) -> list[Path]:
    """Write each text to the file `name.yaml`; two underscores are a folder."""
    files = [Path(f"{name.replace('__', '/')}.yaml") for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return files


def told(*paths: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_all(paths)
    return str(caught.value).splitlines()


def replies(scenario: Scenario) -> list[str]:
    return [rule.replies[0].steps[0].value.data["text"] for rule in scenario.rules]


def test_files_named_together_are_one_scenario_in_their_order() -> None:
    files = write(b="seed: 7\nrules: [{times: 1, reply: b}]", a="locale: de_DE\nrules: [{times: 1, reply: a}]")

    scenario = load(files)

    assert replies(scenario) == ["b", "a"]
    assert (scenario.seed, scenario.locale, scenario.files) == (7, "de_DE", ("b.yaml", "a.yaml"))


def test_a_folder_is_a_set_of_scenarios_each_under_its_path() -> None:
    write(set__hello=RULE, set__deep__er=RULE)
    Path("set/data.json").write_text('{"rules": [{"reply": "\\ud83d\\ude00"}]}')
    Path("set/short.yml").write_text(RULE)
    Path("set/notes.md").write_text("no scenario")
    Path("set/folder.yaml").mkdir()

    scenarios = load_all([Path("set")])

    assert list(scenarios) == ["", "data", "deep/er", "hello", "short"]
    assert replies(scenarios["data"]) == ["😀"]


def test_the_root_is_what_the_files_say_or_else_built_in() -> None:
    files = write(a=RULE)

    assert load_all([])[""].rules[0].replies[0].steps[0].kind == "generate"
    assert replies(load_all(files)[""]) == ["x"]
    assert load_all([], with_built_in=False)[""].rules == ()
    assert load_all(write(a="rules: []"))[""].rules == ()


def test_files_of_a_folder_may_have_their_suffix_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "a.YAML").write_text(RULE)
    (tmp_path / "b.JSON").write_text('{"rules": [{"reply": "x"}]}')

    assert list(load_all([tmp_path])) == ["", "a", "b"]


def test_files_and_folders_go_together() -> None:
    write(set__hello=RULE)

    assert list(load_all([Path("set"), *write(a=RULE)])) == ["", "hello"]


@pytest.mark.parametrize(("seed", "seeds"), [(None, [0, 5]), (3, [3, 3])])
def test_a_seed_from_outside_replaces_those_of_the_files(seed: int | None, seeds: list[int]) -> None:
    scenarios = load_all(write(a=f"seed: 5\n{RULE}"), seed)

    assert [scenarios[""].seed, load_all([], seed)[""].seed] == seeds[::-1]


def test_a_text_is_a_scenario_too() -> None:
    assert replies(load_text(RULE)) == ["x"]
    assert load_text(RULE).files == ("scenario.yaml",)


def test_a_missing_file_is_told() -> None:
    problem = "cannot read the file: No such file or directory; expected a scenario file or a folder"
    assert told(Path("a.yaml")) == [f"a.yaml: {problem}"]
    assert told(Path("no/a.yaml")) == [
        "no/a.yaml: cannot read the file: No such file or directory; the folder 'no' does not exist"
    ]


def test_a_missing_file_may_be_a_misspelt_one() -> None:
    write(set__weather=RULE)

    assert told(Path("set/wether.yaml")) == [
        "set/wether.yaml: cannot read the file: No such file or directory; did you mean 'weather.yaml'?"
    ]


def test_a_folder_without_scenarios_is_told() -> None:
    Path("set").mkdir()

    assert told(Path("set")) == [
        "set: no scenario files in the folder; expected a file that ends in .yaml, .yml or .json"
    ]


def test_two_files_under_one_name_are_told() -> None:
    write(one__hello=RULE, two__hello=RULE)

    assert told(Path("one"), Path("two")) == [
        "two/hello.yaml: duplicate scenario name 'hello'; expected unique names; rename the file"
    ]


def test_a_file_of_10_mb_is_told() -> None:
    Path("a.yaml").write_bytes(b"#" * 10_000_000)

    assert told(Path("a.yaml")) == [
        "a.yaml: larger than 5 MB; expected a smaller file; split it into several files of one scenario"
    ]


def test_a_binary_file_is_told() -> None:
    Path("a.yaml").write_bytes(b"\x7fELF\x02\x01\x01\x00")

    assert told(Path("a.yaml")) == [
        "a.yaml:1:1: unprintable character U+007F; expected text; remove it, or write its escape in double quotes"
    ]


def test_the_mistakes_of_all_files_are_told_at_once() -> None:
    files = write(a="rules: [\n", b="sed: 1\nrules: 1", set__c="seed: x\n" + RULE)

    places = [line.split(": ")[0] for line in told(*files[:2], Path("set"), Path("d.yaml"))]

    assert places == ["a.yaml:2:1", "b.yaml:1:1", "b.yaml:2:8", "d.yaml", "set/c.yaml:1:7"]


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("seed", "1", "2"),
        ("locale", "de_DE", "fr_FR"),
        ("validation", "gateway", "off"),
        ("models", "any", "listed"),
        ("client_faults", "False", "True"),
        ("betas", "strict", "any"),
        ("unmatched", "404", "410"),
        ("lane_from", "metadata.user_id", "headers.x-user"),
        ("account", "old", "new"),
        ("today", "2026-11-30", "2026-12-01"),
        ("as_recorded", "False", "True"),
    ],
)
def test_files_of_one_scenario_agree(key: str, first: str, second: str) -> None:
    files = write(
        a=f"{key}: {first}\nrules: [{{times: 1, reply: x}}]",
        b="rules: [{times: 1, reply: y}]",
        c=f"rules: [{{reply: z}}]\n{key}: {second}",
    )

    at = len(key) + 3
    line = f"c.yaml:2:{at}: `{key}`: conflicting values, got {second} and {first} (a.yaml:1:{at}); expected one value"
    assert told(*files) == [f"{line} for all files of a scenario"]


def test_the_account_and_the_day_are_those_of_the_scenario() -> None:
    policy = load(write(a=f"account: old\ntoday: 2026-12-01\nas_recorded: true\n{RULE}")).policy

    assert (policy.account, policy.today, policy.as_recorded) == ("old", "2026-12-01", True)


def test_files_of_one_scenario_may_say_the_same() -> None:
    files = write(a="seed: 1\nrules: [{times: 1, reply: x}]", b="seed: 1\n" + RULE)

    assert load(files).seed == 1


def test_rules_are_one_list_over_all_files() -> None:
    files = write(a="rules: [{name: hi, reply: x}]", b="rules: [{name: hi, times: 1, reply: y}]")

    assert told(*files) == [
        "b.yaml:1:9: unreachable rule, shadowed by a.yaml:1:9; expected the more specific rule first; move this rule "
        "up or add `times` to the other",
        "b.yaml:1:16: duplicate rule name 'hi', first in a.yaml:1:16; expected unique names",
    ]


def test_a_text_that_is_no_text_is_told() -> None:
    with pytest.raises(ScenarioError, match=r"^scenario\.yaml:1:1: invalid UTF-8"):
        load_text("\ud83d")


def test_a_fifo_is_never_waited_for() -> None:
    os.mkfifo("a.yaml")

    assert told(Path("a.yaml")) == [
        "a.yaml: cannot read the file: not a regular file; expected a regular file, not a FIFO, a device or a socket"
    ]


def test_a_file_name_that_is_not_utf_8_has_escapes() -> None:
    file, folder = (Path(os.fsdecode(name)) for name in (b"caf\xe9.yaml", b"f\xfflder"))
    file.write_text(RULE)
    folder.mkdir()
    (folder / file).write_text(RULE)
    scenarios = load_all([file, folder])

    assert [scenario.files for scenario in scenarios.values()] == [("caf\\xe9.yaml",), ("f\\xfflder/caf\\xe9.yaml",)]
    assert list(scenarios) == ["", "caf\\xe9"]
    file.write_text("rules: 1")
    assert told(file) == ["caf\\xe9.yaml:1:8: invalid value, got number 1; expected a list (`- item`)"]
    assert told(Path(os.fsdecode(b"caf\xe8.yaml"))) == [
        "caf\\xe8.yaml: cannot read the file: No such file or directory; did you mean 'caf\\xe9.yaml'?"
    ]


def test_a_bug_of_ours_is_a_mistake_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(loader, "build", fail)

    assert told(*write(a=RULE, b=RULE)) == [
        "a.yaml, b.yaml: cannot load the file because of a bug in mockclaude: RecursionError: too deep; please "
        "report it"
    ]


@pytest.mark.parametrize("is_enabled", [True, False])
def test_loading_leaves_the_garbage_collector_as_it_was(is_enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if is_enabled else gc.disable)()
    try:
        with pytest.raises(ScenarioError):
            load_text("rules: 1")
        after = gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()

    assert after is is_enabled
