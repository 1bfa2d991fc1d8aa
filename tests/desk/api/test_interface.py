"""The programming interface: tokens, scope, cursors, uploads, problems."""

import hashlib
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests import cast
from vonggac.cases import evidence
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Evidence, Kind
from vonggac.cases.services import Opening
from vonggac.flows import botnet_list
from vonggac.ledger.models import Entry
from vonggac.register.models import Network, Organisation, Role, Sensor, Token
from vonggac.register.services import tokens
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LIST = b"timestamp,ip,port,family\n2026-04-19 01:00:00,203.0.113.9,4444,mirai\n2026-04-19 02:00:00,nonsense,1,mirai\n"


@pytest.fixture(autouse=True)
def _fresh_counters():
    caches["local"].clear()


def program(people: cast.Cast, code: str, *roles: str, person: str | None = None) -> Client:
    with scoped(system("tests")):
        _, secret = tokens.create_token(
            "SIEM", people.organisations[code], roles or ("duty_officer",), at=timezone.now(),
            on=timezone.localdate(), days=30,
            person=people.people[person] if person else None,
        )  # fmt: skip
    return Client(headers={"authorization": f"Bearer {secret}"})


def opened(people: cast.Cast, code: str, number: int = 1) -> list[Case]:
    due = timezone.now() + timedelta(days=3)
    with scoped(system("tests")):
        openings = [
            Opening(people.organisations[code], Kind.BOTNET_HOST, f"203.0.113.{n}", f"Máy {n}", 2, "mới", due)
            for n in range(number)
        ]
        return cases.open_many(openings, at=timezone.now())


def test_without_a_token_there_is_nothing(people):
    answer = Client().get("/api/v1/cases")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_in_the_browser_opens_no_interface(people):
    client = Client()
    client.force_login(people.people["minh"])
    assert client.get("/api/v1/cases").status_code == 401


def test_a_token_sees_its_subtree_alone(people):
    ours, theirs = opened(people, "p-vinh-hai")[0], opened(people, "dong-son")[0]
    client = program(people, "hai-van")
    assert [case["id"] for case in client.get("/api/v1/cases").json()["cases"]] == [ours.pk]
    assert client.get(f"/api/v1/cases/{ours.pk}").json()["organisation"] == "p-vinh-hai"
    assert client.get(f"/api/v1/cases/{theirs.pk}").status_code == 404


def test_pages_follow_each_other_without_gap_or_repetition(people):
    made = {case.pk for case in opened(people, "p-vinh-hai", 7)}
    client, seen, after = program(people, "hai-van"), [], ""
    while after is not None:
        page = client.get("/api/v1/cases", {"rows": 3, "after": after}).json()
        seen += [case["id"] for case in page["cases"]]
        after = page["next"]
    assert len(seen) == 7
    assert set(seen) == made


def test_a_case_is_acknowledged_and_claimed_under_the_name_of_the_token(people):
    case = opened(people, "p-vinh-hai")[0]
    client = program(people, "p-vinh-hai", "it_officer")
    assert client.post(f"/api/v1/cases/{case.pk}/acknowledge").json()["state"] == "acknowledged"
    body = {"text": "đã cài lại máy"}
    claimed = client.post(f"/api/v1/cases/{case.pk}/claim", body, content_type="application/json").json()
    assert (claimed["state"], claimed["claimed_by"], claimed["claimed_via"]) == ("claimed", "SIEM", "api")
    with scoped(system("tests")):
        entry = Entry.objects.filter(act="case.claim").get()
        assert entry.actor == f"token:{Token.objects.get().pk}"


def test_a_token_above_the_unit_passes_on_somebody_s_word(people):
    case = opened(people, "p-vinh-hai")[0]
    client = program(people, "hai-van", "duty_officer")
    assert client.post(f"/api/v1/cases/{case.pk}/acknowledge").status_code == 422
    assert client.get(f"/api/v1/cases/{case.pk}").json()["state"] == "sent"
    done = client.post(f"/api/v1/cases/{case.pk}/acknowledge?by=Lan&via=chat").json()
    assert done["state"] == "acknowledged"
    with scoped(system("tests")):
        detail = Entry.objects.get(act="case.acknowledge").detail
        assert (detail["by"], detail["via"]) == ("Lan", "chat")


