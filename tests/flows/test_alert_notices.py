"""Notices of a coordinator: one an identifier by mail, file and hand; its clock, what it was told, who sees it."""

import json
from datetime import timedelta

import pytest

from tests import cast
from tests.alerts.imap_server import PASSWORD, USER, MailServer, mail
from tests.alerts.sources import declare, eve, findings, lines
from tests.cast import NOON
from tests.duty import watch
from tests.duty.watch import MINUTE, run_until
from vonggac.alerts import notices as reads
from vonggac.alerts.models import Notice, Reply, SetAside, Source
from vonggac.alerts.rules import Standing, State, Told, Way
from vonggac.alerts.services import mailboxes, notices, sources, triage
from vonggac.alerts.services.mailboxes import Draft
from vonggac.alerts.services.sources import Declaration
from vonggac.duty.models import Escalation
from vonggac.errors import InputError, OutOfScope
from vonggac.flows import alert_clocks, alert_hand_in, alert_mailboxes, alert_spools, alert_to_case
from vonggac.flows.alert_files import import_file, replay
from vonggac.flows.alert_raw import record, spools
from vonggac.formats.alerts import Notice as Said
from vonggac.formats.alerts import notice
from vonggac.jobs import run_waiting
from vonggac.lake.spool import Spool
from vonggac.ledger.models import Entry
from vonggac.server.home import Home
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
HOUR = timedelta(hours=1)
MAPPING = """closed = ["Đã đóng"]
[fields]
notice = "ma"
title = "noi_dung"
source_address = "dia_chi"
notice_state = "trang_thai"
acknowledge_by = "han"
"""


@pytest.fixture
def people(db, settings, tmp_path):
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    settings.VONGGAC_PRIVATE_DESTINATIONS = frozenset({"127.0.0.1"})
    return cast.assemble()


@pytest.fixture
def platform(people) -> Source:
    return declare(
        people, "platform", format_name="", mapping=MAPPING, is_coordinator=True, subject_pattern=r"\[(DP-\d+)\]",
        acknowledge_minutes=120,
    )  # fmt: skip


def row(number: int = 1, **said: object) -> dict[str, object]:
    return {"ma": f"DP-{number}", "noi_dung": "Máy chủ kết nối C2", "dia_chi": "10.1.0.5", "trang_thai": "Mới"} | said


def take(tmp_path, *rows, at=NOON, name="platform"):
    path = tmp_path / f"{abs(hash(str(rows)))}.json"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows))
    return import_file(path, name, DESK, at=at)


def enter(source, said: Said, title="Máy chủ kết nối C2", at=NOON, **more):
    with scoped(DESK):
        alert_hand_in.enter_notice(source, said, title, at=at, **more)
    run_waiting()


def known() -> list[Notice]:
    with scoped(DESK):
        return list(Notice.objects.order_by("pk"))


def acts(prefix="alert_notice") -> list[str]:
    with scoped(DESK):
        return list(Entry.objects.filter(act__startswith=prefix).order_by("pk").values_list("act", flat=True))


def test_one_identifier_is_one_finding_by_file_mail_and_hand_with_the_state_of_the_last(
    platform, people, tmp_path, monkeypatch
):
    take(tmp_path, row())
    with MailServer(tmp_path) as server, Spool(spools() / "intake", reserve_bytes=0) as spool:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with scoped(DESK):
            mailboxes.keep(platform, Draft("127.0.0.1", USER, PASSWORD, port=server.port), at=NOON)
        content = mail("<1@x>", text="Đề nghị đơn vị xử lý.").replace(b"Subject: ", b"X-Before: ")
        server.receive(b"Subject: =?utf-8?q?V/v_m=C3=A1y_ch=E1=BB=A7_[DP-1]?=\r\n" + content, NOON)
        alert_mailboxes.read_all(spool)
        alert_spools.count_waiting(at=NOON + 30 * HOUR)
    enter(platform, Said("DP-1", "Đang theo dõi"), at=NOON + 40 * HOUR)
    (finding,) = findings()
    assert (finding.rule, finding.subject, finding.count) == ("DP-1", "10.1.0.5", 3)
    (notice,) = known()
    assert (notice.identifier, notice.state_told, finding.notice_id) == ("DP-1", "Đang theo dõi", notice.pk)
    assert acts() == ["alert_notice.receive", "alert_notice.change"]
    assert not SetAside.objects.exists()


