"""Tables that a narrow page folds into cards: each cell says its column's heading, and every part its role.

A page is made as if it were wide, and the tags of its folding tables (`class="list fold"`) are completed in its text:
so no template says a heading twice, none forgets it, and the cards work without JavaScript. The roles stand in the tags
because a browser may forget that something is a table once its style is no table's.
"""

import re
from collections.abc import Iterator

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

_TABLE = re.compile(r'<table class="[^"]*\bfold\b[^"]*".*?</table>', re.DOTALL)
_HEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_HEADING = re.compile(r"<th\b[^>]*>(?P<text>.*?)</th>", re.DOTALL)
_TAG = re.compile(r"<(?P<name>table|thead|tbody|tr|th|td)\b(?P<words>[^>]*)>")
_ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}


def folded(page: str) -> SafeString:
    """The HTML with the cells of its folding tables labelled; everything else as it was. O(length of the tables)."""
    return mark_safe(_TABLE.sub(lambda found: _labelled(found[0]), page))  # noqa: S308  text of templates, completed


def _labelled(table: str) -> str:
    head = _HEAD.search(table)
    headings = list(_headings(head[0])) if head else []
    columns = iter(headings)

    def completed(found: re.Match[str]) -> str:
        nonlocal columns
        name, words = found["name"], found["words"]
        if name == "tr":
            columns = iter(headings)
        heading = next(columns, "") if name in {"th", "td"} else ""
        # A cell over several columns is a sentence of its own: it says that there are no rows.
        label = f' data-label="{heading}"' if name == "td" and heading and "colspan" not in words else ""
        return f'<{name}{words} role="{_role(name, words)}"{label}>'

    return _TAG.sub(completed, table)


def _role(name: str, words: str) -> str:
    if name == "th":
        return "rowheader" if 'scope="row"' in words else "columnheader"
    return _ROLES[name]


def _headings(head: str) -> Iterator[str]:
    """Each column's heading as text; "" for one that only those hear who do not see the table."""
    for found in _HEADING.finditer(head):
        text = " ".join(strip_tags(found["text"]).split()).replace('"', "&quot;")
        yield "" if "sr-only" in found["text"] else text
