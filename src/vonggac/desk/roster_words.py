"""What the checker of rosters says, in the reader's language: holes, rules that stop somebody, costs and counts."""

import re
from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.desk import times, words
from vonggac.desk.words import Word
from vonggac.duty.coverage import Stretch
from vonggac.duty.patterns import Slot
from vonggac.duty.planning import Plan
from vonggac.duty.rules import Hole as DutyHole
from vonggac.duty.rules import Skills
from vonggac.kernel.roster.values import Burden, Rule, RuleName, Violation, moment_of

HOUR = 60
# As the rules of a regime cite it.
_LABOUR_CODE = re.compile(r"Bộ luật Lao động (?P<year>\d+), Điều (?P<article>\d+)")
BURDENS: Mapping[str, Word] = {
    Burden.NIGHTS: gettext_lazy("nights"),
    Burden.WEEKENDS: gettext_lazy("weekend shifts"),
    Burden.HOLIDAYS: gettext_lazy("holiday shifts"),
    Burden.SHIFTS: gettext_lazy("shifts"),
}
EDITS: Mapping[str, Word] = {
    "place": gettext_lazy("somebody put on a shift"),
    "remove": gettext_lazy("somebody taken off a shift"),
    "move": gettext_lazy("somebody moved"),
    "clear": gettext_lazy("days emptied"),
    "solve": gettext_lazy("solved"),
    "sheet": gettext_lazy("spreadsheet taken over"),
    "repair": gettext_lazy("repaired"),
    "exchange": gettext_lazy("shift passed on"),
    "reinforce": gettext_lazy("reinforced"),
}


SHEET_REASONS: Mapping[str, Word] = {
    "nobody has said what this letter means": gettext_lazy("nobody has said what this letter means"),
    "nobody has said which post this line is about": gettext_lazy("nobody has said which post this line is about"),
    "nobody has said who this is": gettext_lazy("nobody has said who this is"),
    "the post has no such shift on this day": gettext_lazy("the post has no such shift on this day"),
    "is too long for a letter": gettext_lazy("is too long for a letter"),
    "holds more than names": gettext_lazy("holds more than names"),
    "holds no phone number that can be read": gettext_lazy("holds no phone number that can be read"),
}


def lack(missing: int, skills: Skills) -> str:
    """`thiếu 1 người`, `thiếu 1 trưởng ca`, `thiếu 2 người (1 trưởng ca)`: what a hole lacks, skills in words."""
    wanted = ", ".join(f"{count} {skill_word(skill)}" for skill, count in skills)
    people = ngettext("%(n)d person", "%(n)d people", missing) % {"n": missing}
    # One person with the skill fills both.
    if not missing and wanted:
        return _("full in number, but short of %(what)s") % {"what": wanted}
    if missing == 1 and sum(count for _skill, count in skills) == 1:
        what = wanted
    else:
        what = f"{people} ({wanted})" if wanted else people
    return _("short of %(what)s") % {"what": what}


def hole_text(hole: DutyHole | Stretch) -> str:
    """What a hole lacks, and who is on leave there: `thiếu 1 người (An nghỉ)`."""
    said = lack(hole.missing_people, hole.skills)
    away = _("%(names)s on leave") % {"names": ", ".join(hole.away)}
    return f"{said} · {away}" if hole.away else said


def skill_word(code: str) -> str:
    """A skill in words; an office's own stands as it was written."""
    return words.word(words.SKILLS, code)


def skills_text(skills: Mapping[str, int]) -> str:
    """`1 trưởng ca, 2 mạng`."""
    return ", ".join(f"{count} {skill_word(skill)}" for skill, count in sorted(skills.items()))


def slot_text(slot: Slot, plan: Plan | None = None) -> str:
    """`S 27/4 06:00–14:00`, with the post's name where a plan is given."""
    post = f" · {plan.posts[slot.post_id].name}" if plan and len(plan.posts) > 1 else ""
    hours = f"{times.clock(slot.from_utc)}–{times.clock(slot.to_utc)}"
    return f"{slot.code} {slot.day.day}/{slot.day.month} {hours}{post}".lstrip()


def broken(violation: Violation, plan: Plan, slot_id: str = "") -> str:
    """The rule that is broken, in one sentence; `slot_id` is the shift that the sentence is about."""
    return _SENTENCES[violation.rule](violation, plan, slot_id)


def all_broken(violations: Iterable[Violation], plan: Plan, slot_id: str = "") -> list[str]:
    """Each rule that is broken, a sentence each, none twice."""
    return list(dict.fromkeys(broken(one, plan, slot_id) for one in violations))


