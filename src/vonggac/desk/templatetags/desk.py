"""Tags and filters of the desk's templates: frame, marks, share bar, times, words."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from vonggac.cases.models import Case, Finding
from vonggac.desk import call_words, case_rows, host_links, marks, proof_words, retelling, times, words
from vonggac.desk import frame as frames
from vonggac.desk.actions import Action, primary_action
from vonggac.desk.folding import folded
from vonggac.duty.models import Escalation, Shift
from vonggac.duty.queries import duty_of
from vonggac.flows import list_letters
from vonggac.reports.figures import MissingLog

register = template.Library()


@register.simple_tag(takes_context=True)
def frame(context: Context) -> frames.Frame:
    """What surrounds the page; also for pages of people who have not signed in."""
    request: HttpRequest = context["request"]
    return frames.of(request)


@register.simple_tag
def address_of(name: str) -> str:
    """The address of a page by name, "" where it is not installed."""
    return frames.address_of(name)


@register.simple_block_tag
def folding(content: SafeString) -> SafeString:
    """What stands inside, its folding tables completed for narrow pages."""
    return folded(content)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A shape without words, for places where the words stand beside it."""
    return format_html('<svg aria-hidden="true"><use href="{}#{}"/></svg>', static("desk/marks.svg"), name)


@register.simple_tag
def mark(shape: str, text: str = "") -> SafeString:
    """One mark with its word for those who do not see it."""
    return case_rows.mark(shape, text or str(marks.LABELS.get(shape, shape)))


@register.simple_tag(takes_context=True)
def case_row(context: Context, case: Case) -> SafeString:
    """What stands in the row of a case before its button."""
    return case_rows.row(case, frames.of(context["request"]).now)


@register.simple_tag(takes_context=True)
def case_due(context: Context, case: Case) -> SafeString:
    """The due time of a case, as its row says it."""
    return case_rows.due(case, frames.of(context["request"]).now)


@register.filter
def closing(case: Case) -> str:
    """Why a case is closed, as its row says it."""
    return case_rows.closing(case, case_rows.LONGEST_CLOSING)


@register.simple_tag
def quiet_mark(shape: str) -> SafeString:
    """A mark whose words stand right beside it."""
    return format_html(
        '<svg class="mark {}" aria-hidden="true"><use href="{}#{}"/></svg>', shape, static("desk/marks.svg"), shape
    )


@register.filter
def proof_mark(case: Case) -> marks.Mark:
    """What observation shows of a case."""
    return marks.proof(case)


@register.filter
def claim_mark(case: Case) -> marks.Mark:
    """What the owner says of a case."""
    return marks.claim(case)


@register.simple_tag(takes_context=True)
def attention_mark(context: Context, case: Case) -> marks.Mark:
    """What is most abnormal about a case."""
    return marks.attention(case, frames.of(context["request"]).now)


@register.simple_tag(takes_context=True)
def action_of(context: Context, case: Case) -> Action:
    """The one primary action of a case for the person who looks at it."""
    return primary_action(case, context["request"].access)


@register.simple_tag
def share_bar(proven: int, claimed: int, working: int, late: int, label: str) -> SafeString:
    """The share bar: proven, claimed, under way, late, always in this order; drawn as SVG for the strict policy."""
    total = proven + claimed + working + late
    parts: list[tuple[str, str, str]] = []
    start = 0.0
    for name, number in (("p", proven), ("c", claimed), ("w", working), ("l", late)):
        width = 100 * number / total if total else 0.0
        if number:
            parts.append((name, f"{start:.2f}%", f"{max(0.0, width - 0.3):.2f}%"))
        start += width
    rects = format_html_join("", '<rect class="{}" x="{}" width="{}" height="100%"/>', parts)
    return format_html('<svg class="share" role="img" aria-label="{}">{}</svg>', label, rects)


@register.simple_tag(takes_context=True)
def due_words(context: Context, moment: datetime) -> str:
    """`còn 26 phút`."""
    return times.due(moment, frames.of(context["request"]).now)


@register.simple_tag(takes_context=True)
def due_tone(context: Context, moment: datetime) -> str:
    """The class of a due time."""
    return times.due_tone(moment, frames.of(context["request"]).now)


@register.simple_tag(takes_context=True)
def ago(context: Context, moment: datetime) -> str:
    """How long it has been, or will be, without a word for which."""
    return times.length(abs(frames.of(context["request"]).now - moment))


@register.simple_tag(takes_context=True)
def when(context: Context, moment: datetime) -> SafeString:
    """A moment as `<time>`: short in the text, whole in the tooltip."""
    return case_rows.moment(moment, times.short(moment, frames.of(context["request"]).now))


