"""Acts that show presence: checking in, leaving, answering at night; and the questions themselves."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.duty import limits
from vonggac.duty.models import Prompt, Shift
from vonggac.duty.patterns import day_of
from vonggac.duty.queries import has_left, is_away, stood, with_leave
from vonggac.duty.rules import may_check_in
from vonggac.errors import OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.regimes import regime


@transaction.atomic
def check_in(shift_id: int, by: str, *, at: datetime, via: str = "desk") -> Shift:
    """The shift whose person said that they are there, or back after they left; a second time changes nothing."""
    shift = _locked(shift_id)
    # Who has handed over is relieved later: until then they are there.
    if shift.checked_in_at is not None and (shift.left_at is None or at < shift.left_at or at >= shift.to_utc):
        return shift
    if shift.taken_off_at is not None:
        raise WrongState("you were taken off this shift by a newer roster; ask who makes the rosters")
    if shift.left_at is not None:
        return _come_back(shift, shift.left_at, by, at, via)
    if not may_check_in(shift.from_utc, shift.to_utc, at):
        raise WrongState("one checks in from an hour before the shift until its end")
    shift.checked_in_at, shift.checked_in_by, shift.checked_in_via = at, by[:200], via
    shift.save(update_fields=["checked_in_at", "checked_in_by", "checked_in_via"])
    ledger.record(
        "shift.check_in", "shift", shift.pk, shift.org_path, at=at,
        post=shift.post.name, person=shift.person_name, by=by, via=via,
    )  # fmt: skip
    return shift


def _come_back(shift: Shift, left_at: datetime, by: str, at: datetime, via: str) -> Shift:
    """Who left is there again from now on; the minutes between stay without them."""
    shift.breaks, shift.left_at = [*shift.breaks, [left_at, max(at, left_at)]], None
    shift.save(update_fields=["breaks", "left_at"])
    ledger.record(
        "shift.return", "shift", shift.pk, shift.org_path, at=at,
        post=shift.post.name, person=shift.person_name, by=by, via=via,
    )  # fmt: skip
    return shift


@transaction.atomic
def leave(shift_id: int, by: str, *, at: datetime) -> Shift:
    """The shift with the moment at which its person went, before they were relieved; a second time changes nothing."""
    shift = _locked(shift_id)
    if shift.left_at is not None and shift.left_at <= at:
        return shift
    since = shift.there_since
    if since is None or at >= shift.to_utc:
        raise WrongState("only who checked in can leave, and only before the shift ends")
    shift.left_at = max(at, since)
    shift.save(update_fields=["left_at"])
    ledger.record(
        "shift.leave", "shift", shift.pk, shift.org_path, at=at,
        post=shift.post.name, person=shift.person_name, by=by,
    )  # fmt: skip
    return shift


@transaction.atomic
def answer(prompt_id: int, by: str, *, at: datetime, via: str = "desk") -> Prompt:
    """The question with its answer, in time or late; a second answer changes nothing."""
    prompt = Prompt.objects.select_for_update(of=("self",)).select_related("shift__post").filter(pk=prompt_id).first()
    if prompt is None:
        raise OutOfScope(f"question {prompt_id} is not among those you may see")
    if prompt.answered_at is None:
        if at >= prompt.shift.to_utc:
            raise WrongState("the shift is over; there is nothing to answer any more")
        prompt.answered_at, prompt.answered_via = at, via
        prompt.save(update_fields=["answered_at", "answered_via"])
        ledger.record(
            "prompt.answer", "shift", prompt.shift_id, prompt.org_path, at=at,
            person=prompt.shift.person_name, by=by, via=via,
        )  # fmt: skip
    return prompt


@transaction.atomic
def ask_who_is_awake(*, at: datetime) -> list[Prompt]:
    """The new questions: to everybody who stands a post at night that asks, when its interval has passed in silence.

    Silence counts from the last sign: the check-in, the last question or its answer. Nobody is asked who would have to
    answer after the end of their shift.
    """
    if not is_night(at):
        return []
    waiting = Prompt.objects.filter(shift=OuterRef("pk"), answered_at__isnull=True, due_at__gt=at)
    awake = Shift.objects.select_for_update(of=("self",)).select_related("post__organisation", "person", "member")
    standing = awake.filter(
        ~Exists(waiting), post__awake_minutes__gt=0, is_on_call=False, checked_in_at__lte=at, left_at__isnull=True,
        from_utc__lte=at, to_utc__gt=at,
    )  # fmt: skip
    silent = [
        shift for shift in with_leave(standing).order_by("pk")
        if not is_away(shift, at) and at - _last_sign(shift) >= timedelta(minutes=shift.post.awake_minutes)
    ]  # fmt: skip
    return [asked for shift in silent if (asked := _ask(shift, at))]


def _last_sign(shift: Shift) -> datetime:
    last = shift.prompts.order_by("-asked_at").first()
    signs: list[datetime | None] = [shift.from_utc, shift.there_since]
    signs += [last.asked_at, last.answered_at] if last else []
    return max(sign for sign in signs if sign is not None)


def _ask(shift: Shift, at: datetime) -> Prompt | None:
    due_at = at + limits.minutes(shift.org_path, "awake_answer_minutes", at)
    if due_at >= shift.to_utc:
        return None
    prompt = Prompt.objects.create(shift=shift, org_path=shift.org_path, asked_at=at, due_at=due_at)
    ledger.record("prompt.ask", "shift", shift.pk, shift.org_path, at=at, person=shift.person_name)
    return prompt


@transaction.atomic
def note_silence(*, at: datetime) -> list[Prompt]:
    """The questions whose time passed without an answer and that nobody was told of yet; they are noted as told now.

    Not those whose time passed in leave or while they were gone: nobody is there to answer.
    """
    silent = Prompt.objects.select_for_update(of=("self",)).select_related(
        "shift__post__organisation", "shift__post__lead"
    )
    found = list(
        silent.filter(
            answered_at__isnull=True, missed_at__isnull=True, due_at__lte=at, shift__to_utc__gt=at,
            shift__left_at__isnull=True,
        ).order_by("pk")
    )  # fmt: skip
    shifts = with_leave(Shift.objects.all()).in_bulk({prompt.shift_id for prompt in found})
    found = [
        prompt for prompt in found
        if not (is_away(shift := shifts[prompt.shift_id], prompt.due_at) or has_left(shift, prompt.due_at))
    ]  # fmt: skip
    for prompt in found:
        prompt.missed_at = at
        prompt.save(update_fields=["missed_at"])
        ledger.record("prompt.miss", "shift", prompt.shift_id, prompt.org_path, at=at, person=prompt.shift.person_name)
    return found


@transaction.atomic
def note_absence(*, at: datetime) -> list[Shift]:
    """The shifts on posts that ask for presence whose person has not checked in when they should have; told once.

    Whoever is on leave is not missed: their place is a hole, for which others are called. Leave that ends within the
    shift gives its minutes from then on, and so does being put on a shift that runs.
    """
    begun = Shift.objects.select_for_update(of=("self",)).select_related("post__organisation", "post__lead")
    late = begun.filter(
        post__asks_presence=True, checked_in_at__isnull=True, absence_told_at__isnull=True, from_utc__lt=at,
        to_utc__gt=at, taken_off_at__isnull=True,
    )  # fmt: skip
    found = []
    for shift in with_leave(late).order_by("pk"):
        grace = limits.minutes(shift.org_path, "late_check_in_minutes", shift.due_at)
        now = next(part for part in stood(shift) if part.covers(at))
        if not now.is_away and at - max(_due_since(shift, now.from_utc)) >= grace:
            shift.absence_told_at = at
            shift.save(update_fields=["absence_told_at"])
            ledger.record("shift.absent", "shift", shift.pk, shift.org_path, at=at, person=shift.person_name)
            found.append(shift)
    return found


def _due_since(shift: Shift, begin: datetime) -> Iterator[datetime]:
    """What has to be before somebody is due to check in: the begin of the shift, being put on it, being asked."""
    yield begin
    yield from filter(None, (shift.put_on_at, shift.post.began_to_ask(shift.from_utc, shift.to_utc)))


@transaction.atomic
def note_asked(shift: Shift, *, at: datetime) -> None:
    """Keep that the person of a shift was sent the link to check in."""
    shift.asked_at = at
    shift.save(update_fields=["asked_at"])


def is_night(at: datetime) -> bool:
    """True in the hours of night work (Labour Code 2019, Art. 106), in Hà Nội."""
    rules = regime.on(day_of(at))
    hour = at.astimezone(OFFICE_ZONE).hour
    return hour >= rules.limit("night_from_hour") or hour < rules.limit("night_to_hour")


def _locked(shift_id: int) -> Shift:
    shift = Shift.objects.select_for_update(of=("self",)).select_related("post").filter(pk=shift_id).first()
    if shift is None:
        raise OutOfScope(f"shift {shift_id} is not among those you may see")
    return shift
