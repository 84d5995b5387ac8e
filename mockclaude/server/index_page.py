"""The page at the root: the scenarios with their base URLs as HTML or JSON, or a note on the missing admin token."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import orjson
from aiohttp import web
from yarl import URL

from mockclaude import __version__
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.headers import date
from mockclaude.engine.decision import Decision
from mockclaude.engine.trust import AGAINST_OTHER_SITES, Trust
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, Response, build_response
from mockclaude.scenario.rules import Scenario

_HTML = "text/html; charset=utf-8"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>mockclaude</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem }}
code {{ font: 14px ui-monospace, monospace }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid #8884; vertical-align: top }}
</style>
<h1>mockclaude {version}</h1>
"""
_PAGE = """<p>Each scenario answers Anthropic's Messages API under its own base URL.</p>
<table>
<tr><th>Base URL<th>Rules<th>Seed<th>Files</tr>
{rows}
</table>
"""
_LOCKED = """<p>This server is open to others: the list of its scenarios needs the admin token, which the server prints
at its start, or that of <code>--admin-token</code>:</p>
<pre><code>curl -H 'x-mockclaude-token: TOKEN' {origin}</code></pre>
<p>Clients of the API need no token.</p>
"""


def respond(request: web.BaseRequest, scenarios: Mapping[str, Scenario], trust: Trust, now: int) -> Decision:
    """Decide the response to a request to the root.

    Raises:
        ApiError: 401; the token is missing or wrong, and the client is not a browser.
    """
    html = "text/html" in request.headers.get("accept", "")
    origin = _origin(request)
    try:
        trust.check_token(request.headers)
    except ApiError as error:
        if not html:
            raise
        return Decision(build_locked_page(origin, now), error.message)
    return Decision(build_index(scenarios, origin, now, html=html), "index")


def _origin(request: web.BaseRequest) -> URL:
    try:
        return request.url.origin()
    except ValueError:
        raise invalid("The Host header is not a host and a port") from None


def build_index(scenarios: Mapping[str, Scenario], origin: URL, now: int, *, html: bool) -> Response:
    """Build the list of scenarios, as HTML or as JSON."""
    entries = [_entry(name, scenario, origin) for name, scenario in sorted(scenarios.items())]
    if html:
        kind, body = _HTML, _page(entries)
    else:
        kind, body = "application/json", orjson.dumps({"version": __version__, "scenarios": entries})
    return _build_response(200, kind, body, now)


def build_locked_page(origin: URL, now: int) -> Response:
    """Build the page for a browser without the token, with instructions."""
    page = _HEAD.format(version=__version__) + _LOCKED.format(origin=escape(str(origin)))
    return _build_response(401, _HTML, page.encode(), now)


def _build_response(status: int, kind: str, body: bytes, now: int) -> Response:
    headers = date(now).put({"content-type": kind, "content-security-policy": _POLICY, **AGAINST_OTHER_SITES})
    request_id, _ = Draws(0, "index").ids()
    return build_response(status, headers, request_id, Data(body))


def _entry(name: str, scenario: Scenario, origin: URL) -> dict[str, Any]:
    return {
        "name": name,
        "base_url": str(origin / name if name else origin).rstrip("/"),
        "files": list(scenario.files),
        "seed": scenario.seed,
        "rules": [{"name": rule.name, "place": str(rule.place)} for rule in scenario.rules],
    }


def _page(entries: list[dict[str, Any]]) -> bytes:
    rows = "\n".join(
        f"<tr><td><code>{escape(entry['base_url'])}</code><td>{_rules(entry['rules'])}<td>{entry['seed']}"
        f"<td><code>{escape(', '.join(entry['files']) or ('built in' if entry['rules'] else 'no file'))}</code></tr>"
        for entry in entries
    )
    return (_HEAD.format(version=__version__) + _PAGE.format(rows=rows)).encode()


def _rules(rules: list[dict[str, Any]]) -> str:
    return "<br>".join(escape(rule["name"] or rule["place"]) for rule in rules)
