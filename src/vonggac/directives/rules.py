"""Pure decisions about directives: what a clause binds, which clauses are measures, and when an obligation is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from vonggac.regimes.regime import EVERY_KIND, Regime

OFFICE_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
# Clauses that no organisation answers for: the office's own kinds are never bound by default.
NEVER_BOUND = frozenset({"authority"})
# Among the kinds that a clause binds: the office that enters it, beside the units below.
OWN_OFFICE = "own"


@dataclass(frozen=True, slots=True)
class ProposedClause:
    """A clause as read, with what the regime says that it binds."""

    label: str
    heading: str
    text: str
    binds: tuple[str, ...]
    rule: str
    deadlines: tuple[dict[str, Any], ...]
    lines: tuple[int, ...]


def propose(clauses: Sequence[dict[str, Any]], regime: Regime) -> list[ProposedClause]:
    """The clauses of a reading with their default bindings; a clause that only heads others binds nobody itself."""
    heads = {_parent(clause["label"]) for clause in clauses}
    headings = {clause["label"]: f"{clause.get('heading') or ''} {clause['text']}" for clause in clauses}
    proposed = []
    for clause in clauses:
        label = clause["label"]
        binding = regime.binding(headings[label], headings.get(_parent(label), ""))
        is_head = label in heads
        proposed.append(
            ProposedClause(
                label,
                clause.get("heading") or "",
                clause["text"],
                () if is_head else binding.binds,
                "" if is_head else binding.rule,
                tuple(clause.get("deadlines", ())),
                (clause["line"],) if clause.get("line") else (),
            )
        )
    return proposed


def is_bound(kind: str, binds: Sequence[str]) -> bool:
    """True when an organisation of this kind is bound by a clause that binds these kinds."""
    return kind in binds or (EVERY_KIND in binds and kind not in NEVER_BOUND)


def bound_kinds(chosen: Iterable[str]) -> list[str]:
    """The chosen kinds as a clause keeps them: every kind stands for all others, one's own office beside it."""
    kinds = set(chosen)
    return sorted(kinds & {EVERY_KIND, OWN_OFFICE} if EVERY_KIND in kinds else kinds)


def due_time(*candidates: datetime | None, period_to: date | None) -> datetime | None:
    """The first due time given, else the end of the directive's period in Hà Nội, else None."""
    for candidate in candidates:
        if candidate is not None:
            return candidate
    return end_of(period_to) if period_to else None


def watch_window(
    period_from: date | None,
    period_to: date | None,
    *,
    arrived_on: date | None,
    opened_at: datetime,
    due_at: datetime | None,
) -> tuple[datetime, datetime | None]:
    """From when until when a watch is asked for: the directive's days in Hà Nội, else from its arrival until it is due.

    The end is None where neither says one.
    """
    begin = datetime.combine(period_from or arrived_on or opened_at.astimezone(OFFICE_ZONE).date(), time(), OFFICE_ZONE)
    end = end_of(period_to) if period_to else due_at
    return begin, end and max(end, begin)


_URGENCY = {"hoa_toc": "văn bản hỏa tốc", "thuong_khan": "văn bản thượng khẩn", "khan": "văn bản khẩn"}


def priority_reason(urgency: str, due_at: datetime | None) -> str:
    """Why an obligation is as urgent as it is: what the document is marked with, and when it was due as it was sent."""
    said = urgency.strip()
    marked = _URGENCY.get(said, f"văn bản ghi độ khẩn “{said}”" if said else "văn bản không ghi độ khẩn")
    return f"{marked}; {f'hạn khi giao: {day_words(due_at)}' if due_at else 'khi giao chưa có hạn'}"


def day_words(due_at: datetime) -> str:
    """A due time in Hà Nội as pages say it: the day that ends with it, else day and hour."""
    here = due_at.astimezone(OFFICE_ZONE)
    if here.time() != time():
        return f"{here.day}/{here.month}/{here.year} {here:%H:%M}"
    last = here - timedelta(days=1)
    day = f"{last.day}/{last.month}/{last.year}"
    return f"hết ngày {day}"


def bare_number(number: str) -> str:
    """A document's number, or one with its symbol, without leading zeros: `01/BC-UBND` and `1/BC-UBND` are the same."""
    return number.strip().lstrip("0")


def end_of(day: date) -> datetime:
    """The last moment of a day in Hà Nội, as the first of the next."""
    return datetime.combine(day + timedelta(days=1), time(), OFFICE_ZONE)


def _parent(label: str) -> str:
    return label.rpartition(".")[0]
