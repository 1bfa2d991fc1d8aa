"""Tags and filters of the pages about directives."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vonggac.desk import case_rows
from vonggac.desk import frame as frames
from vonggac.desk.pages.directives.unit import Task
from vonggac.desk.templatetags.desk import share_bar
from vonggac.desk.times import local
from vonggac.desk.words import Word
from vonggac.directives.models import DirectiveState
from vonggac.directives.queries import Progress

register = template.Library()

RULES: Mapping[str, Word] = {
    "duty_coverage": gettext_lazy("every minute on duty is covered"),
    "botnet_hosts": gettext_lazy("every listed host is in one state, clean ones watched"),
    "patches_installed": gettext_lazy("a newer inventory shows the fixed versions"),
    "plan_exercised": gettext_lazy("the plan was exercised, services came up again"),
    "complaints_answered": gettext_lazy("complaints were answered in time"),
    "blocking_probed": gettext_lazy("probes show what is blocked"),
    "orders_in_time": gettext_lazy("orders were carried out in time"),
    "clean_host": gettext_lazy("the host was watched and silent"),
}
PARTS: Mapping[str, Word] = {
    "lead": gettext_lazy("lead"),
    "cooperate": gettext_lazy("cooperating"),
    "own": gettext_lazy("own"),
}


@register.filter
def rule_word(rule: str) -> str:
    """What a proof rule asks for; its name where nobody has put it in words."""
    return str(RULES.get(rule, rule))


@register.filter
def part_word(part: str) -> str:
    """The part of an organisation in an obligation."""
    return str(PARTS.get(part, part))


@register.simple_tag(takes_context=True)
def task_row(context: Context, task: Task) -> SafeString:
    """What stands in the row of a unit's task before its button."""
    bound = task.obligation
    share = part_word(bound.part) if bound and bound.part != "own" else ""
    part = (f"{bound.directive} · {bound.clause.label}", share) if bound else None
    return case_rows.task(task.case, task.what, task.proof, part, frames.of(context["request"]).now)


@register.filter
def directive_state(code: str) -> str:
    """Where a directive stands."""
    return str(dict(DirectiveState.choices).get(code, code))


@register.filter
def prefix(number: int, letter: str) -> str:
    """`d12-`: what the names of one row's inputs begin with."""
    return f"{letter}{number}-"


@register.filter
def plain_day(moment: date | datetime | None) -> str:
    """`22/4/2024`, "" where there is none."""
    if moment is None:
        return ""
    here = local(moment) if isinstance(moment, datetime) else moment
    return f"{here.day}/{here.month}/{here.year}"


@register.filter
def of_key(table: Mapping[Any, Any], key: Any) -> Any:
    """The entry of a table, None where there is none."""
    return table.get(key)


@register.simple_tag
def progress_bar(progress: Progress) -> SafeString:
    """The share bar of obligations, with its figures in words for those who do not see it."""
    label = _("%(proven)d proven, %(standing)d claimed without a result yet, %(in_time)d in time, %(late)d late") % {
        "proven": progress.proven, "standing": progress.standing, "in_time": progress.in_time, "late": progress.late,
    }  # fmt: skip
    return share_bar(progress.proven, progress.standing, progress.in_time + progress.ended, progress.late, label)


@register.filter
def upper_body(name: str) -> SafeString:
    """An issuing body as the head of a document prints it."""
    return format_html("{}", name.upper())