@pytest.mark.parametrize("act", ["claim", "dispute"])
def test_a_token_above_the_unit_answers_for_it_only_with_somebody_s_word(people, act):
    case = opened(people, "p-vinh-hai")[0]
    client, address = program(people, "hai-van", "duty_officer"), f"/api/v1/cases/{case.pk}/{act}"
    refused = client.post(address, {"text": "xong"}, content_type="application/json")
    assert refused.status_code == 422
    assert "say who of UBND phường Vĩnh Hải gave this answer" in refused.json()["detail"]
    assert client.get(f"/api/v1/cases/{case.pk}").json()["state"] == "sent"
    said = {"text": "xong", "by": "Lan", "via": "chat"}
    done = client.post(address, said, content_type="application/json").json()
    assert (done["claimed_by"], done["claimed_via"]) == ("Lan", "chat")


PHOTO = b"\x89PNG\r\n\x1a\n photo"


def photo(name: str = "biên bản.png", content: bytes = PHOTO) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_case_is_claimed_with_its_evidence_in_one_call(people):
    case = opened(people, "p-vinh-hai")[0]
    client, address = program(people, "p-vinh-hai", "it_officer"), f"/api/v1/cases/{case.pk}/"
    form = {"text": "đã cài lại máy", "files": [photo(), photo("nhật ký.log", b"reinstalled\n")]}
    claimed = client.post(address + "claim-with-evidence", form)
    assert claimed.status_code == 200, claimed.content
    assert (claimed.json()["state"], claimed.json()["claimed_by"]) == ("claimed", "SIEM")
    kept = client.get(address + "evidence").json()
    assert [(one["name"], one["media_type"], one["added_by"]) for one in kept] == [
        ("biên bản.png", "image/png", "SIEM"), ("nhật ký.log", "text/plain", "SIEM"),
    ]  # fmt: skip
    assert kept[0]["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    with scoped(system("tests")):
        acts = Entry.objects.filter(subject_kind="case", subject_id=case.pk).order_by("id").values_list("act", "actor")
        actor = f"token:{Token.objects.get().pk}"
        assert list(acts)[1:] == [("case.evidence", actor), ("case.evidence", actor), ("case.claim", actor)]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([photo(), photo("virus.exe", b"MZ")], 422),
        ([photo(), photo("ảnh.png", b"no picture")], 422),
        ([photo(), photo("to.txt", b"x" * (evidence.LARGEST_BYTES + 1))], 413),
        ([photo(f"{n}.png", PHOTO + bytes([n])) for n in range(21)], 413),
        ([], 422),
    ],
)
def test_a_claim_one_of_whose_files_is_refused_leaves_nothing(people, files, status):
    case = opened(people, "p-vinh-hai")[0]
    client = program(people, "p-vinh-hai", "it_officer")
    for act in ("claim-with-evidence", "evidence"):
        for file in files:
            file.seek(0)
        answer = client.post(f"/api/v1/cases/{case.pk}/{act}", {"text": "xong", "files": files})
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert client.get(f"/api/v1/cases/{case.pk}").json()["state"] == "sent"
    assert client.get(f"/api/v1/cases/{case.pk}/evidence").json() == []


@pytest.mark.parametrize(
    ("office", "role", "more", "status"),
    [
        ("p-vinh-hai", "auditor", {}, 403),
        ("dong-son", "head", {}, 404),
        ("hai-van", "duty_officer", {}, 422),
        ("hai-van", "duty_officer", {"by": "Lan", "via": "paper"}, 200),
    ],
)
def test_files_change_nothing_about_who_may_claim(people, office, role, more, status):
    case = opened(people, "p-vinh-hai")[0]
    client, address = program(people, office, role), f"/api/v1/cases/{case.pk}/claim-with-evidence"
    answer = client.post(address, {"text": "xong", "files": [photo()]} | more)
    assert answer.status_code == status
    with scoped(system("tests")):
        assert Evidence.objects.count() == (status == 200)


