"""One organisation's page: what stands there, who sees it, and the particulars mended as an import would."""

import pytest
from lxml import html

from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.desk.pages import organisation
from vonggac.flows import reorganisation
from vonggac.ledger.models import Entry
from vonggac.register.models import Contact, Organisation
from vonggac.register.services.succession import DatedAct
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(desk):
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n203.0.113.0/24,so-y-te\n198.51.100.0/24,dong-son\n")
        bring_in("systems", "code,name,organisation,level\nht-1,Một cửa,so-y-te,3\n")
        bring_in("sensors", "name,kind,organisation,networks\nbien,flow,so-y-te,203.0.113.0/24\n")
        bring_in("contacts", "name,organisation,phones\nĐầu mối sở,so-y-te,024 114\nLạ,dong-son,115\n")
    return desk


def address(house, code, act=""):
    return f"/register/organisations/{house.people.organisations[code].pk}/{act}"


def text(response) -> str:
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def test_the_page_says_where_it_stands_who_answers_what_it_runs_and_what_is_open(sign_in, house):
    answer = sign_in("ha").get(address(house, "so-y-te"))
    seen = text(answer)
    for said in ("Sở Y tế", "so-y-te", "UBND tỉnh Hải Vân", "Bệnh viện đa khoa", "Tâm", "203.0.113.0/24", "Một cửa",
                 "cấp độ 3", "bien", "Đầu mối sở", "024 114", "Việc đang mở"):  # fmt: skip
        assert said in seen
    assert "198.51.100.0/24" not in seen
    page = html.fromstring(answer.content.decode())
    assert page.xpath(f"//a[@href='{address(house, 'bv-da-khoa')}']")
    assert page.xpath("//a[@href='/logs/bien/']")


def test_every_count_of_open_work_leads_to_as_many_cases(sign_in, house):
    client = sign_in("ha")
    page = html.fromstring(client.get(address(house, "so-y-te")).content.decode())
    counts = {link.get("href"): int(link.xpath("string(b)")) for link in page.xpath("//div[@class='band']/a")}
    assert len(counts) >= 3
    for link, number in counts.items():
        assert len(html.fromstring(client.get(link).content.decode()).xpath("//li[@data-row]")) == number


def test_an_organisation_is_reached_from_the_register_from_search_and_from_a_case(sign_in, house):
    client, target = sign_in("ha"), address(house, "so-y-te")
    case = house.hosts["KT-PC-0417"].pk
    for page in ("/register/organisations/", "/search/?q=so y te", f"/cases/{case}/"):
        assert f'href="{target}"' in client.get(page).content.decode()


@pytest.mark.parametrize(("name", "code", "status"), [
    ("lan", "p-vinh-hai", 200), ("lan", "hai-van", 404), ("lan", "so-y-te", 404), ("vinh", "so-y-te", 404),
    ("tam", "bv-da-khoa", 200), ("quan", "so-y-te", 200), ("nam", "dong-son", 200),
])  # fmt: skip
def test_only_the_scope_is_seen(sign_in, house, name, code, status):
    assert sign_in(name).get(address(house, code)).status_code == status


def test_a_corrected_name_stands_in_the_ledger_with_what_was_there_before(sign_in, house):
    client = sign_in("ha")
    form = {"name": "Sở Y tế Hải Vân", "kind": "department", "email": "soyte@example.vn"}
    seen = text(client.post(address(house, "so-y-te", "change"), form, follow=True))
    assert "Tên: Sở Y tế → Sở Y tế Hải Vân" in seen
    assert "Hà" in seen
    with scoped(system("tests")):
        entry = Entry.objects.get(act="organisation.change")
        assert entry.detail["before"] == {"name": "Sở Y tế", "email": ""}
        assert entry.actor == f"person:{house.people.people['ha'].pk}"
        assert Organisation.objects.get(code="so-y-te").parent.code == "hai-van"
    assert "đã ghi như vậy" in text(client.post(address(house, "so-y-te", "change"), form, follow=True))


def test_a_refused_correction_comes_back_with_what_was_typed(sign_in, house):
    form = {"name": "Sở Y tế mới", "kind": "department", "email": "không phải thư"}
    answer = sign_in("ha").post(address(house, "so-y-te", "change"), form)
    page = html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    assert page.xpath("//details[@id='change'][@open]//input[@name='name']/@value") == ["Sở Y tế mới"]
    field = page.xpath("//details[@id='change']//input[@name='email'][@autofocus]")[0]
    assert field.get("value") == "không phải thư"
    assert "không phải" in page.get_element_by_id(field.get("aria-describedby")).text_content()
    with scoped(system("tests")):
        assert Organisation.objects.get(code="so-y-te").name == "Sở Y tế"


def test_a_refused_contact_comes_back_with_every_field(sign_in, house):
    form = {
        "name": "Trực",
        "phones": "024 1",
        "emails": "a@example.vn",
        "printed_in": "CV 1",
        "checked_on": "31/31/2026",
    }
    answer = sign_in("ha").post(address(house, "so-y-te", "contact"), form)
    page = html.fromstring(answer.content.decode())
    assert answer.status_code == 422
    kept = page.get_element_by_id("contact").xpath(".//form")[0].form_values()
    assert dict(kept).items() >= form.items()
    assert page.xpath("//input[@name='checked_on'][@autofocus]/@value") == ["31/31/2026"]
    with scoped(system("tests")):
        assert not Contact.objects.filter(name="Trực").exists()


