"""Sensors and their logs: who is heard, what came in, handing in logs and signs of life."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from tests import cast
from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.cases import judging
from vonggac.cases import services as cases
from vonggac.cases.models import Kind
from vonggac.cases.proof import Missing, Verdict, VerdictState
from vonggac.cases.services import Answer, Opening
from vonggac.desk.pages import logs
from vonggac.flows.uploads import lake
from vonggac.lake import Lake
from vonggac.ledger.models import Entry
from vonggac.register.models import SensorCoverage
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
SENSORS = (
    "name,kind,organisation,networks,silence\n"
    "bien,flow,hai-van,203.0.113.0/24,heartbeat\n"
    "y-te,dns,so-y-te,10.9.0.0/16,rotation\n"
    "xa,flow,p-vinh-hai,10.8.0.0/16,heartbeat\n"
    "la,flow,dong-son,198.51.100.0/24,heartbeat\n"
)
HEARD = (
    "sensor,from_utc,to_utc\n"
    "bien,2026-04-19T00:00:00Z,2026-04-20T04:00:00Z\n"
    "xa,2026-04-10T00:00:00Z,2026-04-12T07:30:00Z\n"
    "la,2026-04-10T00:00:00Z,2026-04-12T07:30:00Z\n"
)
FLOWS = (
    b"time_utc,source_address,destination_address\n"
    b"2026-04-20T01:00:00Z,203.0.113.7,198.51.100.7\n"
    b"yesterday,203.0.113.8,198.51.100.7\n"
    b"2026-04-20T01:00:02Z,=1+1,198.51.100.7\n"
)
BEATS = (
    "sensor,from_utc,to_utc\n"
    "bien,2026-04-20T04:00:00Z,2026-04-20T05:00:00Z\n"
    "bien,2026-04-20T05:00:00Z,2026-04-20T04:00:00Z\n"
)


@pytest.fixture
def troupe(db, settings, tmp_path, monkeypatch):
    """The cast with four sensors, on a desk whose clock stands at noon and whose lake is empty."""
    home = Home(tmp_path / "home")
    home.prepare()
    settings.VONGGAC_HOME = home
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    made = cast.assemble()
    with scoped(system("tests")):
        bring_in("sensors", SENSORS)
        bring_in("heartbeats", HEARD)
    return made


@pytest.fixture
def sign_in(troupe):
    def as_(name: str) -> Client:
        client = Client(headers={"accept-language": "vi"})
        client.force_login(troupe.people[name])
        return client

    return as_


def text(response) -> str:
    return response.content.decode()


def log(content=FLOWS, name="flows.csv"):
    return SimpleUploadedFile(name, content)


def hand_in(client, *files, sensor="bien"):
    """The answer after the redirect, or the refusal."""
    return client.post(f"/logs/{sensor}/import", {"files": list(files)}, follow=True)


def hand_in_anyway(client, *files):
    """As `hand_in`, and then yes to the question about a file of which no record reads."""
    asked = re.search(r'action="(/logs/bien/import/[0-9a-f]{64})"', text(hand_in(client, *files)))
    return client.post(asked[1], follow=True)


def cover(client, content, sensor="bien"):
    given = {"file": SimpleUploadedFile("beats.csv", content.encode())}
    return client.post(f"/logs/{sensor}/coverage", given, follow=True)


@pytest.mark.parametrize(
    ("heard_to", "state"),
    [
        (None, "never"),
        (NOON, "listening"),
        (NOON + timedelta(hours=1), "listening"),
        (NOON - timedelta(days=1), "listening"),
        (NOON - timedelta(days=1, seconds=1), "silent"),
    ],
)
def test_a_sensor_is_silent_a_day_after_its_last_sign(heard_to, state):
    assert logs.state_of(heard_to, NOON) == state


def test_the_list_says_of_every_sensor_whether_it_is_heard_the_silent_first(sign_in):
    seen = text(sign_in("ha").get("/logs/"))
    assert seen.index("/logs/xa/") < seen.index("/logs/y-te/") < seen.index("/logs/bien/")
    assert "im lặng từ" in seen
    assert "12/4 14:30" in seen
    assert "chưa từng có tín hiệu" in seen
    assert "đang nghe" in seen
    assert "1 CẢM BIẾN IM LẶNG" in seen


def test_a_sensor_may_have_a_dot_in_its_name_as_the_register_allows(sign_in):
    with scoped(system("tests")):
        bring_in("sensors", "name,kind,organisation,networks\nbien.2,flow,hai-van,203.0.113.0/24\n")
    client = sign_in("ha")
    assert "/logs/bien.2/" in text(client.get("/logs/"))
    seen = text(hand_in(client, log(), sensor="bien.2"))
    path = re.search(r'href="(/logs/bien\.2/rejects/[0-9a-f]+)"', seen).group(1)
    assert client.get(path).status_code == 200


def test_without_a_silent_sensor_nothing_is_loud(sign_in):
    client = sign_in("ha")
    cover(client, "sensor,from_utc,to_utc\nxa,2026-04-20T00:00:00Z,2026-04-20T04:00:00Z\n", sensor="xa")
    assert "CẢM BIẾN IM LẶNG" not in text(client.get("/logs/"))


def test_the_list_holds_the_sensors_of_the_scope_alone(sign_in):
    wide, narrow = text(sign_in("ha").get("/logs/")), text(sign_in("lan").get("/logs/"))
    assert "/logs/la/" not in wide
    assert "/logs/xa/" in narrow
    assert not any(f"/logs/{name}/" in narrow for name in ("bien", "y-te", "la"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/logs/la/"),
        ("get", f"/logs/la/rejects/{'a' * 64}"),
        ("post", "/logs/la/import"),
        ("post", "/logs/la/coverage"),
        ("get", "/logs/nothing/"),
    ],
)
def test_a_foreign_sensor_is_as_one_that_does_not_exist(sign_in, method, path):
    assert getattr(sign_in("ha"), method)(path).status_code == 404


def test_an_office_without_sensors_is_told_what_to_do(sign_in, troupe):
    with scoped(system("tests")):
        SensorCoverage.objects.filter(sensor__name="xa").delete()
        troupe.organisations["p-vinh-hai"].sensors.all().delete()
    assert "Chưa khai báo cảm biến nào" in text(sign_in("lan").get("/logs/"))


def test_the_list_as_a_file_says_the_same_in_every_format(sign_in):
    client = sign_in("ha")
    hand_in(client, log())
    rows = json.loads(client.get("/logs/", {"format": "json"}).content)["rows"]
    assert [(row["sensor"], row["state"]) for row in rows] == [
        ("xa", "silent"), ("y-te", "never"), ("bien", "listening"),
    ]  # fmt: skip
    assert rows[2]["heard_to_utc"] == "2026-04-20T04:00:00Z"
    assert rows[2]["last_log_received_utc"] == "2026-04-20T05:00:00Z"
    table = list(csv.reader(io.StringIO(client.get("/logs/", {"format": "csv"}).content.decode("utf-8-sig"))))
    assert [line[0] for line in table] == ["Cảm biến", "xa", "y-te", "bien"]
    assert [line[-1] for line in table] == ["Tình trạng", "im lặng", "chưa từng có tín hiệu", "đang nghe"]
    sheet = load_workbook(io.BytesIO(client.get("/logs/", {"format": "xlsx"}).content)).active
    assert [cell.value for cell in sheet["A"]] == ["Cảm biến", "xa", "y-te", "bien"]
    assert client.get("/logs/", {"format": "pdf"}).status_code == 422


def test_several_logs_come_in_at_once_and_each_says_what_became_of_it(sign_in):
    client = sign_in("ha")
    seen = text(hand_in(client, log(), log(b"\x00\x01 no log", "picture.bin")))
    assert "flows.csv" in seen
    assert "đã nhận" in seen
    seen = text(hand_in_anyway(client, log(b"\x00\x01 no log", "picture.bin")))
    assert "Đã lưu nhưng không đọc được" in seen
    with scoped(system("tests")):
        entries = list(Entry.objects.filter(act="log.import"))
    assert len(entries) == 2
    assert all(entry.actor.startswith("person:") for entry in entries)
    assert sorted((one.file_name, one.rows, one.rejects) for one in lake().imports()) == [
        ("flows.csv", 1, 2), ("picture.bin", 0, 1),
    ]  # fmt: skip


def test_the_same_log_again_counts_once(sign_in):
    client = sign_in("ha")
    assert "đã có từ trước" not in text(hand_in(client, log()))
    assert "đã có từ trước: chỉ tính một lần" in text(hand_in(client, log()))
    assert len(lake().imports()) == 1


@pytest.mark.parametrize(("hand", "what", "said"), [(hand_in, "log", 'id="results"'), (cover, "beats", "1 mục mới")])
def test_what_became_of_files_is_a_page_that_a_reload_shows_again_to_whoever_handed_them_in(sign_in, hand, what, said):
    client = sign_in("ha")
    ((address, status),) = hand(client, log() if what == "log" else BEATS).redirect_chain
    assert status == 302
    for _ in range(2):
        seen = text(client.get(address))
        assert said in seen
        assert "dòng bị loại" in seen or "không dùng được" in seen
    assert said not in text(client.get("/logs/bien/"))
    assert said not in text(client.get(address.replace("bien", "y-te")))
    assert said not in text(sign_in("quan").get(address))


def test_the_session_keeps_no_more_of_a_rejected_line_than_the_page_shows(sign_in):
    client = sign_in("ha")
    long = "".join(f"bien,ngày {number} {'x' * 900},2026-04-20T05:00:00Z\n" for number in range(logs.SHOWN_LINES))
    ((address, _),) = cover(client, "sensor,from_utc,to_utc\n" + long).redirect_chain
    (outcome,) = client.session[logs.HANDED_IN].values()
    assert {len(reject["raw"]) for reject in outcome["rejects"]} == {logs.SHOWN_RAW}
    assert len(re.findall(r"<code>bien,ngày \d+ x+…</code>", text(client.get(address)))) == logs.SHOWN_LINES


def test_what_became_of_many_files_is_read_from_the_lake_at_once(sign_in, monkeypatch):
    client, walks, imports = sign_in("ha"), [], Lake.imports
    ((address, _),) = hand_in(client, *(log(FLOWS + b"\n" * n, f"{n}.csv") for n in range(3))).redirect_chain
    monkeypatch.setattr(Lake, "imports", lambda *of, **told: walks.append(told) or imports(*of, **told))
    assert text(client.get(address)).count("<code>yesterday,") == 3
    assert len(walks) == 1


def test_what_became_of_a_file_that_the_lake_holds_no_more_is_told_without_its_lines(sign_in, settings, tmp_path):
    client = sign_in("ha")
    ((address, _),) = hand_in(client, log()).redirect_chain
    assert "<code>yesterday," in text(client.get(address))
    settings.VONGGAC_HOME = Home(tmp_path / "empty")
    settings.VONGGAC_HOME.prepare()
    answer = client.get(address)
    assert (answer.status_code, 'id="results"' in text(answer), "<code>yesterday," in text(answer)) == (
        200,
        True,
        False,
    )


def test_a_log_above_the_limit_is_refused_and_the_others_come_in(sign_in, settings):
    settings.VONGGAC_UPLOAD_BYTES = 1 << 20
    seen = text(hand_in(sign_in("ha"), log(b"x" * ((1 << 20) + 1), "huge.csv"), log()))
    assert "Bị từ chối" in seen
    assert [one.file_name for one in lake().imports()] == ["flows.csv"]


def test_logs_that_were_all_refused_lead_to_a_page_that_says_so_and_is_read_again(sign_in, settings):
    settings.VONGGAC_UPLOAD_BYTES = 1 << 20
    client = sign_in("ha")
    answer = client.post("/logs/bien/import", {"files": [log(b"x" * ((1 << 20) + 1), "huge.csv")]})
    assert answer.status_code == 302
    for _ in range(2):
        assert "Bị từ chối" in text(client.get(answer.url))
    assert lake().imports() == []


def test_handing_in_nothing_asks_for_a_file(sign_in):
    assert sign_in("ha").post("/logs/bien/import").status_code == 422
    assert sign_in("ha").post("/logs/bien/coverage").status_code == 422


@pytest.mark.parametrize(("name", "status"), [("tam", 403), ("lan", 403), ("quan", 200), ("ha", 200)])
def test_only_those_whose_role_includes_it_hand_in_logs(sign_in, name, status):
    sensor = {"tam": "y-te", "lan": "xa"}.get(name, "bien")
    assert hand_in(sign_in(name), log(), sensor=sensor).status_code == status
    if status == 403:
        assert cover(sign_in(name), BEATS, sensor=sensor).status_code == 403
        assert "multipart/form-data" not in text(sign_in(name).get(f"/logs/{sensor}/"))
        assert lake().imports() == []


def test_the_rejects_of_a_file_are_a_table_that_no_spreadsheet_runs(sign_in):
    client = sign_in("ha")
    seen = text(hand_in(client, log()))
    path = re.search(r'href="(/logs/bien/rejects/[0-9a-f]+)"', seen).group(1)
    lines = list(csv.reader(io.StringIO(client.get(path).content.decode("utf-8-sig"))))
    assert lines[0] == ["Dòng", "Cột", "Lý do", "Nội dung dòng"]
    assert [line[0] for line in lines[1:]] == ["3", "4"]
    assert not any(cell.startswith("=") for line in lines for cell in line)
    assert client.get(f"/logs/bien/rejects/{'0' * 64}").status_code == 404
    assert client.get(path.replace("bien", "xa")).status_code == 404


def test_files_are_listed_the_newest_first_and_no_more_than_a_page_holds(sign_in, monkeypatch):
    client = sign_in("ha")
    for hour in range(3):
        monkeypatch.setattr("vonggac.desk.frame.now", lambda hour=hour: NOON + timedelta(hours=hour))
        hand_in(client, log(FLOWS + b"\n" * hour, f"part-{hour}.csv"))
    monkeypatch.setattr(logs, "SHOWN_IMPORTS", 2)
    seen = text(client.get("/logs/bien/"))
    assert seen.index("part-2.csv") < seen.index("part-1.csv")
    assert "part-0.csv" not in seen
    assert "2 tệp mới nhất" in seen


def test_heartbeats_are_written_and_their_rejects_shown(sign_in):
    client = sign_in("ha")
    seen = text(cover(client, BEATS))
    assert "1 mục mới" in seen
    assert "1 dòng bị loại" in seen
    with scoped(system("tests")):
        newest = SensorCoverage.objects.filter(sensor__name="bien").order_by("-from_utc").first()
        assert newest.to_utc == datetime(2026, 4, 20, 5, 0, tzinfo=UTC)
    assert "0 mục mới" in text(cover(client, BEATS))


def test_signs_of_life_that_are_yet_to_come_are_refused_with_what_to_do(sign_in):
    client = sign_in("ha")
    seen = text(cover(client, "sensor,from_utc,to_utc\nxa,2026-04-19T00:00:00Z,2026-05-04T00:00:00Z\n", sensor="xa"))
    assert "0 mục mới" in seen
    assert "2026-05-04T00:00:00Z chưa tới: chỉnh lại đồng hồ đã ghi dòng này" in seen
    assert "im lặng từ" in text(client.get("/logs/xa/"))


def test_a_sensor_whose_signs_lie_ahead_of_the_clock_is_told_so_and_heard_up_to_now(sign_in, monkeypatch):
    """The desk's own clock ran ahead when the signs came, and was set right."""
    client = sign_in("ha")
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON + timedelta(days=2))
    cover(client, BEATS.replace("04-20T05:00:00Z\n", "04-22T04:00:00Z\n", 1))
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    seen = text(client.get("/logs/bien/"))
    assert "đồng hồ chạy trước 1 ngày" in seen
    rows = json.loads(client.get("/logs/", {"format": "json"}).content)["rows"]
    assert {row["sensor"]: row["heard_to_utc"] for row in rows}["bien"] == "2026-04-20T04:00:00Z"