def test_evidence_is_handed_in_later_and_once(people):
    case = opened(people, "p-vinh-hai")[0]
    client, address = program(people, "p-vinh-hai", "it_officer"), f"/api/v1/cases/{case.pk}/evidence"
    first = client.post(address, {"files": [photo()]})
    assert first.status_code == 201
    assert client.post(address, {"files": [photo("again.png")]}).json() == first.json()
    foreign = program(people, "dong-son", "head")
    assert foreign.get(address).status_code == foreign.post(address, {"files": [photo()]}).status_code == 404


def test_a_case_is_disputed(people):
    case = opened(people, "p-vinh-hai")[0]
    client = program(people, "p-vinh-hai", "it_officer")
    body = {"text": "địa chỉ này đã trả lại nhà mạng"}
    answer = client.post(f"/api/v1/cases/{case.pk}/dispute", body, content_type="application/json")
    assert answer.json()["state"] == "disputed"


def test_a_case_in_another_state_is_refused_with_the_reason(people):
    case = opened(people, "p-vinh-hai")[0]
    with scoped(system("tests")):
        cases.close(case.pk, "thu hồi", at=timezone.now())
    client = program(people, "p-vinh-hai", "it_officer")
    answer = client.post(f"/api/v1/cases/{case.pk}/claim", {"text": "xong"}, content_type="application/json")
    assert answer.status_code == 409
    assert answer.json()["detail"]


def test_a_role_that_may_only_audit_changes_nothing(people):
    case = opened(people, "p-vinh-hai")[0]
    client = program(people, "hai-van", "auditor")
    assert client.post(f"/api/v1/cases/{case.pk}/acknowledge").status_code == 403
    assert client.get("/api/v1/ledger").status_code == 200


def test_the_ledger_is_for_auditors(people):
    assert program(people, "hai-van", "it_officer").get("/api/v1/ledger").status_code == 403


def test_a_revoked_or_expired_token_opens_nothing(people):
    client = program(people, "hai-van")
    with scoped(system("tests")):
        tokens.revoke_token(Token.objects.get(), at=timezone.now())
    assert client.get("/api/v1/cases").status_code == 401
    client = program(people, "hai-van")
    with scoped(system("tests")):
        Token.objects.update(expires_at=timezone.now())
    assert client.get("/api/v1/cases").status_code == 401


def test_a_token_falls_with_its_organisation(people):
    client = program(people, "p-vinh-hai")
    with scoped(system("tests")):
        Organisation.objects.filter(code="p-vinh-hai").update(valid_to=timezone.localdate())
    assert client.get("/api/v1/cases").status_code == 401


def test_a_token_falls_with_the_role_of_its_person(people):
    client = program(people, "hai-van", "head", person="minh")
    assert client.get("/api/v1/cases").status_code == 200
    with scoped(system("tests")):
        Role.objects.filter(person=people.people["minh"]).update(valid_to=timezone.localdate())
    assert client.get("/api/v1/cases").status_code == 401


def test_a_persons_token_carries_no_role_they_lack(people):
    with pytest.raises(tokens.NotPermitted):
        program(people, "hai-van", "administrator", person="minh")
    with pytest.raises(tokens.NotPermitted):
        program(people, "nation", "head", person="minh")


def test_too_many_calls_in_a_minute_have_to_wait(people, settings):
    settings.VONGGAC_API_PER_MINUTE = 3
    client = program(people, "hai-van")
    codes = [client.get("/api/v1/cases").status_code for _ in range(5)]
    assert codes[:3] == [200] * 3
    assert codes[-1] == 429


def test_guessing_tokens_is_slowed_down(people):
    client = Client(headers={"authorization": "Bearer vgt_guess"})
    codes = {client.get("/api/v1/cases").status_code for _ in range(35)}
    assert codes == {401, 429}


def test_a_program_with_an_old_token_does_not_shut_out_its_neighbours(people):
    wrong, right = Client(headers={"authorization": "Bearer vgt_old"}), program(people, "hai-van")
    assert wrong.get("/api/v1/cases").status_code == 401
    for _ in range(35):
        wrong.get("/api/v1/cases")
    assert wrong.get("/api/v1/cases").status_code == 429
    assert right.get("/api/v1/cases").status_code == 200


