"""A spreadsheet that was taken over, taken back: its draft, and the people and leave that were in force at once."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core import serializers

from vonggac.duty.models import Edit, Eligibility, Leave, Member, Placement, Roster, RosterState, Shift
from vonggac.duty.services import members, rosters
from vonggac.errors import WrongState


@dataclass(slots=True)
class Taken:
    """What a spreadsheet changed beside its draft: the numbers of leave, who is new and may stand where, phones."""

    draft: int
    leaves: list[int]
    people: list[int]
    stands: list[tuple[int, int]]  # (member, post)
    phones: dict[str, str] = field(default_factory=dict)  # member → the phone that they had none before

    def to_json(self) -> dict[str, Any]:
        """As it is kept; new people with everything that is known of them, so that later work on them shows."""
        return {
            "draft": self.draft, "leaves": self.leaves, "people": _rows(self.people), "stands": self.stands,
            "phones": self.phones,
        }  # fmt: skip


def stands(posts: Collection[int]) -> set[tuple[int, int]]:
    """(member, post) for everybody who may stand at one of the posts."""
    return set(Eligibility.objects.filter(post__in=posts).values_list("member_id", "post_id"))


def check(kept: Mapping[str, Any]) -> None:
    """Raise WrongState where its draft is in force, or was worked on since."""
    draft = Roster.objects.filter(pk=kept["draft"]).first()
    if draft is None or draft.state == RosterState.DISCARDED:
        return
    if draft.state != RosterState.DRAFT:
        raise WrongState("the draft of this spreadsheet is in force; take its version back first")
    if Edit.objects.filter(roster=draft).exclude(what="sheet").exists() or draft.solve:
        raise WrongState("the draft of this spreadsheet was worked on since; discard it first")


def take_back(kept: Mapping[str, Any], *, at: datetime) -> tuple[int, int]:
    """(leaves withdrawn, people off the duty list). Whoever anything else was entered for since stays on it."""
    people = [one["pk"] for one in kept["people"]]
    draft = Roster.objects.filter(pk=kept["draft"]).first()
    if draft is not None and draft.state == RosterState.DRAFT:
        rosters.discard(draft.pk, at=at)
    Placement.objects.filter(roster=kept["draft"], member__in=people).delete()
    leaves = Leave.objects.filter(pk__in=kept["leaves"]).values_list("pk", flat=True)
    withdrawn = [members.withdraw_leave(leave, at=at) for leave in leaves]
    for member, post in kept["stands"]:
        is_used = Shift.objects.filter(member=member, post=post).exists() or Placement.objects.filter(
            member=member, shift_type__post=post, roster__state__in=(RosterState.DRAFT, RosterState.PUBLISHED)
        )
        if not is_used:
            Eligibility.objects.filter(member=member, post=post).delete()
    for member, phone in kept["phones"].items():
        Member.objects.filter(pk=member, phone=phone).update(phone="")
    same = {one["pk"] for one in _rows(people) if one in kept["people"]}
    bare = Member.objects.filter(
        pk__in=same, shifts=None, placements=None, leaves=None, wishes=None, eligibilities=None, asked_exchanges=None,
        offered_exchanges=None,
    )  # fmt: skip
    gone = list(bare)
    Member.objects.filter(pk__in=[one.pk for one in gone]).delete()
    return len(withdrawn), len(gone)


def _rows(people: Collection[int]) -> list[dict[str, Any]]:
    found = Member.objects.filter(pk__in=people).order_by("pk")
    return list(json.loads(serializers.serialize("json", found)))