def test_the_first_page_counts_no_sensor_as_heard_by_signs_that_are_yet_to_come(sign_in, monkeypatch):
    client = sign_in("ha")
    late = NOON + timedelta(days=20)
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: late)
    cover(client, "sensor,from_utc,to_utc\nxa,2026-04-12T08:00:00Z,2026-05-10T00:00:00Z\n", sensor="xa")
    assert "1/3" in text(client.get("/"))
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    # The border's sensor alone: the other one spoke of the time to come.
    assert "1/3" in text(client.get("/"))
    assert "im lặng từ" in text(client.get("/logs/xa/"))


def test_a_sensor_of_rotated_files_takes_its_manifest(sign_in):
    manifest = "sensor,file,from_utc,to_utc,records\ny-te,a.log,2026-04-20T00:00:00Z,2026-04-20T04:00:00Z,5\n"
    client = sign_in("ha")
    seen = text(cover(client, manifest, sensor="y-te"))
    assert "1 mục mới" in seen
    assert "đang nghe" in text(client.get("/logs/y-te/"))


def test_signs_of_another_sensor_are_refused_whole(sign_in):
    response = cover(sign_in("ha"), BEATS + "xa,2026-04-20T00:00:00Z,2026-04-20T04:00:00Z\n")
    assert response.status_code == 422
    assert "xa" in text(response)
    with scoped(system("tests")):
        assert SensorCoverage.objects.filter(sensor__name__in=["bien", "xa"]).count() == 2


