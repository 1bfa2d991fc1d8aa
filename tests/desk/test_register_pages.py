"""The register's pages: lists within the scope, import with a preview, export."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import cast
from tests.register.register_files import bring_in
from vonggac.flows import reorganisation
from vonggac.ledger.models import Entry
from vonggac.register.models import Asset, Organisation
from vonggac.register.services.succession import DatedAct
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LISTED = ["organisations", "networks", "systems", "assets", "sensors", "contacts"]
ASSETS = "name,organisation,address,kind\nPC-1,p-vinh-hai,10.0.0.1,workstation\nPC-2,p-vinh-hai,10.0.0.999,server\n"


@pytest.fixture
def troupe(db):
    made = cast.assemble()
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n203.0.113.0/24,hai-van\n203.0.113.0/26,so-y-te\n")
        bring_in("assets", "name,organisation,address\nSV-1,so-y-te,10.9.0.1\nPC-0,p-vinh-hai,10.9.0.2\n")
        bring_in("systems", "code,name,organisation,level\nht-1,Một cửa,so-y-te,3\n")
        bring_in("sensors", "name,kind,organisation,networks\nbien,flow,hai-van,203.0.113.0/24\n")
        bring_in("contacts", "name,organisation,phones\nĐầu mối tỉnh,hai-van,114\nLạ,dong-son,115\n")
    return made


@pytest.fixture
def sign_in(troupe):
    def as_(name: str) -> Client:
        client = Client(headers={"accept-language": "en"})
        person = troupe.people[name]
        person.language = "en"
        with scoped(system("tests")):
            person.save(update_fields=["language"])
        client.force_login(person)
        return client

    return as_


def hand_in(client, kind, text):
    file = SimpleUploadedFile(f"{kind}.csv", text.encode())
    return client.post(f"/register/{kind}/import", {"file": file}, follow=True)


def token_of(response):
    return re.search(r'name="token" value="([^"]+)"', response.content.decode()).group(1)


@pytest.mark.parametrize("kind", LISTED)
def test_every_list_opens_and_shows_the_scope_only(sign_in, kind):
    wide, narrow = sign_in("ha").get(f"/register/{kind}/"), sign_in("lan").get(f"/register/{kind}/")
    assert (wide.status_code, narrow.status_code) == (200, 200)
    seen = narrow.content.decode()
    assert not any(foreign in seen for foreign in ("SV-1", "203.0.113.0/26", "ht-1", "bien", "Lạ<"))
    assert "Lạ<" not in wide.content.decode()


def test_the_register_opens_with_its_organisations(sign_in):
    response = sign_in("ha").get("/register/", follow=True)
    assert "UBND phường Vĩnh Hải" in response.content.decode()


@pytest.mark.parametrize(
    ("kind", "words", "hit", "miss"),
    [
        ("organisations", "vinh hai", "p-vinh-hai", "so-tttt"),
        ("assets", "10.9.0.2", "PC-0", "SV-1"),
        ("networks", "203.0.113.7", "203.0.113.0/26", "nothing"),
        ("networks", "so y te", "203.0.113.0/26", "203.0.113.0/24"),
        ("networks", "203.0.113.200", "203.0.113.0/24", "203.0.113.0/26"),
        ("systems", "y te", "ht-1", "nothing"),
    ],
)
def test_words_find_rows_without_accents(sign_in, kind, words, hit, miss):
    text = sign_in("ha").get(f"/register/{kind}/", {"q": words}).content.decode()
    assert hit in text
    assert miss not in text


def test_a_file_is_previewed_first_and_carried_out_on_the_second_press(sign_in):
    client = sign_in("ha")
    preview = hand_in(client, "assets", ASSETS)
    text = preview.content.decode()
    assert "10.0.0.999" in text
    assert "assets: 1 new, 0 changed, 0 unchanged · addresses: 1 new, 0 changed, 0 unchanged · 1 line rejected" in text
    with scoped(system("tests")):
        assert not Asset.objects.filter(name="PC-1").exists()
    done = client.post("/register/assets/apply", {"token": token_of(preview)}, follow=True)
    assert "assets: 1 new" in done.content.decode()
    with scoped(system("tests")):
        assert Asset.objects.get(name="PC-1").organisation.code == "p-vinh-hai"
        assert Entry.objects.filter(act="register.import").last().actor.startswith("person:")


def test_reload_and_back_ask_for_nothing_and_a_second_press_imports_nothing(sign_in):
    client = sign_in("ha")
    sent = client.post("/register/assets/import", {"file": SimpleUploadedFile("may-moi.csv", ASSETS.encode())})
    assert sent.status_code == 302
    preview = sent["Location"]
    assert [client.get(preview).status_code for _ in range(2)] == [200, 200]
    token = token_of(client.get(preview))
    same = "assets: 0 new, 0 changed, 1 unchanged · addresses: 0 new, 0 changed, 1 unchanged · 1 line rejected"
    for said in ("assets: 1 new, 0 changed", same):
        done = client.post("/register/assets/apply", {"token": token})
        assert done.status_code == 302
        assert said in client.get(done["Location"]).content.decode()
    assert "Carry this out" not in client.get(preview).content.decode()
    with scoped(system("tests")):
        assert Entry.objects.filter(act="register.import", detail__file="may-moi.csv").count() == 1
        assert Asset.objects.filter(name="PC-1").count() == 1


def test_a_preview_is_shown_to_nobody_else(sign_in):
    sent = sign_in("ha").post("/register/assets/import", {"file": SimpleUploadedFile("a.csv", ASSETS.encode())})
    assert sign_in("nam").get(sent["Location"]).status_code == 422
    assert sign_in("lan").get(sent["Location"]).status_code == 403


def test_the_same_file_again_offers_nothing_to_carry_out(sign_in):
    client = sign_in("ha")
    client.post("/register/assets/apply", {"token": token_of(hand_in(client, "assets", ASSETS))})
    assert "Carry this out" not in hand_in(client, "assets", ASSETS).content.decode()


def test_a_preview_is_of_use_to_nobody_else_and_for_no_other_kind(sign_in):
    token = token_of(hand_in(sign_in("ha"), "assets", ASSETS))
    assert sign_in("nam").post("/register/assets/apply", {"token": token}).status_code == 422
    assert sign_in("ha").post("/register/networks/apply", {"token": token}).status_code == 422
    assert sign_in("ha").post("/register/assets/apply", {"token": token[:-2]}).status_code == 422


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("lan", "assets", 403),
        ("ha", "assets", 200),
        ("ha", "people", 403),
        ("quan", "people", 200),
        ("ha", "cats", 404),
    ],
)
def test_only_those_whose_role_includes_it_import(sign_in, name, kind, status):
    assert sign_in(name).get(f"/register/{kind}/import").status_code == status


def test_a_table_of_something_else_says_what_is_missing(sign_in):
    response = hand_in(sign_in("ha"), "networks", "a,b\nx,y\n")
    assert response.status_code == 422
    assert "no column dải IP (network), đơn vị (organisation)" in response.content.decode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_downloads_what_the_import_takes(sign_in, form):
    client = sign_in("ha")
    response = client.get("/register/assets/file", {"format": form})
    assert f'filename="assets.{form}"' in response["Content-Disposition"]
    upload = SimpleUploadedFile(f"assets.{form}", response.content)
    preview = client.post("/register/assets/import", {"file": upload}, follow=True).content.decode()
    assert "assets: 0 new, 0 changed" in preview
    assert "addresses: 0 new, 0 changed" in preview


def test_an_export_holds_the_scope_only(sign_in):
    text = sign_in("lan").get("/register/organisations/file").content.decode()
    with scoped(system("tests")):
        foreign = set(Organisation.objects.exclude(code__in=["p-vinh-hai", "hai-van"]).values_list("code", flat=True))
    assert "p-vinh-hai" in text
    assert not any(f"{code}," in text for code in foreign)
    assert sign_in("lan").get("/register/people/file").status_code == 403


def test_a_preview_shows_what_each_new_row_says(sign_in):
    assert "workstation" in hand_in(sign_in("ha"), "assets", ASSETS).content.decode()


def test_a_file_of_which_nothing_can_be_used_is_not_called_the_same_as_the_register(sign_in):
    page = hand_in(sign_in("ha"), "assets", "name,organisation,address\nPC-9,nowhere,10.0.0.9\n").content.decode()
    assert "Nothing in this file can be used" in page
    assert "says the same already" not in page


def test_imported_people_are_seen_where_people_are(sign_in):
    client = sign_in("quan")
    preview = hand_in(client, "people", "email,name,organisation,role\nmoi@example.vn,Người Mới,hai-van,auditor\n")
    done = client.post("/register/people/apply", {"token": token_of(preview)}, follow=True)
    assert done.redirect_chain[-1][0] == "/people"
    assert "Người Mới" in done.content.decode()


def test_what_the_register_has_come_to_refuse_since_the_preview_is_not_called_the_same(sign_in):
    client = sign_in("ha")
    preview = hand_in(client, "assets", ASSETS)
    with scoped(system("tests")):
        unit, heir = (Organisation.objects.get(code=code) for code in ("p-vinh-hai", "so-y-te"))
        reorganisation.merge([unit], heir, DatedAct("NQ 1", cast.NOON.date()), at=cast.NOON)
    page = client.post("/register/assets/apply", {"token": token_of(preview)}, follow=True).content.decode()
    assert "lines rejected" in page
    assert "says the same already" not in page


@pytest.mark.parametrize(
    ("kind", "page"),
    [("people", "/people"), ("heartbeats", "/register/sensors/"), ("rotation", "/register/sensors/")],
)
def test_a_kind_without_a_list_of_its_own_leads_to_where_its_rows_stand(sign_in, kind, page):
    answer = sign_in("quan").get(f"/register/{kind}/")
    assert (answer.status_code, answer["Location"]) == (302, page)


def test_a_preview_speaks_in_words_and_not_in_codes(sign_in):
    units = "code,name,kind,parent\nmang-moi,Mạng mới,isp,hai-van\n"
    new = hand_in(sign_in("ha"), "organisations", units).content.decode()
    assert "Mạng mới · internet provider · hai-van" in new
    sensors = "name,kind,organisation,networks\nbien,flow,hai-van,203.0.113.0/26 203.0.113.128/26\n"
    changed = hand_in(sign_in("quan"), "sensors", sensors).content.decode()
    assert "<del>203.0.113.0/24</del> → <b>203.0.113.0/26 203.0.113.128/26</b>" in changed
    networks = "network,organisation,valid_from\n203.0.113.192/26,p-vinh-hai,2026-04-02\n"
    taken_over = hand_in(sign_in("ha"), "networks", networks).content.decode()
    assert ">203.0.113.192/26 p-vinh-hai 2/4/2026</td>" in taken_over


def test_an_import_speaks_to_a_reader_of_vietnamese_in_the_words_of_such_files(sign_in, troupe):
    client = sign_in("quan")
    client.post("/preferences/", {"language": "vi"})
    units = "code,name,kind,parent\nso-y-te,Sở Y tế tỉnh,department,hai-van\nx,X,làng,hai-van\n"
    page = hand_in(client, "organisations", units).content.decode()
    assert "tên đơn vị: <del>Sở Y tế</del> → <b>Sở Y tế tỉnh</b>" in page
    assert "hãy viết một trong: bộ (ministry), tỉnh (province), sở (department)" in page
    people = hand_in(client, "people", "email,name,organisation,role\nm@example.vn,Mới,hai-van,it_officer\n")
    assert "it_officer" not in re.sub(r"<input[^>]*>", "", people.content.decode())
    lacking = hand_in(client, "organisations", "a,b\nx,y\n").content.decode()
    assert "tệp thiếu cột mã đơn vị (code), tên đơn vị (name), loại đơn vị (kind), đơn vị cấp trên (parent)" in lacking
