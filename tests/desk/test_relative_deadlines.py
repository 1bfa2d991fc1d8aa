"""A clause that says “within 24 hours of receipt” becomes work with a due time, and shows how it was counted."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from tests.desk.forms import enter_form, fields_of, shown
from vonggac.cases.models import Case
from vonggac.directives.models import Clause, Directive, Obligation
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]
# 12:00:37 in Hà Nội on Wednesday 22 April 2026: people write due times by the minute.
ARRIVED = datetime(2026, 4, 22, 5, 0, 37, tzinfo=UTC)
PAPER = """BAN AN TOÀN MẠNG
Số: 31/BAN-ATM
Hà Nội, ngày 20 tháng 4 năm 2026

CÔNG VĂN
V/v rà soát máy chủ

Kính gửi: Các sở, ban, ngành.

Ban An toàn mạng đề nghị các cơ quan, tổ chức thực hiện các việc sau:

1. Đối với mọi cơ quan, tổ chức:

a) Rà soát máy chủ trong thời hạn 05 ngày kể từ ngày ký.

b) Báo cáo kết quả rà soát trong vòng 24 giờ kể từ khi nhận được văn bản này.

c) Báo cáo tình hình trước ngày 25 hằng tháng.

d) Báo cáo định kỳ 06 tháng (trước ngày 20/6).

đ) Báo cáo sự cố trong vòng 24 giờ kể từ khi phát hiện sự cố.

Nơi nhận:
- Như trên;
- Lưu: VT.

