"""Names of 120 letters without a blank, and of 200 with blanks: no page outgrows its window, no text sticks out."""

import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.cast import NOON
from tests.security.crawl import crawl
from vonggac.register import imports
from vonggac.tenancy.scope import scoped, system

WITHOUT_BLANKS = ("TrungtâmỨngcứuSựcốAntoànThôngtinmạng" * 4)[:120]
WITH_BLANKS = ("Ban quản lý dự án đầu tư xây dựng các công trình giao thông và nông nghiệp tỉnh Hải Vân " * 3)[
    :200
].strip()
ORGANISATIONS = (
    f"code,name,kind,parent\nso-y-te,{WITHOUT_BLANKS},department,hai-van\np-vinh-hai,{WITH_BLANKS},commune,hai-van\n"
)
PEOPLE = f"email,name,organisation,role\ntam@example.vn,{WITHOUT_BLANKS[:110]},so-y-te,it_officer\n"
ASSETS = f"name,organisation,address,kind\n{'may-chu-rat-dai-' * 6}01,so-y-te,10.0.0.9,server\n"
# Each text whose line ends right of what holds it (or of the window), unless that scrolls or cuts with an ellipsis.
STICKING = """() => {
  const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const style = element => getComputedStyle(element);
  const hidden = element => element && element !== document.documentElement && (
    style(element).display === "none" || style(element).clipPath !== "none" || hidden(element.parentElement));
  while (words.nextNode()) {
    const text = words.currentNode, parent = text.parentElement;
    if (!text.nodeValue.trim() || parent.closest("script, style, svg, select, textarea, dialog") || hidden(parent)
        || parent.closest("details:not([open]) > :not(summary)")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const right = range.getBoundingClientRect().right;
    let out = right > innerWidth + 1 ? "the window" : "";
    for (let holder = parent; holder && holder !== document.body; holder = holder.parentElement) {
      if (/auto|scroll/.test(style(holder).overflowX)) { out = out === "the window" ? "" : out; break; }
      if (/hidden|clip/.test(style(holder).overflowX)) {
        if (style(holder).textOverflow === "ellipsis") out = "";
        break;
      }
      if (!/inline|contents/.test(style(holder).display) && right > holder.getBoundingClientRect().right + 4)
        out ||= holder.tagName + "." + holder.className;
      // A note that floats in the margin stands beside its passage by design; the page's width is asked below.
      if (style(holder).float !== "none") break;
    }
    if (out) found.push(text.nodeValue.trim().slice(0, 40) + " out of " + out);
  }
  const wide = document.scrollingElement.scrollWidth;
  if (wide > innerWidth) found.push("the page is " + wide);
  return found;
}"""


@pytest.fixture
def long_names(live, desk):
    with scoped(system("tests")):
        for kind, text in (("organisations", ORGANISATIONS), ("people", PEOPLE), ("assets", ASSETS)):
            planned = imports.plan(kind, text.encode(), f"{kind}.csv", at=NOON.date(), now=NOON)
            assert not planned.rejects
            imports.apply(planned, at=NOON)


def one_of_each(client: Client) -> list[str]:
    """Every page of the desk once, with whatever number and filter stands first in its address."""
    pages = (page.address for page in crawl(client) if page.is_html and page.status == 200)
    first: dict[str, str] = {}
    for address in pages:
        first.setdefault(re.sub(r"\d+", "N", urlsplit(address).path), address)
    return list(first.values())


@pytest.mark.slow
def test_long_names_break_and_stick_out_of_nothing(open_as, desk, long_names):
    addresses = one_of_each(desk.people.client("quan"))
    assert len(addresses) > 50
    page = open_as("quan")
    origin = page.url.rstrip("/")
    sticking = {}
    for address in [*addresses, "/messages/?organisation=so-y-te", "/cases/?state=all"]:
        page.goto(origin + address, wait_until="domcontentloaded")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            if found := page.evaluate(STICKING):
                sticking[f"{address} at {width}"] = found[:3]
    assert sticking == {}
