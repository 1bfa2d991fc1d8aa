"""What stands in a row of the inbox of alerts, drawn in Python as the rows of cases are (`desk/case_rows.py`).

The row's buttons stay in its template, beside all other forms of the desk.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vonggac.alerts.machines import Kin
from vonggac.alerts.models import Finding, Notice
from vonggac.alerts.rules import State
from vonggac.desk import alert_words, case_rows, frame, times
from vonggac.desk.retelling import retold
from vonggac.register.lookup import Host
from vonggac.register.models import Organisation


def row(finding: Finding, hosts: Mapping[str, Host], kin: Kin | None, now: datetime, *, is_folded: bool) -> SafeString:
    """The mark, the title with its facts and why it is urgent, and the clock that runs.

    `hosts` by subject: the machines of the findings; `kin`: what waits about its own, where there are several. Folded
    it stands for them, so that the first of their clocks is its own.
    """
    seen = alert_words.urgency(finding)
    why = _("Priority %(n)s: %(reason)s") % {"n": finding.priority, "reason": retold(finding.priority_reason)}
    return mark_safe(  # noqa: S308  escaped
        f'{case_rows.mark(seen.shape, seen.text)}<div class="what">'
        f'<a href="{reverse("alert", args=[finding.pk])}">{escape(retold(finding.title))}</a>'
        f'<div class="facts">{"".join(_facts(finding, hosts, kin, now))}</div>'
        f'<div class="small">{escape(why)}</div></div>{_clock(finding, kin if is_folded else None, now)}'
    )


def _facts(finding: Finding, hosts: Mapping[str, Host], kin: Kin | None, now: datetime) -> Iterator[str]:
    yield case_rows.span(alert_words.machine(finding, hosts))
    if owner := _owner(finding, hosts):
        yield case_rows.span(owner.name)
    yield case_rows.span(alert_words.severity_word(finding.severity))
    yield case_rows.span(f"{frame.shown(finding.count)}×")
    source = finding.source.name
    yield f'<a href="?{urlencode({"source": source})}">{escape(source)}</a>'
    word, moment = _("last seen"), finding.last_seen_utc
    if moment is None:
        word, moment = _("arrived"), finding.last_received_at
    yield f"<span>{escape(word)} {case_rows.moment(moment, times.short(moment, now))}</span>"
    if finding.notice:
        yield from _notice(finding.notice, now)
    if finding.state != State.NEW:
        yield case_rows.span(alert_words.finding_word(finding.state), "tag")
    if kin:
        said = _("%(same)s findings about this host: looks like one incident") % {"same": kin.number}
        if 0 < kin.new < kin.number:
            said += ", " + _("%(n)s not acknowledged") % {"n": kin.new}
        yield f'<a class="tag late" href="?about={finding.pk}">{escape(said)}</a>'
    if into := finding.merged_into:
        said = _("merged into “%(title)s”") % {"title": retold(into.title)}
        yield f'<a href="{reverse("alert", args=[into.pk])}">{escape(said)}</a>'


def _notice(notice: Notice, now: datetime) -> Iterator[str]:
    yield f'<a href="{reverse("alert-notice", args=[notice.pk])}" class="mono">{escape(notice.identifier)}</a>'
    if notice.is_waiting and notice.acknowledge_by:
        said = f"{times.due(notice.acknowledge_by, now)} {_('to acknowledge to its sender')}"
        yield case_rows.span(said, f"tag {times.due_tone(notice.acknowledge_by, now)}")


def _clock(finding: Finding, kin: Kin | None, now: datetime) -> str:
    running = alert_words.clock_of(finding)
    if running is None:
        return '<div class="due"></div>'
    due_at = min(running.due_at, (kin and kin.due(finding.state)) or running.due_at)
    tone, said = times.due_tone(due_at, now), times.due(due_at, now)
    return f'<div class="due {tone}"><b>{escape(said)}</b>{escape(running.text)}</div>'


def _owner(finding: Finding, hosts: Mapping[str, Host]) -> Organisation | None:
    """Who answers for the finding's host: the organisation of its case, else the register's; None where unknown."""
    if finding.case:
        return finding.case.organisation
    host = hosts.get(finding.subject)
    return host.organisation if host else None
