"""The results of the SDKs' own tests: JUnit files, counts and the table."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from tests.suites.refusing import serve_refusals
from tests.suites.results import Case, Result, Row, count_rows, format_table, list_failures, read_results

PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="tests.test_files.TestFiles" name="test_list[loose]" file="tests/test_files.py" />
<testcase classname="tests.test_files.TestFiles" name="test_upload" file="tests/test_files.py">
  <failure message="NotFoundError: 404&#10;more">the traceback</failure></testcase>
<testcase classname="tests.test_skills" name="test_zip" file="tests/test_skills.py">
  <skipped message="no zip" /></testcase>
<testcase classname="tests.test_skills" name="test_parse" file="tests/test_skills.py" />
</testsuite></testsuites>"""

VITEST = """<testsuites name="vitest tests"><testsuite name="tests/files.test.ts">
<testcase classname="tests/files.test.ts" name="resource files &gt; list"></testcase>
<testcase classname="tests/files.test.ts" name="resource files &gt; upload"><failure>Error: 404</failure></testcase>
<testcase classname="tests/files.test.ts" name="resource files &gt; delete"><skipped/></testcase>
</testsuite></testsuites>"""

LIST = Case("tests/test_files.py", "TestFiles::test_list[loose]")
UPLOAD = Case("tests/test_files.py", "TestFiles::test_upload")
ZIP = Case("tests/test_skills.py", "test_skills::test_zip")
PARSE = Case("tests/test_skills.py", "test_skills::test_parse")


def test_results_of_pytest_are_read() -> None:
    assert read_results(PYTEST) == {
        LIST: Result("passed"),
        UPLOAD: Result("failed", "NotFoundError: 404"),
        ZIP: Result("skipped"),
        PARSE: Result("passed"),
    }


def test_results_of_vitest_are_read() -> None:
    assert read_results(VITEST) == {
        Case("tests/files.test.ts", "resource files > list"): Result("passed"),
        Case("tests/files.test.ts", "resource files > upload"): Result("failed", "Error: 404"),
        Case("tests/files.test.ts", "resource files > delete"): Result("skipped"),
    }


def test_rows_count_the_tests_that_need_a_server() -> None:
    results = read_results(PYTEST)
    refused = {LIST: Result("failed"), UPLOAD: Result("failed"), ZIP: Result("skipped"), PARSE: Result("passed")}

    assert count_rows(results, refused) == [
        Row("tests/test_files.py", tests=2, needing=2, passed=1, skipped=0),
        Row("tests/test_skills.py", tests=2, needing=0, passed=0, skipped=1),
        Row("all", tests=4, needing=2, passed=1, skipped=1),
    ]


def test_table_has_a_line_for_each_row() -> None:
    assert format_table([Row("all", 4, 2, 1, 1)]).splitlines()[2:] == ["| all | 4 | 2 | 1 | 1 |"]


def test_failures_are_listed_with_their_messages() -> None:
    assert list(list_failures(read_results(PYTEST))) == [
        "tests/test_files.py::TestFiles::test_upload: NotFoundError: 404"
    ]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_server_refuses_every_request(method: str) -> None:
    data = b"{}" if method == "POST" else None
    with serve_refusals() as url, pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{url}/v1/files", data=data, method=method))
    refused.value.close()

    assert refused.value.code == 418
