"""Every page that takes files: a refused one comes back as it was filled in, with the reason beside the field."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html

from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.alerts.services import sources
from vonggac.alerts.services.sources import Declaration
from vonggac.cases.models import Case
from vonggac.directives.models import Directive
from vonggac.duty.models import Post, Shift
from vonggac.duty.services import members
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
BAD = b"PK\x03\x04 the rest is lost"
# who, where the form goes, its file field, the name of the file, what else is typed
HOST = "VP-PC-0032"
FORMS = {
    "register": ("ha", "/register/networks/import", "file", "bang.xlsx", {}),
    "lists": ("ha", "/lists/upload/", "file", "danh-sach.xlsx", {"sender": "Cục mẫu"}),
    "directive": ("ha", "/directives/upload/", "file", "chi-dao.docx", {}),
    "roster sheet": ("ha", "/roster/sheet/", "file", "lich.xlsx", {}),
    "roster table": ("ha", "/roster/import/", "file", "lich.xlsx", {}),
    "policies": ("quan", "/policies/import/", "file", "goi.toml", {}),
    "heartbeats": ("ha", "/logs/bien/coverage", "file", "nhip.xlsx", {}),
    "evidence": ("lan", "/cases/{case}/evidence/", "files", "anh.exe", {}),
    "claim": ("lan", "/cases/{case}/claim/", "files", "anh.exe", {"text": "Đã cài lại máy"}),
}


@pytest.fixture
def house(desk):
    with scoped(system("tests")):
        bring_in("sensors", "name,kind,organisation,networks\nbien,flow,hai-van,203.0.113.0/24\n")
    return desk


def send(sign_in, desk, form, *, without_file=False):
    who, address, field, name, typed = FORMS[form]
    data = typed if without_file else typed | {field: SimpleUploadedFile(name, BAD)}
    return sign_in(who).post(address.format(case=desk.hosts[HOST].pk), data)


@pytest.mark.parametrize("form", FORMS)
def test_a_refused_file_leaves_the_form_as_it_was_filled_in_with_the_reason_beside_the_field(sign_in, house, form):
    _who, address, field, name, typed = FORMS[form]
    answer = send(sign_in, house, form)
    assert answer.status_code == 422
    page = html.fromstring(answer.content.decode())
    chosen = page.xpath(f"//input[@type='file'][@name='{field}'][@autofocus][@aria-invalid='true']")
    assert len(chosen) == 1
    reason = page.get_element_by_id(chosen[0].get("aria-describedby"))
    assert reason.get("role") == "alert"
    assert name in reason.text_content()
    sent_from = next(each for each in chosen[0].iterancestors() if each.tag == "form")
    assert dict(sent_from.form_values()).items() >= typed.items()
    assert not [each for each in chosen[0].iterancestors("details") if each.get("open") is None]
    # Live parts and links are those of the form's own page: the address that takes the form shows nothing.
    assert not page.xpath(f"//*[@hx-get='{address.format(case=house.hosts[HOST].pk)}']") or form in {
        "register", "directive", "roster sheet",
    }  # fmt: skip


@pytest.mark.parametrize("form", [name for name in FORMS if name != "claim"])
def test_a_form_without_a_file_says_so_beside_the_field(sign_in, house, form):
    answer = send(sign_in, house, form, without_file=True)
    assert answer.status_code == 422
    assert "chọn ít nhất một tệp" in html.fromstring(answer.content).xpath("string(//p[@role='alert'])")


def test_the_reason_speaks_the_readers_language(sign_in, house):
    assert "hãy" in html.fromstring(send(sign_in, house, "evidence").content.decode()).xpath(
        "string(//p[@role='alert'])"
    )


def test_a_claim_whose_second_file_is_refused_keeps_neither_the_first_nor_the_claim(sign_in, house):
    case = house.hosts[HOST]
    with scoped(system("tests")):
        before = (Entry.objects.count(), case.evidence.count(), Case.objects.get(pk=case.pk).claim)
    files = [SimpleUploadedFile("a.txt", b"good"), SimpleUploadedFile("b.exe", BAD)]
    answer = sign_in("lan").post(f"/cases/{case.pk}/claim/", {"text": "Đã xong", "files": files})
    assert answer.status_code == 422
    assert "b.exe" in answer.content.decode()
    with scoped(system("tests")):
        assert (Entry.objects.count(), case.evidence.count(), Case.objects.get(pk=case.pk).claim) == before


def test_a_log_that_is_refused_says_so_on_the_sensors_page_with_the_form_below(sign_in, house, settings):
    settings.VONGGAC_UPLOAD_BYTES = 3
    given = {"files": SimpleUploadedFile("log.xyz", BAD)}
    answer = sign_in("ha").post("/logs/bien/import", given, follow=True)
    assert [status for _address, status in answer.redirect_chain] == [302]
    page = html.fromstring(answer.content.decode())
    assert "log.xyz" in page.xpath("string(//section[@autofocus])")
    assert page.xpath("//input[@name='files']")


def test_a_typed_reason_that_lacks_stays_on_the_case_with_the_rest_of_the_form(sign_in, house):
    case = house.hosts[HOST]
    answer = sign_in("ha").post(f"/cases/{case.pk}/extend/", {"due": "không rõ", "reason": "Chờ thiết bị"})
    page = html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert page.xpath("//input[@name='due'][@autofocus]/@value") == ["không rõ"]
    assert page.xpath("//details[@id='extend'][@open]//textarea/text()") == ["Chờ thiết bị"]


def test_a_refused_roster_changes_no_shift(sign_in, house):
    with scoped(system("tests")):
        before = Shift.objects.count()
    send(sign_in, house, "roster table")
    with scoped(system("tests")):
        assert Shift.objects.count() == before > 0


# Who hands in what, on which page the form stands, what of it is filled in again; {…} names something of the desk.
REFUSED = {
    "holiday": ("ha", "/roster/rules/holiday/", "/roster/rules/", {"on": "31/2/2026", "name": "Nghỉ bù"}),
    "moved due time": (
        "ha", "/directives/{directive}/acts/extend/", "/directives/{directive}/",
        {"due": "31/2/2026 10:00", "reason": "Theo công văn số 9"},
    ),
    "leave": ("ha", "/roster/people/{member}/leave/", "/roster/people/{member}/", {"from": "31/2/2026", "note": "Quê"}),
    "wish": ("ha", "/roster/people/{member}/wish/", "/roster/people/{member}/", {"from": "31/2/2026", "note": "Học"}),
    "change of a post": ("ha", "/roster/posts/{post}/change/", "/roster/posts/{post}/", {"awake_minutes": "?"}),
    "end of a post": ("ha", "/roster/posts/{post}/retire/", "/roster/posts/{post}/", {"on": "31/2/2026"}),
    "mailbox": (
        "quan", "/cases/alerts/sources/{source}/mailbox/", "/cases/alerts/sources/{source}/",
        {"host": "mail.example.vn", "port": "chín", "username": "canh-bao"},
    ),
    "end of a source": (
        "quan", "/cases/alerts/sources/{source}/retire/", "/cases/alerts/sources/{source}/", {"reason": " "},
    ),
    "quiet hours": ("ha", "/contacts/quiet-hours/", "/contacts/", {"begins": "25:99", "ends": "06:00"}),
}  # fmt: skip


@pytest.fixture
def known(house):
    with scoped(house.people.scope("quan")):
        office = house.people.organisations["hai-van"]
        source = sources.declare("ids-bien", office, Declaration(), at=NOON)
        member = members.add_members(office, [members.MemberFields("Vũ Lan", "")], [], at=NOON)[0]
    with scoped(system("tests")):
        found = {
            "directive": Directive.objects.get().pk, "member": member.pk,
            "post": Post.objects.first().pk, "source": source.pk,
        }  # fmt: skip
    return lambda address: address.format(**found)


@pytest.mark.parametrize("says_where", [True, False])
@pytest.mark.parametrize("form", REFUSED)
def test_what_was_typed_into_a_refused_form_stands_in_it_again(sign_in, known, form, says_where):
    who, goes_to, page, typed = REFUSED[form]
    headers = {"referer": f"http://testserver{known(page)}?week=2026-04-20"} if says_where else {}
    answer = sign_in(who).post(known(goes_to), typed, headers=headers)
    assert answer.status_code == 422
    again = html.fromstring(answer.content.decode())
    (reason,) = again.xpath("//form//p[@role='alert']")
    sent_from = next(reason.iterancestors("form"))
    assert dict(sent_from.form_values()).items() >= typed.items()
    assert not [each for each in sent_from.iterancestors("details") if each.get("open") is None]
    assert bool(again.xpath("//*[@hx-get][contains(@hx-get, '?week=2026-04-20')]")) is says_where


def test_what_was_written_for_an_act_that_came_too_late_is_not_lost(sign_in, house):
    case, written = house.hosts["TC-PC-0101"], "Đã gỡ mã độc <b>và</b> cài lại máy"
    answer = sign_in("ha").post(f"/cases/{case.pk}/settle/", {"organisation": "", "reason": written})
    assert answer.status_code == 409
    page = html.fromstring(answer.content.decode())
    assert not page.xpath("//form[contains(@action, '/settle/')]")
    assert page.xpath("//main//*[@role='alert']//blockquote/text()") == [written]


def test_a_form_that_another_site_claims_to_have_sent_comes_back_on_its_own_page(sign_in, known):
    who, goes_to, _page, typed = REFUSED["holiday"]
    answer = sign_in(who).post(known(goes_to), typed, headers={"referer": "https://example.org/roster/posts/"})
    assert html.fromstring(answer.content.decode()).xpath(f"//form[@action='{goes_to}']//p[@role='alert']")
