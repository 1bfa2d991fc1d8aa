"""What a letter says, in its reader's language: what it is about, what is new since the last one, how to answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.duty.escalation.rules import Reason
from vonggac.duty.models import Concern, Escalation

NAMED = 10
LONGEST_TITLE = 120
# Of a call by hand its own words stand in the subject, of a hole its shift and post: they fit beside the office's name
# and the link of an SMS.
LONGEST_WORDS = 80
HEADINGS: Mapping[str, str | Promise] = {
    Reason.BOTNET: gettext_lazy("urgent hosts on a botnet list"),
    Reason.HOLE: gettext_lazy("a hole in the watch"),
    Reason.HAND_OVER: gettext_lazy("a hand-over is not signed"),
    Reason.CHECK_IN: gettext_lazy("somebody has not come to their shift"),
    Reason.AWAKE: gettext_lazy("the person on duty does not answer"),
    Reason.SILENCE: gettext_lazy("work that nobody has acknowledged"),
    Reason.ALERT: gettext_lazy("an urgent alert"),
    Reason.CALL: gettext_lazy("you are called"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One escalation in a letter: what it is about now, and the moment of the last letter to this address."""

    escalation: Escalation
    concerns: Sequence[Concern]
    since: datetime | None
    asks_for_note: bool = False
    is_update: bool = False
    link: str = ""

    @property
    def new(self) -> Sequence[Concern]:
        """What the reader was not told yet."""
        return [one for one in self.concerns if self.since is None or one.added_at > self.since]


@dataclass(frozen=True, slots=True)
class Text:
    """A letter's words: subject and body, and the same in one line."""

    subject: str
    body: str
    brief: str


def letter(told: Sequence[Told], name: str, language: str) -> Text:
    """One letter about some escalations, whatever their number."""
    with translation.override(language):
        subject = _subject(told)
        parts = [part for one in told for part in (*_section(one), "")]
        body = "\n".join([f"{name},", "", *parts, *_closing()])
        links = " ".join(dict.fromkeys(one.link for one in told if one.link))
        return Text(subject[:300], body, f"{subject} {links}".strip())


def test(name: str, link: str, language: str) -> Text:
    """The letter with which a way to reach a person is tried."""
    with translation.override(language):
        subject = _prefix() + _("test of your contact")
        body = _("%(name)s, this is how the duty desk would reach you. Open this link and confirm that it came:") % {
            "name": name
        }
        return Text(subject, f"{body}\n{link}\n", f"{subject} {link}")


def heading(escalation: Escalation) -> str:
    """What an escalation is about, in a few words of the language in force."""
    return str(HEADINGS[Reason(escalation.reason)])


def _headline(told: Told) -> str:
    """What stands of it in a subject: of a call by hand the words of whoever calls, of a hole its shift and post."""
    said = [words for one in told.concerns if (words := _in_brief(one.title))]
    if told.escalation.reason == Reason.HOLE and said:
        return said[-1]  # the newest is the one of the shift that runs
    return said[0] if told.escalation.reason == Reason.CALL and said else heading(told.escalation)


def _in_brief(text: str) -> str:
    """The beginning of what a person wrote, in one line without any address: the only link is the desk's own."""
    words = " ".join(word for word in text.split() if "://" not in word)
    shown = "".join(letter for letter in words if letter.isprintable())
    return shown if len(shown) <= LONGEST_WORDS else f"{shown[: LONGEST_WORDS - 1].rstrip()}…"


def _prefix() -> str:
    return f"[{_('EXERCISE')}] " if settings.VONGGAC_IS_EXERCISE else "[Vọng Gác] "


def _subject(told: Sequence[Told]) -> str:
    first = told[0]
    if first.asks_for_note and len(told) == 1:
        return _prefix() + _("how does it go? %(what)s") % {"what": _headline(first)}
    if len(told) > 1:
        said = ngettext("CALL: %(n)d matter", "CALL: %(n)d matters", len(told)) % {"n": len(told)}
        return f"{_prefix()}{said} ({', '.join(dict.fromkeys(_headline(one) for one in told))})"
    number = len(first.concerns)
    what = f"{_headline(first)} ({number})" if number > 1 else _headline(first)
    return f"{_prefix()}{_('NEWS') if first.is_update else _('CALL')}: {what} – {first.escalation.organisation.name}"


def _section(one: Told) -> Iterator[str]:
    escalation = one.escalation
    started = _clock(escalation.started_at)
    yield f"{escalation.organisation.name}: {heading(escalation)} ({_('since %(time)s') % {'time': started}})"
    if one.asks_for_note:
        yield from _question(one)
        return
    new = one.new
    yield from _named(new or one.concerns)
    if one.since is not None:
        times = {"time": _clock(one.since), "n": len(new), "all": len(one.concerns)}
        yield _("New since %(time)s: %(n)d; in all: %(all)d.") % times
    if escalation.note:
        yield _("Last note: %(text)s") % {"text": escalation.note}
    if one.link:
        yield _("To take it on (no sign-in, works once): %(link)s") % {"link": one.link}


def _question(one: Told) -> Iterator[str]:
    yield from _named(one.concerns)
    until = one.escalation.taken_until
    if until is not None:
        yield _("You have taken this on. Without a note on how it goes, the next person is called at %(time)s.") % {
            "time": _clock(until)
        }
    yield _("Write the note (no sign-in, works once): %(link)s") % {"link": one.link}


def _named(concerns: Sequence[Concern]) -> Iterator[str]:
    """A line for each of the first ones, and how many more there are."""
    for concern in concerns[:NAMED]:
        yield f"- {concern.title if concern.kind == 'note' else concern.title[:LONGEST_TITLE]}"
    rest = len(concerns) - NAMED
    if rest > 0:
        yield "- " + ngettext("and %(n)d more", "and %(n)d more", rest) % {"n": rest}


def _closing() -> Iterable[str]:
    yield _("To take it on means that you see to it now; it does not say that anything is done.")
    yield f"{settings.VONGGAC_ORIGIN}/escalations/"


def _clock(moment: datetime) -> str:
    here = timezone.localtime(moment)
    return f"{here:%H:%M} {here.day}/{here.month}"
