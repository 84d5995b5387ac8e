"""Pages lead to files, headings and names that exist."""

from __future__ import annotations

import pytest

from mockclaude.scenario.diagnostics import did_you_mean
from tests import pages
from tests.pages import CONTRIBUTOR_PAGES, PAGES, ROOT, Mention

LINKS = [(page, link) for page in PAGES for link in pages.links(page)]
MENTIONS = [(page, mention) for page in CONTRIBUTOR_PAGES for mention in pages.mentions(page)]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_link_leads_to_a_file_and_heading(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = ((ROOT / page).parent / path).resolve() if path else ROOT / page

    assert target.exists()
    assert not anchor or anchor in pages.anchors(str(target.relative_to(ROOT)))


@pytest.mark.parametrize(("page", "mention"), MENTIONS)
def test_mentioned_file_and_name_exist(page: str, mention: Mention) -> None:
    file = pages.find(page, mention.path)

    assert file is not None, f"{page}: no file '{mention.path}' beside the page, in mockclaude/ or in the repository"
    names = pages.names(file) if mention.name else {""}
    hint = did_you_mean(mention.name, sorted(names))
    assert mention.name in names, f"{page}: no '{mention.name}' in {mention.path}{hint}"


@pytest.mark.parametrize("page", PAGES)
def test_no_table_has_two_rows_for_one_thing(page: str) -> None:
    for rows in pages.tables(page):
        heads = [row[0] for row in rows]
        assert not [head for head in heads if heads.count(head) > 1]


def test_contributors_find_every_page() -> None:
    assert set(CONTRIBUTOR_PAGES) <= set(pages.links(pages.README))
