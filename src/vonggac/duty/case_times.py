"""What a letter about cases says of time: until when they are to be handled and acknowledged, and where to report."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from vonggac.cases.models import Case
from vonggac.cases.rules import State
from vonggac.directives.rules import OFFICE_ZONE, day_words
from vonggac.ledger.models import Entry
from vonggac.regimes import regime

# Acts that send a case out anew, so that its clock starts again.
SENT_AGAIN = ("case.settle", "case.move")


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """When a case is due, None for never; when it was sent out last, None where it waits for no acknowledgement."""

    due_at: datetime | None
    waits_since: datetime | None


def times_of(case_ids: Collection[int], *, at: datetime) -> Mapping[int, CaseTimes]:
    """The times of each case that can be seen, in two queries at most."""
    rows = list(Case.objects.filter(pk__in=case_ids).values_list("pk", "due_at", "state", "opened_at"))
    # What was opened for this very letter was not sent out before.
    older = [pk for pk, _, state, opened_at in rows if state == State.SENT and opened_at < at]
    again = Entry.objects.filter(subject_kind="case", subject_id__in=older, act__in=SENT_AGAIN) if older else None
    sent = dict(again.order_by().values_list("subject_id").annotate(Max("at"))) if again is not None else {}
    return {
        pk: CaseTimes(due_at, max(opened_at, sent.get(pk, opened_at)) if state == State.SENT else None)
        for pk, due_at, state, opened_at in rows
    }


def lines(told: Collection[CaseTimes], *, at: datetime) -> Iterator[str]:
    """The lines of one letter; none where it is about no case."""
    if not told:
        return
    dues = sorted({one.due_at for one in told if one.due_at})
    if len(dues) == 1:
        yield f"Hạn xử lý: {day_words(dues[0])}."
    elif dues:
        yield f"Hạn xử lý: sớm nhất {day_words(dues[0])}, muộn nhất {day_words(dues[-1])}."
    if waiting := [one.waits_since for one in told if one.waits_since]:
        until = min(waiting) + timedelta(hours=regime.on(timezone.localdate(at)).limit("acknowledge_hours"))
        yield f"Hạn xác nhận đã tiếp nhận: {minute_text(until)}; quá hạn này, đơn vị cấp trên được báo."
    yield f"Khi xử lý xong, đăng nhập và báo cáo kết quả kèm bằng chứng tại: {settings.VONGGAC_ORIGIN}/my-unit/"


def minute_text(moment: datetime) -> str:
    """`7/5/2026 17:00` on Hà Nội's clock."""
    here = moment.astimezone(OFFICE_ZONE)
    return f"{here.day}/{here.month}/{here.year} {here:%H:%M}"


def with_due(line: str, due_at: datetime | None) -> str:
    """A line about a case, with its due time where it has one."""
    return f"{line} – hạn {day_words(due_at)}" if due_at else line
