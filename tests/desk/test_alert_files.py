"""A file of alerts handed in on the page of its source: looked at first, taken in by the worker, counted once."""

import gzip
import hashlib
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from tests.alerts.sources import count, declare, eve, findings, lines
from tests.cast import NOON
from vonggac.alerts.models import Arrival, SetAside, Source
from vonggac.alerts.services import sources
from vonggac.flows.alert_files import import_file
from vonggac.flows.uploads import lake
from vonggac.jobs import run_waiting
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
EVENTS = lines(eve(1, rule=1), eve(2, rule=2), "{broken\n", {"event_type": "flow", "timestamp": NOON.isoformat()})


@pytest.fixture
def source(desk) -> Source:
    return declare(desk.people, "ids")


def text(response) -> str:
    return response.content.decode()


def page(source: Source, act: str = "") -> str:
    return f"/cases/alerts/sources/{source.pk}/{act}"


def hand_in(client, source: Source, content: bytes = EVENTS, name: str = "eve.json"):
    return client.post(page(source, "files/"), {"file": SimpleUploadedFile(name, content)}, follow=True)


def take_in(client, source: Source, preview):
    sha256 = re.search(r'name="sha256" value="([0-9a-f]{64})"', text(preview))[1]
    return client.post(page(source, "files/import/"), {"sha256": sha256}, follow=True)


def test_a_file_is_looked_at_before_anything_of_it_counts(sign_in, source):
    seen = text(hand_in(sign_in("ha"), source))
    assert "2 cảnh báo, 1 dòng bị loại, 1 bản ghi quan sát" in seen
    assert "GPL ATTACK_RESPONSE 1" in seen
    assert "{broken" in seen
    run_waiting()
    assert count() == 0
    with scoped(DESK):
        assert not Arrival.objects.exists()


def test_times_ahead_are_told_before_the_file_counts_and_on_the_page_of_the_source(sign_in, source):
    client = sign_in("ha")
    preview = hand_in(client, source, lines(eve(1, timestamp="2099-04-20T10:00:00+0000"), eve(2)))
    assert "1 cảnh báo mang giờ chưa tới" in text(preview)
    take_in(client, source, preview)
    run_waiting()
    shown = text(client.get(page(source)))
    assert "đồng hồ nguồn chạy trước" in shown
    assert "1 cảnh báo mang giờ đi trước lúc nhận tệp" in shown
    assert "đồng hồ nguồn chạy trước" in text(client.get("/cases/alerts/sources/"))
    assert "Đồng hồ nguồn ids chạy trước" in text(client.get("/cases/alerts/"))


def test_a_file_of_which_not_one_alert_is_read_asks_whether_it_is_the_right_one(sign_in, source):
    seen = text(hand_in(sign_in("ha"), source, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "photo.png"))
    assert "Không đọc được cảnh báo nào. Có đúng là tệp của nguồn này không?" in seen
    assert "btn primary" not in seen.split("<main", 1)[1]
    assert "btn primary" in text(hand_in(sign_in("ha"), source)).split("<main", 1)[1]


def test_a_preview_can_be_loaded_again_and_come_back_to(sign_in, source):
    client = sign_in("ha")
    address = page(source, f"files/{hashlib.sha256(EVENTS).hexdigest()}/")
    seen = hand_in(client, source)
    assert seen.redirect_chain == [(address, 302)]
    for _look in range(2):
        assert "2 cảnh báo, 1 dòng bị loại, 1 bản ghi quan sát" in text(client.get(address))
    assert sign_in("minh").get(address).status_code == 422
    take_in(client, source, seen)
    back = client.get(address, follow=True)
    assert back.redirect_chain == [(page(source), 302)]
    assert "Đã lưu eve.json; hệ thống đang đọc." in text(back)
    run_waiting()
    assert "đã nộp và đọc từ trước" in text(client.get(address, follow=True))
    assert count() == 2


def test_a_preview_whose_file_is_gone_says_what_to_do(sign_in, source):
    client = sign_in("ha")
    seen = hand_in(client, source)
    sha256 = hashlib.sha256(EVENTS).hexdigest()
    lake().raw_path(sha256).unlink()
    for answer in (client.get(page(source, f"files/{sha256}/")), take_in(client, source, seen)):
        assert answer.status_code == 422
        assert "nộp lại tệp" in text(answer)
    with scoped(DESK):
        assert not Arrival.objects.exists()


