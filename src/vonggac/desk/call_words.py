"""The words of calls: why, where one stands, whom a step calls, and what its timeline tells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.cases.models import Case
from vonggac.desk import times, words
from vonggac.desk.retelling import retold
from vonggac.desk.words import VIAS, Word, word
from vonggac.duty.escalation.preflight import Fault
from vonggac.duty.escalation.rules import Plan, PlanStep, Reason, State, Target
from vonggac.duty.models import Concern, Escalation

REASONS: Mapping[str, Word] = {
    Reason.BOTNET: gettext_lazy("new urgent hosts on a botnet list"),
    Reason.HOLE: gettext_lazy("a hole in the watch right now"),
    Reason.HAND_OVER: gettext_lazy("a hand-over that was not signed"),
    Reason.CHECK_IN: gettext_lazy("somebody has not come to their shift"),
    Reason.AWAKE: gettext_lazy("no answer to “still awake?”"),
    Reason.SILENCE: gettext_lazy("work that nobody acknowledged"),
    Reason.ALERT: gettext_lazy("an urgent alert"),
    Reason.CALL: gettext_lazy("called by a person"),
}
STATES: Mapping[str, Word] = {
    State.CALLING: gettext_lazy("nobody has answered yet"),
    State.TAKEN: gettext_lazy("taken on"),
    State.EXHAUSTED: gettext_lazy("nobody answered"),
    State.ENDED: gettext_lazy("ended"),
}
SHAPES: Mapping[str, str] = {
    State.CALLING: "late", State.TAKEN: "watching", State.EXHAUSTED: "against", State.ENDED: "proven",
}  # fmt: skip
TARGETS: Mapping[str, Word] = {
    Target.ON_DUTY: gettext_lazy("the person on duty of each post"),
    Target.POST: gettext_lazy("everybody on the post"),
    Target.LEAD: gettext_lazy("the lead of the shift"),
    Target.COMMANDER: gettext_lazy("the duty commander"),
    Target.HEAD: gettext_lazy("the head of the organisation"),
    Target.OFFICE: gettext_lazy("the office's own mail address"),
    Target.ROOM: gettext_lazy("a group's channel"),
}
FAULTS: Mapping[str, Word] = {
    Fault.EMPTY: gettext_lazy("nobody stands there, or nobody leads"),
    Fault.UNPLANNED: gettext_lazy("no roster from this shift on"),
    Fault.UNREACHABLE: gettext_lazy("no tested address"),
    Fault.ABSENT: gettext_lazy("on leave"),
    Fault.TWICE: gettext_lazy("in two places at once"),
    Fault.TIRED: gettext_lazy("too little rest between two shifts"),
}
_LISTS: Mapping[str, Word] = {
    "people": gettext_lazy("called: %(names)s"),
    "spared": gettext_lazy("not woken, in their quiet hours: %(names)s"),
    "on_leave": gettext_lazy("on leave although they stand in the roster: %(names)s"),
    "without_address": gettext_lazy("without an address: %(names)s"),
    "not_called": gettext_lazy("not called: %(names)s"),
}
TONES = {
    "escalation.call": "late", "escalation.acknowledge": "claimed", "escalation.expire": "late",
    "escalation.exhaust": "against", "escalation.miss": "against", "escalation.fail": "against",
    "escalation.end": "proven",
}  # fmt: skip


def standing(escalation: Escalation) -> str:
    """Where a call stands; with fewer answers than it wants how many, and whose."""
    if not escalation.taken_by or escalation.state not in {State.CALLING, State.EXHAUSTED}:
        return word(STATES, escalation.state)
    wanted = escalation.plan.get("acknowledgements", 1)
    counted = _("%(n)d of %(all)d have answered") % {"n": len(escalation.taken_by), "all": wanted}
    return f"{counted}: {answers(escalation)}"


def goes_on(escalation: Escalation) -> str:
    """Where a call stands that nobody has taken on, as sentences: whether others are called on."""
    stands = standing(escalation)
    said = f"{stands[:1].upper()}{stands[1:]}."
    return f"{said} {_('The others are called on.')}" if escalation.state == State.CALLING else said


def answers(escalation: Escalation) -> str:
    """Who answered a call, and when."""
    said = _("%(name)s at %(time)s")
    return ", ".join(
        said % {"name": one["name"], "time": times.clock(datetime.fromisoformat(str(one["at"])))}
        for one in escalation.taken_by
    )


def target(step: PlanStep) -> str:
    """Whom a step calls; a room by its name."""
    return _("the group “%(name)s”") % {"name": step.channel} if step.channel else word(TARGETS, step.target)


def sentences(plan: Plan) -> list[str]:
    """The plan as it would be told: a line a step."""
    lines, after = [], timedelta()
    for written, step in zip(plan.steps, plan.carried_out(), strict=True):
        # Without a step for those on the post, the one for the person on duty calls all of them.
        is_all = written.target == Target.ON_DUTY != step.target
        said = {"who": _("everybody on duty") if is_all else target(step), "time": times.length(after)}
        lines.append(_("%(time)s without an answer: %(who)s") % said if after else _("at once: %(who)s") % said)
        after += step.wait
    return lines


def closing(plan: Plan) -> list[str]:
    """What holds for the plan as a whole."""
    rounds = ngettext(
        "All of it is gone through once; then the desk says that nobody answered.",
        "All of it is gone through %(n)d times; then the desk says that nobody answered.",
        plan.rounds,
    )
    answers = ngettext(
        "One answer is enough.", "%(n)d people have to answer before the calling ends.", plan.acknowledgements
    )
    note = _("Whoever has taken it on writes how it goes; after %(time)s without a note the next person is called.")
    return [
        rounds % {"n": plan.rounds},
        answers % {"n": plan.acknowledgements},
        note % {"time": times.length(timedelta(minutes=plan.note_minutes))},
    ]


def facts(act: str, detail: Mapping[str, Any]) -> Iterator[str]:
    """What a line of the timeline says beside the act."""
    if act == "escalation.exhaust" and detail.get("answered"):
        yield _("answered: %(names)s; too few") % {"names": ", ".join(detail["answered"])}
    if act == "escalation.call":
        yield word(TARGETS, str(detail.get("target")))
    for name, sentence in _LISTS.items():
        if names := detail.get(name):
            yield str(sentence) % {"names": ", ".join(names)}
    if act == "escalation.call" and not detail.get("people"):
        yield _("nobody could be reached")
    if act in {"escalation.tell", "escalation.miss"}:
        yield _("%(name)s, by %(way)s") % {"name": detail.get("to"), "way": way(str(detail.get("way")))}
    if detail.get("via") and detail["via"] != "desk":
        yield word(VIAS, str(detail["via"]))
    if detail.get("until"):
        yield _("a note is due by %(time)s") % {"time": times.clock(datetime.fromisoformat(str(detail["until"])))}
    if detail.get("next"):
        yield _("the next call: %(time)s") % {"time": times.clock(datetime.fromisoformat(str(detail["next"])))}
    yield from _titles(detail.get("titles") or (), int(detail.get("number") or 0))


def _titles(titles: Sequence[str], number: int) -> Iterator[str]:
    yield from map(retold, titles)
    if number > len(titles):
        yield ngettext("and %(n)d more", "and %(n)d more", number - len(titles)) % {"n": number - len(titles)}


def quote(detail: Mapping[str, Any]) -> str:
    """What a person, or the other side, said in their own words."""
    text = str(detail.get("text") or detail.get("why") or "")
    # Beside a way of sending, and beside the next try, stands why it failed, in the desk's own words if it told them.
    return "" if text == "settled" else retold(text) if detail.keys() & {"way", "next"} else text


def way(name: str) -> str:
    """A channel as it is called; the desk's own mail in the reader's language."""
    return _("mail") if name == "mail" else name


def states_of(concerns: Iterable[Concern]) -> dict[int, str]:
    """Concern id → what became of what it is about: a case's own state, else that it is over."""
    told = list(concerns)
    cases = Case.objects.filter(pk__in=[one.identifier for one in told if one.kind == "case"])
    states = dict(cases.values_list("pk", "state"))
    return {
        one.pk: words.word(words.STATES, states[one.identifier])
        if one.kind == "case" and one.identifier in states
        else _("over")
        for one in told
    }
