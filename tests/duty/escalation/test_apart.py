"""One row that cannot be carried out stops none of the others, and is heard of."""

import pytest
from django.db import DataError, OperationalError

from tests.cast import NOON
from tests.duty.watch import MINUTE, run_until
from vonggac.duty.escalation import apart, engine, letters, queries, services, wording
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Happening
from vonggac.duty.models import Escalation, Letter, Page, Step
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db


def call(duty, number: int) -> Escalation:
    with scoped(system("tests")):
        return services.start(
            Reason.CALL, [Happening("note", 0, f"Việc {number}", occasion=str(number))], duty.office, at=NOON,
            post=duty.desk,
        )  # fmt: skip


def broken(escalation: Escalation) -> None:
    with scoped(system("tests")):
        Escalation.objects.filter(pk=escalation.pk).update(plan={"steps": []})


def test_a_plan_that_cannot_be_read_costs_nobody_else_their_call_and_is_told_once(duty):
    calls = [call(duty, number) for number in range(4)]
    broken(calls[1])
    with scoped(system("tests")):
        assert engine.take_due(at=NOON) == 3
        assert set(Page.objects.values_list("escalation", flat=True)) == {calls[0].pk, calls[2].pk, calls[3].pk}
        assert engine.take_due(at=NOON + MINUTE) == 0
        assert queries.put_off() == 1
        engine.take_due(at=NOON + letters.TRY_AGAIN)
        (entry,) = Entry.objects.filter(act="escalation.fail")
    assert entry.subject_id == calls[1].pk
    assert "at least one step" in entry.detail["why"]


def test_a_call_that_was_put_off_goes_on_when_its_plan_is_mended(duty):
    escalation = call(duty, 1)
    broken(escalation)
    assert run_until(NOON + MINUTE) == []
    with scoped(system("tests")):
        Escalation.objects.update(plan={"steps": [{"call": "on_duty"}]})
    assert run_until(NOON + 6 * MINUTE, NOON + 2 * MINUTE)[:1] == [(3, "An")]
    with scoped(system("tests")):
        assert queries.put_off() == 0


def test_an_escalation_that_cannot_be_asked_whether_it_stands_keeps_no_other_from_ending(duty, monkeypatch):
    def ask(identifiers: set[int], _at) -> set[int]:
        if 7 in identifiers:
            raise ValueError("7 cannot be asked")
        return set()

    from vonggac.duty.escalation import standing  # noqa: PLC0415

    monkeypatch.setattr(standing, "_asked", {"odd": ask})
    with scoped(system("tests")):
        odd, over = (
            services.start(Reason.CALL, [Happening("odd", number, "?")], duty.office, at=NOON) for number in (7, 8)
        )
        assert engine.settle_open(at=NOON) == 1
        assert Escalation.objects.get(pk=over.pk).ended_at == NOON
        assert Escalation.objects.get(pk=odd.pk).ended_at is None
        assert engine.take_due(at=NOON) == 0
        assert Step.objects.get(escalation=odd).failure == "ValueError: 7 cannot be asked"


def test_pages_that_no_letter_can_be_written_for_wait_and_the_others_go_out(duty, monkeypatch):
    first = call(duty, 1)
    with scoped(system("tests")):
        other = services.start(
            Reason.CALL, [Happening("note", 0, "Việc khác", occasion="x")], duty.office, at=NOON, post=duty.command
        )
        engine.take_due(at=NOON)
    written = wording.letter

    def letter(told, name: str, language: str):
        if name == "An":
            raise ValueError("no words")
        return written(told, name, language)

    monkeypatch.setattr(wording, "letter", letter)
    with scoped(system("tests")):
        assert letters.write(at=NOON) == 1
        assert Letter.objects.get().about == [other.pk]
        (entry,) = Entry.objects.filter(act="escalation.fail")
        assert (entry.subject_id, entry.detail["to"]) == (first.pk, "An")
        assert queries.put_off() == 1, "health says so"
        assert letters.write(at=NOON + letters.TRY_AGAIN) == 0
        assert Entry.objects.filter(act="escalation.fail").count() == 1, "told once"
    monkeypatch.undo()
    with scoped(system("tests")):
        assert letters.write(at=NOON + letters.TRY_AGAIN + MINUTE) == 0
        assert letters.write(at=NOON + 2 * letters.TRY_AGAIN) == 1
        assert queries.put_off() == 0


def test_no_row_is_blamed_for_a_database_that_is_away(duty):
    def away(_rows: object) -> int:
        raise OperationalError("the server closed the connection")

    with pytest.raises(OperationalError):
        apart.each([1, 2], away, lambda *_: pytest.fail("nothing is wrong with a row"))


def test_what_a_row_wrote_before_it_failed_is_undone(duty):
    escalation = call(duty, 1)

    def carry_out(rows) -> int:
        for row in rows:
            Escalation.objects.filter(pk=escalation.pk).update(note=str(row))
            if row == 2:
                raise DataError("no such value")
        return len(rows)

    aside: list[tuple[int, str]] = []
    with scoped(system("tests")):
        assert apart.each([1, 2], carry_out, lambda row, why: aside.append((row, why))) == 1
        assert Escalation.objects.get().note == "1"
    assert aside == [(2, "DataError: no such value")]
