"""Tags and filters of the pages about alerts."""

from collections.abc import Mapping
from datetime import timedelta

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from vonggac.alerts.clock_lead import minutes_of
from vonggac.alerts.clocks import Clock
from vonggac.alerts.models import Finding
from vonggac.desk import alert_rows, alert_words, times
from vonggac.desk import frame as frames

register = template.Library()

for tag in (alert_words.urgency, alert_words.clock_of, alert_words.notice_mark):
    register.simple_tag(tag)
for words in (
    alert_words.machine,
    alert_words.rule_of,
    alert_words.severity_word,
    alert_words.class_word,
    alert_words.finding_word,
    alert_words.standing_word,
    alert_words.told_word,
    alert_words.told_way_word,
    alert_words.format_word,
):
    register.filter(words)


@register.simple_tag(takes_context=True)
def finding_row(context: Context, finding: Finding) -> SafeString:
    """What stands in the row of a finding before its buttons; the page tells `hosts`, `kin` and `is_folded`."""
    now, kin = frames.of(context["request"]).now, context["kin"].get(finding.pk)
    return alert_rows.row(finding, context["hosts"], kin, now, is_folded=context["is_folded"])


@register.filter
def under(found: Mapping[int, Clock], priority: int) -> Clock:
    """The clock of a priority."""
    return found[priority]


@register.filter
def lasting(span: timedelta) -> str:
    """`4 giờ 06 phút`."""
    return times.length(span)


@register.filter
def minutes(seconds: int) -> str:
    """How far a clock is off, to the nearest minute, with the thousands apart."""
    return frames.shown(minutes_of(seconds))


@register.filter
def number_of(numbers: Mapping[object, int], key: object) -> int:
    """The number under a key, 0 where there is none."""
    return numbers.get(key, 0)
