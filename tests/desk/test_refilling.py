"""A page whose form is filled in again: what a browser would send from it is what was sent before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from vonggac.desk.refilling import Sent, refilled

FORM = """<main><details class="act"><summary>Đổi &amp; sửa</summary><form method="post" action="/here/change/">
<input type="hidden" name="row" value="1"><label>Tên<input name="name" value="a &lt; b" maxlength="9"></label>
<label>Ghi chú<textarea name="note" required>
old</textarea></label><label>Loại<select name="kind"><option value="x" selected>X</option><option value="y">Y</option>
</select></label><label><input type="checkbox" name="skill" value="net" checked></label>
<label><input type="checkbox" name="skill" value="web"></label><input type="radio" name="way" value="1" checked>
<input type="radio" name="way" value="2"><input type="password" name="secret"><input name="many" value="1">
<input name="many" value="2"><button name="act" value="keep">Giữ</button></form></details></main>"""
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def filled(page: str, *, mend: str = "", path: str = "/here/change/", **typed: list[str]):
    again = refilled(page, "/here/", Sent(path, typed, mend, "vì sao"))
    return again and html.fromstring(again)


@given(name=words, note=words, many=st.tuples(words, words), kind=st.sampled_from("xy"), way=st.sampled_from("12"),
       skill=st.lists(st.sampled_from(["net", "web"]), unique=True).map(sorted))  # fmt: skip
def test_what_was_sent_stands_in_the_fields_again(name, note, many, kind, way, skill):
    sent = {"row": ["1"], "name": [name], "note": [note], "kind": [kind], "skill": skill, "way": [way],
            "many": list(many), "secret": ["một hai ba"]}  # fmt: skip
    page = filled(FORM, **sent)
    stands = dict.fromkeys(sent, ())
    for field, value in page.xpath("//form")[0].form_values():
        stands[field] = (*stands[field], value)
    assert stands == {field: tuple(values) for field, values in (sent | {"secret": []}).items()}
    assert len(page.xpath("//details[@open]")) == 1
    assert page.xpath("string(//summary)") == "Đổi & sửa"


@pytest.mark.parametrize(("name", "before"), [("name", "label"), ("note", "label"), ("many", "input"), ("", None)])
def test_the_reason_stands_behind_the_field_to_mend_and_else_on_top_of_the_form(name, before):
    page = filled(FORM, mend=name, note=["x"])
    (reason,) = page.xpath("//form/p[@role='alert'][text()='vì sao']")
    sibling = reason.getprevious()
    assert (sibling.tag if sibling is not None else None) == before
    marked = page.xpath("//*[@aria-invalid='true'][@autofocus]")
    assert [each.get("name") for each in marked] == ([name] if name else [])
    assert all(each.get("aria-describedby") == reason.get("id") for each in marked)


def test_of_forms_that_go_to_one_address_the_one_is_filled_that_was_sent():
    second = FORM.replace('value="1"', 'value="7"', 1)
    page = filled(FORM + second, row=["7"], name=["Hai"])
    assert page.xpath("//input[@name='name']/@value") == ["a < b", "Hai"]


def test_a_template_that_says_the_reason_itself_is_not_made_to_say_it_twice():
    page = filled(
        FORM.replace('<input name="many"', '<p class="complaint">đã nói</p><input name="many"', 1), name="note"
    )
    assert [each.text for each in page.xpath("//p")] == ["đã nói"]


def test_a_page_without_the_form_stays_as_it_is():
    assert filled(FORM, path="/there/") is None
    assert filled(FORM.replace("post", "get")) is None


def test_a_first_line_break_is_kept_in_a_text_area():
    assert '<textarea name="note" required>\n\nhai' in (
        refilled(FORM, "/here/", Sent("/here/change/", {"note": ["\nhai"]}, "", "vì sao")) or ""
    )
