"""The watch passes on: people are asked to check in, asked at night, and their lead hears of what stays silent.

Every step is written in the rows before it is told (`asked_at`, `missed_at`, `told_at`), in the transaction of the
message, so a job that was killed goes on where it stopped and tells nobody twice. The lead gets a mail with the facts;
beside it somebody is called until one of them takes it on (`flows.escalation`).
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from vonggac.duty import contacts, messages
from vonggac.duty.models import HandOver, Post, Prompt, Shift
from vonggac.duty.queries import is_away, with_leave
from vonggac.duty.services import exchanges, hand_overs, presence
from vonggac.flows import escalation
from vonggac.flows.local_times import clock, span
from vonggac.jobs import job
from vonggac.jobs.clock import now
from vonggac.tenancy.scope import scoped, system

log = logging.getLogger("vonggac.watch")
# So long before a shift its person gets the link to check in.
LINK_BEFORE = timedelta(minutes=30)


@job("duty.mind", periodic="* * * * *")
def mind_the_watch() -> None:
    """Look every minute at who should be there, be awake, or have signed."""
    mind(at=now())


def mind(*, at: datetime) -> dict[str, int]:
    """How many were asked to check in and asked at night, and how many leads' messages were made, by what about.

    One that fails stops none of the others; what failed is raised at the end, so that the job is seen to fail.
    """
    parts = {
        "links": send_links,
        "questions": ask_at_night,
        "silent": tell_of_silence,
        "absent": tell_of_absence,
        "unsigned": tell_of_unsigned,
        "untaken": tell_of_untaken,
    }
    done, failures = {}, []
    for name, part in parts.items():
        try:
            done[name] = part(at=at)
        except Exception as error:
            log.exception("looking after the watch: %s failed", name)
            failures.append(error)
    if failures:
        raise ExceptionGroup("looking after the watch", failures)
    return done


def send_links(*, at: datetime) -> int:
    """The number of people who were sent the link of their next shift."""
    with scoped(system("duty")):
        coming = Shift.objects.select_for_update(of=("self",)).filter(
            post__asks_presence=True, asked_at__isnull=True, checked_in_at__isnull=True, from_utc__lte=at + LINK_BEFORE,
            to_utc__gt=at, person__is_active=True, taken_off_at__isnull=True,
        )  # fmt: skip
        named = with_leave(coming).select_related("post__organisation", "person").order_by("pk")
        shifts = [shift for shift in named if not is_away(shift, max(at, shift.from_utc))]
        for shift in shifts:
            _send_link(shift, at)
        return len(shifts)


def _send_link(shift: Shift, at: datetime) -> None:
    office = shift.post.organisation
    body = (
        f"Ca trực của {shift.person_name} tại vị trí {shift.post.name}: {span(shift.from_utc, shift.to_utc)}.\n\n"
        f"Khi đã có mặt, mở liên kết sau và bấm “Tôi có mặt” (không cần đăng nhập, dùng một lần):\n{messages.LINK}"
    )
    subject = f"[Vọng Gác] Ca trực {clock(shift.from_utc)} · {shift.post.name}"
    to = shift.person.email if shift.person else ""
    messages.notify(messages.Draft(office, subject, body, to, {"shift": [shift.pk]}), at=at)
    presence.note_asked(shift, at=at)


def ask_at_night(*, at: datetime) -> int:
    """The number of questions put to people on duty; they stand on the desk, and go out as a link as well."""
    with scoped(system("duty")):
        asked = presence.ask_who_is_awake(at=at)
        for prompt in asked:
            shift, office = prompt.shift, prompt.shift.post.organisation
            if shift.person is not None:
                body = (
                    f"{shift.person_name} còn thức trực tại vị trí {shift.post.name}? Bấm “Tôi đang trực” trước "
                    f"{clock(prompt.due_at)}:\n{messages.LINK}\n\nQuá giờ này, người phụ trách vị trí trực được báo."
                )
                subject = "[Vọng Gác] Anh/chị còn thức trực?"
                asked_of = {"prompt": [prompt.pk]}
                messages.notify(messages.Draft(office, subject, body, shift.person.email, asked_of), at=at)
        return len(asked)


def tell_of_silence(*, at: datetime) -> int:
    """The number of questions at night that stayed without an answer, each told to the lead of its post."""
    with scoped(system("duty")):
        silent = presence.note_silence(at=at)
        for prompt in silent:
            subject, body = _silence(prompt)
            _tell_lead(prompt.shift.post, subject, body, at=at)
            escalation.call_for_no_answer(prompt, at=at)
        return len(silent)


def _silence(prompt: Prompt) -> tuple[str, str]:
    shift = prompt.shift
    phone = contacts.phone_of(shift) or "chưa có"
    return (
        f"[Vọng Gác] {shift.person_name} không trả lời lúc {clock(prompt.asked_at)}",
        f"{shift.person_name} (vị trí {shift.post.name}, {span(shift.from_utc, shift.to_utc)}) không trả lời câu hỏi "
        f"còn thức trực lúc {clock(prompt.asked_at)}. Điện thoại: {phone}.",
    )


def tell_of_absence(*, at: datetime) -> int:
    """The number of people who did not come to their shift, each told to the lead of the post."""
    with scoped(system("duty")):
        absent = presence.note_absence(at=at)
        for shift in absent:
            phone = contacts.phone_of(shift) or "chưa có"
            subject = f"[Vọng Gác] {shift.person_name} chưa có mặt · {shift.post.name}"
            body = (
                f"{shift.person_name} chưa báo có mặt cho ca {span(shift.from_utc, shift.to_utc)} tại vị trí "
                f"{shift.post.name}. Điện thoại: {phone}.\n\n"
                "Nếu người này không đến được, mở Lịch trực để tìm người thay."
            )
            _tell_lead(shift.post, subject, body, at=at)
            escalation.call_for_absence(shift, at=at)
        return len(absent)


def tell_of_unsigned(*, at: datetime) -> int:
    """The number of hand-overs that lack a signature past their minutes, each told to the lead of the post."""
    with scoped(system("duty")):
        unsigned = hand_overs.note_unsigned(at=at)
        for hand_over in unsigned:
            subject, body = _unsigned(hand_over)
            _tell_lead(hand_over.post, subject, body, at=at)
            escalation.call_for_unsigned(hand_over, at=at)
        return len(unsigned)


def _unsigned(hand_over: HandOver) -> tuple[str, str]:
    lacks = f"{hand_over.given_by} đã ký giao, chưa có ai ký nhận"
    if hand_over.given_at is None:
        lacks = "chưa có ai ký giao"
    elif hand_over.gave_as_stand_in:
        lacks = f"{hand_over.given_by} đã ký giao thay, chưa có ai ký nhận"
    return (
        f"[Vọng Gác] Chưa ký giao ca {clock(hand_over.boundary_utc)} · {hand_over.post.name}",
        f"Giao ca lúc {clock(hand_over.boundary_utc)} tại vị trí {hand_over.post.name}: {lacks}.\n\n"
        f"Mở trang giao ca: {settings.VONGGAC_ORIGIN}/hand-over/{hand_over.post_id}/"
        f"{int(hand_over.boundary_utc.timestamp())}/",
    )


def tell_of_untaken(*, at: datetime) -> int:
    """The number of requests to be covered that nobody took although the shift is near, each told to the lead."""
    with scoped(system("duty")):
        untaken = exchanges.note_untaken(at=at)
        for one in untaken:
            subject = f"[Vọng Gác] Chưa ai nhận trực thay {one.asker.name} · {one.post.name}"
            body = (
                f"{one.asker.name} nhờ trực thay ca {span(one.from_utc, one.to_utc)} tại vị trí {one.post.name}, chưa "
                f"có ai nhận. {f'Lời nhắn: {one.note}. ' if one.note else ''}Mở Lịch trực để tìm người thay."
            )
            _tell_lead(one.post, subject, body, at=at)
        return len(untaken)


def _tell_lead(post: Post, subject: str, body: str, *, at: datetime) -> None:
    """To whoever answers for the post, else to the office itself."""
    lead = post.active_lead
    messages.notify(messages.Draft(post.organisation, subject, body, lead.email if lead else ""), at=at)
