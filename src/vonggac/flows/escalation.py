"""Somebody is called until they answer: what starts it, what the pager does every second, what a letter's link does.

a list, a hole, silence ──start──▶ rows ──due──▶ pages ──▶ letters ──pager──▶ a person ──link──▶ taken on
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from vonggac.alerts.models import Finding, Notice
from vonggac.alerts.rules import FINDING, NOTICE
from vonggac.alerts.services import triage
from vonggac.botnet.models import BotnetList
from vonggac.cases.models import Case
from vonggac.cases.rules import State
from vonggac.duty import contacts, links
from vonggac.duty.delivery import Failure, Fault
from vonggac.duty.escalation import apart, engine, letters, services, standing
from vonggac.duty.escalation.letters import Outgoing
from vonggac.duty.escalation.rules import Reason
from vonggac.duty.escalation.services import Answerer, Happening
from vonggac.duty.models import Concern, ContactMethod, Escalation, HandOver, Letter, Link, Post, Prompt, Shift
from vonggac.duty.queries import held_posts, needs
from vonggac.duty.rules import Hole
from vonggac.duty.skills import SKILL_NAMES
from vonggac.errors import InputError
from vonggac.flows.local_times import clock, day, short_day
from vonggac.ledger.models import Entry
from vonggac.regimes import regime
from vonggac.register.models import Organisation
from vonggac.register.queries import chain
from vonggac.tenancy.scope import Scope, scoped, system

PAGER = system("pager")
# A letter that was begun so often and never ended takes its pager with it each time.
MOST_ATTEMPTS = 40
NEVER_ENDED = Failure(Fault.LETTER, "begun again and again, and never ended", is_final=True)
_SIGN = """
INSERT INTO duty_pager (id, seen_at) VALUES (%s, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()
"""


def give_sign(pager: UUID) -> None:
    """Say that this pager lives; those that have been silent for a day are forgotten."""
    with scoped(PAGER), connection.cursor() as cursor:
        cursor.execute(_SIGN, [pager])
        cursor.execute("DELETE FROM duty_pager WHERE seen_at < clock_timestamp() - interval '1 day'")


def do_due(*, at: datetime) -> int:
    """The number of steps done and letters written now; what leaves the desk is sent by `hand_on`."""
    with scoped(PAGER):
        taken = engine.take_due(at=at)
    with scoped(PAGER):
        return taken + letters.write(at=at)


@dataclass(frozen=True, slots=True)
class Tried:
    """A letter, and why it was not taken; None when it was."""

    letter: Letter
    failure: Failure | None


def hand_on(
    pager: UUID,
    tried: Tried | None,
    *,
    at: datetime,
    resting: Collection[int] = (),
    yielding: Collection[int] = (),
) -> Outgoing | None:
    """The next letter in this pager's hand, in one transaction with what became of the last one.

    So at every moment one letter at most may be out without the desk knowing it. None goes by the channels that rest
    (0: mail), and one by those that yield where no other waits.
    """

    def claimed() -> Outgoing | None:
        first = letters.claim(pager, at=at, resting=[*resting, *yielding])
        return letters.claim(pager, at=at, resting=resting) if first is None and yielding else first

    with scoped(PAGER):
        if tried is not None:
            _note(tried, at)
        letter = claimed()
        while letter is not None and letter.row.attempts > MOST_ATTEMPTS:
            _note(Tried(letter.row, NEVER_ENDED), at)
            letter = claimed()
        return letter


def lay_down(tried: Tried, *, at: datetime) -> None:
    """Keep what became of the last letter, without another one."""
    with scoped(PAGER):
        _note(tried, at)


def forget(tried: Tried, *, at: datetime) -> None:
    """Keep of the last letter that it is out, or will not go out, where more cannot be kept of it."""
    with scoped(PAGER):
        letters.note_barely(tried.letter, is_out=tried.failure is None, at=at)


def _note(tried: Tried, at: datetime) -> None:
    letter, failure = tried.letter, tried.failure
    if failure is None:
        letters.note_sent(letter, at=at)
    elif failure.is_final:
        letters.note_refused(letter, failure.words, at=at)
    else:
        letters.note_later(letter, failure.words, at=at)
    if letter.given_up_at is not None:
        engine.call_next_for(letter, at=at)


def look(*, at: datetime) -> int:
    """The number of posts that are short right now and for which somebody is called, each hole once.

    First the calls end whose reason is gone: somebody checked in, or fills the hole.
    """
    with scoped(PAGER):
        engine.settle_open(at=at)
    with scoped(PAGER):
        return apart.each(
            standing.open_holes(at),
            lambda found: sum(_call_for_hole(post, hole, at) for post, hole in found),
            lambda _hole, _why: None,
        )


def _call_for_hole(post: Post, hole: Hole, at: datetime) -> bool:
    since = clock(hole.from_utc) if day(hole.from_utc) == day(at) else f"{clock(hole.from_utc)} {day(hole.from_utc)}"
    # The shift and the post come first: a short message may be cut.
    title = " · ".join([*_shift_words(post, at), f"{post.name}: {_lack(hole, since)}"])
    happening = Happening("post", post.pk, title, occasion=_occasion_of(post, hole))
    return services.start(Reason.HOLE, [happening], post.organisation, at=at, post=post) is not None


def _lack(hole: Hole, since: str) -> str:
    """What the hole lacks: people, skills among them, or both; one person with the one skill that lacks fills both."""
    names = [(SKILL_NAMES.get(skill, skill), count) for skill, count in hole.skills]
    skills = ", ".join(f"{count} {name}" if count > 1 else name for name, count in names)
    if not skills:
        return f"thiếu {hole.missing_people} người từ {since}"
    if not hole.missing_people or (hole.missing_people == 1 and sum(count for _, count in names) == 1):
        return f"thiếu {skills} từ {since}"
    return f"thiếu {hole.missing_people} người ({skills}) từ {since}"


def _occasion_of(post: Post, hole: Hole) -> str:
    """The same for one hole, until somebody filled it and went, or was taken off, as if they had never stood there."""
    occasion = f"hole:{hole.from_utc:%Y%m%d%H%M}"
    told = Concern.objects.filter(kind="post", identifier=post.pk, occasion__startswith=occasion)
    filled = told.filter(settled_at__isnull=False).count()
    return f"{occasion}+{filled}" if filled else occasion


def _shift_words(post: Post, at: datetime) -> Iterator[str]:
    """`ca trực Đ 22:00–06:00 20/4`, the one of the post that began last; nothing where no shift is asked for."""
    running = [slot for slot in needs.needs([post], at, at + standing.MOMENT).slots if slot.from_utc <= at]
    spans = [(slot.from_utc, slot.to_utc, f" {slot.code}") for slot in running]
    if not spans:
        on = Shift.objects.filter(post=post, from_utc__lte=at, to_utc__gt=at)
        spans = [(begin, end, "") for begin, end in on.values_list("from_utc", "to_utc")]
    if spans:
        begin, end, code = max(spans)
        yield f"ca trực{code} {clock(begin)}–{clock(end)} {short_day(begin)}"


def call_for_absence(shift: Shift, *, at: datetime) -> Escalation | None:
    """Those on the post, and then further up, are called because somebody has not come to their shift."""
    title = f"{shift.person_name} chưa có mặt từ {clock(shift.due_at)}"
    happening = Happening("shift", shift.pk, _with_phone(title, shift), occasion="absent")
    return services.start(Reason.CHECK_IN, [happening], shift.post.organisation, at=at, post=shift.post)


def call_for_no_answer(prompt: Prompt, *, at: datetime) -> Escalation | None:
    """The person on duty, and then the others, are called because a question at night stayed without an answer."""
    shift = prompt.shift
    title = f"{shift.person_name} không trả lời lúc {clock(prompt.asked_at)}"
    happening = Happening("prompt", prompt.pk, _with_phone(title, shift))
    return services.start(Reason.AWAKE, [happening], shift.post.organisation, at=at, post=shift.post)


def call_for_unsigned(hand_over: HandOver, *, at: datetime) -> Escalation | None:
    """The lead is called because a hand-over lacks a signature past its minutes."""
    lacks = "ký giao" if hand_over.given_at is None else "ký nhận"
    title = f"Giao ca lúc {clock(hand_over.boundary_utc)}: chưa có ai {lacks}"
    happening = Happening("hand_over", hand_over.pk, title)
    post = hand_over.post
    return services.start(Reason.HAND_OVER, [happening], post.organisation, at=at, post=post)


def _with_phone(title: str, shift: Shift) -> str:
    phone = contacts.phone_of(shift)
    return f"{title} (điện thoại {phone})" if phone else title


def page_priority(at: datetime) -> int:
    """How urgent a new host, or an alert nobody acknowledged, is at least to call somebody; 1 is most urgent."""
    return regime.on(timezone.localdate(at)).limit("page_priority")


def called_for_list(botnet_list: BotnetList) -> tuple[Escalation | None, int]:
    """The call that a list began or joined, and for how many of its hosts; None and 0 where it called nobody."""
    told = Concern.objects.filter(kind="case", org_path=botnet_list.org_path, occasion=_of_list(botnet_list))
    found = list(told.select_related("escalation").order_by("pk"))
    return (found[0].escalation if found else None), len(found)


def call_for_list(botnet_list: BotnetList, cases: Sequence[int], *, at: datetime) -> Escalation | None:
    """The person on duty at the office that received the list is called for its new urgent hosts, all in one.

    Offices without a watch are not called: their mail about the list goes out all the same.
    """
    office = Organisation.objects.get(path=botnet_list.org_path)
    if not keeps_watch(office, at):
        return None
    urgent = Case.objects.filter(pk__in=cases, state=State.SENT, priority__lte=page_priority(at))
    happenings = [
        Happening("case", case.pk, _words(case), occasion=_of_list(botnet_list))
        for case in urgent.select_related("organisation").order_by("priority", "pk")
    ]
    return services.start(Reason.BOTNET, happenings, office, at=at)


def _of_list(botnet_list: BotnetList) -> str:
    return f"list:{botnet_list.pk}"


def call_for_silence(office: Organisation, cases: Sequence[Case], *, at: datetime) -> Escalation | None:
    """The person on duty above is called for work that nobody below acknowledged; offices without a watch are not."""
    if not keeps_watch(office, at):
        return None
    happenings = [
        Happening("case", case.pk, _words(case), occasion=f"silence:{case.opened_at:%Y%m%d%H%M}") for case in cases
    ]
    return services.start(Reason.SILENCE, happenings, office, at=at)


def call_for_alerts(office: Organisation, findings: Sequence[Finding], *, at: datetime) -> Escalation | None:
    """The person on duty is called for urgent findings that nobody acknowledged in their time, all in one."""
    # Of a new finding the last move was that it was put back, and nobody has seen it since: an occasion of its own.
    moves = triage.last_moves([one.pk for one in findings])
    happenings = [
        Happening(FINDING, one.pk, _alert_words(one), occasion=_unseen(one.acknowledge_by, moves.get(one.pk)))
        for one in findings
    ]
    return services.start(Reason.ALERT, happenings, office, at=at)


def _unseen(by: datetime | None, move: int | None) -> str:
    return f"unseen:{by:%Y%m%d%H%M%S}" + (f":{move}" if move else "")


def call_for_notices(office: Organisation, notices: Sequence[Notice], *, at: datetime) -> Escalation | None:
    """The person on duty is called for notices that were not acknowledged to their coordinator in time, all in one."""
    happenings = [
        Happening(NOTICE, one.pk, _notice_words(one), occasion=f"unanswered:{one.acknowledge_by:%Y%m%d%H%M%S}")
        for one in notices
    ]
    return services.start(Reason.ALERT, happenings, office, at=at)


def watching_office(org_path: str, *, at: datetime) -> Organisation | None:
    """The office itself, or the nearest one above it, that keeps a watch; None where nobody does."""
    return next((office for office in reversed(chain(org_path)) if keeps_watch(office, at)), None)


def _alert_words(finding: Finding) -> str:
    about = "" if finding.subject in finding.title else f" – {finding.subject}"
    return f"{finding.title}{about}: {finding.priority_reason}"


def _notice_words(notice: Notice) -> str:
    return f"{notice.identifier} ({notice.source.name}): {notice.title} – chưa xác nhận tiếp nhận với bên gửi"


def keeps_watch(office: Organisation, at: datetime) -> bool:
    """True where the office keeps a post: lists and silence call nobody elsewhere."""
    return held_posts(at).filter(organisation=office).exists()


def _words(case: Case) -> str:
    why = f": {case.priority_reason}" if case.priority_reason else ""
    return f"{case.title} – {case.organisation.name}{why}"


@dataclass(frozen=True, slots=True)
class Called:
    """What a link of a letter is about: the escalations, and who it was sent to."""

    link: Link
    escalations: Sequence[Escalation]


def called_by(secret: str, purpose: links.Purpose, *, at: datetime) -> Called:
    """What the link would answer; nothing is changed, because mail scanners open every link."""
    with scoped(system("link")):
        return _called(links.shown(secret, purpose, at=at))


def answered_with(secret: str, purpose: links.Purpose, *, at: datetime) -> tuple[Called, str] | None:
    """What a link that was used is about, and who used it; None for any other, and once it would have expired."""
    with scoped(system("link")):
        link = links.spent(secret, purpose, at=at)
        if link is None or link.used_at is None:
            return None
        said = Entry.objects.filter(actor=f"link:{link.pk}", subject_kind=services.SUBJECT, at=link.used_at)
        name = said.order_by("pk").values_list("detail__by", flat=True).first()
        return _called(link), name or (link.person.name if link.person else "")


def _called(link: Link) -> Called:
    with scoped(Scope(f"link:{link.pk}", link.org_path)):
        found = Escalation.objects.filter(pk__in=link.subjects.get("escalation", [])).select_related("organisation")
        return Called(link, list(found.prefetch_related("concerns").order_by("pk")))


def take_on(secret: str, *, name: str, at: datetime) -> tuple[Called, str]:
    """The link used up, each of its open escalations answered, and the address where the first note is written."""
    with scoped(system("link")):
        called = _called(links.redeemed(secret, "page", at=at))
        answerer = _answerer(called.link, name)
        with scoped(Scope(f"link:{called.link.pk}", called.link.org_path)):
            for escalation in called.escalations:
                if escalation.ended_at is None:
                    services.acknowledge(escalation.pk, answerer, at=at)
        return _called(called.link), _note_link(called.link, at)


def write_note(secret: str, text: str, *, name: str, at: datetime) -> tuple[Called, str]:
    """The link used up, the note kept with each of its open escalations, and the address for the next note."""
    if not text.strip():
        raise InputError("write in a few words how it goes")
    with scoped(system("link")):
        called = _called(links.redeemed(secret, "note", at=at))
        with scoped(Scope(f"link:{called.link.pk}", called.link.org_path)):
            for escalation in called.escalations:
                if escalation.ended_at is None:
                    services.note(escalation.pk, text, _answerer(called.link, name), at=at)
        return _called(called.link), _note_link(called.link, at)


def _answerer(link: Link, name: str) -> Answerer:
    """The person to whom the link was sent; else whoever gives their name."""
    return Answerer(link.person.name if link.person else name, link.person, via="link")


def _note_link(before: Link, at: datetime) -> str:
    """A fresh link for a note: each works once, and whoever is at it on a phone has no other way."""
    return links.to_person("note", before.org_path, before.subjects, person_id=before.person_id, at=at)


def contact_of(secret: str, *, at: datetime) -> ContactMethod | None:
    """The address that the link would confirm; None where it was removed."""
    with scoped(system("link")):
        link = links.shown(secret, "contact", at=at)
        found = ContactMethod.objects.filter(pk__in=link.subjects.get("contact", []))
        return found.select_related("person", "channel").first()


def confirmed_contact(secret: str, *, at: datetime) -> ContactMethod | None:
    """The address that was confirmed with this link; None where it was not used, long ago, or removed since."""
    with scoped(system("link")):
        link = links.spent(secret, "contact", at=at)
        found = ContactMethod.objects.filter(pk__in=link.subjects.get("contact", []) if link else [])
        return found.select_related("person", "channel").first()


def confirm_contact(secret: str, *, at: datetime) -> ContactMethod:
    """The address, tested from now on, and the link used up."""
    with scoped(system("link")):
        link = links.redeemed(secret, "contact", at=at)
        with scoped(Scope(f"link:{link.pk}", "")):
            return contacts.confirm(int(link.subjects["contact"][0]), at=at)