TRƯỞNG BAN
Nguyễn Văn Mẫu
"""


@pytest.fixture
def ha(people, monkeypatch) -> Client:
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: ARRIVED)
    return people.client("ha")


@pytest.fixture
def draft(ha) -> str:
    return ha.post("/directives/upload/", {"file": SimpleUploadedFile("31.txt", PAPER.encode())}).url


def clause(label: str) -> Clause:
    with scoped(system("tests")):
        return Clause.objects.get(label=label)


def written(page: str, label: str) -> str:
    """The due time that the form holds for a clause."""
    return fields_of(page)[f"c{clause(label).pk}-due"][0]


def confirmed(ha: Client, draft: str, **filled: list[str]) -> None:
    """The draft entered, and entered again where the desk asks."""
    answer = enter_form(ha, draft, shown(ha, draft) | filled)
    assert answer.status_code == 302
    assert answer.url != draft


def dues() -> dict[str, str]:
    """Label → due time on Hà Nội's clock of the health department's cases."""
    with scoped(system("tests")):
        found = Obligation.objects.filter(organisation__code="so-y-te").values_list("clause__label", "case__due_at")
        return {label: f"{due + timedelta(hours=7):%d/%m/%Y %H:%M}" if due else "" for label, due in found}


def test_the_form_proposes_what_was_counted_and_says_how(ha, draft):
    page = ha.get(draft).content.decode()
    proposed = {label: written(page, label) for label in ("1.a", "1.b", "1.c", "1.d", "1.đ")}
    assert proposed == {
        "1.a": "25/04/2026", "1.b": "23/04/2026 12:00", "1.c": "25/04/2026", "1.d": "20/06/2026", "1.đ": "",
    }  # fmt: skip
    assert "24 giờ kể từ khi nhận, tính từ lúc văn bản đến cơ quan (12:00 22/04/2026) → hạn 12:00 23/04/2026" in page
    assert "5 ngày kể từ ngày ban hành (20/04/2026) → hạn 25/04/2026" in page
    assert "hằng tháng, trước hoặc trong ngày 25; đề xuất lần đầu sau khi văn bản đến" in page
    assert "6 tháng một lần, trước hoặc trong ngày 20/06" in page
    assert "24 giờ kể từ một sự việc mà văn bản không nêu thời điểm → chưa suy ra được hạn" in page


def test_a_page_that_was_only_looked_at_leaves_the_counted_times_alone(ha, draft):
    before = clause("1.b").due_at
    ha.post(draft, fields_of(ha.get(draft).content.decode()) | {"act": ["keep"]})
    assert clause("1.b").due_at == before
    with scoped(system("tests")):
        assert not Entry.objects.filter(act="directive.clause").exists()


def test_the_obligations_are_due_as_counted_and_late_afterwards(ha, draft, people, monkeypatch):
    confirmed(ha, draft)
    assert dues() == {
        "1.a": "26/04/2026 00:00", "1.b": "23/04/2026 12:00", "1.c": "26/04/2026 00:00", "1.d": "21/06/2026 00:00",
        "1.đ": "",
    }  # fmt: skip
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: ARRIVED + timedelta(hours=25))
    with scoped(system("tests")):
        number = Obligation.objects.get(clause__label="1.b", organisation__code="so-y-te").pk
        directive = Directive.objects.get().pk
    page = people.client("tam").get(f"/directives/obligations/{number}/").content.decode()
    assert "24 giờ kể từ khi nhận" in page
    listed = ha.get(f"/directives/{directive}/clauses/{clause('1.b').pk}/?only=late").content.decode()
    assert "Sở Y tế" in listed


def test_an_earlier_day_of_arrival_moves_what_is_counted_from_it_and_is_asked_about_once(ha, draft):
    form = fields_of(ha.get(draft).content.decode()) | {"act": ["enter"], "arrived_on": ["21/04/2026"]}
    answer = ha.post(draft, form, follow=True)
    page = " ".join(answer.content.decode().split())
    assert "điểm 1.b tính theo ngày đến vừa nhập: hạn 22/04/2026" in page
    assert not re.search(r"điểm 1\.[ac] tính theo ngày đến", page)
    assert ha.post(draft, fields_of(answer.content.decode()) | {"act": ["enter"]}).status_code == 302
    # The hour of an earlier arrival is unknown: it counts from the end of its day.
    assert dues()["1.b"] == "23/04/2026 00:00"


def test_a_due_time_that_a_person_wrote_stays_whatever_the_arrival(ha, draft):
    confirmed(ha, draft, arrived_on=["21/04/2026"], **{f"c{clause('1.b').pk}-due": ["24/04/2026 17:00"]})
    assert dues()["1.b"] == "24/04/2026 17:00"


def test_a_corrected_day_of_issue_moves_what_is_counted_from_it(ha, draft):
    with scoped(system("tests")):
        name = f"d{Directive.objects.get().pk}-issued_on"
    ha.post(draft, fields_of(ha.get(draft).content.decode()) | {"act": ["keep"], name: ["21/04/2026"]})
    assert written(ha.get(draft).content.decode(), "1.a") == "26/04/2026"
    assert written(ha.get(draft).content.decode(), "1.b") == "23/04/2026 12:00"


def test_nobody_outside_sees_what_was_counted(ha, draft, people):
    confirmed(ha, draft)
    with scoped(people.scope("vinh")):
        assert not Clause.objects.exists()
        assert not Case.objects.exists()


def test_a_draft_that_came_before_times_were_kept_is_counted_by_the_upgrade(ha, draft):
    told = re.findall(r"tính từ[^<]*", ha.get(draft).content.decode())
    assert told
    due, by_hand = clause("1.b").due_at, ARRIVED + timedelta(days=9)
    with scoped(system("tests")):
        Clause.objects.update(deadlines=[], due_at=None)
        Clause.objects.filter(label="1.a").update(due_at=by_hand)
    assert not re.findall(r"tính từ[^<]*", ha.get(draft).content.decode())
    with scoped(system("tests")):
        upgrade = import_module("vonggac.directives.migrations.0009_times_of_old_drafts")
        upgrade.count(apps, SimpleNamespace(connection=connection))
    assert re.findall(r"tính từ[^<]*", ha.get(draft).content.decode()) == told
    assert (clause("1.b").due_at, clause("1.a").due_at) == (due, by_hand)
