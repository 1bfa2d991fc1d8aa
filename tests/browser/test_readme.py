"""The ways that the README names are ways of the desk: each is a place of the rail, and then a link on its page."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
WAYS = {
    name: re.findall(
        r"^\d\. \*\*(.+?)\*\*|\*\*(\S+ \S+ → .+?)\*\*", (REPOSITORY / name).read_text("utf-8"), re.MULTILINE
    )
    for name in ("README.md", "README.vi.md")
}


@pytest.mark.parametrize("name", WAYS)
def test_every_way_that_the_readme_names_can_be_gone(open_as, name):
    ways = ["".join(found) for found in WAYS[name]]
    assert len(ways) == 6
    page = open_as("ha")
    for way in ways:
        place, *links = way.split(" → ")
        page.get_by_role("navigation").get_by_role("link", name=place).first.click()
        page.wait_for_load_state()
        for link in links:
            page.locator("main").get_by_role("link", name=link, exact=True).first.click(timeout=5_000)
            page.wait_for_load_state()
        assert page.locator("main h1").count() == 1, way
