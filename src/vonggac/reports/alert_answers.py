"""Alerts in a report: how an office and all below it answered what their sources told in a directive's period."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from vonggac.alerts import notices, queries
from vonggac.alerts.queries import Answers
from vonggac.directives.models import Directive
from vonggac.register.models import Organisation
from vonggac.reports.figures import AlertFigures, Figure, NoticeFigures, PriorityAnswers
from vonggac.reports.watches import period

ROWS = "/cases/alerts/"


def figures(directive: Directive, office: Organisation, at: datetime) -> AlertFigures | None:
    """The answers of an office's part of the tree; None before the period begins, or where nobody answered anything."""
    window = period(directive, office)
    if window is None:
        return None
    start, end = (moment.astimezone(UTC) for moment in window)
    seen_to = min(end, at)
    answers = queries.answers(office.path, start, seen_to) if seen_to > start else []
    told = _notices(office, start, seen_to) if seen_to > start else None
    if not answers and told is None:
        return None
    rows = tuple(_of_priority(one, office.code, start, seen_to) for one in answers)
    return AlertFigures(start, seen_to, rows, told)


def _notices(office: Organisation, start: datetime, end: datetime) -> NoticeFigures | None:
    """The notices of coordinators within the time; None where there was none."""
    counted = notices.counted(office.path, start, end)
    if not counted.received:
        return None
    filters = {"organisation": office.code, "since": start.isoformat(), "until": end.isoformat()}
    figures = {
        name: Figure(value, f"{ROWS}notices/?{urlencode({'which': name, **filters})}")
        for name, value in asdict(counted).items()
    }
    return NoticeFigures(**figures)


def _of_priority(one: Answers, code: str, start: datetime, end: datetime) -> PriorityAnswers:
    answered = {"since": start.isoformat(), "until": end.isoformat()}

    def figure(value: int, state: str, **more: str) -> Figure:
        filters = {"state": state, "organisation": code, "priority": one.priority, **more}
        return Figure(value, f"{ROWS}?{urlencode(filters)}")

    return PriorityAnswers(
        priority=one.priority,
        acknowledged=figure(one.acknowledged, "all", **answered),
        acknowledged_late=figure(one.acknowledged_late, "all", late="acknowledged", **answered),
        median_acknowledged_seconds=_seconds(one.median_acknowledged),
        worst_acknowledged_seconds=_seconds(one.worst_acknowledged),
        handled=figure(one.handled, "done", **answered),
        handled_late=figure(one.handled_late, "done", late="handled", **answered),
        median_handled_seconds=_seconds(one.median_handled),
        worst_handled_seconds=_seconds(one.worst_handled),
        waiting_late=figure(one.waiting_late, "new", late="waiting", until=answered["until"]),
    )


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())