def test_a_mail_in_plain_words_is_its_notice_and_its_words_can_be_read_again(platform, people, tmp_path, monkeypatch):
    with MailServer(tmp_path) as server, Spool(spools() / "intake", reserve_bytes=0) as spool:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with scoped(DESK):
            mailboxes.keep(platform, Draft("127.0.0.1", USER, PASSWORD, port=server.port), at=NOON)
        for number in (7, 8):
            content = mail(f"<{number}@x>", text="Đề nghị đơn vị xử lý.").replace(b"Subject: ", b"X-Before: ")
            server.receive(f"Subject: Canh bao [DP-{number}]\r\n".encode() + content, NOON)
        alert_mailboxes.read_all(spool)
        alert_spools.count_waiting(at=NOON)
    found = findings()
    assert [(one.title, one.subject) for one in found] == [("Canh bao [DP-7]", "DP-7"), ("Canh bao [DP-8]", "DP-8")]
    assert "Đề nghị đơn vị xử lý." in record(found[0].samples[0]).decode()
    with scoped(DESK):
        first, second = (alert_to_case.open_case([one.pk], at=NOON, by="Hà") for one in found)
    assert first.pk != second.pk, "two matters without a machine are not one"


def test_an_attachment_that_cannot_be_read_is_a_notice_and_read_again_under_its_subject(
    platform, tmp_path, monkeypatch
):
    with MailServer(tmp_path) as server, Spool(spools() / "intake", reserve_bytes=0) as spool:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with scoped(DESK):
            mailboxes.keep(platform, Draft("127.0.0.1", USER, PASSWORD, port=server.port), at=NOON)
        attached = json.dumps({"may": "PC-7", "viec": "C2"}).encode()
        content = mail("<7@x>", attached, attached).replace(b"Subject: ", b"X-Before: ")
        server.receive(b"Subject: Canh bao [DP-7]\r\n" + content, NOON)
        alert_mailboxes.read_all(spool)
        alert_spools.count_waiting(at=NOON)
    assert [(one.rule, one.subject) for one in findings()] == [("DP-7", "DP-7")]
    with scoped(DESK):
        mended = Declaration(
            mapping='[fields]\ntitle = "viec"\nhost = "may"\n', is_coordinator=True, subject_pattern=r"\[(.+)\]"
        )
        sources.change(platform, mended, at=NOON)
        waiting = list(SetAside.objects.order_by("pk").values_list("pk", flat=True))
    assert [replay(one, DESK, at=NOON).records for one in waiting] == [1, 1]
    assert [(one.rule, one.subject) for one in findings()] == [("DP-7", "PC-7")]


def test_a_machine_named_later_names_the_finding_and_each_machine_of_one_notice_has_its_own(platform, tmp_path):
    enter(platform, Said("DP-1"))
    assert [one.subject for one in findings()] == ["DP-1"]
    take(tmp_path, row(), row(dia_chi="10.1.0.6"), row(dia_chi=None))
    assert [(one.subject, one.count) for one in findings()] == [("10.1.0.5", 3), ("10.1.0.6", 1)]
    assert len({one.notice_id for one in findings()}) == len(known()) == 1


def test_a_finding_of_a_notice_waits_longer_than_the_window_and_two_identifiers_stay_two(platform, tmp_path):
    take(tmp_path, row(1), row(2))
    take(tmp_path, row(1, trang_thai="Đang xử lý"), at=NOON + 72 * HOUR)
    assert [(one.rule, one.count, one.is_current) for one in findings()] == [("DP-1", 2, True), ("DP-2", 1, True)]


def test_the_time_to_acknowledge_is_the_notice_s_else_the_source_s_else_none(platform, people, tmp_path):
    take(tmp_path, row(1, han="2026-04-20T09:30:00+07:00"), row(2))
    assert known()[0].acknowledge_by.isoformat() == "2026-04-20T02:30:00+00:00"
    assert known()[1].acknowledge_by == NOON + 2 * HOUR
    silent = declare(people, "other", format_name="", is_coordinator=True)
    enter(silent, Said("X-1", received_at=NOON - HOUR))
    assert (known()[2].acknowledge_by, known()[2].received_at) == (None, NOON - HOUR)


