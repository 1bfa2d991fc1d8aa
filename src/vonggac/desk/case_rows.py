"""What stands in a row of a list of cases, drawn in Python: for fifty rows the template language took 12 ms.

The row's button stays in its template, beside all other forms of the desk.
"""

from datetime import datetime
from functools import lru_cache
from html import escape

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vonggac.cases.models import Case, Kind
from vonggac.cases.rules import Claim, Proof, State, is_late
from vonggac.desk import actions, marks, proof_words, times, words
from vonggac.desk.retelling import retold

LONGEST_SENTENCE = 150
LONGEST_CLOSING = 120
_ABNORMAL = frozenset({Proof.CONTRADICTED, Proof.NOT_OBSERVABLE})


@lru_cache(maxsize=1_000)
def mark(shape: str, label: str) -> SafeString:
    """One mark with its word for those who do not see it."""
    return format_html(
        '<svg class="mark {}" role="img" aria-label="{}"><title>{}</title><use href="{}#{}"/></svg>',
        shape, label, label, static("desk/marks.svg"), shape,
    )  # fmt: skip


def moment(at: datetime, said: str) -> SafeString:
    """A moment as `<time>`: as it is said in the text, whole in the tooltip."""
    return mark_safe(  # noqa: S308  escaped
        f'<time datetime="{at.isoformat()}" title="{escape(times.full(at))}">{escape(said)}</time>'
    )


def span(text: str, look: str = "") -> str:
    """One fact of a row, escaped; `look` are its classes."""
    return f'<span class="{look}">{escape(text)}</span>' if look else f"<span>{escape(text)}</span>"


def row(case: Case, now: datetime) -> SafeString:
    """The mark, the title with its facts, and the time of a case among others."""
    shown = _sentence(case, LONGEST_SENTENCE, '<div class="small">{}</div>')
    unit, title = case.organisation.name, retold(case.title)
    # A clause binds many units alike: only their names tell its cases apart.
    is_clause = case.kind == Kind.OBLIGATION
    facts = [] if is_clause else [span(unit)]
    if case.state not in {State.CLAIMED, State.CLOSED}:
        facts.append(span(words.word(words.STATES, case.state)))
    if case.claim == Claim.DONE:
        facts.append(span(_("claimed"), "tag claimed"))
    elif case.claim != Claim.NONE:
        facts.append(span(marks.claim(case).text, "tag late"))
    if case.proof != Proof.NONE:
        shows = marks.proof(case)
        facts.append(span(shows.text, f"tag {shows.shape}"))
    if case.closing:
        facts.append(span(closing(case, LONGEST_CLOSING)))
    facts += _person(case)
    if times_reopened := case.reopened_count:
        said = ngettext("reopened once", "reopened %(n)s times", times_reopened) % {"n": times_reopened}
        facts.append(span(said))
    return mark_safe(  # noqa: S308  escaped
        f'{_seen(case, now)}<div class="what">{_link(case, f"{unit} · {title}" if is_clause else title)}'
        f'<div class="facts">{"".join(facts)}</div>{shown}</div>{due(case, now)}'
    )


def task(case: Case, what: str, proof: str, part: tuple[str, str] | None, now: datetime) -> SafeString:
    """The mark, what to do and what counts as proof of it, and the due time.

    `part`: of an obligation, its clause and the unit's part in it ("" for its own).
    """
    clause, share = part or ("", "")
    facts = [span(clause)] if clause else []
    facts += [span(share, "tag")] if share else []
    facts += [span(words.word(words.STATES, case.state)), *_person(case)]
    if case.closing:
        facts.append(span(closing(case)))
    shown = _sentence(case, None, '<p class="small">{}</p>')
    return mark_safe(  # noqa: S308  escaped
        f'{_seen(case, now)}<div class="task-what"><p class="ask">{_link(case, what)}</p>'
        f'<div class="facts">{"".join(facts)}</div>{shown}'
        f'<p class="small">{escape(proof)}</p></div>{due(case, now)}'
    )


def closing(case: Case, most: int | None = None) -> str:
    """Why a case is closed, and the heirs of one that went over by name; "" where nothing is said. No HTML."""
    named = ", ".join(f"{one.subject} ({one.pk})" for one in case.heirs)
    said = f"{retold(case.closing)}: {named}" if named else retold(case.closing)
    return Truncator(said).chars(most) if most else said


def _seen(case: Case, now: datetime) -> SafeString:
    seen = marks.attention(case, now)
    return mark(seen.shape, seen.text)


def _link(case: Case, text: str) -> str:
    return f'<a href="{actions.address(case.pk)}">{escape(text)}</a>'


def _person(case: Case) -> list[str]:
    return [span(case.assignee.name)] if case.assignee else []


def _sentence(case: Case, most: int | None, around: str) -> str:
    """What observation shows where it is not as it should be."""
    if case.proof not in _ABNORMAL:
        return ""
    said = proof_words.sentence(case.proof, case.proof_reason, case.missing)
    return around.format(escape(Truncator(said).chars(most) if most else said))


def due(case: Case, now: datetime) -> SafeString:
    """How long a case still has, or how late it is; what its owner has answered is late no more, whatever the hour.

    Of a closed one, when it was closed.
    """
    if case.state == State.CLOSED and case.closed_at:
        shown = moment(case.closed_at, times.short(case.closed_at, now))
        return format_html('<div class="due"><b>{}</b>{}</div>', _("closed on"), shown)
    if case.due_at is None:
        return format_html('<div class="due">{}</div>', _("no due time"))
    tone, said = times.due_tone(case.due_at, now), times.due(case.due_at, now)
    if tone == "late" and not is_late(case.state, case.due_at, now):
        tone, said = "", _("answered; was due")
    shown = moment(case.due_at, times.due_short(case.due_at, now))
    return format_html('<div class="due {}"><b>{}</b>{}</div>', tone, said, shown)
