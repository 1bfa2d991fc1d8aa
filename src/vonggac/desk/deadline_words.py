"""How a clause's printed times were counted, in a sentence each: a proposal to look at, or why there is none."""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from vonggac.desk.times import local
from vonggac.desk.words import Word
from vonggac.directives.counting import Origin, due_of

_SPAN = re.compile(r"P(T?)(\d+)([HMDWY])( working)?")
_UNITS: Mapping[tuple[str, str, str], Any] = {
    ("T", "H", ""): ngettext_lazy("%(n)d hour", "%(n)d hours", "n"),
    ("T", "M", ""): ngettext_lazy("%(n)d minute", "%(n)d minutes", "n"),
    ("", "D", ""): ngettext_lazy("%(n)d day", "%(n)d days", "n"),
    ("", "D", " working"): ngettext_lazy("%(n)d working day", "%(n)d working days", "n"),
    ("", "W", ""): ngettext_lazy("%(n)d week", "%(n)d weeks", "n"),
    ("", "M", ""): ngettext_lazy("%(n)d month", "%(n)d months", "n"),
    ("", "Y", ""): ngettext_lazy("%(n)d year", "%(n)d years", "n"),
}
_CYCLES: Mapping[str, Word] = {
    "daily": gettext_lazy("every day"),
    "weekly": gettext_lazy("every week"),
    "monthly": gettext_lazy("every month"),
    "quarterly": gettext_lazy("every quarter"),
    "yearly": gettext_lazy("once a year"),
    "monthly or ad hoc": gettext_lazy("every month, and when the occasion arises"),
}
_ENDLESS: Mapping[str, Word] = {
    "24/7 continuous": gettext_lazy("around the clock"),
    "at once": gettext_lazy("at once, no hour is printed"),
    "ad hoc": gettext_lazy("when the occasion arises"),
}


def how_counted(deadline: Mapping[str, Any], origin: Origin) -> str:
    """`“trong vòng 24 giờ kể từ khi nhận”: 24 hours from receipt at the office (10:30 20/04/2026) → due …`."""
    due = due_of(deadline, origin)
    end = _("due %(when)s") % {"when": moment_words(due)} if due else _("no due time follows from it; write one")
    return f"“{deadline.get('text', '')}”: {rule_words(deadline, origin)} → {end}"


def rule_words(deadline: Mapping[str, Any], origin: Origin) -> str:
    """What a printed time means, and what it is counted from."""
    rule = str(deadline.get("rule") or "")
    if deadline.get("due"):
        return _("a fixed day")
    if rule in _ENDLESS:
        return str(_ENDLESS[rule])
    if " from " in rule:
        return _relative(rule, origin)
    if rule.startswith("before "):
        return _("by %(day)s, of the year of issue or the next") % {"day": _day_of(rule)}
    if cycle := _cycle(rule):
        arrived = moment_words(origin.arrived)
        return _("%(cycle)s; the first time after the arrival (%(when)s)") % {"cycle": cycle, "when": arrived}
    return _("a time that the desk cannot count")


def moment_words(moment: datetime) -> str:
    """The day of a moment that ends with its day, else hour and day."""
    here = local(moment)
    if here.time() == time():
        return f"{(here - timedelta(days=1)):%d/%m/%Y}"
    return f"{here:%H:%M %d/%m/%Y}"


def _relative(rule: str, origin: Origin) -> str:
    told = {"span": _span(rule)}
    if rule.endswith("receipt"):
        told["when"] = moment_words(origin.arrived)
        return _("%(span)s from receipt, counted from the arrival at the office (%(when)s)") % told
    if rule.endswith("issue") and origin.issued:
        return _("%(span)s from the day of issue (%(day)s)") % {**told, "day": f"{origin.issued:%d/%m/%Y}"}
    if rule.endswith("issue"):
        return _("%(span)s from the day of issue, which is not known") % told
    return _("%(span)s from an event whose time the document does not give") % told


def _cycle(rule: str) -> str:
    head, _blank, rest = rule.partition(" ")
    if rule in _CYCLES:
        return str(_CYCLES[rule])
    if head == "monthly":
        return _("every month by day %(day)s") % {"day": rest}
    if head == "yearly":
        return _("every year by %(day)s") % {"day": _day_of(rule)}
    if head == "every":
        told = {"span": _span(rule), "day": _day_of(rule)}
        return (_("every %(span)s, by %(day)s") if " by " in rule else _("every %(span)s")) % told
    return ""


def _span(rule: str) -> str:
    found = _SPAN.search(rule)
    if found is None:
        return rule
    clock, count, unit, working = found.groups(default="")
    form = _UNITS.get((clock, unit, working))
    return str(form % {"n": int(count)}) if form else rule


def _day_of(rule: str) -> str:
    """`20/06` of a rule that ends with `06-20`."""
    return "/".join(reversed(rule.rpartition(" ")[2].split("-")))
