"""One timeline of a case: the ledger's entries in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.cases.models import Case
from vonggac.desk import act_words, call_words, proof_words, times, words
from vonggac.desk.retelling import retold
from vonggac.ledger.models import Entry
from vonggac.register.holding import AddressLine, moves
from vonggac.register.models import OrganisationKind, Person

MOST_ENTRIES = 200
_TONES = {
    "case.acknowledge": "",
    "case.claim": "claimed",
    "case.evidence": "claimed",
    "case.reopen": "against",
    "case.withdraw": "late",
    "case.undo": "late",
    "case.dispute": "late",
    "case.refuse": "late",
    "case.extend": "late",
    "case.address": "late",
}
# Acts that leave a case as it was: somebody was told of it.
_CHANGE_NOTHING = ("case.remind", "case.escalate")
# What an owner says; the newest stands on the case, the ones before stay here.
ANSWERS = frozenset({"case.claim", "case.dispute", "case.refuse"})
# Details that are told as they are.
_NAMED: Mapping[str, Sequence[str]] = {
    "case.listed": ("file",),
    "case.unlisted": ("file",),
    "case.placed": ("address",),
    "case.split": ("address",),
    "case.alert": ("title", "source"),
    "alert_notice.receive": ("state",),
    "alert_notice.change": ("state",),
}
_VERDICT_TONES = {"proven": "proven", "contradicted": "against", "not_observable": "unseen"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline."""

    at: datetime
    what: str
    who: str
    facts: Sequence[str]
    quote: str
    tone: str
    is_answer: bool = False
    is_verdict: bool = False
    address: str = ""
    """Where what happened is shown whole, "" where nothing but this line is."""


def of(kind: str, subject_id: int, *, without: Sequence[str] = ()) -> list[Moment]:
    """The history of one subject, newest first, without the acts that happen all the time."""
    found = Entry.objects.filter(subject_kind=kind, subject_id=subject_id).exclude(act__in=without)
    # What is entered late tells of an earlier time: claims from paper, an exercise's day.
    entries = sorted(found.order_by("-id")[:MOST_ENTRIES], key=lambda entry: entry.at, reverse=True)
    return list(_without_repeats(_moments(entries)))


def of_case(case: Case, lines: Sequence[AddressLine], now: datetime) -> list[Moment]:
    """The history of a case, with what the register tells of its host: when it went to another inner address.

    Such a line may have been entered long before its time, so that no act of the ledger stands there.
    """
    moved = [
        Moment(
            at=one.at,
            what=act_words.act_of("case.address"),
            who="",
            facts=[f"{', '.join(one.was)} → {', '.join(one.now)}", _("by the register of assets")],
            quote="",
            tone="late",
        )
        for one in moves(lines, case.opened_at, now)
    ]
    return sorted([*of("case", case.pk), *moved], key=lambda moment: moment.at, reverse=True)


def lines(moment: Moment) -> Iterator[str]:
    """A moment as the shell tells it: a line, and what somebody said in their own words."""
    facts = "".join(f" · {fact}" for fact in (moment.who, *moment.facts) if fact)
    yield f"  {times.full(moment.at)}  {moment.what}{facts}"
    if moment.quote:
        yield f"      “{moment.quote}”"


def newest(kind: str, subject_ids: Sequence[int]) -> dict[int, int]:
    """The number of each subject's newest entry: what a page that is made now has seen, for `since`."""
    found = Entry.objects.filter(subject_kind=kind, subject_id__in=subject_ids)
    return dict(found.order_by().values_list("subject_id").annotate(Max("id")))


def since(kind: str, subject_id: int, seen: int, *, reader: str) -> list[Moment]:
    """What others than the reader, an actor of the ledger, changed after the entry seen, the newest first."""
    found = Entry.objects.filter(subject_kind=kind, subject_id=subject_id, id__gt=seen).exclude(actor=reader)
    return list(_moments(found.exclude(act__in=_CHANGE_NOTHING).order_by("-id")[:MOST_ENTRIES]))


def _moments(entries: Iterable[Entry]) -> Iterator[Moment]:
    told = list(entries)
    names = _names(told)
    # The oldest entries name the only thing that could be undone then: a claim.
    undone = {entry.detail.get("entry", entry.detail.get("claim")) for entry in told if entry.act == "case.undo"}
    return (_moment(entry, names, is_undone=entry.pk in undone) for entry in told)


def _without_repeats(moments: Iterable[Moment]) -> Iterator[Moment]:
    """The moments, newest first, where a judgement that was only said again stands once, when it was said first."""
    newer: Moment | None = None
    for moment in moments:
        if newer is not None and not (moment.is_verdict and newer.is_verdict and _say_the_same(moment, newer)):
            yield newer
        newer = moment
    if newer is not None:
        yield newer


def _say_the_same(one: Moment, other: Moment) -> bool:
    return (one.what, one.facts, one.quote) == (other.what, other.facts, other.quote)


