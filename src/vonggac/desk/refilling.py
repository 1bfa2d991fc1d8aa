"""A page with one of its forms filled in as it was sent, and the reason for the refusal beside the field to mend.

The page is made as if nothing had been sent, and the tags of the form's fields are changed in its text afterwards: so
every form comes back, and no template says a second time what its fields hold. Files and secrets stay empty, as they do
in a browser that is told to reload a form.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from django.utils.html import escape, format_html

KEPT_AS_MADE = frozenset({"file", "password", "submit", "button", "reset", "image"})
TICKED = frozenset({"checkbox", "radio"})
REASON = "refused-reason"


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent: where to, what stood in its fields, the field to mend ("" for all), why, as HTML."""

    path: str
    typed: Mapping[str, Sequence[str]]
    field: str
    reason: str


class _Edit(NamedTuple):
    begin: int
    end: int
    text: str


@dataclass(slots=True)
class _Form:
    """A form of the page, and what has to change in the page's text to show it filled in."""

    paths: set[str]
    """Where it goes: a button of it may send it elsewhere."""
    place_of_reason: int
    edits: list[_Edit] = field(default_factory=list)
    # Forms of one page may go to one address; of these the one was sent whose fixed values were.
    likeness: int = 0
    has_field: bool = False
    says_why: bool = False


def refilled(page: str, address: str, sent: Sent) -> str | None:
    """The page, which stands at `address`, with the form filled in that was sent; None where it has no such form."""
    reader = _Reader(page, address, sent)
    reader.feed(page)
    forms = [form for form in reader.forms if sent.path in form.paths]
    if not forms:
        return None
    chosen = max(forms, key=lambda form: form.likeness)
    edits = list(chosen.edits)
    if not chosen.says_why:
        told = format_html('<p class="complaint" role="alert" id="{}">{}</p>', REASON, sent.reason)
        edits.append(_Edit(chosen.place_of_reason, chosen.place_of_reason, told))
    for begin, end, text in sorted(edits, reverse=True):
        page = page[:begin] + text + page[end:]
    return page


class _Reader(HTMLParser):
    """Reads the page once; each form collects its own edits, because which one was sent is known at the end only."""

    def __init__(self, page: str, address: str, sent: Sent) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._address, self._sent = address, sent
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._form: _Form | None = None
        self._details: list[_Edit | None] = []
        self._seen: Counter[str] = Counter()
        self._chosen: Sequence[str] | None = None
        self._text: tuple[int, str] | None = None
        # The tags that are open: the reason stands behind the label of its field, or else behind the field.
        self._in_label = False
        self._reason_behind = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._begin(given)
        elif tag == "details":
            self._details.append(None if "open" in given else self._edit(tag, given | {"open": None}))
        elif tag == "label":
            self._in_label = True
        elif self._form is not None:
            if "formaction" in given:
                self._form.paths.add(self._path(given["formaction"]))
            self._form.says_why |= "complaint" in (given.get("class") or "").split()
            self._field(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._details:
            self._details.pop()
        elif tag == "form":
            self._form = None
        elif tag == "label":
            self._in_label = False
        elif tag == "select":
            self._chosen = None
        elif tag == "textarea" and self._form is not None and self._text is not None:
            begin, text = self._text
            # The first line break of a text area is none of its text.
            first = "\n" if text.startswith(("\r", "\n")) else ""
            self._form.edits.append(_Edit(begin, self._at(), first + escape(text)))
            self._text = None
        if self._form is not None and tag == self._reason_behind:
            self._form.place_of_reason = self._at() + len(f"</{tag}>")
            self._reason_behind = ""

    def _begin(self, given: Mapping[str, str | None]) -> None:
        is_post = (given.get("method") or "").lower() == "post"
        self._form = _Form({self._path(given.get("action"))} if is_post else set(), self._behind())
        self._form.edits += [edit for edit in self._details if edit is not None]
        self._seen.clear()
        self.forms.append(self._form)

    def _path(self, goes_to: str | None) -> str:
        return urlsplit(urljoin(self._address, goes_to or self._address)).path

    def _field(self, form: _Form, tag: str, given: dict[str, str | None]) -> None:
        if tag == "option" and self._chosen is not None:
            form.edits.append(self._edit(tag, _with(given, "selected", is_so=given.get("value") in self._chosen)))
        name = given.get("name")
        if name is None or tag not in {"input", "select", "textarea"}:
            return
        kind = (given.get("type") or "text").lower() if tag == "input" else tag
        values = self._sent.typed.get(name, ())
        if kind == "hidden":
            form.likeness += 1 if (given.get("value") or "") in values else -1
            return
        form.likeness += name in self._sent.typed
        if name == self._sent.field and not form.has_field:
            given = self._to_mend(form, tag, given)
        value = self._next(name, values)
        if kind in TICKED:
            given = _with(given, "checked", is_so=(given.get("value") or "on") in values)
        elif kind == "select":
            self._chosen = values if "multiple" in given or value is None else [value]
        elif kind == "textarea" and value is not None:
            self._text = (self._behind(), value)
        elif kind not in KEPT_AS_MADE and value is not None:
            given |= {"value": value}
        form.edits.append(self._edit(tag, given))

    def _to_mend(self, form: _Form, tag: str, given: dict[str, str | None]) -> dict[str, str | None]:
        form.has_field = True
        if self._in_label or tag != "input":
            self._reason_behind = "label" if self._in_label else tag
        else:
            form.place_of_reason = self._behind()
        # A template that marks its field itself names its own reason.
        return {"aria-invalid": "true", "aria-describedby": REASON, "autofocus": None} | given

    def _next(self, name: str, values: Sequence[str]) -> str | None:
        """What was typed into this one of the fields of a name, which a browser sends in the order of the page."""
        self._seen[name] += 1
        return values[self._seen[name] - 1] if self._seen[name] <= len(values) else None

    def _edit(self, tag: str, given: Mapping[str, str | None]) -> _Edit:
        words = "".join(f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in given.items())
        return _Edit(self._at(), self._behind(), f"<{tag}{words}>")

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _behind(self) -> int:
        return self._at() + len(self.get_starttag_text() or "")


def _with(given: dict[str, str | None], name: str, *, is_so: bool) -> dict[str, str | None]:
    others = {key: value for key, value in given.items() if key != name}
    return others | {name: None} if is_so else others
