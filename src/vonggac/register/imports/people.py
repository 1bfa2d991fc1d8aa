"""People files: one line a role, so that a person with several roles has several lines."""

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column, Row
from vonggac.register.imports.kind import Kind, compare_by_key, owned
from vonggac.register.imports.parts import Attribute, Part, dated, plain
from vonggac.register.imports.plan import Change, Comparison
from vonggac.register.imports.values import Value
from vonggac.register.models import Person, Role
from vonggac.register.references import References
from vonggac.register.services.rows import insert_rows
from vonggac.tenancy.scope import Scope, current

COLUMNS = (
    Column("email", values.email, words.EMAIL, is_needed=True),
    Column("name", values.text(200), ("họ tên", "họ và tên", *words.NAME), is_needed=True),
    Column("phone", values.phone, words.PHONE),
    Column("language", words.language, ("ngôn ngữ",), empty="vi"),
    Column("active", words.yes_no, ("đang làm việc", "hoạt động"), empty="yes"),
    Column("organisation", values.code, words.ORGANISATION, is_needed=True),
    Column("role", words.role, ("vai trò", "chức danh"), is_needed=True),
    Column("valid_from", values.day, words.FROM, empty=None),
    Column("valid_to", values.day, words.TO, empty=None),
)

# No path reads so; every line of a people file holds a role, which puts the office in its place.
ENTERED_NOW = "-"


def people_in_scope() -> "QuerySet[Person]":
    """People with a role in the scope; everybody for the scope of the whole tree."""
    if not current().org_path:
        return Person.objects.all()
    return Person.objects.filter(pk__in=_roles_in_scope().values("person_id"))


def _roles_in_scope() -> "QuerySet[Role]":
    # The policy also shows the acting person's own roles elsewhere, which are not this office's to change.
    low, high = current().bounds
    return Role.objects.filter(org_path__gte=low, org_path__lt=high)


def _place_role(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
    return {**owned()(named, references), "person_id": references.people.get(str(named["email"]))}


def _create_roles(changes: Sequence[Change], references: References) -> list[tuple[int, str]]:
    """New roles; the first one of a person says which office keeps their particulars."""
    rows = [ROLE.attributes(change.key, change.after, references) for change in changes]
    insert_rows(Role, rows)
    first = {row["person_id"]: row["org_path"] for row in reversed(rows)}
    for person in Person.objects.filter(pk__in=first, home_path=ENTERED_NOW):
        person.home_path = first[person.pk]
        person.save(update_fields=["home_path"])
    return [(row["person_id"], row["org_path"]) for row in rows]


def _create_people(changes: Sequence[Change], references: References) -> list[tuple[int, str]]:
    """New people sign in by a one-time link first."""
    people = [Person(**PERSON.attributes(change.key, change.after, references)) for change in changes]
    for person in people:
        person.home_path = ENTERED_NOW
        person.set_unusable_password()
    Person.objects.bulk_create(people)
    return [(person.pk, references.scope.org_path) for person in people]


PERSON = Part(
    noun="person",
    rows=people_in_scope,
    model=Person,
    key=(plain("email"),),
    fields=(
        plain("name"),
        plain("phone"),
        plain("language"),
        Attribute(
            "active", "is_active", "is_active",
            to_model=lambda word: word == "yes", from_model=lambda active: "yes" if active else "no",
        ),
    ),
    create=_create_people,
)  # fmt: skip
ROLE = Part(
    noun="role",
    rows=_roles_in_scope,
    model=Role,
    key=(
        Attribute("email", "person__email"),
        Attribute("organisation", "organisation__code"),
        Attribute("role", "name", "name"),
    ),
    fields=(dated("valid_from"), dated("valid_to")),
    place=_place_role,
    subject="person_id",
    subject_kind="person",
    create=_create_roles,
)


def _compare(rows: Sequence[Row], references: References) -> Comparison:
    """As by key; a person whom another office entered gets the role here and keeps the particulars entered there."""
    compared = compare_by_key(KIND, rows, references)
    emails = [change.key[0] for change in compared.changes if change.noun == PERSON.noun]
    homes = dict(Person.objects.filter(email__in=emails).values_list("email", "home_path"))
    parted: dict[bool, list[Change]] = {True: [], False: []}
    for change in compared.changes:
        is_ours = change.noun != PERSON.noun or _keeps(references.scope, homes.get(change.key[0]))
        parted[is_ours].append(change)
    ours, elsewhere = parted[True], parted[False]
    unchanged = {**compared.unchanged, PERSON.noun: compared.unchanged[PERSON.noun] + len(elsewhere)}
    return Comparison(tuple(ours), unchanged, compared.missing, compared.rejects, tuple(elsewhere))


def _keeps(scope: Scope, home_path: str | None) -> bool:
    """True when the scope keeps the particulars of a person with this home; None: not entered anywhere yet."""
    return home_path is None or not scope.org_path or (home_path != "" and scope.covers(home_path))


KIND = Kind("people", COLUMNS, (PERSON, ROLE), compare=_compare)