def test_a_receipt_that_its_sender_dates_ahead_gives_nobody_longer_to_acknowledge(platform, tmp_path):
    path = tmp_path / "notice.json"
    path.write_bytes(notice.write(Said("DP-9", received_at=NOON + 3 * HOUR), "Kết nối C2", host="may-9"))
    import_file(path, "platform", DESK, at=NOON)
    with scoped(DESK):
        one = Notice.objects.get(identifier="DP-9")
    assert (one.received_at, one.acknowledge_by) == (NOON, NOON + 2 * HOUR)


def test_what_was_told_keeps_the_notice_in_step_and_the_same_file_again_changes_nothing(platform, tmp_path):
    take(tmp_path, row())
    (notice,) = known()
    steps = [(Told.ACKNOWLEDGEMENT, "", 1), (Told.ANSWER, "Đã cách ly máy", 3), (Told.CLOSURE, "", 4)]
    stood = [notice.standing]
    for kind, text, hours in steps:
        with scoped(DESK):
            sent_at = NOON + hours * HOUR
            notices.say(notice.pk, kind, Way.MAIL, text, sent_at=sent_at, by="Hà", at=NOON + 5 * HOUR)
        stood.append(known()[0].standing)
    assert stood == [Standing.RECEIVED, Standing.ACKNOWLEDGED, Standing.ANSWERED, Standing.CLOSED]
    assert (known()[0].acknowledged_at, known()[0].is_late) == (NOON + HOUR, False)
    take(tmp_path, row())
    assert acts()[1:] == [f"alert_notice.{kind}" for kind, _, _ in steps]


def test_an_answer_acknowledges_and_late_is_late(platform, tmp_path):
    take(tmp_path, row())
    with scoped(DESK):
        number = Notice.objects.get().pk
        notices.say(number, Told.ANSWER, Way.PAPER, "Đã xử lý", sent_at=NOON + 3 * HOUR, by="Hà", at=NOON + 3 * HOUR)
    assert (known()[0].acknowledged_at, known()[0].is_late) == (NOON + 3 * HOUR, True)


def test_the_coordinator_s_word_closes_and_opens_again(platform, tmp_path):
    take(tmp_path, row())
    take(tmp_path, row(trang_thai="Đã đóng"), at=NOON + HOUR)
    assert known()[0].standing == Standing.CLOSED
    take(tmp_path, row(trang_thai="Mở lại"), at=NOON + 2 * HOUR)
    assert known()[0].standing == Standing.REOPENED


def answer(text: str, hours: int, entered: int | None = None, kind=Told.ANSWER) -> None:
    with scoped(DESK):
        sent_at, at = NOON + hours * HOUR, NOON + (entered or hours) * HOUR
        notices.say(Notice.objects.get().pk, kind, Way.MAIL, text, sent_at=sent_at, by="Hà", at=at)


def test_a_notice_that_is_opened_again_wants_a_new_answer_beside_the_earlier_one(platform, tmp_path):
    take(tmp_path, row())
    answer("Đã cách ly máy", 1)
    take(tmp_path, row(trang_thai="Đã đóng"), at=NOON + 2 * HOUR)
    take(tmp_path, row(trang_thai="Mở lại"), at=NOON + 3 * HOUR)
    (notice,) = known()
    assert (notice.standing, notice.reopened_at, notice.answered_at) == (Standing.REOPENED, NOON + 3 * HOUR, None)
    assert (notice.acknowledged_at, notice.is_waiting) == (None, True), "its receipt is acknowledged anew"
    answer("Bổ sung lần trước", 2, entered=4)
    assert known()[0].standing == Standing.REOPENED, "what was said before it was opened again is no answer to that"
    answer("Đã cài lại máy", 5)
    assert (known()[0].standing, known()[0].answered_at) == (Standing.ANSWERED, NOON + 5 * HOUR)
    with scoped(DESK):
        assert Entry.objects.get(detail__has_key="reopened").act == "alert_notice.change"
        assert Reply.objects.count() == 3
        assert reads.counted(platform.org_path, NOON, NOON + 9 * HOUR).answered == 1


SAID = {hour: {"han": f"2026-04-20T{hour}:00:00+07:00"} for hour in (13, 18, 20)}


