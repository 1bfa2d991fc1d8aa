"""Sources of alerts in the desk: declared, tried before they are kept, changed, given keys, read again, retired."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from tests.alerts.sources import declare, eve, findings, lines
from tests.cast import NOON
from vonggac.alerts.models import Mailbox, SetAside, Source
from vonggac.alerts.services import files, mailboxes, sources
from vonggac.errors import IntegrityFailure
from vonggac.flows import alert_replay, alert_trial
from vonggac.flows.alert_files import import_file
from vonggac.flows.uploads import lake
from vonggac.jobs import run_waiting
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
LIST = "/cases/alerts/sources/"
FIELDS = {"name": "bkav", "organisation": "hai-van", "time_zone": "Asia/Ho_Chi_Minh", "minutes": "90", "act": "keep"}
MAPPING = '[fields]\ntitle = "name"\nhost = "machine"\ntime = "at"\n'
LINES = """{"name": "Mã độc A", "machine": "PC-7", "at": "20/04/2026 08:00:00"}
{"name": "B", "machine": "PC-8", "at": "?"}
"""


def text(response) -> str:
    return response.content.decode()


def kept(name: str = "bkav") -> Source:
    with scoped(DESK):
        return Source.objects.get(name=name)


def page(source: Source, act: str = "") -> str:
    return f"{LIST}{source.pk}/{act}"


@pytest.fixture
def source(desk) -> Source:
    return declare(desk.people, "ids", folder="/var/log/suricata/eve*", senders=("192.0.2.0/28",))


@pytest.fixture
def broken(source, tmp_path) -> Source:
    """A source of which a line could not be read."""
    path = tmp_path / "eve.json"
    path.write_bytes(lines(eve(1), '{"name": "Mã độc A", "machine": "PC-7"}'))
    import_file(path, "ids", DESK, at=NOON)
    return source


def test_a_source_is_declared_and_stands_in_the_list(sign_in, desk):
    client = sign_in("quan")
    shown = text(client.post(f"{LIST}new/", FIELDS | {"is_signed": "on"}, follow=True))
    assert "Đã khai báo bkav" in shown
    made = kept()
    assert (made.expected_seconds, made.time_zone, made.is_signed) == (5_400, "Asia/Ho_Chi_Minh", True)
    assert made.org_path == desk.people.organisations["hai-van"].path
    assert f'href="/cases/alerts/sources/{made.pk}/"' in text(client.get(LIST))
    assert "1 giờ 30 phút" in text(client.get(page(made)))


@pytest.mark.parametrize(
    ("minutes", "apart", "is_said"),
    [
        ([419, 420, 421, 420, 424], timedelta(minutes=15), True),  # seven hours, and what a message takes on its way
        ([420] * 5, timedelta(minutes=10), False),  # held up once, and brought within the hour
        ([419, 420, 421, 420], timedelta(minutes=30), False),  # too few
        ([419, 420, 421, 420, 300], timedelta(minutes=15), False),  # late ones among them, each by itself
        ([1, 2, 1, 0, 1], timedelta(minutes=15), False),
        ([390] * 5, timedelta(minutes=15), False),
    ],
)
def test_times_that_are_always_whole_hours_late_are_told_on_the_page_of_the_source(
    sign_in, source, tmp_path, minutes, apart, is_said
):
    for number, late in enumerate(minutes):
        path, at = tmp_path / f"{number}.json", NOON + apart * number
        path.write_bytes(lines(eve(rule=number, timestamp=(at - timedelta(minutes=late)).isoformat())))
        import_file(path, "ids", DESK, at=at)
    shown = text(sign_in("ha").get(page(source)))
    assert ("đều chậm 7 giờ so với lúc nhận" in shown) == is_said
    assert ("Giờ không ghi múi giờ" in shown) == is_said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "b k"}, "đặt tên nguồn bằng chữ cái"),
        ({"organisation": "nowhere"}, "Chọn một đơn vị trong danh sách"),
        ({"minutes": "an hour"}, "phải là số nguyên"),
        ({"time_zone": "Hà Nội"}, "Hà Nội"),
        ({"mapping": "fields"}, "TOML"),
        ({"name": "ids"}, "tên ids đã dùng cho nguồn khác"),
    ],
)
def test_what_cannot_be_declared_is_said_and_what_was_typed_stays(sign_in, source, wrong, said):
    answer = sign_in("quan").post(f"{LIST}new/", FIELDS | wrong)
    assert answer.status_code == 422
    assert said in text(answer)
    assert f'value="{(FIELDS | wrong)["name"]}"' in text(answer)
    with scoped(DESK):
        assert Source.objects.count() == 1


def test_the_organisation_is_chosen_from_those_below_ones_own(sign_in, desk):
    form = html.fromstring(text(sign_in("quan").get(f"{LIST}new/")))
    offered = {
        option.get("value"): option.get("selected") for option in form.xpath("//select[@name='organisation']/option")
    }
    assert {"hai-van", "so-y-te"} <= set(offered)
    assert "dong-son" not in offered
    assert [code for code, chosen in offered.items() if chosen is not None] == ["hai-van"]
    sign_in("quan").post(f"{LIST}new/", FIELDS | {"organisation": "so-y-te"})
    assert kept().org_path == desk.people.organisations["so-y-te"].path
    refused = sign_in("quan").post(f"{LIST}new/", FIELDS | {"name": "other", "organisation": "dong-son"})
    assert refused.status_code == 422


def test_a_mapping_is_tried_on_lines_and_nothing_is_kept(sign_in, desk):
    tried = {"act": "try", "format_name": "json", "mapping": MAPPING, "sample": LINES}
    client = sign_in("quan")
    answer = client.post(f"{LIST}new/", FIELDS | tried)
    for _ in range(2):
        shown = text(client.get(answer.headers["Location"]))
        assert "Kết quả đọc thử" in shown
    assert "Mã độc A" in shown
    assert 'name="name" maxlength="64" value="bkav"' in shown
    assert "Kết quả đọc thử" not in text(client.get(f"{LIST}new/"))
    assert "PC-8" in shown
    assert "2 cảnh báo, 0 dòng bị loại" in shown
    refused = text(client.post(f"{LIST}new/", FIELDS | tried | {"mapping": ""}, follow=True))
    assert "Kết quả đọc thử" in refused
    assert "generic JSON" not in refused
    assert sign_in("quan").post(f"{LIST}new/", FIELDS | tried | {"sample": " "}).status_code == 422
    with scoped(DESK):
        assert not Source.objects.exists()


def test_a_mapping_is_guessed_from_names_and_kept_only_once_a_person_confirmed_it(sign_in, desk):
    client = sign_in("quan")
    guess = {"act": "guess", "sample": '{"threat": {"name": "Mã độc A"}, "pc": {"hostname": "PC-7"}, "x": 1}'}
    answer = client.post(f"{LIST}new/", FIELDS | guess)
    form = html.fromstring(text(client.get(answer.headers["Location"])))
    mapping = form.xpath("//textarea[@name='mapping']")[0].value
    guessed = '[fields]\ntitle = ["threat.name"]  # ? Mã độc A\nhost = ["pc.hostname"]  # ? PC-7\n'
    assert mapping.strip() == f'{guessed}#  = ["x"]  # 1'
    assert form.xpath("//select[@name='format_name']")[0].value == "json"
    assert "2 dòng được đoán theo tên: title, host" in form.text_content()
    # What it would give is shown at once, and nothing is kept.
    assert "PC-7" in form.xpath("string(//section[@aria-labelledby='trial'])")
    kept_so = FIELDS | {"format_name": "json", "mapping": mapping}
    refused = client.post(answer.headers["Location"], kept_so)
    assert refused.status_code == 422
    assert "chưa ai xác nhận: title, host" in text(refused)
    assert "Mã độc A" in text(refused)
    with scoped(DESK):
        assert not Source.objects.exists()
    client.post(f"{LIST}new/", kept_so | {"is_confirmed": "on"})
    assert kept().mapping.strip() == '[fields]\ntitle = ["threat.name"]\nhost = ["pc.hostname"]'


def test_a_guess_leaves_what_a_person_wrote_and_a_line_whose_mark_was_taken_off_is_confirmed(sign_in, desk):
    client = sign_in("quan")
    guess = {"act": "guess", "format_name": "json", "sample": LINES, "mapping": '[fields]\nhost = "machine"'}
    form = html.fromstring(text(client.post(f"{LIST}new/", FIELDS | guess, follow=True)))
    mapping = form.xpath("//textarea[@name='mapping']")[0].value.strip()
    assert mapping.endswith('host = "machine"')
    assert "2 dòng được đoán theo tên: time, title" in form.text_content()
    by_hand = mapping.replace("  # ? Mã độc A", "").replace("  # ? 20/04/2026 08:00:00", "")
    client.post(f"{LIST}new/", FIELDS | {"format_name": "json", "mapping": by_hand})
    assert kept().mapping == by_hand


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (lines(eve(1)).decode(), "các dòng này đọc được ngay, là Suricata EVE JSON"),
        ('{"a": 1, "b": 2}', "hãy tự viết phần [fields] của bảng ghép"),
        (" ", "Hãy dán vài dòng mà nguồn ghi ra."),
    ],
)
def test_where_nothing_can_be_guessed_it_is_said_and_what_was_typed_stays(sign_in, desk, sample, said):
    answer = sign_in("quan").post(f"{LIST}new/", FIELDS | {"act": "guess", "sample": sample})
    assert answer.status_code == 422
    assert said in text(answer)
    assert 'value="bkav"' in text(answer)


def test_what_was_set_aside_is_what_a_guess_starts_from(sign_in, desk, tmp_path):
    source = declare(desk.people, "console", format_name="json")
    (tmp_path / "product.json").write_text(LINES, encoding="utf-8")
    import_file(tmp_path / "product.json", "console", DESK, at=NOON)
    shown = text(sign_in("quan").post(page(source, "change/"), {"act": "guess", "time_zone": "UTC"}, follow=True))
    assert "3 dòng được đoán theo tên: time, title, host" in shown


def test_a_trial_says_what_was_read_as_empty_and_what_class_an_alert_has(sign_in, desk):
    mapping = MAPPING.replace('host = "machine"', 'source_address = "machine"\nclass = "kind"')
    sample = '{"name": "A", "machine": "PC-7", "at": "20/04/2026 08:00:00", "kind": "ransomware"}'
    tried = {"act": "try", "format_name": "json", "mapping": mapping, "sample": sample}
    shown = text(sign_in("quan").post(f"{LIST}new/", FIELDS | tried, follow=True))
    assert "1 cảnh báo, 0 dòng bị loại, 0 bản ghi quan sát, 1 ô không đọc được" in shown
    table, emptied = html.fromstring(shown).xpath("//section[@aria-labelledby='trial']//table")
    assert "mã độc" in [cell.text for cell in table.xpath(".//td")]
    assert [cell.text_content() for cell in emptied.xpath(".//td")][:2] == ["1", "source_address"]


@pytest.mark.parametrize(
    ("named", "shown"), [("", "08:00"), ('time_zone = "UTC"\n', "15:00"), ('time_zone = "+09:00"\n', "06:00")]
)
@pytest.mark.parametrize("sample", [LINES, "at,name,machine\n20/04/2026 08:00:00,A,PC-7\n"])
def test_a_mapping_that_names_no_zone_reads_times_in_the_zone_of_the_source(sign_in, desk, named, shown, sample):
    tried = {"act": "try", "format_name": "", "mapping": named + MAPPING, "sample": sample}
    page = html.fromstring(text(sign_in("quan").post(f"{LIST}new/", FIELDS | tried, follow=True)))
    assert page.xpath("string(//section[@aria-labelledby='trial']//tbody/tr[1]/td[1])").endswith(shown)


def test_a_refused_trial_speaks_of_the_form_and_not_of_the_shell(sign_in, desk):
    tried = {"act": "try", "format_name": "", "sample": "một dòng không ai hiểu"}
    shown = text(sign_in("quan").post(f"{LIST}new/", FIELDS | tried, follow=True))
    assert "không tự nhận ra định dạng của bản tin; hãy chọn định dạng" in shown
    assert "--" not in html.fromstring(shown).xpath("string(//section[@aria-labelledby='trial'])")


def test_a_coordinator_that_was_tried_is_declared_as_one(sign_in, desk):
    client = sign_in("quan")
    coordinator = {
        "is_coordinator": "on", "subject_pattern": r"\[(DP-[0-9]+)\]", "acknowledge_minutes": "120", "act": "try",
        "format_name": "json", "mapping": MAPPING, "sample": LINES,
    }  # fmt: skip
    form = html.fromstring(text(client.post(f"{LIST}new/", FIELDS | coordinator, follow=True))).forms
    (declared,) = [dict(one.form_values()) for one in form if "subject_pattern" in one.fields]
    client.post(f"{LIST}new/", {**declared, "act": "keep"})
    made = kept()
    assert (made.is_coordinator, made.subject_pattern, made.acknowledge_minutes) == (True, r"\[(DP-[0-9]+)\]", 120)


def test_what_was_set_aside_is_what_a_change_is_tried_on(sign_in, broken):
    tried = {"act": "try", "format_name": "json", "mapping": MAPPING, "time_zone": "UTC"}
    shown = text(sign_in("quan").post(page(broken, "change/"), tried, follow=True))
    assert "PC-7" in shown
    # The line before it was read long ago: it is not part of the trial.
    assert "1 cảnh báo, 0 dòng bị loại" in shown
    assert kept("ids").format_name == "suricata-eve"


def test_a_trial_ends_where_a_page_would_wait_too_long(sign_in, desk, monkeypatch):
    monkeypatch.setattr(alert_trial, "MOST_READ", 10)
    sample = lines(*({"name": f"A{number}", "machine": "PC-7"} for number in range(20_000)))
    tried = {"act": "try", "format_name": "json", "mapping": MAPPING, "sample": sample.decode()}
    assert "của 100.000 bản ghi đầu" in text(sign_in("quan").post(f"{LIST}new/", FIELDS | tried, follow=True))


def test_a_rhythm_that_was_declared_to_the_second_stays_so_while_nobody_changes_it(sign_in, desk):
    source = declare(desk.people, "ids", expected_seconds=90)
    client = sign_in("quan")
    assert 'name="minutes" inputmode="numeric" pattern="[0-9]*" value="2"' in text(client.get(page(source, "change/")))
    for minutes, seconds in (("2", 90), ("3", 180), ("2", 120)):
        client.post(page(source, "change/"), {"act": "keep", "time_zone": "UTC", "minutes": minutes})
        assert kept("ids").expected_seconds == seconds


def test_where_nothing_came_yet_the_pages_lead_to_the_declaration(sign_in, desk):
    for path in ("/cases/alerts/", LIST):
        assert f'href="{LIST}new/"' in text(sign_in("quan").get(path))
        assert f'href="{LIST}new/"' not in text(sign_in("ha").get(path))
    assert f'href="{LIST}"' in text(sign_in("ha").get("/cases/alerts/"))


def test_a_change_keeps_the_files_and_senders_of_the_machine(sign_in, source):
    client = sign_in("quan")
    assert 'value="UTC"' in text(client.get(page(source, "change/")))
    client.post(page(source, "change/"), {"act": "keep", "time_zone": "UTC", "minutes": ""})
    now = kept("ids")
    assert (now.format_name, now.expected_seconds, now.folder) == ("", None, "/var/log/suricata/eve*")
    assert now.senders == ["192.0.2.0/28"]


def test_the_pages_ask_as_few_questions_for_many_as_for_one(sign_in, desk, broken, tmp_path):
    client = sign_in("quan")
    paths = (LIST, page(broken))

    def asked() -> list[int]:
        counted = []
        for path in paths:
            client.get(path)
            with CaptureQueriesContext(connection) as seen:
                client.get(path)
            counted.append(len(seen))
        return counted

    few = asked()
    for number in range(8):
        declare(desk.people, f"more-{number}")
        path = tmp_path / f"more-{number}.json"
        path.write_bytes(lines(eve(number), f"{{broken {number}"))
        import_file(path, "ids", DESK, at=NOON)
    assert asked() == few


def test_a_key_is_shown_once_and_opens_for_the_source(sign_in, source):
    client = sign_in("quan")
    answer = client.post(page(source, "token/"))
    token = re.search(r"vga_[\w-]{43}", text(answer))[0]
    assert "no-store" in answer["Cache-Control"]
    assert kept("ids").token_digest == sources.digest(token)
    assert token not in text(client.get(page(source)))
    secret = re.search(r"vgh_[0-9a-f]{64}", text(client.post(page(source, "secret/"))))[0]
    assert secret not in text(client.get(page(source)))


MAILBOX = {
    "host": "mail.example.vn", "port": "993", "username": "a@example.vn", "password": "bí mật 7", "folder": "",
    "act": "keep",
}  # fmt: skip


@pytest.fixture
def home(settings, tmp_path):
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()


def test_a_mailbox_is_kept_with_its_password_sealed_changed_without_it_and_removed(sign_in, home, source):
    client = sign_in("quan")
    assert "được đọc trong vòng một phút" in text(client.post(page(source, "mailbox/"), MAILBOX, follow=True))
    with scoped(DESK):
        kept = Mailbox.objects.get()
        assert (kept.host, kept.folder, kept.org_path) == ("mail.example.vn", "INBOX", source.org_path)
        assert "bí mật" not in kept.secret
        assert mailboxes.password_of(kept) == "bí mật 7"
    shown = text(client.get(page(source)))
    assert "bí mật" not in shown
    assert "chưa đọc lần nào" in shown
    client.post(page(source, "mailbox/"), MAILBOX | {"password": "", "folder": "Cảnh báo"})
    with scoped(DESK):
        changed = Mailbox.objects.get()
        assert (changed.folder, mailboxes.password_of(changed)) == ("Cảnh báo", "bí mật 7")
        mailboxes.let_go(changed, "the mail server did not play along: no such folder", at=NOON)
    assert "máy chủ thư không đáp ứng" in text(client.get(page(source)))
    assert "không đọc được hộp thư" in text(client.get(LIST))
    client.post(page(source, "mailbox/"), {"act": "remove"})
    with scoped(DESK):
        assert not Mailbox.objects.exists()
        acts = Entry.objects.filter(act__startswith="alert_source.mailbox").order_by("pk")
        assert list(acts.values_list("act", flat=True)) == [
            "alert_source.mailbox", "alert_source.mailbox", "alert_source.mailbox_trouble", "alert_source.mailbox_end",
        ]  # fmt: skip
        assert not [entry for entry in acts if "bí mật" in str(entry.detail)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"host": "127.0.0.1"}, "VONGGAC_PRIVATE_DESTINATIONS=127.0.0.1"),
        ({"port": "imap"}, "phải là số nguyên"),
        ({"password": ""}, "nhập mật khẩu của hộp thư"),
        ({"username": ""}, "tài khoản"),
    ],
)
def test_a_mailbox_that_could_never_be_read_is_refused(sign_in, home, source, wrong, said):
    answer = sign_in("quan").post(page(source, "mailbox/"), MAILBOX | wrong)
    assert answer.status_code == 422
    assert said in text(answer)


def test_what_was_set_aside_is_read_again_by_the_worker(sign_in, broken):
    client = sign_in("ha")
    assert "1 tệp và bản tin" in text(client.post(page(broken, "replay/"), follow=True))
    run_waiting()
    with scoped(DESK):
        # Nothing was mended: it waits on.
        assert SetAside.objects.filter(replayed_at=None).count() == 1
        sources.change(kept("ids"), sources.Declaration("json", MAPPING), at=NOON)
    client.post(page(broken, "replay/"))
    run_waiting()
    assert [one.title for one in findings(subject="PC-7")] == ["Mã độc A"]
    assert "Đã đọc được tất cả" in text(client.get(page(broken)))
    assert client.post(page(broken, "replay/")).status_code == 409
    with scoped(DESK):
        assert Entry.objects.filter(act="alert.replay_asked").count() == 2


def test_a_picture_that_was_set_aside_is_taken_back_and_waits_again(sign_in, broken, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    import_file(path, "ids", DESK, at=NOON)
    with scoped(DESK):
        photo = SetAside.objects.get(file_name="photo.png")
    client, act = sign_in("ha"), page(broken, f"set-aside/{photo.pk}/take-back/")
    assert act in text(client.get(page(broken)))
    refused = client.post(act, {"reason": " "})
    assert refused.status_code == 422
    assert "hãy ghi vì sao nộp nhầm" in text(refused)
    seen = text(client.post(act, {"reason": "ảnh chụp"}, follow=True))
    assert "Đã rút lại photo.png" in seen
    assert "ảnh chụp" in seen
    assert "photo.png" not in text(client.get(LIST))
    assert client.post(act, {"reason": "ảnh chụp"}).status_code == 409
    seen = text(client.post(page(broken, f"set-aside/{photo.pk}/put-back/"), follow=True))
    assert "photo.png lại chờ được đọc" in seen
    assert "photo.png" in text(client.get(LIST))
    assert sign_in("lan").post(act, {"reason": "x"}).status_code in {403, 404}
    with scoped(DESK):
        acts = Entry.objects.filter(act__in=("alert.take_back", "alert.put_back")).order_by("id")
        assert [(one.act, one.detail["reason"]) for one in acts] == [
            ("alert.take_back", "ảnh chụp"), ("alert.put_back", "ảnh chụp"),
        ]  # fmt: skip


def test_the_rest_of_a_partly_read_file_is_taken_back_by_its_page_and_undone(sign_in, broken, tmp_path):
    with scoped(DESK):
        sources.change(broken, sources.Declaration("json", MAPPING), at=NOON)
    path = tmp_path / "half.json"
    path.write_bytes(lines('{"name": "Mã độc B", "machine": "PC-9"}', "{broken"))
    import_file(path, "ids", DESK, at=NOON)
    client = sign_in("ha")
    seen = text(client.get(page(broken)))
    assert "1 cảnh báo đã đọc được vẫn giữ" in seen
    act = re.search(r'action="(\S+/take-back/)"', seen)[1]
    seen = text(client.post(act, {"reason": "nhầm tệp"}, follow=True))
    assert "1 cảnh báo đã đọc được vẫn giữ" in seen
    assert "half.json" not in text(client.get(LIST))
    undo = re.search(r'action="(\S+/put-back/\?undone=[^"]+)"', seen)[1]
    with scoped(DESK):
        files.put_back(int(undo.split("/")[-3]), by="Bình", at=NOON)
        files.take_back(int(undo.split("/")[-3]), "lần nữa", by="Bình", at=NOON + timedelta(hours=1))
    assert client.post(undo).status_code == 409
    assert [one.title for one in findings(subject="PC-9")] == ["Mã độc B"]


def test_what_cannot_be_found_any_more_keeps_nothing_else_back(broken, tmp_path):
    path = tmp_path / "second.json"
    path.write_bytes(lines('{"name": "Mã độc B", "machine": "PC-9"}'))
    import_file(path, "ids", DESK, at=NOON)
    with scoped(DESK):
        first, second = SetAside.objects.order_by("pk")
        sources.change(broken, sources.Declaration("json", MAPPING), at=NOON)
    lake().raw_path(first.raw.removeprefix("file/")).unlink()
    with pytest.raises(IntegrityFailure):
        alert_replay.replay_source(broken.pk)
    with scoped(DESK):
        assert list(SetAside.objects.filter(replayed_at=None)) == [first]
    assert [one.subject for one in findings(title="Mã độc B")] == ["PC-9"]
    assert second.raw != first.raw


def test_a_retired_source_needs_a_reason_and_is_missed_no_more(sign_in, source):
    client = sign_in("quan")
    assert client.post(page(source, "retire/"), {"reason": " "}).status_code == 422
    assert "Đã ngừng ids" in text(client.post(page(source, "retire/"), {"reason": "thay máy"}, follow=True))
    assert kept("ids").retired_at is not None
    assert "đã ngừng" in text(client.get(page(source)))
    for act in ("change/", "token/", "secret/", "mailbox/", "retire/"):
        assert client.post(page(source, act), {"reason": "x"}).status_code == 404


def test_whoever_does_not_administer_only_looks_and_a_stranger_finds_nothing(sign_in, source):
    assert "Mã truy cập mới" not in text(sign_in("ha").get(page(source)))
    assert sign_in("ha").get(f"{LIST}new/").status_code == 403
    for act in ("change/", "token/", "secret/", "mailbox/", "retire/"):
        assert sign_in("ha").post(page(source, act), {"reason": "x"}).status_code == 403
    assert sign_in("lan").post(page(source, "replay/")).status_code == 403
    for act in ("", "change/"):
        assert sign_in("vinh").get(page(source, act)).status_code in {403, 404}