def test_the_worker_takes_it_in_as_the_command_does(sign_in, source, tmp_path):
    client = sign_in("ha")
    answer = text(take_in(client, source, hand_in(client, source)))
    assert "Đã lưu eve.json; hệ thống đang đọc." in answer
    assert "chưa đọc xong" in answer
    assert count() == 0
    run_waiting()
    assert sorted(one.rule for one in findings()) == ["1", "2"]
    seen = text(client.get(page(source)))
    assert "chưa đọc xong" not in seen
    assert "{broken" in seen
    with scoped(DESK):
        arrival = Arrival.objects.get()
        assert (arrival.file_name, arrival.records, arrival.rejects, arrival.observations) == ("eve.json", 2, 1, 1)
        assert Entry.objects.get(act="alert.receive").actor.startswith("person:")
    path = tmp_path / "the same under another name.json"
    path.write_bytes(EVENTS)
    assert import_file(path, "ids", DESK, at=NOON).is_known


def test_the_same_file_twice_counts_once_and_is_told_so(sign_in, source):
    client = sign_in("ha")
    take_in(client, source, hand_in(client, source))
    # A second press before the worker came.
    take_in(client, source, hand_in(client, source))
    run_waiting()
    assert "đã nộp và đọc từ trước: không tính hai lần" in text(take_in(client, source, hand_in(client, source)))
    run_waiting()
    assert count() == 2


def test_a_second_press_waits_until_the_first_was_read(sign_in, source):
    client = sign_in("ha")
    for _press in range(2):
        take_in(client, source, hand_in(client, source))
    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_register_worker_v1()")
        (worker,) = cursor.fetchone()
        begun = []
        for _turn in range(4):
            cursor.execute("SELECT task_name FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
            begun += cursor.fetchone()
    assert begun.count("alerts.take_in") == 1


def test_a_packed_file_is_read_as_it_is(sign_in, source):
    client = sign_in("ha")
    take_in(client, source, hand_in(client, source, gzip.compress(EVENTS), "eve.json.gz"))
    run_waiting()
    assert count() == 2


def test_a_file_that_the_declaration_cannot_read_is_refused_with_the_way_on(sign_in, source):
    with scoped(DESK):
        sources.change(source, sources.Declaration("json"), at=NOON)
    seen = text(hand_in(sign_in("ha"), source))
    assert "JSON tự do cần bảng ghép" in seen
    assert 'name="sha256"' not in seen
    assert page(source, "change/") not in seen
    assert page(source, "change/") in text(hand_in(sign_in("quan"), source))
    with scoped(DESK):
        assert not SetAside.objects.exists()


def test_nothing_chosen_and_too_much_come_back_on_the_page_of_the_source(sign_in, source, settings):
    client = sign_in("ha")
    answer = client.post(page(source, "files/"))
    assert answer.status_code == 422
    assert "Hãy chọn ít nhất một tệp" in text(answer)
    settings.VONGGAC_UPLOAD_BYTES = 1 << 20
    answer = hand_in(client, source, b" " * (1 << 20) + b"\n")
    assert answer.status_code in {413, 422}
    assert "1 MiB" in text(answer)


def test_only_what_this_session_looked_at_for_this_source_can_be_taken_in(sign_in, desk, source):
    client, other = sign_in("ha"), declare(desk.people, "wazuh")
    preview = hand_in(client, source)
    for stranger, where in ((sign_in("minh"), source), (client, other)):
        sha256 = re.search(r'value="([0-9a-f]{64})"', text(preview))[1]
        answer = stranger.post(page(where, "files/import/"), {"sha256": sha256})
        assert answer.status_code == 422
        assert "nộp lại tệp" in text(answer)
    with scoped(DESK):
        assert not Arrival.objects.exists()


def test_whoever_may_not_import_and_whoever_does_not_see_the_source_hands_nothing_in(sign_in, source):
    assert "Nộp tệp cảnh báo" not in text(sign_in("tam").get(page(source)))
    assert hand_in(sign_in("lan"), source).status_code == 403
    assert hand_in(sign_in("vinh"), source).status_code in {403, 404}
    with scoped(DESK):
        sources.retire(source, at=NOON, reason="thay máy")
    assert "Nộp tệp cảnh báo" not in text(sign_in("ha").get(page(source)))
    assert hand_in(sign_in("ha"), source).status_code == 404
