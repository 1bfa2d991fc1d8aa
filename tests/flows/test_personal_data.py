"""Personal data goes when the regime's time is over, and nothing before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests import cast
from tests.alerts.sources import declare
from tests.duty.office import open_office
from vonggac.alerts.models import Reply, SetAside
from vonggac.alerts.rules import Told, Way
from vonggac.alerts.services import files, notices
from vonggac.botnet.models import Settling, Unread
from vonggac.botnet.services.settling import meaning
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.queries import search
from vonggac.cases.services import Answer, Opening
from vonggac.duty.escalation import engine, letters, services
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Answerer, Happening
from vonggac.duty.models import Escalation, InPlace, Letter, Post, Roster, Shift
from vonggac.duty.services import import_roster, publishing, read_roster, rosters
from vonggac.duty.services.rosters import Step
from vonggac.flows import botnet_list, personal_data, settling
from vonggac.flows.alert_files import import_file
from vonggac.formats.alerts import Notice, notice
from vonggac.ledger.models import Entry
from vonggac.register.models import Person, Role, Sensor, TakenBackLog
from vonggac.register.services import taken_back_logs
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
OLD = cast.NOON - timedelta(days=400)


def closed_case(people: cast.Cast, at) -> Case:
    with scoped(system("tests")):
        opening = Opening(people.organisations["p-vinh-hai"], Kind.BOTNET_HOST, "203.0.113.9", "Máy", 2, "mới", None)
        case = cases.open_many([opening], at=at)[0]
        cases.claim(case.pk, Answer("đã cài lại", "Chị Lan"), at=at)
        return cases.close(case.pk, "xong", at=at)


def case_now(case: Case) -> Case:
    with scoped(system("tests")):
        return Case.objects.get(pk=case.pk)


def shift(people: cast.Cast, at) -> Shift:
    office = people.organisations["hai-van"]
    with scoped(system("tests")):
        post, _ = Post.objects.get_or_create(organisation=office, org_path=office.path, name="trực")
        return Shift.objects.create(
            post=post, org_path=office.path, person=people.people["ha"], person_name="Hà", phone="0900000000",
            from_utc=at, to_utc=at + timedelta(hours=8),
        )  # fmt: skip


def test_the_name_in_a_case_closed_long_ago_goes_and_the_work_stays(people):
    old, new = closed_case(people, OLD), closed_case(people, cast.NOON - timedelta(days=10))
    personal_data.erase(at=cast.NOON)
    assert (case_now(old).claimed_by, case_now(old).claim_text) == (personal_data.ERASED, "đã cài lại")
    assert case_now(new).claimed_by == "Chị Lan"


def test_shifts_of_long_ago_keep_their_times_alone(people):
    old, new = shift(people, OLD), shift(people, cast.NOON)
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        old.refresh_from_db()
        new.refresh_from_db()
    assert (old.person_id, old.phone, "Hà" in old.person_name) == (None, "", False)
    assert (new.person_name, new.phone) == ("Hà", "0900000000")


@pytest.mark.parametrize(("at", "is_gone"), [(OLD, True), (cast.NOON - timedelta(days=10), False)])
def test_what_could_once_be_taken_back_holds_no_shift_of_long_ago(people, at, is_gone):
    with scoped(people.scope("ha")):
        office = open_office(people, at=at, on=at.date())
        draft = rosters.start_draft(office.organisation, [office.post], at.date(), at.date(), by="Hà", at=at)
        rosters.change(draft.pk, Step(frozenset({office.pair("Đ", "An", at.date())})), by="Hà", at=at)
        publishing.publish(draft.pk, by="Hà", at=at)
        day = f"{at:%Y-%m-%d}"
        table = f"post,from,to,person\nCổng,{day} 22:00,{day} 23:00,Vy\n".encode()
        rows, rejects = read_roster(table, "r.csv")
        import_roster(office.organisation, rows, rejects, by="Hà", at=at)
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        assert (Roster.objects.get().before == {}, not InPlace.objects.exists()) == (is_gone, is_gone)


def test_who_settled_a_list_long_ago_goes_and_what_was_meant_stays(people):
    with scoped(system("tests")):
        content = b"ip,dst_ip\n203.0.113.5,198.51.100.9?\n203.0.113.5,198.51.100.8?\n"
        office = people.organisations["hai-van"]
        botnet_list.import_list(content, "a.csv", office, "NCSC", received_at=OLD, at=OLD)
        old, new = Unread.objects.order_by("pk")
        for unread, at in ((old, OLD), (new, cast.NOON)):
            settling.settle(unread.pk, meaning("c2", ["198.51.100.9"]), by="Hà", at=at)
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        kept = Settling.objects.order_by("pk").values_list("settled_by", "meant")
        assert list(kept) == [(personal_data.ERASED, ["198.51.100.9"]), ("Hà", ["198.51.100.9"])]


def test_who_withdrew_a_settling_goes_by_the_day_of_the_withdrawal(people):
    with scoped(system("tests")):
        content = b"ip,dst_ip\n203.0.113.5,198.51.100.9?\n"
        botnet_list.import_list(content, "a.csv", people.organisations["hai-van"], "NCSC", received_at=OLD, at=OLD)
        unread = Unread.objects.get()
        settling.settle(unread.pk, meaning("c2", ["198.51.100.9"]), by="Hà", at=OLD)
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        settling.withdraw(unread.pk, by="Bình", at=cast.NOON)
    personal_data.erase(at=cast.NOON + timedelta(days=1))
    with scoped(system("tests")):
        assert Settling.objects.values_list("settled_by", "withdrawn_by").get() == (personal_data.ERASED, "Bình")
    personal_data.erase(at=cast.NOON + timedelta(days=400))
    with scoped(system("tests")):
        assert Settling.objects.values_list("settled_by", "withdrawn_by").get() == (personal_data.ERASED,) * 2


def test_who_took_a_log_back_and_put_it_back_goes_and_that_it_was_stays(people):
    with scoped(system("tests")):
        office = people.organisations["hai-van"]
        sensor = Sensor.objects.create(name="bien", kind="flow", organisation=office, org_path=office.path)
        taken_back_logs.take_back(sensor, "a" * 64, "anh.png", "nộp nhầm", by="Hà", at=OLD)
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        assert TakenBackLog.objects.values_list("taken_back_by", "reason").get() == (personal_data.ERASED, "nộp nhầm")
        taken_back_logs.put_back(sensor, "a" * 64, by="Bình", at=cast.NOON)
    personal_data.erase(at=cast.NOON + timedelta(days=1))
    with scoped(system("tests")):
        assert TakenBackLog.objects.get().put_back_by == "Bình"
    personal_data.erase(at=cast.NOON + timedelta(days=400))
    with scoped(system("tests")):
        assert TakenBackLog.objects.get().put_back_by == personal_data.ERASED


@pytest.mark.django_db(databases=["default", "sealer"])
def test_who_took_alerts_back_long_ago_goes_and_the_reason_stays(people, own_home, tmp_path):
    declare(people)
    for name, at in (("old.json", OLD), ("new.json", cast.NOON)):
        (tmp_path / name).write_bytes(f"no alert in {name}\n".encode())
        import_file(tmp_path / name, "suricata", system("tests"), at=at)
        with scoped(system("tests")):
            files.take_back(SetAside.objects.latest("pk").pk, "nộp nhầm", by="Hà", at=at)
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        kept = SetAside.objects.order_by("pk").values_list("taken_back_by", "taken_back_for")
        assert list(kept) == [(personal_data.ERASED, "nộp nhầm"), ("Hà", "nộp nhầm")]


def test_who_told_a_coordinator_long_ago_goes_and_what_was_told_stays(people, own_home, tmp_path):
    source = declare(people, "dieu-phoi", format_name="", is_coordinator=True)
    (tmp_path / "notice.json").write_bytes(notice.write(Notice("DP-7"), "Kết nối C2"))
    import_file(tmp_path / "notice.json", "dieu-phoi", system("tests"), at=OLD)
    with scoped(system("tests")):
        number = source.notices.get().pk
        for at in (OLD, cast.NOON):
            notices.say(number, Told.ANSWER, Way.MAIL, "đã cách ly", sent_at=at, by="Hà", at=at)
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        kept = Reply.objects.order_by("pk").values_list("by", "text")
        assert list(kept) == [(personal_data.ERASED, "đã cách ly"), ("Hà", "đã cách ly")]


def test_a_person_who_left_long_ago_becomes_a_number(people):
    lan, tam = people.people["lan"], people.people["tam"]
    Person.objects.filter(pk__in=[lan.pk, tam.pk]).update(is_active=False, joined_at=OLD)
    with scoped(system("tests")):
        Role.objects.filter(person=lan).update(valid_to=OLD.date())
    personal_data.erase(at=cast.NOON)
    lan.refresh_from_db()
    tam.refresh_from_db()
    assert lan.email == f"erased-{lan.pk}@erased.invalid"
    assert "Lan" not in lan.name
    assert tam.name == "Tâm"


def test_nobody_finds_a_case_closed_long_ago_by_who_answered_it(people):
    with scoped(system("tests")):
        opening = Opening(people.organisations["so-y-te"], Kind.BOTNET_HOST, "m-01", "Máy m-01", 3, "", None)
        old, new = cases.open_many([opening, replace(opening, subject="m-02")], at=OLD)
        for case in (old, new):
            cases.acknowledge(case.pk, at=OLD, by="Nguyễn Thị Đào", via="link")
        cases.close(old.pk, "xong", at=OLD)
        assert {case.pk for case in search("thị đào")} == {old.pk, new.pk}
    assert personal_data.erase(at=cast.NOON)["names_sought"] == 3
    with scoped(system("tests")):
        assert {case.pk for case in search("thị đào")} == {new.pk}


def test_a_dry_run_counts_and_changes_nothing(people):
    old = closed_case(people, OLD)
    assert personal_data.erase(at=cast.NOON, is_dry_run=True)["cases"] == 1
    assert case_now(old).claimed_by == "Chị Lan"


def test_a_second_run_finds_nothing_and_writes_nothing(people):
    closed_case(people, OLD)
    shift(people, OLD)
    assert personal_data.erase(at=cast.NOON)["cases"] == 1
    assert not any(personal_data.erase(at=cast.NOON).values())
    assert erased() == [{"cases": 1}, {"names_sought": 2}, {"shifts": 1}]


def erased() -> list[dict[str, int]]:
    """What the ledger says was erased, batch by batch."""
    with scoped(system("tests")):
        details = Entry.objects.filter(act="personal_data.erase").order_by("id").values_list("detail", flat=True)
        return [{kind: number for kind, number in detail.items() if kind != "older_than"} for detail in details]


def test_a_run_that_breaks_off_keeps_the_batches_it_did_and_the_next_one_does_the_rest(people, monkeypatch):
    monkeypatch.setattr(personal_data, "BATCH", 2)
    for days in range(5):
        closed_case(people, OLD - timedelta(days=days))
    record, calls = personal_data.ledger.record, []

    def dies_in_the_second_batch(*words, **detail):
        calls.append(words)
        if len(calls) == 2:
            raise ConnectionResetError
        return record(*words, **detail)

    monkeypatch.setattr(personal_data.ledger, "record", dies_in_the_second_batch)
    with pytest.raises(ConnectionResetError):
        personal_data.erase(at=cast.NOON)
    assert erased() == [{"cases": 2}]
    assert personal_data.erase(at=cast.NOON)["cases"] == 3
    assert [one for one in erased() if "cases" in one] == [{"cases": 2}, {"cases": 2}, {"cases": 1}]


def test_who_was_called_where_long_ago_goes_and_that_somebody_was_called_stays(people):
    office = people.organisations["hai-van"]
    with scoped(system("tests")):
        happening = Happening("shift", shift(people, OLD).pk, "Hà chưa có mặt")
        old = services.start(Reason.CHECK_IN, [happening], office, at=OLD)
        new = services.start(Reason.ALERT, [Happening("alert", 1, "Máy")], office, at=cast.NOON)
        engine.take_due(at=OLD)
        letters.write(at=OLD)
        services.acknowledge(old.pk, Answerer("Hà", people.people["ha"]), at=OLD)
        services.end(old.pk, "đã đến", Answerer("Hà"), at=OLD)
        assert Letter.objects.get().address == "ha@example.vn"
    assert not any(personal_data.erase(at=OLD).values()), "not before its time"
    personal_data.erase(at=cast.NOON)
    with scoped(system("tests")):
        letter = Letter.objects.get()
        assert (letter.name, letter.address, letter.body, letter.person) == (personal_data.ERASED, "", "", None)
        assert list(Escalation.objects.order_by("pk").values_list("taken_by", "ended_why")) == [
            ([], "đã đến"), ([], ""),
        ]  # fmt: skip
        assert new.concerns.get().title == "Máy"
        assert old.concerns.get().title == personal_data.ERASED
