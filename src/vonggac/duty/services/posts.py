"""Acts on posts: made with a pattern, changed from a day on, reinforced for some days, retired."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from vonggac.directives.models import Directive
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.duty.models import Placement, Post, Reinforcement, Shift, ShiftType
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.presets import HABITS, PATTERNS, ShiftFields, free_letter
from vonggac.duty.queries import needs
from vonggac.duty.services import publishing
from vonggac.duty.services.publishing import PersonsChange
from vonggac.duty.skills import skill_code
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person

MOST_PEOPLE = 200
MOST_SHIFTS = 12
LONGEST_MINUTES = 2 * 24 * 60


@dataclass(frozen=True, slots=True)
class PostFields:
    """What a person settles about a post besides its shifts."""

    name: str
    kind: str = "other"
    lead: Person | None = None
    asks_presence: bool = True
    hands_over: bool = True
    awake_minutes: int = 0

    @classmethod
    def usual(cls, name: str, kind: str) -> "PostFields":
        """The fields that a post of this kind begins with."""
        habits = HABITS[kind]
        return cls(name, kind, None, habits.asks_presence, habits.hands_over, habits.awake_minutes)


@dataclass(frozen=True, slots=True)
class Reinforcing:
    """More people for some days: on one shift (its letter) or on every one ("")."""

    from_day: date
    to_day: date | None = None
    code: str = ""
    minimum: int = 0
    wished: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    on_holidays: bool = False
    directive: Directive | None = None
    reason: str = ""


@transaction.atomic
def add_post(
    office: Organisation,
    fields: PostFields,
    shifts: Sequence[ShiftFields] | None = None,
    *,
    on: date,
    since: datetime | None = None,
    at: datetime,
) -> Post:
    """The new post with its shifts (those usual for its kind unless given), held from a day on.

    It asks for nobody before `since`: from now on, unless given.
    """
    name = _clean_name(fields.name)
    if Post.objects.filter(organisation=office, name=name).exists():
        raise InputError(f"{office} has a post called “{name}” already; choose another name")
    # What it needs is what its shifts ask for: only a post that a table made needs anything beside them.
    place = Post.objects.filter(organisation=office).count()
    post = Post(organisation=office, org_path=office.path, position=place, minimum=0)
    _write(post, fields)
    post.save()
    for shift in _checked(shifts if shifts is not None else PATTERNS[HABITS[fields.kind].pattern]):
        _make_type(post, shift, on, since or at)
    ledger.record("post.create", "post", post.pk, post.org_path, at=at, name=post.name, post_kind=post.kind)
    return post


@transaction.atomic
def change_post(post_id: int, fields: PostFields, *, at: datetime) -> Post:
    """The post with other settings; the same ones again write nothing.

    Whether people are asked to check in holds from now on: minutes that have passed keep what was asked then.
    """
    post = _locked(post_id)
    before = settings_of(post)
    if before == fields:
        return post
    taken = Post.objects.filter(organisation=post.organisation, name=_clean_name(fields.name)).exclude(pk=post.pk)
    if taken.exists():
        raise InputError(f"there is a post called “{fields.name}” already; choose another name")
    if fields.asks_presence != post.asks_presence:
        post.presence_turned_at = [*post.presence_turned_at, at]
    _write(post, fields)
    post.save()
    ledger.record(
        "post.change", "post", post.pk, post.org_path, at=at, name=post.name,
        **ledger.changed(_told(before), _told(settings_of(post))),
    )  # fmt: skip
    return post


def _told(fields: PostFields) -> dict[str, Any]:
    lead = f"{fields.lead.name} ({fields.lead.pk})" if fields.lead else None
    return asdict(replace(fields, lead=None)) | {"lead": lead}


def settings_of(post: Post) -> PostFields:
    """The settings as they stand."""
    return PostFields(post.name, post.kind, post.lead, post.asks_presence, post.hands_over, post.awake_minutes)


@transaction.atomic
def retire_post(post_id: int, on: date, *, at: datetime) -> tuple[Post, list[PersonsChange]]:
    """The post, held no more from a day on, and what that changes for whom: what was planned later is taken out.

    From today only where nobody was asked for today; a post that is retired already stays so.
    """
    post = _locked(post_id)
    if post.retired_on is not None and post.retired_on <= day_of(at):
        return post, []
    if on < day_of(at):
        raise InputError("a post is retired from today on at the earliest; what was, was")
    if any(asked.from_utc >= begin_of(on) for asked in needs.demands([post], begin_of(on), at)[post.pk]):
        raise InputError("somebody was on duty here today already; retire the post from tomorrow on")
    post.retired_on = on
    post.save(update_fields=["retired_on"])
    ShiftType.objects.filter(post=post, valid_to__isnull=True).update(valid_to=on)
    planned = Shift.objects.filter(post=post, from_utc__gte=max(at, begin_of(on)), checked_in_at__isnull=True)
    gone = list(planned.select_related("post", "member__person").order_by("from_utc", "pk"))
    changes = publishing.changes_of((), gone)
    Shift.objects.filter(pk__in=[shift.pk for shift in gone]).delete()
    ledger.record(
        "post.retire", "post", post.pk, post.org_path, at=at, name=post.name, on=on.isoformat(),
        removed=[publishing.line_of(shift) for shift in gone],
    )  # fmt: skip
    return post, changes


@transaction.atomic
def set_pattern(post_id: int, shifts: Sequence[ShiftFields], from_day: date, *, at: datetime) -> list[ShiftType]:
    """The post's shifts from a day on; earlier days keep the pattern that they had, so that the past can be judged.

    A shift that stays as it was keeps its identity; drafts lose the places on shifts that end. Today, only shifts that
    have not begun can change. Shifts that were to hold later give way.
    """
    post = _locked(post_id)
    if from_day < day_of(at):
        raise InputError("a pattern changes from today on at the earliest; past days keep what was asked for then")
    wanted = {shift.code: shift for shift in _checked(shifts)}
    later = Q(valid_to__isnull=True) | Q(valid_to__gt=from_day)
    standing = list(ShiftType.objects.filter(later, post=post).order_by("valid_from", "pk"))
    kept = {row.code: row for row in standing if wanted.get(row.code) == fields_of(row) and row.valid_from <= from_day}
    ended = [row for row in standing if row not in kept.values()]
    fresh = [shift for code, shift in wanted.items() if code not in kept]
    over = [fields_of(row) for row in ended if row.valid_from <= from_day]
    _check_not_begun([*over, *(fresh if standing else ())], from_day, at)
    for row in ended:
        _end_type(row, from_day)
    lasting = [row for row in kept.values() if row.valid_to is not None]
    ShiftType.objects.filter(pk__in=[row.pk for row in lasting]).update(valid_to=None)
    made = [_make_type(post, shift, from_day, at) for shift in fresh]
    if made or ended or lasting:
        ledger.record(
            "post.pattern", "post", post.pk, post.org_path, at=at, from_day=from_day.isoformat(), shifts=sorted(wanted)
        )
    return [*kept.values(), *made]


def _check_not_begun(shifts: Iterable[ShiftFields], day: date, at: datetime) -> None:
    """InputError where one of these shifts of a day has begun: what it asks for does not change any more."""
    codes = (
        shift.code for shift in shifts
        if begin_of(day, shift.start_minute) <= at and (not shift.weekdays or day.weekday() in shift.weekdays)
    )  # fmt: skip
    code = next(codes, None)
    if code is not None:
        raise InputError(f"the shift {code} of this day has begun; let the change hold from the next day on")


def fields_of(row: ShiftType) -> ShiftFields:
    """A shift type as a person entered it."""
    return ShiftFields(
        row.code, row.name, row.start_minute, row.length_minutes, row.minimum, row.wished, row.skills,
        tuple(row.weekdays), row.is_on_call,
    )  # fmt: skip


@transaction.atomic
def reinforce(post_id: int, asked: Reinforcing, *, at: datetime) -> Reinforcement:
    """More people or skills for some days of a post; never for what has passed.

    A shift that runs, of the night before too, needs them from now on.
    """
    post = _locked(post_id)
    if asked.from_day < needs.first_day(post, at, asked.code):
        raise InputError("a reinforcement begins today at the earliest, or with a shift that still runs")
    if asked.to_day is not None and asked.to_day < asked.from_day:
        raise InputError("the last day lies before the first")
    skills = clean_skills(asked.skills)
    if not (asked.minimum or asked.wished or skills):
        raise InputError("say how many people, or which skills, are needed more")
    if asked.code and not ShiftType.objects.filter(post=post, code=asked.code, valid_to__isnull=True).exists():
        raise InputError(f"{post} has no shift “{asked.code}”")
    row = Reinforcement.objects.create(
        post=post, org_path=post.org_path, code=asked.code, minimum=_people(asked.minimum),
        wished=_people(asked.wished), skills=skills, from_day=asked.from_day, to_day=asked.to_day,
        on_holidays=asked.on_holidays, directive=asked.directive, reason=asked.reason.strip()[:300],
        asked_at=at,
    )  # fmt: skip
    ledger.record(
        "post.reinforce", "post", post.pk, post.org_path, at=at, from_day=asked.from_day.isoformat(),
        to_day=asked.to_day.isoformat() if asked.to_day else None, minimum=asked.minimum, skills=skills,
    )  # fmt: skip
    return row


@transaction.atomic
def reinforce_by(post_id: int, more: Reinforcing, *, at: datetime) -> list[Reinforcement]:
    """So many more than the shifts ask for by themselves: one reinforcement, or one a shift where they ask differently.

    `more` holds increments; the rows hold what they come to. Shifts are those of its first day.
    """
    post = _locked(post_id)
    types = needs.shift_types([post], more.from_day, more.from_day)
    concerned = [row for row in types if more.code in ("", row.code)]
    raised = {row.code: _raised(row, more) for row in concerned} or {more.code: more}
    first, *others = raised.values()
    is_alike = not more.code and all(replace(one, code="") == replace(first, code="") for one in others)
    return [reinforce(post_id, one, at=at) for one in ([replace(first, code="")] if is_alike else raised.values())]


def _raised(row: ShiftType, more: Reinforcing) -> Reinforcing:
    """What a shift asks for with so many more."""
    minimum = row.minimum + more.minimum if more.minimum else 0
    wished = max(row.wished, row.minimum + more.minimum) + more.wished if more.wished else 0
    skills = {skill: count + row.skills.get(skill, 0) for skill, count in clean_skills(more.skills).items()}
    return replace(more, code=row.code, minimum=minimum, wished=wished, skills=skills)


@transaction.atomic
def end_reinforcement(reinforcement_id: int, *, at: datetime) -> None:
    """Take a reinforcement back from now on; what has passed keeps what was asked of it, of a shift that runs too.

    One that was taken back already stays as it is.
    """
    row = Reinforcement.objects.select_for_update().filter(pk=reinforcement_id).first()
    if row is None:
        raise OutOfScope(f"reinforcement {reinforcement_id} is not among those you may see")
    if row.ended_at is not None:
        return
    if _has_begun(row, at):
        row.to_day = max(row.from_day, min(row.to_day or day_of(at), day_of(at)))
        row.ended_at = at
        row.save(update_fields=["to_day", "ended_at"])
    else:
        row.delete()
    ledger.record("post.reinforce_end", "post", row.post_id, row.org_path, at=at, from_day=row.from_day.isoformat())


def _has_begun(row: Reinforcement, at: datetime) -> bool:
    """True once some of a shift that it raises has passed."""
    since = row.asked_at or begin_of(row.from_day)
    days = needs.slots([row.post], row.from_day, min(row.to_day or day_of(at), day_of(at)))
    own = (slot for slot in days if row.code in ("", slot.code))
    return any(max(slot.from_utc, since) < min(slot.to_utc, at) for slot in own)


@transaction.atomic
def adopt_table(post_id: int, *, at: datetime) -> Post:
    """Give a post that a table made the shifts that its table shows, from now on: rosters can then be made for it."""
    post = _locked(post_id)
    if ShiftType.objects.filter(post=post).exists():
        raise WrongState(f"{post} has its shifts already; change them instead")
    shown = _shifts_of_table(post)
    if not shown:
        raise InputError(f"no shift of {post} was ever imported; enter its shifts by hand")
    for shift in shown:
        _make_type(post, shift, day_of(at), at)
    ledger.record("post.pattern", "post", post.pk, post.org_path, at=at, shifts=[shift.code for shift in shown])
    return post


def _shifts_of_table(post: Post) -> list[ShiftFields]:
    """The distinct hours of the newest imported shifts, lettered by the part of the day in which they begin."""
    newest = post.shifts.order_by("-from_utc")[:400]
    hours = {
        (_minute(shift.from_utc), (shift.to_utc - shift.from_utc) // timedelta(minutes=1))
        for shift in newest
        if timedelta(minutes=15) <= shift.to_utc - shift.from_utc <= timedelta(minutes=LONGEST_MINUTES)
    }
    used: set[str] = set()
    return [
        ShiftFields(
            free_letter(start, used), f"{start // 60:02d}:{start % 60:02d}", start, length, post.minimum,
            skills={"lead": 1} if post.needs_lead else {},
        )
        for start, length in sorted(hours)[:MOST_SHIFTS]
    ]  # fmt: skip


def _minute(moment: datetime) -> int:
    here = moment.astimezone(OFFICE_ZONE)
    return here.hour * 60 + here.minute


def _locked(post_id: int) -> Post:
    found = Post.objects.select_for_update(of=("self",)).select_related("organisation", "lead").filter(pk=post_id)
    post = found.first()
    if post is None:
        raise OutOfScope(f"post {post_id} is not among those you may see")
    return post


def _write(post: Post, fields: PostFields) -> None:
    if fields.kind not in HABITS:
        raise InputError(f"“{fields.kind}” is no kind of post: {', '.join(HABITS)}")
    if fields.awake_minutes and not 15 <= fields.awake_minutes <= 480:
        raise InputError("ask at night every 15 to 480 minutes, or not at all (0)")
    post.name, post.kind, post.lead = _clean_name(fields.name), fields.kind, fields.lead
    post.asks_presence, post.hands_over = fields.asks_presence, fields.hands_over
    post.awake_minutes = fields.awake_minutes


def _clean_name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > 100:
        raise InputError("a post needs a name of at most 100 characters")
    return clean


def _checked(shifts: Sequence[ShiftFields]) -> list[ShiftFields]:
    """The shifts, cleaned; InputError names what a pattern cannot be."""
    if not 1 <= len(shifts) <= MOST_SHIFTS:
        raise InputError(f"a post has 1 to {MOST_SHIFTS} shifts")
    cleaned = [_clean_shift(shift) for shift in shifts]
    codes = [shift.code for shift in cleaned]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise InputError(f"the letter “{twice}” stands for two shifts")
    return cleaned


def _clean_shift(shift: ShiftFields) -> ShiftFields:
    code, name = shift.code.strip(), " ".join(shift.name.split())
    if not code or len(code) > 8 or any(sign in code for sign in " ,;+/"):
        raise InputError("each shift has a letter or two of its own, for example S, C or Đ")
    if not 0 <= shift.start_minute < 24 * 60 or not 15 <= shift.length_minutes <= LONGEST_MINUTES:
        raise InputError(f"the shift {code} lasts from 15 minutes to 48 hours and begins within a day")
    if any(day not in range(7) for day in shift.weekdays):
        raise InputError(f"the shift {code} names a day that is none")
    weekdays = tuple(sorted(set(shift.weekdays)))
    return ShiftFields(
        code, name[:60] or code, shift.start_minute, shift.length_minutes, _people(shift.minimum),
        _people(shift.wished), clean_skills(shift.skills), weekdays if len(weekdays) < 7 else (), shift.is_on_call,
    )  # fmt: skip


def clean_skills(skills: Mapping[str, int]) -> dict[str, int]:
    """The skills by their codes, without those that nobody asks for."""
    return {skill_code(skill): _people(count) for skill, count in skills.items() if skill.strip() and count > 0}


def _people(count: int) -> int:
    if not 0 <= count <= MOST_PEOPLE:
        raise InputError(f"0 to {MOST_PEOPLE} people stand on one shift")
    return count


def _make_type(post: Post, shift: ShiftFields, from_day: date, at: datetime) -> ShiftType:
    return ShiftType.objects.create(
        post=post, org_path=post.org_path, code=shift.code, name=shift.name, start_minute=shift.start_minute,
        length_minutes=shift.length_minutes, weekdays=list(shift.weekdays), is_on_call=shift.is_on_call,
        minimum=shift.minimum, wished=shift.wished, skills=dict(shift.skills), valid_from=from_day,
        since=at,
    )  # fmt: skip


def _end_type(row: ShiftType, from_day: date) -> None:
    """End a shift type; one that never came into force goes altogether, unless a published roster remembers it."""
    Placement.objects.filter(shift_type=row, day__gte=from_day, roster__state="draft").delete()
    if row.valid_from >= from_day and not Placement.objects.filter(shift_type=row).exists():
        row.delete()
        return
    row.valid_to = max(from_day, row.valid_from)
    row.save(update_fields=["valid_to"])