@pytest.mark.parametrize(
    ("first", "again", "due"),
    [
        ({}, {}, 5), (SAID[13], {}, 4), (SAID[13], SAID[13], 4), ({}, SAID[18], 6), (SAID[20], SAID[20], 8),
    ],
    ids=["of the source", "as long as it said", "a time that is over", "a new time", "a time that still runs"],
)  # fmt: skip
def test_a_notice_that_is_opened_again_has_its_time_to_be_acknowledged_anew(platform, tmp_path, first, again, due):
    """It was acknowledged an hour after it came, at noon, and is opened again at 15:00."""
    take(tmp_path, row(**first))
    answer("", 1, kind=Told.ACKNOWLEDGEMENT)
    take(tmp_path, row(trang_thai="Đã đóng", **first), at=NOON + 2 * HOUR)
    take(tmp_path, row(trang_thai="Mở lại", **again), at=NOON + 3 * HOUR)
    assert [(one.acknowledge_by - NOON) / HOUR for one in known()] == [due]
    take(tmp_path, row(trang_thai="Đang xử lý", **again), at=NOON + 4 * HOUR)
    assert [(one.acknowledge_by - NOON) / HOUR for one in known()] == [due], "the same words again change no clock"
    with scoped(DESK):
        changed = Entry.objects.get(detail__has_key="reopened").detail.get("acknowledge_by")
        assert changed == (None if due == 8 else known()[0].acknowledge_by.isoformat())


def test_a_notice_that_nobody_gives_a_time_has_none_when_it_is_opened_again(people, tmp_path):
    declare(people, "platform", format_name="", mapping=MAPPING, is_coordinator=True)
    for hours, state in enumerate(("Mới", "Đã đóng", "Mở lại")):
        take(tmp_path, row(trang_thai=state), at=NOON + hours * HOUR)
    assert (known()[0].standing, known()[0].acknowledge_by) == (Standing.REOPENED, None)


def test_the_second_time_that_it_is_opened_again_it_has_no_longer_than_the_first(platform, tmp_path):
    for hours, state in enumerate(("Mới", "Đã đóng", "Mở lại", "Đã đóng", "Mở lại")):
        take(tmp_path, row(trang_thai=state, noi_dung=f"Lần {hours}"), at=NOON + hours * HOUR)
    assert known()[0].acknowledge_by == NOON + 6 * HOUR


@pytest.mark.parametrize(
    ("kind", "way", "text", "hours", "reason"),
    [
        (Told.ANSWER, Way.MAIL, " ", 0, "what is answered"), (Told.ANSWER, Way.MAIL, "x", 1, "after now"),
        (Told.ANSWER, Way.HTTP, "x", 0, "by hand"), (Told.ANSWER, Way.MAIL, "x" * 10_001, 0, "at most"),
    ],
)  # fmt: skip
def test_what_cannot_have_been_told_is_refused(platform, tmp_path, kind, way, text, hours, reason):
    take(tmp_path, row())
    with scoped(DESK), pytest.raises(InputError, match=reason):
        notices.say(Notice.objects.get().pk, kind, way, text, sent_at=NOON + hours * HOUR, by="Hà", at=NOON)
    with scoped(DESK):
        assert not Reply.objects.exists()


def test_a_stranger_sees_no_notice_and_answers_none(platform, people, tmp_path):
    take(tmp_path, row())
    number = known()[0].pk
    with scoped(people.scope("vinh")):
        assert not Notice.objects.exists()
        with pytest.raises(OutOfScope):
            notices.say(number, Told.ANSWER, Way.MAIL, "x", sent_at=NOON, by="Vinh", at=NOON)
        assert reads.counted(platform.org_path, NOON - HOUR, NOON + HOUR).received == 0


def test_a_notice_is_found_by_a_part_of_its_identifier_and_counted(platform, tmp_path):
    take(tmp_path, row(41), row(42))
    with scoped(DESK):
        assert [one.identifier for one in reads.find("p-42")] == ["DP-42"]
        first = Notice.objects.get(identifier="DP-41")
        notices.say(first.pk, Told.ANSWER, Way.MAIL, "x", sent_at=NOON + HOUR, by="Hà", at=NOON + HOUR)
        found = reads.counted(first.org_path, NOON - HOUR, NOON + 3 * HOUR)
        assert found == reads.Counted(2, 1, 0, 1, 0, 1)
        late = reads.narrowed(
            reads.received(first.org_path, NOON - HOUR, NOON + 3 * HOUR), "waiting_late", NOON + 3 * HOUR
        )
        assert [one.identifier for one in late] == ["DP-42"]