@pytest.mark.parametrize("path", ["/logs/", "/logs/bien/", "/logs/y-te/"])
def test_pages_fit_the_strict_content_security_policy(sign_in, path):
    seen = text(sign_in("ha").get(path))
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", seen)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", seen))


def test_a_case_leads_to_the_sensor_whose_file_could_not_be_read_whoever_may_open_its_page(sign_in, troupe):
    reason = "a record that may be a contact cannot be read in anh.png"
    missing = tuple(Missing("flow", reason, sensor) for sensor in ("bien", "y-te", "la"))
    with scoped(system("tests")):
        opening = Opening(
            troupe.organisations["so-y-te"], Kind.BOTNET_HOST, "PC-1", "PC-1", 3, "máy trạm", NOON, rule="clean_host"
        )
        (case,) = cases.open_many([opening], at=NOON)
        cases.claim(case.pk, Answer("đã cài lại", "Tâm"), at=NOON)
        verdict = Verdict(VerdictState.NOT_OBSERVABLE, (str(missing[0]),), missing)
        judging.conclude(case.pk, "clean_host", verdict, at=NOON)
    leads = {
        name: re.findall(r'href="/logs/([\w-]+)/"', text(sign_in(name).get(f"/cases/{case.pk}/")))
        for name in ("ha", "tam")
    }
    assert leads == {"ha": ["bien", "y-te"], "tam": ["y-te"]}


