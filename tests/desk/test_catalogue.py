"""The languages of the interface: complete, compiled, and no words in templates that nobody can translate."""

import gettext
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.desk import catalogue

# The head and foot of an official document are in Vietnamese in whatever language the desk speaks (Decree 30/2020).
OFFICIAL = {"sheet_head.html", "sheet_foot.html"}
TEMPLATES = sorted(
    path for path in (catalogue.PACKAGE / "desk" / "templates").rglob("*.html") if path.name not in OFFICIAL
)
# Names, units, commands, examples of official words and the languages' own names are the same in every language.
SAME_EVERYWHERE = {
    "Vọng Gác", "CSV", "Excel", "JSON", "SHA-256", "Tiếng Việt", "English", "j", "k", "a", "e", "h", "Enter", "?",
    "docx", "pdf", "API", "API /api/v1",
    "OpenAPI (JSON", "&ensp", "KT. BỘ TRƯỞNG", "THỨ TRƯỞNG", "vg up --exercise --port 8001",
}  # fmt: skip


def test_every_message_has_a_vietnamese_translation():
    assert catalogue.untranslated("vi") == []


@pytest.mark.parametrize("po", sorted(catalogue.PACKAGE.rglob("django.po")), ids=lambda po: "/".join(po.parts[-5:-2]))
def test_the_compiled_catalogue_is_that_of_its_source(po: Path):
    assert po.with_suffix(".mo").read_bytes() == catalogue.compile_mo(catalogue.read_po(po.read_text("utf-8")))


def test_placeholders_of_a_translation_are_those_of_its_message():
    found = catalogue.read_po(catalogue.po_file("vi").read_text("utf-8"))
    names = re.compile(r"%\((\w+)\)")
    for key, forms in found.items():
        if key:
            wanted = set(names.findall(key))
            assert all(set(names.findall(form)) <= wanted for form in forms), key


def literal_words(text: str) -> list[str]:
    """The words of a template that stand outside of tags, variables and translations."""
    for pattern in (
        r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}",
        r"\{% comment %\}.*?\{% endcomment %\}",
        r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->",
        r"<(script|style)\b.*?</\1>",
    ):
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:aria-label|placeholder|title|alt)="([^"]*)"', text)
    words = [part.strip(" ·:–—›‹✕…()*/|,.;+#\n") for part in [*re.split(r"<[^>]*>", text), *attributes]]
    return [word for word in words if re.search(r"[^\W\d_]{2,}", word) and word not in SAME_EVERYWHERE]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_words_outside_of_translations(path: Path):
    assert literal_words(path.read_text(encoding="utf-8")) == []


def test_a_word_outside_of_translations_is_noticed():
    assert literal_words('<p title="Here">{% translate "x" %} words {{ y }}</p>') == ["words", "Here"]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x04"), min_size=1, max_size=30)


@given(st.dictionaries(TEXT, TEXT, max_size=8))
def test_what_is_compiled_is_what_gettext_reads(messages):
    header = {"": ("Content-Type: text/plain; charset=UTF-8\n",)}
    compiled = catalogue.compile_mo(header | {key: (value,) for key, value in messages.items()})
    read = gettext.GNUTranslations(io.BytesIO(compiled))
    for key, value in messages.items():
        assert read.gettext(key) == value


def test_a_po_file_with_contexts_plurals_and_broken_lines_is_read():
    text = (
        '# c\nmsgctxt "state"\nmsgid "closed"\nmsgstr "đã đóng"\n\n'
        'msgid "%d hole"\nmsgid_plural ""\n"%d holes"\nmsgstr[0] "%d chỗ"\n'
    )
    assert catalogue.read_po(text) == {"state\x04closed": ("đã đóng",), "%d hole\0%d holes": ("%d chỗ",)}


def test_messages_are_found_in_python_and_in_templates(tmp_path):
    (tmp_path / "a.py").write_text('x = _("one"); y = pgettext("c", "two"); z = ngettext("%d a", "%d b", 3)\n')
    (tmp_path / "b.html").write_text(
        '{% load i18n %}<p title="{% translate "it\'s" %}">'
        "{% blocktranslate count n=x %}{{ n }} p{% plural %}{{ n }} q{% endblocktranslate %}"
    )
    found = set(catalogue.messages_of(tmp_path))
    assert found == {"one", "c\x04two", "%d a\0%d b", "it's", "%(n)s p\0%(n)s q"}
