"""A clause is corrected after it was sent out: due times follow, some are let off, others bound, each is told once."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.cast import NOON, Cast
from tests.desk.forms import enter, fields_of
from tests.desk.test_corrections import DISPATCH
from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.services import Answer
from vonggac.directives import obligations
from vonggac.directives.models import Clause, Obligation
from vonggac.duty.models import Message
from vonggac.errors import OutOfScope, WrongState
from vonggac.flows import amending
from vonggac.flows import directive as flow
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_home")]
BELOW = {"so-tttt", "so-y-te", "p-vinh-hai", "vien-thong"}


@pytest.fixture
def ha(people) -> Client:
    return people.client("ha")


@pytest.fixture
def address(ha, people, monkeypatch) -> str:
    """The page that corrects clause 1.b of the entered document, due on 7 May 2026."""
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    draft = ha.post("/directives/upload/", {"file": SimpleUploadedFile("chi-dao.txt", DISPATCH)}).url
    enter(ha, draft, due="07/05/2026")
    found = clause()
    return f"/directives/{found.directive_id}/clauses/{found.pk}/correct/"


def clause() -> Clause:
    with scoped(system("tests")):
        return Clause.objects.get(label="1.b", directive__number="2718")


def made(code: str) -> Obligation:
    with scoped(system("tests")):
        return Obligation.objects.select_related("case").get(clause=clause(), organisation__code=code)


def amend(ha: Client, address: str, **filled: list[str]):
    form = fields_of(ha.get(address).content.decode(), "amend") | {"reason": ["công văn 99/BATM"]}
    prefix = f"c{clause().pk}-"
    own = {name if name == "reason" else prefix + name: value for name, value in filled.items()}
    return ha.post(address, form | own)


def letters(since: int) -> dict[str, str]:
    """Organisation → the one letter that it got since; a second one is an error."""
    with scoped(system("tests")):
        found = Message.objects.filter(pk__gt=since).select_related("organisation")
        told = {one.organisation.code: one.body for one in found}
        assert len(told) == found.count()
        return told


def last_letter() -> int:
    with scoped(system("tests")):
        return Message.objects.order_by("-pk").values_list("pk", flat=True)[0]


def test_other_words_and_another_due_time_reach_every_case_and_each_organisation_is_told_once(ha, address):
    since = last_letter()
    answer = amend(ha, address, text=["Cài bản vá và khởi động lại."], due=["30/04/2026"])
    assert answer.status_code == 302
    with scoped(system("tests")):
        found = list(Case.objects.filter(obligation__clause=clause()))
        assert {case.due_at for case in found} == {datetime(2026, 4, 30, 17, tzinfo=UTC)}
        assert all(case.title.endswith("1.b: Cài bản vá và khởi động lại.") for case in found)
        entry = Entry.objects.get(act="directive.clause_amend")
        assert entry.detail["before"]["text"].startswith("Cài đặt đủ bản vá")
        assert entry.detail["reason"] == "công văn 99/BATM"
    told = letters(since)
    assert set(told) == BELOW
    assert "Nội dung điểm 1.b nay là: Cài bản vá và khởi động lại." in told["so-y-te"]
    assert "Hạn của điểm 1.b nay là: hết ngày 30/4/2026" in told["so-y-te"]
    assert "Lý do: công văn 99/BATM" in told["so-y-te"]
    page = ha.get(answer.url).content.decode()
    assert "Cài bản vá và khởi động lại." in page


def test_kinds_left_out_are_let_off_and_their_claims_stay(ha, address, people):
    with scoped(people.scope("ha")):
        cases.claim(made("p-vinh-hai").case_id, Answer("đã vá", "Lan"), at=NOON)
    since = last_letter()
    answer = amend(ha, address, binds=["department", "telco"])
    assert "Đã rút 1 nhiệm vụ." in ha.get(answer.url).content.decode()
    gone = made("p-vinh-hai")
    assert (gone.recalled_at, gone.case.state, gone.case.claim, gone.case.claim_text) == (
        NOON,
        "closed",
        "done",
        "đã vá",
    )
    assert made("so-y-te").recalled_at is None
    assert letters(since).keys() == {"p-vinh-hai"}
    assert "không còn giao cho đơn vị" in letters(since)["p-vinh-hai"]
    for shown in ("", "?only=claimed"):
        assert "Vĩnh Hải" not in ha.get(f"{answer.url}{shown}").content.decode().partition("<main")[2]
    with scoped(people.scope("ha")), pytest.raises(WrongState, match="withdrawn"):
        obligations.assist(gone.pk, [people.organisations["so-y-te"]], at=NOON)


def test_what_was_passed_on_goes_with_what_it_came_from(ha, address, people):
    with scoped(people.scope("tam")):
        flow.forward(made("so-y-te").pk, [people.organisations["bv-da-khoa"]], at=NOON)
    amend(ha, address, binds=["department"])
    assert made("bv-da-khoa").recalled_at is None
    amend(ha, address, binds=["commune"])
    assert made("bv-da-khoa").recalled_at == made("so-y-te").recalled_at == NOON
    assert made("p-vinh-hai").recalled_at is None


def test_kinds_added_again_are_bound_again_with_their_history(ha, address, people):
    with scoped(people.scope("ha")):
        cases.claim(made("p-vinh-hai").case_id, Answer("đã vá", "Lan"), at=NOON)
    amend(ha, address, binds=["department"])
    since = last_letter()
    amend(ha, address, binds=["department", "commune"], due=["30/04/2026"])
    again = made("p-vinh-hai")
    assert (again.recalled_at, again.case.state, again.case.claim_text) == (None, "in_progress", "đã vá")
    assert again.case.due_at == datetime(2026, 4, 30, 17, tzinfo=UTC)
    told = letters(since)
    assert "lại giao cho đơn vị" in told["p-vinh-hai"]
    assert told.keys() == {"p-vinh-hai", "so-y-te", "so-tttt"}


def test_kinds_that_were_never_bound_get_their_first_obligation(ha, address, people):
    with scoped(system("tests")):
        found = Clause.objects.get(label="2.a", directive__number="2718")
    other = f"/directives/{found.directive_id}/clauses/{found.pk}/correct/"
    form = fields_of(ha.get(other).content.decode(), "amend")
    since = last_letter()
    ha.post(other, form | {f"c{found.pk}-binds": ["telco", "commune"], "reason": ["công văn 99"]})
    with scoped(people.scope("lan")):
        assert Obligation.objects.filter(clause=found).count() == 1
    told = letters(since)
    assert told.keys() == {"p-vinh-hai"}
    assert "1 nhiệm vụ mới" in told["p-vinh-hai"]


REFUSED = {
    "no reason": ({"reason": [" "]}, "Viết lý do"),
    "a due time that is over": ({"due": ["01/01/2026"]}, "đã qua"),
    "nothing changed": ({}, "không có gì thay đổi"),
    "no words": ({"text": [" "]}, "cần có"),
}


@pytest.mark.parametrize(("filled", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_amended_is_said_and_changes_nothing(ha, address, filled, said):
    before = clause()
    answer = amend(ha, address, **filled)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    after = clause()
    assert (after.text, after.binds, after.due_at) == (before.text, before.binds, before.due_at)


def amendment(people: Cast, name: str):
    found = clause()
    with scoped(people.scope(name)):
        return amending.amend_clause(
            found.pk, text="Thôi", binds=[], rule="", due_at=None, reason="công văn 99", at=NOON
        )


@pytest.mark.parametrize("name", ["lan", "tam", "vinh"])
def test_only_the_office_amends_what_it_sent(ha, address, people, name):
    with pytest.raises(OutOfScope):
        amendment(people, name)
    assert people.client(name).post(address, {"reason": "x"}).status_code in {403, 404}
    assert clause().text != "Thôi"


def test_a_recalled_directive_is_amended_no_more(ha, address, people):
    with scoped(people.scope("ha")):
        flow.recall(clause().directive_id, "công văn 12", at=NOON)
    with pytest.raises(WrongState):
        amendment(people, "ha")
    assert ha.get(address).status_code == 409


def test_the_header_s_signer_is_corrected_too(ha, address):
    number = clause().directive_id
    page = f"/directives/{number}/correct/"
    assert address in ha.get(page).content.decode()
    ha.post(page, {f"d{number}-signer-name": "Lê Văn Mẫu", f"d{number}-signer-title": "THỨ TRƯỞNG"})
    with scoped(system("tests")):
        assert Entry.objects.filter(act="directive.correct", subject_id=number).exists()
    assert "Lê Văn Mẫu" in ha.get(page).content.decode()


def test_our_own_office_is_bound_by_a_tick_and_let_off_without_it(people, ha, address):
    assert "cả đơn vị mình</span>" not in ha.get(address).content.decode()
    assert "cả đơn vị mình: UBND tỉnh Hải Vân</span>" in ha.get(address).content.decode()
    since = last_letter()
    amend(ha, address, binds=["*", "own"])
    assert set(letters(since)) == {"hai-van"}
    answer = ha.post(f"/cases/{made('hai-van').case_id}/claim/", {"text": "Đã cài đủ bản vá"})
    assert answer.status_code == 302
    assert made("hai-van").case.claim == "done"
    assert (made("hai-van").case.claimed_by, made("hai-van").case.claimed_via) == ("Hà", "desk")
    since = last_letter()
    amend(ha, address, binds=["*"])
    assert set(letters(since)) == {"hai-van"}
    assert made("hai-van").recalled_at is not None
    assert all(made(code).recalled_at is None for code in BELOW)
    amend(ha, address, binds=["*", "own"])
    assert made("hai-van").recalled_at is None