def test_a_contact_is_added_and_then_corrected(sign_in, house):
    client, target = sign_in("ha"), address(house, "so-y-te", "contact")
    new = {"name": "Trực ban sở", "phones": "024 3999 0000; +84 912 000 000", "emails": "truc@example.vn"}
    assert "Trực ban sở" in text(client.post(target, new, follow=True))
    client.post(target, new | {"phones": "024 3999 1111", "checked_on": "20/04/2026"})
    with scoped(system("tests")):
        kept = Contact.objects.get(name="Trực ban sở")
        assert (kept.phones, kept.emails) == (["024 3999 1111"], ["truc@example.vn"])
        assert f"{kept.checked_on}" == "2026-04-20"
        assert list(Entry.objects.filter(subject_kind="contact", subject_id=kept.pk).values_list("act", flat=True)) == [
            "contact.create", "contact.change",
        ]  # fmt: skip


@pytest.mark.parametrize("act", ["change", "contact"])
def test_whoever_may_not_import_sees_no_form_and_changes_nothing(sign_in, house, act):
    client = sign_in("tam")
    assert f'action="{address(house, "so-y-te", act)}"' not in client.get(address(house, "so-y-te")).content.decode()
    form = {"name": "X", "kind": "department"}
    assert client.post(address(house, "so-y-te", act), form).status_code == 403


def test_nobody_corrects_an_organisation_outside_their_part(sign_in, house):
    form = {"name": "X", "kind": "province", "email": ""}
    assert sign_in("ha").post(address(house, "dong-son", "change"), form).status_code == 404


def test_an_ended_organisation_names_the_act_and_its_successor(sign_in, house):
    with scoped(system("tests")):
        one = Organisation.objects.get(code="bv-da-khoa")
        heir = Organisation.objects.get(code="so-y-te")
        reorganisation.merge([one], heir, DatedAct("Quyết định 12/QĐ-UBND", NOON.date()), at=NOON)
    seen = text(sign_in("ha").get(address(house, "bv-da-khoa")))
    assert "Quyết định 12/QĐ-UBND" in seen
    assert "Sở Y tế" in seen
    assert "Đã sáp nhập" in seen or "sáp nhập" in seen.lower()


@pytest.mark.parametrize("typed", ["27/4/2026", "27.04.2026", "27042026", "2026-04-27"])
def test_a_day_is_taken_however_the_desk_says_it_may_be_typed(sign_in, house, typed):
    answer = sign_in("ha").post(address(house, "so-y-te", "contact"), {"name": "Trực tổng đài", "checked_on": typed})
    assert answer.status_code == 302
    with scoped(system("tests")):
        assert Contact.objects.get(name="Trực tổng đài").checked_on.isoformat() == "2026-04-27"


@pytest.mark.parametrize("typed", ["20041220", "1/1/9999", "31/2/2026"])
def test_what_is_no_day_of_an_office_is_refused_beside_its_field(sign_in, house, typed):
    answer = sign_in("ha").post(address(house, "so-y-te", "contact"), {"name": "Trực", "checked_on": typed})
    assert answer.status_code == 422
    page = html.fromstring(answer.content.decode())
    assert page.xpath("//input[@name='checked_on'][@aria-invalid='true']/@value") == [typed]
    with scoped(system("tests")):
        assert not Contact.objects.filter(name="Trực").exists()


def test_a_refused_correction_of_a_contact_comes_back_in_the_form_of_that_contact(sign_in, house):
    filled = {"name": "Đầu mối sở", "printed_in": "", "phones": "024 115", "emails": "", "checked_on": "hôm qua"}
    answer = sign_in("ha").post(address(house, "so-y-te", "contact"), filled)
    page = html.fromstring(answer.content.decode())
    (form,) = [form for form in page.forms if form.xpath(".//*[@role='alert']")]
    assert dict(form.form_values()).items() >= filled.items()
    assert form.xpath(".//input[@name='name'][@type='hidden']")


def test_a_list_that_is_cut_says_so_and_leads_to_all_of_it(sign_in, house, monkeypatch):
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n192.0.2.0/25,hai-van\n192.0.2.128/25,hai-van\n")
        bring_in("systems", "code,name,organisation,level\nht-2,Cổng,hai-van,3\nht-3,Thư,hai-van,2\n")
        bring_in("sensors", "name,kind,organisation,networks\nc-1,flow,hai-van,192.0.2.0/25\nc-2,dns,hai-van,\n")
        bring_in("contacts", "name,organisation,phones\nMột,hai-van,1\nHai,hai-van,2\n")
    page = address(house, "hai-van")
    assert not html.fromstring(sign_in("ha").get(page).content.decode()).xpath("//a[@class='more']")
    monkeypatch.setattr(organisation, "SHOWN", 1)
    cut = html.fromstring(sign_in("ha").get(page).content.decode())
    lists = [f"/register/{kind}/" for kind in ("organisations", "contacts", "networks", "systems", "sensors")]
    assert sorted(cut.xpath("//a[@class='more']/@href")) == sorted([*lists, "/people"])
    assert "1 dòng đầu" in cut.xpath("string(//section[@aria-labelledby='systems'])")
