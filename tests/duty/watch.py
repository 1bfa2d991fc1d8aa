"""A watch for tests: the province's two posts, with people on them at noon.

Trực ban        An (checked in), Bình (no account, a number in the roster), Chi (leads)
Trực lãnh đạo   Dũng
Without a shift: Hà (duty officer), Minh (head)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests import cast
from tests.cast import Cast
from vonggac.duty.escalation import engine, letters
from vonggac.duty.models import Letter, Page, Post, Shift
from vonggac.register.models import Organisation, Person, Role, RoleName
from vonggac.tenancy.scope import scoped, system

HOURS = timedelta(hours=6)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Watch:
    """The cast, the office that keeps the watch, its posts, and the people on them by name."""

    cast: Cast
    office: Organisation
    desk: Post
    command: Post
    people: dict[str, Person]


def keep(at: datetime = cast.NOON) -> Watch:
    """The watch from six hours before the moment until six hours after."""
    people = cast.assemble()
    office = people.organisations["hai-van"]
    with scoped(system("tests")):
        desk = Post.objects.create(
            organisation=office, org_path=office.path, name="Trực ban", minimum=2, needs_lead=True
        )
        command = Post.objects.create(organisation=office, org_path=office.path, name="Trực lãnh đạo")
        staff = {name: person(office, name, email) for name, email in (("An", "an"), ("Chi", "chi"), ("Dũng", "dung"))}
        for post, name, skill in (
            (desk, "An", "truc_ban"), (desk, "Bình", "truc_ban"), (desk, "Chi", "truong_ca"), (command, "Dũng", ""),
        ):  # fmt: skip
            Shift.objects.create(
                post=post, org_path=office.path, person=staff.get(name), person_name=name, skill=skill,
                phone="" if name in staff else "0900000002", from_utc=at - HOURS, to_utc=at + HOURS,
                checked_in_at=at - HOURS if name == "An" else None,
            )  # fmt: skip
    return Watch(people, office, desk, command, {**people.people, **staff})


def person(office: Organisation, name: str, email: str) -> Person:
    """Somebody with a role that nobody is called for."""
    made = Person.objects.create_user(f"{email}@example.vn", name)
    Role.objects.create(person=made, organisation=office, org_path=office.path, name=RoleName.ANALYST)
    return made


def run_until(end: datetime, start: datetime = cast.NOON) -> list[tuple[int, str]]:
    """Do everything that becomes due, minute by minute: (minutes since the start, who was called), in order."""
    called: list[tuple[int, str]] = []
    moment = start
    with scoped(system("tests")):
        while moment <= end:
            while engine.take_due(at=moment):
                pass
            while letters.write(at=moment):
                pass
            minutes = int((moment - start) / MINUTE)
            for letter in Letter.objects.filter(sent_at=None, given_up_at=None, due_at__lte=moment).order_by("pk"):
                letters.note_sent(letter, at=moment)
                called.append((minutes, letter.name))
            moment += MINUTE
    return called


def waiting_pages() -> list[str]:
    """The names on the pages that no letter carries yet."""
    with scoped(system("tests")):
        return list(Page.objects.filter(letter=None, withdrawn_at=None).order_by("pk").values_list("name", flat=True))
