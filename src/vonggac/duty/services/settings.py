"""Acts on what an office settles for its rosters: tighter rules, its own holidays."""

from datetime import date, datetime

from django.db import transaction

from vonggac.duty import limits
from vonggac.duty.models import HolidayOverride, TighterRule
from vonggac.duty.patterns import day_of
from vonggac.errors import InputError
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation

MOST_VALUE = 10_000


@transaction.atomic
def tighten(office: Organisation, name: str, value: int, *, at: datetime) -> limits.Limit:
    """The rule as it is in force with the office's value; InputError where that is looser than what holds above it.

    It holds from now on: what has passed is judged by the rule of its time.
    """
    if name not in limits.LARGER_IS_TIGHTER:
        raise InputError(f"“{name}” is no rule that an office can tighten")
    TighterRule.objects.filter(organisation=office, name=name, until__isnull=True).update(until=at)
    above = limits.in_force(office.path, at)[name]
    if value != above.value:
        if not limits.is_tighter(name, value, above.value) or not 0 < value <= MOST_VALUE:
            law = f" ({source})" if (source := limits.source_of(above)) else ""
            raise InputError(f"{value} is looser than {above.value}{law}; a rule can only be tightened")
        TighterRule.objects.create(organisation=office, org_path=office.path, name=name, value=value, since=at)
    ledger.record("rule.tighten", "organisation", office.pk, office.path, at=at, name=name, value=value)
    return limits.in_force(office.path, at)[name]


@transaction.atomic
def keep_holiday(office: Organisation, on: date, name: str, *, is_work: bool = False, at: datetime) -> HolidayOverride:
    """A day as the office keeps it: a holiday, or work on a day that the calendar has free; entered again, replaced.

    InputError for a day that has begun: what it asks of its posts stays as it is.
    """
    _check_to_come(on, at)
    clean = " ".join(name.split())[:200]
    if not clean:
        raise InputError("name the day, so that others know why it is kept")
    row, _ = HolidayOverride.objects.update_or_create(
        organisation=office, on=on, defaults={"org_path": office.path, "name": clean, "is_work": is_work}
    )
    ledger.record(
        "holiday.keep", "organisation", office.pk, office.path, at=at, on=on.isoformat(), name=clean, is_work=is_work
    )
    return row


@transaction.atomic
def drop_holiday(office: Organisation, on: date, *, at: datetime) -> None:
    """The day as the calendar has it again; a day that the office never settled stays as it is.

    InputError for a day that has begun, as for keeping one.
    """
    _check_to_come(on, at)
    dropped, _ = HolidayOverride.objects.filter(organisation=office, on=on).delete()
    if dropped:
        ledger.record("holiday.drop", "organisation", office.pk, office.path, at=at, on=on.isoformat())


def _check_to_come(on: date, at: datetime) -> None:
    if on <= day_of(at):
        raise InputError("this day has begun; a holiday can be kept or taken back from tomorrow on")