def test_the_cases_lead_to_the_sensors(sign_in):
    seen = text(sign_in("ha").get("/cases/"))
    assert re.search(r'href="/logs/"[^>]*>Nhật ký và cảm biến<', seen)


PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def path_of(seen: str, act: str) -> str:
    return re.search(rf'action="(/logs/bien/files/[0-9a-f]{{64}}/{act})"', seen).group(1)


def test_a_picture_is_taken_back_with_a_reason_and_put_back(sign_in):
    client = sign_in("ha")
    seen = text(hand_in_anyway(client, log(PICTURE, "photo.png")))
    assert "Nộp nhầm tệp này?" in seen
    assert "1 tệp không đọc được" in text(client.get("/logs/"))
    seen = text(client.post(path_of(seen, "take-back"), {"reason": "ảnh chụp màn hình"}, follow=True))
    assert "Đã rút lại photo.png" in seen
    assert "đã rút lại vì nộp nhầm:" in seen
    assert "ảnh chụp màn hình" in seen
    assert "tệp không đọc được" not in text(client.get("/logs/"))
    seen = text(client.post(path_of(seen, "put-back"), follow=True))
    assert "photo.png lại được tính là tệp không đọc được" in seen
    assert "1 tệp không đọc được" in text(client.get("/logs/"))
    with scoped(system("tests")):
        acts = list(Entry.objects.filter(act__in=("log.take_back", "log.put_back")).order_by("id"))
    assert [(one.act, one.detail["file"], one.detail["reason"]) for one in acts] == [
        ("log.take_back", "photo.png", "ảnh chụp màn hình"), ("log.put_back", "photo.png", "ảnh chụp màn hình"),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [PICTURE, b"code,name\nso-y-te,Health\n", FLOWS.splitlines()[0] + b"\nx,y,z\n"])