def watched(settings, tmp_path):
    """A desk whose office is on duty and has ten minutes to acknowledge what its coordinator tells."""
    settings.VONGGAC_HOME = Home(tmp_path / "home")
    settings.VONGGAC_HOME.prepare()
    duty = watch.keep()
    with scoped(DESK):
        office = duty.cast.organisations["p-vinh-hai"]
        said = Declaration(mapping=MAPPING, is_coordinator=True, acknowledge_minutes=10)
        sources.declare("platform", office, said, at=NOON - HOUR)
    return duty


def test_a_notice_past_its_time_calls_whoever_is_on_duty_once_until_it_is_acknowledged(settings, tmp_path):
    duty = watched(settings, tmp_path)
    take(tmp_path, row(muc="Low"))
    with scoped(duty.cast.scope("ha")):
        triage.acknowledge([findings()[0].pk], at=NOON, by="Hà")
    assert findings()[0].state == State.ACKNOWLEDGED
    assert alert_clocks.call_for_notices(at=NOON + 9 * MINUTE) == 0
    assert [alert_clocks.call_for_notices(at=NOON + 10 * MINUTE) for _ in range(2)] == [1, 0]
    run_until(NOON + 11 * MINUTE)
    with scoped(DESK):
        call = Escalation.objects.get(reason="alert")
        assert (call.ended_at, call.concerns.get().kind) == (None, "notice")
        at = NOON + 12 * MINUTE
        notices.say(known()[0].pk, Told.ACKNOWLEDGEMENT, Way.PHONE, "", sent_at=at, by="Hà", at=at)
        assert Escalation.objects.get().ended_at == at


def test_a_notice_that_is_opened_again_and_not_acknowledged_in_time_calls_anew(settings, tmp_path):
    watched(settings, tmp_path)
    take(tmp_path, row(muc="Low"))
    assert alert_clocks.call_for_notices(at=NOON + 10 * MINUTE) == 1
    with scoped(DESK):
        at = NOON + 12 * MINUTE
        notices.say(known()[0].pk, Told.ACKNOWLEDGEMENT, Way.PHONE, "", sent_at=at, by="Hà", at=at)
    take(tmp_path, row(muc="Low", trang_thai="Đã đóng"), at=NOON + 20 * MINUTE)
    take(tmp_path, row(muc="Low", trang_thai="Mở lại"), at=NOON + 30 * MINUTE)
    assert alert_clocks.call_for_notices(at=NOON + 39 * MINUTE) == 0
    assert [alert_clocks.call_for_notices(at=NOON + 40 * MINUTE) for _ in range(2)] == [1, 0]
    called = run_until(NOON + 55 * MINUTE, NOON + 40 * MINUTE)
    assert len({name for _minute, name in called}) > 1, "it goes on to the next by the office's policy"
    with scoped(DESK):
        assert Escalation.objects.filter(reason="alert", ended_at=None).count() == 1
        at = NOON + 56 * MINUTE
        notices.say(known()[0].pk, Told.ACKNOWLEDGEMENT, Way.PHONE, "", sent_at=at, by="Hà", at=at)
        assert not Escalation.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("pattern", ["DP-1", "(a)(b)", "((a)", "(?P<x>a)", "(a" + "b" * 300 + ")"])
def test_a_pattern_without_one_pair_of_brackets_is_refused(people, pattern):
    with pytest.raises(InputError, match="pattern"):
        declare(people, "x", is_coordinator=True, subject_pattern=pattern)


def test_only_a_coordinator_has_notices(people, tmp_path):
    with pytest.raises(InputError, match="coordinator"):
        declare(people, "x", format_name="", mapping=MAPPING)
    plain = declare(people, "y")
    take(tmp_path, eve(1), name="y")
    assert not known()
    with scoped(DESK), pytest.raises(InputError, match="coordinator"):
        alert_hand_in.enter_notice(plain, Said("DP-1"), "x", at=NOON)
    assert lines(eve(1))
