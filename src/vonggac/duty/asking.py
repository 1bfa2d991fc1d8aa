"""Whom a unit asks about what was given to it: the duty desk above it, and how that is reached."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from vonggac.duty.models import Post
from vonggac.register.models import Contact, Organisation
from vonggac.tenancy.scope import scoped, system

MOST_CONTACTS = 3


@dataclass(frozen=True, slots=True)
class Desk:
    """The office that gave the work out, and its printed contacts, those checked last first.

    Never who is on duty: whoever holds a link, or is passed a letter on, is not told who works at the desk.
    """

    office: Organisation
    contacts: Sequence[Contact]

    def lines(self) -> Iterator[str]:
        """The end of a letter: the office, and a line for each way to reach it."""
        yield f"Cần hỏi về việc này: {self.office.name}"
        for contact in self.contacts:
            paper = f" ({contact.printed_in})" if contact.printed_in else ""
            yield f"- {contact.name}: {', '.join([*contact.phones, *contact.emails])}{paper}"
        if not self.contacts and self.office.email:
            yield f"- {self.office.email}"


def desks_of(organisations: Iterable[Organisation]) -> Mapping[int, Desk]:
    """Organisation id → whom it asks, in three queries: the nearest office above it that keeps a duty post.

    Where none does, the nearest that can be reached, or else the one directly above; at the top of the tree itself.
    Looked up in the whole tree, whoever acts: a department does not see its province's posts, and a letter and the page
    behind its link name the same desk.
    """
    asking = {one.pk: one for one in organisations}
    if not asking:
        return {}
    with scoped(system("asking")):
        return _desks_of(asking)


def _desks_of(asking: Mapping[int, Organisation]) -> Mapping[int, Desk]:
    paths = {path for one in asking.values() for path in _upwards(one.path)}
    offices = {one.path: one for one in Organisation.objects.filter(path__in=paths)}
    on_duty = set(Post.objects.filter(org_path__in=paths, retired_on=None).values_list("org_path", flat=True))
    contacts: dict[str, list[Contact]] = {}
    for contact in Contact.objects.filter(org_path__in=paths).order_by(F("checked_on").desc(nulls_last=True), "pk"):
        if contact.phones or contact.emails:
            contacts.setdefault(contact.org_path, []).append(contact)
    found = {}
    for one in asking.values():
        above = [path for path in _upwards(one.path) if path in offices and path != one.path] or [one.path]
        reached = [path for path in above if path in contacts or offices[path].email]
        path = next((path for path in above if path in on_duty), next(iter(reached), above[0]))
        found[one.pk] = Desk(offices.get(path, one), contacts.get(path, [])[:MOST_CONTACTS])
    return found


def _upwards(path: str) -> list[str]:
    """The path and those above it, the nearest first."""
    steps = path.split("/")[:-1]
    return ["".join(f"{step}/" for step in steps[:length]) for length in range(len(steps), 0, -1)]