def test_a_file_of_which_no_record_reads_counts_only_once_a_person_says_so(sign_in, content):
    client = sign_in("ha")
    seen = text(hand_in(client, log(content, "organisations.csv")))
    assert "Chưa nhận: không đọc được dòng nào" in seen
    assert lake().imports() == []
    assert not Entry.objects.filter(act="log.import").exists()
    (path,) = re.findall(r'action="(/logs/bien/import/[0-9a-f]{64})"', seen)
    # Only whoever was asked, about this sensor and this file, may say so.
    assert sign_in("minh").post(path).status_code == 422
    assert client.post(path.replace("bien", "xa")).status_code == 422
    assert client.post(path[:-64] + "a" * 64).status_code == 422
    assert lake().imports() == []
    assert "Đã lưu nhưng không đọc được" in text(client.post(path, follow=True)) or content.startswith(b"time")
    assert [(one.file_name, one.rows) for one in lake().imports()] == [("organisations.csv", 0)]
    assert "Chưa nhận" not in text(hand_in(client, log(content, "organisations.csv")))


def test_undo_puts_back_no_file_that_was_taken_back_anew(sign_in):
    client = sign_in("ha")
    path = path_of(text(hand_in_anyway(client, log(PICTURE, "photo.png"))), "take-back")
    seen = text(client.post(path, {"reason": "nhầm"}, follow=True))
    undo = re.search(r'action="(\S+/put-back\?undone=\d+)"', seen)[1]
    minh = sign_in("minh")
    minh.post(path.replace("take-back", "put-back"))
    minh.post(path, {"reason": "ảnh chụp màn hình"})
    refused = client.post(undo)
    assert refused.status_code == 409
    assert "chưa hoàn tác gì" in text(refused)
    assert "ảnh chụp màn hình" in text(client.get("/logs/bien/"))