def test_a_list_is_entered_and_its_report_read(people):
    with scoped(system("tests")):
        commune = people.organisations["p-vinh-hai"]
        Network.objects.create(cidr="203.0.113.0/24", organisation=commune, org_path=commune.path)
    client = program(people, "hai-van")
    form = {"sender": "VNCERT", "file": SimpleUploadedFile("list.csv", LIST)}
    answer = client.post("/api/v1/lists", form)
    assert answer.status_code == 202, answer.content
    report = client.get(f"/api/v1/lists/{answer.json()['id']}").json()
    assert (report["sender"], report["imported_at"]) == ("VNCERT", None)


def test_a_list_needs_the_right_to_import(people):
    form = {"sender": "VNCERT", "file": SimpleUploadedFile("list.csv", LIST)}
    assert program(people, "hai-van", "it_officer").post("/api/v1/lists", form).status_code == 403


def test_a_file_that_is_too_large_is_refused(people, settings):
    settings.VONGGAC_UPLOAD_BYTES = 10
    form = {"sender": "VNCERT", "file": SimpleUploadedFile("list.csv", LIST)}
    answer = program(people, "hai-van").post("/api/v1/lists", form)
    assert answer.status_code == 413


def test_a_log_of_an_undeclared_sensor_is_refused(people):
    form = {"sensor": "nowhere", "file": SimpleUploadedFile("conn.log", b"#fields\tts\n")}
    assert program(people, "hai-van").post("/api/v1/logs", form).status_code == 422


def test_a_log_of_a_strangers_sensor_is_refused(people):
    with scoped(system("tests")):
        organisation = people.organisations["dong-son"]
        Sensor.objects.create(name="ds-flow", kind="flow", organisation=organisation, org_path=organisation.path)
    form = {"sensor": "ds-flow", "file": SimpleUploadedFile("conn.log", b"#fields\tts\n")}
    assert program(people, "hai-van").post("/api/v1/logs", form).status_code == 422


def test_a_log_handed_in_by_mistake_is_taken_back_and_put_back(people):
    with scoped(system("tests")):
        organisation = people.organisations["hai-van"]
        Sensor.objects.create(name="bien", kind="flow", organisation=organisation, org_path=organisation.path)
    client = program(people, "hai-van")
    form = {"sensor": "bien", "file": SimpleUploadedFile("photo.png", b"\x89PNG\r\n")}
    handed_in = client.post("/api/v1/logs", form).json()
    assert handed_in["unreadable"]
    said = {"sensor": "bien", "sha256": handed_in["sha256"]}
    refused = program(people, "hai-van", "it_officer").post(
        "/api/v1/logs/take-back", said | {"reason": "nhầm"}, content_type="application/json"
    )
    assert refused.status_code == 403
    answer = client.post("/api/v1/logs/take-back", said | {"reason": "nhầm"}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["file"], answer.json()["is_taken_back"]) == ("photo.png", True)
    answer = client.post("/api/v1/logs/put-back", said, content_type="application/json")
    assert answer.json()["is_taken_back"] is False
    assert client.post("/api/v1/logs/put-back", said, content_type="application/json").status_code == 409


@pytest.mark.parametrize("sensor", ["\0", "yt-luong\0", "\0\0", " \0 "])
def test_a_name_that_the_database_cannot_hold_is_a_problem_and_no_crash(people, sensor):
    answer = program(people, "hai-van").post(
        "/api/v1/logs/take-back", {"sensor": sensor, "sha256": "0" * 64, "reason": "x"}, content_type="application/json"
    )
    assert answer.status_code == 422


def test_a_directive_is_read_into_drafts(people):
    text = "BỘ THÔNG TIN\nSố: 12/BTTTT-CATTT\nHà Nội, ngày 17 tháng 4 năm 2026\nKính gửi: Các đơn vị\n"
    client = program(people, "hai-van")
    answer = client.post("/api/v1/directives", {"file": SimpleUploadedFile("a.txt", text.encode())})
    assert answer.status_code == 201, answer.content
    assert answer.json()[0]["state"] == "draft"
    number = answer.json()[0]["id"]
    assert client.get(f"/api/v1/directives/{number}").status_code == 200
    assert program(people, "dong-son").get(f"/api/v1/directives/{number}").status_code == 404


