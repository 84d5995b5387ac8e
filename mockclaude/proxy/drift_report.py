"""Group the differences of many requests, and separate known from new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from mockclaude.proxy.drift import ComparedCase

_HEAD = "# Known differences between mockclaude and the API, one on each line; see `mockclaude drift --help`."


class DriftGroup(NamedTuple):
    """A difference, the number of its requests, and the place of the first one."""

    difference: str
    requests: int
    example: str
    is_known: bool


class TokenRatios(NamedTuple):
    """The ratios of input tokens: the mock's, divided by the recorded ones."""

    responses: int
    p10: float
    median: float
    p90: float


class DriftReport(NamedTuple):
    """The differences of all requests.

    Attributes:
        requests: The number of requests.
        different: The number of requests with a difference.
        groups: The differences, the most frequent first.
        skipped: Reason -> number of requests that were not compared.
        tokens: The ratios of input tokens; None without any.
        tolerance: The distance from 1 that the median may have.
        gone: Known differences that no request has.
    """

    requests: int
    different: int
    groups: Sequence[DriftGroup]
    skipped: Counter[str]
    tokens: TokenRatios | None
    tolerance: float
    gone: Sequence[str]

    @property
    def has_new(self) -> bool:
        """Whether a difference is not known, or the input tokens are too far away."""
        return not all(group.is_known for group in self.groups) or self.has_other_tokens

    @property
    def has_other_tokens(self) -> bool:
        """Whether the median of the ratios is too far from 1."""
        return self.tokens is not None and abs(self.tokens.median - 1) > self.tolerance


def build_report(cases: Iterable[ComparedCase], known: Collection[str], tolerance: float) -> DriftReport:
    """Build the report of all requests.

    Args:
        cases: The results.
        known: The known differences.
        tolerance: The distance from 1 that the median of the ratios of input tokens may have.
    """
    counts, examples, skipped, ratios = Counter[str](), dict[str, str](), Counter[str](), list[float]()
    requests = different = 0
    for case in cases:
        requests += 1
        different += bool(case.differences)
        skipped.update([case.skipped] if case.skipped else ())
        ratios += [case.token_ratio] if case.token_ratio is not None else ()
        for difference in case.differences:
            counts[difference] += 1
            examples.setdefault(difference, case.place)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    groups = [DriftGroup(text, count, examples[text], text in known) for text, count in ordered]
    gone = sorted(text for text in known if text not in counts)
    return DriftReport(requests, different, groups, skipped, _summarize(ratios), tolerance, gone)


def _summarize(ratios: list[float]) -> TokenRatios | None:
    if not ratios:
        return None
    ratios = sorted(ratios)
    last = len(ratios) - 1
    return TokenRatios(len(ratios), *(ratios[round(last * share)] for share in (0.1, 0.5, 0.9)))


def parse_known(text: str) -> frozenset[str]:
    """Parse the lines of known differences, which may be items of a YAML list.

    `#` begins a comment.
    """
    lines = (line.strip() for line in text.splitlines())
    return frozenset(_unquote(line.removeprefix("- ").strip()) for line in lines if line and not line.startswith("#"))


def _unquote(text: str) -> str:
    return text[1:-1].replace("''", "'") if len(text) > 1 and text[0] == text[-1] == "'" else text


def format_known(report: DriftReport) -> str:
    """Write the differences of a report as a file of known ones."""
    return "".join(f"{line}\n" for line in (_HEAD, *sorted(group.difference for group in report.groups)))


def format_drift(report: DriftReport) -> Iterator[str]:
    """Yield the lines of a report: new differences, then the summary."""
    new = [group for group in report.groups if not group.is_known]
    width = max((len(str(group.requests)) for group in new), default=0)
    for group in new:
        yield f"{group.requests:>{width}}  {group.difference}"
        yield f"{'':{width}}  {group.example}"
    if report.tokens:
        yield _format_tokens(report.tokens, report.tolerance if report.has_other_tokens else None)
    if report.gone:
        yield f"{len(report.gone)} of the known differences no longer occur, such as: {report.gone[0]}"
    yield _summarize_requests(report, len(new))


def _format_tokens(tokens: TokenRatios, exceeded: float | None) -> str:
    parts = ", ".join(f"{getattr(tokens, name):.2f} ({name})" for name in ("p10", "median", "p90"))
    requests = f"{tokens.responses} response{'s' * (tokens.responses != 1)}"
    expected = f"; expected a median within {exceeded:.0%} of 1" if exceeded is not None else ""
    return f"input tokens, mock to API: {parts} of {requests}{expected}"


def _summarize_requests(report: DriftReport, new: int) -> str:
    known = len(report.groups) - new
    parts = [f"{new} new difference{'s' * (new != 1)}"] if new else []
    parts += [f"{known} known difference{'s' * (known != 1)}"] if known else []
    parts = parts or ["no differences"]
    parts += [f"{count} not compared ({reason})" for reason, count in sorted(report.skipped.items())]
    requests = f"{report.requests} request{'s' * (report.requests != 1)}"
    return f"{requests}: {', '.join(parts)}"


def report_to_json(report: DriftReport) -> dict[str, Any]:
    """Convert a report to JSON data."""
    return {
        "requests": report.requests,
        "different": report.different,
        "skipped": dict(report.skipped),
        "differences": [group._asdict() for group in report.groups],
        "input_tokens": report.tokens and {**report.tokens._asdict(), "tolerance": report.tolerance},
        "no_longer": list(report.gone),
        "passed": not report.has_new,
    }
