"""Cases that went over to others: a log showed which host stood behind the address that a list had named."""

from collections.abc import Collection

from vonggac.cases.models import Case
from vonggac.ledger.models import Entry


def of(case_ids: Collection[int]) -> set[int]:
    """The cases that these went over to, and those that they went over to in turn; without these themselves."""
    found: set[int] = set()
    asked = set(case_ids)
    while asked:
        asked = _told(asked, "case.split", "went_to") - found - set(case_ids)
        found |= asked
    return found


def next_to(case_id: int) -> tuple[list[Case], list[Case]]:
    """(the cases that a case came from, those that it went over to), as far as the scope sees them."""
    came, went = _told({case_id}, "case.placed", "came_from"), _told({case_id}, "case.split", "went_to")
    known = Case.objects.in_bulk(came | went) if came | went else {}
    return [known[pk] for pk in sorted(came & known.keys())], [known[pk] for pk in sorted(went & known.keys())]


def _told(case_ids: Collection[int], act: str, what: str) -> set[int]:
    entries = Entry.objects.filter(subject_kind="case", subject_id__in=case_ids, act=act)
    return set(entries.values_list(f"detail__{what}", flat=True))
