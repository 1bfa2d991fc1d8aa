"""A directive that asks in prose becomes work: clauses are added, split, merged and left out before it is entered."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.desk.forms import enter, fields_of
from vonggac.directives import clauses
from vonggac.directives.models import Clause, Directive, Obligation
from vonggac.errors import OutOfScope, WrongState
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]
NOW = datetime(2026, 4, 22, 5, tzinfo=UTC)
PROSE = """BAN AN TOÀN MẠNG
Số: 32/BAN-ATM
Hà Nội, ngày 20 tháng 4 năm 2026

CÔNG VĂN
V/v rà soát máy chủ

Kính gửi: Các sở, ban, ngành.

Vừa qua có nhiều máy chủ bị khai thác.
Ban đề nghị các cơ quan rà soát toàn bộ máy chủ,
vá các điểm yếu trước ngày 30/4/2026.

- Báo cáo kết quả trong vòng 48 giờ kể từ khi nhận được văn bản này.

Nơi nhận:
- Như trên;
- Lưu: VT.

TRƯỞNG BAN
Nguyễn Văn Mẫu
"""
FIRST, LAST, BULLET = 11, 12, 14


@pytest.fixture
def ha(people, monkeypatch) -> Client:
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOW)
    return people.client("ha")


@pytest.fixture
def draft(ha) -> str:
    return ha.post("/directives/upload/", {"file": SimpleUploadedFile("32.txt", PROSE.encode())}).url


def directive() -> Directive:
    with scoped(system("tests")):
        return Directive.objects.get()


def found() -> list[tuple[str, str]]:
    with scoped(system("tests")):
        return list(Clause.objects.values_list("label", "text"))


def one(label: str) -> Clause:
    with scoped(system("tests")):
        return Clause.objects.get(label=label)


def acts() -> list[str]:
    with scoped(system("tests")):
        return list(
            Entry.objects.filter(act__startswith="directive.clause_").order_by("pk").values_list("act", flat=True)
        )


def press(ha: Client, draft: str, button: str, value: object, **filled: str):
    """The answer to the page's form sent by one of its buttons, with some fields filled in first."""
    form = fields_of(ha.get(draft).content.decode()) | {button: [str(value)]}
    new = {f"n{directive().pk}-{name}": [text] for name, text in filled.items() if not name.startswith("c")}
    return ha.post(draft, form | new | {name: [text] for name, text in filled.items() if name.startswith("c")})


def add(ha: Client, draft: str, **filled: str):
    return press(ha, draft, "add", directive().pk, **filled)


def with_two(ha: Client, draft: str) -> None:
    assert add(ha, draft, **{"from": str(FIRST), "to": str(LAST)}).status_code == 302
    assert add(ha, draft, **{"from": str(BULLET)}).status_code == 302


def test_prose_is_read_without_a_clause_and_the_page_offers_to_add_one(ha, draft):
    assert found() == []
    page = ha.get(draft).content.decode()
    assert "Thêm điều khoản" in page
    assert f'name="n{directive().pk}-from"' in page


def test_a_paragraph_becomes_a_clause_that_binds_and_is_due_as_its_words_say(ha, draft):
    with_two(ha, draft)
    assert found() == [
        ("1", "Ban đề nghị các cơ quan rà soát toàn bộ máy chủ, vá các điểm yếu trước ngày 30/4/2026."),
        ("2", "- Báo cáo kết quả trong vòng 48 giờ kể từ khi nhận được văn bản này."),
    ]
    assert one("1").due_at == datetime(2026, 4, 30, 17, tzinfo=UTC)
    assert one("2").due_at == datetime(2026, 4, 24, 5, tzinfo=UTC)
    assert one("1").binds == ["*"]
    assert acts() == ["directive.clause_add"] * 2
    answer = enter(ha, draft)
    assert answer.status_code == 302
    with scoped(system("tests")):
        assert set(Obligation.objects.values_list("clause__label", flat=True)) == {"1", "2"}
    page = " ".join(ha.get(answer.url).content.decode().split())
    assert "Vừa qua có nhiều máy chủ bị khai thác." in page
    assert page.count("rà soát toàn bộ máy chủ, vá các điểm yếu") == 1
    assert page.count("Báo cáo kết quả trong vòng 48 giờ") == 1
    assert f'id="note-{one("1").pk}"' in page


def test_a_typed_clause_takes_the_kinds_and_the_due_time_that_are_filled_in(ha, draft):
    add(ha, draft, label="5", text="Lập danh sách máy chủ", due="29/04/2026", binds="department")
    made = one("5")
    assert (made.text, made.binds) == ("Lập danh sách máy chủ", ["department"])
    assert made.due_at == datetime(2026, 4, 29, 17, tzinfo=UTC)
    assert 'value="6"' in ha.get(draft).content.decode()


def test_a_clause_that_was_filled_in_is_added_whatever_button_is_pressed(ha, draft):
    press(ha, draft, "act", "keep", text="Lập danh sách máy chủ")
    assert found() == [("1", "Lập danh sách máy chủ")]


