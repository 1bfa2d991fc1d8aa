"""An office with a post of three shifts and people who stand them: what tests of rosters begin with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests import cast
from vonggac.duty.models import Member, Post, Roster, ShiftType
from vonggac.duty.patterns import slot_id
from vonggac.duty.presets import PATTERNS
from vonggac.duty.services import members, posts, rosters
from vonggac.register.models import Organisation

MONDAY = date(2026, 4, 27)
SUNDAY = date(2026, 5, 3)
BEFORE = datetime(2026, 4, 20, 5, tzinfo=UTC)  # noon of the Monday before
NAMES = ("An", "Bình", "Chi", "Dũng", "Em", "Giang")


@dataclass(frozen=True)
class Office:
    """The office, its post with the shifts by letter, and its members by name; An and Bình lead."""

    organisation: Organisation
    post: Post
    types: dict[str, ShiftType]
    members: dict[str, Member]

    def slot(self, code: str, day: date = MONDAY) -> str:
        return slot_id(self.types[code].pk, day)

    def pair(self, code: str, name: str, day: date = MONDAY) -> tuple[str, int]:
        return self.slot(code, day), self.members[name].pk

    def draft(self, *, at: datetime = BEFORE) -> Roster:
        return rosters.start_draft(self.organisation, [self.post], MONDAY, SUNDAY, by="Hà", at=at)


def open_office(
    people: cast.Cast, code: str = "hai-van", *, at: datetime = BEFORE, on: date = MONDAY - timedelta(days=14)
) -> Office:
    organisation = people.organisations[code]
    fields = posts.PostFields.usual("Giám sát", "monitoring")
    post = posts.add_post(organisation, fields, PATTERNS["3x8"], on=on, at=at)
    made = {
        name: members.add_member(
            organisation, members.MemberFields(name, skills=("lead",) if name in {"An", "Bình"} else ()), [post], at=at
        )
        for name in NAMES
    }
    types = {row.code: row for row in ShiftType.objects.filter(post=post)}
    return Office(organisation, post, types, made)
