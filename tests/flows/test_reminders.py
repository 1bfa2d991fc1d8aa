"""Who stays silent is reminded once, then the organisation above hears of it; a killed job tells nobody twice."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests import cast
from tests.duty.messages_of import secret_for
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Answer, Opening
from vonggac.duty.models import Message
from vonggac.flows import acknowledgement, reminders
from vonggac.jobs.registry import known
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
RULES = regime.on(date(2026, 4, 20))
ACKNOWLEDGE = timedelta(hours=RULES.limit("acknowledge_hours"))
REMIND = ACKNOWLEDGE - timedelta(hours=RULES.limit("remind_hours"))
SOON = timedelta(minutes=1)


@pytest.fixture
def sent(people) -> list[Case]:
    """Two tasks of the commune, one host of the health department, all sent at noon."""
    commune, health = people.organisations["p-vinh-hai"], people.organisations["so-y-te"]
    openings = [
        Opening(commune, Kind.OBLIGATION, "1.a", "31/BAN-ATM · 1.a: ứng trực", 3, "", None),
        Opening(commune, Kind.OBLIGATION, "1.b", "31/BAN-ATM · 1.b: bản vá", 3, "", None),
        Opening(health, Kind.BOTNET_HOST, "YT-PC-01", "YT-PC-01 trong danh sách botnet", 2, "", None),
    ]
    with scoped(system("tests")):
        return cases.open_many(openings, at=cast.NOON)


def messages_to(people: cast.Cast, code: str) -> list[Message]:
    with scoped(system("tests")):
        return list(Message.objects.filter(organisation=people.organisations[code]).order_by("pk"))


def test_nobody_is_reminded_before_the_time(people, sent):
    assert reminders.remind(at=cast.NOON + REMIND - SOON) == 0
    assert reminders.escalate(at=cast.NOON + ACKNOWLEDGE - SOON) == 0


def test_one_reminder_an_organisation_names_all_its_silent_work(people, sent):
    assert reminders.remind(at=cast.NOON + REMIND) == 2
    (message,) = messages_to(people, "p-vinh-hai")
    assert "1.a: ứng trực" in message.body
    assert "1.b: bản vá" in message.body
    assert len(messages_to(people, "so-y-te")) == 1


def test_a_letter_says_until_when_work_is_due_and_acknowledged_and_where_it_is_reported(people, settings):
    settings.VONGGAC_ORIGIN = "https://desk.example"
    due = {"1.a": datetime(2026, 4, 22, 17, tzinfo=UTC), "1.b": datetime(2026, 4, 23, 2, 30, tzinfo=UTC), "1.c": None}
    commune = people.organisations["p-vinh-hai"]
    openings = [Opening(commune, Kind.OBLIGATION, label, f"việc {label}", 3, "", at) for label, at in due.items()]
    with scoped(system("tests")):
        cases.open_many(openings, at=cast.NOON)
    reminders.remind(at=cast.NOON + REMIND)
    (message,) = messages_to(people, "p-vinh-hai")
    lines = message.body.split("\n")
    assert "- việc 1.a – hạn hết ngày 22/4/2026" in lines
    assert "- việc 1.b – hạn 23/4/2026 09:30" in lines
    assert "- việc 1.c" in lines
    assert "Hạn xử lý: sớm nhất hết ngày 22/4/2026, muộn nhất 23/4/2026 09:30." in lines
    # Noon of 20 April in Hà Nội, and a day more.
    assert "Hạn xác nhận đã tiếp nhận: 21/4/2026 12:00; quá hạn này, đơn vị cấp trên được báo." in lines
    assert "Khi xử lý xong, đăng nhập và báo cáo kết quả kèm bằng chứng tại: https://desk.example/my-unit/" in lines


def test_the_time_to_acknowledge_runs_from_when_the_work_was_sent_again(people, sent):
    later = cast.NOON + timedelta(hours=30)
    with scoped(system("tests")):
        cases.dispute(sent[2].pk, Answer("máy của đơn vị khác", "Tâm"), at=later)
        cases.settle(sent[2].pk, owner=None, reason="đúng là máy của Sở", at=later)
    reminders.remind(at=later + REMIND)
    assert "Hạn xác nhận đã tiếp nhận: 22/4/2026 18:00;" in messages_to(people, "so-y-te")[-1].body


def test_the_office_above_is_pointed_to_the_pages_that_take_the_answers(people, sent):
    with scoped(people.scope("lan")):
        cases.acknowledge(sent[0].pk, at=cast.NOON, by="Lan")
        cases.acknowledge(sent[1].pk, at=cast.NOON, by="Lan")
    reminders.escalate(at=cast.NOON + ACKNOWLEDGE)
    (told,) = messages_to(people, "hai-van")
    assert "/cases/?state=sent" in told.body, "a host is answered on the page of its case"
    assert "/directives/" not in told.body


def test_the_office_above_is_pointed_to_the_directive_for_tasks(people, sent):
    reminders.escalate(at=cast.NOON + ACKNOWLEDGE)
    (told,) = messages_to(people, "hai-van")
    assert "trang của văn bản chỉ đạo: " in told.body
    assert "trang của từng vụ việc: " in told.body


def test_a_second_run_reminds_nobody_again(people, sent):
    reminders.remind(at=cast.NOON + REMIND)
    assert reminders.remind(at=cast.NOON + REMIND + SOON) == 0
    assert len(messages_to(people, "p-vinh-hai")) == 1


def test_the_link_of_the_reminder_acknowledges(people, sent):
    at = cast.NOON + REMIND
    reminders.remind(at=at)
    (message,) = messages_to(people, "p-vinh-hai")
    acknowledgement.acknowledge(secret_for(message, at=at), by="Lan", at=at)
    with scoped(people.scope("lan")):
        assert set(Case.objects.values_list("state", flat=True)) == {"acknowledged"}


def test_a_link_shows_nothing_of_a_case_that_went_to_another_organisation(people, sent):
    at = cast.NOON + REMIND
    reminders.remind(at=at)
    (message,) = messages_to(people, "p-vinh-hai")
    with scoped(system("tests")):
        cases.dispute(sent[0].pk, Answer("máy của sở", "Lan"), at=at)
        cases.settle(sent[0].pk, owner=people.organisations["so-y-te"], reason="đúng vậy", at=at)
    _, shown = acknowledgement.show(secret_for(message, at=at), at=at)
    assert [case.pk for case in shown] == [sent[1].pk]


def test_who_acknowledged_is_neither_reminded_nor_reported(people, sent):
    with scoped(people.scope("lan")):
        for case in sent[:2]:
            cases.acknowledge(case.pk, at=cast.NOON, by="Lan")
    assert reminders.remind(at=cast.NOON + REMIND) == 1
    reminders.escalate(at=cast.NOON + ACKNOWLEDGE)
    (told,) = messages_to(people, "hai-van")
    assert "Sở Y tế" in told.body
    assert "Vĩnh Hải" not in told.body


def test_the_organisation_above_hears_of_all_its_silent_units_in_one_message(people, sent):
    assert reminders.escalate(at=cast.NOON + ACKNOWLEDGE) == 1
    (told,) = messages_to(people, "hai-van")
    assert "UBND phường Vĩnh Hải: 2 việc chưa xác nhận" in told.body
    assert "Sở Y tế: 1 việc chưa xác nhận" in told.body
    assert reminders.escalate(at=cast.NOON + ACKNOWLEDGE + SOON) == 0


def test_the_ledger_says_who_was_reminded_and_to_whom_it_went_up(people, sent):
    reminders.remind(at=cast.NOON + REMIND)
    reminders.escalate(at=cast.NOON + ACKNOWLEDGE)
    with scoped(system("tests")):
        assert Entry.objects.filter(act="case.remind", subject_kind="case").count() == 3
        escalated = Entry.objects.filter(act="case.escalate")
        assert {entry.detail["to"] for entry in escalated} == {"hai-van"}
        assert {entry.detail["office"] for entry in escalated} == {people.organisations["hai-van"].name}
        assert {entry.actor for entry in escalated} == {"system:reminders"}


def test_a_killed_job_goes_on_with_the_organisations_it_had_not_reached(people, sent, monkeypatch):
    real, told = reminders.messages.notify, []

    def dies_at_the_second(draft, **named):
        if told:
            raise KeyboardInterrupt
        told.append(draft.organisation.code)
        return real(draft, **named)

    monkeypatch.setattr(reminders.messages, "notify", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        reminders.remind(at=cast.NOON + REMIND)
    monkeypatch.setattr(reminders.messages, "notify", real)
    assert reminders.remind(at=cast.NOON + REMIND + SOON) == 1
    assert [len(messages_to(people, code)) for code in ("so-y-te", "p-vinh-hai")] == [1, 1]


def test_a_dispute_that_was_settled_starts_the_clock_again(people, sent):
    case, later = sent[2], cast.NOON + timedelta(hours=30)
    reminders.remind(at=cast.NOON + REMIND)
    with scoped(people.scope("tam")):
        cases.dispute(case.pk, Answer("máy của đơn vị khác", "Tâm"), at=later)
    with scoped(people.scope("ha")):
        cases.settle(case.pk, owner=None, reason="đúng là máy của Sở", at=later)
    reminders.escalate(at=later + SOON)
    assert "Sở Y tế" not in messages_to(people, "hai-van")[0].body
    assert reminders.remind(at=later + REMIND - SOON) == 0
    assert reminders.remind(at=later + REMIND) == 1
    assert len(messages_to(people, "so-y-te")) == 2


def test_where_nobody_is_above_the_ledger_alone_says_so(people):
    with scoped(system("tests")):
        top = people.organisations["nation"]
        cases.open_many([Opening(top, Kind.OBLIGATION, "1", "việc của trung ương", 3, "", None)], at=cast.NOON)
    assert reminders.escalate(at=cast.NOON + ACKNOWLEDGE) == 0
    with scoped(system("tests")):
        assert Entry.objects.get(act="case.escalate").detail["to"] is None
        assert not Message.objects.exists()


def test_a_long_list_is_cut_in_the_message_and_counted(people):
    unit = people.organisations["so-tttt"]
    with scoped(system("tests")):
        cases.open_many(
            [Opening(unit, Kind.BOTNET_HOST, f"PC-{n}", f"máy PC-{n}", 3, "", None) for n in range(25)], at=cast.NOON
        )
    reminders.remind(at=cast.NOON + REMIND)
    assert "và 5 việc khác" in messages_to(people, "so-tttt")[0].body


def test_the_worker_runs_it_every_ten_minutes():
    assert known["case.remind_silent"].periodic == "*/10 * * * *"