REFUSED = {
    "nothing is filled in": ({}, "Viết nội dung điều khoản"),
    "no line": ({"from": "x"}, "Viết số dòng"),
    "lines the wrong way": ({"from": "12", "to": "11"}, "Viết số dòng"),
    "a line behind the last": ({"from": "900"}, "Viết nội dung điều khoản"),
    "far too many lines": ({"from": "1", "to": "9999999"}, "Viết số dòng"),
    "no label": ({"text": "Rà soát", "label": " "}, "ghi ký hiệu điều khoản"),
    "a long label": ({"text": "Rà soát", "label": "x" * 31}, "ghi ký hiệu điều khoản"),
    "an unknown kind": ({"text": "Rà soát", "binds": "nobody"}, "loại đơn vị"),
    "a due time that is none": ({"text": "Rà soát", "due": "mai"}, "“mai”"),
}


@pytest.mark.parametrize(("filled", "said"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_clause_is_said_and_kept_in_the_form(ha, draft, filled, said):
    answer = add(ha, draft, **filled)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert found() == []
    if "text" in filled:
        assert "Rà soát</textarea>" in answer.content.decode()


def test_a_label_is_given_once(ha, draft):
    add(ha, draft, label="1", text="Rà soát")
    answer = add(ha, draft, label="1", text="Báo cáo")
    assert answer.status_code == 422
    assert "văn bản đã có điểm 1" in answer.content.decode()
    assert found() == [("1", "Rà soát")]


def test_a_clause_is_split_at_its_mark_and_each_part_has_its_own_time(ha, draft):
    add(ha, draft, **{"from": str(FIRST), "to": str(LAST)})
    name = f"c{one('1').pk}-text"
    parted = "Rà soát toàn bộ máy chủ, || vá các điểm yếu trước ngày 29/4/2026. || Báo cáo."
    press(ha, draft, "split", one("1").pk, **{name: parted})
    assert found() == [
        ("1", "Rà soát toàn bộ máy chủ,"), ("1 (2)", "vá các điểm yếu trước ngày 29/4/2026."), ("1 (3)", "Báo cáo."),
    ]  # fmt: skip
    assert [one(label).due_at for label in ("1", "1 (2)", "1 (3)")] == [
        None, datetime(2026, 4, 29, 17, tzinfo=UTC), None,
    ]  # fmt: skip
    assert one("1 (2)").binds == one("1").binds
    assert "directive.clause_split" in acts()


def test_without_a_mark_nothing_is_split(ha, draft):
    with_two(ha, draft)
    answer = press(ha, draft, "split", one("1").pk)
    assert answer.status_code == 422
    assert "Viết || vào chỗ cần tách" in answer.content.decode()
    assert len(found()) == 2


def test_a_clause_is_merged_with_the_next_and_due_at_the_earlier_time(ha, draft):
    with_two(ha, draft)
    press(ha, draft, "merge", one("1").pk)
    [(label, text)] = found()
    assert label == "1"
    assert text.endswith("kể từ khi nhận được văn bản này.")
    assert one("1").due_at == datetime(2026, 4, 24, 5, tzinfo=UTC)
    assert "48 giờ kể từ khi nhận" in ha.get(draft).content.decode()
    page = ha.get(f"/directives/{directive().pk}/").content.decode()
    assert page.count("Báo cáo kết quả trong vòng 48 giờ") == 1
    assert press(ha, draft, "merge", one("1").pk).status_code == 422


def test_a_clause_that_asks_nothing_is_left_out_and_the_ledger_keeps_its_words(ha, draft):
    with_two(ha, draft)
    press(ha, draft, "remove", one("1").pk)
    assert [label for label, _ in found()] == ["2"]
    with scoped(system("tests")):
        assert "rà soát toàn bộ máy chủ" in Entry.objects.get(act="directive.clause_remove").detail["text"]
    page = ha.get(f"/directives/{directive().pk}/").content.decode()
    assert "rà soát toàn bộ máy chủ" in page


def test_other_words_set_another_time_unless_a_person_wrote_one(ha, draft):
    with_two(ha, draft)
    first, second = one("1"), one("2")
    press(
        ha, draft, "act", "keep",
        **{
            f"c{first.pk}-text": "Rà soát trước ngày 28/4/2026.", f"c{first.pk}-due": "27/04/2026",
            f"c{second.pk}-text": "Báo cáo trong vòng 24 giờ kể từ khi nhận được văn bản này.",
        },
    )  # fmt: skip
    assert one("1").due_at == datetime(2026, 4, 27, 17, tzinfo=UTC)
    assert one("2").due_at == datetime(2026, 4, 23, 5, tzinfo=UTC)


def test_only_the_office_shapes_its_draft_and_only_as_long_as_it_is_one(ha, draft, people):
    with_two(ha, draft)
    pk, number, on = one("1").pk, directive().pk, regime.on(NOW.date())
    attempts = (
        lambda: clauses.add_clause(number, "9", "Thôi", on, at=NOW),
        lambda: clauses.split_clause(pk, at=NOW),
        lambda: clauses.merge_clause(pk, at=NOW),
        lambda: clauses.remove_clause(pk, at=NOW),
    )
    for name in ("lan", "tam", "vinh"):
        for attempt in attempts:
            with scoped(people.scope(name)), pytest.raises(OutOfScope):
                attempt()
    assert people.client("tam").post(draft, {"remove": str(pk)}).status_code in {403, 404}
    enter(ha, draft)
    for attempt in attempts:
        with scoped(people.scope("ha")), pytest.raises(WrongState):
            attempt()
    assert len(found()) == 2
