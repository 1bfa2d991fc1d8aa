"""Cases that went over to others: a log showed which host stood behind the address that a list had named."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from vonggac.cases.models import Case
from vonggac.ledger.models import Entry

WENT_ON = "nhật ký đã chỉ ra máy đứng sau địa chỉ; vụ việc chuyển sang máy đó"
"""Why a case is closed whose findings all went over to hosts."""
_WENT, _CAME = "case.split", "case.placed"


def of(case_ids: Collection[int]) -> set[int]:
    """The cases that these went over to, and those that they went over to in turn; without these themselves."""
    found: set[int] = set()
    asked = set(case_ids)
    while asked:
        asked = {detail["went_to"] for _, _, detail in _told(asked, _WENT)} - found - set(case_ids)
        found |= asked
    return found


def next_to(case_id: int) -> tuple[list[Case], list[Case]]:
    """(the cases that a case came from, those that it went over to), as far as the scope sees them."""
    told = _told([case_id], _CAME, _WENT)
    came = {detail["came_from"] for _, act, detail in told if act == _CAME}
    went = {detail["went_to"] for _, act, detail in told if act == _WENT}
    known = Case.objects.in_bulk(came | went) if told else {}
    return [known[pk] for pk in sorted(came & known.keys())], [known[pk] for pk in sorted(went & known.keys())]


def look_up(cases: Iterable[Case]) -> None:
    """Tell each of the cases that is closed because it went over its heirs, as far as the scope sees them.

    Two queries for all of them, and none where no such case is among them.
    """
    closed = {case.pk: case for case in cases if case.closing == WENT_ON}
    went: dict[int, set[int]] = defaultdict(set)
    for source, _, detail in _told(closed, _WENT) if closed else ():
        went[source].add(detail["went_to"])
    known = Case.objects.in_bulk(set().union(*went.values())) if went else {}
    for source, heirs in went.items():
        closed[source].heirs = [known[pk] for pk in sorted(heirs & known.keys())]


def _told(case_ids: Collection[int], *acts: str) -> list[tuple[int, str, dict[str, Any]]]:
    entries = Entry.objects.filter(subject_kind="case", subject_id__in=case_ids, act__in=acts)
    return list(entries.values_list("subject_id", "act", "detail"))