def _names(entries: Sequence[Entry]) -> dict[str, str]:
    people = {int(entry.actor[7:]) for entry in entries if entry.actor.startswith("person:")}
    return {f"person:{pk}": name for pk, name in Person.objects.filter(pk__in=people).values_list("pk", "name")}


def _moment(entry: Entry, names: Mapping[str, str], *, is_undone: bool) -> Moment:
    tone = _TONES.get(entry.act, call_words.TONES.get(entry.act, ""))
    if entry.act == "case.verdict":
        tone = _VERDICT_TONES.get(str(entry.detail.get("proof")), "")
    elif entry.act == "case.close" and entry.detail.get("reason") == "proven":
        tone = "proven"
    is_call = entry.act.startswith("escalation.")
    return Moment(
        at=entry.at,
        what=_what(entry),
        who=_who(entry, names),
        facts=list(_facts_of(entry)),
        quote=call_words.quote(entry.detail) if is_call else _quote(entry.act, entry.detail),
        tone=tone,
        is_answer=entry.act in ANSWERS and not is_undone,
        is_verdict=entry.act == "case.verdict",
        address=reverse("alert", args=[entry.detail["finding"]]) if entry.act == "case.alert" else "",
    )


def _what(entry: Entry) -> str:
    if entry.act == "case.undo":
        return act_words.undone(entry.detail.get("undone", "case.claim"))
    return act_words.act_of(entry.act)


def _who(entry: Entry, names: Mapping[str, str]) -> str:
    """Who acted; an answer that was given by somebody else (by link, on paper) carries their name too."""
    by = str(entry.detail.get("by") or "")
    actor = names.get(entry.actor, "")
    if entry.actor.startswith("system:"):
        actor = _("the desk itself")
    if by and actor and by != actor:
        return f"{by} ({actor})"
    return by or actor


def _facts_of(entry: Entry) -> Iterator[str]:
    if entry.act.startswith("escalation."):
        return call_words.facts(entry.act, entry.detail)
    if entry.act.startswith("organisation."):
        return _particulars(entry.detail)
    if entry.act == "case.priority":
        return iter([f"{entry.detail['was']} → {entry.detail['priority']}"])
    if entry.act == "case.address":
        return _move(entry.detail)
    return _facts(entry.act, entry.detail)


def _facts(act: str, detail: Mapping[str, Any]) -> Iterator[str]:
    if act == "case.verdict":
        yield words.word(words.PROOFS, str(detail.get("proof")))
    if detail.get("reversed_from"):
        yield _("reverses “%(before)s”") % {"before": words.word(words.PROOFS, str(detail["reversed_from"]))}
    via = detail.get("via")
    if via and via != "desk":
        yield words.word(words.VIAS, str(via))
    if act == "case.hand_over":
        yield _("to %(name)s") % {"name": detail.get("to")}
    if detail.get("due"):
        yield _("due %(time)s") % {"time": times.due_full(datetime.fromisoformat(str(detail["due"])))}
    for name in _NAMED.get(act, ()):
        if detail.get(name):
            yield retold(detail[name])
    if act == "case.escalate" and detail.get("to"):
        yield _("to %(name)s") % {"name": detail.get("office") or detail["to"]}
    if act == "case.evidence":
        yield f"{detail.get('name')} · SHA-256 {str(detail.get('sha256'))[:12]}…"


def _move(detail: Mapping[str, Any]) -> Iterator[str]:
    """From which inner address a host went to which, and the sighting that a log places there."""
    yield f"{detail['was']} → {detail['now']}"
    port = detail.get("port")
    yield _("a log places the sighting of %(address)s at %(time)s there") % {
        "address": detail["address"] if port is None else f"{detail['address']}, {_('source port')} {port}",
        "time": times.full(datetime.fromisoformat(str(detail["seen"]))),
    }


def _particulars(detail: Mapping[str, Any]) -> Iterator[str]:
    """The act by which an organisation was changed; what stood in each corrected field, and what stands there now."""
    if detail.get("order"):
        yield str(detail["order"])
    titles = {"name": _("Name"), "kind": _("Kind"), "email": _("Mail address")}
    kinds = dict(OrganisationKind.choices)
    for name, before in (detail.get("before") or {}).items():
        both = (str(value or "–") for value in (before, (detail.get("fields") or {}).get(name)))
        shown = [words.word(kinds, value) if name == "kind" else value for value in both]
        yield f"{titles.get(name, name)}: {' → '.join(shown)}"


def _quote(act: str, detail: Mapping[str, Any]) -> str:
    """What a person said in their own words, or a rule in the reader's."""
    if act == "case.verdict":
        missing = detail.get("missing") or ()
        return proof_words.sentence(str(detail.get("proof")), str(detail.get("reason") or ""), missing)
    text = str(detail.get("text") or detail.get("note") or detail.get("reason") or "")
    said = "" if text == "proven" else proof_words.reason_text(text)
    return said if act in ANSWERS else retold(said)