def _others(violation: Violation, plan: Plan, slot_id: str) -> str:
    """The other shifts that a rule is about: of the plan, or one that was published elsewhere."""
    named = [slot_text(plan.slots[one], plan) for one in violation.slots if one != slot_id]
    if violation.stint is not None:
        begin, end = moment_of(violation.stint.begin), moment_of(violation.stint.end)
        here = times.local(begin)
        named.append(f"{here.day}/{here.month} {times.clock(begin)}–{times.clock(end)}")
    return ", ".join(named[:2])


def _cited(sentence: str, violation: Violation, plan: Plan) -> str:
    """The sentence with where its number is written, or what is written there where the office tightened it."""
    source, rule = _LABOUR_CODE.sub(_article, violation.citation), _rule_of(violation, plan)
    if rule is not None and rule.cited is not None and rule.limit == violation.limit:
        least = rule.cited // HOUR if violation.rule in {RuleName.REST, RuleName.WEEKLY_MINUTES} else rule.cited
        tightened = _("tightened by the office from %(value)s") % {"value": least}
        source = f"{tightened}; {source}" if source else tightened
    return f"{sentence} ({source})" if source else sentence


def _article(found: re.Match[str]) -> str:
    return _("Labour Code %(year)s, Art. %(article)s") % found.groupdict()


def _rule_of(violation: Violation, plan: Plan) -> Rule | None:
    rules = plan.problem.rules
    return {
        RuleName.REST: rules.rest_minutes, RuleName.NIGHTS_IN_ROW: rules.nights_in_row,
        RuleName.DAYS_IN_ROW: rules.days_in_row, RuleName.WEEKLY_MINUTES: rules.weekly_minutes,
    }.get(violation.rule)  # fmt: skip


def _rest(violation: Violation, plan: Plan, slot_id: str) -> str:
    told = {
        "found": _hours(violation.found),
        "limit": _hours(violation.limit),
        "shift": _others(violation, plan, slot_id),
    }
    return _cited(_("only %(found)s h of rest beside %(shift)s; %(limit)s h are needed") % told, violation, plan)


def _row(text: Word) -> Callable[[Violation, Plan, str], str]:
    return lambda violation, plan, _slot: _cited(
        str(text) % {"found": violation.found, "limit": violation.limit}, violation, plan
    )


def _week(violation: Violation, plan: Plan, _slot: str) -> str:
    told = {"found": _hours(violation.found), "limit": _hours(violation.limit)}
    said = _("%(found)s h in the week, %(limit)s h at most") % told
    member = plan.members[violation.worker]
    if member.share_percent != 100 and member.weekly_hours is None:
        return f"{said} ({_('%(share)s %% of full time') % {'share': member.share_percent}})"
    return _cited(said, violation, plan)


def _leave(violation: Violation, plan: Plan, slot_id: str) -> str:
    """Of what kind the leave is; whoever begins later, or has gone, is not employed then."""
    slot = plan.slots.get(slot_id) or plan.slots[violation.slots[0]]
    for leave in plan.leaves.get(int(violation.worker), ()):
        if leave.from_utc < slot.to_utc and slot.from_utc < leave.to_utc:
            return _("away then: %(kind)s") % {"kind": leave.get_kind_display()}
    member = plan.members[violation.worker]
    is_before = member.starts_on is not None and slot.day < member.starts_on
    is_after = member.ends_on is not None and slot.day >= member.ends_on
    return _("does not work here then") if is_before or is_after else _("is away then")


def _plain(text: Word) -> Callable[[Violation, Plan, str], str]:
    return lambda _violation, _plan, _slot: str(text)


def _hours(minutes: int) -> str:
    whole, rest = divmod(minutes, HOUR)
    return f"{whole}:{rest:02d}" if rest else str(whole)


_SENTENCES: Mapping[RuleName, Callable[[Violation, Plan, str], str]] = {
    RuleName.POST: _plain(gettext_lazy("does not stand at this post")),
    RuleName.SKILL: _plain(gettext_lazy("does not have the skill that lacks")),
    RuleName.LEAVE: _leave,
    RuleName.NIGHTS_BARRED: _plain(gettext_lazy("does not work at night")),
    RuleName.OVERLAP: lambda violation, plan, slot: (
        _("is on another shift at that time: %(shift)s") % {"shift": _others(violation, plan, slot)}
    ),
    RuleName.REST: _rest,
    RuleName.NIGHTS_IN_ROW: _row(gettext_lazy("%(found)s nights in a row, %(limit)s at most")),
    RuleName.DAYS_IN_ROW: _row(gettext_lazy("%(found)s days in a row, %(limit)s at most")),
    RuleName.WEEKLY_MINUTES: _week,
    RuleName.MOST_SLOTS: _row(gettext_lazy("%(found)s shifts in the roster, their own limit is %(limit)s")),
    RuleName.FIXED: _plain(gettext_lazy("was pinned there and is missing")),
}