def test_the_same_picture_handed_in_again_stays_taken_back(sign_in):
    client = sign_in("ha")
    seen = text(hand_in_anyway(client, log(PICTURE, "photo.png")))
    client.post(path_of(seen, "take-back"), {"reason": "nhầm"})
    hand_in(client, log(PICTURE, "other.png"))
    assert "tệp không đọc được" not in text(client.get("/logs/"))


def test_taking_back_is_refused_without_a_reason_twice_and_for_a_file_that_was_read(sign_in):
    client = sign_in("ha")
    seen = text(hand_in_anyway(client, log(PICTURE, "photo.png"), log()))
    path = path_of(seen, "take-back")
    assert seen.count("/take-back") == 1
    refused = client.post(path, {"reason": " "})
    assert refused.status_code == 422
    assert "hãy ghi vì sao nộp nhầm tệp này" in text(refused)
    assert client.post(path.replace("take-back", "put-back")).status_code == 409
    assert client.post(path, {"reason": "nhầm"}).status_code == 302
    assert client.post(path, {"reason": "nhầm"}).status_code == 409
    read = next(one for one in lake().imports() if one.rows)
    refused = client.post(f"/logs/bien/files/{read.source_sha256}/take-back", {"reason": "nhầm"})
    assert refused.status_code == 409
    assert "chỉ rút lại được tệp không đọc được bản ghi nào" in text(refused)


def test_taking_back_needs_the_right_to_import_and_a_file_of_the_sensor(sign_in):
    path = path_of(text(hand_in_anyway(sign_in("ha"), log(PICTURE, "photo.png"))), "take-back")
    assert sign_in("lan").post(path, {"reason": "x"}).status_code in {403, 404}
    assert sign_in("ha").post(f"/logs/bien/files/{'a' * 64}/take-back", {"reason": "x"}).status_code == 404
    assert sign_in("ha").post(path.replace("bien", "xa"), {"reason": "x"}).status_code == 404


NAT = "Thời gian bắt đầu;Thời gian kết thúc;IP công cộng;Cổng công cộng;IP nội bộ\n"
TRANSLATION = "2026-11-28T18:00:00Z;2026-11-28T20:00:00Z;203.0.113.70;40001;10.20.0.11\n"


def test_a_nat_log_for_a_flow_sensor_is_refused_by_name_and_puts_nobody_in_doubt(sign_in):
    client = sign_in("ha")
    seen = text(hand_in(client, log((NAT + TRANSLATION).encode(), "nat.csv")))
    assert "nat.csv là nhật ký NAT, còn cảm biến này ghi nhật ký luồng; đó là cảm biến bien" in seen
    assert "Bị từ chối" in seen
    assert "Nộp nhầm tệp này?" not in seen
    assert "tệp không đọc được" not in text(client.get("/logs/"))