def test_the_register_is_read_within_the_subtree(people):
    client = program(people, "hai-van", "auditor")
    codes = [one["code"] for one in client.get("/api/v1/organisations").json()["organisations"]]
    assert set(codes) == {"hai-van", "so-tttt", "so-y-te", "bv-da-khoa", "p-vinh-hai", "vien-thong"}


@pytest.mark.parametrize("query", ["after=xyz", "after=2026-01-01_1", "rows=0", "state=nonsense"])
def test_nonsense_in_the_address_is_a_problem_and_no_crash(people, query):
    answer = program(people, "hai-van").get(f"/api/v1/cases?{query}")
    assert answer.status_code in {404, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_document_and_its_page_are_open_and_describe_every_operation(client, db):
    schema = client.get("/api/v1/openapi.json").json()
    page = client.get("/api/v1/docs").content.decode()
    assert all(path in page for path in schema["paths"])
    assert len(schema["paths"]) >= 14


UNREAD = b"ip,dst_ip\n203.0.113.5,198.51.100.9?\n203.0.113.0006,198.51.100.7\n"


@pytest.fixture
def unread_list(people):
    """The address of a list with a C2 and an address that cannot be read, entered and carried out."""
    form = {"sender": "VNCERT", "file": SimpleUploadedFile("list.csv", UNREAD)}
    number = program(people, "hai-van").post("/api/v1/lists", form).json()["id"]
    with scoped(system("tests")):
        botnet_list.carry_out(number, at=timezone.now())
    return f"/api/v1/lists/{number}/unread"


def test_what_a_list_meant_is_read_settled_and_withdrawn(people, unread_list):
    client = program(people, "hai-van")
    page = client.get(unread_list, {"rows": 1}).json()
    first, second = page["unread"][0], client.get(unread_list, {"after": page["next"]}).json()["unread"][0]
    assert (first["kind"], first["line"], first["text"], first["settled"]) == ("c2", 2, "198.51.100.9?", None)
    assert (second["kind"], second["line"], second["row"]) == ("address", 3, "203.0.113.0006,198.51.100.7")
    act = f"/api/v1/lists/unread/{first['id']}/"
    form = {"meant": ["C2.example.net", "198.51.100.9"]}
    settled = client.post(act + "settle", form, content_type="application/json").json()["settled"]
    assert settled["meant"] == ["c2.example.net", "198.51.100.9"]
    assert client.get(unread_list).json()["unread"][0]["settled"] == settled
    assert client.post(act + "settle", form, content_type="application/json").status_code == 409
    assert client.post(act + "withdraw").json()["settled"] is None
    assert client.post(act + "withdraw").status_code == 409


def test_a_column_is_settled_as_meaning_nothing(people, unread_list):
    client = program(people, "hai-van")
    number = client.get(unread_list).json()["unread"][0]["id"]
    form = {"reason": "cột chép nhầm", "reach": "column"}
    answer = client.post(f"/api/v1/lists/unread/{number}/settle", form, content_type="application/json").json()
    assert (answer["settled"]["meant"], answer["settled"]["reason"]) == ([], "cột chép nhầm")


@pytest.mark.parametrize(
    "form",
    [
        {"meant": []}, {"meant": ["198.51.100.9?"]}, {"meant": "x"}, {"reason": " "}, {"reason": "x", "reach": "all"},
        {"meant": ["198.51.100.9"], "reach": "column"},
    ],
)  # fmt: skip
def test_what_no_list_could_mean_is_refused(people, unread_list, form):
    client = program(people, "hai-van")
    number = client.get(unread_list).json()["unread"][0]["id"]
    answer = client.post(f"/api/v1/lists/unread/{number}/settle", form, content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.parametrize(("office", "role", "status"), [("hai-van", "it_officer", 403), ("dong-son", "head", 404)])
def test_only_its_own_office_and_whoever_may_import_settles_a_list(people, unread_list, office, role, status):
    number = program(people, "hai-van").get(unread_list).json()["unread"][0]["id"]
    client = program(people, office, role)
    for act in ("settle", "withdraw"):
        answer = client.post(f"/api/v1/lists/unread/{number}/{act}", {"reason": "x"}, content_type="application/json")
        assert answer.status_code == status
    assert client.get(unread_list).status_code == (200 if status == 403 else 404)
