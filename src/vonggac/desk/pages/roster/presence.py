"""Who was there: each post minute by minute over a week, with its holes by name."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vonggac.desk import export, post_strip
from vonggac.desk import frame as frames
from vonggac.desk.pages.roster.week import monday_of
from vonggac.desk.requests import DeskRequest
from vonggac.desk.roster_words import skill_word
from vonggac.duty.patterns import begin_of
from vonggac.duty.queries.attendance import coverage, posts_of
from vonggac.duty.rules import Skills

COLUMNS = ("post", "from_utc", "to_utc", "state", "missing_people", "missing_skills", "people")


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """A week of every post as strips, or its stretches as a file."""
    now = frames.of(request).now
    monday = monday_of(request.GET.get("week", ""), now)
    start, end = begin_of(monday), begin_of(monday + timedelta(days=7))
    # The shifts of Sunday night end in the week after: a hole is named to its own end.
    posts, beyond = posts_of(request.access.organisation.path), end + timedelta(days=1)
    whole = [one for one in coverage(posts, start, beyond, now=now) if any(need.from_utc < end for need in one.demands)]
    covered = [one.until(end) for one in whole]
    if kind := request.GET.get("format"):
        rows = (
            (
                one.post.name, stretch.from_utc, stretch.to_utc,
                stretch.state.value, stretch.missing_people, _skills(stretch.skills, kind),
                ", ".join(stretch.people),
            )
            for one in covered for stretch in one.stretches
        )  # fmt: skip
        return export.respond(kind, f"presence-{monday}", COLUMNS, rows, codes={"state": post_strip.STATES})
    context = {
        "strip": post_strip.draw(covered, start, end, now),
        "holes": [line for line in post_strip.holes(whole, now) if line.stretch.from_utc < end],
        # With the times, where presence is recorded in others of the week: they began to ask for it, or ceased to.
        "unrecorded": [(one.post, one.unrecorded if one.recorded else ()) for one in covered if not one.is_recorded],
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "address": f"?week={monday}&",
        "here": "presence",
        "title": _("Presence"),
    }
    return render(request, "roster/presence.html", context)


def _skills(skills: Skills, kind: str) -> export.Cell:
    """The lacking skills: values for programs, words for people."""
    if kind == "json":
        return [{"skill": skill, "count": count} for skill, count in skills]
    return ", ".join(f"{count} {skill_word(skill)}" for skill, count in skills)