@register.simple_tag(takes_context=True)
def on_day(context: Context, moment: date) -> str:
    """`30/4`, with its year where that is not this one."""
    return times.day_short(moment, frames.of(context["request"]).now)


@register.simple_tag(takes_context=True)
def by(context: Context, moment: datetime) -> SafeString:
    """A due time as `<time>`: one at midnight is the end of the day before, as the paper says it."""
    return case_rows.moment(moment, times.due_short(moment, frames.of(context["request"]).now))


@register.filter
def clock(moment: datetime) -> str:
    """`02:40`."""
    return times.clock(moment)


@register.filter
def due_day(moment: datetime) -> str:
    """A due time with its year; one at midnight as the day that ends with it."""
    return times.due_full(moment)


@register.filter
def full(moment: datetime) -> str:
    """`30/4/2024 02:40:07`."""
    return times.full(moment)


@register.filter
def day(moment: datetime | date) -> str:
    """`thứ Ba 30/4/2024`."""
    return times.day(moment)


@register.filter
def short_day(moment: date) -> str:
    """`T3 30/4`."""
    return times.short_day(moment)


@register.filter
def number(value: int) -> str:
    """A count with the thousands apart."""
    return frames.shown(value)


@register.filter
def state_word(code: str) -> str:
    """Where a case stands."""
    return words.word(words.STATES, code)


@register.filter
def kind_word(code: str) -> str:
    """What kind of work it is."""
    return words.word(words.KINDS, code)


@register.filter
def via_word(code: str) -> str:
    """On which way an answer came."""
    return words.word(words.VIAS, code)


@register.filter
def presence_word(code: str) -> str:
    """How a finding stands in its sender's newest list."""
    return words.word(words.PRESENCES, code)


@register.filter
def finding_place(finding: Finding) -> str:
    """Where a list saw a machine: `203.0.113.9:40001/tcp`."""
    return list_letters.place(finding)


@register.filter
def inner_address(finding: Finding) -> str:
    """The address of a listed machine inside its network, "" where it is the listed one."""
    return list_letters.inner_address(finding)


@register.filter
def control_server(finding: Finding) -> str:
    """The C2 that a list names beside a machine, "" for none."""
    return list_letters.control_server(finding)


@register.filter
def reason_word(code: str) -> str:
    """Why somebody is called."""
    return words.word(call_words.REASONS, code)


@register.filter
def call_word(escalation: Escalation) -> str:
    """Where a call stands; with fewer answers than it wants how many, and whose."""
    return call_words.standing(escalation)


@register.filter
def call_goes_on(escalation: Escalation) -> str:
    """Where a call stands that nobody has taken on, and whether others are called on."""
    return call_words.goes_on(escalation)


@register.filter
def call_shape(code: str) -> str:
    """The mark of where a call stands."""
    return words.word(call_words.SHAPES, code)


@register.filter
def leads(shift: Shift) -> bool:
    """True when the person of a shift leads it."""
    return duty_of(shift).is_lead


@register.filter
def retold(text: object) -> SafeString:
    """What a reader or a service told in English, in the language of the page, its commands as such."""
    return retelling.as_html(text)


@register.filter
def said(text: object) -> str:
    """What was written down in Vietnamese, in the language of the page."""
    return retelling.retold(text)


@register.filter
def on_their_way(missing: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The logs that are waited for."""
    return [item for item in missing if item.get("expected")]


@register.filter
def not_on_their_way(missing: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is missing and nobody can expect to come by itself."""
    return [item for item in missing if not item.get("expected")]


@register.filter
def missing_words(missing: Sequence[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """What logs or lists are missing: in words, the sensor that should have told or "", whether to declare one."""
    return [
        (proof_words.missing_text(item), item.get("sensor") or "", proof_words.is_undeclared(item)) for item in missing
    ]


@register.filter
def log_words(log: MissingLog) -> str:
    """A log that a report found missing, in the reader's language; one kept by an earlier version as the paper says."""
    return proof_words.missing_text({"kind": log.kind, "sensor": log.sensor}) if log.kind else log.name


@register.filter
def proof_sentence(case: Case) -> str:
    """What observation shows of a case, in one sentence."""
    return proof_words.sentence(case.proof, case.proof_reason, case.missing)


@register.filter
def proof_links(case: Case) -> SafeString:
    """The same, with the hosts that it names as links to their cases: a query, so for one case and not for a list."""
    return host_links.sentence(case)


@register.filter
def moment(text: str) -> str:
    """A moment kept as ISO 8601, on Hà Nội's clock."""
    return times.full(datetime.fromisoformat(text))
